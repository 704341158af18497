"""Rendering a coverage as a table, JSON, CSV, TSV and a picture, also on the command line."""

import csv
import json
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from pyoxigraph import Store
from typer.testing import CliRunner

from accsm_kg import coverage
from accsm_kg.cli import app
from accsm_kg.coverage import Selection


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "250")


def test_the_table_has_the_projects_of_each_row_and_the_gaps(known: Store) -> None:
    drawn = coverage.run(known, Selection())
    (row,) = (line for line in drawn.splitlines() if line.startswith("A.2.2.iv "))
    assert row.split("│")[1:] == ["        6 ", " none              ", " 6, 17, 30, 33, 35, 40"]
    assert "3 (yearly), 4✓, 5, 6, 20✓" in drawn
    assert "41 projects, 17 measures and action lines, 132 links." in drawn
    assert (
        "Gap: 3 of 41 projects state no time, or one to be determined (projects-without-time)"
        in drawn
    )
    assert coverage.run(known, Selection(country="VNM")) == (
        "None of the 41 projects is coordinated by Viet Nam.\n"
    )


def test_csv_and_tsv_have_a_record_for_each_passage_and_for_a_row_without(known: Store) -> None:
    targets = list(csv.DictReader(StringIO(coverage.run(known, Selection(), "csv"))))
    assert len(targets) == 132
    assert targets[0]["words"] == "A.2.iii"
    assert targets[0]["link"].endswith("/id/project/2016-2020/1/support/ascc-A.2.iii")
    themes = coverage.run(known, Selection("themes"), "tsv")
    rows = list(csv.DictReader(StringIO(themes), delimiter="\t"))
    assert len({(row["row"], row["project"]) for row in rows}) == 20
    assert (rows[0]["label"], rows[0]["number"]) == ("E-governance", "")


def test_json_has_totals_links_and_gaps(known: Store) -> None:
    found = json.loads(coverage.run(known, Selection(country="THA"), "json"))
    assert (found["projects"], found["selection"]["country"]) == (8, "THA")
    assert sum(row["projects"] for row in found["rows"]) == found["links"]
    (gap,) = (gap for gap in found["gaps"] if gap["name"] == "projects-without-measure")
    assert (gap["number"], list(gap["members"].values())) == (2, ["21", "24"])


def test_the_picture_is_a_file_with_links_to_the_things(known: Store) -> None:
    root = ElementTree.fromstring(coverage.run(known, Selection("areas"), "svg"))
    space = "{http://www.w3.org/2000/svg}"
    assert root.findtext(f"{space}title") == "Which projects address which priority area?"
    targets = [link.get("href") or "" for link in root.iter(f"{space}a")]
    assert all(target.startswith("https://w3id.org/accsm-kg/id/") for target in targets)


def test_an_unknown_format_is_refused(known: Store) -> None:
    with pytest.raises(ValueError, match="unknown format 'png'; choose one of table, json"):
        coverage.run(known, Selection(), "png")


def test_the_command_selects(known_path: Path) -> None:
    ask = ["coverage", "-d", str(known_path), "--rows", "themes", "-f", "csv"]
    answer = CliRunner().invoke(app, [*ask, "--gap", "themes-without-project"])
    assert (answer.exit_code, answer.stdout.count("\n")) == (0, 2)
    refused = CliRunner().invoke(app, [*ask, "--country", "XX"])
    assert (refused.exit_code, refused.stdout) == (2, "")
