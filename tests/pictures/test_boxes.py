"""Boxes with rows and arrows: what stands apart, what leads where, and what is a link."""

import re
from itertools import pairwise
from xml.etree.ElementTree import Element

from accsm_kg.pictures import boxes, svg
from accsm_kg.pictures.boxes import Box, Row

LEFT = [
    Box(
        "centre", "a:centre", [Row("hosted by", "a:by", "country"), Row("kind: school", "a:school")]
    ),
    Box("project", "a:project", [Row("led by", "a:led", "country"), Row("of", "a:of", "plan")]),
]
RIGHT = [Box("country", "a:country", is_strong=True), Box("plan"), Box("not reached", "a:not")]


def drawn() -> Element:
    return boxes.draw(LEFT, RIGHT[:2], lambda iri: f"/{iri}", "Classes")


def test_boxes_of_a_column_stand_apart() -> None:
    by_column: dict[str, list[tuple[float, float]]] = {}
    for box in drawn().iter("rect"):
        if box.get("class") != "pic-hit":
            top = float(box.get("y", ""))
            bottom = top + float(box.get("height", ""))
            by_column.setdefault(box.get("x", ""), []).append((top, bottom))
    assert [len(column) for column in by_column.values()] == [2, 2]
    height = float(drawn().get("height", ""))
    for column in by_column.values():
        assert all(one[1] < other[0] for one, other in pairwise(sorted(column)))
        assert min(column)[0] >= 0 and max(column)[1] <= height


def test_an_arrow_leads_from_each_row_with_an_end_to_the_middle_of_its_box() -> None:
    made = drawn()
    paths = [path.get("d", "") for path in made.iter("path") if path.get("class") == "pic-wire"]
    ends = [float(re.split(r"[ C]", path)[-1]) for path in paths]
    assert len(ends) == 3 and ends[0] == ends[1] != ends[2]
    boxes_right = [box for box in made.iter("rect") if box.get("x") == "799"]
    middles = {float(b.get("y", "")) + float(b.get("height", "")) / 2 for b in boxes_right}
    assert set(ends) == middles


def test_heads_are_tab_stops_and_rows_are_links_besides() -> None:
    links = {link.get("href"): link.get("tabindex") for link in drawn().iter("a")}
    assert links == {
        "/a:centre": None, "/a:by": "-1", "/a:school": "-1", "/a:project": None, "/a:led": "-1",
        "/a:of": "-1", "/a:country": None,
    }  # fmt: skip
    written = svg.standalone(drawn(), "Classes").decode()
    assert ">plan<" in written and "class=" not in written


def test_each_of_many_rows_has_its_arrow() -> None:
    left = [
        Box(f"l{n}", f"l:{n}", [Row("to", "a:to", f"r{n % 700}"), Row("of", "a:of")])
        for n in range(1500)
    ]
    right = [Box(f"r{n}", f"r:{n}") for n in range(800)]
    ends = boxes._middles(left, right, {(box.name, 0): float(at) for at, box in enumerate(left)}, 9)
    assert set(ends) == {f"r{n}" for n in range(700)}
    assert len({*ends.values()}) == 700
