"""The RDF of a report: measurements of the dataset and a SHACL report."""

from pathlib import Path

import pytest
from pyoxigraph import DefaultGraph, NamedNode, Store
from quality.reading import ask, measured, written

from accsm_kg.namespaces import BASE, QUALITY
from accsm_kg.quality.results import Result
from accsm_kg.rdf import dataset

ACCSM = f"{BASE}ontology#"
DATASET = f"{BASE}dataset"
SOURCE = f"{BASE}id/source/002"
GRAPH = f"{BASE}{QUALITY}"


@pytest.mark.parametrize(
    ("metric", "on", "pattern"),
    [
        ("resources", f"{ACCSM}Project", "?x a accsm:Project"),
        ("evidenced", f"{ACCSM}Project", "?x a accsm:Project ; accsm:hasEvidence ?e"),
        ("resources", f"{ACCSM}Evidence", "?x a accsm:Evidence"),
        ("resources", DATASET, "GRAPH ?g { ?x a ?c } FILTER(STRSTARTS(STR(?x), STR(id:)))"),
        ("evidence", DATASET, "?x a accsm:Evidence"),
        ("verbatims", DATASET, "?x a accsm:Evidence ; accsm:verbatim ?w"),
        ("evidence", SOURCE, f"?x a accsm:Evidence ; dcterms:source <{SOURCE}>"),
        ("open", DATASET, "?x accsm:confidence accsm-v:open"),
        (
            "certain",
            f"{BASE}id/concept/misprint",
            "?x accsm:defectType accsm-v:misprint ; accsm:confidence accsm-v:certain",
        ),
        (
            "shapes",
            DATASET,
            "GRAPH graph:shapes { ?x a sh:NodeShape ; sh:order ?o }"
            " FILTER(?x != accsm-sh:member-state)",
        ),
        ("checked", f"{BASE}shapes#R-PRJ-01", "?x a accsm:Project"),
        ("checked", f"{BASE}shapes#R-ARC-01-one", "?any accsm:hostedBy ?x"),
        ("checked", f"{BASE}shapes#R-X-20", "?x schema:sameAs ?same"),
    ],
)
def test_a_measurement_equals_a_count(
    store: Store, report: Path, metric: str, on: str, pattern: str
) -> None:
    assert int(measured(report)[metric, on]) == ask(store, pattern) > 0


def test_statements_are_counted_as_a_whole_and_by_source(store: Store, report: Path) -> None:
    found = measured(report)
    graph = NamedNode(f"{BASE}graph/source/002")
    assert int(found["statements", SOURCE]) == len(
        list(store.quads_for_pattern(None, None, None, graph))
    )
    assert int(found["statements", DATASET]) == len(
        list(store.quads_for_pattern(None, None, None, DefaultGraph()))
    )


def test_the_rdf_is_one_sorted_graph_without_blank_nodes(report: Path) -> None:
    text = (report / "quality.nq").read_text(encoding="utf-8")
    store = Store()
    store.bulk_extend(dataset.read(report / "quality.nq"))
    assert sorted(f"{quad} .\n" for quad in store) == text.splitlines(keepends=True)
    assert [graph.value for graph in store.named_graphs()] == [GRAPH]
    assert "_:" not in text


def test_every_measurement_has_a_described_metric(report: Path) -> None:
    store = Store()
    store.bulk_extend(dataset.read(report / "quality.nq"))

    def count(pattern: str) -> int:
        return ask(store, f"GRAPH graph:quality {{ {pattern} }}")

    described = "skos:prefLabel ?l ; skos:definition ?d ; dqv:inDimension ?i ; dqv:expectedDataType"
    measurements = count("?x a dqv:QualityMeasurement")
    assert measurements > 100
    shares = "dqv:isMeasurementOf <https://w3id.org/accsm-kg/graph/quality#backed>"
    assert count("?x dqv:value ?v FILTER(DATATYPE(?v) = xsd:decimal)") == count(f"?x {shares}")
    assert measurements == count("?x dqv:isMeasurementOf ?m . ?m a dqv:Metric")
    assert count("?x a dqv:Metric") == count(f"?x a dqv:Metric ; {described} ?t")
    assert count("?x a dqv:QualityMetadata ; dcterms:source ?d ; prov:wasDerivedFrom ?f") == 1


def test_the_results_are_a_shacl_report_about_resources(
    report: Path, results: list[Result]
) -> None:
    store = Store()
    store.bulk_extend(dataset.read(report / "quality.nq"))
    pattern = (
        "GRAPH graph:quality { ?report a sh:ValidationReport ; sh:conforms true ; sh:result ?x . "
    )
    infos = sum(result.severity == "Info" for result in results)
    assert ask(store, f"{pattern} ?x sh:resultSeverity sh:Info }}") == infos > 0
    project = f"<{BASE}id/project/2016-2020/38>"
    assert (
        ask(store, f"{pattern} ?x sh:focusNode {project} ; sh:sourceShape accsm-sh:R-X-02 }}") == 1
    )
    assert ask(store, f"{pattern} FILTER(!STRSTARTS(STR(?x), '{GRAPH}#report/')) }}") == 0


def test_a_dataset_under_another_base_has_the_same_numbers(
    dataset_path: Path, report: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ACCSM_SOURCES", raising=False)
    base = "http://127.0.0.1:8000/"
    found = measured(written(tmp_path, dataset_path, [], (BASE, base)), base)
    ours = {(metric, on.replace(base, BASE)): value for (metric, on), value in found.items()}
    wanted = measured(report)
    numbers = ("resources", "statements", "evidenced", "evidence", "certain", "checked")
    for key in [key for key in wanted if key[0] in numbers]:
        assert ours[key] == wanted[key], key
