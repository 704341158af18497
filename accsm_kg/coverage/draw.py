"""The pictures of a coverage: a matrix of rows and projects, and a strip for each row."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final
from xml.etree.ElementTree import Element

from accsm_kg.coverage import words
from accsm_kg.coverage.model import Coverage, Line, Project
from accsm_kg.english import counted
from accsm_kg.pictures.svg import Address, Scale, element, fold, hit_box, link, picture, text_lines

_STEP, _ROW, _GROUP, _HEAD = 17.5, 32.0, 24.0, 52.0  # width of a column; heights
_TEXT, _LEFT, _RIGHT = 66.0, 338.0, 128.0  # where texts and columns begin; width of the totals
_APART = 14.0  # between plans
_LETTER = 6.1  # width of a letter of a plan's name
_CELL = 8.0  # width of a project in a strip
#: The height of the block of each mark in a strip of 16; the last is hollow.
_BLOCKS: Final = {"completed": 16.0, "dated": 10.0, "yearly": 4.0, "untimed": 16.0}


@dataclass(frozen=True)
class _Columns:
    """Where the middle of each project is, by its IRI, and where each plan begins and ends."""

    middles: Mapping[str, float]
    plans: Mapping[str, tuple[float, float]]

    @property
    def end(self) -> float:
        return max((end for _, end in self.plans.values()), default=_LEFT)


def matrix(found: Coverage, address: Address) -> Element:
    """Return the matrix: heads are links that the tab key reaches, cells are links it passes over.

    Each link has its place as `data-row` and `data-column`, which are 0 in heads.
    """
    columns = _columns(found)
    parts = [*_heads(found, columns, address)]
    y = _HEAD
    row = 0
    for group, lines in groupby(found.lines, key=lambda line: line.group):
        members = list(lines)
        if group:
            parts += _group_head(group, y, columns.end + _RIGHT)
            y += _GROUP
        parts += _ground(members, y, columns)
        for line in members:
            row += 1
            parts += _line(found, line, row, y, columns, address)
            y += _ROW
    parts += _foot(found, columns, y)
    height = y + 18.0 * len(found.counts()) + 8
    return picture(
        columns.end + _RIGHT,
        height,
        *parts,
        class_="matrix",
        role="group",
        aria_label=found.title,
        data_grid="",
    )


def strip(plans: Mapping[str, Sequence[Project]], line: Line | None = None) -> Element:
    """Return a strip with a block for each project that is linked to ``line``, or for all."""
    linked = None if line is None else {each.project.iri for each in line.links}
    drawn, x = element("g"), 0.0
    for projects in plans.values():
        for project in projects:
            if linked is None or project.iri in linked:
                drawn.append(_block(project.mark, x))
            x += _CELL
        x += _CELL / 2
    width = max(x - _CELL / 2, _CELL)
    base = element("line", x1=0, x2=width, y1=15.5, y2=15.5, class_="pic-rule")
    return picture(
        width, 16, base, drawn, class_="strip", aria_hidden="true", preserveAspectRatio="none"
    )


def symbol(mark: str) -> Element:
    """Return the symbol of a mark in the matrix, for the legend."""
    return picture(16, 16, *_shape(mark, 8, 8), class_="of-matrix", aria_hidden="true")


def strip_symbol(mark: str) -> Element:
    """Return the block of a mark in a strip, for the legend."""
    return picture(_CELL, 16, _block(mark, 0), class_="of-strip", aria_hidden="true")


def _columns(found: Coverage) -> _Columns:
    """Lay out the projects; a plan is at least as wide as its name."""
    middles: dict[str, float] = {}
    plans: dict[str, tuple[float, float]] = {}
    x = _LEFT
    for plan, projects in found.plans.items():
        for place, project in enumerate(projects):
            middles[project.iri] = x + (place + 0.5) * _STEP
        end = x + max(len(projects) * _STEP, len(plan) * _LETTER)
        plans[plan] = (x, end)
        x = end + _APART
    return _Columns(middles, plans)


def _heads(found: Coverage, columns: _Columns, address: Address) -> Iterator[Element]:
    """Yield the names of the plans, the numbers of the projects, and the head of the totals."""
    for plan, (start, end) in columns.plans.items():
        size = counted(len(found.plans[plan]), "project")
        yield text_lines(start, 10, [plan, size], class_="pic-soft")
        yield element("line", x1=start, x2=end, y1=28, y2=28, class_="pic-rule")
    for place, project in enumerate(found.projects, 1):
        x = columns.middles[project.iri]
        yield link(
            address(project.iri),
            words.of_project(project),
            hit_box(x - _STEP / 2, 29, _STEP, _HEAD - 29),
            element("text", project.number, x=x, y=44, class_="pic-text pic-middle pic-link"),
            data_row=0,
            data_column=place,
        )
    totals = ["projects,", "of them with an", "activity completed"]
    yield text_lines(columns.end + 12, 20, totals, class_="pic-soft")


def _group_head(group: str, y: float, width: float) -> list[Element]:
    return [
        element("text", group, x=0, y=y + 15, class_="pic-strong"),
        element("line", x1=0, x2=width, y1=y + 22, y2=y + 22, class_="pic-rule"),
    ]


def _ground(lines: Sequence[Line], y: float, columns: _Columns) -> Iterator[Element]:
    """Yield a tint behind each row without a completed activity, and a line for each project."""
    width = columns.end + _RIGHT
    for place, line in enumerate(lines):
        if not line.completed:
            top = y + place * _ROW
            yield element("rect", x=0, y=top, width=width, height=_ROW, class_="pic-tint")
    end = y + len(lines) * _ROW
    path = " ".join(f"M{x:g} {y:g}V{end:g}" for x in columns.middles.values())
    yield element("path", d=path, class_="pic-grid")


def _line(
    found: Coverage, line: Line, row: int, y: float, columns: _Columns, address: Address
) -> Iterator[Element]:
    """Yield the head, the marks and the totals of a row."""
    middle = y + _ROW / 2
    text = fold(line.text, 43)
    yield link(
        address(line.iri),
        f"{line.label}: {line.text or line.label}",
        hit_box(0, y, _LEFT - 8, _ROW),
        element("text", line.code, x=4, y=middle + 4, class_="pic-strong pic-link"),
        text_lines(_TEXT, middle + 10 - 6.5 * len(text), text, class_="pic-text pic-link"),
        data_row=row,
        data_column=0,
    )
    places = {project.iri: place for place, project in enumerate(found.projects, 1)}
    for each in line.links:
        x = columns.middles[each.project.iri]
        yield link(
            address(each.iri),
            words.of_link(line.code, each),
            hit_box(x - _STEP / 2, y, _STEP, _ROW),
            *_shape(each.project.mark, x, middle),
            tabindex=-1,
            data_row=row,
            data_column=places[each.project.iri],
        )
    yield from _totals(found, line, columns.end + 12, middle)


def _totals(found: Coverage, line: Line, x: float, middle: float) -> Iterator[Element]:
    """Yield a bar with the part that is completed, the number of projects, and words."""
    most = max(len(each.links) for each in found.lines)
    scale = Scale((0, most), (0, 28))
    for count, name in ((len(line.links), "pic-bar"), (line.completed, "pic-bar-strong")):
        yield element("rect", x=x, y=middle - 6, width=scale(count), height=12, class_=name)
    yield element("text", str(len(line.links)), x=x + 34, y=middle - 1, class_="pic-strong")
    looks = "pic-small" if line.completed else "pic-small pic-care"
    part = f"{line.completed or 'none'} of them"
    if not line.links:
        part = f"of {counted(line.of, 'project')}" if line.of else line.nobody
    yield element("text", part, x=x + 34, y=middle + 11, class_=looks)


def _foot(found: Coverage, columns: _Columns, y: float) -> Iterator[Element]:
    """Yield a line for each kind of row with the number of links of each project."""
    yield element("line", x1=0, x2=columns.end, y1=y, y2=y, class_="pic-rule")
    for place, (kind, counts) in enumerate(found.counts().items()):
        base = y + 14 + place * 18
        yield element("text", f"{kind} of each project", x=4, y=base, class_="pic-soft")
        for iri, x in columns.middles.items():
            looks = "pic-soft pic-middle" if counts[iri] else "pic-care pic-zero pic-middle"
            yield element("text", str(counts[iri]), x=x, y=base, class_=looks)


def _shape(mark: str, x: float, y: float) -> Iterable[Element]:
    """Return the symbol of a mark around the point ``x``, ``y``: each has a form of its own."""
    if mark == "completed":
        tick = f"M{x - 3:g} {y:g}l2.2 2.4 4-4.6"
        return (
            element("circle", cx=x, cy=y, r=6.5, class_="pic-bar-strong"),
            element("path", d=tick, class_="pic-tick"),
        )
    if mark == "dated":
        return (element("rect", x=x - 5, y=y - 5, width=10, height=10, class_="pic-mark"),)
    if mark == "yearly":
        return (element("circle", cx=x, cy=y, r=4.5, class_="pic-ring"),)
    return (element("rect", x=x - 4.5, y=y - 4.5, width=9, height=9, class_="pic-open"),)


def _block(mark: str, x: float) -> Element:
    """Return the block of a mark in a strip: marks differ in height, and one is hollow."""
    height = _BLOCKS[mark]
    if mark == "untimed":
        return element("rect", x=x + 1, y=1, width=_CELL - 2, height=14, class_="pic-open")
    looks = "pic-bar-strong" if mark == "completed" else "pic-mark"
    return element("rect", x=x + 0.5, y=16 - height, width=_CELL - 1, height=height, class_=looks)
