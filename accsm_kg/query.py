"""Run SPARQL queries and write their results as a table, as RDF or in a W3C results format."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
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
    parse_query_results,
    serialize,
)
from rich.text import Text

from accsm_kg import lookups, namespaces
from accsm_kg.english import counted
from accsm_kg.errors import QueryError, QueryKindError, QuerySyntaxError
from accsm_kg.lookups import Ask, Lookup, Rows, T, read_rows
from accsm_kg.namespaces import BASE
from accsm_kg.rdf import dataset, query_files, xml
from accsm_kg.rdf.dataset import base_iri
from accsm_kg.rdf.explain import explain
from accsm_kg.rdf.hints import FOLDER as HINTS
from accsm_kg.rdf.hints import Request, find
from accsm_kg.rdf.hints import Rows as Solutions
from accsm_kg.rdf.prologue import supply
from accsm_kg.rdf.query_scanner import scan
from accsm_kg.rdf.select_all import in_order
from accsm_kg.rdf.terms import Term, short
from accsm_kg.terminal import check_format, draw, table

Results = QuerySolutions | QueryBoolean | QueryTriples


@dataclass(frozen=True)
class Answer:
    """The answer to a query as text."""

    text: str
    empty: bool
    """Whether it has no rows or triples, is false, or is one row with 0 or without a value."""


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
_EXAMPLES = "See the stored questions for examples: `accsm-kg query` lists them."


def run(store: Store, text: str, prefixes: Mapping[str, str] | None = None) -> Results:
    """Run a SPARQL 1.1 query on ``store``.

    The prefixes of the dataset (or ``prefixes``) need not be declared, and relative IRIs are
    relative to its base. Raises QuerySyntaxError, and QueryError for an unknown function.
    """
    known, base = _prefixes(store) if prefixes is None else prefixes, base_iri(store, BASE)
    supplied = supply(scan(text), known, base)
    try:
        return store.query(in_order(supplied.text, base), base_iri=base)
    except SyntaxError as error:
        message = supplied.relocated(str(error))
        explanation = explain(text, message, known, otherwise=_EXAMPLES)
        raise QuerySyntaxError(explanation) from None
    except RuntimeError as error:
        raise QueryError(f"The query cannot be evaluated: {error}") from None


def answer(store: Store, text: str, fmt: str = TABLE) -> Answer:
    """Run a query and return its answer in one of `FORMATS`.

    A table shows IRIs as labels or short names. Raises QueryError, UnknownNameError for a format
    that does not exist, QueryKindError for one that does not fit the form of the query, and
    XmlError for a text that does not fit XML.
    """
    check_format(fmt, FORMATS)
    results = run(store, text)
    if isinstance(results, QueryTriples):
        return _as_rdf(results, fmt, namespaces.shown(_prefixes(store)))
    if fmt == TABLE:
        return _as_table(results, store)
    if fmt not in RESULT_FORMATS:
        choice = ", ".join((TABLE, *RESULT_FORMATS))
        raise QueryKindError(f"{fmt} is for CONSTRUCT and DESCRIBE; for this query choose {choice}")
    written = results.serialize(format=RESULT_FORMATS[fmt]) or b""
    text = (xml.escaped(written) if fmt == "xml" else written).decode()
    if isinstance(results, QueryBoolean):
        return Answer(text, not results)
    return Answer(text, _seem_empty(_first_rows(text, fmt)))


def short_names(store: Store) -> Callable[[str], str]:
    """Return the function that shortens IRIs to names that can be pasted into a query."""
    prefixes = namespaces.shown(_prefixes(store))
    return partial(short, prefixes=prefixes, base=base_iri(store, BASE))


def hints(store: Store, text: str, empty: bool) -> list[str]:
    """Return hints about a valid query: what was supplied, and what is probably wrong.

    More is looked up if its answer was ``empty``.
    """
    known, base = _prefixes(store), base_iri(store, BASE)
    lookup = find(namespaces.facts(known, base), supply(scan(text), known, base), thorough=empty)
    answered: Solutions | None = None
    try:
        while True:
            answered = _looked_up(store, lookup.send(answered), base)
    except StopIteration as end:
        found: list[str] = end.value
        return found


def _first_rows(written: str, fmt: str) -> list[list[str]]:
    """Return the texts of the first two rows of an answer in one of `RESULT_FORMATS`."""
    if fmt == "csv":
        return [line.split(",") for line in written.split("\r\n", 3)[1:-1]]
    results = parse_query_results(written.encode(), format=RESULT_FORMATS[fmt])
    assert isinstance(results, QuerySolutions)
    return [list(map(_plain, solution)) for solution in islice(results, 2)]


def _plain(term: Term | None) -> str:
    return "" if term is None else getattr(term, "value", str(term))


def _seem_empty(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether there are no rows, or one in which each value is 0 or missing."""
    return not rows or (len(rows) == 1 and all(text in ("", "0") for text in rows[0]))


