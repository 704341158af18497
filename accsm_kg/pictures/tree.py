"""A tree whose root stands on top, each part linked to the one above it."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from accsm_kg.pictures.svg import element, fold, picture

_WIDTH = 230
_HEIGHT = 50
_ACROSS = 24  # between cards of a level
_DOWN = 46  # between levels
_MARGIN = 6
_LINE = 15
_LETTERS = 29  # in a line of a card


@dataclass(frozen=True)
class Branch:
    """A card, its relation to the one above it, and the branches below."""

    name: str
    relation: str = ""
    below: Sequence["Branch"] = ()
    is_strong: bool = False

    @property
    def breadth(self) -> int:
        """Return the number of cards that stand beside each other."""
        return sum(one.breadth for one in self.below) or 1

    @property
    def depth(self) -> int:
        """Return the number of levels."""
        return 1 + max((one.depth for one in self.below), default=0)


def draw(roots: Sequence[Branch]) -> Element:
    """Return the trees beside each other."""
    breadth = sum(one.breadth for one in roots)
    depth = max((one.depth for one in roots), default=0)
    drawn = picture(
        breadth * (_WIDTH + _ACROSS) - _ACROSS + 2 * _MARGIN,
        depth * (_HEIGHT + _DOWN) - _DOWN + 2 * _MARGIN,
        class_="tree",
        aria_hidden="true",
    )
    left: float = _MARGIN
    for root in roots:
        _place(drawn, root, left, _MARGIN)
        left += _breadth(root)
    return drawn


def _breadth(branch: Branch) -> float:
    return branch.breadth * (_WIDTH + _ACROSS)


def _place(drawn: Element, branch: Branch, left: float, top: float) -> float:
    """Draw a branch and return the middle of its card."""
    middle = left + (_breadth(branch) - _ACROSS) / 2
    start = left
    for one in branch.below:
        under = _place(drawn, one, start, top + _HEIGHT + _DOWN)
        start += _breadth(one)
        low, high = top + _HEIGHT + _DOWN, top + _HEIGHT
        bend = f"M{under:.6g} {low:.6g}V{(low + high) / 2:.6g}H{middle:.6g}V{high:.6g}"
        drawn.append(element("path", d=bend, class_="pic-wire"))
        drawn.append(element("text", one.relation, x=under + 6, y=low - 8, class_="pic-small"))
    drawn.append(_card(branch, middle, top))
    return middle


def _card(branch: Branch, middle: float, top: float) -> Element:
    look = "pic-card-strong" if branch.is_strong else "pic-card"
    made = element("g", element("rect", x=middle - _WIDTH / 2, y=top, width=_WIDTH, height=_HEIGHT,
                                rx=4, class_=look))  # fmt: skip
    lines = fold(branch.name, _LETTERS, 3)
    first = top + _HEIGHT / 2 + 4 - _LINE * (len(lines) - 1) / 2
    style = "pic-strong pic-middle" if branch.is_strong else "pic-text pic-middle"
    for place, line in enumerate(lines):
        made.append(element("text", line, x=middle, y=first + place * _LINE, class_=style))
    return made
