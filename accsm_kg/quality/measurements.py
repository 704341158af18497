"""Turn the tables of a report on quality into RDF: measurements (DQV) and results (SHACL)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

from accsm_kg.namespaces import QUALITY, prefixes, term
from accsm_kg.quality.results import Result, render
from accsm_kg.rdf import query_files
from accsm_kg.rdf.terms import shorten
from accsm_kg.trace.model import Row

QUERIES = Path(__file__).parent / "queries"
#: The tables that queries give, in the order of the report.
TABLES = ("resources", "sources", "verbatims", "issues", "open-issues", "shapes")
_LDQD = "http://www.w3.org/2016/05/ldqd#"


@dataclass(frozen=True)
class Table:
    """Rows with their headings; ``columns`` maps the names of cells to those.

    A cell with the name of a metric measures the resource that the cell ``this`` of its row names.
    """

    title: str
    text: str
    columns: dict[str, str]
    rows: list[Row] = field(default_factory=list)

    @property
    def cells(self) -> list[list[str]]:
        """The cells to show."""
        return [[shown(name, row.get(name, "")) for name in self.columns] for row in self.rows]

    @property
    def numeric(self) -> list[bool]:
        """Whether each column is one of numbers."""
        return [name in {*metrics(), "value"} for name in self.columns]


@cache
def metrics() -> dict[str, dict[str, str]]:
    """Return the label, the definition and the dimension of everything that is measured."""
    headers = (query_files.read(QUERIES / f"{name}.rq")[1] for name in TABLES)
    return {name: said for header in headers for name, said in header.get("metrics", {}).items()}


def quads(tables: Iterable[Table], results: Sequence[Result], digest: str, base: str) -> set[Quad]:
    """Return the report as RDF: metrics and measurements (DQV) and the results (SHACL).

    Its graph is the dqv:QualityMetadata; ``digest`` is the SHA-256 of the dataset it is about.
    """
    graph = NamedNode(base + QUALITY)
    said = {
        Quad(NamedNode(subject), term(predicate), value, graph)
        for subject, predicate, value in _statements(tables, digest, base)
    }
    return said | set(_results(results, base))


_Said = Iterator[tuple[str, str, NamedNode | Literal]]


def _statements(tables: Iterable[Table], digest: str, base: str) -> _Said:
    graph, dataset = base + QUALITY, NamedNode(f"{base}dataset")
    file = NamedNode(f"{base}accsm.nq")
    yield graph, "rdf:type", term("dqv:QualityMetadata")
    yield graph, "dcterms:source", dataset
    yield graph, "prov:wasDerivedFrom", file
    yield file.value, "schema:sha256", Literal(digest)
    yield dataset.value, "dqv:hasQualityMetadata", NamedNode(graph)
    for name, said in metrics().items():
        yield from _metric(f"{graph}#{name}", name, said)
    for row in (row for table in tables for row in table.rows):
        for name in metrics().keys() & row.keys():
            if row[name]:
                yield from _measurement(graph, name, row, base)


def _metric(node: str, name: str, said: Mapping[str, str]) -> _Said:
    yield node, "rdf:type", term("dqv:Metric")
    yield node, "skos:prefLabel", Literal(said["label"], language="en")
    yield node, "skos:definition", Literal(said["definition"], language="en")
    yield node, "dqv:expectedDataType", _datatype(name)
    yield node, "dqv:inDimension", NamedNode(_LDQD + said["dimension"])


def _measurement(graph: str, name: str, row: Row, base: str) -> _Said:
    path = shorten(row["this"], prefixes(base)).removeprefix(base)
    node = f"{graph}#{name}/{quote(path, safe='/:')}"
    yield node, "rdf:type", term("dqv:QualityMeasurement")
    yield node, "dqv:isMeasurementOf", NamedNode(f"{graph}#{name}")
    yield node, "dqv:computedOn", NamedNode(row["this"])
    yield node, "dqv:value", Literal(row[name], datatype=_datatype(name))


def _results(results: Sequence[Result], base: str) -> Iterator[Quad]:
    """Yield the validation report with its nodes in the graph of the report on quality."""
    graph, report = f"{base}{QUALITY}", f"{base}graph/report"

    def moved(term: Any) -> Any:
        if not (isinstance(term, NamedNode) and term.value.startswith(report)):
            return term
        return NamedNode(f"{graph}#report{term.value.removeprefix(report).replace('#', '/')}")

    for quad in parse(render(results, "turtle", base), format=RdfFormat.TURTLE):
        yield Quad(moved(quad.subject), quad.predicate, moved(quad.object), NamedNode(graph))


def _datatype(name: str) -> NamedNode:
    return term("xsd:decimal" if name == "backed" else "xsd:integer")


def shown(name: str, value: str) -> str:
    """Return a number as people read it, and any other cell as it is."""
    if name == "backed":
        return f"{float(value):.2%}"
    return f"{int(value):,}" if name in metrics() and value else value
