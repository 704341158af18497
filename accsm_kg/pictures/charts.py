"""The pictures of answers: bars, a line, a heat map, a timeline, a tree and a graph.

Each is drawn for a wide or for a narrow page, without links, as a table stands beside it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import takewhile
from typing import Final
from xml.etree.ElementTree import Element

from accsm_kg.pictures import network, strip
from accsm_kg.pictures.svg import Scale, element, fold, picture, text_lines
from accsm_kg.pictures.views import Column, View, number, words
from accsm_kg.rdf.edtf import in_words

WIDE: Final = 720.0
NARROW: Final = 320.0

_LETTER = 6.2  # width of a letter of a name
_STRONG = 7.6  # of one in bold
_LINE = 14.0  # height of a line of a text
_GAP = 8.0
_BAR = 14.0
_TINTS = 5  # of a heat map, the last of which covers half
_DENSE = 6  # columns of a heat map on a narrow page
_INDENT = 18.0
_NAMED = 12  # names and values that a description lists


@dataclass(frozen=True)
class Mark:
    """A name with the numbers of its bars, or of its cells."""

    name: str
    values: Sequence[str]


def draw(view: View, *, is_narrow: bool = False) -> Element:
    """Return the picture of a view, which `describe` describes."""
    return _DRAW[view.name](view, NARROW if is_narrow else WIDE)


def labelled(drawing: Element, title: str, description: str) -> Element:
    """Return a drawing with its name and description for those who do not see it."""
    drawing.set("role", "img")
    described(drawing, description).insert(0, element("title", title))
    return drawing


def described(drawing: Element, description: str) -> Element:
    """Return a drawing with its description."""
    drawing.insert(0, element("desc", description))
    return drawing


def heads(view: View) -> list[str]:
    """Return what the values of a view are, in words."""
    return [words(column.name) for column in view.values]


def caption(view: View) -> str:
    """Return what a picture shows, in few words.

    >>> caption(View("bar", values=[Column("projects", ())], of="workPlan"))
    'Projects by work plan'
    >>> caption(View("heatmap", values=[Column("n", ())], of="country", across="area"))
    'N by country and area'
    """
    if view.network:
        said = network.caption(view.network)
    elif view.name == "tree":
        said = view.of
    else:
        told = ["times"] if view.name == "timeline" else heads(view)
        by = " and ".join(words(name) for name in (view.of, view.across) if name)
        said = f"{', '.join(told)} by {by}"
    return f"{said[:1].upper()}{said[1:]}"


def describe(view: View) -> str:
    """Return a sentence about a picture, with the first of its names and values."""
    if view.network:
        told = network.told(view.network)
    elif view.name == "tree":
        told = [name for _, name in _branches(view)]
    elif view.name == "timeline":
        told = [f"{name} {in_words(time)}" for name, time in _times(view)]
    elif view.name == "heatmap":
        columns, rows = _cells(view)
        told = [
            f"{row.name} {', '.join(map(_beside, columns, row.values))}" for row in rows.values()
        ]
    else:
        told = [f"{mark.name} {', '.join(mark.values)}" for mark in marks_of(view)]
    more = f"; and {len(told) - _NAMED} more" if len(told) > _NAMED else ""
    return f"{caption(view)}: {'; '.join(told[:_NAMED])}{more}."


def _beside(column: str, value: str) -> str:
    return f"{column} {value or 'none'}"


def _bars(view: View, width: float) -> Element:
    """Return bars beside their names, on a narrow page below them."""
    marks, series = marks_of(view), len(view.values)
    numbers = [number(value) for mark in marks for value in mark.values]
    left = 0.0 if width == NARROW else width * 0.42
    scale = Scale((min(0.0, *numbers), max(0.0, *numbers)), (left + 4, width - 52))
    drawn, y = [*_legend(view)], _LINE + _GAP if series > 1 else 0.0
    is_time = view.by[0].kind == "date"
    for mark in marks:
        name = in_words(mark.name) if is_time else mark.name
        lines = fold(name, int((left or width) / _LETTER), 2)
        top = y + _LINE * len(lines) + 3 if not left else y
        drawn.append(text_lines(0, y + 12, lines, _LINE, class_="pic-text"))
        for place, value in enumerate(mark.values):
            drawn += _bar(value, scale, top + place * (_BAR + 1), place)
        y = max(top + (_BAR + 1) * series, y + _LINE * len(lines)) + _GAP
    return picture(width, max(y, 1), *drawn)


def _bar(value: str, scale: Scale, y: float, place: int) -> Iterator[Element]:
    start, end = sorted((scale(0), scale(number(value))))
    look = "pic-bar" if place else "pic-mark"
    yield element("rect", x=start, y=y, width=max(end - start, 1), height=_BAR, class_=look)
    yield element("text", value, x=end + 5, y=y + 11, class_="pic-text")


def _legend(view: View) -> Iterator[Element]:
    """Yield what the bars are, if there are several beside each other."""
    x = 0.0
    for place, head in enumerate(heads(view) if len(view.values) > 1 else ()):
        look = "pic-bar" if place else "pic-mark"
        yield element("rect", x=x, y=0, width=_LINE, height=12, class_=look)
        yield element("text", head, x=x + 20, y=11, class_="pic-soft")
        x += 34 + len(head) * _LETTER


def _line(view: View, width: float) -> Element:
    """Return a line over time, with a grid for its values."""
    marks = sorted(marks_of(view), key=lambda mark: _start(mark.name))
    numbers = [number(mark.values[0]) for mark in marks]
    height = 220.0
    down = Scale((min(0.0, *numbers), max(0.0, *numbers)), (height - 24, 10))
    across = Scale((_start(marks[0].name), _start(marks[-1].name)), (44, width - 24))
    drawn = []
    for tick in down.ticks():
        y = down(tick)
        drawn.append(element("line", x1=40, x2=width, y1=y, y2=y, class_="pic-rule"))
        drawn.append(element("text", f"{tick:g}", x=0, y=y + 4, class_="pic-soft"))
    for tick in across.ticks(9 if width == WIDE else 5):
        if tick.is_integer():
            said = element("text", f"{tick:g}", x=across(tick), y=height - 6,
                           class_="pic-soft pic-middle")  # fmt: skip
            drawn.append(said)
    places = [(across(_start(mark.name)), down(number(mark.values[0]))) for mark in marks]
    path = "L".join(f"{x:.6g} {y:.6g}" for x, y in places)
    drawn.append(element("path", d=f"M{path}", class_="pic-span"))
    drawn += (element("circle", cx=x, cy=y, r=3.5, class_="pic-mark") for x, y in places)
    return picture(width, height, *drawn)


def _heatmap(view: View, width: float) -> Element:
    """Return a cell for each number, tinted by its size, with the names to the left or above."""
    columns, rows = _cells(view)
    is_above = width == NARROW and len(columns) <= _DENSE
    width = width if is_above else WIDE
    left = 0.0 if is_above else width * 0.38
    cell = min((width - left) / len(columns), 110.0)
    room = max(int((cell - _GAP) / _LETTER), 4)
    titles = [fold(column, room, 3) for column in _without_same_start(columns)]
    top = _LINE * max(map(len, titles)) + 4
    drawn = [
        text_lines(left + place * cell + 4, 11, lines, _LINE, class_="pic-soft")
        for place, lines in enumerate(titles)
    ]
    most = max((number(value) for row in rows.values() for value in row.values if value), default=0)
    for row in rows.values():
        lines = fold(row.name, int((left or width) / _LETTER), 2)
        drawn.append(text_lines(0, top + 14, lines, _LINE, class_="pic-text"))
        y = top + (_LINE * len(lines) + 5 if is_above else 0)
        height = 24.0 if is_above else max(24.0, _LINE * len(lines) + 4)
        for place, value in enumerate(row.values):
            drawn += _cell(value, most, left + place * cell, y, cell, height)
        top = y + height + (_GAP if is_above else 2)
    return picture(width, top, *drawn)


def _without_same_start(names: Sequence[str]) -> list[str]:
    """Return names without the words with which all of them begin.

    >>> _without_same_start(["Priority area A: workforce", "Priority area B: reform"])
    ['A: workforce', 'B: reform']
    """
    parts = [name.split(" ") for name in names]
    alike = takewhile(lambda column: len({*column}) == 1, zip(*parts, strict=False))
    same = len([*alike]) if len(parts) > 1 else 0
    return [" ".join(part[min(same, len(part) - 1) :]) for part in parts]


def _cell(
    value: str, most: float, x: float, y: float, width: float, height: float
) -> Iterator[Element]:
    size = number(value) / most if value and most > 0 else 0
    if size > 0:
        tint = f"pic-heat-{max(1, round(size * _TINTS))}"
        yield element("rect", x=x, y=y, width=width - 2, height=height, class_=tint)
    yield element("rect", x=x, y=y, width=width - 2, height=height, class_="pic-grid")
    yield element("text", value, x=x + 6, y=y + height / 2 + 4, class_="pic-text")


def _timeline(view: View, width: float) -> Element:
    """Return a row for each thing with its time as a mark and in words."""
    items = _times(view)
    read = [strip.read_edtf(time) for _, time in items]
    known = [time for time in read if time]
    is_narrow = width == NARROW
    left, right = (0.0, width) if is_narrow else (width * 0.4, width * 0.78)
    scale, ticks = _axis(known, left + 6, right - 6, 4 if is_narrow else 5)
    drawn, y = [], 20.0
    for (name, stated), time in zip(items, read, strict=True):
        lines = fold(name, int((width if is_narrow else left - _GAP) / _LETTER), 2)
        drawn.append(text_lines(0, y + 12, lines, _LINE, class_="pic-text"))
        said, beside = in_words(stated), y + 12
        if is_narrow:
            y += _LINE * len(lines)
            beside = y + 12
        drawn.append(
            element("text", said, x=0 if is_narrow else right + _GAP, y=beside, class_="pic-soft")
        )
        y += _LINE if is_narrow else 0.0
        if time:
            drawn.append(_placed(strip.mark(time, scale), y))
        y += strip.HEIGHT + _GAP if is_narrow else max(strip.HEIGHT, _LINE * len(lines)) + _GAP
    return picture(width, y, *_grid(ticks, scale, y, width), *drawn)


def _grid(
    ticks: Mapping[float, str], scale: Scale, height: float, width: float
) -> Iterator[Element]:
    """Yield a line for each tick, and its text if there is room for it."""
    for value, text in ticks.items():
        x = scale(value)
        yield element("line", x1=x, x2=x, y1=16, y2=height, class_="pic-rule")
        if x + len(text) * _LETTER <= width:
            yield element("text", text, x=x, y=11, class_="pic-soft")


def _placed(drawing: Element, y: float) -> Element:
    drawing.set("transform", f"translate(0 {y:.6g})")
    return drawing


def _axis(
    times: Sequence[strip.Time], left: float, right: float, most: int
) -> tuple[Scale, Mapping[float, str]]:
    """Return the scale of the years, months or days of ``times``, and its ticks in words."""
    first = min((time.start for time in times), default=0.0)
    last = max((time.end for time in times if time.end != float("inf")), default=first)
    last = max([last, *(time.start + 1 for time in times if time.end == float("inf"))])
    if last - first > 1.5:
        scale = Scale((int(first), -int(-last // 1)), (left, right))
        return scale, {year: f"{year:g}" for year in scale.ticks(most + 2) if year.is_integer()}
    starts = [*_months(first, last)]
    scale = Scale((starts[0][0], starts[-1][0]), (left, right))
    step = -(-len(starts) // most)
    return scale, {value: text for value, text in starts[:-1:step]}


def _months(first: float, last: float) -> Iterator[tuple[float, str]]:
    """Yield the beginnings of the months around a time and of the one after it; of few, weeks."""
    month = int(first * 12 + 1e-6)
    end = max(int(-(-(last * 12 - 1e-6) // 1)), month + 1)
    for place in range(month, end + 1):
        year, of_year = divmod(place, 12)
        start = date(year, of_year + 1, 1)
        yield _in_years(start), f"{start:%b %Y}"
        for day in (8, 15, 22) if end - month <= 1 and place < end else ():
            yield _in_years(start.replace(day=day)), f"{day} {start:%b}"


def _in_years(day: date) -> float:
    length = (date(day.year + 1, 1, 1) - date(day.year, 1, 1)).days
    return day.year + (day.timetuple().tm_yday - 1) / length


def _tree(view: View, width: float) -> Element:
    """Return things below each other, those of a deeper level indented."""
    drawn: list[Element] = []
    tops: dict[int, float] = {}
    y = 0.0
    for level, name in _branches(view):
        x = level * _INDENT
        is_leaf = level == len(view.levels) - 1
        lines = fold(name, int((width - x - _GAP) / (_LETTER if is_leaf else _STRONG)), 4)
        style = "pic-text" if is_leaf else "pic-strong"
        drawn.append(text_lines(x, y + 12, lines, _LINE, class_=style))
        if level:
            left, start = x - _INDENT + 4, tops[level - 1]
            path = f"M{left:.6g} {start:.6g}V{y + 8:.6g}H{x - 3:.6g}"
            drawn.append(element("path", d=path, class_="pic-wire"))
        y += _LINE * len(lines)
        tops[level] = y + 3
        y += 6
    return picture(width, y, *drawn)


def _branches(view: View) -> Iterator[tuple[int, str]]:
    """Yield the level and name of each thing of a tree from the top, in the order of the rows."""
    rows = {tuple(map(_name, level)): None for level in _turned(view.levels)}
    order: dict[str, int] = {}
    for row in rows:
        for place in range(len(row)):
            order.setdefault("\0".join(row[: place + 1]), len(order))
    before: tuple[str, ...] = ()
    for row in sorted(rows, key=lambda row: _order(row, order)):
        for level, name in enumerate(row):
            if row[: level + 1] != before[: level + 1]:
                yield level, name
        before = row


def _order(row: tuple[str, ...], order: Mapping[str, int]) -> list[int]:
    return [order["\0".join(row[: place + 1])] for place in range(len(row))]


def _turned(levels: Sequence[Sequence[Column]]) -> Iterator[list[list[str]]]:
    """Yield for each row the texts that name its thing on each level."""
    for row in range(len(levels[0][0].texts)):
        yield [[column.texts[row] or "" for column in level] for level in levels]


def _name(texts: Iterable[str]) -> str:
    """Return texts as one name; one with which another ends, or that it explains, is left out.

    >>> _name(["A", "Priority area A: workforce"]), _name(["A.2", "Dialogue"])
    ('Priority area A: workforce', 'A.2 · Dialogue')
    """
    kept = list(dict.fromkeys(filter(None, texts)))
    return " \N{MIDDLE DOT} ".join(
        text for text in kept if not any(_is_within(text, one) for one in kept if one != text)
    )


def _is_within(text: str, other: str) -> bool:
    return f" {text}:" in f" {other}" or other.endswith((f" {text}", f".{text}"))


def marks_of(view: View) -> list[Mark]:
    """Return the names of a view with their values, each once."""
    found: dict[str, Mark] = {}
    for row in range(len(view.by[0].texts)):
        name = _name(column.texts[row] or "" for column in view.by)
        found.setdefault(name, Mark(name, [column.texts[row] or "" for column in view.values]))
    return [*found.values()]


def _cells(view: View) -> tuple[list[str], Mapping[str, Mark]]:
    """Return the columns and rows of a heat map, of which a cell may be empty."""
    if len(view.by) == 1:
        return heads(view), {mark.name: mark for mark in marks_of(view)}
    down, across = (column.texts for column in view.by)
    columns = [*dict.fromkeys(text or "" for text in across)]
    rows = {text or "": [""] * len(columns) for text in down}
    for row, column, value in zip(down, across, view.values[0].texts, strict=True):
        rows[row or ""][columns.index(column or "")] = value or ""
    return columns, {name: Mark(name, values) for name, values in rows.items()}


def _times(view: View) -> list[tuple[str, str]]:
    """Return the name and the time of each thing that has one, in the order of time."""
    first, last = view.values[0].texts, view.values[-1].texts
    stated = [
        (name or "", span(start or end or "", end or start or ""))
        for name, start, end in zip(view.by[0].texts, first, last, strict=True)
        if start or end
    ]
    return sorted(dict.fromkeys(stated), key=lambda item: _start(item[1]))


def span(first: str, last: str) -> str:
    """Return a time from one date to another in EDTF: as a year or month if it is one.

    >>> span("2017-01-01", "2017-12-31"), span("2017-02-01", "2017-02-28")
    ('2017', '2017-02')
    >>> span("2016-10-03", "2016-10-07"), span("2019", "2019")
    ('2016-10-03/2016-10-07', '2019')
    """
    first, last = first.partition("T")[0], last.partition("T")[0]
    if first == last:
        return first
    year, is_year = first[:4], first.endswith("-01-01") and last.endswith("-12-31")
    if is_year:
        return year if year == last[:4] else f"{year}/{last[:4]}"
    if first[:7] == last[:7] and first.endswith("-01") and _is_last_day(last):
        return first[:7]
    return f"{first}/{last}"


def _is_last_day(text: str) -> bool:
    try:
        return (date.fromisoformat(text) + timedelta(1)).day == 1
    except (ValueError, OverflowError):  # it is no day, or the last that there is
        return False


def _start(text: str) -> float:
    time = strip.read_edtf(text.partition("T")[0])
    return time.start if time else 0.0


def _graph(view: View, width: float) -> Element:
    assert view.network
    return network.draw(view.network, width, is_narrow=width == NARROW)


_DRAW = {
    "graph": _graph,
    "bar": _bars,
    "line": _line,
    "heatmap": _heatmap,
    "timeline": _timeline,
    "tree": _tree,
}
