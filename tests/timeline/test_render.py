"""Rendering a timeline as a table, JSON, CSV, TSV and SVG."""

import csv
import json
from io import StringIO
from xml.etree import ElementTree

import pytest
from pyoxigraph import Store

from accsm_kg.query import look_up
from accsm_kg.timeline import Selection, run
from accsm_kg.timeline.model import timeline
from accsm_kg.timeline.render import records

PLAN, HISTORY = Selection(), Selection("history")
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "250")


def test_the_table_ends_with_the_years_and_the_projects_without_time(known: Store) -> None:
    lines = run(known, PLAN).splitlines()
    assert "41 projects; a time is stated for 38: 51 dates and 5 recurrences." in lines
    assert "Time not stated: 13, 39." in lines
    assert "2016: 7 projects, perhaps 2 more." in lines
    assert run(known, Selection(country="VNM")).startswith("No time is stated for projects")


def test_csv_has_a_row_for_each_time_and_each_project_without(known: Store) -> None:
    found = look_up(known, timeline(PLAN))
    rows = list(csv.DictReader(StringIO(run(known, PLAN, "csv"))))
    assert rows == list(records(found))
    assert len(rows) == len(found.times) + 3
    assert run(known, HISTORY, "tsv").startswith("kind\tnumber\tlabel\t")


def test_json_has_the_items_with_their_times(known: Store) -> None:
    found = json.loads(run(known, PLAN, "json"), parse_constant=lambda text: pytest.fail(text))
    assert found["title"] == "Projects from 2016 to 2020"
    (project,) = (item for item in found["items"] if item["number"] == "41")
    assert project["times"][0]["edtf"] == "2017/.."
    assert project["years"] == {"2017": True, "2018": False, "2019": False, "2020": False}


@pytest.mark.parametrize("selection", [PLAN, HISTORY, Selection(group="area", year="2017")])
def test_the_picture_has_a_mark_for_each_time_and_a_head_for_each_row(
    known: Store, selection: Selection
) -> None:
    found = look_up(known, timeline(selection))
    drawn = ElementTree.fromstring(run(known, selection, "svg"))
    titles = [link.findtext(f"{SVG}title") or "" for link in drawn.iter(f"{SVG}a")]
    shown = [item for group in found.groups for item in group.items]
    assert len(titles) == len(shown) + sum(len(item.times) for item in shown)
    assert len({link.get("href") for link in drawn.iter(f"{SVG}a")}) == len(found.items)
    texts = [text.text for text in drawn.iter(f"{SVG}text")]
    assert texts.count("as of April 2017") == (selection.scale == "plan")
    assert not list(drawn.iter("style"))


def test_a_mark_says_what_the_source_says(known: Store) -> None:
    drawn = run(known, PLAN, "svg")
    said = "Project 4 ASEAN Leaders in Governance and Public Administration Programme"
    assert f"{said}: 3-7 October 2016, Singapore; day; Singapore; completed" in drawn
    assert "Project 41 ASEAN+3 Centre for Civil Service Research and Innovation" in drawn
    assert "2017 onwards; open-ended; completion not stated" in drawn


def test_an_unknown_format_is_refused(known: Store) -> None:
    with pytest.raises(ValueError, match="unknown format 'png'"):
        run(known, PLAN, "png")


def test_csv_keeps_sources_apart_from_their_reliability(known: Store) -> None:
    rows = csv.DictReader(StringIO(run(known, Selection(scale="history"), "csv")))
    told = {row["label"]: row["sources"].split("; ") for row in rows}
    assert told["Establishment of ACCSM"] == [
        "000 official, secondary",
        "001 official, primary",
        "002 official, superseded",
    ]
