"""Turn a SPARQL query into its answer: a table for people, W3C formats for programs."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    Triple,
    serialize,
)
from rich.text import Text

from accsm_kg.namespaces import prefixes as known_prefixes
from accsm_kg.rdf import query_files
from accsm_kg.rdf.dataset import base_iri
from accsm_kg.terminal import draw, table

Results = QuerySolutions | QueryBoolean | QueryTriples
Term = NamedNode | BlankNode | Literal | Triple

TABLE: Final = "table"
RESULT_FORMATS: Final = {
    "json": QueryResultsFormat.JSON,
    "csv": QueryResultsFormat.CSV,
    "tsv": QueryResultsFormat.TSV,
    "xml": QueryResultsFormat.XML,
}
GRAPH_FORMATS: Final = {"turtle": RdfFormat.TURTLE, "ntriples": RdfFormat.N_TRIPLES}
FORMATS: Final = (TABLE, *RESULT_FORMATS, *GRAPH_FORMATS)

_LABELS = tuple(
    NamedNode(known_prefixes()[p] + n) for p, n in (("skos", "prefLabel"), ("rdfs", "label"))
)
_POSITION = re.compile(r"\s*error at (\d+):(\d+): (.*)", re.DOTALL)
_DECLARED = re.compile(r"\bPREFIX\s+([\w-]*):", re.IGNORECASE)
_NOT_CODE = re.compile(
    r"\"\"\".*?\"\"\"|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|<[^<>\s]*>|#.*", re.S
)
_PREFIXED = re.compile(r"(?<![\w?$:.-])([A-Za-z][\w-]*):")


def run(store: Store, text: str, prefixes: Mapping[str, str] | None = None) -> Results:
    """Return the answer of ``store`` to a SPARQL 1.1 query.

    The project's prefixes (or ``prefixes``) need not be declared. Raises ValueError that names the
    line, the column and what to do when the query does not parse.
    """
    known = dict(known_prefixes(base_iri(store)) if prefixes is None else prefixes)
    try:
        return store.query(text, prefixes=known)
    except SyntaxError as error:
        raise ValueError(_fault(str(error), text, known)) from None


def run_cli(store: Store, text: str, fmt: str = TABLE) -> str:
    """Return the answer to a query as text in one of `FORMATS`.

    A table shows labels, or short forms, in place of IRIs. Raises ValueError for a query that does
    not parse and for a format that does not suit its answer.
    """
    if fmt not in FORMATS:
        raise ValueError(f"unknown format '{fmt}'; choose one of {', '.join(FORMATS)}")
    results = run(store, text)
    if isinstance(results, QueryTriples):
        return _graph(results, fmt, known_prefixes(base_iri(store)))
    if fmt == TABLE:
        return _people(results, store)
    if fmt not in RESULT_FORMATS:
        choice = ", ".join((TABLE, *RESULT_FORMATS))
        raise ValueError(f"{fmt} is for CONSTRUCT and DESCRIBE; for this query choose {choice}")
    return (results.serialize(format=RESULT_FORMATS[fmt]) or b"").decode()


def shorten(iri: str, prefixes: Mapping[str, str]) -> str:
    """Return ``iri`` with the longest namespace it begins with written as a prefix.

    >>> shorten('http://schema.org/name', {'schema': 'http://schema.org/'})
    'schema:name'
    """
    fitting = [(len(space), name) for name, space in prefixes.items() if iri.startswith(space)]
    if not fitting:
        return iri
    length, name = max(fitting)
    return f"{name}:{iri[length:]}"


def _graph(results: QueryTriples, fmt: str, prefixes: Mapping[str, str]) -> str:
    chosen = "turtle" if fmt == TABLE else fmt
    if chosen not in GRAPH_FORMATS:
        raise ValueError(f"the answer is a graph; choose {' or '.join(GRAPH_FORMATS)}, not {fmt}")
    written = serialize(results, format=GRAPH_FORMATS[chosen], prefixes=dict(prefixes))
    return (written or b"").decode()


def _people(results: QuerySolutions | QueryBoolean, store: Store) -> str:
    if isinstance(results, QueryBoolean):
        return "yes\n" if results else "no\n"
    prefixes = known_prefixes(base_iri(store))
    columns = [variable.value for variable in results.variables]
    rows = [_row(list(solution), store, prefixes) for solution in results]
    count = Text(f"{len(rows)} row{'' if len(rows) == 1 else 's'}", style="dim")
    return draw(table(columns, rows), count) if rows else "no rows\n"


def _row(terms: Sequence[Term | None], store: Store, prefixes: Mapping[str, str]) -> list[str]:
    """Return the cells of a row: an IRI as its label unless another cell says the same."""
    said = {term.value for term in terms if isinstance(term, Literal)}

    def cell(term: Term | None) -> str:
        if isinstance(term, Literal):
            return term.value
        if not isinstance(term, NamedNode):
            return "" if term is None else str(term)
        label = _label(term, store)
        return shorten(term.value, prefixes) if label is None or label in said else label

    return list(map(cell, terms))


def _label(node: NamedNode, store: Store) -> str | None:
    for predicate in _LABELS:
        for quad in store.quads_for_pattern(node, predicate, None, DefaultGraph()):
            if isinstance(quad.object, Literal):
                return quad.object.value
    return None


def _fault(message: str, text: str, prefixes: Mapping[str, str]) -> str:
    """Return a parser's message with its place in words, and a hint where we have one."""
    found = _POSITION.match(message)
    where = f"line {found[1]}, column {found[2]}" if found else "some line"
    said = " ".join((found[3] if found else message).split())
    unknown = _unknown_prefixes(text, prefixes)
    if not unknown:
        return f"the query does not parse at {where}: {said}"
    hint = _prefix_hint(unknown[0], prefixes)
    said = "" if "Prefix not found" in said else f"{said}; "
    return f"the query does not parse at {where}: {said}{hint}"


