"""The search: a page of what is found, by kind and source, and suggestions while typing."""

import logging
from asyncio import Task, create_task, to_thread
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NamedTuple
from urllib.parse import quote, urlencode

from fastapi import Query
from starlette.responses import JSONResponse, Response

from accsm_kg.errors import MissingModuleError
from accsm_kg.lookups import Ask
from accsm_kg.search.index import Found, Hit, Index, pieces, unmarked
from accsm_kg.search.render import COLUMNS, as_json, as_rows, source
from accsm_kg.search.things import read
from accsm_kg.terminal import delimited
from accsm_server.errors import NotFound, NotSupported, ServerError
from accsm_server.http.negotiation import CSV, HTML, JSON, Format, alternates
from accsm_server.pages import in_browser, openapi, render
from accsm_server.pages.lists import Choice
from accsm_server.pages.parameters import PageNumber, ServedSite, negotiated
from accsm_server.pages.queries import Site, look_up
from accsm_server.pages.terms import Labels, TermView, plural, short_name

#: The file of the index in the folder of a store.
INDEX = "search.sqlite"
_OFFERS = (HTML, CSV, JSON)
_PAGE = 20  # results on a page
_MOST_BYTES = 256 << 20  # of an answer for the index, whose queries have limits of rows
_LONGEST = 400  # characters of a value in links

#: The script of a static copy.
SCRIPT = "search.js"

router = openapi.create_router("pages")
_log = logging.getLogger(__name__)
#: Tasks that make an index; the event loop itself keeps no task alive.
_warming: set[Task[None]] = set()


class Search(NamedTuple):
    """What is searched: words, and the kind and source that are chosen."""

    words: str
    kind: str = ""
    source: str = ""
    exact: bool = False

    def address(self, **others: str) -> str:
        """Return the path and query of the page with ``others`` for its parameters."""
        values = {"q": self.words, "kind": self.kind, "source": self.source}
        values = {**values, "exact": "1" if self.exact else "", **others}
        kept = {name: value[:_LONGEST] for name, value in values.items() if value}
        return f"/search?{urlencode(kept)}"


@dataclass(frozen=True)
class Result:
    """A thing that was found, as the page shows it; its label and text are in pieces."""

    hit: Hit
    href: str
    label: Sequence[tuple[str, bool]]
    text: Sequence[tuple[str, bool]]
    sources: tuple[TermView, ...]
    trace: str
    """The path of its trace, if what was sought is its name or code."""


async def load_index(site: Site) -> tuple[Index, list[Ask]]:
    """Return the index of the dataset, made in a thread, and its queries: use `Site.load`.

    Raises NotSupported without full-text search.
    """
    if site.kept and (site.kept / INDEX).exists():
        index = await to_thread(Index.open, site.kept / INDEX)
        site.opened.callback(index.close)
        return index, []
    return await make_index(site)


async def make_index(site: Site, path: Path | str = ":memory:") -> tuple[Index, list[Ask]]:
    """Return a new index of the dataset, in memory or in a file, and its queries."""
    rows, asked = await look_up(site, read(), _MOST_BYTES)
    try:
        return await to_thread(Index.make, rows, site.base, path), asked
    except MissingModuleError as error:
        raise NotSupported(detail=str(error)) from None


def warm(site: Site) -> None:
    """Begin to make the index, so that it is there when somebody searches."""
    task = create_task(_warm(site))
    _warming.add(task)
    task.add_done_callback(_warming.discard)


@router.get(
    "/search",
    summary="Search names, codes and texts",
    responses=openapi.offered(*_OFFERS),
)
async def search(
    site: ServedSite,
    format: Annotated[Format, negotiated(*_OFFERS)],
    q: Annotated[str, Query(description="Words, a code or a number")] = "",
    kind: Annotated[str, Query(description="Only things of this kind, such as project")] = "",
    source: Annotated[str, Query(description="Only things that this graph names")] = "",
    exact: Annotated[bool, Query(description="Do not mend words")] = False,
    page: PageNumber = 1,
) -> Response:
    """Return one page of what is found, or all of it as JSON or CSV."""
    index, asked = await site.load(load_index)
    graph = source if ":" in source or not source else f"{site.base}graph/{source}"
    found = await to_thread(index.search, q, kind, graph, exactly=exact)
    sought = Search(found.words, kind, source, exact)
    links = alternates(site.root + sought.address(), _OFFERS, typed=True)
    if format is not HTML:
        response = await _data(site, index, found, format)
    else:
        response = await _page(site, index, found, sought, page, asked)
    response.headers["Link"] = links
    return response


