"""Things and the links between them: cards in layers on a wide page, a list on a narrow one.

A link leads from a layer to one further to the right, unless it closes a circle. The order within a
layer is that with which few links cross: each thing stands near the middle of those it is linked
to, as in the method of Sugiyama, Tagawa and Toda (1981).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final
from xml.etree.ElementTree import Element

from accsm_kg.pictures.svg import element, fold, picture, text_lines

#: The most things in a picture.
MOST: Final = 60
_MOST_FACTS = 2  # of a card
_CARDS = 200.0, 290.0  # the least and the greatest width of a card
_ACROSS, _DOWN = 130.0, 10.0  # the space between cards
_LINE, _PAD, _LETTER, _STRONG = 14.0, 8.0, 6.2, 7.6
_TIP = 7.0
_SWEEPS = 6
_INDENT = 14.0


@dataclass(frozen=True)
class Thing:
    """A thing with its name, what it is, and what is said of it."""

    key: str
    name: str
    kind: str = ""
    facts: Sequence[str] = ()


@dataclass(frozen=True)
class Link:
    """A link with its name between two things, which are named by their keys."""

    start: str
    end: str
    name: str = ""


@dataclass(frozen=True)
class Network:
    """Things and links, and the number of all things, of which some may be left out."""

    things: Sequence[Thing]
    links: Sequence[Link]
    count: int

    @property
    def name(self) -> str:
        """Return the name that all links have, empty if they have several."""
        names = {link.name for link in self.links}
        return names.pop() if len(names) == 1 else ""


def network(things: Mapping[str, Thing], links: Iterable[Link]) -> Network:
    """Return the things with most links, and one link for each pair of them in each direction."""
    degrees = dict.fromkeys(things, 0)
    joined: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for link in links:
        if link.name not in joined[link.start, link.end]:
            joined[link.start, link.end][link.name] = None
            degrees[link.start] += 1
            degrees[link.end] += 1
    first = {*sorted(things, key=lambda key: -degrees[key])[:MOST]}
    kept = {key: thing for key, thing in things.items() if key in first}
    found = [
        Link(*ends, ", ".join(filter(None, names)))
        for ends, names in joined.items()
        if kept.keys() >= {*ends}
    ]
    return Network([*kept.values()], found, len(things))


def caption(shown: Network) -> str:
    """Return what the picture shows, and what it leaves out."""
    size = f"{len(shown.things)} things" if len(shown.things) != 1 else "1 thing"
    if shown.count > len(shown.things):
        size = f"the {size} with most links, of {shown.count:,}"
    said = f"Graph of {size}"
    return f"{said}; each link means: {shown.name}" if shown.name else said


def told(shown: Network) -> list[str]:
    """Return each link in words, and each thing without links."""
    names = {thing.key: thing.name for thing in shown.things}
    linked = {key for link in shown.links for key in (link.start, link.end)}
    return [
        *(f"{names[link.start]} \N{RIGHTWARDS ARROW} {names[link.end]}"
          + (f" ({link.name})" if link.name and not shown.name else "") for link in shown.links),
        *(thing.name for thing in shown.things if thing.key not in linked),
    ]  # fmt: skip


def draw(shown: Network, width: float, *, is_narrow: bool) -> Element:
    """Return the picture; a wide one may exceed ``width``, so that it stays legible."""
    return _listed(shown, width) if is_narrow else _layered(shown, width)


def _listed(shown: Network, width: float) -> Element:
    """Return each thing with what it is linked to below it."""
    below: dict[str, list[Link]] = defaultdict(list)
    for link in shown.links:
        below[link.start].append(link)
    ends = {link.end for link in shown.links}
    names = {thing.key: thing.name for thing in shown.things}
    drawn: list[Element] = []
    y = 0.0
    for thing in shown.things:
        if thing.key in ends and not below[thing.key]:
            continue
        lines = fold(thing.name, int(width / _STRONG), 3)
        drawn.append(text_lines(0, y + 12, lines, _LINE, class_="pic-strong"))
        y += _LINE * len(lines)
        for text in _said(thing):
            drawn.append(element("text", text[:50], x=0, y=y + 11, class_="pic-soft"))
            y += _LINE
        for link in below[thing.key]:
            said = names[link.end]
            if link.name and not shown.name:
                said = f"{link.name} \N{RIGHTWARDS ARROW} {said}"
            lines = fold(said, int((width - _INDENT) / _LETTER), 3)
            path = f"M4 {y:.6g}V{y + 8:.6g}H{_INDENT - 3:g}"
            drawn.append(element("path", d=path, class_="pic-wire"))
            drawn.append(text_lines(_INDENT, y + 12, lines, _LINE, class_="pic-text"))
            y += _LINE * len(lines)
        y += _PAD
    return picture(width, max(y, 1), *drawn)


def _said(thing: Thing) -> list[str]:
    return [*filter(None, [thing.kind]), *thing.facts[:_MOST_FACTS]]


@dataclass
class _Card:
    """A card, or without a thing the place where a link passes a layer."""

    thing: Thing | None
    layer: int
    y: float = 0.0
    lines: Sequence[str] = ()
    notes: Sequence[str] = ()
    before: list["_Card"] = field(default_factory=list)
    after: list["_Card"] = field(default_factory=list)

    @property
    def height(self) -> float:
        """Return the height, which is small where a link passes."""
        return _LINE * (len(self.lines) + len(self.notes)) + _PAD if self.thing else _LINE


def _layered(shown: Network, width: float) -> Element:
    layers = _layers(shown)
    count = max(layers.values(), default=0) + 1
    least, greatest = _CARDS
    wide = min(greatest, max(least, (width - 2 - (count - 1) * _ACROSS) / count))
    cards = {thing.key: _card(thing, layers[thing.key], wide) for thing in shown.things}
    columns: dict[int, list[_Card]] = defaultdict(list)
    for card in cards.values():
        columns[card.layer].append(card)
    links = [link for link in shown.links if link.start != link.end]
    routes = [_route(link, cards, columns) for link in links]
    _settle([columns[place] for place in sorted(columns)])
    drawn = [
        part
        for (route, is_back), link in zip(routes, links, strict=True)
        for part in _wire(route, wide, "" if shown.name else link.name, is_back)
    ]
    drawn += (_drawn(card, wide) for card in cards.values())
    bottom = max((card.y + card.height / 2 for card in cards.values()), default=0.0)
    right = (count - 1) * (wide + _ACROSS) + wide
    return picture(max(width, right + 2), bottom + 2, *drawn)


def _card(thing: Thing, layer: int, width: float) -> _Card:
    lines = fold(thing.name, int((width - 16) / _STRONG), 2) or ["\N{HORIZONTAL ELLIPSIS}"]
    letters = int((width - 16) / _LETTER)
    notes = [line for text in _said(thing) for line in fold(text, letters, 1)]
    return _Card(thing, layer, lines=lines, notes=notes)


def _layers(shown: Network) -> dict[str, int]:
    """Return the layer of each thing: one more than the last of those that lead to it."""
    after: dict[str, list[str]] = {thing.key: [] for thing in shown.things}
    for link in shown.links:
        after[link.start].append(link.end)
    order = _order(after)
    place = {key: number for number, key in enumerate(order)}
    found = dict.fromkeys(order, 0)
    for key in order:
        for end in after[key]:
            if place[end] > place[key]:
                found[end] = max(found[end], found[key] + 1)
    return found


def _order(after: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the keys so that links lead forward, but for those that close a circle."""
    ends = {end for found in after.values() for end in found}
    done: list[str] = []
    seen: set[str] = set()
    for root in sorted(after, key=lambda key: key in ends):  # those that nothing leads to first
        if root in seen:
            continue
        seen.add(root)
        open_: list[tuple[str, Iterator[str]]] = [(root, iter(after[root]))]
        while open_:
            key, rest = open_[-1]
            following = next((end for end in rest if end not in seen), None)
            if following is None:
                done.append(key)
                open_.pop()
            else:
                seen.add(following)
                open_.append((following, iter(after[following])))
    return done[::-1]


