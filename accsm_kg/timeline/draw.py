"""The picture of a timeline: a row for each item, with a mark for each time by its precision."""

from calendar import month_abbr
from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element

from accsm_kg.english import counted
from accsm_kg.pictures import strip
from accsm_kg.pictures.svg import Address, Scale, element, fold, hit_box, link, picture, text_lines
from accsm_kg.timeline import words
from accsm_kg.timeline.model import Group, Item, Stated, Timeline

_WIDTH, _LEFT, _RIGHT = 1150.0, 340.0, 950.0  # where the years begin and end
_TEXT = 30.0  # where titles begin if numbers stand before them
_LETTER = 6.5  # width of a letter of a title
_ROW, _HEAD, _TITLE = 28.0, 32.0, 26.0  # heights
_HIT = 24.0  # the least width that can be hit
_MOST_YEARS = 12  # with a line each
_DONE = "done"  # the sample of a time that is marked completed


def of_group(found: Timeline, group: Group, address: Address, first: int = 0) -> Element:
    """Return the picture of a group, whose first row has the number ``first``.

    Heads are links that the tab key reaches, marks are links that it passes over. Each has its
    place as `data-row`, which goes on from group to group, and `data-column`, 0 in heads.
    """
    return picture(
        _WIDTH,
        _height(group),
        *_group(found, group, 0, address, first),
        class_="timeline",
        role="group",
        aria_label=f"{group.label}: {counted(len(group.items), found.one, found.many)}",
    )


def whole(found: Timeline, address: Address) -> Element:
    """Return the picture of all groups, one below the other, with a title and the legend."""
    y, row = 2 * _TITLE + strip.HEIGHT, 0
    drawn = [element("text", words.title(found), x=4, y=18, class_="pic-strong"), *_legend(found)]
    for group in found.groups:
        drawn.append(element("text", group.label, x=4, y=y + 18, class_="pic-strong"))
        drawn += _group(found, group, y + _TITLE, address, row)
        y += _TITLE + _height(group)
        row += len(group.items)
    return picture(_WIDTH, y, *drawn)


def legend(found: Timeline) -> list[tuple[Element, str, int]]:
    """Return the shapes that occur, with what they say and the number of times."""
    shapes = [{mark.shape for mark in time.marks} for time in found.times]
    counted = [
        (shape, text, sum(shape in each for each in shapes)) for shape, text in strip.SHAPES.items()
    ]
    counted.append((_DONE, "marked completed", sum(time.is_done for time in found.times)))
    return [(strip.sample(shape), text, count) for shape, text, count in counted if count]


def line_sample() -> Element:
    """Return a drawing of the line as of which the sources say it, for a legend."""
    line = element("line", x1=8, x2=8, y1=0, y2=strip.HEIGHT, class_="pic-as-of")
    return picture(16, strip.HEIGHT, line, aria_hidden="true")


def _legend(found: Timeline) -> Iterator[Element]:
    """Yield the legend as a line below the title."""
    x = 0.0
    for sample, text, count in legend(found):
        said = f"{text} ({count})"
        sample.set("x", f"{x:g}")
        sample.set("y", f"{_TITLE:g}")
        yield sample
        yield element("text", said, x=x + strip.YEAR + 4, y=_TITLE + 14, class_="pic-small")
        x += strip.YEAR + 20 + _LETTER * len(said) * 0.8


def _height(group: Group) -> float:
    return _HEAD + _ROW * len(group.items) + 4


def _group(
    found: Timeline, group: Group, y: float, address: Address, first: int
) -> Iterator[Element]:
    scale = Scale((group.span[0], group.span[1] + 1), (_LEFT, _RIGHT))
    yield from _axis(scale, y, _ROW * len(group.items))
    yield from _issued(found, scale, y, _ROW * len(group.items), is_named=not first)
    for place, item in enumerate(group.items):
        top = y + _HEAD + place * _ROW
        yield element("line", x1=0, x2=_WIDTH, y1=top + _ROW, y2=top + _ROW, class_="pic-grid")
        yield _head(item, top, address, first + place)
        yield from _times(item, scale, top, address, first + place)
        lines = fold(_aside(found, item), 37)
        middle = top + _ROW / 2 + 10 - 6.5 * len(lines)
        yield text_lines(_RIGHT + 10, middle, lines, class_="pic-small")


