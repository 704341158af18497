"""Answer a SPARQL query: as a table for people, in W3C formats for programs."""

from collections.abc import Mapping, Sequence
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

from accsm_kg import namespaces
from accsm_kg.errors import AccsmError, QuerySyntaxError
from accsm_kg.namespaces import BASE
from accsm_kg.rdf.dataset import base_iri
from accsm_kg.rdf.explain import explain
from accsm_kg.rdf.terms import Term, shorten
from accsm_kg.terminal import check_format, draw, table

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

_LABELS = tuple(map(namespaces.term, ("skos:prefLabel", "rdfs:label")))
_EXAMPLES = "For queries that work see the stored questions: `accsm-kg query` lists them."


def run(store: Store, text: str, prefixes: Mapping[str, str] | None = None) -> Results:
    """Return the answer of ``store`` to a SPARQL 1.1 query.

    The project's prefixes (or ``prefixes``) need not be declared. Raises QuerySyntaxError.
    """
    known = dict(_prefixes(store) if prefixes is None else prefixes)
    try:
        return store.query(text, prefixes=known)
    except SyntaxError as error:
        explanation = explain(text, str(error), known, declared=known, otherwise=_EXAMPLES)
        raise QuerySyntaxError(explanation) from None


def run_cli(store: Store, text: str, fmt: str = TABLE) -> str:
    """Return the answer to a query as text in one of `FORMATS`.

    A table shows labels, or CURIEs, in place of IRIs. Raises QuerySyntaxError, and AccsmError for a
    format that does not exist or does not suit the answer.
    """
    check_format(fmt, FORMATS)
    results = run(store, text)
    if isinstance(results, QueryTriples):
        return _graph(results, fmt, _prefixes(store))
    if fmt == TABLE:
        return _people(results, store)
    if fmt not in RESULT_FORMATS:
        choice = ", ".join((TABLE, *RESULT_FORMATS))
        raise AccsmError(f"{fmt} is for CONSTRUCT and DESCRIBE; for this query choose {choice}")
    return (results.serialize(format=RESULT_FORMATS[fmt]) or b"").decode()


def _prefixes(store: Store) -> dict[str, str]:
    return namespaces.prefixes(base_iri(store, BASE))


def _graph(results: QueryTriples, fmt: str, prefixes: Mapping[str, str]) -> str:
    chosen = "turtle" if fmt == TABLE else fmt
    if chosen not in GRAPH_FORMATS:
        raise AccsmError(f"the answer is a graph; choose {' or '.join(GRAPH_FORMATS)}, not {fmt}")
    written = serialize(results, format=GRAPH_FORMATS[chosen], prefixes=dict(prefixes))
    return (written or b"").decode()


def _people(results: QuerySolutions | QueryBoolean, store: Store) -> str:
    if isinstance(results, QueryBoolean):
        return "yes\n" if results else "no\n"
    prefixes = _prefixes(store)
    columns = [variable.value for variable in results.variables]
    rows = [_row(list(solution), store, prefixes) for solution in results]
    count = Text(f"{len(rows)} row{'' if len(rows) == 1 else 's'}", style="dim")
    return draw(table(columns, rows), count) if rows else "no rows\n"


def _row(terms: Sequence[Term | None], store: Store, prefixes: Mapping[str, str]) -> list[str]:
    """Return the cells of a row: an IRI as its label unless another cell has the same text."""
    texts = {term.value for term in terms if isinstance(term, Literal)}

    def cell(term: Term | None) -> str:
        if isinstance(term, Literal):
            return term.value
        if not isinstance(term, NamedNode):
            return "" if term is None else str(term)
        label = _label(term, store)
        return shorten(term.value, prefixes) if label is None or label in texts else label

    return list(map(cell, terms))


def _label(node: NamedNode, store: Store) -> str | None:
    for predicate in _LABELS:
        for quad in store.quads_for_pattern(node, predicate, None, DefaultGraph()):
            if isinstance(quad.object, Literal):
                return quad.object.value
    return None
