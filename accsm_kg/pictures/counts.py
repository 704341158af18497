"""A matrix of counts: squares that are as large as their numbers, each a link."""

from collections.abc import Callable, Mapping, Sequence
from math import sqrt
from xml.etree.ElementTree import Element

from accsm_kg.pictures.svg import element, hit_box, link, picture

_LEFT, _WIDE, _ROW, _TOP = 190, 96, 34, 26
_LARGEST = 26  # the side of the largest square

#: Takes the names of a row and a column, and returns the address of what is counted.
Address = Callable[[str, str], str]


def draw(
    rows: Sequence[str], columns: Sequence[str], counts: Mapping[tuple[str, str], int],
    what: str, address: Address,
) -> Element:  # fmt: skip
    """Return the matrix of ``counts`` by row and column of ``what``, such as "issues"."""
    most = max(counts.values(), default=1)
    drawn = picture(
        _LEFT + _WIDE * len(columns), _TOP + _ROW * len(rows), class_="counts", role="group",
        aria_label=f"Numbers of {what}",
    )  # fmt: skip
    for place, column in enumerate(columns):
        x = _LEFT + (place + 0.5) * _WIDE
        drawn.append(element("text", column, x=x, y=14, class_="pic-strong pic-middle"))
    for row, name in enumerate(rows):
        y = _TOP + row * _ROW
        drawn.append(element("line", x1=0, x2=_LEFT + _WIDE * len(columns), y1=y, y2=y,
                             class_="pic-grid"))  # fmt: skip
        drawn.append(element("text", name, x=0, y=y + 21, class_="pic-text"))
        cells = [place for place, column in enumerate(columns) if counts.get((name, column))]
        for place in cells:
            count = counts[name, columns[place]]
            cell = _cell(_LEFT + place * _WIDE, y, count, count / most)
            title = f"{name}, {columns[place]}: {count} {what}"
            drawn.append(
                link(address(name, columns[place]), title, *cell, data_row=str(row),
                     data_column=str(place), tabindex=None if place == cells[0] else "-1")
            )  # fmt: skip
    return drawn


def _cell(x: float, y: float, count: int, share: float) -> list[Element]:
    side = max(sqrt(share) * _LARGEST, 5)
    middle, centre = y + _ROW / 2, x + _WIDE / 2 - 14
    return [
        hit_box(x + 2, y + 2, _WIDE - 4, _ROW - 4),
        element("rect", x=centre - side / 2, y=middle - side / 2, width=side, height=side, rx=2,
                class_="pic-bar-strong"),
        element("text", str(count), x=centre + 20, y=middle + 4, class_="pic-text"),
    ]  # fmt: skip
