"""The matrix and the strips: what they link to, their names, and that marks differ in form."""

from xml.etree.ElementTree import Element

import pytest
from pyoxigraph import Store

from accsm_kg.coverage import draw
from accsm_kg.coverage.model import MARKS, ROWS, Coverage, Selection, coverage
from accsm_kg.pictures import svg
from accsm_kg.query import look_up


@pytest.fixture(scope="module")
def targets(known: Store) -> Coverage:
    return look_up(known, coverage(Selection()))


def links(drawn: Element) -> list[Element]:
    return list(drawn.iter("a"))


def test_heads_are_tab_stops_and_cells_are_not(targets: Coverage) -> None:
    drawn = links(draw.matrix(targets, str))
    heads = [link for link in drawn if link.get("tabindex") is None]
    cells = [link for link in drawn if link.get("tabindex") == "-1"]
    assert (len(heads), len(cells)) == (41 + 17, 132)
    assert {link.get("href") for link in heads} == {
        *(project.iri for project in targets.projects),
        *(line.iri for line in targets.lines),
    }


def test_each_cell_is_at_its_row_and_column_and_leads_to_the_link(targets: Coverage) -> None:
    drawn = {
        (link.get("data-row"), link.get("data-column")): link.get("href")
        for link in links(draw.matrix(targets, lambda iri: f"/at/{iri}"))
    }
    assert len(drawn) == 41 + 17 + 132
    for row, line in enumerate(targets.lines, 1):
        for link in line.links:
            column = targets.projects.index(link.project) + 1
            assert drawn[str(row), str(column)] == f"/at/{link.iri}"


def test_the_title_of_a_cell_has_the_words_behind_it(targets: Coverage) -> None:
    titles = [link.findtext("title") or "" for link in links(draw.matrix(targets, str))]
    (found,) = (title for title in titles if title.startswith("Project 4, E.2.iv: "))
    assert found == (
        "Project 4, E.2.iv: an activity marked completed (3-7 October 2016, Singapore "
        "[Completed]). “A.2.iii E.2.iv” [001, line 88]"
    )
    assert all(titles)
    assert not any("**" in title or "<sup>" in title for title in titles)


@pytest.mark.parametrize("rows", ROWS)
def test_rows_without_completion_are_tinted_and_say_so(known: Store, rows: str) -> None:
    found = look_up(known, coverage(Selection(rows)))
    drawn = draw.matrix(found, str)
    tints = [part for part in drawn.iter("rect") if part.get("class") == "pic-tint"]
    without = [line.nobody or "none of them" for line in found.lines if not line.completed]
    assert len(tints) == len(without) > 0
    texts = [part.text for part in drawn.iter("text")]
    assert [text for text in texts if text in ("none of them", "no project")] == without


def test_a_row_of_which_no_project_is_selected_says_how_many_it_has(known: Store) -> None:
    drawn = draw.matrix(look_up(known, coverage(Selection(country="SGP"))), str)
    texts = [part.text for part in drawn.iter("text")]
    assert {"of 6 projects", "of 1 project"} <= set(texts)
    assert "no project" not in texts


def test_everything_is_inside_the_picture(targets: Coverage) -> None:
    drawn = draw.matrix(targets, str)
    width, height = float(drawn.attrib["width"]), float(drawn.attrib["height"])
    for part in drawn.iter():
        assert 0 <= float(part.get("x", 0)) <= width
        assert 0 <= float(part.get("y", 0)) <= height


def test_a_mark_differs_from_others_in_form() -> None:
    def forms(drawn: Element) -> str:
        kept = ("r", "height", "width", "d")
        shapes = [(part.tag, part.get("class") == "pic-open", *map(part.get, kept))
                  for part in drawn.iter() if part.tag != "svg"]  # fmt: skip
        return str(shapes)

    assert len({forms(draw.symbol(mark)) for mark in MARKS}) == len(MARKS)
    assert len({forms(draw.strip_symbol(mark)) for mark in MARKS}) == len(MARKS)


def test_a_strip_has_a_block_for_each_link_and_a_place_for_each_project(
    targets: Coverage,
) -> None:
    for line in targets.lines:
        drawn = draw.strip(targets.plans, line)
        assert len(list(drawn.iter("rect"))) == len(line.links)
        assert drawn.get("width") == "332"
    assert len(list(draw.strip(targets.plans).iter("rect"))) == 41


def test_an_empty_coverage_is_drawn(known: Store) -> None:
    found = look_up(known, coverage(Selection(country="VNM")))
    assert links(draw.matrix(found, str))
    assert svg.inline(draw.strip({}))
