"""Rendering a trace as a table, JSON, CSV and TSV."""

import csv
import json
from io import StringIO

import pytest
from pyoxigraph import Store

from accsm_kg.query import look_up
from accsm_kg.trace import render
from accsm_kg.trace.model import trace


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "250")


def test_the_table_has_each_project_once_with_the_words_of_the_source(known: Store) -> None:
    drawn = render.run(known, "ascc-2025")
    first = [line.split("│")[0].strip() for line in drawn.splitlines() if "│" in line]
    assert [number for number in first if number] == [str(n) for n in range(1, 42)]
    assert "41 projects" in drawn
    assert "supports ASCC A.2.iii, ASCC E.2.iv: “A.2.iii E.2.iv” [001, line 87]" in drawn


def test_the_table_of_a_project_has_values_beside_the_words_of_the_source(known: Store) -> None:
    lines = render.run(known, "38").splitlines()
    (printed,) = (line for line in lines if line.startswith("prints KRA"))
    assert "E.1   E.2" not in printed
    assert "“E.1 E.2 E.1 E.2 E.1 E.2 E.1 E.2 E.2” [001, line 170]" in printed
    assert any(line.startswith("contributes to KRA") and "computed" in line for line in lines)
    assert any(line.startswith("Curator's reading (") for line in lines)
    assert "Project 38 has nothing marked as completed by April 2017." in lines


def test_the_table_of_a_line_names_its_siblings_and_what_is_left_open(known: Store) -> None:
    lines = render.run(known, "A.2.2.iv").splitlines()
    assert "Projects 6 and 17 name no partner." in lines
    assert lines[-1] == "Projects beside: A.2.2.i (9), A.2.2.iii (14), A.2.2.iv (6), A.2.2.vi (19)"
    assert any("[001, lines 176-178]" in line for line in lines)


def test_json_has_the_whole_trace(known: Store) -> None:
    found = json.loads(render.run(known, "34", "json"))
    assert found["label"] == "Measuring Productivity in the Public Service"
    area = [row["line"] for row in found["rows"] if row["relation"] == "addresses thematic area"]
    assert area == ["159", "162"]
    assert set(found) >= {"resource", "kind", "label", "above", "rows", "gaps", "issues"}
    assert found["projects"][0]["times"] == [
        {"edtf": "2018", "status": "not stated", "printed": "2018"}
    ]


def test_csv_and_tsv_have_a_row_for_each_passage(known: Store) -> None:
    rows = list(csv.DictReader(StringIO(render.run(known, "A.2.2.iv", "csv"))))
    assert rows == look_up(known, trace("A.2.2.iv")).rows
    assert render.run(known, "33", "tsv").startswith("relation\tcode\tlabel\t")
    assert render.run(known, "TLS", "csv") == ""
    assert "<svg" in render.run(known, "A.2.2.iv", "svg")
    with pytest.raises(ValueError, match="unknown format 'xls'; choose one of table, json"):
        render.run(known, "33", "xls")
