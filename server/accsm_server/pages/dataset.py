"""Turn the dataset into its description: VoID and DCAT, and the page that shows them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import pyoxigraph
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from accsm_kg.namespaces import META
from accsm_kg.rdf.terms import Term, natural
from accsm_server.errors import NotFound
from accsm_server.http import negotiation
from accsm_server.pages import render
from accsm_server.pages.documents import OFFERS, split, with_links
from accsm_server.pages.downloads import FILES, File
from accsm_server.pages.queries import Site, construct, exists, named_graph, rows
from accsm_server.pages.terms import Names, Shown
from accsm_server.sparql import service_description
from accsm_server.sparql.service_description import Statements

_WHOLE = (
    "Every graph as quads. void:triples counts those of the default graph, where what several "
    "graphs say is one triple and some graphs are not."
)
_IANA = "https://www.iana.org/assignments/media-types/"


async def about(request: Request) -> Response:
    """Return the description of the dataset: its page, or VoID and DCAT."""
    _, form = split(request, "")
    said = await _said(request)
    if form == negotiation.HTML:
        response = await _page(request, said)
    else:
        body = service_description.serialize(said, render.site_of(request).prefixes, form)
        response = Response(body, media_type=form.content_type, headers=render.NEGOTIATED)
    return with_links(response, request, "/dataset")


async def part(request: Request) -> Response:
    """Redirect from a part of the dataset (all its members of a class, say) to the description."""
    if not request.path_params["path"].startswith(("class/", "property/")):
        raise NotFound("No such part of the dataset", "Parts are classes and properties.")
    return RedirectResponse(f"{render.root(request)}/dataset", 303)


async def _said(request: Request) -> set[Triple]:
    """Return what the dataset says of itself, else its counts, and where it is to be had here."""
    site = render.site_of(request)
    described = await exists(site, site.base + META)
    if described:
        body = await named_graph(site, site.base + META)
    else:
        body = await construct(site, site.queries.text("void"), "nt")
    known = {quad.triple for quad in pyoxigraph.parse(body, format=RdfFormat.N_TRIPLES)}
    origin = str(request.base_url).rstrip("/")
    here = [*_here(site, origin), *_licences(known, site, origin)]
    return known | service_description.triples(here, site.prefixes)


def _licences(known: set[Triple], site: Site, origin: str) -> Statements:
    """Say of each file what the dataset says of its licence."""
    whole = NamedNode(f"{site.base}dataset")
    licence = NamedNode(f"{site.prefixes['dcterms']}license")
    for triple in known:
        if triple.subject == whole and triple.predicate == licence:
            for name in FILES:
                node = f"{origin}/dataset/{site.engine.version}/{name}#distribution"
                yield node, "dcterms:license", str(triple.object)[1:-1]


def _here(site: Site, origin: str) -> Statements:
    """Say where this server has the dataset, whatever its IRIs resolve to."""
    dataset, service = f"{site.base}dataset", f"{origin}/sparql#service"
    yield dataset, "rdf:type", "dcat:Dataset"
    yield dataset, "void:sparqlEndpoint", NamedNode(f"{origin}/sparql")
    yield dataset, "dcat:landingPage", NamedNode(f"{origin}/dataset")
    yield dataset, "dcat:accessService", NamedNode(service)
    yield service, "rdf:type", "dcat:DataService"
    yield service, "dcat:endpointURL", NamedNode(f"{origin}/sparql")
    yield service, "dcat:endpointDescription", NamedNode(f"{origin}/sparql")
    yield service, "dcat:servesDataset", NamedNode(dataset)
    for file in FILES.values():
        yield from _distribution(file, dataset, f"{origin}/dataset/{site.engine.version}")
    checksum = f"{origin}/dataset/{site.engine.version}/accsm.nq#checksum"
    yield f"{origin}/dataset/{site.engine.version}/accsm.nq#distribution", "spdx:checksum", checksum
    yield checksum, "rdf:type", "spdx:Checksum"
    yield checksum, "spdx:algorithm", "spdx:checksumAlgorithm_sha256"
    kind = NamedNode(f"{site.prefixes['xsd']}hexBinary")
    yield checksum, "spdx:checksumValue", Literal(site.engine.version, datatype=kind)


def _distribution(file: File, dataset: str, folder: str) -> Statements:
    url = f"{folder}/{file.name}"
    node = f"{url}#distribution"
    yield dataset, "void:dataDump", NamedNode(url)
    yield dataset, "dcat:distribution", NamedNode(node)
    yield node, "rdf:type", "dcat:Distribution"
    yield node, "dcterms:title", Literal(f"The dataset as {file.name}", language="en")
    yield node, "dcterms:description", Literal(_WHOLE, language="en")
    yield node, "dcat:accessURL", NamedNode(url)
    yield node, "dcat:downloadURL", NamedNode(url)
    yield node, "dcat:mediaType", NamedNode(_IANA + file.form.media_type)
    if file.packing:
        yield node, "dcat:compressFormat", NamedNode(_IANA + file.media_type)


@dataclass(frozen=True)
class Part:
    """A part of the dataset: a graph, the members of a class, the triples of a property."""

    shown: Shown
    count: int
    note: str = ""


Facts = dict[str, dict[str, list[Term]]]


async def _page(request: Request, said: set[Triple]) -> Response:
    site = render.site_of(request)
    facts: Facts = defaultdict(lambda: defaultdict(list))
    for triple in said:
        if isinstance(triple.subject, NamedNode):
            local = triple.predicate.value.rpartition("#")[2].rpartition("/")[2]
            facts[triple.subject.value][local].append(triple.object)
    dataset = facts[f"{site.base}dataset"]
    sizes = {
        row["graph"].value: row["triples"].value
        for row in (await site.served.queries.rows("graphs")).rows
        if isinstance(row["graph"], NamedNode) and isinstance(row["triples"], Literal)
    }
    kinds = [_partition(facts, part, "class", "entities") for part in dataset["classPartition"]]
    uses = [_partition(facts, part, "property", "triples") for part in dataset["propertyPartition"]]
    names = await render.names(request, [], *sizes, *(iri for iri, _ in kinds + uses))
    return render.page(
        request,
        "dataset.html",
        iri=f"{site.base}dataset",
        title=_text(dataset["title"]) or "The dataset",
        about=[_text(dataset[name]) for name in ("description", "rights") if dataset[name]],
        triples=_text(dataset["triples"]),
        number=_text(dataset["version"]),
        fingerprint=site.engine.version,
        files=FILES.values(),
        graphs=[
            Part(names.iri(iri), int(size), _text(facts[iri]["description"]))
            for iri, size in sizes.items()
        ],
        classes=_parts(names, kinds),
        properties=_parts(names, uses),
        offers=OFFERS,
        here="/dataset",
    )


def _partition(facts: Facts, part: Term, key: str, count: str) -> tuple[str, int]:
    said = facts[part.value] if isinstance(part, NamedNode) else {}
    named = next(iter(said.get(key, [])), None)
    return getattr(named, "value", ""), int(_text(said.get(count, [])) or 0)


def _parts(names: Names, counted: list[tuple[str, int]]) -> list[Part]:
    parts = [Part(names.iri(iri), count) for iri, count in counted]
    return sorted(parts, key=lambda part: (-part.count, natural(part.shown.text)))


def _text(terms: Iterable[Term]) -> str:
    return next((term.value for term in terms if isinstance(term, Literal)), "")
