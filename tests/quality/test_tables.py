"""The tables of the report: counts, missing evidence and validation results."""

from collections import Counter
from pathlib import Path

from pyoxigraph import Store
from quality.reading import ask, measured, tables, written

from accsm_kg.namespaces import BASE
from accsm_kg.quality.results import Result

ACCSM = f"{BASE}ontology#"
DATASET = f"{BASE}dataset"


def test_every_resource_that_needs_backing_has_it(report: Path) -> None:
    found = measured(report)
    assert found["unbacked", DATASET] == "0"
    assert found["backed", DATASET] == "1"
    assert int(found["evidenced", DATASET]) + int(found["reasoned", DATASET]) == int(
        found["stated", DATASET]
    )
    assert found["stated", f"{ACCSM}Country"] == found["stated", f"{ACCSM}Evidence"] == "0"
    assert "Resources without backing" not in tables(report)


def test_a_resource_without_evidence_is_listed(
    store: Store, dataset_path: Path, results: list[Result], tmp_path: Path
) -> None:
    lost, reasoned = (f"<{BASE}id/project/2016-2020/{n}> <{ACCSM}" for n in (6, 7))
    folder = written(
        tmp_path,
        dataset_path,
        results,
        (f"{lost}hasEvidence>", f"{lost}hasPart>"),
        (f"{reasoned}hasEvidence>", f"{reasoned}curationNote>"),
    )
    found = measured(folder)
    assert found["unbacked", DATASET] == found["unbacked", f"{ACCSM}Project"] == "1"
    assert found["reasoned", f"{ACCSM}Project"] == "1"
    assert 0.99 < float(found["backed", DATASET]) < 1
    assert tables(folder)["Resources without backing"][1:] == [["project/2016-2020/6", "project"]]
    projects = ask(store, "?x a accsm:Project")
    row = ["project", str(projects), str(projects), str(projects - 2), "1", "1"]
    assert row in tables(folder)["Resources by class"]


def test_issues_are_counted_by_kind_and_the_open_ones_listed(store: Store, report: Path) -> None:
    found, shown = measured(report), tables(report)
    whole = sum(int(found[name, DATASET]) for name in ("certain", "probable", "open"))
    assert whole == ask(store, "?x a accsm:CurationIssue")
    assert len(shown["Open issues"]) - 1 == int(found["open", DATASET])
    kinds = {row[0]: row[1:] for row in shown["Issues by kind"]}
    misprints = ("certain", "probable", "open")
    assert kinds["misprint"] == [found[n, f"{BASE}id/concept/misprint"] for n in misprints]


def test_results_are_listed_by_shape_and_by_resource(
    store: Store, results: list[Result], report: Path
) -> None:
    found, shown = measured(report), tables(report)
    by_rule = Counter(result.rule for result in results)
    infos = [value for (metric, on), value in found.items() if metric == "infos" and "#" in on]
    assert found["warnings", DATASET] == found["warnings", f"{BASE}shapes#R-X-02"]
    assert found["warnings", DATASET] == str(by_rule["R-X-02"]) != "0"
    assert found["unexpected", DATASET] == found["violations", DATASET] == "0"
    assert found["infos", DATASET] == str(by_rule["R-I-01"]) == str(sum(map(int, infos))) != "0"
    shapes = {row[0]: row[3:] for row in shown["Shapes"]}
    projects = ask(store, "?x a accsm:Project")
    assert shapes["R-X-02"] == [str(projects), "", str(by_rule["R-X-02"]), ""]
    of_38 = [row for row in shown["Results by resource"] if row[0] == "project/2016-2020/38"]
    assert [(row[2], row[3]) for row in of_38] == [("R-X-02", "Expected warning")]
    assert "(issue project-38-kra)" in of_38[0][5]
    order = [row[0] for row in shown["Results by resource"]]
    assert order.index("project/2016-2020/2") < order.index("project/2016-2020/11")
