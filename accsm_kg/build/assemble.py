"""Assemble the ontology, the shapes and the data into one dataset of named graphs; write it."""

import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import Final

from pyoxigraph import (
    CanonicalizationAlgorithm,
    Dataset,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    QueryTriples,
    RdfFormat,
    Store,
    Triple,
    parse,
    serialize,
)

from accsm_kg.build import rules, sheets, tables, void
from accsm_kg.build.cell_rules import characters
from accsm_kg.build.tables import Reference
from accsm_kg.errors import TableError
from accsm_kg.namespaces import (
    BASE,
    CONVENTIONS,
    INFERRED,
    META,
    ONTOLOGY,
    SHAPES,
    VERSIONS,
    folder_prefixes,
    prefixes,
    remint,
    reminter,
    shown,
    term,
)
from accsm_kg.questions import files, rdf
from accsm_kg.rdf import parsing, query_files
from accsm_kg.rdf.dataset import merge, place
from accsm_kg.rdf.dataset import prefixes as dataset_prefixes
from accsm_kg.rdf.query_files import decoded

#: The files that a build writes: the dataset in two formats, and its description.
FILES = ("accsm.nq", "accsm.trig", "void.ttl")
_READ = (".ttl", ".rq", ".tsv", *sheets.SUFFIXES)
_TYPE, _MEMBER, _SHAPE = term("rdf:type"), term("skos:member"), term("sh:NodeShape")
_SHAPE_NAMES: Final = Path(__file__).with_name("shape_names.rq")


@dataclass(frozen=True)
class Part:
    """What one file of the inputs says, and the resources that it names but does not describe."""

    path: Path
    quads: list[Quad]
    references: list[Reference]


def assemble(root: Path, base: str = BASE) -> Store:
    """Return the dataset of the project at ``root``, with its IRIs under ``base``.

    The store's default graph is the merge of its data graphs. Raises ValueError with one line for
    each fault: file, line or row, column, what is wrong and what to do.
    """
    parts = list(read(root, base))
    quads = [quad for part in parts for quad in part.quads]
    _check_references(quads, [one for part in parts for one in part.references])
    return compose(quads, root, base)


def read(root: Path, base: str = BASE) -> Iterator[Part]:
    """Yield what each file of the ontology, the shapes and the data says.

    Raises ValueError after the last file, with the faults of all files.
    """
    faults = _missing(root)
    if faults:
        raise TableError(faults)
    for path, graph in chain(_turtle_files(root, base), _tables(root / "data", base)):
        try:
            yield _read_file(path, graph, root / "data", base)
        except ValueError as error:
            faults.append(str(error))
    if faults:
        raise TableError(faults)


def _read_file(path: Path, graph: NamedNode, data: Path, base: str) -> Part:
    if path.suffix == ".ttl":
        quads = _read_turtle(path, graph, base)
        return Part(path, [*quads, *_members(path, quads, base)], [])
    table = tables.read(path, data, base)
    return Part(path, list(place(table.triples, graph)), table.references)


def _members(path: Path, quads: Sequence[Quad], base: str) -> Iterator[Quad]:
    """Yield the terms or node shapes of a file as members of its topic: see shapes/topics.ttl."""
    topic, shapes = NamedNode(f"{base}shapes/{path.stem}"), NamedNode(base + SHAPES)
    if not path.match("ontology/*.ttl") and not path.match("shapes/*.ttl"):
        return
    for subject, predicate, kind, _ in quads:
        is_term = isinstance(subject, NamedNode) and subject.value.startswith(f"{base}ontology#")
        if predicate == _TYPE and (is_term or kind == _SHAPE):
            yield Quad(topic, _MEMBER, subject, shapes)


def compose(quads: Iterable[Quad], root: Path, base: str = BASE) -> Store:
    """Return the dataset of ``quads``, with stored questions, inference and a description."""
    store = Store()
    store.bulk_extend(quads)
    store.bulk_extend(_shape_names(store, base))
    questions = files.read(root / "data" / "queries", base)
    store.bulk_extend(rdf.publish(questions, _prefixes(store, base), base))
    merge(store, replace(CONVENTIONS, base=base))
    inferred = list(rules.closure(store, root / "ontology" / "rules", base))
    store.bulk_extend(place(inferred, NamedNode(base + INFERRED)))
    store.bulk_extend(void.quads(store, base))
    return store


def _shape_names(store: Store, base: str) -> Iterator[Quad]:
    """Yield the names of the shapes in ``store`` as programs look for them: see shape_names.rq."""
    names = store.query(query_files.read(_SHAPE_NAMES, reminter(base))[0])
    assert isinstance(names, QueryTriples)
    return place(set(names), NamedNode(base + SHAPES))


def _prefixes(store: Store, base: str) -> dict[str, str]:
    """Return the prefixes of the project and of the folders of things in ``store``."""
    typed = store.quads_for_pattern(None, _TYPE, None, None)
    things = {quad.subject.value for quad in typed if isinstance(quad.subject, NamedNode)}
    return {**prefixes(base), **folder_prefixes(things, base)}