def _looked_up(store: Store, request: Request, base: str) -> Solutions | None:
    try:
        text = request if isinstance(request, str) else _filled(*request)
        results = store.query(text, base_iri=base)
    except (ValueError, SyntaxError):  # the query may make IRIs that are none
        return None
    assert isinstance(results, QuerySolutions)
    return list(results)


def _filled(name: str, iris: Mapping[str, Collection[str]]) -> str:
    text, _ = query_files.read(HINTS / f"{name}.rq")
    for key, values in iris.items():
        text = text.replace(f"<urn:{key}>", " ".join(str(NamedNode(iri)) for iri in values))
    return text


def _prefixes(store: Store) -> dict[str, str]:
    return {**namespaces.prefixes(base_iri(store, BASE)), **dataset.prefixes(store)}


def _as_rdf(results: QueryTriples, fmt: str, prefixes: Mapping[str, str]) -> Answer:
    chosen = "turtle" if fmt == TABLE else fmt
    if chosen not in GRAPH_FORMATS:
        raise QueryKindError(f"{fmt} cannot hold a graph; choose {' or '.join(GRAPH_FORMATS)}")
    triples = list(results)
    written = serialize(triples, format=GRAPH_FORMATS[chosen], prefixes=dict(prefixes))
    return Answer((written or b"").decode(), not triples)


def _as_table(results: QuerySolutions | QueryBoolean, store: Store) -> Answer:
    if isinstance(results, QueryBoolean):
        return Answer("yes\n" if results else "no\n", not results)
    name = short_names(store)
    columns = [variable.value for variable in results.variables]
    solutions = list(map(list, results))
    rows = [_row(solution, store, name) for solution in solutions]
    count = Text(counted(len(rows), "row"), style="dim")
    drawn = draw(table(columns, rows), count) if rows else "no rows\n"
    return Answer(drawn, _seem_empty([list(map(_plain, solution)) for solution in solutions[:2]]))


def _row(terms: Sequence[Term | None], store: Store, name: Callable[[str], str]) -> list[str]:
    """Return the cells of a row: an IRI is its label, or its name if another cell has that text."""
    texts = {term.value for term in terms if isinstance(term, Literal)}

    def cell(term: Term | None) -> str:
        if isinstance(term, Literal):
            return term.value
        if not isinstance(term, NamedNode):
            return "" if term is None else str(term)
        label = _label(term, store)
        return name(term.value) if label is None or label in texts else label

    return list(map(cell, terms))


def _label(node: NamedNode, store: Store) -> str | None:
    """Return the label of a thing: in English as on the pages, else without language, else any."""
    labels = [
        (not (label.language or "").startswith("en"), label.language or "", place, label.value)
        for place, predicate in enumerate(_LABELS)
        for quad in store.quads_for_pattern(node, predicate, None, DefaultGraph())
        if isinstance(label := quad.object, Literal)
    ]
    return min(labels)[-1] if labels else None


def rows(store: Store, ask: Ask) -> Rows:
    """Run a SELECT query in a file."""
    results = store.query(ask.text(base_iri(store, BASE)))
    if not isinstance(results, QuerySolutions):
        raise TypeError(f"{ask.path}: must be a SELECT query")
    return read_rows([variable.value for variable in results.variables], list(results))


def look_up(store: Store, lookup: Lookup[T]) -> T:
    """Return the result of a lookup over ``store``."""
    return lookups.run(lookup, partial(rows, store))


def join(
    rows: Sequence[Mapping[str, str]], column: str, separator: str = ", ", per: str = ""
) -> list[dict[str, str]]:
    """Merge rows that differ only in ``column`` and ``per``, joining the values of ``column``.

    Equal values of ``column`` are joined once for each value of the column ``per``.

    >>> join([{'a': '1', 'b': 'x'}, {'a': '1', 'b': 'y'}, {'a': '2', 'b': 'z'}], 'b')
    [{'a': '1', 'b': 'x, y'}, {'a': '2', 'b': 'z'}]
    """
    groups: dict[tuple[str, ...], dict[tuple[str, str], Mapping[str, str]]] = {}
    for row in rows:
        rest = tuple(value for name, value in row.items() if name not in (column, per))
        groups.setdefault(rest, {}).setdefault((row.get(per, ""), row[column]), row)
    return [
        {**next(iter(group.values())), column: separator.join(value for _, value in group)}
        for group in groups.values()
    ]
