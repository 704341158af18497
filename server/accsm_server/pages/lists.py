"""Lists of things with facets, sorting and pages, as page, CSV, JSON and Turtle.

The query lists/NAME.rq has a row for each thing, in ?thing; a column X with X_text shows that text.
A column named date has times in EDTF, which a page shows in words.
Of ?stated_by, which has the IRIs of named graphs with spaces between them, it shows the badges.
lists/NAME-facets.rq has the values of the facets: ?thing, ?facet and ?value, a text.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from accsm_kg.lookups import Ask, Lookup, Row, Rows
from accsm_kg.rdf.edtf import in_words
from accsm_kg.rdf.terms import natural
from accsm_kg.terminal import delimited
from accsm_server.engine.interface import WHOLE_BYTES
from accsm_server.errors import BadRequest, NotFound
from accsm_server.http.negotiation import CSV, FORMAT_NAMES, HTML, JSON, TURTLE, Format, alternates
from accsm_server.pages import answers, openapi, render
from accsm_server.pages.addresses import with_query
from accsm_server.pages.parameters import QueryParameters, ServedSite, negotiated, page_number
from accsm_server.pages.profile import ListProfile, list_paths
from accsm_server.pages.queries import Site, look_up
from accsm_server.pages.terms import Labels, TermView

_FOLDER = Path(__file__).parent / "lists"
_FORMATS = (HTML, CSV, JSON, TURTLE)
_GRAPHS = "stated_by"
_LONGEST = 1000  # characters of a value, which links to other formats repeat
_PAGE = 50  # things
_OTHERS = ("sort", "page", *FORMAT_NAMES)

router = openapi.create_router("pages")

#: The things with each value of each facet.
Facets = Mapping[str, Mapping[str, frozenset[str]]]


@dataclass(frozen=True)
class Choice:
    """A link that chooses what a page shows, or no longer does if that is ``chosen``.

    ``count`` things have the value of a facet that it adds or removes.
    """

    text: str
    href: str
    count: int = 0
    chosen: bool = False


@dataclass(frozen=True)
class _Asked:
    """A list as it is asked for: the values of facets by name, the column to sort by, the page."""

    path: str
    profile: ListProfile
    values: Mapping[str, str]
    sort: str
    page: int

    def url(self, site: Site, **changes: str) -> str:
        """Return the address with other values; those that are empty are left out."""
        given = {**self.values, "sort": self.sort, **changes}
        kept = {name: value for name, value in given.items() if value}
        return site.root + with_query(self.path, urlencode(kept))


async def _path(request: Request) -> str:
    return str(request.scope["route"].path)


async def show(
    site: ServedSite,
    path: Annotated[str, Depends(_path)],
    query: QueryParameters,
    format: Annotated[Format, negotiated(*_FORMATS)],
) -> Response:
    """Return a list: the things with the values of facets in the query string."""
    profile = site.profile.lists[path]
    if not site.contents.classes.intersection(profile.classes):
        raise NotFound("The list is empty", f"This dataset has no {profile.many}.")
    asked = _read(path, profile, dict(query))
    (rows, facets), used = await site.load(load, path)
    rows = _sorted(_chosen(rows, facets, asked.values), asked)
    links = alternates(asked.url(site), _FORMATS, typed=True)
    if format is TURTLE:
        text = site.queries.text("listed", these=[row["thing"] for row in rows])
        return answers.send(site, text, format, links)
    if format is HTML:
        labels = Labels(site, await site.addresses(), _texts(rows))
        found = _page(labels, asked, rows, facets, used)
    else:
        found = written(rows, format)
    found.headers["Link"] = links
    return found


for _route in list_paths():
    router.add_api_route(
        _route,
        show,
        summary=f"The list {_route}",
        responses=openapi.offered(*_FORMATS),
    )


async def load(site: Site, path: str) -> tuple[tuple[Rows, Facets], list[Ask]]:
    """Return the rows and facets of the list at ``path``, and its queries: use `Site.load`."""
    return await look_up(site, _ask(path.strip("/")), WHOLE_BYTES)


def _ask(name: str) -> Lookup[tuple[Rows, Facets]]:
    rows = yield Ask(_FOLDER / f"{name}.rq")
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in (yield Ask(_FOLDER / f"{name}-facets.rq")):
        found[row["facet"]][row["value"]].add(row["thing"])
    facets = {
        facet: {value: frozenset(things) for value, things in values.items()}
        for facet, values in found.items()
    }
    return rows, facets


def _read(path: str, profile: ListProfile, given: dict[str, str]) -> _Asked:
    """Return what the parameters ask for; raises BadRequest for one that the list does not have."""
    unknown = [name for name in given if name not in (*profile.facets, *_OTHERS)]
    if unknown:
        known = ", ".join((*profile.facets, *_OTHERS))
        raise BadRequest("Invalid parameter", f"The list has no '{unknown[0]}'; it has: {known}.")
    values = {name: given[name] for name in profile.facets if given.get(name)}
    if any(len(value) > _LONGEST for value in values.values()):
        raise BadRequest("Invalid parameter", f"A value has at most {_LONGEST} characters.")
    return _Asked(path, profile, values, given.get("sort", ""), page_number(given.get("page", "1")))


def _chosen(rows: Rows, facets: Facets, values: Mapping[str, str]) -> Rows:
    """Return the rows of the things that have all the values."""
    kept = [facets.get(facet, {}).get(value, frozenset()) for facet, value in values.items()]
    return [row for row in rows if all(row["thing"] in things for things in kept)]


def _sorted(rows: Rows, asked: _Asked) -> Rows:
    """Return the rows by a column, downwards if its name has a minus; else as the query has them.

    Raises BadRequest for a column that does not exist.
    """
    column = asked.sort.removeprefix("-")
    if not column or not rows:
        return rows
    if column not in rows[0]:
        known = ", ".join(name for name in rows[0] if not name.endswith("_text"))
        raise BadRequest("Invalid sort", f"sort={asked.sort!r}: the columns are {known}.")
    shown = f"{column}_text" if f"{column}_text" in rows[0] else column
    return sorted(rows, key=lambda row: natural(row[shown]), reverse=asked.sort.startswith("-"))


def written(rows: Rows, format: Format) -> Response:
    """Return the rows as CSV or JSON."""
    text = (
        delimited(rows, "csv") if format is CSV else json.dumps(rows, ensure_ascii=False, indent=1)
    )
    return Response(text, media_type=format.content_type, headers=render.NEGOTIATED)


def _texts(rows: Rows) -> dict[str, str]:
    """Return the texts of the things in columns X that have a column X_text."""
    names = [name for name in (rows[0] if rows else ()) if f"{name}_text" in rows[0]]
    return {row[name]: row[f"{name}_text"] for row in rows for name in names}


def _page(labels: Labels, asked: _Asked, rows: Rows, facets: Facets, used: list[Ask]) -> Response:
    site = labels.site
    first = (asked.page - 1) * _PAGE
    if first and first >= len(rows):
        raise NotFound("The list is empty", f"The list has no page {asked.page}.")
    columns = [name for name in rows[0] if not name.endswith("_text")] if rows else []
    more = min(_PAGE, max(0, len(rows) - first - _PAGE))
    return render.view(
        site,
        "things.html",
        asked.path,
        asked.profile.title,
        used,
        profile=asked.profile,
        count=len(rows),
        chosen=[*_removable(site, asked)],
        unknown=[*_unknown(site, asked, facets)],
        values=[
            (title, _values(site, asked, rows, name, facets.get(name, {})))
            for name, title in asked.profile.facets.items()
        ],
        columns=[_heading(site, asked, name) for name in columns],
        rows=[
            [_cell(labels, name, row) for name in columns] for row in rows[first : first + _PAGE]
        ],
        everything=site.root + asked.path,
        related=[
            TermView(site.profile.lists[path].title, site.root + path)
            for path in asked.profile.related
            if site.contents.classes.intersection(site.profile.lists[path].classes)
        ],
        next=asked.url(site, page=str(asked.page + 1)),
        more=more,
        link=asked.url(site),
        offers=_FORMATS[1:],
    )


def _removable(site: Site, asked: _Asked) -> Iterator[Choice]:
    """Yield the chosen values, with links to the list without them."""
    for name, value in asked.values.items():
        yield Choice(f"{asked.profile.facets[name]}: {value}", asked.url(site, **{name: ""}))


def _unknown(
    site: Site, asked: _Asked, facets: Facets
) -> Iterator[tuple[str, str, Sequence[Choice]]]:
    """Yield the names of facets with values that nothing has, and the values that there are."""
    for name, value in asked.values.items():
        there = facets.get(name, {})
        if value not in there:
            choices = [
                Choice(one, asked.url(site, **{name: one}), len(there[one]))
                for one in sorted(there, key=natural)
            ]
            yield asked.profile.facets[name], value, choices


def _values(
    site: Site, asked: _Asked, rows: Rows, name: str, values: Mapping[str, frozenset[str]]
) -> Sequence[Choice]:
    """Return the values of a facet that things in the list have, each with their number."""
    things = {row["thing"] for row in rows}
    found = []
    for value in sorted(values, key=natural):
        count, chosen = len(things & values[value]), asked.values.get(name) == value
        if count or chosen:
            href = asked.url(site, **{name: "" if chosen else value})
            found.append(Choice(value, href, count, chosen))
    return found


def _heading(site: Site, asked: _Asked, name: str) -> Choice:
    """Return the head of a column, which sorts by it, and downwards if it is sorted by it."""
    down = asked.sort == name
    text = asked.profile.one if name == "thing" else name.replace("_", " ")
    return Choice(text, asked.url(site, sort=f"-{name}" if down else name), chosen=down)


def _cell(labels: Labels, column: str, row: Row) -> tuple[TermView, ...]:
    """Return what a cell shows: graphs, or one thing or text."""
    value = row[column]
    if column == _GRAPHS:
        return tuple(map(labels.graph, sorted(value.split())))
    if value.startswith(labels.site.base):
        return (labels.iri(value),)
    return (TermView(in_words(value) if column == "date" else value),)
