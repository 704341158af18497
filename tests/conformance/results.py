"""Read results of queries in every format of the tests, and compare them."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    Literal,
    NamedNode,
    Quad,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Store,
    Triple,
    parse,
    parse_query_results,
)

from accsm_kg.namespaces import prefixes

Term = NamedNode | BlankNode | Literal | Triple
Row = dict[str, Term]

_TABLES = {
    "srj": QueryResultsFormat.JSON,
    "srx": QueryResultsFormat.XML,
    "tsv": QueryResultsFormat.TSV,
}
_GRAPHS = {"ttl": RdfFormat.TURTLE, "rdf": RdfFormat.RDF_XML}
_RDF, _XSD = prefixes()["rdf"], prefixes()["xsd"]
_RESULT_SET = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
_NODE = NamedNode("urn:node")


@dataclass(frozen=True)
class Table:
    """The rows of a SELECT query; a variable without a value is not in its row."""

    variables: frozenset[str]
    rows: tuple[Row, ...]
    ordered: bool = False


@dataclass(frozen=True)
class Graph:
    """The triples of a CONSTRUCT query, as quads of the default graph."""

    quads: tuple[Quad, ...]


Result = bool | Table | Graph


@dataclass(frozen=True)
class Comparison:
    """How two results differ, "" if they do not; and whether literals differ in spelling alone."""

    fault: str
    by_value: bool = False


def read(body: bytes, suffix: str, base: str = "urn:base") -> Result:
    """Return a result in the format of ``suffix``; raises SyntaxError or ValueError.

    Turtle and RDF/XML may hold a graph, or a table or boolean in the vocabulary of the tests.
    """
    if suffix in _GRAPHS:
        graph = Graph(tuple(parse(body, format=_GRAPHS[suffix], base_iri=base)))
        return _Described(graph).result()
    if suffix == "csv":
        return _csv(body.decode())
    results = parse_query_results(body, format=_TABLES[suffix])
    if not isinstance(results, QuerySolutions):
        return bool(results)
    names = [variable.value for variable in results.variables]
    rows = ({name: row[name] for name in names if row[name] is not None} for row in results)
    return Table(frozenset(names), tuple(rows))


def _csv(text: str) -> Table:
    """Return a table of strings, of numbers as doubles, and of blank nodes."""
    reader = csv.DictReader(io.StringIO(text))
    rows = tuple({name: _cell(cell) for name, cell in row.items() if cell} for row in reader)
    return Table(frozenset(reader.fieldnames or ()), rows)


def _cell(cell: str) -> Term:
    if cell.startswith("_:"):
        return BlankNode(cell[2:])
    try:
        float(cell)
    except ValueError:
        return Literal(cell)
    return Literal(cell, datatype=NamedNode(f"{_XSD}double"))


class _Described:
    """A graph that may describe a table or a boolean."""

    def __init__(self, graph: Graph) -> None:
        self._graph, self._dataset = graph, Dataset(graph.quads)

    def result(self) -> Result:
        """Return the table or boolean, or the graph itself."""
        kind = NamedNode(f"{_RDF}type"), NamedNode(f"{_RESULT_SET}ResultSet")
        node = next((q.subject for q in self._dataset if (q.predicate, q.object) == kind), None)
        if node is None:
            return self._graph
        if booleans := self._texts(node, "boolean"):
            return booleans[0] == "true"
        names = frozenset(self._texts(node, "resultVariable"))
        solutions = sorted(self._all(node, "solution"), key=self._index)
        ordered = any(self._all(solution, "index") for solution in solutions)
        return Table(names, tuple(map(self._row, solutions)), ordered)

    def _index(self, solution: Term) -> int:
        return next(map(int, self._texts(solution, "index")), 0)

    def _row(self, solution: Term) -> Row:
        bindings = self._all(solution, "binding")
        return {self._texts(b, "variable")[0]: self._all(b, "value")[0] for b in bindings}

    def _texts(self, subject: Term, name: str) -> list[str]:
        return [term.value for term in self._all(subject, name) if isinstance(term, Literal)]

    def _all(self, subject: Term, name: str) -> list[Term]:
        assert isinstance(subject, NamedNode | BlankNode)
        predicate = NamedNode(_RESULT_SET + name)
        quads = self._dataset.quads_for_subject(subject)
        return [quad.object for quad in quads if quad.predicate == predicate]


def compare(found: Result, expected: Result, lax: bool = False) -> Comparison:
    """Compare results: rows as a bag, or in their order if ``expected`` gives one.

    Blank nodes are equal where one mapping of them makes the results equal. Literals are compared
    as they are written, then in the spelling that the engine has for their value, such as 1 for
    01; their datatypes must be the same. With ``lax``, rows of ``expected`` may be found fewer
    times, but once.
    """
    if isinstance(found, Table) and isinstance(expected, Table):
        found = replace(found, ordered=expected.ordered)
    same = _same_rows if lax else _same
    if same(found, expected):
        return Comparison("")
    if same(_respelt(found), _respelt(expected)):
        return Comparison("", by_value=True)
    sizes = _size(found), _size(expected)
    differs = f"{sizes[0]}, expected {sizes[1]}"
    return Comparison(differs if sizes[0] != sizes[1] else f"other {sizes[0]} than expected")


def _same(found: Result, expected: Result) -> bool:
    if isinstance(found, bool) or isinstance(expected, bool):
        return found is expected
    return _canonical(found) == _canonical(expected)


def _same_rows(found: Result, expected: Result) -> bool:
    """Return whether tables without blank nodes have the same rows, ``found`` no more of any."""
    if not isinstance(found, Table) or not isinstance(expected, Table):
        return False
    counts, most = (Counter(frozenset(row.items()) for row in t.rows) for t in (found, expected))
    return found.variables == expected.variables and counts.keys() == most.keys() and counts <= most


def _canonical(result: Table | Graph) -> list[str]:
    """Return lines that are the same for isomorphic results."""
    quads = result.quads if isinstance(result, Graph) else _quads(result)
    dataset = Dataset(quads)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return sorted(map(str, dataset))


def _quads(table: Table) -> Iterator[Quad]:
    for name in table.variables:
        yield Quad(_NODE, NamedNode("urn:variable"), Literal(name))
    for number, row in enumerate(table.rows):
        node = BlankNode()
        yield Quad(node, NamedNode("urn:row"), Literal(number if table.ordered else 0))
        for name, term in row.items():
            yield Quad(node, NamedNode(f"urn:variable:{name}"), term)


def _respelt(result: Result) -> Result:
    """Return ``result`` with every literal as the engine spells its value."""
    if isinstance(result, Graph):
        quads = (Quad(q.subject, q.predicate, _spelling(q.object)) for q in result.quads)
        return Graph(tuple(quads))
    if isinstance(result, Table):
        rows = ({name: _spelling(term) for name, term in row.items()} for row in result.rows)
        return replace(result, rows=tuple(rows))
    return result


@lru_cache
def _spelling(term: Term) -> Term:
    """Return a literal with the spelling that a store gives it, and with its own datatype."""
    if not isinstance(term, Literal) or term.language:
        return term
    store = Store()
    store.add(Quad(_NODE, _NODE, term))
    (kept,) = (quad.object for quad in store)
    assert isinstance(kept, Literal)
    return Literal(kept.value, datatype=term.datatype)


def _size(result: Result) -> str:
    if isinstance(result, bool):
        return str(result)
    if isinstance(result, Table):
        return f"{len(result.rows)} row{'s' * (len(result.rows) != 1)}"
    return f"{len(result.quads)} triple{'s' * (len(result.quads) != 1)}"
