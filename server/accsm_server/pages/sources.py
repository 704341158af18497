"""A source: the map of its lines, and the passages of a window of lines with what they support."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.responses import Response

from accsm_kg.lookups import Ask, Lookup, Rows, grouped, whole
from accsm_kg.pictures import lines as pictures
from accsm_kg.pictures import svg
from accsm_server.errors import BadRequest, NotFound
from accsm_server.http.negotiation import CSV, JSON, SVG
from accsm_server.pages import openapi
from accsm_server.pages.addresses import at_line, with_query
from accsm_server.pages.lists import Choice, written
from accsm_server.pages.parameters import ServedSite, of_suffix, page_number
from accsm_server.pages.queries import Site, look_up
from accsm_server.pages.render import NEGOTIATED, inline
from accsm_server.pages.resource import Description
from accsm_server.pages.terms import Labels, TermView, load_labels, short_name

QUERIES = Path(__file__).parent / "sources"
_FILES = (CSV, JSON, SVG)
_MOST_PARTS = 400
_LAST = 999_999  # line
_LINES = 50  # of a window
_PAGE = 20  # passages
_BATCH = 1000  # passages of which details are asked for
_MOST = 5  # things for which a passage is evidence, and properties of each

router = openapi.create_router("pages")


@dataclass(frozen=True)
class Span:
    """Lines that are the place of passages: how many, and how many of them quoted.

    ``properties`` has the number of those that support a property, by its IRI.
    """

    start: int
    end: int
    passages: int
    quoted: int
    properties: Mapping[str, int]
    has_issues: bool

    def supporting(self, property: str) -> int:
        """Return how many passages support a property, or how many there are for no property."""
        return self.properties.get(property, 0) if property else self.passages


@dataclass(frozen=True)
class Source:
    """The places of the passages of a source in their order, and the labels of what they support.

    ``asked`` are the queries.
    """

    iri: str
    lines: int
    spans: Sequence[Span]
    labels: Mapping[str, str]
    asked: Sequence[Ask]

    @cached_property
    def marks(self) -> pictures.Marks:
        """Return the lines that are cited, quoted, and in which an issue lies."""
        return pictures.Marks(
            self.lines,
            pictures.Lines((one.start, one.end) for one in self.spans),
            pictures.Lines((one.start, one.end) for one in self.spans if one.quoted),
            pictures.Lines((one.start, one.end) for one in self.spans if one.has_issues),
        )

    @cached_property
    def parts(self) -> Rows:
        """Return the parts of `_LINES` lines, with their numbers of lines and passages.

        Of more than `_MOST_PARTS`, those without a passage are left out.
        """
        firsts = range(1, self.lines + 1, _LINES)
        ends = [min(first + _LINES - 1, self.lines) for first in firsts]
        starting: dict[int, int] = defaultdict(int)
        for one in self.spans:
            starting[(one.start - 1) // _LINES] += one.passages
        parts = [
            {
                "from": str(first),
                "to": str(last),
                "passages": str(starting[first // _LINES]),
                **dict(zip(("lines_cited", "lines_quoted", "lines_with_an_issue"),
                           map(str, self.marks.count(first, last)), strict=True)),
            }
            for first, last in zip(firsts, ends, strict=True)
        ]  # fmt: skip
        if len(parts) <= _MOST_PARTS:
            return parts
        return [part for part in parts if part["passages"] != "0"]

    def spans_of(self, first: int, last: int) -> list[Span]:
        """Return the places that share a line with a part of the source."""
        return [one for one in self.spans if one.start <= last and one.end >= first]


@dataclass(frozen=True)
class Passage:
    """The lines of a passage, and the IRIs of the properties that it supports."""

    iri: str
    start: int
    end: int
    properties: Sequence[str]


@dataclass(frozen=True)
class Use:
    """A thing for which a passage is evidence, with the properties that it supports."""

    thing: TermView
    properties: Sequence[TermView]
    rest: int
    """The number of other properties."""


@dataclass(frozen=True)
class Entry:
    """A passage as a page shows it."""

    passage: Passage
    shown: TermView
    place: str
    words: str
    issues: int
    uses: Sequence[Use]
    rest: int
    """The number of other things for which it is evidence."""
    anchor: str
    """The anchor of its line, if it is the first passage in it."""
    permalink: str


@dataclass(frozen=True)
class Window:
    """What is asked for: lines, the IRI of a property or no filter, and a page from 1."""

    first: int
    last: int
    about: str
    page: int

    def query(self, **changes: str) -> str:
        """Return the query string with other values; those that are empty are left out."""
        given = {"from": str(self.first), "to": str(self.last), "about": self.about, **changes}
        return urlencode({name: value for name, value in given.items() if value})


async def window_of_line(site: Site, iri: str, given: Mapping[str, str]) -> str:
    """Return the query string of the window and its page that have the `line` of parameters."""
    source, window = await site.load(load, iri), read(given)
    chosen = source.spans_of(window.first, window.last)
    page = _page_of(_line("line", given["line"]), window, chosen)
    return window.query(**({"page": str(page)} if page > 1 else {}))


def _page_of(line: int, window: Window, chosen: Sequence[Span]) -> int:
    """Return the page of the passages of a line in the window with the places ``chosen``."""
    count = sum(one.supporting(window.about) for one in chosen)
    before = sum(one.supporting(window.about) for one in chosen if one.start < line)
    return min(before, max(count - 1, 0)) // _PAGE + 1


async def content(
    site: Site, shown: Description, given: Mapping[str, str]
) -> tuple[dict[str, Any], Sequence[Ask]]:
    """Return what the template of a source shows beside its description, and the queries."""
    source = await site.load(load, shown.iri)
    window = read(given)
    line = _line("line", given["line"]) if given.get("line") else 0
    address = (await load_labels(site, [])).place(shown.iri)
    chosen = source.spans_of(window.first, window.last)
    count = sum(one.supporting(window.about) for one in chosen)
    if line:  # of which the page is asked for
        window = replace(window, page=_page_of(line, window, chosen))
    first = (window.page - 1) * _PAGE
    if first and first >= count:
        raise NotFound("No such page", f"These lines have no page {window.page} of passages.")
    entries, asked = await _entries(site, source, window, address)
    more = window.query(page=str(window.page + 1)) if first + _PAGE < count else ""
    return {
        "source": source,
        "window": window,
        "address": address,
        "picture": await site.load_links(_picture, shown.iri),
        "legend": [(inline(pictures.symbol(kind)), text) for kind, text in _KINDS.items()],
        "entries": entries,
        "first": first + 1,
        "count": count,
        "facets": _facets(source, window, chosen, address),
        "chosen": window.about and source.labels.get(window.about, window.about),
        "whole": with_query(address, window.query(about="")),
        "next": more and with_query(address, more),
        "around": _around(source, window, address),
        "files": f"{site.root}{_here(site, shown.iri)}",
    }, [*source.asked, *asked]


_KINDS = {
    "quoted": "a line that is quoted",
    "cited": "a line from which facts are taken in our own words",
    "flagged": "an issue lies in it",
}


async def load(site: Site, iri: str) -> Source:
    """Return the places of the passages of a source: use `Site.load`."""
    (found, total), asked = await look_up(site, _ask(iri))
    places, issues, properties = found
    supported: dict[tuple[int, int], dict[str, int]] = defaultdict(dict)
    for row in properties:
        supported[_place(row)][row["property"]] = whole(row["passages"])
    flagged = {*map(_place, issues)}
    spans = [
        Span(
            *place, whole(row["passages"]), whole(row["quoted"]), supported[place], place in flagged
        )
        for row in places
        for place in [_place(row)]
    ]
    last = max((one.end for one in spans), default=0)
    names = {row["property"] for row in properties}
    labels = await load_labels(site, [], *names)
    texts = {name: labels.iri(name).text for name in names}
    return Source(iri, max(total, last), spans, texts, asked)


def _place(row: Mapping[str, str]) -> tuple[int, int]:
    """Return the first and the last line of a passage."""
    start = _number(row["start"])
    return start, max(_number(row["end"]), start)


def _number(text: str) -> int:
    """Return the number of a line of a source, 0 if a value is none."""
    return min(max(whole(text), 0), _LAST)


def _ask(iri: str) -> Lookup[tuple[tuple[Rows, Rows, Rows], int]]:
    size = yield Ask(QUERIES / "size.rq", iri)
    places = yield Ask(QUERIES / "lines.rq", iri)
    issues = yield Ask(QUERIES / "issues.rq", iri)
    properties = yield Ask(QUERIES / "properties.rq", iri)
    total = max((_number(row["lines"]) for row in size), default=0)
    return (places, issues, properties), total


def read(given: Mapping[str, str]) -> Window:
    """Return the window that parameters ask for, or that has their line; raises BadRequest."""
    line = _line("line", given.get("line") or "1")
    first = _line("from", given.get("from") or str(line - (line - 1) % _LINES))
    last = _line("to", given.get("to") or str(first + _LINES - 1))
    if last < first:
        raise BadRequest("Invalid lines", f"The lines {first} to {last} are none: exchange them.")
    last = min(last, first + _LINES - 1)
    return Window(first, last, given.get("about", ""), page_number(given.get("page") or "1"))


def _line(name: str, text: str) -> int:
    if text.isascii() and text.isdigit() and 0 < whole(text) <= _LAST:
        return whole(text)
    raise BadRequest("Invalid line", f"{name}={text!r}: write a whole number from 1 to {_LAST}.")


async def _picture(site: Site, iri: str) -> Markup:
    source = await site.load(load, iri)
    return inline(_drawing(source, (await load_labels(site, [])).place(iri)))


def _drawing(source: Source, address: str) -> Any:
    return pictures.draw(
        source.marks, lambda first, last: with_query(address, f"from={first}&to={last}#passages")
    )


async def _entries(
    site: Site, source: Source, window: Window, address: str
) -> tuple[list[Entry], list[Ask]]:
    """Return the passages of a page of a window, and the queries."""
    spans, first = source.spans_of(window.first, window.last), (window.page - 1) * _PAGE
    places, counted, left_out = list[tuple[int, int]](), 0, 0
    for _, same in groupby(spans, key=lambda one: one.start):
        of_start = [*same]
        count = sum(one.supporting(window.about) for one in of_start)
        if counted + count <= first:
            left_out += count
        elif counted < first + _PAGE:
            places += [(one.start, one.end) for one in of_start]
        counted += count
    found, (asked,) = await look_up(site, _ask_passages(source.iri, places))
    kept = [one for one in found if not window.about or window.about in one.properties]
    passages = kept[first - left_out :][:_PAGE]
    if not passages:
        return [], [asked]
    (details, uses), others = await look_up(site, _ask_details([one.iri for one in passages]))
    by_iri = {row["passage"]: row for row in details}
    iris = {row[name] for row in uses for name in ("thing", "property") if row[name]}
    labels = await load_labels(site, [], *iris, *by_iri)
    of = {iri: [*rows] for iri, rows in groupby(uses, key=lambda row: row["passage"])}
    entries, anchors = [], set[int]()
    for one in passages:
        row = by_iri.get(one.iri, {})
        used = _uses(of.get(one.iri, []), labels)
        entries.append(
            Entry(
                one,
                labels.iri(one.iri),
                row.get("place", ""),
                row.get("words", ""),
                whole(row.get("issues", "")),
                used[:_MOST],
                len(used) - _MOST,
                "" if one.start in anchors else f"L{one.start}",
                at_line(address, one.start),
            )
        )
        anchors.add(one.start)
    return entries, [asked, *others]


def _ask_passages(iri: str, places: Sequence[tuple[int, int]]) -> Lookup[list[Passage]]:
    """Return the passages of a source that have one of the ``places``, in their order."""
    starts, wanted = dict.fromkeys((start,) for start, _ in places), {*places}
    rows = yield Ask(QUERIES / "window.rq", iri, tuple(starts))
    return [
        Passage(passage, *place, [row["property"] for row in found if row["property"]])
        for passage, found in grouped(rows, "passage").items()
        if (place := _place(found[0])) in wanted
    ]


def _ask_details(iris: Sequence[str]) -> Lookup[tuple[Rows, Rows]]:
    details = yield from _ask_words(iris)
    uses = yield Ask(QUERIES / "uses.rq", tuple(iris))
    return details, uses


def _ask_words(iris: Sequence[str]) -> Lookup[Rows]:
    return (yield Ask(QUERIES / "passages.rq", tuple(iris)))


def _uses(rows: Rows, labels: Labels) -> list[Use]:
    """Return the things that a passage supports, each with its properties."""
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["thing"], []).extend(filter(None, [row["property"]]))
    return [
        Use(labels.iri(thing), [*map(labels.iri, properties[:_MOST])], len(properties) - _MOST)
        for thing, properties in found.items()
    ]


def _facets(
    source: Source, window: Window, chosen: Sequence[Span], address: str
) -> list[tuple[str, list[Choice]]]:
    """Return the properties that passages of the window support, each with their number."""
    counts: dict[str, int] = defaultdict(int)
    for one in chosen:
        for property, count in one.properties.items():
            counts[property] += count
    by_label = sorted(counts, key=lambda iri: source.labels[iri])
    values = [
        Choice(
            source.labels[iri],
            with_query(address, window.query(about="" if iri == window.about else iri)),
            counts[iri],
            iri == window.about,
        )
        for iri in by_label
    ]
    return [("What they support", values)]


def _around(source: Source, window: Window, address: str) -> list[Choice]:
    """Return links to all parts of the source."""
    return [
        Choice(
            f"{part['from']} to {part['to']}",
            with_query(address, urlencode({"from": part["from"], "to": part["to"]})) + "#passages",
            int(part["passages"]),
            int(part["from"]) <= window.first <= int(part["to"]),
        )
        for part in source.parts
    ]


def _here(site: Site, iri: str) -> str:
    """Return the path of the files of a source, without their names."""
    return f"/sources/{iri.removeprefix(f'{site.base}id/source/')}"


@router.get(
    "/sources/{key:path}/{name}.{suffix}",
    summary="The map of the lines of a source, or its passages",
    responses=openapi.offered(*_FILES),
)
async def file(site: ServedSite, key: str, name: str, suffix: str) -> Response:
    """Return `lines` as CSV, JSON or SVG, or all `passages` of a source as CSV or JSON."""
    iri = f"{site.base}id/source/{key}"
    if iri not in site.contents.reliability or name not in ("lines", "passages"):
        raise NotFound("No such file", "A source has the files lines and passages.")
    format = of_suffix(suffix, _FILES if name == "lines" else _FILES[:2], f"The file {name}")
    source = await site.load(load, iri)
    if format is SVG:
        address = site.base + (await load_labels(site, [])).place(iri).removeprefix(site.root + "/")
        body: str | bytes = svg.standalone(_drawing(source, address), f"The lines of source {key}")
        return Response(body, media_type=format.content_type, headers=NEGOTIATED)
    rows = source.parts if name == "lines" else await _all(site, source)
    return written(rows, format)


async def _all(site: Site, source: Source) -> Rows:
    """Return a row for each passage of a source."""
    found = []
    for places in _batches(source.spans):
        passages, _ = await look_up(site, _ask_passages(source.iri, places))
        for first in range(0, len(passages), _BATCH):
            found += await _rows_of(site, passages[first : first + _BATCH])
    return found


async def _rows_of(site: Site, passages: Sequence[Passage]) -> Rows:
    details, _ = await look_up(site, _ask_words([one.iri for one in passages]))
    by_iri = {row["passage"]: row for row in details}
    return [
        {
            "passage": one.iri,
            "line_start": str(one.start),
            "line_end": str(one.end),
            "place": row.get("place", ""),
            "words": row.get("words", ""),
            "supports": " | ".join(short_name(iri, site) for iri in sorted(one.properties)),
            "issues": row.get("issues", "0"),
        }
        for one in passages
        for row in [by_iri.get(one.iri, {})]
    ]


def _batches(spans: Sequence[Span]) -> Iterator[list[tuple[int, int]]]:
    """Yield the places in parts of about a thousand passages; a first line is in one part."""
    part, size = list[tuple[int, int]](), 0
    for _, of_start in groupby(spans, key=lambda one: one.start):
        for one in of_start:
            part.append((one.start, one.end))
            size += one.passages
        if size >= _BATCH:
            yield part
            part, size = [], 0
    if part:
        yield part
