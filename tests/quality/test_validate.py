"""Validating the dataset: it passes, and data removed from its tables are reported."""

import csv
import io
import json
import os
import signal
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks import copies
from project import ROOT, copy_inputs
from pyshacl import validate as shacl
from rdflib.namespace import SH

from accsm_kg.build import assemble
from accsm_kg.namespaces import BASE
from accsm_kg.quality import validate
from accsm_kg.quality.results import FORMATS, Result
from accsm_kg.quality.shacl_store import ShaclStore

PROJECT = f"{BASE}id/project/2016-2020/"
WARNING = Result("R-X-02", "Warning", f"{PROJECT}38", "A title", "Odd.", f"{BASE}shapes#R-X-02")
VIOLATION = replace(WARNING, rule="R-PRJ-01", severity="Violation", message="Wrong.")
INFO = replace(WARNING, rule="R-I-01", severity="Info", message="Blank.")


@pytest.fixture(scope="module")
def outcome(dataset_path: Path) -> tuple[dict[str, object], int]:
    text, status = validate.run(dataset_path, "json")
    return json.loads(text), status


def test_the_dataset_has_no_violation_and_only_the_expected_warnings(outcome) -> None:
    report, status = outcome
    faults = [r for r in report["results"] if r["severity"] != "Info" and not r["reason"]]
    assert faults == []
    assert report["conforms"] is True
    assert status == 0


def test_information_missing_from_the_sources_is_listed(known_path: Path) -> None:
    data, shapes, base = validate.load(known_path)
    found = validate.check(data, validate.only_rules(shapes, "R-I-01"), base)
    infos = [result.message for result in found]
    assert sum("no potential partner" in message for message in infos) == 17
    assert sum("no budget" in message for message in infos) == 11
    assert sum("No project addresses" in message for message in infos) == 1
    assert sum("coordinates no project" in message for message in infos) == 1


#: Rules whose results for a thing do not depend on other copies of it.
LOCAL = ("R-EVD-01", "R-I-01", "R-TIM-01", "R-X-02", "R-X-06", "R-X-07", "R-X-43")


