"""The SHACL shapes: the page of their rules, and their RDF."""

from collections import defaultdict
from dataclasses import dataclass

from pyoxigraph import QuerySolution
from starlette.responses import Response

from accsm_kg.namespaces import SHAPES
from accsm_server.http import negotiation
from accsm_server.http.negotiation import Format
from accsm_server.pages import openapi, render
from accsm_server.pages.documents import send_graph, without_graph
from accsm_server.pages.parameters import OFFERED, DocumentFormat, ServedSite, SuffixFormat
from accsm_server.pages.queries import Site, rows
from accsm_server.pages.terms import Labels, TermView, by_text, iri_of, load_labels, text_of

router = openapi.create_router("linked data")


@dataclass(frozen=True)
class ShapeEntry:
    """A shape with its targets, and with the severity and message of each rule."""

    id: str
    name: str
    description: str
    targets: list[TermView]
    rules: list[tuple[str, str]]


@router.get("/shapes", summary="The shapes", responses=OFFERED)
async def shapes(site: ServedSite, format: DocumentFormat) -> Response:
    """Return the page of the rules, or RDF."""
    return await _respond(site, format)


@router.get("/shapes.{suffix}", summary="The shapes in one format", responses=OFFERED)
async def shapes_file(site: ServedSite, format: SuffixFormat) -> Response:
    """Return the page of the rules, or RDF, as the suffix names."""
    return await _respond(site, format)


async def _respond(site: Site, format: Format) -> Response:
    if other := await without_graph(site, "shapes", SHAPES, format):
        return other
    if format is not negotiation.HTML:
        return send_graph(site, site.base + SHAPES, format, "/shapes")
    return await _page(site)


async def _page(site: Site) -> Response:
    grouped: dict[str, list[QuerySolution]] = defaultdict(list)
    found = (await rows(site, "shapes")).rows
    for row in found:
        grouped[iri_of(row["shape"])].append(row)
    labels = await load_labels(site, [row["target"] for row in found])
    entries = [_entry(labels, iri, group) for iri, group in grouped.items()]
    shown = [entry for entry in entries if entry.rules]
    return render.document(site, "shapes.html", "/shapes", shapes=shown)


def _entry(labels: Labels, iri: str, group: list[QuerySolution]) -> ShapeEntry:
    targets = {row["target"] for row in group if row["target"] is not None}
    rules = {
        (iri_of(row["severity"]).rpartition("#")[2] or "Violation", text_of(row["message"]))
        for row in group
        if row["message"] is not None
    }
    return ShapeEntry(
        id=iri.rpartition("#")[2],
        name=text_of(group[0]["name"]),
        description=text_of(group[0]["description"]),
        targets=sorted(map(labels.show, targets), key=by_text),
        rules=sorted(rules),
    )
