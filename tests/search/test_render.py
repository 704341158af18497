"""The search on the command line, and what it offers for a key that names nothing."""

import csv
import json
from io import StringIO
from pathlib import Path

import pytest
from project import run
from pyoxigraph import Store

from accsm_kg.search import render


def test_every_format_has_the_same_results(known: Store) -> None:
    (text, hints), (_, same) = (render.run(known, "recruitmnt", fmt) for fmt in ("csv", "table"))
    rows = list(csv.DictReader(StringIO(text)))
    found = json.loads(render.run(known, "recruitmnt", "json")[0])
    assert found["results"] == rows
    assert found["count"] == sum(found["kinds"].values()) == len(rows)
    assert hints == [found["note"]] == same
    assert list(rows[0]) == list(render.COLUMNS)
    assert rows[0]["name"] == "project-2016-2020:27"
    assert rows[0]["source"] == "source/001"
    lines = render.run(known, "recruitmnt", "tsv")[0].splitlines()
    assert lines[0].split("\t") == list(render.COLUMNS)


def test_a_kind_is_chosen_and_an_unknown_one_is_refused_with_those_there_are(known: Store) -> None:
    rows = json.loads(render.run(known, "gender", "json", "document")[0])["results"]
    assert {row["kind"] for row in rows} == {"document"}
    with pytest.raises(
        ValueError, match=r"no kind 'book'; choose one of .*document, document part"
    ):
        render.run(known, "gender", kind="book")
    with pytest.raises(ValueError, match="unknown format 'xml'"):
        render.run(known, "gender", "xml")


def test_nothing_found_is_a_header_alone(known: Store) -> None:
    text, hints = render.run(known, "qqqqzzzz", "csv")
    assert text == ",".join(render.COLUMNS) + "\n"
    assert hints == ["Nothing for qqqqzzzz."]
    assert render.run(known, "qqqqzzzz")[0] == "no results\n"


def test_the_command_joins_words_and_tells_how_to_trace(known_path: Path) -> None:
    found = run("search", "project", "33", "-d", str(known_path))
    assert found.stdout.splitlines()[2].startswith("project")
    assert "`accsm-kg trace 33`" in found.stderr
    assert found.returncode == 0


def test_a_key_that_names_nothing_is_searched(known_path: Path) -> None:
    for key, words in (
        ("gender", "29 (project Follow-up Project on Mainstreaming Gender"),
        ("A.2.2.v", "A.2.2.vi (action line APSC A.2.2.vi)"),
        ("joint declaration", "`accsm-kg search joint declaration` finds what mentions it ("),
    ):
        done = run("trace", key, "-d", str(known_path))
        assert done.returncode == 2
        assert words in done.stderr
    assert run("trace", "qqqqzzzz", "-d", str(known_path)).stderr.count("\n") == 1
