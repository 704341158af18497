"""The description of the dataset in VoID and DCAT, with the URLs of this server."""

from collections.abc import Mapping

import pyoxigraph
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple

from accsm_kg.lookups import whole
from accsm_kg.namespaces import META
from accsm_kg.rdf.terms import expand, value_of
from accsm_server.http.files import StoredFile
from accsm_server.pages.dumps import FILES, File
from accsm_server.pages.queries import Site, construct, is_graph, named_graph
from accsm_server.sparql import service_description
from accsm_server.sparql.service_description import Statements

_ALL = (
    "Every graph as quads. void:triples counts the triples of the default graph, which leaves out "
    "some graphs and counts a triple in several graphs once."
)
_MERGED = "The default graph, in which the data graphs are merged: any store can load and query it."
#: The file that clients of VoID load; several would be parts of the dataset to them.
_DUMP = "accsm.nt"
_IANA = "https://www.iana.org/assignments/media-types/"
#: The file types of the Publications Office of the EU, as DCAT-AP wants them, by format.
_FILE_TYPES = {
    format: f"http://publications.europa.eu/resource/authority/file-type/RDF_{name}"
    for format, name in {
        "nq": "N_QUADS",
        "trig": "TRIG",
        "nt": "N_TRIPLES",
        "ttl": "TURTLE",
    }.items()
}
_PROTOCOL = "https://www.w3.org/TR/sparql11-protocol/"


async def describe(site: Site, origin: str, made: Mapping[str, StoredFile]) -> set[Triple]:
    """Return the description in the dataset, or else its counts, with its URLs at ``origin``.

    The files ``made`` are described with their size and checksum.
    """
    described = await site.load(load)
    dataset = f"{site.base}dataset"
    folder = origin if site.is_static else f"{origin}/dataset/{site.engine.version}"
    statements = [
        *_page(dataset, origin),
        *(() if site.is_static else _access(dataset, origin)),
        *(() if site.is_static else _catalogue(described, origin, site)),
        *_files(dataset, folder, _licence(described, site)),
        *(fact for name in made for fact in _measures(f"{folder}/{name}", made[name], site)),
        *_originals(described, made, site),
    ]
    return described | service_description.triples(statements, site.prefixes)


async def property_counts(site: Site) -> dict[str, int]:
    """Return the number of triples of each property in the default graph, by its IRI."""
    return await site.load(_load_counts)


async def _load_counts(site: Site) -> dict[str, int]:
    dataset, void = NamedNode(f"{site.base}dataset"), site.prefixes["void"]
    described = await site.load(load)
    values = {(value_of(t.subject), value_of(t.predicate)): t.object for t in described}
    parts = [
        value_of(triple.object)
        for triple in described
        if (triple.subject, triple.predicate.value) == (dataset, f"{void}propertyPartition")
    ]
    return {
        value_of(values.get((part, f"{void}property"))): whole(
            value_of(values.get((part, f"{void}triples")))
        )
        for part in parts
    }


async def load(site: Site) -> set[Triple]:
    """Return the description in the dataset, or else its counts."""
    if await is_graph(site, site.base + META):
        body = await named_graph(site, site.base + META)
    else:
        body = await construct(site, site.queries.text("void"), "nt")
    return {quad.triple for quad in pyoxigraph.parse(body, format=RdfFormat.N_TRIPLES)}


def _page(dataset: str, origin: str) -> Statements:
    page = f"{origin}/dataset"
    yield dataset, "rdf:type", "dcat:Dataset"
    yield dataset, "dcat:landingPage", NamedNode(page)
    yield page, "rdf:type", "foaf:Document"