def _unknown_prefixes(text: str, prefixes: Mapping[str, str]) -> list[str]:
    declared = {*_DECLARED.findall(text), *prefixes, "_"}
    used = _PREFIXED.findall(_NOT_CODE.sub(" ", text))
    return [name for name in used if name not in declared]


def _prefix_hint(name: str, prefixes: Mapping[str, str]) -> str:
    close = get_close_matches(name, prefixes, n=1)
    meant = f"did you mean {close[0]}: ? Else " if close else ""
    return (
        f"no prefix {name}: is known; {meant}declare it with PREFIX {name}: <…>. "
        f"Known without declaration: {', '.join(prefixes)}"
    )


def rows(store: Store, path: Path, this: NamedNode | None = None) -> list[dict[str, str]]:
    """Return the answer of ``store`` to the SELECT in the file ``path``, a dict for each row.

    `$this` in the query stands for ``this``, as in SHACL. An IRI or a literal is given by its
    text, and a variable that is not bound by the empty string.
    """
    text, _ = query_files.read(path, base_iri(store))
    results = store.query(text.replace("$this", str(this)) if this else text)
    if not isinstance(results, QuerySolutions):
        raise TypeError(f"{path}: it must be a SELECT query")
    names = [variable.value for variable in results.variables]
    return [dict(zip(names, map(_text, solution), strict=True)) for solution in results]


def _text(term: Term | None) -> str:
    return term.value if isinstance(term, NamedNode | Literal) else ""


def join(
    rows: Sequence[Mapping[str, str]], column: str, glue: str = ", ", along: str = ""
) -> list[dict[str, str]]:
    """Return rows that differ in ``column`` (and ``along``) only as one, its values joined.

    A value is joined once for each value of ``along``.

    >>> join([{'a': '1', 'b': 'x'}, {'a': '1', 'b': 'y'}, {'a': '2', 'b': 'z'}], 'b')
    [{'a': '1', 'b': 'x, y'}, {'a': '2', 'b': 'z'}]
    """
    groups: dict[tuple[str, ...], dict[tuple[str, str], Mapping[str, str]]] = {}
    for row in rows:
        rest = tuple(value for name, value in row.items() if name not in (column, along))
        groups.setdefault(rest, {}).setdefault((row.get(along, ""), row[column]), row)
    return [
        {**next(iter(group.values())), column: glue.join(value for _, value in group)}
        for group in groups.values()
    ]
