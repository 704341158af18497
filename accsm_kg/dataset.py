"""Turn RDF files into a store whose default graph is the merge of its data graphs."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse

from accsm_kg.namespaces import APART, BASE, prefixes

_SPACE = NamedNode(prefixes()["void"] + "uriSpace")


def load(path: Path) -> Store:
    """Return a store over an N-Quads, TriG, Turtle or other RDF file, or a folder of them.

    The default graph holds every triple of the data graphs once, so that plain queries, FROM and
    GRAPH all mean what SPARQL 1.1 says. Raises ValueError that names the file, the line and the
    fault, and OSError when a file cannot be read.
    """
    store = Store()
    for file in _files(path):
        store.bulk_extend(read(file))
    merge(store, base_iri(store))
    return store


def read(path: Path) -> Iterator[Quad]:
    """Yield the quads of one RDF file; its format is told by the file name."""
    kind = RdfFormat.from_extension(path.suffix.removeprefix("."))
    if kind is None:
        raise ValueError(f"{path}: unknown kind of file; give .nq, .trig, .ttl, .nt, .rdf, .jsonld")
    try:
        yield from parse(path=str(path), format=kind)
    except SyntaxError as error:
        raise ValueError(f"{path}:{error.lineno}: {error.msg}") from None


def merge(store: Store, base: str = BASE) -> None:
    """Copy every triple of the data graphs of ``store``, under ``base``, to its default graph."""
    apart = {base + name for name in APART}
    triples = [
        quad.triple
        for graph in store.named_graphs()
        if not (isinstance(graph, NamedNode) and graph.value in apart)
        for quad in store.quads_for_pattern(None, None, None, graph)
    ]
    store.bulk_extend(place(triples, DefaultGraph()))


def place(triples: Iterable[Triple], graph: NamedNode | DefaultGraph) -> Iterator[Quad]:
    """Yield ``triples`` as quads of ``graph``."""
    return (Quad(t.subject, t.predicate, t.object, graph) for t in triples)


def base_iri(store: Store) -> str:
    """Return the base that the dataset says its IRIs are minted with, else the canonical one."""
    for quad in store.quads_for_pattern(None, _SPACE, None, None):
        if isinstance(quad.object, Literal):
            return quad.object.value.removesuffix("id/")
    return BASE


def _files(path: Path) -> Iterable[Path]:
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist; run `accsm-kg build` or name a dataset")
    if path.is_file():
        return [path]
    return sorted(file for file in path.rglob("*") if RdfFormat.from_extension(file.suffix[1:]))
