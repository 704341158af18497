"""The ontology: the page of its terms, and its RDF."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from pyoxigraph import QuerySolution
from starlette.responses import Response

from accsm_kg.namespaces import ONTOLOGY
from accsm_kg.rdf.terms import Term, expand, local_name, natural
from accsm_server.engine.interface import Table
from accsm_server.http import negotiation
from accsm_server.http.negotiation import Format
from accsm_server.pages import openapi, render
from accsm_server.pages.documents import (
    OFFERED,
    OFFERS,
    DocumentFormat,
    SuffixFormat,
    existing_iri,
    send_graph,
    split_suffix,
    with_links,
)
from accsm_server.pages.parameters import FormatChoice, ServedSite
from accsm_server.pages.queries import Site, is_graph, rows
from accsm_server.pages.terms import (
    Labels,
    TermView,
    by_text,
    iri_of,
    load_labels,
    short_name,
    text_of,
)

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
    is_deprecated: bool


@dataclass(frozen=True)
class OtherProperty:
    """A property of another vocabulary, and its uses: classes with their number of things."""

    name: str
    property: TermView
    uses: list[tuple[TermView, str]]


@dataclass(frozen=True)
class Header:
    """The version of an ontology, its date, and the version before it."""

    version: str
    issued: str
    prior: TermView


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
    """Return an earlier version, or the same as /ontology for the IRI of the current one."""
    path, format = split_suffix(path, choice)
    if not path:
        return await _respond(site, format, "/ontology")
    iri = await existing_iri(site, f"ontology/{path}")
    earlier = iri if await is_graph(site, iri) else ""
    return await _respond(site, format, f"/ontology/{path}", earlier)


async def _respond(site: Site, format: Format, here: str, earlier: str = "") -> Response:
    """Return the ontology, or its version in the graph ``earlier``, at the path ``here``."""
    graph = earlier or site.base + ONTOLOGY
    if format is not negotiation.HTML:
        return send_graph(site, graph, format, here)
    header = _header((await rows(site, "ontology-header", graph=graph)).rows, site)
    counts = {} if earlier else _counts((await rows(site, "classes")).rows)
    sections = await _sections(site, graph, counts)
    others = [] if earlier else await _other_properties(site)
    response = render.page(
        site,
        "ontology.html",
        header=header,
        is_earlier=bool(earlier),
        sections=sections,
        others=others,
        here=here,
        offers=OFFERS,
    )
    return with_links(response, site, here)


def _header(found: list[QuerySolution], site: Site) -> Header:
    values = {iri_of(row["property"]): row["value"] for row in found}
    version, issued, prior = (
        values.get(expand(name, site.prefixes))
        for name in ("owl:versionInfo", "dcterms:issued", "owl:priorVersion")
    )
    labels = Labels(site, {iri_of(prior): local_name(iri_of(prior))})
    return Header(text_of(version), labels.show(issued).text, labels.show(prior))


def _counts(found: list[QuerySolution]) -> dict[str, str]:
    return {iri_of(row["class"]): text_of(row["count"]) for row in found}


async def _sections(
    site: Site, graph: str, counts: Mapping[str, str]
) -> list[tuple[str, list[TermEntry]]]:
    """Return the terms of the ontology in ``graph`` by section, with ``counts`` of members."""
    terms = _facts(await rows(site, "terms", graph=graph))
    values = [term for facts in terms.values() for found in facts.values() for term in found]
    labels = await load_labels(site, values, *terms)
    return [
        (title, [_entry(labels, iri, terms[iri], counts.get(iri, "")) for iri in found])
        for title, kind in site.profile.ontology.sections.items()
        if (found := _of_type(terms, kind, site))
    ]


async def _other_properties(site: Site) -> list[OtherProperty]:
    """Return the properties of other vocabularies that things have, by name."""
    found = (await rows(site, "other-properties")).rows
    labels = await load_labels(site, [row["class"] for row in found])
    uses: dict[str, list[tuple[TermView, str]]] = defaultdict(list)
    for row in found:
        use = labels.show(row["class"]), text_of(row["count"])
        uses[iri_of(row["property"])].append(use)
    return [
        OtherProperty(short_name(iri, site), labels.iri(iri), uses[iri])
        for iri in sorted(uses, key=lambda iri: short_name(iri, site))
    ]


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
    profile, prefixes = labels.site.profile.ontology, labels.site.prefixes
    definition = facts.get(expand("skos:definition", prefixes), [])
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
        is_deprecated=expand("owl:deprecated", prefixes) in facts,
    )
