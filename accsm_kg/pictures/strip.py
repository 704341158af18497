"""Times in EDTF as marks on a strip of years; each precision has a shape of its own."""

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final
from xml.etree.ElementTree import Element

from accsm_kg.pictures.svg import Scale, element, picture

#: What each shape says, in the order of precision.
SHAPES: Final = {
    "day": "a day or some days",
    "month": "a month",
    "quarter": "a quarter",
    "year": "a year: the day is not known",
    "range": "several years",
    "onwards": "onwards, with no end",
    "yearly": "recurs in the year",
}
#: Units of the drawing for a year, and its height.
YEAR: Final = 30
HEIGHT: Final = 20

_MIDDLE = HEIGHT / 2
_DATE = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?[?~%]?")
_QUARTERS = range(33, 37)  # of a year, in ISO 8601-2, section 4.8
_SEASONS = range(21, 42)  # and other parts of a year whose months are not fixed
_FEW_DAYS = 31


@dataclass(frozen=True)
class Time:
    """A time from ``start`` to ``end`` in years, such as 2017.25; see `SHAPES`."""

    shape: str
    start: float
    end: float
    label: str = ""
    is_done: bool = False
    """Whether it is marked as completed."""


def read_edtf(edtf: str) -> Time | None:
    """Return the time that an EDTF text of level 0 or 1 states; None if it is none.

    >>> read_edtf("2017-36")
    Time(shape='quarter', start=2017.75, end=2018.0, label='', is_done=False)
    >>> read_edtf("2017/..").shape
    'onwards'
    """
    first, slash, last = edtf.partition("/")
    start = _read_date(first)
    if start is None or not slash:
        return start
    if last in ("", ".."):
        return Time("onwards", start.start, float("inf"))
    end = _read_date(last)
    if end is None:
        return None
    is_short = start.shape == "day" and (end.end - start.start) * 366 <= _FEW_DAYS
    return Time("day" if is_short else "range", start.start, end.end)


def yearly(years: Iterable[int], label: str = "") -> Iterator[Time]:
    """Yield the time of something that recurs in each of ``years``."""
    for year in years:
        yield Time("yearly", year, year + 1, label)


def strip(times: Iterable[Time], first: int, last: int, label: str = "") -> Element:
    """Return a drawing of ``times`` over the years from ``first`` to ``last``.

    ``label`` says the same in words; without it the drawing is hidden from screen readers.
    """
    years = max(last - first + 1, 1)
    scale = Scale((first, first + years), (0, years * YEAR))
    drawn = picture(years * YEAR, HEIGHT, class_="strip", **_named(label))
    for line in range(years + 1):
        x = scale(first + line)
        drawn.append(element("line", x1=x, x2=x, y1=0, y2=HEIGHT, class_="pic-rule"))
    for time in times:
        if time.start < first + years and time.end > first:
            drawn.append(mark(time, scale))
    return drawn


def years(first: int, last: int) -> Element:
    """Return the heads of the years above strips."""
    count = max(last - first + 1, 1)
    drawn = picture(count * YEAR, 14, class_="strip", aria_hidden="true")
    for place in range(count):
        text = f"\N{RIGHT SINGLE QUOTATION MARK}{(first + place) % 100:02}"
        x = (place + 0.5) * YEAR
        drawn.append(element("text", text, x=x, y=11, class_="pic-small pic-middle"))
    return drawn


def sample(shape: str) -> Element:
    """Return a drawing of one of `SHAPES`, or of `done`, for a legend."""
    spans = {"day": 0.02, "month": 1 / 12, "quarter": 0.25, "onwards": float("inf")}
    length = spans.get(shape, 1.0)
    start = 0.1 if shape == "onwards" else 0.5 - length / 2
    time = Time("day" if shape == "done" else shape, start, start + length, "", shape == "done")
    drawn = picture(YEAR, HEIGHT, class_="strip", aria_hidden="true")
    drawn.append(mark(time, Scale((0, 1), (0, YEAR))))
    return drawn


def _named(label: str) -> dict[str, str]:
    return {"role": "img", "aria_label": label} if label else {"aria_hidden": "true"}


