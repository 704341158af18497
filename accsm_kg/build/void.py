"""Describe a dataset in VoID, DCAT 3 and the SPARQL 1.1 service description vocabulary."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, parse

from accsm_kg.namespaces import (
    APART,
    BASE,
    CURATION,
    INFERRED,
    META,
    ONTOLOGY,
    VOCAB,
    prefixes,
    remint,
    term,
)

_TYPE = term("rdf:type")
_Statement = tuple[str, str, NamedNode | Literal]
_STATIC: Final = Path(__file__).with_name("dataset.ttl")
#: Properties of the ontology header to copy to the dataset, and the property to use there.
_SHARED: Final = {
    "owl:versionInfo": "dcat:version",
    "dcterms:creator": "dcterms:creator",
    "dcterms:publisher": "dcterms:publisher",
    "dcterms:issued": "dcterms:issued",
    "dcterms:modified": "dcterms:modified",
}
#: Properties whose values are described, as the catalogue is: DCAT-AP 3.0 wants the name.
_AGENTS: Final = ("dcterms:creator", "dcterms:publisher")


def quads(store: Store, base: str = BASE) -> Iterator[Quad]:
    """Yield the quads of graph/meta that describe ``store``.

    Counts are given for the default graph (the merge of the data graphs) and each named graph.
    """
    meta, dataset = NamedNode(base + META), base + "dataset"
    present = {graph.value for graph in store.named_graphs() if isinstance(graph, NamedNode)}
    graphs = sorted(present | {meta.value})
    for subject, predicate, value, _ in _static(base):
        iri = subject.value if isinstance(subject, NamedNode) else ""
        if iri in graphs or not iri.startswith(f"{base}graph/"):
            yield Quad(subject, predicate, value, meta)
    for statements in (
        _header(store, base, dataset),
        _partitions(store, base, dataset),
        _named_graphs(store, base, dataset, graphs),
    ):
        for subject, predicate, value in statements:
            yield Quad(NamedNode(subject), term(predicate), value, meta)


def _static(base: str) -> Iterator[Quad]:
    return parse(remint(_STATIC.read_text(encoding="utf-8"), base), format=RdfFormat.TURTLE)


def _header(store: Store, base: str, dataset: str) -> Iterator[_Statement]:
    ontology = NamedNode(base + "ontology")
    for source, target in _SHARED.items():
        for quad in store.quads_for_pattern(ontology, term(source), None, DefaultGraph()):
            if isinstance(quad.object, Literal | NamedNode):
                yield dataset, target, quad.object
            if isinstance(quad.object, NamedNode) and target in _AGENTS:
                yield from _agent(store, quad.object)
                yield base, target, quad.object


def _agent(store: Store, agent: NamedNode) -> Iterator[_Statement]:
    yield agent.value, "rdf:type", term("foaf:Agent")
    for quad in store.quads_for_pattern(agent, term("skos:prefLabel"), None, DefaultGraph()):
        if isinstance(quad.object, Literal):
            yield agent.value, "foaf:name", quad.object


def _partitions(store: Store, base: str, dataset: str) -> Iterator[_Statement]:
    triples = list(store.quads_for_pattern(None, None, None, DefaultGraph()))
    yield dataset, "void:triples", Literal(len(triples))
    yield dataset, "void:distinctSubjects", Literal(len({quad.subject for quad in triples}))
    yield dataset, "void:distinctObjects", Literal(len({quad.object for quad in triples}))
    yield from _class_partitions(triples, base, dataset)
    properties = Counter(quad.predicate.value for quad in triples)
    yield dataset, "void:properties", Literal(len(properties))
    yield from _property_partitions(properties, base, dataset)


def _class_partitions(triples: Sequence[Quad], base: str, dataset: str) -> Iterator[_Statement]:
    """Yield a partition for each class, with the properties of its instances."""
    classes: dict[object, list[str]] = defaultdict(list)
    for quad in triples:
        if quad.predicate == _TYPE and isinstance(quad.object, NamedNode):
            classes[quad.subject].append(quad.object.value)
    members = Counter(iri for found in classes.values() for iri in found)
    yield dataset, "void:classes", Literal(len(members))
    properties: dict[str, Counter[str]] = defaultdict(Counter)
    for quad in triples:
        for iri in classes.get(quad.subject, ()):
            properties[iri][quad.predicate.value] += 1
    for iri, count in sorted(members.items()):
        partition = f"{dataset}/class/{_path_segment(iri, base)}"
        yield dataset, "void:classPartition", NamedNode(partition)
        yield partition, "void:class", NamedNode(iri)
        yield partition, "void:entities", Literal(count)
        yield from _property_partitions(properties[iri], base, partition)


def _property_partitions(properties: Counter[str], base: str, whole: str) -> Iterator[_Statement]:
    """Yield a partition of ``whole`` for each property, with its number of triples."""
    for iri, count in sorted(properties.items()):
        partition = f"{whole}/property/{_path_segment(iri, base)}"
        yield whole, "void:propertyPartition", NamedNode(partition)
        yield partition, "void:property", NamedNode(iri)
        yield partition, "void:triples", Literal(count)


def _path_segment(iri: str, base: str) -> str:
    """Return an IRI as one path segment: a CURIE where a prefix fits, else percent-encoded."""
    for name, space in prefixes(base).items():
        if iri.startswith(space):
            return f"{name}:{quote(iri.removeprefix(space), safe='')}"
    return quote(iri, safe="")


def _named_graphs(
    store: Store, base: str, dataset: str, graphs: Sequence[str]
) -> Iterator[_Statement]:
    for name in graphs:
        yield dataset, "sd:namedGraph", NamedNode(name)
        yield name, "rdf:type", term("sd:NamedGraph")
        yield name, "rdf:type", term("void:Dataset")
        yield name, "sd:name", NamedNode(name)
        if name.removeprefix(base) not in APART:  # it is a part of the default graph
            yield dataset, "void:subset", NamedNode(name)
        if name != base + META:  # the description cannot count itself
            size = sum(1 for _ in store.quads_for_pattern(None, None, None, NamedNode(name)))
            yield name, "void:triples", Literal(size)
        for origin in _origins(name, base, graphs):
            yield name, "dcterms:source", NamedNode(origin)


def _origins(name: str, base: str, graphs: Sequence[str]) -> list[str]:
    """Return the IRIs that a graph is derived from: a source text, other graphs or the dataset."""
    sources = f"{base}graph/source/"
    if name.startswith(sources):
        return [f"{base}id/source/{name.removeprefix(sources)}"]
    from_sources = [graph for graph in graphs if graph.startswith(sources)]
    if name == base + INFERRED:
        return [*from_sources, base + ONTOLOGY, base + CURATION, base + VOCAB]
    if name == base + CURATION:
        return from_sources
    return [base + "dataset"]