def _route(
    link: Link, cards: Mapping[str, _Card], columns: dict[int, list[_Card]]
) -> tuple[list[_Card], bool]:
    """Return the cards and passed layers of a link from left to right; whether it leads back."""
    start, end = cards[link.start], cards[link.end]
    is_back = start.layer >= end.layer
    left, right = (end, start) if is_back else (start, end)
    passed = [_Card(None, layer) for layer in range(left.layer + 1, right.layer)]
    for card in passed:
        columns[card.layer].append(card)
    route = [left, *passed, right]
    for one, other in pairwise(route):
        one.after.append(other)
        other.before.append(one)
    return route, is_back


def _settle(columns: Sequence[list[_Card]]) -> None:
    """Order the cards of each column, and place them below each other."""
    for column in columns:
        _stack(column)
    for sweep in range(_SWEEPS):
        is_forward = sweep % 2 == 0
        for column in columns if is_forward else columns[::-1]:
            wanted = {id(card): _middle(card.before if is_forward else card.after, card.y)
                      for card in column}  # fmt: skip
            column.sort(key=lambda card: wanted[id(card)])
            _stack(column, [wanted[id(card)] for card in column])
    top = min((card.y - card.height / 2 for column in columns for card in column), default=0.0)
    for column in columns:
        for card in column:
            card.y += 1 - top


