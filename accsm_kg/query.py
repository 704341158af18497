"""Turn a SPARQL query into its answer: a table for people, W3C formats for programs."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Final

from pyoxigraph import (
    DefaultGraph,
    Literal,
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    serialize,
)
from rich.text import Text

from accsm_kg.namespaces import BASE
from accsm_kg.namespaces import prefixes as known_prefixes
from accsm_kg.rdf.dataset import base_iri
from accsm_kg.rdf.terms import Term, shorten
from accsm_kg.terminal import draw, table

Results = QuerySolutions | QueryBoolean | QueryTriples

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
    known = dict(known_prefixes(base_iri(store, BASE)) if prefixes is None else prefixes)
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
        return _graph(results, fmt, known_prefixes(base_iri(store, BASE)))
    if fmt == TABLE:
        return _people(results, store)
    if fmt not in RESULT_FORMATS:
        choice = ", ".join((TABLE, *RESULT_FORMATS))
        raise ValueError(f"{fmt} is for CONSTRUCT and DESCRIBE; for this query choose {choice}")
    return (results.serialize(format=RESULT_FORMATS[fmt]) or b"").decode()


def _graph(results: QueryTriples, fmt: str, prefixes: Mapping[str, str]) -> str:
    chosen = "turtle" if fmt == TABLE else fmt
    if chosen not in GRAPH_FORMATS:
        raise ValueError(f"the answer is a graph; choose {' or '.join(GRAPH_FORMATS)}, not {fmt}")
    written = serialize(results, format=GRAPH_FORMATS[chosen], prefixes=dict(prefixes))
    return (written or b"").decode()


def _people(results: QuerySolutions | QueryBoolean, store: Store) -> str:
    if isinstance(results, QueryBoolean):
        return "yes\n" if results else "no\n"
    prefixes = known_prefixes(base_iri(store, BASE))
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
