"""What changed between two builds is told once, in words, with the graph that says it."""

import csv
import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from urllib.parse import quote

import pytest

from accsm_kg.diff import render
from accsm_kg.namespaces import BASE

ROOT = Path(__file__).parents[2]
PROJECT = f"{BASE}id/project/2016-2020"
ACCSM = f"{BASE}ontology#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
SHACL = "http://www.w3.org/ns/shacl#"
SOURCE = f"<{BASE}graph/source/001> ."
CURATION = f"<{BASE}graph/curation> ."
SUPPORTS = f"<{PROJECT}/6> <{ACCSM}supportsMeasure> <{BASE}id/measure/ascc-2025/A.2.iii> "
TITLE = f'<{PROJECT}/6> <{ACCSM}printedTitle> "'

Edited = Callable[..., Path]


@pytest.fixture
def edited(dataset_path: Path, tmp_path: Path) -> Edited:
    """Return a copy of the dataset in which each (old, new) pair of texts is replaced once."""

    def edit(*changes: tuple[str, str]) -> Path:
        text = dataset_path.read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        path = tmp_path / "new.nq"
        path.write_text(text, encoding="utf-8")
        return path

    return edit


def without(path: Path, subject: str) -> tuple[str, str]:
    """Return the change that takes out every statement of a subject, which stand together."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(line for line in lines if line.startswith(f"<{subject}> ")), ""


def rows(old: Path, new: Path, **wanted: str) -> list[dict[str, str]]:
    found = json.loads(render.run(old, new, "json")[0])["rows"]
    return [row for row in found if wanted.items() <= row.items()]


def test_a_dataset_is_the_same_as_itself(dataset_path: Path) -> None:
    assert render.run(dataset_path, dataset_path) == ("The data are the same.\n", 0)
    assert render.run(dataset_path, dataset_path, "csv") == ("", 0)


def test_order_and_the_labels_of_blank_nodes_are_no_change(
    dataset_path: Path, tmp_path: Path
) -> None:
    text = dataset_path.read_text(encoding="utf-8")
    assert "_:c14n1 " in text
    lines = re.sub(r"_:c14n(\d+)", r"_:other\1", text).splitlines(keepends=True)
    random.Random(1).shuffle(lines)
    path = tmp_path / "shuffled.nq"
    path.write_text("".join(lines), encoding="utf-8")
    assert render.run(dataset_path, path) == ("The data are the same.\n", 0)


def test_the_trig_of_a_build_is_the_same_as_its_nquads(dataset_path: Path) -> None:
    assert render.run(dataset_path, dataset_path.with_suffix(".trig"))[1] == 0


@pytest.mark.parametrize("base", ["http://127.0.0.1:8000/", "https://kg.example.org/a/"])
def test_another_base_is_no_change_and_is_said(
    dataset_path: Path, tmp_path: Path, base: str
) -> None:
    text = dataset_path.read_text(encoding="utf-8").replace(BASE, base)
    path = tmp_path / "other.nq"
    path.write_text(text.replace(quote(BASE, safe=""), quote(base, safe="")), encoding="utf-8")
    said = f"IRIs under {base} are compared as if under {BASE}.\n\nThe data are the same.\n"
    assert render.run(dataset_path, path) == (said, 0)
    assert (
        f"IRIs under {BASE} are compared as if under {base}." in render.run(path, dataset_path)[0]
    )


def test_a_changed_value_is_told_with_both_values_and_the_graph(
    dataset_path: Path, edited: Edited
) -> None:
    new = edited((f"{TITLE}Leaders in E-Government", f"{TITLE}Readers in E-Government"))
    text, status = render.run(dataset_path, new)
    assert status == 1
    assert text == (
        "Project: 1 changed\n"
        "  changed  id:project/2016-2020/6"
        "  Leaders in E-Government: Towards Citizen-Centric Public Service Excellence\n"
        "      ~ printed title: Leaders in E-Government: Towards Citizen-Centric Public Service"
        " Excellence → Readers in E-Government: Towards Citizen-Centric Public Service Excellence"
        "  [source/001]\n"
        "\n"
        "Resources: 1 changed; statements: 1 changed.\n"
    )


def test_what_is_gained_and_lost_is_told_by_label(dataset_path: Path, edited: Edited) -> None:
    new = edited((f"{SUPPORTS}{SOURCE}\n", ""))
    label = "supports measure: ASCC A.2.iii  [source/001]\n"
    text, _ = render.run(dataset_path, new)
    assert f"      - {label}" in text
    assert "id/measure" not in text
    assert f"      + {label}" in render.run(new, dataset_path)[0]


def test_a_value_that_only_moves_to_another_graph_is_told_as_that(
    dataset_path: Path, edited: Edited
) -> None:
    new = edited((SUPPORTS + SOURCE, SUPPORTS + CURATION))
    said = "      ~ supports measure: ASCC A.2.iii  [source/001 → curation]\n"
    assert said in render.run(dataset_path, new)[0]


def test_values_that_read_alike_are_shown_in_full(dataset_path: Path, edited: Edited) -> None:
    place = f"<{BASE}id/place/manila> <{SKOS}prefLabel> "
    new = edited((f'{place}"Manila"@en', f'{place}"Manila"@fil'))
    assert 'skos:prefLabel: "Manila"@en → "Manila"@fil  [vocab]' in render.run(dataset_path, new)[0]


def test_long_values_are_cut_to_where_they_differ(dataset_path: Path, edited: Edited) -> None:
    words = f'{PROJECT}/38/objective/1> <{SKOS}definition> "Raise awareness on the importance of '
    new = edited((f"{words}workforce", f"{words}good"))
    old_words, new_words = (
        f"…ess on the importance of {word} mobility to benefit ASEA…"
        for word in ("workforce", "good")
    )
    said = f"skos:definition: {old_words} → {new_words}  [source/001]\n"
    assert said in render.run(dataset_path, new)[0]


def test_words_said_twice_at_the_end_are_cut_once(dataset_path: Path, edited: Edited) -> None:
    words = " and to ASEAN Civil Service in particular"
    objective = f"<{PROJECT}/38/objective/1> <{SKOS}definition> "
    (line,) = (
        line
        for line in dataset_path.read_text(encoding="utf-8").splitlines()
        if line.startswith(objective)
    )
    text, _ = render.run(dataset_path, edited((line, line.replace(words, words + words))))
    shown = "…vil Service in particular"
    assert f"skos:definition: {shown} → {shown}{words}  [source/001]\n" in text


def test_a_resource_that_is_new_or_gone_takes_one_line(dataset_path: Path, edited: Edited) -> None:
    change = without(dataset_path, f"{BASE}id/place/manila")
    count = change[0].count(f"{BASE}graph/") - change[0].count(f"{BASE}graph/inferred")
    new = edited(change)
    gone, _ = render.run(dataset_path, new)
    assert f"Place: 1 gone\n  gone     id:place/manila  Manila ({count} statements)\n" in gone
    back, _ = render.run(new, dataset_path)
    assert f"Place: 1 new\n  new      id:place/manila  Manila ({count} statements)\n" in back
    assert f"; statements: {count} gained.\n" in back


def test_changed_evidence_stands_under_what_it_backs(dataset_path: Path, edited: Edited) -> None:
    words = f'<{BASE}id/evidence/001/L170/c0> <{ACCSM}verbatim> "'
    text, _ = render.run(dataset_path, edited((words, f"{words}A.2 ")))
    assert text.startswith("Project: 1 changed\n  changed  id:project/2016-2020/38"), "not an issue"
    assert "      ~ Source 001, line 170, cell 0: verbatim: E.1 E.2" in text
    assert text.endswith("Resources: 1 changed; evidence: 1 changed; statements: 1 changed.\n")


def test_evidence_that_comes_with_its_link_needs_no_lines_of_its_own(
    dataset_path: Path, edited: Edited
) -> None:
    name = f"<{BASE}id/evidence/001/L92/c99>"
    added = (
        f"<{PROJECT}/6> <{ACCSM}hasEvidence> {name} {SOURCE}\n"
        f'{name} <{ACCSM}locator> "Margin" {SOURCE}\n'
        f'{name} <{SKOS}prefLabel> "Margin of line 92"@en {SOURCE}\n'
    )
    text, _ = render.run(dataset_path, edited(("", added)))
    assert "      + has evidence: Margin of line 92  [source/001]\n" in text
    assert "locator" not in text
    assert text.endswith("Resources: 1 changed; evidence: 1 new; statements: 3 gained.\n")


def test_a_member_put_into_a_list_is_one_change(dataset_path: Path, edited: Edited) -> None:
    rest, first, members = (
        "<http://www.w3.org/1999/02/22-rdf-syntax-ns#rest>",
        "<http://www.w3.org/1999/02/22-rdf-syntax-ns#first>",
        "<http://www.w3.org/2002/07/owl#members>",
    )
    text = dataset_path.read_text(encoding="utf-8")
    head = re.search(rf"(_:c14n\d+) {members} (_:c14n\d+) (<\S+> \.)\n", text)
    assert head
    node, start, graph = head.groups()
    added = (
        f"{node} {members} _:new {graph}\n"
        f"_:new {first} <{ACCSM}Invented> {graph}\n_:new {rest} {start} {graph}\n"
    )
    new = edited((head[0], added))
    (row,) = rows(dataset_path, new)
    assert row["resource"] == "http://www.w3.org/2002/07/owl#AllDisjointClasses"
    assert row["new"] == row["old"].replace("(", "(accsm:Invented ")
    assert "(accsm:Invented accsm:" in render.run(dataset_path, new)[0]


def test_blank_nodes_that_go_round_in_a_circle_are_read_to_an_end(tmp_path: Path) -> None:
    old, new = tmp_path / "old.ttl", tmp_path / "new.ttl"
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    ring = f"<x:a> <x:p> _:l . _:l <{rdf}first> 3 ; <{rdf}rest> _:l ."
    old.write_text(f"<x:a> <x:p> _:b . _:b <x:q> _:b , 1 . {ring}", encoding="utf-8")
    new.write_text(f"<x:a> <x:p> _:b . _:b <x:q> _:b , 2 . {ring}", encoding="utf-8")
    assert render.run(old, old)[1] == 0
    assert render.run(old, new)[1] == 1


def test_inferred_statements_and_the_description_are_counted(
    dataset_path: Path, edited: Edited
) -> None:
    inferred = f"<{PROJECT}/6> <{ACCSM}supports> <{BASE}id/measure/ascc-2025/A.2.iii>"
    size = f'<{BASE}graph/vocab> <http://rdfs.org/ns/void#triples> "'
    new = edited((f"{inferred} <{BASE}graph/inferred> .\n", ""), (size, f"{size}1"))
    assert render.run(dataset_path, new) == (
        "Inferred statements: 1 lost\n"
        "Description of the dataset: 1 gained, 1 lost\n"
        "The data are the same.\n",
        1,
    )


def test_questions_and_shapes_are_named(dataset_path: Path, edited: Edited) -> None:
    query = f"<{BASE}.well-known/sparql-examples/"
    gone = without(dataset_path, f"{query[1:]}action-lines")
    default = f'{query}projects-supporting-action-line/line> <{SHACL}defaultValue> "'
    message = "{?value} without a support link"
    new = edited(gone, (default, f"{default}B"), (message, f"{message}!"))
    text, _ = render.run(dataset_path, new)
    assert "Stored questions: gone action-lines; changed projects-supporting-action-line\n" in text
    assert "Shapes: changed R-X-01\n" in text


def test_resources_come_by_class_and_number(dataset_path: Path, edited: Edited) -> None:
    number = f"> <{ACCSM}projectNumber> "
    titles = [(f"{PROJECT}/{n}{number}", f"{PROJECT}/{n}> <{ACCSM}number> ") for n in (10, 2, 1)]
    place = without(dataset_path, f"{BASE}id/place/manila")
    text, _ = render.run(dataset_path, edited(place, *titles))
    found = re.findall(r"^(?:[A-Z]\w+:| {2}\w+ +id:\S+)", text, re.MULTILINE)
    ids = [line.split()[-1] for line in found]
    projects = [f"id:project/2016-2020/{n}" for n in (1, 2, 10)]
    assert ids == ["Place:", "id:place/manila", "Project:", *projects, "Resources:"]


@pytest.mark.parametrize(("fmt", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_a_table_has_a_row_for_each_statement_with_its_terms(
    dataset_path: Path, edited: Edited, fmt: str, delimiter: str
) -> None:
    new = edited((f"{SUPPORTS}{SOURCE}\n", ""), (f"{TITLE}Leaders", f"{TITLE}Readers"))
    text, status = render.run(dataset_path, new, fmt)
    title, measure = csv.DictReader(StringIO(text), delimiter=delimiter)
    assert status == 1
    assert title["old"].startswith('"Leaders in') and title["new"].startswith('"Readers in')
    assert measure == {
        "kind": "project",
        "resource": f"{PROJECT}/6",
        "label": "Leaders in E-Government: Towards Citizen-Centric Public Service Excellence",
        "evidence_of": "",
        "change": "changed",
        "statement": "lost",
        "property": f"{ACCSM}supportsMeasure",
        "old": f"<{BASE}id/measure/ascc-2025/A.2.iii>",
        "new": "",
        "old_graph": "source/001",
        "new_graph": "",
    }


def test_equal_input_gives_equal_text(dataset_path: Path, edited: Edited) -> None:
    new = edited(without(dataset_path, f"{PROJECT}/6"), (SOURCE, CURATION))
    code = (
        "import sys; from pathlib import Path; from accsm_kg import diff\n"
        "print(render.run(*map(Path, sys.argv[1:]), 'json')[0], end='')"
    )
    command = [sys.executable, "-c", code, str(dataset_path), str(new)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)
    assert done.stdout == render.run(dataset_path, new, "json")[0]


def test_bad_input_is_refused_with_what_to_do(dataset_path: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.nq is no file; name a built"):
        render.run(dataset_path, tmp_path / "nowhere.nq")
    with pytest.raises(FileNotFoundError, match="is no file"):
        render.run(tmp_path, dataset_path)
    with pytest.raises(ValueError, match="unknown format 'turtle'; choose one of text, json"):
        render.run(dataset_path, dataset_path, "turtle")
    broken = tmp_path / "broken.nq"
    broken.write_text("<x:a> <x:b>\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"broken\.nq:\d+: Parser error"):
        render.run(dataset_path, broken)
    notes = tmp_path / "notes.doc"
    notes.touch()
    with pytest.raises(ValueError, match="unknown kind of file"):
        render.run(notes, dataset_path)