@pytest.fixture(scope="module")
def copied_path(dataset_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The record and one copy of it."""
    return copies.write(dataset_path, 2, tmp_path_factory.mktemp("copied") / "copied.nq")


def test_a_copy_of_the_record_has_its_results_once_more(outcome, copied_path: Path) -> None:
    expected = {
        (result["rule"], name(f"<{result['focus']}>"))
        for result in outcome[0]["results"]
        if result["rule"] in LOCAL
        for name in (str, lambda focus: copies.renamed(focus, 1))
    }
    assert {rule for rule, _ in expected} == {"R-I-01", "R-X-02"}
    data, shapes, base = validate.load(copied_path)
    results = validate.check(data, validate.only_rules(shapes, *LOCAL), base)
    assert {(result.rule, f"<{result.focus}>") for result in results} == expected


def test_rules_that_run_by_themselves_in_forks_give_the_report_of_all(copied_path: Path) -> None:
    rules = ("R-ARC-01", "R-GEN-03", "R-GEN-06", "R-PRJ-03", "R-STM-01", "R-X-24")
    data, shapes, base = validate.load(copied_path)
    shapes = validate.only_rules(shapes, *rules)
    told: list[tuple[str, float]] = []
    results = validate.check(data, shapes, base, lambda what, share, _: told.append((what, share)))
    _, report, _ = shacl(ShaclStore(data), shacl_graph=shapes, inplace=True)
    foci = Counter(str(focus) for focus in report.objects(None, SH.focusNode))
    assert Counter(result.focus for result in results) == foci
    assert {result.rule for result in results} == set(rules)
    whole, each = dict.fromkeys(what for what, _ in told)
    assert whole == "Checking the rules about the whole graph (R-GEN-06)"
    shares = [share for what, share in told if what == each]
    assert (shares[0], shares[-1]) == (0, 1)
    assert shares == sorted(shares)


def test_the_rules_about_the_whole_graph_are_documented(dataset_path: Path) -> None:
    rules = validate.whole_graph_rules(validate.load(dataset_path)[1])
    text = " ".join((ROOT / "docs" / "operating.md").read_text(encoding="utf-8").split())
    assert f"while they run: {', '.join(rules[:-1])} and {rules[-1]}." in text


def test_a_process_that_is_killed_is_reported(
    dataset_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validate._Task, "run", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    data, shapes, base = validate.load(dataset_path)
    with pytest.raises(ChildProcessError, match="was killed, as when memory runs out"):
        validate.check(data, shapes, base)


def test_every_row_of_the_baseline_gives_a_reason() -> None:
    expected = validate.read_baseline(ROOT / "shapes" / "baseline.csv")
    assert expected
    assert all(reason.strip() for reason in expected.values())


def test_a_dataset_under_another_base_is_validated_as_well(tmp_path: Path) -> None:
    base = "http://127.0.0.1:8000/"
    path = assemble.write(assemble.assemble(ROOT, base), tmp_path, base)[0]
    data, shapes, found_base = validate.load(path)
    assert found_base == base
    rules = (
        "R-EVD-01",
        "R-GEN-05",
        "R-I-01",
        "R-X-20",
        "R-X-41",
    )  # with IRIs of ours in their texts
    results = validate.check(data, validate.only_rules(shapes, *rules), base)
    assert {result.severity for result in results} == {"Info"}
    assert all(result.focus.startswith(f"{base}id/") for result in results)


def edit(path: Path, key: tuple[str, ...], column: str, value: str) -> None:
    """Write ``value`` to ``column`` in the row whose first cells are ``key``."""
    head, *rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8")))
    (row,) = [row for row in rows if tuple(row[: len(key)]) == key]
    assert row[head.index(column)] != value
    row[head.index(column)] = value
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([head, *rows])


EDITS = [
    ("projects", ("6", "92"), "action_lines", "", "R-X-24", "6"),
    ("projects", ("3", "87"), "kras", "A.2", "R-X-25", "3"),
    ("projects", ("34", "162"), "priority_areas", "", "R-X-26", "34"),
    ("projects", ("33", "158"), "thematic_areas", "3", "R-X-26", "33"),
    ("projects", ("11", "101"), "printed_code", "", "R-X-26", "11"),
    ("projects", ("22", "128"), "by_month", "2", "R-X-27", "22"),
    ("projects", ("22", "128"), "destination", "", "R-X-33", "22"),
    ("projects", ("13", "108"), "fund", "", "R-X-30", "13"),
    ("projects", ("5", "91"), "funding_modes", "cost-sharing", "R-X-30", "5"),
    ("projects", ("31", "152"), "coordinators", "KHM", "R-X-31", "31"),
    ("projects", ("10", "100"), "partner_status", "not-stated", "R-X-18", "10"),
    ("projects", ("18", "117"), "description", "", "R-X-33", "18"),
    ("projects", ("1", "85"), "measures", "A.2.iv", "R-X-06", "1"),
    ("occurrences", ("4", "1"), "status", "not-stated", "R-X-28", "4"),
    ("occurrences", ("36", "1"), "places", "", "R-X-32", "36/occurrence/1"),
    ("occurrences", ("40", "1"), "component", "", "R-X-32", "40/occurrence/1"),
    ("occurrences", ("12", "2"), "stage", "", "R-X-32", "12/occurrence/2"),
    ("occurrences", ("1", "1"), "latest_end", "", "R-OCC-04", "1/occurrence/1"),
    ("occurrences", ("23", "2"), "earliest_start", "2019-01-01", "R-X-29", "23"),
]


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str]]:
    """The rule and focus of each result for tables with all the changes of EDITS."""
    root = copy_inputs(tmp_path_factory.mktemp("damaged"))
    tables = root / "data" / "source" / "001" / "2016-2020"
    for table, key, column, value, _, _ in EDITS:
        edit(tables / f"{table}.csv", key, column, value)
    data, shapes, base = validate.split(assemble.assemble(root))
    shapes = validate.only_rules(shapes, *{rule for *_, rule, _ in EDITS})
    return {(result.rule, result.focus) for result in validate.check(data, shapes, base)}


@pytest.mark.parametrize("change", EDITS, ids=lambda c: f"{c[0]}-{c[1][0]}-{c[2]}")
def test_a_changed_cell_is_reported(change, damaged) -> None:
    *_, rule, resource = change
    assert (rule, PROJECT + resource) in damaged


def test_a_new_warning_fails() -> None:
    (result,) = validate.apply_baseline([WARNING], {})
    assert result.fails


def test_an_expected_warning_passes_and_keeps_its_reason() -> None:
    (result,) = validate.apply_baseline([WARNING], {("R-X-02", f"{PROJECT}38"): "It stutters."})
    assert not result.fails
    assert result.reason == "It stutters."


def test_an_expected_warning_that_no_longer_occurs_fails() -> None:
    (result,) = validate.apply_baseline([], {("R-X-02", f"{PROJECT}38"): "It stutters."})
    assert result.fails
    assert "remove its row from shapes/baseline.csv" in result.message


def test_a_violation_cannot_be_expected() -> None:
    expected = {("R-PRJ-01", f"{PROJECT}38"): "Never mind."}
    found = validate.apply_baseline([VIOLATION], expected)
    assert [result.fails for result in found] == [True, True]


def test_results_are_sorted_by_severity_and_number() -> None:
    tenth, second = (replace(WARNING, focus=PROJECT + number) for number in ("10", "2"))
    found = validate.apply_baseline([INFO, tenth, second, VIOLATION], {})
    assert found == [VIOLATION, second, tenth, INFO]


def test_an_unknown_format_is_refused_with_the_known_formats(dataset_path: Path) -> None:
    with pytest.raises(ValueError, match=", ".join(FORMATS)):
        validate.run(dataset_path, "xml")


def test_a_missing_dataset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"none\.nq does not exist"):
        validate.run(tmp_path / "none.nq")


def test_a_dataset_without_shapes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bare.ttl"
    path.write_text("<http://example.org/a> <http://example.org/b> 1 .", encoding="utf-8")
    with pytest.raises(
        ValueError, match=r"has no shapes in <.*>; name a dataset made by `accsm-kg build`"
    ):
        validate.run(path)


def test_an_unknown_rule_is_refused(dataset_path: Path) -> None:
    with pytest.raises(ValueError, match="R-NO-99"):
        validate.only_rules(validate.load(dataset_path)[1], "R-NO-99")


# --- shapes and data of others -------------------------------------------------------------------

PREFIXES = """
@prefix ex: <http://example.org/> .
@prefix graph: <https://w3id.org/accsm-kg/graph/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
THING = "ex:R-TST-01 a sh:NodeShape ; sh:targetClass ex:T ; "


def written(folder: Path, shapes: str, data: str) -> Path:
    path = folder / "other.trig"
    path.write_text(f"{PREFIXES} graph:shapes {{ {shapes} }} graph:vocab {{ {data} }}")
    return path


def found(folder: Path, shapes: str, data: str) -> list[tuple[str, ...]]:
    report = json.loads(validate.run(written(folder, shapes, data), "json")[0])
    return [(r["rule"], r["severity"], r["message"], r["focus"]) for r in report["results"]]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("date", "2017-02-30"),
        ("date", "2017-02-03T00:00:00Z"),
        ("date", "2017"),
        ("date", "2017-W05-1"),
        ("gYear", "17"),
        ("integer", "1.0"),
        ("decimal", "1e5"),
        ("boolean", "yes"),
    ],
)
def test_a_value_that_is_not_written_as_its_datatype_is_a_violation(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, kind: str, text: str
) -> None:
    shape = f'{THING} sh:property [ sh:path ex:p ; sh:datatype xsd:{kind} ; sh:message "Wrong." ] .'
    results = found(tmp_path, shape, f'ex:a a ex:T ; ex:p "{text}"^^xsd:{kind} .')
    assert results == [("R-TST-01", "Violation", "Wrong.", "http://example.org/a")]
    assert caplog.text == ""