def _access(dataset: str, origin: str) -> Statements:
    """Yield the endpoint."""
    service = f"{origin}/sparql#service"
    yield dataset, "void:sparqlEndpoint", NamedNode(f"{origin}/sparql")
    yield service, "rdf:type", "dcat:DataService"
    yield service, "dcterms:title", service_description.TITLE
    yield service, "dcterms:conformsTo", NamedNode(_PROTOCOL)
    yield _PROTOCOL, "rdf:type", "dcterms:Standard"
    yield service, "dcat:endpointURL", NamedNode(f"{origin}/sparql")
    yield service, "dcat:endpointDescription", NamedNode(f"{origin}/sparql")
    yield service, "dcat:servesDataset", NamedNode(dataset)


def _catalogue(described: set[Triple], origin: str, site: Site) -> Statements:
    """Yield the service of the catalogue that the dataset has at its base, if any."""
    catalogue, kind = NamedNode(site.base), NamedNode(f"{site.prefixes['dcat']}Catalog")
    if Triple(catalogue, NamedNode(expand("rdf:type", site.prefixes)), kind) in described:
        yield site.base, "dcat:service", NamedNode(f"{origin}/sparql#service")


def _licence(described: set[Triple], site: Site) -> list[NamedNode]:
    """Return the licence of the dataset, which is that of each file."""
    dataset = NamedNode(f"{site.base}dataset")
    licence = NamedNode(f"{site.prefixes['dcterms']}license")
    found = (t.object for t in described if (t.subject, t.predicate) == (dataset, licence))
    return [value for value in found if isinstance(value, NamedNode)]


def _files(dataset: str, folder: str, licences: list[NamedNode]) -> Statements:
    for file in FILES.values():
        url = f"{folder}/{file.name}"
        node = f"{url}#distribution"
        if file.name == _DUMP:
            yield dataset, "void:dataDump", NamedNode(url)
        yield dataset, "dcat:distribution", NamedNode(node)
        for licence in licences:
            yield node, "dcterms:license", licence
        yield from _distribution(file, node, url)


def _distribution(file: File, node: str, url: str) -> Statements:
    note = Literal(_MERGED if file.is_merged else _ALL, language="en")
    yield node, "rdf:type", "dcat:Distribution"
    yield node, "dcterms:title", Literal(f"The dataset as {file.name}", language="en")
    yield node, "dcterms:description", note
    yield node, "dcterms:format", NamedNode(_FILE_TYPES[file.format.name])
    yield node, "dcat:accessURL", NamedNode(url)
    yield node, "dcat:downloadURL", NamedNode(url)
    yield _FILE_TYPES[file.format.name], "rdf:type", "dcterms:MediaTypeOrExtent"
    yield from _media_type(node, "dcat:mediaType", file.format.media_type)
    if file.coding:
        yield from _media_type(node, "dcat:compressFormat", file.media_type)


def _media_type(node: str, property: str, media_type: str) -> Statements:
    yield node, property, NamedNode(_IANA + media_type)
    yield _IANA + media_type, "rdf:type", "dcterms:MediaType"


def _measures(url: str, made: StoredFile, site: Site) -> Statements:
    """Yield the size of the file at ``url``, and its SHA-256."""
    node, checksum = f"{url}#distribution", f"{url}#checksum"
    yield node, "dcat:byteSize", _literal(str(made.size), "nonNegativeInteger", site)
    yield node, "spdx:checksum", NamedNode(checksum)
    yield checksum, "rdf:type", "spdx:Checksum"
    yield checksum, "spdx:algorithm", "spdx:checksumAlgorithm_sha256"
    yield checksum, "spdx:checksumValue", _literal(made.sha256.hex(), "hexBinary", site)


def _originals(described: set[Triple], made: Mapping[str, StoredFile], site: Site) -> Statements:
    """Yield the measures of the files that the description in the dataset names."""
    subjects = {value_of(triple.subject) for triple in described}
    for name, file in made.items():
        if f"{site.base}{name}#distribution" in subjects:
            yield from _measures(site.base + name, file, site)


def _literal(text: str, datatype: str, site: Site) -> Literal:
    return Literal(text, datatype=NamedNode(site.prefixes["xsd"] + datatype))
