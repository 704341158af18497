"""Load RDF files into a store whose default graph is the merge of its data graphs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Store,
    Triple,
    parse,
)

_SPACE = NamedNode("http://rdfs.org/ns/void#uriSpace")


@dataclass(frozen=True)
class Conventions:
    """The base IRI of a dataset and the graphs to keep out of its default graph.

    ``base`` applies to a dataset without void:uriSpace. ``apart`` holds the names of graphs,
    relative to the base, that are not merged into the default graph.
    """

    base: str
    apart: tuple[str, ...] = ()


def load(path: Path, conventions: Conventions) -> Store:
    """Return a store over an N-Quads, TriG, Turtle or other RDF file, or a folder of them.

    The default graph is the merge of the data graphs: each triple occurs once, and FROM and GRAPH
    work as in SPARQL 1.1. Raises ValueError with file, line and fault for a file that does not
    parse, and OSError for one that cannot be opened.
    """
    store = collect(path)
    merge(store, conventions)
    return store


def collect(path: Path) -> Store:
    """Return a store of the quads in the files, not merged; raises as `load` does."""
    store = Store()
    for file in files(path):
        store.bulk_extend(read(file))
    return store


def fingerprint(store: Store) -> str:
    """Return the SHA-256 of the sorted N-Quads of ``store``, before `merge`.

    Without blank nodes this is the RDFC-1.0 hash, and the hash of a canonical N-Quads file. Every
    load labels blank nodes anew, which changes the fingerprint.
    """
    lines = store.dump(format=RdfFormat.N_QUADS).splitlines(keepends=True)  # type: ignore[union-attr]
    return sha256(b"".join(sorted(lines))).hexdigest()


def statements(store: Store, conventions: Conventions) -> Iterator[Quad]:
    """Yield every quad of ``store`` except those that `merge` added to its default graph."""
    apart = _apart(store, conventions)

    def merged(quad: Quad) -> bool:
        found = store.quads_for_pattern(quad.subject, quad.predicate, quad.object, None)
        graphs = (other.graph_name for other in found)
        return any(isinstance(g, NamedNode | BlankNode) and g.value not in apart for g in graphs)

    for quad in store:
        if quad.graph_name != DefaultGraph() or not merged(quad):
            yield quad


def read(path: Path, copy: IO[bytes] | None = None) -> Iterator[Quad]:
    """Yield the quads of one RDF file, or of its ``copy``, in the format of the suffix of ``path``.

    Raises ValueError with file, line and fault.
    """
    kind = RdfFormat.from_extension(path.suffix.removeprefix("."))
    if kind is None:
        raise ValueError(f"{path}: not an RDF file; name a .nq, .trig, .ttl, .nt, .rdf or .jsonld")
    try:
        yield from parse(copy, format=kind) if copy else parse(path=str(path), format=kind)
    except SyntaxError as error:
        raise ValueError(f"{path}:{error.lineno}: {error.msg}") from None


def merge(store: Store, conventions: Conventions) -> None:
    """Copy every triple of the data graphs of ``store`` to its default graph."""
    apart = _apart(store, conventions)
    triples = [
        quad.triple
        for graph in sorted(store.named_graphs(), key=str)  # equal datasets answer in equal order
        if not (isinstance(graph, NamedNode) and graph.value in apart)
        for quad in store.quads_for_pattern(None, None, None, graph)
    ]
    store.bulk_extend(place(triples, DefaultGraph()))


def default(store: Store) -> Store:
    """Return a store of the default graph of ``store`` alone, which answers queries faster."""
    alone = Store()
    alone.bulk_extend(store.quads_for_pattern(None, None, None, DefaultGraph()))
    return alone


def place(triples: Iterable[Triple], graph: NamedNode | DefaultGraph) -> Iterator[Quad]:
    """Yield ``triples`` as quads of ``graph``."""
    return (Quad(t.subject, t.predicate, t.object, graph) for t in triples)


def base_iri(store: Store, default: str) -> str:
    """Return the void:uriSpace of the dataset without its final `id/`, else ``default``."""
    for quad in store.quads_for_pattern(None, _SPACE, None, None):
        if isinstance(quad.object, Literal):
            return quad.object.value.removesuffix("id/")
    return default


def files(path: Path) -> list[Path]:
    """Return the RDF files of a dataset; raises OSError when there is none at ``path``."""
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist")
    if path.is_file():
        return [path]
    return sorted(file for file in path.rglob("*") if RdfFormat.from_extension(file.suffix[1:]))


def _apart(store: Store, conventions: Conventions) -> set[str]:
    base = base_iri(store, conventions.base)
    return {base + name for name in conventions.apart}