@pytest.mark.parametrize("text", ["urn:word", "some words"])
def test_a_literal_is_a_focus_node(tmp_path: Path, text: str) -> None:
    shape = (
        "ex:R-TST-01 a sh:NodeShape ; sh:targetObjectsOf ex:p ; sh:sparql [ "
        'sh:message "Bad." ; sh:select "SELECT $this WHERE { FILTER(ISLITERAL($this)) }" ] .'
    )
    assert found(tmp_path, shape, f'ex:a ex:p "{text}" .')[0][2:] == ("Bad.", text)


def test_a_message_is_english_and_a_nameless_shape_has_the_rule_of_its_owner(
    tmp_path: Path,
) -> None:
    messages = 'sh:message "Thai."@th , "Dalam bahasa Melayu."@ms , "In English."@en'
    shape = f"{THING} sh:property [ sh:path ex:p ; sh:minCount 1 ; {messages} ] ."
    (result,) = found(tmp_path, shape, "ex:a a ex:T .")
    assert result[:3] == ("R-TST-01", "Violation", "In English.")


def test_a_severity_of_others_counts_as_a_violation(tmp_path: Path) -> None:
    rule = (
        'sh:property [ sh:path ex:p ; sh:minCount 1 ; sh:message "No." ; sh:severity ex:Fatal ] .'
    )
    assert found(tmp_path, THING + rule, "ex:a a ex:T .")[0][1] == "Violation"


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ('sh:property [ sh:path ex:p ; sh:pattern "[a-" ]', "unterminated character set"),
        ("sh:property [ sh:minCount 1 ]", "not a well-formed SHACL PropertyShape"),
        ('sh:sparql [ sh:select "SELECT $this WHERE { $this ex:p " ]', "error at 5:"),
    ],
    ids=["pattern", "path", "query"],
)
def test_a_shape_that_cannot_be_used_is_named(tmp_path: Path, rule: str, message: str) -> None:
    other = "ex:R-TST-00 a sh:NodeShape ; sh:targetClass ex:T ; sh:nodeKind sh:IRI ."
    path = written(tmp_path, f"{other} {THING} {rule} .", 'ex:a a ex:T ; ex:p "x" .')
    with pytest.raises(ValueError, match=r"^R-TST-01: the shape cannot be used: ") as caught:
        validate.run(path)
    assert message in str(caught.value)


