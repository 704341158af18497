"""Drawings: escaping, files without a stylesheet, scales."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from project import ROOT

from accsm_kg.pictures import svg
from accsm_kg.pictures.svg import Scale, element

HOSTILE = "</title><script>alert('x')</script>\" onload=\"a & b\x00\ud800"
SHEET = ROOT / "server/accsm_server/pages/static/style.css"


def test_texts_and_attributes_are_escaped() -> None:
    drawn = svg.picture(10, 10, svg.link(HOSTILE, HOSTILE, element("text", HOSTILE)))
    for written in (svg.inline(drawn).encode(), svg.standalone(drawn, HOSTILE)):
        texts = [each.text for each in ElementTree.fromstring(written).iter() if each.text]
        clean = HOSTILE.replace("\x00", "\ufffd").replace("\ud800", "\ufffd")
        assert set(texts) == {clean}
        assert b"<script" not in written


def test_texts_stand_in_the_order_in_which_they_are_added() -> None:
    made = element("text", "a ", element("tspan", "b"), " c", " d", x=1 / 3, y=None)
    assert svg.inline(made) == '<text x="0.33">a <tspan>b</tspan> c d</text>'


def test_a_file_has_attributes_for_its_classes_and_no_stylesheet() -> None:
    text = element("text", "a", class_="pic-text pic-link", tabindex=-1, data_row="1")
    bar = element("rect", class_="pic-bar", fill="red")
    written = svg.standalone(svg.picture(20, 10, text, bar, class_="none"), "A title")
    root = ElementTree.fromstring(written)
    space = {"s": "http://www.w3.org/2000/svg"}
    assert root.findtext("s:title", namespaces=space) == "A title"
    drawn, shape = root.find("s:text", space), root.findall("s:rect", space)[-1]
    assert drawn is not None
    assert drawn.attrib == {"fill": "#17507a", "font-size": "11px"}
    assert shape.get("fill") == "red"
    assert not re.search(rb"class=|style|var\(|data-|tabindex", written)


def test_a_drawing_can_be_written_again_after_its_file() -> None:
    drawn = svg.picture(20, 10, element("rect", class_="pic-bar"))
    before = svg.inline(drawn)
    svg.standalone(drawn, "A title")
    assert svg.inline(drawn) == before


def test_files_have_the_colours_of_a_light_page() -> None:
    light = SHEET.read_text().split("@media (prefers-color-scheme: dark)")[0]
    of_page = dict(re.findall(r"(--[\w-]+): (#\w+);", light))
    rules = svg.STYLESHEET.read_text()
    of_file = dict(re.findall(r"var\((--[\w-]+), (#\w+)\)", rules))
    assert {name: of_page.get(name) for name in of_file} == of_file
    assert rules.count("var(") == len(re.findall(r"var\(--[\w-]+, #\w+\)", rules))


def test_each_rule_for_pictures_is_for_one_class() -> None:
    rules = re.sub(r"/\*.*?\*/", "", svg.STYLESHEET.read_text(), flags=re.DOTALL)
    assert all(re.fullmatch(r"\.[\w-]+ \{ .* \}", line) for line in rules.split("\n") if line)


@pytest.mark.parametrize(("low", "high"), [(0, 19), (1967, 2024), (0, 0.3), (3, 3), (-5, 5)])
def test_ticks_are_few_round_and_within_the_scale(low: float, high: float) -> None:
    ticks = Scale((low, high), (0, 100)).ticks(6)
    assert 1 <= len(ticks) <= 6
    assert all(low <= tick <= high for tick in ticks)
    assert len({round(b - a, 9) for a, b in pairwise(ticks)}) <= 1


def test_a_scale_without_length_has_one_position() -> None:
    assert Scale((3, 3), (10, 90))(3) == 10


def test_folded_text_is_marked_where_it_is_cut() -> None:
    assert svg.fold("one two three four", 8) == ["one two", "three…"]
    assert svg.fold("one two", 8) == ["one two"]


def test_every_class_of_a_drawing_has_a_rule() -> None:
    rules = set(re.findall(r"\.(pic-[a-z0-9-]+)", svg.STYLESHEET.read_text()))
    sources = (path.read_text() for path in (ROOT / "accsm_kg").rglob("*.py"))
    used = {name for text in sources for name in re.findall(r"\bpic-[a-z-]+(?<!-)", text)}
    assert used - {"pic-heat"} <= rules
