"""The description of the endpoint in RDF (SPARQL 1.1 Service Description)."""

from collections.abc import Iterable, Iterator, Mapping

import pyoxigraph
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple

from accsm_kg.rdf import json_ld, xml
from accsm_kg.rdf.terms import expand
from accsm_server.errors import NotWritable
from accsm_server.http.negotiation import JSON_LD, Format
from accsm_server.sparql.served import ServedDataset

_FORMATS = (
    "SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV",
    "Turtle", "JSON-LD", "N-Triples", "RDF_XML", "N-Quads", "TriG",
)  # fmt: skip
#: The title of the endpoint, which DCAT-AP 3.0 requires of a data service.
TITLE = Literal("SPARQL endpoint", language="en")
_COMMENT = (
    "Read-only. The default graph is the merge of the data graphs (its void:subset); shapes, "
    "stored queries and the description of the dataset are in named graphs. No updates. "
)
_NOT_FEDERATED = "No federation (SERVICE)."
_FEDERATED = "SERVICE may name these endpoints only: "
_PREFIXES = ("dcat", "dcterms", "foaf", "rdf", "rdfs", "sd", "spdx", "void", "xsd")

#: Subject as IRI, predicate as prefixed name, object as prefixed name or term.
Statement = tuple[str, str, str | NamedNode | Literal]
Statements = Iterator[Statement]


async def describe(served: ServedDataset, url: str, format: Format) -> bytes:
    """Return the description of the endpoint at ``url`` in ``format``."""
    sizes = await graph_sizes(served)
    size = sizes.pop("", 0)
    is_union = served.apart.isdisjoint(sizes) and not await served.queries.ask("unnamed")
    statements = [
        *_service(served, url, is_union),
        *_default(url, size),
        *_named(url, sizes, served.apart),
    ]
    return serialize(triples(statements, served.prefixes), served.prefixes, format)


async def graph_sizes(served: ServedDataset) -> dict[str, int]:
    """Return the number of triples in each graph by its IRI, which is empty for the default graph.

    Graphs named by blank nodes are left out.
    """
    return {
        graph.value if isinstance(graph, NamedNode) else "": int(count.value)
        for graph, count in (await served.queries.rows("graphs")).rows
        if isinstance(count, Literal) and not isinstance(graph, BlankNode)
    }


def triples(statements: Iterable[Statement], prefixes: Mapping[str, str]) -> set[Triple]:
    """Return statements as triples, with prefixed names expanded by ``prefixes``."""
    return {
        Triple(
            NamedNode(subject),
            NamedNode(expand(predicate, prefixes)),
            value if isinstance(value, NamedNode | Literal) else NamedNode(expand(value, prefixes)),
        )
        for subject, predicate, value in statements
    }


def serialize(statements: Iterable[Triple], prefixes: Mapping[str, str], format: Format) -> bytes:
    """Return triples in ``format``, sorted, with the prefixes of descriptions.

    Raises NotWritable.
    """
    found: Iterable[Triple] = sorted(statements, key=str)
    names = {name: prefixes[name] for name in _PREFIXES}
    if format is JSON_LD:
        return "".join(json_ld.serialize(found, names)).encode()
    is_xml = format.name == "rdf"
    try:
        body = pyoxigraph.serialize(
            xml.nameable(found) if is_xml else found,
            format=RdfFormat.from_media_type(format.media_type),
            prefixes=names,
        )
        return xml.escaped(body or b"") if is_xml else body or b""
    except xml.XmlError as error:
        raise NotWritable(str(error)) from None


def _service(served: ServedDataset, url: str, is_union: bool) -> Statements:
    service, allowed = f"{url}#service", served.settings.service
    about = _COMMENT + (_FEDERATED + ", ".join(allowed) if allowed else _NOT_FEDERATED)
    about = " ".join([about, *served.engine.remarks])
    yield service, "rdf:type", "sd:Service"
    yield service, "rdf:type", "dcat:DataService"
    yield service, "dcterms:title", TITLE
    yield service, "rdfs:comment", Literal(about, language="en")
    yield service, "sd:endpoint", NamedNode(url)
    yield service, "dcat:endpointURL", NamedNode(url)
    yield service, "dcat:servesDataset", NamedNode(f"{served.engine.base}dataset")
    for language in ("sd:SPARQL10Query", "sd:SPARQL11Query"):
        yield service, "sd:supportedLanguage", language
    if is_union:
        yield service, "sd:feature", "sd:UnionDefaultGraph"
    if allowed:
        yield service, "sd:feature", "sd:BasicFederatedQuery"
    simple = served.prefixes["sd"].replace("sparql-service-description#", "entailment/Simple")
    yield service, "sd:defaultEntailmentRegime", NamedNode(simple)
    yield service, "sd:defaultDataset", NamedNode(f"{url}#dataset")
    yield service, "sd:availableGraphs", NamedNode(f"{url}#graphs")
    formats = served.prefixes["dcat"].replace("dcat#", "formats/")
    for name in _FORMATS:
        yield service, "sd:resultFormat", NamedNode(formats + name)


def _default(url: str, size: int) -> Statements:
    yield f"{url}#dataset", "rdf:type", "sd:Dataset"
    yield f"{url}#graphs", "rdf:type", "sd:GraphCollection"
    yield f"{url}#dataset", "sd:defaultGraph", NamedNode(f"{url}#default-graph")
    yield f"{url}#default-graph", "rdf:type", "sd:Graph"
    yield f"{url}#default-graph", "void:triples", Literal(size)


def _named(url: str, sizes: dict[str, int], apart: frozenset[str]) -> Statements:
    for number, (graph, size) in enumerate(sorted(sizes.items()), 1):
        node, content = f"{url}#named-graph-{number}", f"{url}#graph-{number}"
        yield f"{url}#dataset", "sd:namedGraph", NamedNode(node)
        yield f"{url}#graphs", "sd:namedGraph", NamedNode(node)
        yield node, "rdf:type", "sd:NamedGraph"
        yield node, "sd:name", NamedNode(graph)
        yield node, "sd:graph", NamedNode(content)
        yield content, "rdf:type", "sd:Graph"
        yield content, "void:triples", Literal(size)
        if graph not in apart:
            yield f"{url}#default-graph", "void:subset", NamedNode(content)
