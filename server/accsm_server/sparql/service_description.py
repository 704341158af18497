"""Turn what this endpoint can do into RDF (SPARQL 1.1 Service Description), and nothing more."""

from collections.abc import Iterable, Iterator

import pyoxigraph
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple

from accsm_kg.namespaces import APART
from accsm_kg.rdf.terms import expand
from accsm_server.http.negotiation import Format
from accsm_server.pages.queries import Site, ask, rows

_FORMATS = (
    "SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV",
    "Turtle", "JSON-LD", "N-Triples", "RDF_XML", "N-Quads", "TriG",
)  # fmt: skip
_COMMENT = (
    "Read-only. The default graph is the merge of the data graphs (its void:subset); shapes, "
    "stored queries and the description of the dataset are reached with GRAPH. No updates. "
)
_ALONE = "No federation (SERVICE)."
_FEDERATED = "SERVICE reaches the endpoints named here and no other: "
_PREFIXES = ("dcat", "dcterms", "rdf", "rdfs", "sd", "spdx", "void", "xsd")

#: A subject's IRI, a prefixed name, and a prefixed name, an IRI or a literal.
Said = Iterator[tuple[str, str, str | NamedNode | Literal]]


async def describe(site: Site, url: str, form: Format) -> bytes:
    """Return the description of the endpoint at ``url`` in the format ``form``."""
    counted = [(row["graph"], row["triples"]) for row in (await rows(site, "graphs")).rows]
    sizes = {
        graph.value if isinstance(graph, NamedNode) else "": count
        for graph, count in counted
        if isinstance(count, Literal)
    }
    size = sizes.pop("", Literal(0))
    apart = {site.base + name for name in APART}
    union = apart.isdisjoint(sizes) and not await ask(site, "unnamed")
    said = [*_service(site, url, union), *_default(url, size), *_named(url, sizes, apart)]
    return serialize(triples(said, site), site, form)


def triples(said: Iterable[tuple[str, str, str | NamedNode | Literal]], site: Site) -> set[Triple]:
    """Return what is said as triples."""
    ours = site.prefixes
    return {
        Triple(
            NamedNode(subject),
            NamedNode(expand(predicate, ours)),
            value if isinstance(value, NamedNode | Literal) else NamedNode(expand(value, ours)),
        )
        for subject, predicate, value in said
    }


def serialize(said: Iterable[Triple], site: Site, form: Format) -> bytes:
    """Return triples in the format ``form``, sorted, with the prefixes of descriptions."""
    prefixes = {name: site.prefixes[name] for name in _PREFIXES}
    body = pyoxigraph.serialize(
        sorted(said, key=str),
        format=RdfFormat.from_media_type(form.media_type),
        prefixes=prefixes if form.name in ("ttl", "trig", "rdf") else None,
    )
    assert body is not None
    return body


def _service(site: Site, url: str, union: bool) -> Said:
    service, allowed = f"{url}#service", site.settings.service
    about = _COMMENT + (_FEDERATED + ", ".join(allowed) if allowed else _ALONE)
    yield service, "rdf:type", "sd:Service"
    yield service, "rdf:type", "dcat:DataService"
    yield service, "rdfs:comment", Literal(about, language="en")
    yield service, "sd:endpoint", NamedNode(url)
    yield service, "dcat:endpointURL", NamedNode(url)
    yield service, "dcat:servesDataset", NamedNode(f"{site.base}dataset")
    for language in ("sd:SPARQL10Query", "sd:SPARQL11Query"):
        yield service, "sd:supportedLanguage", language
    if union:
        yield service, "sd:feature", "sd:UnionDefaultGraph"
    if allowed:
        yield service, "sd:feature", "sd:BasicFederatedQuery"
    simple = site.prefixes["sd"].replace("sparql-service-description#", "entailment/Simple")
    yield service, "sd:defaultEntailmentRegime", NamedNode(simple)
    yield service, "sd:defaultDataset", NamedNode(f"{url}#dataset")
    yield service, "sd:availableGraphs", NamedNode(f"{url}#graphs")
    formats = site.prefixes["dcat"].replace("dcat#", "formats/")
    for name in _FORMATS:
        yield service, "sd:resultFormat", NamedNode(formats + name)


def _default(url: str, size: Literal) -> Said:
    yield f"{url}#dataset", "rdf:type", "sd:Dataset"
    yield f"{url}#graphs", "rdf:type", "sd:GraphCollection"
    yield f"{url}#dataset", "sd:defaultGraph", NamedNode(f"{url}#default-graph")
    yield f"{url}#default-graph", "rdf:type", "sd:Graph"
    yield f"{url}#default-graph", "void:triples", size


def _named(url: str, sizes: dict[str, Literal], apart: set[str]) -> Said:
    for number, (graph, size) in enumerate(sorted(sizes.items()), 1):
        node, content = f"{url}#named-graph-{number}", f"{url}#graph-{number}"
        yield f"{url}#dataset", "sd:namedGraph", NamedNode(node)
        yield f"{url}#graphs", "sd:namedGraph", NamedNode(node)
        yield node, "rdf:type", "sd:NamedGraph"
        yield node, "sd:name", NamedNode(graph)
        yield node, "sd:graph", NamedNode(content)
        yield content, "rdf:type", "sd:Graph"
        yield content, "void:triples", size
        if graph not in apart:
            yield f"{url}#default-graph", "void:subset", NamedNode(content)
