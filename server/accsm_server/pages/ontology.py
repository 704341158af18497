"""The ontology: the page of its terms, and its RDF."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import Response

from accsm_kg.namespaces import ONTOLOGY
from accsm_kg.rdf.terms import Term, expand, natural
from accsm_server.engine.interface import Table
from accsm_server.http import negotiation
from accsm_server.http.negotiation import Format
from accsm_server.pages import openapi, render
from accsm_server.pages.documents import (
    OFFERED,
    DocumentFormat,
    SuffixFormat,
    existing_iri,
    send_graph,
    split_suffix,
    with_links,
)
from accsm_server.pages.parameters import FormatChoice, ServedSite
from accsm_server.pages.queries import Site, rows
from accsm_server.pages.terms import Labels, TermView, by_text, iri_of, load_labels, text_of

#: The values of a term of the ontology, by property IRI.
Facts = Mapping[str, list[Term]]

router = openapi.create_router("linked data")


@dataclass(frozen=True)
class TermEntry:
    """A class, property or datatype of the ontology; ``count`` is the number of its members."""

    id: str
    iri: str
    label: str
    definition: str
    notes: list[str]
    facts: list[tuple[str, list[TermView]]]
    count: int


@router.get("/ontology", summary="The ontology", responses=OFFERED)
async def ontology(site: ServedSite, format: DocumentFormat) -> Response:
    """Return the page of the terms, or RDF."""
    return await _respond(site, format, "/ontology")


@router.get("/ontology.{suffix}", summary="The ontology in one format", responses=OFFERED)
async def ontology_file(site: ServedSite, format: SuffixFormat) -> Response:
    """Return the page of the terms, or RDF, as the suffix names."""
    return await _respond(site, format, "/ontology")


@router.get("/ontology/{path:path}", summary="A version of the ontology", responses=OFFERED)
async def ontology_version(site: ServedSite, path: str, choice: FormatChoice) -> Response:
    """Return the same as /ontology, for the IRI of the current version."""
    path, format = split_suffix(path, choice)
    if path:
        await existing_iri(site, f"ontology/{path}")
    return await _respond(site, format, f"/ontology/{path}" if path else "/ontology")


async def _respond(site: Site, format: Format, here: str) -> Response:
    if format is not negotiation.HTML:
        return send_graph(site, site.base + ONTOLOGY, format, here)
    return with_links(await _page(site), site, here)


async def _page(site: Site) -> Response:
    terms = _facts(await rows(site, "terms"))
    counts = {iri_of(row["class"]): row["count"] for row in (await rows(site, "classes")).rows}
    values = [term for facts in terms.values() for found in facts.values() for term in found]
    labels = await load_labels(site, values, *terms)
    sections = [
        (title, [_entry(labels, iri, terms[iri], text_of(counts.get(iri))) for iri in found])
        for title, kind in site.profile.ontology.sections.items()
        if (found := _of_type(terms, kind, site))
    ]
    return render.page(site, "ontology.html", sections=sections)


def _facts(table: Table) -> dict[str, Facts]:
    terms: dict[str, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
    for row in table.rows:
        value = row["value"]
        if value is not None:
            terms[iri_of(row["term"])][iri_of(row["property"])].append(value)
    return dict(terms)


def _of_type(terms: Mapping[str, Facts], kind: str, site: Site) -> list[str]:
    rdf_type = expand("rdf:type", site.prefixes)
    found = (iri for iri, facts in terms.items() if kind in map(iri_of, facts.get(rdf_type, [])))
    return sorted(found, key=natural)


def _entry(labels: Labels, iri: str, facts: Facts, count: str) -> TermEntry:
    profile = labels.site.profile.ontology
    definition = facts.get(expand("skos:definition", labels.site.prefixes), [])
    return TermEntry(
        id=iri.rpartition("#")[2],
        iri=iri,
        label=labels.iri(iri).text,
        definition=" ".join(map(text_of, definition)),
        notes=[text_of(value) for note in profile.notes for value in facts.get(note, [])],
        facts=[
            (labels.iri(fact).text, sorted(map(labels.show, values), key=by_text))
            for fact in profile.facts
            if (values := facts.get(fact, []))
        ],
        count=int(count or 0),
    )
