"""The named graphs: documents at their IRIs, and the Graph Store HTTP Protocol."""

from typing import Any

from starlette.responses import Response

from accsm_server.http import negotiation
from accsm_server.http.negotiation import GRAPHS
from accsm_server.pages import openapi, render
from accsm_server.pages.documents import options, respond, send_graph
from accsm_server.pages.parameters import (
    OFFERED,
    PARAMETERS,
    FormatChoice,
    QueryParameters,
    ServedSite,
)
from accsm_server.pages.queries import Site, is_graph, rows
from accsm_server.pages.targets import RequestTarget, find
from accsm_server.pages.terms import graph_path, iri_of, load_labels, text_of
from accsm_server.sparql import graph_store

router = openapi.create_router("linked data")


@router.get(
    "/graph/{path:path}",
    summary="A named graph",
    responses=OFFERED,
    openapi_extra={"parameters": PARAMETERS[:1]},
)
async def named_graph(site: ServedSite, target: RequestTarget) -> Response:
    """Return a named graph as RDF, or the page about it."""
    things = await find(site, "graph/", target.path, target.query)
    iri, here, wanted = things.iris[0], things.here, options(things.reading, target)
    if not await is_graph(site, iri):
        return await respond(site, things.iris, here, wanted)
    if wanted.format is not negotiation.HTML:
        return send_graph(site, iri, wanted.format, here)
    return render.document(site, "graph.html", here, **await _describe(site, iri))


@router.get(
    "/rdf-graph-store",
    summary="A graph by its IRI (Graph Store HTTP Protocol)",
    responses=openapi.offered(*GRAPHS),
    openapi_extra={"parameters": graph_store.PARAMETERS},
)
async def stored_graph(site: ServedSite, query: QueryParameters, choice: FormatChoice) -> Response:
    """Return the graph named by `graph=`, or the default graph for `default`."""
    return await graph_store.read(site.served, query, choice.accept, f"{site.root}/dataset")


async def _describe(site: Site, iri: str) -> dict[str, Any]:
    """Return the content of the page about the named graph ``iri``."""
    size = (await rows(site, "graph-size", this=iri)).rows[0]["count"]
    classes = (await rows(site, "graph-classes", this=iri)).rows
    path = graph_path(iri, site.base)
    graph_title = site.profile.graphs.get(path)
    source = f"{site.base}id/{path}" if path.startswith("source/") else ""
    labels = await load_labels(site, [row["class"] for row in classes], source or iri)
    return {
        "iri": iri,
        "title": graph_title.title if graph_title else f"Statements of {path.replace('/', ' ')}",
        "size": text_of(size) or "0",
        "source": labels.iri(source) if source else None,
        "classes": [
            (labels.show(row["class"]), text_of(row["count"]))
            for row in classes
            if iri_of(row["class"])
        ],
    }
