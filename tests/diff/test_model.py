"""Comparing datasets by resource: new, gone or changed, and in which graph."""

import os
import re
import subprocess
import sys
from pathlib import Path

from diff.edits import Edited, without
from project import ROOT

from accsm_kg.diff import render
from accsm_kg.namespaces import BASE

PROJECT = f"{BASE}id/project/2016-2020"
ACCSM = f"{BASE}ontology#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
SHACL = "http://www.w3.org/ns/shacl#"
SOURCE = f"<{BASE}graph/source/001> ."
CURATION = f"<{BASE}graph/curation> ."
SUPPORTS = f"<{PROJECT}/6> <{ACCSM}supportsMeasure> <{BASE}id/measure/ascc-2025/A.2.iii> "


def test_a_value_that_moves_to_another_graph_is_one_change(part: Path, edited: Edited) -> None:
    new = edited((SUPPORTS + SOURCE, SUPPORTS + CURATION))
    line = "      ~ supports measure: ASCC A.2.iii  [source/001 → curation]\n"
    assert line in render.run(part, new)[0]


def test_changed_evidence_is_listed_with_its_resource(part: Path, edited: Edited) -> None:
    words = f'<{BASE}id/evidence/001/L170/c0> <{ACCSM}verbatim> "'
    text, _ = render.run(part, edited((words, f"{words}A.2 ")))
    assert text.startswith("Project: 1 changed\n  changed  project-2016-2020:38"), "not an issue"
    assert "      ~ Source 001, line 170, cell 0: verbatim: E.1 E.2" in text
    assert text.endswith("Resources: 1 changed; evidence: 1 changed; statements: 1 changed.\n")


def test_new_evidence_takes_one_line(part: Path, edited: Edited) -> None:
    name = f"<{BASE}id/evidence/001/L92/c99>"
    added = (
        f"<{PROJECT}/6> <{ACCSM}hasEvidence> {name} {SOURCE}\n"
        f'{name} <{ACCSM}locator> "Margin" {SOURCE}\n'
        f'{name} <{SKOS}prefLabel> "Margin of line 92"@en {SOURCE}\n'
    )
    text, _ = render.run(part, edited(("", added)))
    assert "      + has evidence: Margin of line 92  [source/001]\n" in text
    assert "locator" not in text
    assert text.endswith("Resources: 1 changed; evidence: 1 new; statements: 3 gained.\n")


def test_inferred_statements_and_the_dataset_description_are_counted(
    part: Path, edited: Edited
) -> None:
    inferred = f"<{PROJECT}/6> <{ACCSM}supports> <{BASE}id/measure/ascc-2025/A.2.iii>"
    size = f'<{BASE}graph/vocab> <http://rdfs.org/ns/void#triples> "'
    new = edited((f"{inferred} <{BASE}graph/inferred> .\n", ""), (size, f"{size}1"))
    assert render.run(part, new) == (
        "Inferred statements: 1 lost\n"
        "Description of the dataset: 1 gained, 1 lost\n"
        "No changes in the data.\n",
        1,
    )


def test_changed_questions_and_shapes_are_named(part: Path, edited: Edited) -> None:
    query = f"<{BASE}.well-known/sparql-examples/"
    gone = without(part, f"{query[1:]}action-lines")
    default = f'{query}projects-supporting-action-line/line> <{SHACL}defaultValue> "'
    message = "but has no support link for it"
    new = edited(gone, (default, f"{default}B"), (message, f"{message}!"))
    text, _ = render.run(part, new)
    assert "Stored questions: gone action-lines; changed projects-supporting-action-line\n" in text
    assert "Shapes: changed R-X-01\n" in text


def test_resources_are_sorted_by_class_and_number(part: Path, edited: Edited) -> None:
    number = f"> <{ACCSM}projectNumber> "
    titles = [(f"{PROJECT}/{n}{number}", f"{PROJECT}/{n}> <{ACCSM}number> ") for n in (10, 2, 1)]
    place = without(part, f"{BASE}id/place/manila")
    text, _ = render.run(part, edited(place, *titles))
    found = re.findall(r"^(?:[A-Z]\w+:| {2}\w+ +[\w-]+:\S+)", text, re.MULTILINE)
    ids = [line.split()[-1] for line in found]
    projects = [f"project-2016-2020:{n}" for n in (1, 2, 10)]
    assert ids == ["Place:", "place:manila", "Project:", *projects, "Resources:"]


def test_equal_input_gives_equal_text(part: Path, edited: Edited) -> None:
    twice = "".join(
        f'<{PROJECT}/{number}> <{ACCSM}locator> "Margin" {graph}\n'
        for number in range(7, 13)
        for graph in (SOURCE, CURATION)
    )
    new = edited(without(part, f"{PROJECT}/6"), (SOURCE, CURATION), ("", twice))
    code = (
        "import sys; from pathlib import Path; from accsm_kg.diff import render\n"
        "print(render.run(*map(Path, sys.argv[1:]), 'json')[0], end='')"
    )
    command = [sys.executable, "-c", code, str(part), str(new)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)
    assert done.stdout == render.run(part, new, "json")[0]
