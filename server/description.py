"""Turn what this endpoint can do into RDF (SPARQL 1.1 Service Description), and nothing more."""

from collections.abc import Iterator

import pyoxigraph
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple

from server.formats import Format
from server.links import expand
from server.site import Site, rows

_FORMATS = (
    "SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV",
    "Turtle", "JSON-LD", "N-Triples", "RDF_XML", "N-Quads", "TriG",
)  # fmt: skip
_COMMENT = (
    "Read-only. The default graph is the merge of the data graphs; shapes, stored queries and the "
    "description of the dataset are reached with GRAPH. No federation (SERVICE) and no updates."
)
_PREFIXES = ("sd", "rdf", "rdfs", "void", "xsd")


async def describe(site: Site, url: str, form: Format) -> bytes:
    """Return the description of the endpoint at ``url`` in the format ``form``."""
    counted = [(row["graph"], row["triples"]) for row in (await rows(site, "graphs")).rows]
    sizes = {
        graph.value if isinstance(graph, NamedNode) else "": count
        for graph, count in counted
        if isinstance(count, Literal)
    }
    said = [*_service(site, url), *_default(url, sizes.pop("", None)), *_named(url, sizes)]
    ours = site.prefixes
    triples = {
        Triple(
            NamedNode(subject),
            NamedNode(expand(predicate, ours)),
            value if isinstance(value, NamedNode | Literal) else NamedNode(expand(value, ours)),
        )
        for subject, predicate, value in said
    }
    return _serialize(sorted(triples, key=str), site, form)


#: A subject's IRI, a prefixed name, and a prefixed name, an IRI or a literal.
Said = Iterator[tuple[str, str, str | NamedNode | Literal]]


def _service(site: Site, url: str) -> Said:
    service = f"{url}#service"
    yield service, "rdf:type", "sd:Service"
    yield service, "rdfs:comment", Literal(_COMMENT, language="en")
    yield service, "sd:endpoint", NamedNode(url)
    yield service, "sd:supportedLanguage", "sd:SPARQL11Query"
    yield service, "sd:defaultDataset", NamedNode(f"{url}#dataset")
    formats = site.prefixes["dcat"].replace("dcat#", "formats/")
    for name in _FORMATS:
        yield service, "sd:resultFormat", NamedNode(formats + name)


def _default(url: str, size: Literal | None) -> Said:
    yield f"{url}#dataset", "rdf:type", "sd:Dataset"
    yield f"{url}#dataset", "sd:defaultGraph", NamedNode(f"{url}#default-graph")
    yield f"{url}#default-graph", "rdf:type", "sd:Graph"
    if size is not None:
        yield f"{url}#default-graph", "void:triples", size


def _named(url: str, sizes: dict[str, Literal]) -> Said:
    for number, (graph, size) in enumerate(sorted(sizes.items()), 1):
        node, content = f"{url}#named-graph-{number}", f"{url}#graph-{number}"
        yield f"{url}#dataset", "sd:namedGraph", NamedNode(node)
        yield node, "rdf:type", "sd:NamedGraph"
        yield node, "sd:name", NamedNode(graph)
        yield node, "sd:graph", NamedNode(content)
        yield content, "rdf:type", "sd:Graph"
        yield content, "void:triples", size


def _serialize(triples: list[Triple], site: Site, form: Format) -> bytes:
    kind = RdfFormat.from_media_type(form.media_type)
    prefixes = {name: site.prefixes[name] for name in _PREFIXES}
    body = pyoxigraph.serialize(
        triples, format=kind, prefixes=prefixes if form.name in ("ttl", "trig", "rdf") else None
    )
    assert body is not None
    return body