def test_a_component_with_parameters_is_said_not_to_run(tmp_path: Path) -> None:
    component = (
        "ex:C a sh:ConstraintComponent ; sh:parameter [ sh:path ex:most ] ; sh:validator [ a "
        'sh:SPARQLAskValidator ; sh:ask "ASK { FILTER(STRLEN(STR($value)) <= $most) }" ] . '
    )
    shape = f"{component} {THING} sh:property [ sh:path ex:p ; ex:most 3 ] ."
    with pytest.raises(ValueError, match="a constraint component with parameters cannot run"):
        validate.run(written(tmp_path, shape, 'ex:a a ex:T ; ex:p "abcdef" .'))


def test_the_baseline_of_the_project_is_not_that_of_others(tmp_path: Path) -> None:
    shape = f"{THING} sh:nodeKind sh:IRI ."
    assert found(tmp_path, shape, "ex:a a ex:T .") == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("\ufeffrule;focus;reason\nR-TST-01;http://example.org/a;Right.\n".encode(), ""),
        (b"rule,focus\nR-TST-01,x\n", "b.csv:1: the columns must be rule, focus, reason"),
        (b"rule,focus,reason\nR-TST-01,x\n", "b.csv:2: the row has 2 cells, not 3"),
        (b"rule,focus,reason\nR-TST-01,x,caf\xe9\n", "b.csv:2: not UTF-8 (byte 0xe9)"),
    ],
    ids=["as a spreadsheet saves it", "columns", "cells", "encoding"],
)
def test_a_baseline_of_ones_own(tmp_path: Path, content: bytes, message: str) -> None:
    shape = f"{THING} sh:nodeKind sh:BlankNode ; sh:severity sh:Warning ."
    path, baseline = written(tmp_path, shape, "ex:a a ex:T ."), tmp_path / "b.csv"
    baseline.write_bytes(content)
    if message:
        with pytest.raises(ValueError) as caught:
            validate.run(path, baseline=baseline)
        assert message in str(caught.value)
    else:
        assert validate.run(path, baseline=baseline)[1] == 0
        assert validate.run(path)[1] == 1
