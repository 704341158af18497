"""The description of the dataset in VoID and DCAT, with the URLs of this server."""

import pyoxigraph
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple

from accsm_kg.namespaces import META
from accsm_server.pages.downloads import FILES, File
from accsm_server.pages.queries import Site, construct, exists, named_graph
from accsm_server.sparql import service_description
from accsm_server.sparql.service_description import Statements

_FILE_NOTE = (
    "Every graph as quads. void:triples counts the triples of the default graph, which leaves out "
    "some graphs and counts a triple in several graphs once."
)
_IANA = "https://www.iana.org/assignments/media-types/"


async def describe(site: Site, origin: str) -> set[Triple]:
    """Return the description in the dataset, or else its counts, with its URLs at ``origin``."""
    if await exists(site, site.base + META):
        body = await named_graph(site, site.base + META)
    else:
        body = await construct(site, site.queries.text("void"), "nt")
    described = {quad.triple for quad in pyoxigraph.parse(body, format=RdfFormat.N_TRIPLES)}
    folder = f"{origin}/dataset/{site.engine.version}"
    statements = [
        *_access(f"{site.base}dataset", origin),
        *_files(f"{site.base}dataset", folder),
        *_checksum(site, folder),
        *_licences(described, site, folder),
    ]
    return described | service_description.triples(statements, site.prefixes)


def _access(dataset: str, origin: str) -> Statements:
    service = f"{origin}/sparql#service"
    yield dataset, "rdf:type", "dcat:Dataset"
    yield dataset, "void:sparqlEndpoint", NamedNode(f"{origin}/sparql")
    yield dataset, "dcat:landingPage", NamedNode(f"{origin}/dataset")
    yield dataset, "dcat:accessService", NamedNode(service)
    yield service, "rdf:type", "dcat:DataService"
    yield service, "dcat:endpointURL", NamedNode(f"{origin}/sparql")
    yield service, "dcat:endpointDescription", NamedNode(f"{origin}/sparql")
    yield service, "dcat:servesDataset", NamedNode(dataset)


def _files(dataset: str, folder: str) -> Statements:
    for file in FILES.values():
        yield from _distribution(file, dataset, f"{folder}/{file.name}")


def _distribution(file: File, dataset: str, url: str) -> Statements:
    node = f"{url}#distribution"
    yield dataset, "void:dataDump", NamedNode(url)
    yield dataset, "dcat:distribution", NamedNode(node)
    yield node, "rdf:type", "dcat:Distribution"
    yield node, "dcterms:title", Literal(f"The dataset as {file.name}", language="en")
    yield node, "dcterms:description", Literal(_FILE_NOTE, language="en")
    yield node, "dcat:accessURL", NamedNode(url)
    yield node, "dcat:downloadURL", NamedNode(url)
    yield node, "dcat:mediaType", NamedNode(_IANA + file.format.media_type)
    if file.coding:
        yield node, "dcat:compressFormat", NamedNode(_IANA + file.media_type)


def _checksum(site: Site, folder: str) -> Statements:
    """Yield the SHA-256 of accsm.nq, which is the version of the dataset."""
    checksum = f"{folder}/accsm.nq#checksum"
    datatype = NamedNode(f"{site.prefixes['xsd']}hexBinary")
    yield f"{folder}/accsm.nq#distribution", "spdx:checksum", checksum
    yield checksum, "rdf:type", "spdx:Checksum"
    yield checksum, "spdx:algorithm", "spdx:checksumAlgorithm_sha256"
    yield checksum, "spdx:checksumValue", Literal(site.engine.version, datatype=datatype)


def _licences(described: set[Triple], site: Site, folder: str) -> Statements:
    """Yield the licence of the dataset as the licence of each file."""
    dataset = NamedNode(f"{site.base}dataset")
    licence = NamedNode(f"{site.prefixes['dcterms']}license")
    for triple in described:
        if triple.subject == dataset and triple.predicate == licence:
            for name in FILES:
                yield f"{folder}/{name}#distribution", "dcterms:license", str(triple.object)[1:-1]
