"""A chain of columns of cards, joined by lines: for a page the lines alone, as a file the whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from accsm_kg.pictures.svg import element, fold, picture, text_lines

_GAP = 50  # between columns
_ROW = 76
_LINE = 14
_BESIDE = 190
_HEAD = 30
_MARGIN = 12


@dataclass(frozen=True)
class Edge:
    """A line from a row of a column to one of the next; both count from 0."""

    left: int
    right: int
    is_dashed: bool = False


@dataclass(frozen=True)
class Card:
    """A row of a column: a title, a text, and words with a drawing beside it."""

    title: str
    text: str = ""
    note: str = ""
    drawing: Element | None = None
    is_strong: bool = False


@dataclass(frozen=True)
class Column:
    """A column with a heading; ``width`` is in units, ``edges`` lead to the next column."""

    heading: str
    width: float
    cards: Sequence[Card]
    edges: Sequence[Edge] = ()
    scale: Element | None = None
    """A drawing above those of the cards."""


def connectors(edges: Sequence[Edge], left: int, right: int) -> Element:
    """Return lines between columns of ``left`` and ``right`` equal rows.

    They fill the space that a page gives them, so that they end in the middle of rows. Each has
    the places of these as `data-from` and `data-to`.
    """
    drawn = element("svg", viewBox="0 0 100 1000", preserveAspectRatio="none", class_="wires",
                    aria_hidden="true")  # fmt: skip
    for edge in edges:
        start, end = _middle(edge.left, left, 1000), _middle(edge.right, right, 1000)
        wire = _wire(0, start, 100, end, edge.is_dashed)
        wire.attrib.update({"data-from": str(edge.left), "data-to": str(edge.right)})
        drawn.append(wire)
    return drawn


def draw(columns: Sequence[Column]) -> Element:
    """Return the whole chain as one drawing."""
    height = max(len(column.cards) for column in columns) * _ROW
    width = sum(column.width + _GAP for column in columns) - _GAP + 2 * _MARGIN
    drawn = picture(width, height + _HEAD + _MARGIN)
    x: float = _MARGIN
    counts = [len(column.cards) for column in columns[1:]] + [1]
    for column, following in zip(columns, counts, strict=True):
        drawn.append(element("text", column.heading, x=x, y=18, class_="pic-soft"))
        if column.scale is not None:
            drawn.append(_placed(column.scale, x + column.width - _BESIDE, 8))
        for place, card in enumerate(column.cards):
            middle = _HEAD + _middle(place, len(column.cards), height)
            drawn.append(_card(card, x, middle, column.width))
        right = x + column.width
        for edge in column.edges:
            start = _HEAD + _middle(edge.left, len(column.cards), height)
            end = _HEAD + _middle(edge.right, following, height)
            drawn.append(_wire(right, start, right + _GAP, end, edge.is_dashed))
        x = right + _GAP
    return drawn


def _middle(place: int, count: int, height: float) -> float:
    """Return the middle of a row among ``count`` equal rows."""
    return (place + 0.5) / count * height


def _wire(x: float, start: float, right: float, end: float, is_dashed: bool) -> Element:
    half = (x + right) / 2
    path = f"M{x:.6g} {start:.6g}C{half:.6g} {start:.6g} {half:.6g} {end:.6g} {right:.6g} {end:.6g}"
    return element("path", d=path, class_="pic-wire-dashed" if is_dashed else "pic-wire")


def _card(card: Card, x: float, middle: float, width: float) -> Element:
    """Return a card with its lines folded to its width, and beside them its drawing."""
    if card.drawing is None:
        lines = [*_fold(card.title, card.text, width), *fold(card.note, int(width / 6), 1)]
        return _box(card, lines, x, middle, width)
    made = _box(card, _fold(card.title, card.text, width - _BESIDE - 10), x, middle,
                width - _BESIDE - 10)  # fmt: skip
    left, top = x + width - _BESIDE, middle - 20
    made.append(_placed(card.drawing, left, top))
    notes = fold(card.note, _BESIDE // 5, 2)
    made.append(text_lines(left, top + 32, notes, 11, class_="pic-small"))
    return made


def _placed(drawing: Element, x: float, y: float) -> Element:
    """Return a drawing as a part of another, with its upper left corner there."""
    width, height = (drawing.get(name, "0") for name in ("width", "height"))
    box = drawing.get("viewBox")
    return element("svg", *drawing, x=x, y=y, width=width, height=height, viewBox=box)


def _fold(title: str, text: str, width: float) -> list[str]:
    return [*fold(title, int(width / 7.8), 2), *fold(text, int(width / 6.8), 2)]


def _box(card: Card, lines: Sequence[str], x: float, middle: float, width: float) -> Element:
    height = len(lines) * _LINE + 8
    top = middle - height / 2
    look = "pic-card-strong" if card.is_strong else "pic-card"
    made = element("g", element("rect", x=x, y=top, width=width, height=height, rx=4, class_=look))
    for place, line in enumerate(lines):
        style = "pic-text" if place else "pic-strong"
        made.append(element("text", line, x=x + 8, y=top + _LINE * (place + 1), class_=style))
    return made
