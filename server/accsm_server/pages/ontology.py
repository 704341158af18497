"""The ontology: an index of its terms, a page for each topic and earlier version, and its RDF."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.responses import Response

from accsm_kg.namespaces import ONTOLOGY
from accsm_kg.pictures import svg
from accsm_kg.pictures.svg import Address
from accsm_kg.rdf.terms import expand
from accsm_kg.terminal import delimited
from accsm_server.http.negotiation import CSV, DOCUMENTS, HTML, SVG, Format, alternates
from accsm_server.pages import answers, openapi, render
from accsm_server.pages.documents import options, respond, send_graph, without_graph
from accsm_server.pages.parameters import (
    OFFERED,
    PARAMETERS,
    DocumentFormat,
    ServedSite,
    SuffixFormat,
)
from accsm_server.pages.queries import Site, is_graph
from accsm_server.pages.relations import Relation, draw, relations
from accsm_server.pages.targets import RequestTarget, find
from accsm_server.pages.term_details import load_details, try_address
from accsm_server.pages.topics import FILES, VOCABULARY, Topic, asked_for, load_topics, tabs
from accsm_server.pages.vocabulary import (
    TermEntry,
    Vocabulary,
    load_header,
    load_vocabulary,
)

_FILES = (*FILES, SVG)

router = openapi.create_router("linked data")


@dataclass(frozen=True)
class Part:
    """A part of the index: a topic, or what belongs to none, with its terms by section."""

    topic: Topic | None
    sections: Sequence[tuple[str, Sequence[TermEntry]]]


@router.get("/ontology", summary="The ontology", responses=OFFERED)
async def ontology(site: ServedSite, format: DocumentFormat) -> Response:
    """Return the index of the terms, or RDF."""
    return await _respond_current(site, format)


@router.get("/ontology.{suffix}", summary="The ontology in one format", responses=OFFERED)
async def ontology_file(site: ServedSite, format: SuffixFormat) -> Response:
    """Return the index of the terms, or RDF, as the suffix names."""
    return await _respond_current(site, format)


@router.get(
    "/ontology/{path:path}",
    summary="A topic or a version of the ontology",
    responses=openapi.offered(*_FILES, HTML),
    openapi_extra={"parameters": PARAMETERS[:1]},
)
async def ontology_part(site: ServedSite, target: RequestTarget) -> Response:
    """Return the terms of a topic, an earlier version, or the current one by its IRI."""
    topics = [topic for topic in await load_topics(site) if topic.terms]
    if found := asked_for(topics, target, _FILES):
        return await _respond_topic(site, *found)
    things = await find(site, "ontology/", target.path, target.query)
    iri, here, wanted = things.iris[0], things.here, options(things.reading, target)
    if await is_graph(site, iri):
        return await _respond(site, wanted.format, here, iri)
    header = await load_header(site, site.base + ONTOLOGY)
    if iri == f"{site.base}ontology/{header.version}":
        return await _respond(site, wanted.format, here)
    return await respond(site, things.iris, here, wanted)


async def _respond_current(site: Site, format: Format) -> Response:
    other = await without_graph(site, "ontology", ONTOLOGY, format)
    return other or await _respond(site, format, VOCABULARY)


async def _respond(site: Site, format: Format, here: str, earlier: str = "") -> Response:
    """Return the ontology, or its version in the graph ``earlier``, at the path ``here``."""
    graph = earlier or site.base + ONTOLOGY
    if format is not HTML:
        return send_graph(site, graph, format, here)
    found = await load_vocabulary(site, graph)
    template = "ontology-version.html" if earlier else "ontology.html"
    return render.document(
        site,
        template,
        here,
        header=found.header,
        others=found.others,
        terms=len(found.entries),
        parts=_parts(found, [] if earlier else await load_topics(site)),
    )


def _parts(found: Vocabulary, topics: Sequence[Topic]) -> list[Part]:
    """Return the parts of the index, last that of the terms without a topic."""
    placed = {iri for topic in topics for iri in topic.terms}
    rest = [iri for iri in found.entries if iri not in placed]
    parts = [Part(topic, _sections(found.entries, topic.terms)) for topic in topics]
    parts.append(Part(None, _sections(found.entries, rest)))
    return [part for part in parts if part.sections]


def _sections(
    entries: Mapping[str, TermEntry], terms: Sequence[str]
) -> list[tuple[str, list[TermEntry]]]:
    """Return those of ``terms`` that have entries, by section, in the order of the sections."""
    chosen = set(terms)
    grouped: dict[str, list[TermEntry]] = {}
    for iri, entry in entries.items():
        if iri in chosen:
            grouped.setdefault(entry.section, []).append(entry)
    return list(grouped.items())


async def _respond_topic(site: Site, topic: Topic, format: Format) -> Response:
    links = alternates(site.root + topic.vocabulary, (*_FILES, HTML))
    if format in DOCUMENTS:
        return answers.send(site, site.queries.text("topic-terms", this=topic.iri), format, links)
    found = await load_vocabulary(site, site.base + ONTOLOGY)
    related = relations(topic.terms, found.entries, _between(site))
    if format is HTML:
        response = await _topic_page(site, topic, found, related)
    else:
        body = _file(topic, related, format)
        response = Response(body, media_type=format.content_type, headers=render.NEGOTIATED)
    response.headers["Link"] = links
    return response


def _between(site: Site) -> str:
    """Return the section of the properties that relate things."""
    kind = expand("owl:ObjectProperty", site.prefixes)
    return next(title for title, one in site.profile.ontology.sections.items() if one == kind)


def _file(topic: Topic, related: Sequence[Relation], format: Format) -> bytes | str:
    """Return the relations of a topic as rows or as a picture."""
    if format is SVG:
        picture = draw(related, topic.terms, str, _label(topic))
        return svg.standalone(picture, _label(topic))
    rows = [one.as_row() for one in related]
    return delimited(rows, "csv") if format is CSV else json.dumps(rows, indent=2)


def _label(topic: Topic) -> str:
    return f"{topic.label}: classes and relations"


async def _topic_page(
    site: Site, topic: Topic, found: Vocabulary, related: Sequence[Relation]
) -> Response:
    sections = _sections(found.entries, topic.terms)
    own = [entry.iri for _, entries in sections for entry in entries]
    topics, addresses = await load_topics(site), await site.addresses()
    pages = {iri: one.href for iri, one in found.entries.items()}

    def address(iri: str) -> str:
        return pages.get(iri) or site.root + addresses.of(iri)

    return render.view(
        site,
        "topic.html",
        topic.vocabulary,
        f"Vocabulary: {topic.label}",
        [site.queries.text(name, this=topic.iri, these=own)
         for name in ("topic-terms", "property-uses", "examples", "constraints")],
        offers=_FILES,
        topic=topic,
        header=found.header,
        topics=tabs(site, {one.label: one.vocabulary for one in topics if one.terms}, topic),
        sections=sections,
        related=related,
        picture=_inline(topic, related, address),
        details=await load_details(site, topic.iri, own),
        attempts={entry.iri: try_address(site, entry.iri, is_class=bool(entry.members))
                  for _, entries in sections for entry in entries},
    )  # fmt: skip


def _inline(topic: Topic, related: Sequence[Relation], address: Address) -> str:
    return render.inline(draw(related, topic.terms, address, _label(topic))) if related else ""
