"""Answers as text of at most `BUDGET` characters: lines that are cut between two, never within."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from accsm_kg.rdf.terms import Term

#: Characters of an answer: of longer ones, assistants read a part.
BUDGET = 12_000
#: Characters of the text above the lines, of a line, and of a passage.
_HEAD, _LINE, _PASSAGE = 4000, 3000, 900
_CELL = 1200
_MOST_PASSAGES = 4  # for one line
#: What stands between the words of two lines of a passage, which are quoted each by itself.
BETWEEN = "” “"
_ROOM = 300  # characters for how to go on


@dataclass(frozen=True)
class Line:
    """A line of an answer, and the passages of sources that say so."""

    text: str
    passages: Sequence[str] = ()
    things: Sequence[str] = ()
    """The IRIs of the things in a row, for whose passages is looked."""


def clipped(text: str, most: int) -> str:
    """Return ``text`` in one line, of ``most`` characters, with how many there are if it is cut.

    >>> clipped("one  two" + chr(10) + "three", 99), clipped("abcdefgh" * 9, 40)
    ('one two three', 'abcdefghabc… (72 characters, cut)')
    """
    line = " ".join(text.split())
    note = f"… ({len(line)} characters, cut)"
    return line if len(line) <= most else line[: max(0, most - 29)] + note


def row(cells: Sequence[str]) -> str:
    r"""Return cells as a line.

    >>> row(["a", "b|c"])
    'a | b\\|c'
    """
    return " | ".join(clipped(cell, _CELL).replace("|", r"\|") for cell in cells)


def cell(term: Term | None, name: Callable[[str], str]) -> str:
    """Return a term of an answer: an IRI as ``name`` writes it, a literal as its text."""
    if isinstance(term, NamedNode):
        return name(term.value)
    if isinstance(term, Literal):
        return term.value
    return "" if term is None else str(term)


def passage(source: str, line: str, locator: str, words: str) -> str:
    """Return the place of a passage and its words; those of some sources may not be quoted."""
    place = ", ".join(filter(None, (source, f"line {line}" if line else "", locator)))
    return f"{place}: {f'“{words}”' if words else 'told in our own words'}"


def answer(
    head: Sequence[str],
    lines: Sequence[Line],
    start: int = 0,
    noun: str = "row",
    *,
    most: int | None = None,
    total: str = "",
) -> str:
    """Return the ``head`` and the lines from ``start`` that fit, with the passages behind them.

    They are ``most`` at most. The answer ends with the ``start`` of what follows. ``total`` is how
    many lines there are if these are not all.
    """
    above = _headed(head)
    wanted = lines[start:] if most is None else lines[start : start + most]
    shown: list[str] = []
    numbers: dict[str, int] = {}
    left = BUDGET - len(above) - _ROOM
    for line in wanted:
        marks, new = _marks(line, numbers)
        text = clipped(line.text, _LINE) + marks
        cost = len(text) + 1 + sum(len(_numbered(one, number)) + 1 for one, number in new.items())
        if cost > left:
            break
        left -= cost
        shown.append(text)
        numbers |= new
    below = [_numbered(one, number) for one, number in numbers.items()]
    parts = ["\n".join(filter(None, (above, *shown))), "\n".join(below)]
    return "\n\n".join(filter(None, (*parts, _rest(lines, start, len(shown), noun, total))))


def _headed(head: Sequence[str]) -> str:
    """Return the text above the lines, each part of it in one line."""
    text = "\n".join(clipped(part, _HEAD) for part in head if part)
    return text if len(text) <= _HEAD else text[: _HEAD - 1] + "…"


def _marks(line: Line, numbers: dict[str, int]) -> tuple[str, dict[str, int]]:
    """Return the numbers of the passages of a line, and those that have not been told."""
    new: dict[str, int] = {}
    marks = []
    passages = list(dict.fromkeys(clipped(text, _PASSAGE) for text in line.passages))
    for one in passages[:_MOST_PASSAGES]:
        if one not in numbers:
            new[one] = len(numbers) + len(new) + 1
        marks.append(f"[{numbers.get(one) or new[one]}]")
    more = len(passages) - _MOST_PASSAGES
    marks += [f"(and {more} more)"] if more > 0 else []
    return f" {''.join(marks)}" if marks else "", new


def _numbered(passage: str, number: int) -> str:
    return f"[{number}] {passage}"


def _rest(lines: Sequence[Line], start: int, shown: int, noun: str, total: str) -> str:
    """Return which of the lines are shown and how to go on, nothing if they are all."""
    count, last = total or str(len(lines)), start + shown
    if lines and start >= len(lines):
        return f"There are {count} {noun}s: start at 0."
    if last < len(lines) or total:
        return f"These are {noun}s {start + 1} to {last} of {count}; go on with start={last}."
    return ""
