"""Answers that are cut to a budget."""

import re

import pytest
from accsm_server.mcp.text import BUDGET, Line, answer, row


def started(text: str) -> int:
    """Return the start that an answer tells to go on with, 0 if there is none."""
    found = re.search(r"go on with start=(\d+)\.$", text)
    return int(found[1]) if found else 0


@pytest.mark.parametrize("length", [1, 50, 500, 20_000])
def test_pages_have_every_line_once_and_none_is_over_the_budget(length: int) -> None:
    lines = [Line(f"line {n} {'x' * length}", [f"passage {n // 3} {'y' * length}"])
             for n in range(300)]  # fmt: skip
    found: list[str] = []
    start = 0
    while True:
        text = answer(["head"], lines, start)
        assert len(text) <= BUDGET
        found += re.findall(r"^line (\d+) ", text, re.MULTILINE)
        if not started(text):
            break
        assert started(text) > start
        start = started(text)
    assert found == [str(n) for n in range(300)]


def test_a_passage_is_told_once_on_a_page() -> None:
    text = answer(["head"], [Line("a", ["p", "q"]), Line("b", ["q"])])
    assert text == "head\na [1][2]\nb [2]\n\n[1] p\n[2] q"


def test_of_many_passages_of_a_line_the_first_are_told() -> None:
    text = answer([], [Line("a", [f"p{n}" for n in range(9)])])
    assert text.startswith("a [1][2][3][4](and 5 more)\n")
    assert "p4" not in text


def test_a_long_head_leaves_room_for_lines() -> None:
    text = answer(["h" * 50_000], [Line("x" * 50_000, ["y" * 50_000] * 9)])
    assert len(text) <= BUDGET
    assert "characters, cut" in text


def test_an_answer_that_the_engine_cut_says_so() -> None:
    lines = [Line("a"), Line("b")]
    assert answer([], lines, total="more than 2").endswith("of more than 2; go on with start=2.")
    assert answer([], lines, most=1).endswith("These are rows 1 to 1 of 2; go on with start=1.")
    assert answer([], lines, 2).endswith("There are 2 rows: start at 0.")


def test_a_cell_cannot_be_taken_for_two() -> None:
    assert row(["a | b", "c\nd"]) == r"a \| b | c d"
