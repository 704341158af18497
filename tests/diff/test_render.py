"""Rendering changes as text, CSV and TSV."""

import csv
from io import StringIO
from pathlib import Path

import pytest
from diff.edits import Edited, without

from accsm_kg.diff import render
from accsm_kg.namespaces import BASE

PROJECT = f"{BASE}id/project/2016-2020"
ACCSM = f"{BASE}ontology#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
SOURCE = f"<{BASE}graph/source/001> ."
SUPPORTS = f"<{PROJECT}/6> <{ACCSM}supportsMeasure> <{BASE}id/measure/ascc-2025/A.2.iii> "
TITLE = f'<{PROJECT}/6> <{ACCSM}printedTitle> "'


def test_a_changed_value_is_shown_with_both_values_and_the_graph(
    part: Path, edited: Edited
) -> None:
    new = edited((f"{TITLE}Leaders in E-Government", f"{TITLE}Readers in E-Government"))
    text, status = render.run(part, new)
    assert status == 1
    assert text == (
        "Project: 1 changed\n"
        "  changed  project-2016-2020:6"
        "  Leaders in E-Government: Towards Citizen-Centric Public Service Excellence\n"
        "      ~ printed title: Leaders in E-Government: Towards Citizen-Centric Public Service"
        " Excellence → Readers in E-Government: Towards Citizen-Centric Public Service Excellence"
        "  [source/001]\n"
        "\n"
        "Resources: 1 changed; statements: 1 changed.\n"
    )


def test_gained_and_lost_values_are_shown_by_label(part: Path, edited: Edited) -> None:
    new = edited((f"{SUPPORTS}{SOURCE}\n", ""))
    label = "supports measure: ASCC A.2.iii  [source/001]\n"
    text, _ = render.run(part, new)
    assert f"      - {label}" in text
    assert "id/measure" not in text
    assert f"      + {label}" in render.run(new, part)[0]


def test_values_with_the_same_text_are_shown_as_literals(part: Path, edited: Edited) -> None:
    place = f"<{BASE}id/place/manila> <{SKOS}prefLabel> "
    new = edited((f'{place}"Manila"@en', f'{place}"Manila"@fil'))
    assert 'skos:prefLabel: "Manila"@en → "Manila"@fil  [vocab]' in render.run(part, new)[0]


def test_long_values_are_shortened_around_the_difference(part: Path, edited: Edited) -> None:
    words = f'{PROJECT}/38/objective/1> <{SKOS}definition> "Raise awareness on the importance of '
    new = edited((f"{words}workforce", f"{words}good"))
    old_words, new_words = (
        f"…ess on the importance of {word} mobility to benefit ASEA…"
        for word in ("workforce", "good")
    )
    line = f"skos:definition: {old_words} → {new_words}  [source/001]\n"
    assert line in render.run(part, new)[0]


def test_words_repeated_at_the_end_are_shortened_once(part: Path, edited: Edited) -> None:
    words = " and to ASEAN Civil Service in particular"
    objective = f"<{PROJECT}/38/objective/1> <{SKOS}definition> "
    (line,) = (
        line for line in part.read_text(encoding="utf-8").splitlines() if line.startswith(objective)
    )
    text, _ = render.run(part, edited((line, line.replace(words, words + words))))
    shown = "…vil Service in particular"
    assert f"skos:definition: {shown} → {shown}{words}  [source/001]\n" in text


def test_a_new_or_gone_resource_takes_one_line(part: Path, edited: Edited) -> None:
    change = without(part, f"{BASE}id/place/manila")
    count = change[0].count(f"{BASE}graph/") - change[0].count(f"{BASE}graph/inferred")
    new = edited(change)
    gone, _ = render.run(part, new)
    assert f"Place: 1 gone\n  gone     place:manila  Manila ({count} statements)\n" in gone
    back, _ = render.run(new, part)
    assert f"Place: 1 new\n  new      place:manila  Manila ({count} statements)\n" in back
    assert f"; statements: {count} gained.\n" in back


@pytest.mark.parametrize(("fmt", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_a_table_has_a_row_for_each_statement_with_its_terms(
    part: Path, edited: Edited, fmt: str, delimiter: str
) -> None:
    new = edited((f"{SUPPORTS}{SOURCE}\n", ""), (f"{TITLE}Leaders", f"{TITLE}Readers"))
    text, status = render.run(part, new, fmt)
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


def test_a_label_in_english_is_preferred(tmp_path: Path) -> None:
    name = f"<{BASE}id/a> <http://www.w3.org/2004/02/skos/core#prefLabel>"
    old, new = tmp_path / "old.nt", tmp_path / "new.nt"
    old.write_text(f'{name} "Alt"@de .\n{name} "New"@en .\n')
    new.write_text(f"{old.read_text()}<{BASE}id/a> <{BASE}id/p> <{BASE}id/a> .\n")
    assert "  changed  <id/a>  New\n" in render.run(old, new)[0]


def test_invalid_input_is_refused_with_what_to_do(part: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.nq is not a file; name a built"):
        render.run(part, tmp_path / "nowhere.nq")
    with pytest.raises(FileNotFoundError, match="is not a file"):
        render.run(tmp_path, part)
    with pytest.raises(ValueError, match="unknown format 'turtle'; choose one of text, json"):
        render.run(part, part, "turtle")
    broken = tmp_path / "broken.nq"
    broken.write_text("<x:a> <x:b>\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"broken\.nq:2:1: line jumps"):
        render.run(part, broken)
    notes = tmp_path / "notes.doc"
    notes.touch()
    with pytest.raises(ValueError, match="not an RDF file"):
        render.run(notes, part)
