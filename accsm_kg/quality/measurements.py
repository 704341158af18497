"""The quality report in RDF: measurements (W3C Data Quality Vocabulary) and a SHACL report."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode, Quad

from accsm_kg.namespaces import QUALITY, prefixes, term
from accsm_kg.quality.results import Result, shacl_report
from accsm_kg.quality.tables import Table, metrics
from accsm_kg.rdf.terms import shorten

_LDQD = "http://www.w3.org/2016/05/ldqd#"
_Statement = tuple[str, str, NamedNode | Literal]


def quads(tables: Iterable[Table], results: Sequence[Result], digest: str, base: str) -> set[Quad]:
    """Return the metrics and measurements of ``tables``, and ``results`` as a SHACL report.

    The graph of the quads is a dqv:QualityMetadata; ``digest`` is the SHA-256 of the dataset file.
    """
    graph = NamedNode(base + QUALITY)
    report = shacl_report(results, f"{graph.value}#report", f"{graph.value}#report/")
    return {
        *(Quad(triple.subject, triple.predicate, triple.object, graph) for triple in report),
        *(
            Quad(NamedNode(subject), term(predicate), value, graph)
            for subject, predicate, value in _statements(tables, digest, base)
        ),
    }


def _statements(tables: Iterable[Table], digest: str, base: str) -> Iterator[_Statement]:
    graph, dataset = base + QUALITY, NamedNode(f"{base}dataset")
    file = NamedNode(f"{base}accsm.nq")
    yield graph, "rdf:type", term("dqv:QualityMetadata")
    yield graph, "dcterms:source", dataset
    yield graph, "prov:wasDerivedFrom", file
    yield file.value, "schema:sha256", Literal(digest)
    yield dataset.value, "dqv:hasQualityMetadata", NamedNode(graph)
    for name, described in metrics().items():
        yield from _metric(f"{graph}#{name}", name, described)
    for row in (row for table in tables for row in table.rows):
        for name in metrics().keys() & row.keys():
            if row[name]:
                yield from _measurement(graph, name, row, base)


def _metric(node: str, name: str, described: Mapping[str, str]) -> Iterator[_Statement]:
    yield node, "rdf:type", term("dqv:Metric")
    yield node, "skos:prefLabel", Literal(described["label"], language="en")
    yield node, "skos:definition", Literal(described["definition"], language="en")
    yield node, "dqv:expectedDataType", _datatype(name)
    yield node, "dqv:inDimension", NamedNode(_LDQD + described["dimension"])


def _measurement(graph: str, name: str, row: Mapping[str, str], base: str) -> Iterator[_Statement]:
    path = shorten(row["this"], prefixes(base)).removeprefix(base)
    node = f"{graph}#{name}/{quote(path, safe='/:')}"
    yield node, "rdf:type", term("dqv:QualityMeasurement")
    yield node, "dqv:isMeasurementOf", NamedNode(f"{graph}#{name}")
    yield node, "dqv:computedOn", NamedNode(row["this"])
    yield node, "dqv:value", Literal(row[name], datatype=_datatype(name))


def _datatype(name: str) -> NamedNode:
    return term("xsd:decimal" if name == "backed" else "xsd:integer")
