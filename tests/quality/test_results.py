"""Rendering validation results as text, CSV, TSV and Turtle."""

import csv
import io
from dataclasses import replace

import pytest
from rdflib import Graph, Literal
from rdflib.namespace import RDF, SH

from accsm_kg.namespaces import BASE
from accsm_kg.quality.results import FORMATS, Result, render

PROJECT = f"{BASE}id/project/2016-2020/"
WARNING = Result("R-X-02", "Warning", f"{PROJECT}38", "A title", "Odd.", f"{BASE}shapes#R-X-02")
VIOLATION = replace(WARNING, rule="R-PRJ-01", severity="Violation", message="Wrong.")
INFO = replace(WARNING, rule="R-I-01", severity="Info", message="Blank.")


def test_an_info_does_not_fail() -> None:
    assert not INFO.fails


def test_the_text_has_each_message_once_above_its_resources() -> None:
    text = render([WARNING, replace(WARNING, focus=f"{PROJECT}39")])
    assert text == (
        "Warning R-X-02  Odd.\n"
        "    project/2016-2020/38  A title\n"
        "    project/2016-2020/39  A title\n"
        "\n"
        "The dataset fails: 0 violations, 2 warnings (2 not expected), 0 infos.\n"
    )


def test_the_text_has_what_fails_last() -> None:
    text = render([VIOLATION, replace(WARNING, reason="Known."), INFO])
    assert text.index("Odd.") < text.index("Blank.") < text.index("Wrong.")


@pytest.mark.parametrize(("fmt", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_a_table_has_a_row_for_each_result(fmt: str, delimiter: str) -> None:
    rows = list(csv.DictReader(io.StringIO(render([WARNING, INFO], fmt)), delimiter=delimiter))
    assert [row["rule"] for row in rows] == ["R-X-02", "R-I-01"]
    assert rows[0]["focus"] == f"{PROJECT}38"


def test_turtle_is_a_shacl_report_without_blank_nodes() -> None:
    valued = replace(VIOLATION, path=f"{BASE}ontology#projectNumber", value="six")
    graph = Graph().parse(data=render([valued, INFO], "turtle"), format="turtle")
    report = graph.value(None, RDF.type, SH.ValidationReport)
    assert graph.value(report, SH.conforms) == Literal(False)
    assert len(list(graph.objects(report, SH.result))) == 2
    assert (None, SH.value, Literal("six")) in graph
    assert not any(type(node).__name__ == "BNode" for node in graph.all_nodes())


def test_an_unknown_format_is_refused_with_the_known_formats() -> None:
    with pytest.raises(ValueError, match=", ".join(FORMATS)):
        render([WARNING], "xml")
