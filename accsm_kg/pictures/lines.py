"""A map of the lines of a text: which are cited or quoted, and where something is unclear."""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from accsm_kg.pictures.svg import element, hit_box, link, picture

_TICK, _HIGH, _ROW = 9, 20, 34  # a line, its height, and the height of a row
_LEFT, _TOP, _RIGHT = 48, 6, 4
_LINES, _ROWS = 100, 20  # of a row, if the text is not too long for so many rows
_BUCKETS = 10  # links in a row

#: Takes the first and last line of a part of the text, and returns its address.
Address = Callable[[int, int], str]


class Lines:
    """A set of lines, made of parts, each with its first and last line; parts may overlap."""

    def __init__(self, parts: Iterable[tuple[int, int]] = ()) -> None:
        """Merge ``parts``."""
        self._parts: list[tuple[int, int]] = []
        self._before: list[int] = []
        """How many lines are before each of the merged parts, which are sorted."""
        total = 0
        for first, last in sorted(parts):
            if not self._parts or first > self._parts[-1][1]:
                self._parts.append((first, last))
                self._before.append(total)
            else:
                start, end = self._parts[-1]
                self._parts[-1] = start, max(end, last)
            start, end = self._parts[-1]
            total = self._before[-1] + end - start + 1

    def count(self, first: int, last: int) -> int:
        """Return how many of the lines are in a part of the text."""
        return self._until(last) - self._until(first - 1)

    def _until(self, line: int) -> int:
        place = bisect_right(self._parts, line, key=lambda part: part[0]) - 1
        if place < 0:
            return 0
        start, end = self._parts[place]
        return self._before[place] + min(line, end) - start + 1


@dataclass(frozen=True)
class Marks:
    """The lines of a text from 1 that are cited, quoted and flagged."""

    lines: int
    cited: Lines
    quoted: Lines
    flagged: Lines

    def count(self, first: int, last: int) -> tuple[int, int, int]:
        """Return how many lines of a part are cited, quoted and flagged."""
        cited, quoted, flagged = (
            of.count(first, last) for of in (self.cited, self.quoted, self.flagged)
        )
        return cited, quoted, flagged


def draw(marks: Marks, address: Address) -> Element:
    """Return rows of ticks, ten parts a row, each of which is a link to its ``address``."""
    step = max(1, -(-marks.lines // (_LINES * _ROWS)))  # lines of a tick
    in_row = _LINES * step
    rows = -(-marks.lines // in_row)
    drawn = picture(
        _LEFT + _LINES * _TICK + _RIGHT, rows * _ROW + _TOP, class_="lines", role="group",
        aria_label="The lines of the source",
    )  # fmt: skip
    for row in range(rows):
        y = _TOP + row * _ROW
        label = f"{row * in_row + 1}"
        drawn.append(element("text", label, x=_LEFT - 6, y=y + 14, class_="pic-small pic-end"))
        for column in range(_BUCKETS):
            first = row * in_row + column * _LINES // _BUCKETS * step + 1
            last = min(first + _LINES // _BUCKETS * step - 1, marks.lines)
            if first <= last:
                drawn.append(_bucket(marks, (first, last), (row, column), step, address))
    return drawn


def symbol(kind: str) -> Element:
    """Return a tick of one kind (cited, quoted or flagged) for a legend."""
    one, none = Lines([(1, 1)]), Lines()
    quoted, flagged = (one if kind == name else none for name in ("quoted", "flagged"))
    marks = Marks(1, one, quoted, flagged)
    drawn = picture(_TICK, _HIGH + 8, class_="strip", aria_hidden="true")
    drawn.extend(_ticks(marks, 1, 1, 1, 0, 0))
    return drawn


def words(counts: tuple[int, int, int]) -> str:
    """Return the numbers of lines that are cited, quoted and flagged in words."""
    cited, quoted, flagged = counts
    return f"{cited} cited, {quoted} quoted, {flagged} with an issue"


def _bucket(
    marks: Marks, part: tuple[int, int], place: tuple[int, int], step: int, address: Address
) -> Element:
    (first, last), (row, column) = part, place
    x, y = _LEFT + column * (_LINES // _BUCKETS) * _TICK, _TOP + row * _ROW
    width = (_LINES // _BUCKETS) * _TICK
    title = f"Lines {first} to {last}: {words(marks.count(first, last))}"
    box = hit_box(x, y - 4, width, _ROW - 4)
    base = element("line", x1=x, x2=x + width, y1=y + _HIGH, y2=y + _HIGH, class_="pic-grid")
    return link(
        address(first, last), title, box, base, *_ticks(marks, first, last, step, x, y),
        data_row=str(row), data_column=str(column), tabindex="-1" if column else None,
    )  # fmt: skip


def _ticks(
    marks: Marks, first: int, last: int, step: int, x: float, y: float
) -> list[Element]:  # fmt: skip
    """Return one path for each kind of tick."""
    paths: dict[str, str] = {}
    for number, start in enumerate(range(first, last + 1, step)):
        cited, quoted, flagged = marks.count(start, min(start + step - 1, last))
        left = x + number * _TICK + 2
        if cited:
            look = "pic-bar-strong" if quoted else "pic-bar"
            paths[look] = paths.get(look, "") + f"M{left:.6g} {y:.6g}h6v{_HIGH}h-6z"
        if flagged:
            flag = f"M{left:.6g} {y + _HIGH + 2:.6g}h6l-3 5z"
            paths["pic-flag"] = paths.get("pic-flag", "") + flag
    return [element("path", d=path, class_=look) for look, path in paths.items()]
