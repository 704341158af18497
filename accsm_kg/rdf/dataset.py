"""Load RDF files into a store whose default graph is the merge of its data graphs."""

import gzip
import heapq
import os
import re
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from hashlib import sha256
from io import BufferedReader
from pathlib import Path
from typing import Any

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    QuerySolutions,
    RdfFormat,
    Store,
    Triple,
)

from accsm_kg.rdf import parsing
from accsm_kg.rdf.terms import is_iri, value_of

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_OPENERS: dict[str, Callable[[BufferedReader], Any]] = {".gz": gzip.open, ".zst": zstd.open}
_DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error, zstd.ZstdError)
#: The files of a folder that are read; a file that is named may have any suffix of an RDF format.
_SUFFIXES = frozenset({".nq", ".trig", ".ttl", ".nt", ".n3", ".rdf", ".jsonld"})
#: The file in a folder of stores on disk that names the current one.
CURRENT = "current"
_MARK = b"\xef\xbb\xbf"
_CHUNK = 1 << 20  # bytes
_MAX_NAMED = 5
_HAS_BLANK_NODES = """
ASK {
  { ?s ?p ?o } UNION { GRAPH ?graph { ?s ?p ?o } }
  FILTER(isBlank(?s) || isBlank(?o) || isBlank(?graph))
}"""
_SPACE = NamedNode("http://rdfs.org/ns/void#uriSpace")
#: The properties that declare a prefix.
DECLARATION = _PREFIX, _NAMESPACE = tuple(
    NamedNode(f"http://www.w3.org/ns/shacl#{name}") for name in ("prefix", "namespace")
)
_PREFIX_NAME = re.compile(r"[A-Za-z](?:[\w.-]*[\w-])?", re.ASCII)


@dataclass(frozen=True)
class Conventions:
    """The base IRI of a dataset and the graphs to keep out of its default graph.

    ``base`` applies to a dataset without void:uriSpace. ``apart`` holds the names of graphs,
    relative to the base, that are not merged into the default graph. ``relative`` is what relative
    IRIs in files are resolved against; without it, they are an error.
    """

    base: str
    apart: tuple[str, ...] = ()
    relative: str = ""


#: Is told what is being done, which share of it is done from 0 to 1, and the lines read so far.
Progress = Callable[[str, float, int], None]


def load(path: Path, conventions: Conventions) -> Store:
    """Return a store over an N-Quads, TriG, Turtle or other RDF file, or a folder of them.

    A file may be packed, as data.nq.gz or data.nq.zst, and begin with a byte order mark. The
    default graph is the merge of the data graphs: each triple occurs once, and FROM and GRAPH work
    as in SPARQL 1.1. Raises ValueError with file, line and fault for a file that does not parse,
    and OSError for one that cannot be opened.
    """
    store = collect(path, conventions.relative)
    merge(store, conventions)
    return store


def collect(path: Path, base: str = "", progress: Progress | None = None) -> Store:
    """Return a store of the quads in the files, not merged; raises as `load` does."""
    store = Store()
    fill(store, [(file, None) for file in files(path)], base, progress)
    return store


def fill(
    store: Store,
    contents: Sequence[tuple[Path, BufferedReader | None]],
    base: str = "",
    progress: Progress | None = None,
) -> str:
    """Load RDF files, or their copies, into ``store``, and return the `fingerprint` of the dataset.

    Labels of blank nodes are kept for N-Quads and N-Triples that come first, else changed with
    every load: then so is the fingerprint. Raises ValueError with file, line and fault.
    """
    is_relabelled, read_so_far = False, _ReadSoFar(len(contents), progress)
    for place, (path, copy) in enumerate(contents):
        kind = _kind(path)
        with _opened(path, copy) as raw:
            read_so_far.begin(raw)
            try:
                with _content(path, raw) as content:
                    is_relabelled |= parsing.load(
                        store, content, kind, base, read_so_far, keep_labels=not place
                    )
            except SyntaxError:
                raw.seek(0)
                for _ in read(path, base, raw):  # which says where
                    pass
                raise
    found = fingerprint(contents)
    if is_relabelled and store.query(_HAS_BLANK_NODES):
        return sha256(found.encode() + os.urandom(len(found))).hexdigest()
    return found