def _read_date(text: str) -> Time | None:
    found = _DATE.fullmatch(text)
    if not found:
        return None
    year, part, day = (int(group or 0) for group in found.groups())
    if not part:
        return Time("year", year, year + 1)
    if part in _QUARTERS and not day:
        start = year + (part - _QUARTERS.start) / 4
        return Time("quarter", start, start + 0.25)
    try:
        start = _in_years(date(year, part, day or 1))
        length = 1 if day else monthrange(year, part)[1]
    except ValueError:
        return Time("year", year, year + 1) if part in _SEASONS and not day else None
    return Time("day" if day else "month", start, start + length / _days(year))


def _in_years(day: date) -> float:
    return day.year + (day.timetuple().tm_yday - 1) / _days(day.year)


def _days(year: int) -> int:
    return date(year, 12, 31).timetuple().tm_yday


def mark(time: Time, scale: Scale) -> Element:
    """Return the mark of a time, `HEIGHT` high and cut where the scale ends."""
    low, high = scale.values
    start, end = scale(max(time.start, low)), scale(min(time.end, high))
    made = element("g", *_DRAW[time.shape](start, end))
    if time.label:
        made.insert(0, element("title", time.label))
    if time.is_done:
        made.extend(_done((start + end) / 2))
    return made


def _dot(start: float, end: float) -> list[Element]:
    return [element("circle", cx=(start + end) / 2, cy=_MIDDLE, r=4, class_="pic-mark")]


def _bar(start: float, end: float) -> list[Element]:
    width = max(end - start, 3)
    return [element("rect", x=start, y=2, width=width, height=HEIGHT - 4, class_="pic-mark")]


def _lozenge(start: float, end: float) -> list[Element]:
    middle = (start + end) / 2
    points = f"{start:.6g},{_MIDDLE} {middle:.6g},4 {end:.6g},{_MIDDLE} {middle:.6g},{HEIGHT - 4}"
    return [element("polygon", points=points, class_="pic-mark")]


def _hatched(start: float, end: float) -> list[Element]:
    top, bottom, step = 5.0, HEIGHT - 5.0, 5
    box = element("rect", x=start + 0.5, y=top, width=max(end - start - 1, 1), height=bottom - top,
                  class_="pic-outline")  # fmt: skip
    path = "".join(_slash(x, start, end, top, bottom) for x in range(int(start), int(end), step))
    return [box, element("path", d=path, class_="pic-outline")]


def _slash(x: float, start: float, end: float, top: float, bottom: float) -> str:
    """Return a line that rises to the right from ``x``, within a box."""
    left, right = max(x, start), min(x + bottom - top, end)
    return f"M{left:.6g} {bottom - (left - x):.6g}L{right:.6g} {bottom - (right - x):.6g}"


def _span(start: float, end: float) -> list[Element]:
    caps = f"M{start + 1:.6g} 4V16M{end - 1:.6g} 4V16M{start + 1:.6g} 10H{end - 1:.6g}"
    return [element("path", d=caps, class_="pic-span")]


def _arrow(start: float, end: float) -> list[Element]:
    left, tip = start + 1, end - 1
    line = f"M{left:.6g} 4V16M{left:.6g} 10H{tip:.6g}M{tip - 6:.6g} 4L{tip:.6g} 10L{tip - 6:.6g} 16"
    return [element("path", d=line, class_="pic-span")]


def _ring(start: float, end: float) -> list[Element]:
    return [element("circle", cx=(start + end) / 2, cy=_MIDDLE, r=5, class_="pic-ring")]


def _done(x: float) -> list[Element]:
    tick = f"M{x - 3.5:.6g} {_MIDDLE}l2.5 3l4.5 -6"
    return [
        element("circle", cx=x, cy=_MIDDLE, r=7.5, class_="pic-bar-strong"),
        element("path", d=tick, class_="pic-tick"),
    ]


_DRAW = {
    "day": _dot,
    "month": _bar,
    "quarter": _lozenge,
    "year": _hatched,
    "range": _span,
    "onwards": _arrow,
    "yearly": _ring,
}