def write(store: Store, folder: Path, base: str = BASE) -> list[Path]:
    """Write accsm.nq (RDFC-1.0 canonical, sorted), accsm.trig and void.ttl, and return their paths.

    Equal datasets give equal bytes. The files of an earlier build are replaced only once all new
    ones are on disk.
    """
    named = Dataset(quad for quad in store if quad.graph_name != DefaultGraph())
    named.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    lines = sorted(f"{quad} .\n" for quad in named)
    canonical = "".join(lines).encode()
    quads = list(parse(canonical, format=RdfFormat.N_QUADS))
    meta = NamedNode(base + META)
    description = [quad.triple for quad in quads if quad.graph_name == meta]
    names = shown(dataset_prefixes(store) or prefixes(base))
    contents = (
        canonical,
        _serialized(_by_graph(quads), RdfFormat.TRIG, names),
        _serialized(description, RdfFormat.TURTLE, shown(prefixes(base))),
    )
    return _replace_files(folder, dict(zip(FILES, contents, strict=True)))


def _serialized(
    statements: Iterable[Quad] | Iterable[Triple], kind: RdfFormat, prefixes: dict[str, str]
) -> bytes:
    return serialize(statements, format=kind, prefixes=prefixes) or b""


def _by_graph(quads: Iterable[Quad]) -> list[Quad]:
    return sorted(quads, key=lambda quad: (str(quad.graph_name), str(quad)))


def _replace_files(folder: Path, contents: dict[str, bytes]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    drafts: dict[str, Path] = {}
    try:
        for name, content in contents.items():
            handle, draft = tempfile.mkstemp(dir=folder, prefix=f".{name}.")
            drafts[draft] = folder / name
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(draft).chmod(0o644)
        for draft, path in drafts.items():
            Path(draft).replace(path)
    finally:
        for draft in drafts:
            with suppress(FileNotFoundError):
                Path(draft).unlink()
    return list(drafts.values())


def _turtle_files(root: Path, base: str) -> Iterator[tuple[Path, NamedNode]]:
    versions = root / "ontology" / "versions"
    for name, graph in (("ontology", ONTOLOGY), ("shapes", SHAPES)):
        for path in sorted((root / name).rglob("*.ttl")):
            if path.parent != versions:
                yield path, NamedNode(base + graph)
    for name in VERSIONS:
        yield versions / f"{name.rpartition('/')[2]}.ttl", NamedNode(base + name)
    for path in sorted((root / "data").rglob("*.ttl")):
        yield path, _data_graph(path, root / "data", base)


def _tables(data: Path, base: str) -> Iterator[tuple[Path, NamedNode]]:
    found = sorted(path for path in data.rglob("*") if path.suffix in sheets.SUFFIXES)
    for path in found:
        if path.suffix != sheets.SUFFIXES[0] and path.with_suffix(sheets.SUFFIXES[0]) in found:
            raise ValueError(f"{path}: there is a .csv of the same name; delete one of the two")
        yield path, _data_graph(path, data, base)


def _missing(root: Path) -> list[str]:
    """Return a message for each folder of the inputs that has no files of its own."""
    wanted = {"ontology": (".ttl",), "shapes": (".ttl",), "data": (*sheets.SUFFIXES, ".ttl")}
    return [
        f"{root / folder}: no {' or '.join(suffixes)} files; "
        "name the folder of the project with --root"
        for folder, suffixes in wanted.items()
        if not any(path.suffix in suffixes for path in (root / folder).rglob("*"))
    ]


def unread(root: Path) -> list[Path]:
    """Return the files of the inputs that no part of the build reads."""
    found = (path for name in ("ontology", "shapes", "data") for path in (root / name).rglob("*"))
    hidden = re.compile(r"/[._]")
    return sorted(
        path
        for path in found
        if path.is_file()
        and path.suffix not in _READ
        and not hidden.search(f"/{path.relative_to(root).as_posix()}")
        and "answers" not in path.parts
    )


def _data_graph(path: Path, data: Path, base: str) -> NamedNode:
    """Return the named graph of a data file: source/NNN, or the first folder below ``data``."""
    parts = path.relative_to(data).parts[:-1]
    if not parts or (parts[0] == "source" and len(parts) == 1):
        raise ValueError(f"{path}: in no graph folder; move it to vocab/, curation/ or source/NNN/")
    return NamedNode(f"{base}graph/{'/'.join(parts[: 2 if parts[0] == 'source' else 1])}")


def _read_turtle(path: Path, graph: NamedNode, base: str) -> list[Quad]:
    file = BytesIO(remint(decoded(path), base).encode())
    found = parsing.quads(file, RdfFormat.TURTLE, str(path), remedy="@base")
    triples = [quad.triple for quad in found]
    if not triples:
        raise ValueError(f"{path}: the file has no statements; fill it or delete it")
    faults = [
        f"{path}: {triple.predicate} of {triple.subject} {fault}"
        for triple in triples
        if isinstance(triple.object, Literal) and (fault := characters(triple.object.value))
    ]
    if faults:
        raise TableError(faults)
    return list(place(triples, graph))


def _check_references(quads: Iterable[Quad], references: Iterable[Reference]) -> None:
    """Raise ValueError with a line for each reference to a resource that has no rdf:type."""
    described = {quad.subject for quad in quads if quad.predicate == _TYPE}
    faults = [
        f"{reference.where}; correct the name, or describe the resource"
        for reference in references
        if reference.iri not in described
    ]
    if faults:
        raise TableError(faults)
