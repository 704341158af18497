"""The ontology: the page that lists its terms, and its RDF."""

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
    known,
    send_graph,
    split,
    with_links,
)
from accsm_server.pages.parameters import ServedSite, WantedFormat
from accsm_server.pages.queries import Site, rows
from accsm_server.pages.terms import Names, Shown, by_text, iri_of, load_names, text_of

#: The values of the properties of one term of the ontology.
Facts = Mapping[str, list[Term]]

router = openapi.create_router("linked data")


@dataclass(frozen=True)
class TermEntry:
    """A class, property or datatype of the ontology."""

    id: str
    iri: str
    label: str
    definition: str
    notes: list[str]
    facts: list[tuple[str, list[Shown]]]
    count: int


@router.get("/ontology", summary="The ontology", responses=OFFERED)
async def ontology(site: ServedSite, form: DocumentFormat) -> Response:
    """Return the page of the terms, or the RDF."""
    return await _respond(site, form, "/ontology")


@router.get("/ontology.{suffix}", summary="The ontology in one format", responses=OFFERED)
async def ontology_file(site: ServedSite, form: SuffixFormat) -> Response:
    """Return the page of the terms, or the RDF, as the suffix says."""
    return await _respond(site, form, "/ontology")


@router.get("/ontology/{path:path}", summary="A version of the ontology", responses=OFFERED)
async def ontology_version(site: ServedSite, path: str, wanted: WantedFormat) -> Response:
    """Return what /ontology does under the IRI of the version that is served."""
    path, form = split(path, wanted)
    if path:
        await known(site, f"ontology/{path}")
    return await _respond(site, form, f"/ontology/{path}" if path else "/ontology")


async def _respond(site: Site, form: Format, here: str) -> Response:
    if form is not negotiation.HTML:
        return send_graph(site, site.base + ONTOLOGY, form, here)
    return with_links(await _page(site), site, here)


async def _page(site: Site) -> Response:
    terms = _facts(await rows(site, "terms"))
    counts = {iri_of(row["class"]): row["count"] for row in (await rows(site, "classes")).rows}
    values = [term for facts in terms.values() for found in facts.values() for term in found]
    names = await load_names(site, values, *terms)
    sections = [
        (title, [_entry(names, iri, terms[iri], text_of(counts.get(iri))) for iri in found])
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


def _entry(names: Names, iri: str, facts: Facts, count: str) -> TermEntry:
    profile = names.site.profile.ontology
    definition = facts.get(expand("skos:definition", names.site.prefixes), [])
    return TermEntry(
        id=iri.rpartition("#")[2],
        iri=iri,
        label=names.iri(iri).text,
        definition=" ".join(map(text_of, definition)),
        notes=[text_of(value) for note in profile.notes for value in facts.get(note, [])],
        facts=[
            (names.iri(fact).text, sorted(map(names.show, values), key=by_text))
            for fact in profile.facts
            if (values := facts.get(fact, []))
        ],
        count=int(count or 0),
    )
