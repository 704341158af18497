"""Boxes with rows, and an arrow from each row to a box of a second column."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from accsm_kg.pictures.svg import Address, element, fold, hit_box, link, picture

_WIDTH, _LEFT, _RIGHT = 1100.0, 440.0, 300.0  # of the drawing and of the boxes of each column
_ROW, _PAD, _GAP = 20.0, 6.0, 16.0  # heights
_LETTER = 6.3  # width of a letter
_TIP = 7.0  # length of an arrow's head


@dataclass(frozen=True)
class Row:
    """A row of a box, and the name of the box that its arrow leads to, empty without an arrow."""

    text: str
    iri: str
    to: str = ""


@dataclass(frozen=True)
class Box:
    """A box; without an IRI its head is no link, and a strong one has a thicker border."""

    name: str
    iri: str = ""
    rows: Sequence[Row] = ()
    is_strong: bool = False


def draw(left: Sequence[Box], right: Sequence[Box], address: Address, label: str) -> Element:
    """Return the picture of two columns; the right one is in the order of what leads to it.

    Heads are links that the tab key reaches, rows are links that it passes over.
    """
    tops, height = _tops(left)
    starts = {
        (box.name, place): tops[box.name] + (place + 1.5) * _ROW + _PAD
        for box in left
        for place in range(len(box.rows))
    }
    middles = _middles(left, right, starts, height)
    height = max([height, *(middle + _ROW for middle in middles.values())])
    arrows = [
        _arrow(starts[box.name, place], middles[row.to])
        for box in left
        for place, row in enumerate(box.rows)
        if row.to in middles
    ]
    boxes = [_box(box, 1, tops[box.name], _LEFT, address) for box in left]
    ends = [
        _box(box, _WIDTH - _RIGHT - 1, middles[box.name] - _height(box) / 2, _RIGHT, address)
        for box in right
    ]
    return picture(_WIDTH, height + 2, *arrows, *boxes, *ends, class_="boxes", role="group",
                   aria_label=label)  # fmt: skip


def _height(box: Box) -> float:
    return (len(box.rows) + 1) * _ROW + 2 * _PAD - (0 if box.rows else _PAD)


def _tops(boxes: Sequence[Box]) -> tuple[dict[str, float], float]:
    """Return the top of each box of a column, and the height of the column."""
    tops, y = dict[str, float](), 1.0
    for box in boxes:
        tops[box.name] = y
        y += _height(box) + _GAP
    return tops, y - _GAP


def _middles(
    left: Sequence[Box],
    right: Sequence[Box],
    starts: dict[tuple[str, int], float],
    height: float,
) -> dict[str, float]:
    """Return the middle of each box of the right column, near what leads to it, and apart."""
    leading: dict[str, list[float]] = {box.name: [] for box in right}
    for box in left:
        for place, row in enumerate(box.rows):
            if row.to in leading:
                leading[row.to].append(starts[box.name, place])
    wanted = {name: sum(found) / len(found) for name, found in leading.items() if found}
    step = _height(Box("")) + _GAP / 2
    found, least = dict[str, float](), step / 2
    for name in sorted(wanted, key=lambda name: wanted[name]):
        found[name] = least = max(least, wanted[name])
        least += step
    most = max(height, len(found) * step) - step / 2
    for name in reversed(found):
        found[name] = most = min(most, found[name])
        most -= step
    return found


def _arrow(start: float, end: float) -> Element:
    x, right = 1 + _LEFT, _WIDTH - _RIGHT - 1
    half, tip = (x + right) / 2, right - _TIP
    curve = f"M{x:g} {start:.6g}C{half:g} {start:.6g} {half:g} {end:.6g} {tip:g} {end:.6g}"
    head = f"M{right:g} {end:.6g}l-{_TIP:g} -4v8z"
    return element(
        "g",
        element("path", d=curve, class_="pic-wire"),
        element("path", d=head, class_="pic-head"),
    )


def _box(box: Box, x: float, y: float, width: float, address: Address) -> Element:
    look = "pic-card-strong" if box.is_strong else "pic-card"
    made = element(
        "g", element("rect", x=x, y=y, width=width, height=_height(box), rx=4, class_=look)
    )
    offset = _PAD if box.rows else _PAD / 2
    made.append(_line(box.name, box.iri, x, y + offset, width, address, is_head=True))
    for place, row in enumerate(box.rows, start=1):
        made.append(_line(row.text, row.iri, x, y + offset + place * _ROW, width, address))
    return made


def _line(
    text: str,
    iri: str,
    x: float,
    y: float,
    width: float,
    address: Address,
    *,
    is_head: bool = False,
) -> Element:
    """Return a line of a box, cut to its width, as a link if it has an ``iri``."""
    cut = (fold(text, int(width / (_LETTER + is_head)), 1) or [""])[0]
    style = "pic-strong" if is_head else "pic-text"
    written = element("text", cut, x=x + 10, y=y + 14, class_=f"{style} pic-link" if iri else style)
    if not iri:
        return written
    hit = hit_box(x + 2, y, width - 4, _ROW)
    return link(address(iri), text, hit, written, tabindex=None if is_head else "-1")