@router.get(
    "/search/suggest",
    summary="Suggestions for the beginning of a name or code",
    responses=openapi.offered(JSON),
)
async def suggest(
    site: ServedSite,
    q: Annotated[str, Query(description="The beginning of a name or code")] = "",
) -> Response:
    """Return at most eight things that are probably meant, with their label, kind and address."""
    found = await near(site, q, is_beginning=True)
    return JSONResponse(
        [{"label": one.text, "kind": one.note, "href": one.href} for one in found],
        headers={"Cache-Control": render.NEGOTIATED["Cache-Control"]},
    )


async def near(site: Site, text: str, *, is_beginning: bool = False) -> list[TermView]:
    """Return things that may be meant by ``text``, each with its kind as note.

    They are what is found for it, things that can be traced first, unless it is the beginning of a
    name.
    """
    try:
        index, _ = await site.load(load_index)
    except NotSupported:
        return []
    hits = await to_thread(index.suggest if is_beginning else index.nearest, text)
    addresses = await site.addresses()
    return [
        TermView(_named(hit), site.root + addresses.of(hit.iri), hit.iri, note=hit.kind)
        for hit in hits
    ]


async def _warm(site: Site) -> None:
    try:
        await site.load(load_index)
    except ServerError as error:
        _log.warning("The search is not ready: %s", error)


async def _data(site: Site, index: Index, found: Found, format: Format) -> Response:
    hits = await to_thread(index.hits, found)
    rows = as_rows(hits, lambda iri: short_name(iri, site), site.base)
    body = as_json(found, rows) if format is JSON else delimited(rows, "csv", COLUMNS)
    return Response(body, media_type=format.content_type, headers=render.NEGOTIATED)


async def _page(
    site: Site, index: Index, found: Found, sought: Search, page: int, asked: Sequence[Ask]
) -> Response:
    hits = await to_thread(index.hits, found, (page - 1) * _PAGE, page * _PAGE)
    if not hits and page > 1:
        raise NotFound("No such page", f"The search has no page {page}.")
    labels = Labels(site, await site.addresses(), {})
    facets = _facets(labels, found, sought)
    last = -(-len(found.ids) // _PAGE)
    return render.view(
        site,
        "search.html",
        "/search",
        f"Search: {sought.words[:60]}" if sought.words else "Search",
        asked,
        site.base + sought.address()[1:],
        found=found,
        note=pieces(found.note),
        results=[_result(hit, labels) for hit in hits],
        first=(page - 1) * _PAGE + 1,
        facets=facets,
        chosen=[choice for _, choices in facets for choice in choices if choice.chosen],
        everything=site.root + sought.address(kind="", source=""),
        exactly=site.root + sought.address(exact="1") if found.is_other else "",
        examples=[] if found.count else await to_thread(_examples, site, index),
        previous=site.root + sought.address(page=str(page - 1)) if page > 1 else "",
        next=site.root + sought.address(page=str(page + 1)) if page < last else "",
        offers=_OFFERS[1:],
        link=site.root + sought.address(),
        **(in_browser.context(site, SCRIPT) if site.is_static else {}),
    )


def _result(hit: Hit, labels: Labels) -> Result:
    site = labels.site
    return Result(
        hit,
        site.root + labels.addresses.of(hit.iri),
        pieces(hit.label),
        pieces(hit.text),
        tuple(map(labels.graph, hit.graphs)),
        f"/trace/{quote(hit.trace)}" if hit.is_exact and hit.trace else "",
    )


def _facets(labels: Labels, found: Found, sought: Search) -> list[tuple[str, list[Choice]]]:
    """Return the kinds and the sources of what was found, each as a link that chooses it."""
    names = {source(graph, labels.site.base): graph for graph in found.sources}
    sources = {name: found.sources[graph] for name, graph in names.items()}
    texts = {name: labels.graph(graph).text for name, graph in names.items()}
    root = labels.site.root
    return [
        ("Kind", _choices(root, sought, "kind", found.kinds, {})),
        ("Source", _choices(root, sought, "source", sources, texts)),
    ]


def _choices(
    root: str, sought: Search, name: str, counts: Mapping[str, int], texts: Mapping[str, str]
) -> list[Choice]:
    chosen = getattr(sought, name)
    values = {**({chosen: 0} if chosen else {}), **counts}
    return [
        Choice(
            texts.get(value) or plural(value, count),
            root + sought.address(**{name: "" if value == chosen else value}),
            count,
            value == chosen,
        )
        for value, count in values.items()
    ]


def _examples(site: Site, index: Index) -> list[str]:
    return [text for text in site.profile.examples if index.search(text, exactly=True).count]


def _named(hit: Hit) -> str:
    """Return the label of a thing, with its code if the label lacks it."""
    label = unmarked(hit.label)
    return label if hit.code in ("", *label.split()) else f"{hit.code} {label}"
