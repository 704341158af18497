"""Property paths as they are written."""

import time

import pytest

from accsm_kg.rdf.paths import alternatives, may_be_empty


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("e:p*", True), ("e:p?", True), ("e:p+", False), ("e:p", False), ("a", False),
        ("e:p*/e:q?", True), ("e:p*/e:q", False), ("(e:p?)+", True), ("(e:p|e:q*)", True),
        ("e:p|(e:q/e:r)", False), ("^e:p?", True), ("!(e:p|^e:q)", False), ("!e:p*", True),
        ("(e:p/e:q)*|e:r", True), ("<http://e/p*?>", False), ("e:p # *\n", False), ("", False),
    ],
)  # fmt: skip
def test_a_path_without_a_step_is_known(path: str, wanted: bool) -> None:
    assert may_be_empty(path) is wanted


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("e:p|e:q", [["e:p", "e:q"]]),
        ("e:p | ^e:q # |\n| a", [["e:p", "^e:q", "a"]]),
        ("e:p/e:q|e:r", [["e:p/e:q", "e:r"]]),
        ("e:p/(e:q|(e:r|e:s))/e:t", [["e:r", "e:s"], ["e:q", "(e:r|e:s)"]]),
        ("^(e:p|<http://e/q>)", [["e:p", "<http://e/q>"]]),
        ("(e:p|e:q)*", []), ("(e:p|e:q)+/e:r", []), ("((e:p|e:q)/e:r)?", []),
        ("!(e:p|e:q)", []), ("e:p", []), ("", []), ("|", []),
    ],
)  # fmt: skip
def test_alternatives_are_found_where_each_pair_counts(path: str, wanted: list[list[str]]) -> None:
    assert alternatives(path) == wanted


@pytest.mark.parametrize("part", ["(", "e:p|", "!", "^", "e:p/", "(e:p|", ")", "e:p*"])
def test_no_path_takes_long(part: str) -> None:
    path = part * (16_000 // len(part))
    started = time.process_time()
    alternatives(path)
    assert time.process_time() - started < 1