def fingerprint(contents: Sequence[tuple[Path, BufferedReader | None]]) -> str:
    """Return the SHA-256 of the contents of files without packing, or of their copies.

    The lines of several N-Quads files are merged in their order, so that the fingerprint is that of
    one file with the sorted lines of all.
    """
    digest = sha256()
    with ExitStack() as stack:
        files = [
            stack.enter_context(_content(path, stack.enter_context(_opened(path, copy))))
            for path, copy in contents
        ]
        if len(files) > 1 and {_kind(path) for path, _ in contents} == {RdfFormat.N_QUADS}:
            for line in heapq.merge(*files):
                digest.update(line)
        else:
            for file in files:
                while piece := file.read(_CHUNK):
                    digest.update(piece)
    return digest.hexdigest()


@contextmanager
def _opened(path: Path, copy: BufferedReader | None) -> Iterator[BufferedReader]:
    """Open a file, or its ``copy``, at its beginning."""
    with path.open("rb") if copy is None else nullcontext(copy) as file:
        file.seek(0)
        yield file


class _ReadSoFar:
    """How much of several files has been read, and how many lines."""

    def __init__(self, files: int, progress: Progress | None) -> None:
        self._files, self._progress = files, progress
        self._begun, self._lines = 0, 0

    def begin(self, file: BufferedReader) -> None:
        """Go on with a file, which may be packed."""
        self._file, self._begun = file, self._begun + 1
        self._size = max(os.fstat(file.fileno()).st_size, 1)

    def __call__(self, piece: bytes) -> None:
        """Add a piece of the content of the file."""
        self._lines += piece.count(b"\n")
        if self._progress:
            share = self._begun - 1 + self._file.tell() / self._size
            self._progress("reading", share / self._files, self._lines)


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


def read(path: Path, base: str = "", copy: BufferedReader | None = None) -> Iterator[Quad]:
    """Yield the quads of one RDF file, or of its ``copy``, in the format of the suffix of ``path``.

    Relative IRIs are resolved against ``base``. Raises ValueError with file, line and fault.
    """
    kind = _kind(path)
    with _content(path, copy) as file:
        yield from parsing.quads(file, kind, str(path), base)


def _kind(path: Path) -> RdfFormat:
    """Return the RDF format of a file; raises ValueError if its suffix is of none."""
    kind = format_of(path)
    if kind is None:
        raise ValueError(
            f"{path}: not an RDF file; "
            "name a .nq, .trig, .ttl, .nt, .rdf or .jsonld, or one of these with .gz or .zst"
        )
    return kind


@contextmanager
def _content(path: Path, copy: BufferedReader | None) -> Iterator[BufferedReader]:
    """Open a file, or its ``copy``, to read its content without a byte order mark."""
    with unpacked(path, copy) as file:
        if file.peek(len(_MARK)).startswith(_MARK):
            file.read(len(_MARK))
        yield file


def format_of(path: Path) -> RdfFormat | None:
    """Return the RDF format of the suffix of ``path``, ignoring a final .gz or .zst."""
    return RdfFormat.from_extension(_suffix(path)[1:])


def _suffix(path: Path) -> str:
    """Return the suffix of a file in small letters, before .gz or .zst."""
    name = path.with_suffix("") if path.suffix.lower() in _OPENERS else path
    return name.suffix.lower()


@contextmanager
def unpacked(path: Path, copy: BufferedReader | None = None) -> Iterator[BufferedReader]:
    """Open a file, or its ``copy``, to read its content; a .gz or .zst file is decompressed.

    Raises ValueError for a damaged file, also while it is read.
    """
    with nullcontext(copy) if copy else path.open("rb") as file:
        opener = _OPENERS.get(path.suffix.lower())
        if opener is None:
            yield file
            return
        try:
            with BufferedReader(opener(file)) as content:
                yield content
        except _DAMAGED as error:
            kind = "gzip" if opener is gzip.open else "Zstandard"
            raise ValueError(f"{path}: damaged, or not in {kind} format: {error}") from None