def _axis(scale: Scale, y: float, height: float) -> Iterator[Element]:
    """Yield a line with a label for the beginning of each year, or of each month of one year."""
    top = y + _HEAD
    for value, label in _ticks(scale).items():
        x = scale(value)
        yield element("line", x1=x, x2=x, y1=top - 14, y2=top + height, class_="pic-rule")
        yield element("text", label, x=x + 4, y=top - 5, class_="pic-soft", aria_hidden="true")


def _ticks(scale: Scale) -> Mapping[float, str]:
    first, end = map(int, scale.values)
    if end == first + 1:
        return {first + month / 12: month_abbr[month + 1] for month in range(12)}
    if end - first <= _MOST_YEARS:
        return {year: str(year) for year in range(first, end)}
    return {tick: f"{tick:g}" for tick in scale.ticks(_MOST_YEARS) if tick.is_integer()}


def _issued(
    found: Timeline, scale: Scale, y: float, height: float, *, is_named: bool
) -> Iterator[Element]:
    """Yield a line for the end of each time as of which the sources say it."""
    top = y + _HEAD
    for issued in found.issued:
        day = strip.read_edtf(issued)
        if day and scale.values[0] < day.end <= scale.values[1]:
            x = scale(day.end)
            yield element("line", x1=x, x2=x, y1=top - 18, y2=top + height, class_="pic-as-of")
            if is_named:
                label = words.as_of(issued)
                yield element(
                    "text", label, x=x, y=top - 22, class_="pic-small pic-care pic-middle"
                )


def _head(item: Item, top: float, address: Address, row: int) -> Element:
    """Return the number and the label of an item as a link."""
    x = _TEXT if item.number else 4.0
    lines = fold(item.label, int((_LEFT - x) / _LETTER))
    middle = top + _ROW / 2
    return link(
        address(item.iri),
        f"{words.of_item(item)} ({item.plan})" if item.plan else words.of_item(item),
        hit_box(0, top, _LEFT - 8, _ROW),
        element("text", item.number, x=4, y=middle + 4, class_="pic-strong pic-link"),
        text_lines(x, middle + 10 - 6.5 * len(lines), lines, class_="pic-text pic-link"),
        data_row=row,
        data_column=0,
    )


def _times(item: Item, scale: Scale, top: float, address: Address, row: int) -> Iterator[Element]:
    """Yield the times; the column of each is its year or month, or the next that is free."""
    low, high = scale.values
    column = 0
    for time in item.times:
        start = min((mark.start for mark in time.marks), default=low) - low
        column = max(column + 1, 1 + int(start * (12 if high == low + 1 else 1)))
        yield _time(item, time, scale, top, address, {"data_row": row, "data_column": column})
    if not item.times:
        said = words.undated(item.status)
        yield element("text", said, x=_LEFT + 6, y=top + 18, class_="pic-small pic-care")


def _time(
    item: Item, time: Stated, scale: Scale, top: float, address: Address, place: Mapping[str, float]
) -> Element:
    """Return the marks of a time as one link."""
    y = top + (_ROW - strip.HEIGHT) / 2
    low, high = scale.values
    made = link(address(item.iri), words.of_time(item, time), tabindex=-1, **place)
    for mark in time.marks:
        if mark.start < high and mark.end > low:
            start, end = scale(max(mark.start, low)), scale(min(mark.end, high))
            width = max(end - start, _HIT)
            made.append(hit_box((start + end - width) / 2, top, width, _ROW))
            drawn = strip.mark(mark, scale)
            drawn.set("transform", f"translate(0 {y:g})")
            if mark.shape == "yearly":
                made.append(_within(start, end, top + _ROW / 2))
            made.append(drawn)
    return made


def _within(start: float, end: float, y: float) -> Element:
    """Return a line that says that a ring stands for some time between its ends."""
    return element("line", x1=start + 2, x2=end - 2, y1=y, y2=y, class_="pic-outline")


def _aside(found: Timeline, item: Item) -> str:
    """Return what stands at the end of a row: what its group does not say."""
    if found.selection.scale != "plan":
        return "; ".join(map(words.of_source, item.sources)) or "no source"
    if found.selection.group == "area":
        return ", ".join(country.label for country in item.countries)
    return f"area {', '.join(area.code for area in item.areas)}" if item.areas else ""
