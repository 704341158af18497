"""The named graphs: each at its own address, and by its name (Graph Store HTTP Protocol)."""

from typing import Any

from starlette.responses import Response

from accsm_server.http import negotiation
from accsm_server.pages import openapi, render
from accsm_server.pages.documents import (
    OFFERED,
    OFFERS,
    iri_at,
    known,
    send_graph,
    split,
    with_links,
)
from accsm_server.pages.parameters import QueryParameters, ServedSite, WantedFormat
from accsm_server.pages.queries import Site, is_graph, rows
from accsm_server.pages.terms import graph_path, iri_of, load_names, text_of
from accsm_server.sparql import graph_store

router = openapi.create_router("linked data")


@router.get("/graph/{path:path}", summary="A named graph", responses=OFFERED)
async def named_graph(site: ServedSite, path: str, wanted: WantedFormat) -> Response:
    """Return a named graph as RDF, or the page about it."""
    iri = iri_at(site, "graph/" + path)
    if await is_graph(site, iri):  # also one whose name ends as a format does
        form = wanted.choose(OFFERS)
    else:
        path, form = split(path, wanted)
        iri = await known(site, "graph/" + path)
    here = "/graph/" + path
    if form is not negotiation.HTML:
        return send_graph(site, iri, form, here)
    shown = await _describe(site, iri)
    response = render.page(site, "graph.html", here=here, offers=OFFERS, **shown)
    return with_links(response, site, here)


@router.get(
    "/rdf-graph-store",
    summary="A graph by its name (Graph Store HTTP Protocol)",
    responses=OFFERED,
    openapi_extra={"parameters": graph_store.PARAMETERS},
)
async def stored_graph(site: ServedSite, query: QueryParameters, wanted: WantedFormat) -> Response:
    """Return the graph that `graph=` names, or the default graph where there is `default`."""
    return await graph_store.read(site.served, query, wanted.accept, f"{site.root}/dataset")


async def _describe(site: Site, iri: str) -> dict[str, Any]:
    """Return what the page of the named graph ``iri`` shows."""
    size = (await rows(site, "graph-size", this=iri)).rows[0]["count"]
    classes = (await rows(site, "graph-classes", this=iri)).rows
    path = graph_path(iri, site.base)
    known_title = site.profile.graphs.get(path)
    source = f"{site.base}id/{path}" if path.startswith("source/") else ""
    names = await load_names(site, [row["class"] for row in classes], source or iri)
    return {
        "iri": iri,
        "title": known_title.title if known_title else f"What {path.replace('/', ' ')} says",
        "size": text_of(size) or "0",
        "source": names.iri(source) if source else None,
        "classes": [
            (names.show(row["class"]), text_of(row["count"]))
            for row in classes
            if iri_of(row["class"])
        ],
    }