def _middle(cards: Sequence[_Card], otherwise: float) -> float:
    return sum(card.y for card in cards) / len(cards) if cards else otherwise


def _stack(column: Sequence[_Card], wanted: Sequence[float] = ()) -> None:
    """Place cards near where they are ``wanted``, below each other in their order."""
    places, least = list[float](), float("-inf")
    for number, card in enumerate(column):
        y = wanted[number] if wanted else 0.0
        places.append(max(y, least + card.height / 2))
        least = places[-1] + card.height / 2 + _DOWN
    shift = sum(wanted) / len(wanted) - sum(places) / len(places) if wanted else 0.0
    for card, y in zip(column, places, strict=True):
        card.y = y + shift


def _wire(route: Sequence[_Card], width: float, name: str, is_back: bool) -> Iterator[Element]:
    """Yield the line of a link with its head, and its name at the end with fewer links."""
    points = [(card.layer * (width + _ACROSS), card.y) for card in route]
    start = (points[0][0] + width + 1, points[0][1])
    end = (points[-1][0] - 1, points[-1][1])
    first = (start[0] + _TIP, start[1]) if is_back else start
    last = end if is_back else (end[0] - _TIP, end[1])
    path = f"M{_at(first)}"
    x, y = first
    for left, middle in [*points[1:-1], (last[0], last[1])]:
        half = (left - x) / 2
        path += f"C{_at((x + half, y))} {_at((left - half, middle))} {_at((left, middle))}"
        x, y = left, middle
        if (left, middle) != last:
            path += f"H{left + width:.6g}"
            x += width
    yield element("path", d=path, class_="pic-wire")
    tip, turn = (start, 1) if is_back else (end, -1)
    yield element("path", d=f"M{_at(tip)}l{turn * _TIP:g} -4v8z", class_="pic-head")
    if name:
        is_first = len(route[0].after) <= len(route[-1].before)
        (x, y), shift = (start, 6.0) if is_first else (end, -6.0)
        shown = (fold(name, int((_ACROSS - 10) / 5.4), 1) or [""])[0]
        look = "pic-small pic-halo" if is_first else "pic-small pic-halo pic-end"
        yield element("text", shown, x=x + shift * 1.4, y=y - 5, class_=look)


def _at(point: tuple[float, float]) -> str:
    return f"{point[0]:.6g} {point[1]:.6g}"


def _drawn(card: _Card, width: float) -> Element:
    x, y = card.layer * (width + _ACROSS), card.y - card.height / 2
    box = element(
        "rect", x=x + 1, y=y, width=width - 2, height=card.height, rx=4, class_="pic-card"
    )
    lines = text_lines(x + 8, y + 15, card.lines, _LINE, class_="pic-strong")
    below = y + 15 + _LINE * len(card.lines)
    notes = text_lines(x + 8, below, card.notes, _LINE, class_="pic-soft")
    return element("g", box, lines, notes)
