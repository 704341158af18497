"""The timeline: projects by the times that their plans state, or the events of the history."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from accsm_kg.errors import UnknownNameError, check_name
from accsm_kg.lookups import Ask, Lookup, Row, Rows, grouped, whole
from accsm_kg.pictures.strip import Time, read_edtf
from accsm_kg.rdf import query_files
from accsm_kg.rdf.edtf import in_words
from accsm_kg.rdf.terms import local_name, natural

_QUERIES = Path(__file__).parent / "queries"
_DECADE = 10
_MOST_YEARS = 500  # between the first and the last; of more, only those of items are counted
_PARTS = ("items", "times", "years", "countries", "areas", "sources")

#: What the timeline can show, each with its queries in the folder of that name.
SCALES: Final = {"plan": "Work plans", "history": "History"}
#: By what the projects of plans can be grouped.
GROUPS: Final = ("coordinator", "area")


@dataclass(frozen=True)
class Selection:
    """What is asked for: ``country`` is a code of three letters, ``area`` a letter or a number.

    ``plan`` is the name of a work plan.
    """

    scale: str = next(iter(SCALES))
    country: str = ""
    area: str = ""
    group: str = GROUPS[0]
    year: str = ""
    plan: str = ""


@dataclass(frozen=True)
class Stated:
    """A time that a source states for an item; a recurrence has no ``edtf``.

    ``marks`` are the spans that a picture shows, in years.
    """

    iri: str
    edtf: str
    words: str
    precision: str
    status: str
    is_done: bool
    note: str
    places: Sequence[str]
    marks: Sequence[Time]

    def touches(self, year: int) -> bool:
        """Return whether it can be in ``year``."""
        return any(mark.start < year + 1 and mark.end > year for mark in self.marks)


@dataclass(frozen=True)
class Source:
    """A source of an item, with its reliability in words and the time when it was issued."""

    iri: str
    number: str
    label: str
    reliability: str
    issued: str


@dataclass(frozen=True)
class Choice:
    """A country or an area, with the number of its items."""

    code: str
    label: str
    iri: str
    kind: str
    count: int


@dataclass(frozen=True)
class Item:
    """A project, an event or a meeting; ``status`` says in words whether its time is stated.

    ``years`` says of each year in which it may be whether a source states the year.
    """

    iri: str
    kind: str
    number: str
    label: str
    plan: str
    status: str
    times: Sequence[Stated]
    years: Mapping[int, bool]
    countries: Sequence[Choice]
    areas: Sequence[Choice]
    sources: Sequence[Source]

    @property
    def name(self) -> str:
        """Return its number, if it has one, and its label."""
        return f"{self.number} {self.label}".lstrip()


@dataclass(frozen=True)
class Group:
    """Items under a heading; ``iri`` is that of a country or an area, or empty.

    ``span`` is the first and the last year that its picture shows.
    """

    label: str
    iri: str
    items: Sequence[Item]
    span: tuple[int, int]


@dataclass(frozen=True)
class Year:
    """A year: how many items are stated to be in it, and how many others may be in it."""

    year: int
    stated: int
    possible: int


@dataclass(frozen=True)
class Timeline:
    """The items that a selection leaves, with those that have a time first.

    ``one`` and ``many`` name the items, ``filters`` say by parameter what has been selected.
    ``years`` are all years from the first to the last, and count the items of any year.
    ``issued`` are the dates of the sources of the times, in EDTF.
    """

    selection: Selection
    one: str
    many: str
    items: Sequence[Item]
    years: Sequence[Year]
    issued: Sequence[str]
    countries: Sequence[Choice]
    areas: Sequence[Choice]
    filters: Mapping[str, str]

    @property
    def plans(self) -> dict[str, int]:
        """Return the number of items of each work plan."""
        return dict(sorted(Counter(item.plan for item in self.items if item.plan).items()))

    @property
    def dated(self) -> list[Item]:
        """Return the items of which a time is stated."""
        return [item for item in self.items if item.times]

    @property
    def undated(self) -> dict[str, list[Item]]:
        """Return the items without a time, by what is said of it."""
        found: dict[str, list[Item]] = {}
        for item in self.items:
            if not item.times:
                found.setdefault(item.status, []).append(item)
        return dict(sorted(found.items()))

    @property
    def times(self) -> list[Stated]:
        """Return the times of the items, in their order."""
        return [time for item in self.items for time in item.times]

    @property
    def span(self) -> tuple[int, int]:
        """Return the first and the last year that is shown."""
        if self.selection.year:
            return int(self.selection.year), int(self.selection.year)
        return self.years[0].year, self.years[-1].year

    @property
    def empty(self) -> str:
        """Return what to say where no time is stated."""
        return " ".join(("No time is stated for", self.many, *self.filters.values())) + "."

    @property
    def groups(self) -> list[Group]:
        """Return the items in groups; one that is in several groups is in each of them."""
        found: dict[tuple[str, str], list[Item]] = {}
        for item in self.items:
            for key in _groups(item, self.selection):
                found.setdefault(key, []).append(item)
        order = sorted(found, key=lambda key: (not key[0][:1].isdigit() and not key[1], key[0]))
        return [Group(*key, found[key], self._span(found[key])) for key in order]

    def _span(self, items: Sequence[Item]) -> tuple[int, int]:
        """Return the years of a group: in the history its decade, else those of all items."""
        years = [year for item in items for year in item.years]
        if self.selection.scale == "plan" or self.selection.year or not years:
            return self.span
        first = min(years) // _DECADE * _DECADE
        return first, max(first + _DECADE - 1, *years)

    def in_year(self, year: int) -> list[Item]:
        """Return the items that may be in ``year``, those of which it is stated first."""
        found = [item for item in self.items if year in item.years]
        return sorted(found, key=lambda item: not item.years[year])


def timeline(selection: Selection) -> Lookup[Timeline]:
    """Return the timeline that ``selection`` asks for; raises UnknownNameError.

    Its ``years`` are empty if the dataset has nothing of that scale.
    """
    check(selection)
    whole = yield from load(selection.scale)
    return select(whole, selection)


def check(selection: Selection) -> None:
    """Raise UnknownNameError if there is no such scale or no such grouping."""
    check_name("scale", selection.scale, SCALES)
    check_name("group", selection.group, GROUPS)


def load(scale: str) -> Lookup[Timeline]:
    """Return the timeline of all items of one of `SCALES`."""
    rows = {}
    for part in _PARTS:
        rows[part] = yield Ask(_QUERIES / scale / f"{part}.rq")
    items = _items(rows)
    names = _header(scale, "items")
    return Timeline(
        selection=Selection(scale),
        one=names["one"],
        many=names["many"],
        items=items,
        years=[_year(year, items) for year in _span(rows["items"], items)],
        issued=sorted({s.issued for item in items for s in item.sources if s.issued}),
        countries=_choices(rows["countries"], "country"),
        areas=_choices(rows["areas"], "area"),
        filters={},
    )


def select(whole: Timeline, selection: Selection) -> Timeline:
    """Return what ``selection`` leaves of the ``whole`` of its scale; raises UnknownNameError."""
    countries, areas, years = whole.countries, whole.areas, whole.years
    check_name("country", selection.country, [one.code for one in countries], optional=True)
    check_name("area", selection.area, [one.code for one in areas], optional=True)
    check_name("plan", selection.plan, whole.plans, optional=True)
    if selection.year and selection.year not in (str(year.year) for year in years):
        chosen = (
            f"choose one from {years[0].year} to {years[-1].year}" if years else "there is none"
        )
        raise UnknownNameError(f"'{selection.year}' is no year of this timeline; {chosen}")
    kept = [item for item in whole.items if _is_selected(item, selection)]
    return replace(
        whole,
        selection=selection,
        items=_in_year(kept, int(selection.year)) if selection.year else kept,
        years=[_year(year.year, kept) for year in years],
        filters=dict(_filters(selection, countries, areas)),
    )


def _is_selected(item: Item, selection: Selection) -> bool:
    """Return whether an item has the plan, the country and the area of a selection."""
    return selection.plan in ("", item.plan) and all(
        not code or code in (choice.code for choice in choices)
        for code, choices in ((selection.country, item.countries), (selection.area, item.areas))
    )


def _in_year(items: Iterable[Item], year: int) -> list[Item]:
    """Return the items that may be in ``year``, with their times that touch it."""
    return [
        replace(item, times=[time for time in item.times if time.touches(year)])
        for item in items
        if year in item.years
    ]


def _year(year: int, items: Iterable[Item]) -> Year:
    found = [item.years[year] for item in items if year in item.years]
    return Year(year, sum(found), len(found) - sum(found))


def _span(rows: Rows, items: Iterable[Item]) -> Sequence[int]:
    """Return the years of the plans and of the items, and those between."""
    plans = {whole(row.get(end, "")) for row in rows for end in ("first", "last")} - {0}
    years = plans.union(*(item.years for item in items))
    if not years or max(years) - min(years) > _MOST_YEARS:
        return sorted(years)
    return range(min(years), max(years) + 1)


def _filters(
    selection: Selection, countries: Iterable[Choice], areas: Iterable[Choice]
) -> Iterable[tuple[str, str]]:
    """Yield the parameters that are selected, and words for each."""
    if selection.plan:
        yield "plan", f"of the {selection.plan}"
    for name, part, choices in (("country", "countries", countries), ("area", "areas", areas)):
        for choice in choices:
            if choice.code == getattr(selection, name):
                form = _header(selection.scale, part)["filter"]
                yield name, form.format(code=choice.code, label=choice.label)
    if selection.year:
        yield "year", f"in {selection.year}"


def _groups(item: Item, selection: Selection) -> list[tuple[str, str]]:
    """Return the labels and IRIs of the groups of an item: its decade, countries or areas.

    Where there are areas of two kinds, those of the first kind that the item has are taken.
    """
    if selection.scale != "plan":
        return [
            (f"{min(item.years) // _DECADE * _DECADE}s" if item.years else "time not stated", "")
        ]
    by_area = selection.group == "area"
    choices = item.areas if by_area else item.countries
    code = selection.area if by_area else selection.country
    kept = [c for c in choices if (c.code == code if code else c.kind == choices[0].kind)]
    return [(c.label, c.iri) for c in kept] or [(f"{selection.group} not stated", "")]


def _items(rows: Mapping[str, Rows]) -> list[Item]:
    """Return the items by their first time, those without a time at the end."""
    parts = {part: grouped(rows[part], "item") for part in _PARTS}
    counts = {part: Counter(row["code"] for row in rows[part]) for part in ("countries", "areas")}

    def of(part: str, iri: str) -> Rows:
        return parts[part].get(iri, [])

    found = []
    for iri, (row, *_) in parts["items"].items():
        years = {
            whole(year["year"]): year["stated"] == "true"
            for year in of("years", iri)
            if whole(year["year"])
        }
        item = Item(
            iri=iri,
            kind=row["kind"],
            number=row.get("number", ""),
            label=row["label"],
            plan=row.get("plan", ""),
            status=row.get("status") or "not stated",
            times=[_stated(own, years) for own in grouped(of("times", iri), "time").values()],
            years=years,
            countries=_of_item(of("countries", iri), "country", counts["countries"]),
            areas=_of_item(of("areas", iri), "area", counts["areas"]),
            sources=[_source(source) for source in of("sources", iri)],
        )
        found.append(item)
    return sorted(found, key=_order)


def _order(item: Item) -> tuple[object, ...]:
    starts = [mark.start for time in item.times for mark in time.marks]
    return (min(starts, default=float("inf")), natural(item.number), item.label)


def _stated(rows: Rows, years: Mapping[int, bool]) -> Stated:
    """Return a time from a row for each of its places."""
    row = rows[0]
    is_done = row.get("done") == "true"
    words = row.get("printed") or in_words(row["edtf"])
    return Stated(
        iri=row["time"],
        edtf=row["edtf"],
        words=" ".join(words.split()),
        precision=row["precision"],
        status=row.get("status", ""),
        is_done=is_done,
        note=row.get("note", ""),
        places=list(dict.fromkeys(place["place"] for place in rows if place["place"])),
        marks=_marks(row, years, is_done),
    )


def _marks(row: Row, years: Mapping[int, bool], is_done: bool) -> list[Time]:
    """Return the span of a time, or those of a recurrence: the months of each year if stated."""
    if row["edtf"] or "from" not in row:
        mark = read_edtf(row["edtf"])
        return [replace(mark, is_done=is_done)] if mark else []
    first, last = whole(row["from"], 1), whole(row["to"], 12)
    return [Time("yearly", year + (first - 1) / 12, year + last / 12) for year in years]


def _source(row: Row) -> Source:
    number = local_name(row["source"])
    return Source(row["source"], number, row["label"], row["reliability"], row.get("issued", ""))


def _choices(rows: Rows, iri: str) -> list[Choice]:
    """Return each country or area once, with the number of its items."""
    counts = Counter(row["code"] for row in rows if row["item"])
    return _of_item(rows, iri, counts)


def _of_item(rows: Rows, iri: str, counts: Mapping[str, int]) -> list[Choice]:
    found = {
        row[iri]: Choice(
            row["code"], row["label"], row[iri], row.get("kind", iri), counts[row["code"]]
        )
        for row in rows
    }
    return list(found.values())


@cache
def _header(scale: str, part: str) -> dict[str, Any]:
    return query_files.read(_QUERIES / scale / f"{part}.rq")[1]
