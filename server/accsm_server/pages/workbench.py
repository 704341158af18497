"""The workbench at /query: its page, and what its editor knows of the dataset."""

import logging
from asyncio import to_thread
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Query
from starlette.responses import Response

from accsm_kg.completion import model
from accsm_kg.completion.model import Naming, Read
from accsm_kg.rdf.terms import expand, is_iri
from accsm_kg.search.index import Hit
from accsm_server.errors import DeadlineExceeded, NotSupported, OutOfMemory
from accsm_server.http.headers import FOREVER, REVALIDATE
from accsm_server.http.negotiation import JSON
from accsm_server.pages import in_browser, openapi, render, static_files
from accsm_server.pages.parameters import ServedSite
from accsm_server.pages.queries import Site, load_texts, look_up
from accsm_server.pages.questions import stored
from accsm_server.pages.search import load_index
from accsm_server.pages.terms import graph_path

#: The script of the editor, which is built with Node.js.
BUNDLE = "workbench.js"
_MOST_BYTES = 256 << 20  # of an answer about the whole dataset
_MOST_FOUND = 50  # things that are found for what is typed
_DATA = openapi.offered(JSON)

_log = logging.getLogger(__name__)

router = openapi.create_router("pages")

Version = Annotated[str, Query(description="The version of the data: they can be kept forever")]


@router.get(
    "/query", summary="The workbench: a form for a query", responses=openapi.offered("text/html")
)
async def workbench(
    site: ServedSite,
    query: Annotated[str, Query(description="A query to begin with, which is not run")] = "",
) -> Response:
    """Return the page with a query, or the sample query, which is run by /sparql."""
    return await page(site, query)


async def page(site: Site, query: str = "") -> Response:
    """Return the page of the workbench with a query that is not run."""
    await site.prepare()
    text = query or sample(site)
    return render.page(site, "sparql.html", here="/query", query=text, shown=None, **context(site))


def sample(site: Site) -> str:
    """Return the sample query."""
    profile, prefixes = site.profile.sparql, site.prefixes
    lines = [f"PREFIX {name}: <{prefixes[name]}>" for name in profile.declared]
    return "\n".join(lines) + "\n\n" + profile.sample


def context(site: Site) -> dict[str, Any]:
    """Return what the form of a query needs: the script, if it was built, and its addresses."""
    if site.is_static:
        return in_browser.context(site, BUNDLE)
    version = _version(site)
    return {
        "bundle": BUNDLE if static_files.has(BUNDLE) else "",
        "data": {
            "terms": f"{site.root}/query/terms.json?v={version}",
            "things": f"{site.root}/query/things.json?v={version}",
            "complete": f"{site.root}/query/complete",
            "check": f"{site.root}/query/check",
            "questions": f"{site.root}/questions?format=json",
        },
    }


def _version(site: Site) -> str:
    return site.served.tag("completion")[:16]


@router.get(
    "/query/terms.json", summary="Terms for completion: how the data use them", responses=_DATA
)
async def terms(site: ServedSite, v: Version = "") -> Response:
    """Return the classes, properties, prefixes and graphs of the dataset."""
    return _json(site, await site.load(_dump_terms), v)


@router.get("/query/things.json", summary="Things for completion", responses=_DATA)
async def things(site: ServedSite, v: Version = "") -> Response:
    """Return the things of the dataset with their names, or that there are too many of them."""
    return _json(site, await site.load(_dump_things), v)


@router.get("/query/complete", summary="Things of a large dataset for completion", responses=_DATA)
async def complete(
    site: ServedSite,
    q: Annotated[str, Query(description="The beginning of a name, code or label")] = "",
    class_: Annotated[
        list[str] | None, Query(alias="class", description="Only things of one of these classes")
    ] = None,
) -> Response:
    """Return things that are probably meant by what is typed, of some classes."""
    named = (expand(name.strip("<>"), site.prefixes) for name in class_ or ())
    classes = list(filter(is_iri, named))
    return _json(site, model.dumped(await _find(site, q[:100], classes)), "")


def _json(site: Site, body: bytes, version: str) -> Response:
    lasting = FOREVER if version == _version(site) else REVALIDATE
    return Response(body, media_type=JSON.media_type, headers={"Cache-Control": lasting})


def _naming(site: Site) -> Naming:
    return Naming(site.prefixes, site.base)


async def _read(site: Site) -> Read:
    try:
        return (await look_up(site, model.read(), _MOST_BYTES))[0]
    except (DeadlineExceeded, OutOfMemory) as error:
        _log.warning("The editor does not know what has which property: %s", error)
        return (await look_up(site, model.read_counts(), _MOST_BYTES))[0]


async def load_terms(site: Site) -> dict[str, Any]:
    """Return the terms of the dataset and how the data use them: use `Site.load`."""
    found = await site.load(_read)
    questions = [question.text for question in await stored(site)]
    graphs = {row["graph"] for row in found.graphs}
    labels: Mapping[str, str] = await load_texts(site, "labels", model.values(found))
    titles = {iri: title.title for iri in graphs if (title := _title(site, iri))}
    resource = site.profile.resource

    def is_last(iri: str) -> bool:
        patterns = resource.last, resource.printed, resource.records
        return any(pattern.fullmatch(iri) for pattern in patterns)

    return model.terms(found, _naming(site), {**labels, **titles}, questions, is_last)


async def _dump_terms(site: Site) -> bytes:
    return await to_thread(model.dumped, await site.load(load_terms))


def _title(site: Site, graph: str) -> Any:
    return site.profile.graphs.get(graph_path(graph, site.base))


async def load_things(site: Site) -> dict[str, Any]:
    """Return the things of the dataset, or that there are too many: use `Site.load`."""
    if model.is_large(await site.load(_read)):
        return {**model.listed((), _naming(site)), "more": True}
    (classes, names), _ = await look_up(site, model.names(), _MOST_BYTES)
    return await to_thread(model.things_of, classes, names, _naming(site))


async def _dump_things(site: Site) -> bytes:
    return await to_thread(model.dumped, await site.load(load_things))


async def _find(site: Site, text: str, classes: list[str]) -> dict[str, Any]:
    """Return things by the search index, or some of a class if nothing is typed."""
    hits = await _hits(site, text) if text else {}
    iris = list(hits)
    if not text and classes:
        iris = [row["thing"] for row in (await look_up(site, model.members(classes[0])))[0]]
    own: dict[str, list[str]] = {iri: [] for iri in iris}
    for row in (await look_up(site, model.classes_of(iris)))[0] if iris else ():
        own[row["thing"]].append(row["class"])
    labels = await load_texts(site, "labels", iris)
    found = (
        (
            iri,
            labels.get(iri, ""),
            [hits[iri].code] if iri in hits and hits[iri].code else [],
            own[iri],
        )
        for iri in iris
        if not classes or not set(classes).isdisjoint(own[iri])
    )
    return model.listed(found, _naming(site))


async def _hits(site: Site, text: str) -> dict[str, Hit]:
    """Return what the search finds for ``text``, by IRI; nothing without full-text search."""
    try:
        index, _ = await site.load(load_index)
    except NotSupported:
        return {}
    suggested = await to_thread(index.suggest, text)
    found = await to_thread(lambda: index.hits(index.search(text), 0, _MOST_FOUND))
    return {hit.iri: hit for hit in (*suggested, *found) if hit.kind not in model.APART}