def merge(store: Store, conventions: Conventions, progress: Progress | None = None) -> None:
    """Copy every triple of the data graphs of ``store`` to its default graph.

    One property after the other, as the engine holds what an update adds in memory.
    """
    apart = _apart(store, conventions)
    names = ", ".join(
        str(graph)
        for graph in store.named_graphs()
        if isinstance(graph, NamedNode) and graph.value in apart
    )
    chosen = f"FILTER(?graph NOT IN ({names}))" if names else ""
    found = store.query(
        f"SELECT DISTINCT ?property {{ GRAPH ?graph {{ ?s ?property ?o }} {chosen} }}"
    )
    assert isinstance(found, QuerySolutions)
    properties = [str(row["property"]) for row in found]
    for done, name in enumerate(properties):
        if progress:
            progress("merging", done / len(properties), 0)
        pattern = f"?s {name} ?o"
        store.update(f"INSERT {{ {pattern} }} WHERE {{ GRAPH ?graph {{ {pattern} }} {chosen} }}")


def place(triples: Iterable[Triple], graph: NamedNode | DefaultGraph) -> Iterator[Quad]:
    """Yield ``triples`` as quads of ``graph``."""
    return (Quad(t.subject, t.predicate, t.object, graph) for t in triples)


def base_iri(store: Store, default: str) -> str:
    """Return the void:uriSpace of the dataset without its final `id/`, else ``default``."""
    for quad in store.quads_for_pattern(None, _SPACE, None, None):
        if isinstance(quad.object, Literal):
            return quad.object.value.removesuffix("id/")
    return default


def prefixes(store: Store) -> dict[str, str]:
    """Return the prefixes that the dataset declares with sh:prefix and sh:namespace, sorted.

    Left out are prefixes with several namespaces, and names and IRIs that SPARQL does not allow.
    """
    found: dict[str, set[str]] = {}
    for declaration, _, name, _ in store.quads_for_pattern(None, _PREFIX, None, None):
        if isinstance(name, Literal) and _PREFIX_NAME.fullmatch(name.value):
            spaces = store.quads_for_pattern(declaration, _NAMESPACE, None, None)
            found.setdefault(name.value, set()).update(value_of(quad.object) for quad in spaces)
    return {name: spaces.pop() for name, spaces in sorted(found.items())
            if len(spaces) == 1 and is_iri(min(spaces))}  # fmt: skip


def files(path: Path) -> list[Path]:
    """Return the RDF files of a dataset; raises OSError when there is none at ``path``.

    Hidden files of a folder are left out, and those of `unread`.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist")
    if path.is_file():
        return [path]
    found = [file for file in _visible(path) if _suffix(file) in _SUFFIXES]
    if not found and (path / CURRENT).is_file():
        raise FileNotFoundError(
            f"{path} is a store on disk, which is for `serve` alone; "
            "name the RDF files that it was loaded from"
        )
    if not found:
        passed = ", ".join(file.name for file in unread(path)[:_MAX_NAMED]) or "no other files"
        wanted = ", ".join(sorted(_SUFFIXES))
        raise FileNotFoundError(f"{path}: no RDF file ({wanted}, or packed) among {passed}")
    return found


def unread(path: Path) -> list[Path]:
    """Return the files of the folder ``path`` that are not read, as their suffix is of no RDF."""
    return [file for file in _visible(path) if _suffix(file) not in _SUFFIXES]


def _visible(folder: Path) -> list[Path]:
    """Return the files in a folder and below it, without hidden ones such as ._a.ttl."""
    found = (file for file in folder.rglob("*") if file.is_symlink() or file.is_file())
    return sorted(
        file
        for file in found
        if not any(part.startswith(".") for part in file.relative_to(folder).parts)
    )


def _apart(store: Store, conventions: Conventions) -> set[str]:
    base = base_iri(store, conventions.base)
    return {base + name for name in conventions.apart}
