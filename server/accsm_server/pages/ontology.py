"""The ontology: the page of its terms, and its RDF."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.responses import Response

from accsm_kg.namespaces import ONTOLOGY
from accsm_kg.rdf.terms import TYPE, Term, expand, local_name, natural
from accsm_server.engine.interface import Table
from accsm_server.http import negotiation
from accsm_server.http.negotiation import Format
from accsm_server.pages import openapi, render
from accsm_server.pages.browse import class_counts, members_address
from accsm_server.pages.documents import options, respond, send_graph, without_graph
from accsm_server.pages.parameters import (
    OFFERED,
    PARAMETERS,
    DocumentFormat,
    ServedSite,
    SuffixFormat,
)
from accsm_server.pages.property_uses import Use, load_uses
from accsm_server.pages.queries import Site, is_graph, rows
from accsm_server.pages.targets import RequestTarget, find
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
    members: str
    """The address of the list of its members."""
    uses: list[Use]
    is_deprecated: bool


@dataclass(frozen=True)
class OtherProperty:
    """A property of another vocabulary, and the classes whose things have it."""

    name: str
    property: TermView
    uses: list[Use]


@dataclass(frozen=True)
class Header:
    """The version of an ontology, its date, and the version before it."""

    version: str
    issued: str
    prior: TermView


@dataclass(frozen=True)
class Vocabulary:
    """An ontology: the terms by section, and the properties of others that the data have."""

    header: Header
    sections: Sequence[tuple[str, Sequence[TermEntry]]]
    others: Sequence[OtherProperty]


@router.get("/ontology", summary="The ontology", responses=OFFERED)
async def ontology(site: ServedSite, format: DocumentFormat) -> Response:
    """Return the page of the terms, or RDF."""
    return await _respond_current(site, format)


@router.get("/ontology.{suffix}", summary="The ontology in one format", responses=OFFERED)
async def ontology_file(site: ServedSite, format: SuffixFormat) -> Response:
    """Return the page of the terms, or RDF, as the suffix names."""
    return await _respond_current(site, format)


@router.get(
    "/ontology/{path:path}",
    summary="A version of the ontology",
    responses=OFFERED,
    openapi_extra={"parameters": PARAMETERS[:1]},
)
async def ontology_version(site: ServedSite, target: RequestTarget) -> Response:
    """Return an earlier version, or the same as /ontology for the IRI of the current one."""
    things = await find(site, "ontology/", target.path, target.query)
    iri, here, wanted = things.iris[0], things.here, options(things.reading, target)
    if await is_graph(site, iri):
        return await _respond(site, wanted.format, here, iri)
    header = await _load_header(site, site.base + ONTOLOGY)
    if iri == f"{site.base}ontology/{header.version}":
        return await _respond(site, wanted.format, here)
    return await respond(site, things.iris, here, wanted)


async def _respond_current(site: Site, format: Format) -> Response:
    other = await without_graph(site, "ontology", ONTOLOGY, format)
    return other or await _respond(site, format, "/ontology")


async def _respond(site: Site, format: Format, here: str, earlier: str = "") -> Response:
    """Return the ontology, or its version in the graph ``earlier``, at the path ``here``."""
    graph = earlier or site.base + ONTOLOGY
    if format is not negotiation.HTML:
        return send_graph(site, graph, format, here)
    return render.document(
        site,
        "ontology.html",
        here,
        is_earlier=bool(earlier),
        **vars(await site.load(_load_vocabulary, graph)),
    )


async def _load_vocabulary(site: Site, graph: str) -> Vocabulary:
    """Return the ontology in a graph; one that is not the current has no uses."""
    terms = _facts(await rows(site, "terms", graph=graph))
    counts: dict[str, int] = {}
    uses: dict[str, list[Use]] = {}
    if graph == site.base + ONTOLOGY:
        counts = await class_counts(site)
        uses = await load_uses(site, counts, _superclasses(terms, site))
    return Vocabulary(
        header=await _load_header(site, graph),
        sections=await _sections(site, terms, counts, uses),
        others=_other_properties(await load_labels(site, [], *uses), terms, uses),
    )


async def _load_header(site: Site, graph: str) -> Header:
    found = await rows(site, "ontology-header", graph=graph)
    values = {iri_of(row["property"]): row["value"] for row in found.rows}
    version, issued, prior = (
        values.get(expand(name, site.prefixes))
        for name in ("owl:versionInfo", "dcterms:issued", "owl:priorVersion")
    )
    texts = {iri_of(prior): local_name(iri_of(prior))}
    labels = Labels(site, await site.addresses(), texts)
    return Header(text_of(version), labels.show(issued).text, labels.show(prior))


def _superclasses(terms: Mapping[str, Facts], site: Site) -> dict[str, list[str]]:
    above = expand("rdfs:subClassOf", site.prefixes)
    return {iri: [iri_of(value) for value in facts.get(above, [])] for iri, facts in terms.items()}


async def _sections(
    site: Site,
    terms: Mapping[str, Facts],
    counts: Mapping[str, int],
    uses: Mapping[str, list[Use]],
) -> list[tuple[str, list[TermEntry]]]:
    """Return the ``terms`` by section, with ``counts`` of members and ``uses`` of properties."""
    values = [term for facts in terms.values() for found in facts.values() for term in found]
    labels = await load_labels(site, values, *terms)
    return [
        (
            title,
            [
                _entry(labels, iri, terms[iri], counts.get(iri, 0), uses.get(iri, []))
                for iri in found
            ],
        )
        for title, kind in site.profile.ontology.sections.items()
        if (found := _of_type(terms, kind))
    ]


def _other_properties(
    labels: Labels, terms: Mapping[str, Facts], uses: Mapping[str, list[Use]]
) -> list[OtherProperty]:
    """Return the properties that are not among ``terms``, by name."""
    names = sorted((short_name(iri, labels.site), iri) for iri in uses if iri not in terms)
    return [OtherProperty(name, labels.iri(iri), uses[iri]) for name, iri in names]


def _facts(table: Table) -> dict[str, Facts]:
    terms: dict[str, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
    for row in table.rows:
        value = row["value"]
        if value is not None:
            terms[iri_of(row["term"])][iri_of(row["property"])].append(value)
    return dict(terms)


def _of_type(terms: Mapping[str, Facts], kind: str) -> list[str]:
    found = (iri for iri, facts in terms.items() if kind in map(iri_of, facts.get(TYPE, [])))
    return sorted(found, key=natural)


def _entry(labels: Labels, iri: str, facts: Facts, count: int, uses: list[Use]) -> TermEntry:
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
        count=count,
        members=members_address(labels.site, iri),
        uses=uses,
        is_deprecated=expand("owl:deprecated", prefixes) in facts,
    )
