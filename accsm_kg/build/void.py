"""Turn a dataset into its own description: VoID, DCAT and the service's named graphs, counted."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Store

from accsm_kg.namespaces import BASE, CURATION, INFERRED, META, ONTOLOGY, VOCAB, prefixes, term
from accsm_kg.rdf.terms import shorten

_TYPE = term("rdf:type")
_Statement = tuple[str, str, NamedNode | Literal]
_TITLE = "Knowledge graph of the ASEAN Cooperation on Civil Service Matters"
_ABOUT = (
    "Declarations, priority areas, blueprint measures and action lines, work-plan projects, "
    "countries and ASEAN Resource Centres, each statement with the words of its source."
)
_RIGHTS = (
    "Structure: CC BY 4.0. Quoted text: ASEAN Secretariat, ASEAN Cooperation on Civil Service "
    "Matters 2016-2020, Jakarta, April 2017, quoted with acknowledgement."
)
_GRAPHS = {
    ONTOLOGY: "The vocabulary and its links to other vocabularies.",
    VOCAB: "Countries, groups, places, sources and controlled values.",
    CURATION: "What the curator resolves: issues, readings and inferences, each with its reason.",
    INFERRED: "What follows from the ontology's axioms; rebuilt by every build.",
}
_LICENCE = "https://creativecommons.org/licenses/by/4.0/"
_LANGUAGE = "http://publications.europa.eu/resource/authority/language/ENG"
_KEYWORDS = ("ASEAN", "civil service", "public administration", "regional cooperation", "work plan")
#: What the header of the ontology says that holds for the dataset too.
_SHARED = ("creator", "publisher", "issued", "modified")
#: Media types of the published files.
_DUMPS = {"accsm.nq": "application/n-quads", "accsm.trig": "application/trig"}


def quads(store: Store, base: str = BASE) -> Iterator[Quad]:
    """Yield the description of ``store`` for its graph/meta; every count is taken from it.

    Follows VoID, DCAT 3 and the SPARQL 1.1 service description vocabulary. The counts are those of
    the default graph: the merge of the data graphs.
    """
    graph = NamedNode(base + META)
    for subject, predicate, value in _statements(store, base):
        yield Quad(NamedNode(subject), term(predicate), value, graph)


def _statements(store: Store, base: str) -> Iterator[_Statement]:
    dataset = base + "dataset"
    yield from _dataset(store, base, dataset)
    yield from _partitions(store, base, dataset)
    yield from _named_graphs(store, base, dataset)
    yield from _distributions(base, dataset)


def _dataset(store: Store, base: str, dataset: str) -> Iterator[_Statement]:
    yield dataset, "rdf:type", term("void:Dataset")
    yield dataset, "rdf:type", term("dcat:Dataset")
    yield dataset, "dcterms:title", Literal(_TITLE, language="en")
    yield dataset, "dcterms:description", Literal(_ABOUT, language="en")
    yield dataset, "dcterms:rights", Literal(_RIGHTS, language="en")
    yield dataset, "dcterms:license", NamedNode(_LICENCE)
    yield dataset, "dcterms:language", NamedNode(_LANGUAGE)
    for word in _KEYWORDS:
        yield dataset, "dcat:keyword", Literal(word, language="en")
    yield dataset, "void:uriSpace", Literal(base + "id/")
    yield dataset, "void:vocabulary", NamedNode(base + "ontology")
    yield dataset, "void:sparqlEndpoint", NamedNode(base + "sparql")
    yield dataset, "void:exampleResource", NamedNode(base + "id/action-line/apsc-2025/A.2.2.iv")
    yield from _header(store, base, dataset)


def _header(store: Store, base: str, dataset: str) -> Iterator[_Statement]:
    """Yield what the header of the ontology says and the dataset, released with it, shares."""
    ontology = NamedNode(base + "ontology")
    said = {f"dcterms:{name}": f"dcterms:{name}" for name in _SHARED}
    for source, target in {"owl:versionInfo": "dcat:version", **said}.items():
        for quad in store.quads_for_pattern(ontology, term(source), None, DefaultGraph()):
            if isinstance(quad.object, Literal | NamedNode):
                yield dataset, target, quad.object


def _partitions(store: Store, base: str, dataset: str) -> Iterator[_Statement]:
    triples = list(store.quads_for_pattern(None, None, None, DefaultGraph()))
    yield dataset, "void:triples", _number(len(triples))
    yield dataset, "void:distinctSubjects", _number(len({quad.subject for quad in triples}))
    yield dataset, "void:distinctObjects", _number(len({quad.object for quad in triples}))
    yield from _classes(triples, base, dataset)
    properties = Counter(quad.predicate.value for quad in triples)
    yield dataset, "void:properties", _number(len(properties))
    yield from _properties(properties, base, dataset)


def _classes(triples: list[Quad], base: str, dataset: str) -> Iterator[_Statement]:
    """Yield a partition for each class with the properties that its members have."""
    kinds: dict[object, list[str]] = defaultdict(list)
    for quad in triples:
        if quad.predicate == _TYPE and isinstance(quad.object, NamedNode):
            kinds[quad.subject].append(quad.object.value)
    entities = Counter(kind for found in kinds.values() for kind in found)
    yield dataset, "void:classes", _number(len(entities))
    used: dict[str, Counter[str]] = defaultdict(Counter)
    for quad in triples:
        for kind in kinds.get(quad.subject, ()):
            used[kind][quad.predicate.value] += 1
    for iri, count in sorted(entities.items()):
        part = f"{dataset}/class/{_short(iri, base)}"
        yield dataset, "void:classPartition", NamedNode(part)
        yield part, "void:class", NamedNode(iri)
        yield part, "void:entities", _number(count)
        yield from _properties(used[iri], base, part)


def _properties(used: Counter[str], base: str, whole: str) -> Iterator[_Statement]:
    """Yield a partition of ``whole`` for each property with the number of its triples."""
    for iri, count in sorted(used.items()):
        part = f"{whole}/property/{_short(iri, base)}"
        yield whole, "void:propertyPartition", NamedNode(part)
        yield part, "void:property", NamedNode(iri)
        yield part, "void:triples", _number(count)


def _short(iri: str, base: str) -> str:
    """Return an IRI as a segment of a path: with a prefix of ours, else percent-encoded."""
    short = shorten(iri, prefixes(base))
    prefix, colon, local = short.partition(":") if short != iri else ("", "", iri)
    return prefix + colon + quote(local, safe="")


def _named_graphs(store: Store, base: str, dataset: str) -> Iterator[_Statement]:
    sources = f"{base}graph/source/"
    present = {graph.value for graph in store.named_graphs() if isinstance(graph, NamedNode)}
    named = sorted(present | {base + META})
    given = [name for name in named if name.startswith(sources)]
    for name in named:
        yield dataset, "sd:namedGraph", NamedNode(name)
        yield name, "rdf:type", term("sd:NamedGraph")
        yield name, "rdf:type", term("void:Dataset")
        yield name, "sd:name", NamedNode(name)
        if name in present:  # the description cannot count itself
            yield name, "void:triples", _number(_size(store, name))
        about = _GRAPHS.get(name.removeprefix(base))
        if about:
            yield name, "dcterms:description", Literal(about, language="en")
        for origin in _origins(name, base, given):
            yield name, "dcterms:source", NamedNode(origin)


def _size(store: Store, name: str) -> int:
    return sum(1 for _ in store.quads_for_pattern(None, None, None, NamedNode(name)))


def _origins(name: str, base: str, given: Iterable[str]) -> Iterable[str]:
    """Return what a graph is taken from: a source, or for what we made the graphs it rests on."""
    number = name.removeprefix(f"{base}graph/source/")
    if number != name:
        return [f"{base}id/source/{number}"]
    if name == base + INFERRED:
        return [*given, base + ONTOLOGY, base + CURATION, base + VOCAB]
    if name == base + CURATION:
        return given
    return [base + "dataset"]


def _distributions(base: str, dataset: str) -> Iterator[_Statement]:
    for name, media in _DUMPS.items():
        file = base + name
        yield dataset, "void:dataDump", NamedNode(file)
        yield dataset, "dcat:distribution", NamedNode(file + "#distribution")
        yield file + "#distribution", "rdf:type", term("dcat:Distribution")
        yield (
            file + "#distribution",
            "dcterms:title",
            Literal(f"The dataset as {name}", language="en"),
        )
        yield file + "#distribution", "dcterms:license", NamedNode(_LICENCE)
        yield file + "#distribution", "dcat:accessURL", NamedNode(dataset)
        yield file + "#distribution", "dcat:downloadURL", NamedNode(file)
        kind = f"https://www.iana.org/assignments/media-types/{media}"
        yield file + "#distribution", "dcat:mediaType", NamedNode(kind)


def _number(count: int) -> Literal:
    return Literal(count)
