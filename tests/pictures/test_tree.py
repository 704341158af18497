"""A tree: the sizes, the places of its cards, and the lines between them."""

import re

from accsm_kg.pictures.svg import inline
from accsm_kg.pictures.tree import Branch, draw

TREE = Branch("top", "", [Branch("left", "reports to"), Branch("right", "advises", [], True)])


def test_cards_of_a_level_stand_beside_each_other_below_the_one_above() -> None:
    drawn = draw([TREE])
    boxes = {
        group[1].text or group[1][0].text: {name: float(group[0].get(name, "")) for name in "xy"}
        for group in drawn.findall("g")
    }
    assert boxes["left"]["y"] == boxes["right"]["y"] > boxes["top"]["y"]
    assert boxes["left"]["x"] < boxes["top"]["x"] < boxes["right"]["x"]
    assert boxes["left"]["x"] + boxes["right"]["x"] == 2 * boxes["top"]["x"]


def test_lines_have_the_words_of_the_relation() -> None:
    drawn = draw([TREE])
    assert len(drawn.findall("path")) == 2
    assert [text.text for text in drawn.findall("text")] == ["reports to", "advises"]
    strong = [group for group in drawn.findall("g") if "strong" in group[0].get("class", "")]
    assert [group[1].text for group in strong] == ["right"]


def test_a_picture_is_as_large_as_its_trees() -> None:
    assert (TREE.breadth, TREE.depth) == (2, 2)
    sizes = [re.findall(r"[\d.]+", inline(draw(roots)))[2:4] for roots in ([TREE], [TREE, TREE])]
    assert float(sizes[1][0]) > float(sizes[0][0])
    assert sizes[1][1] == sizes[0][1]


def test_markup_in_a_name_is_escaped() -> None:
    assert "&lt;b&gt;" in inline(draw([Branch("<b>")]))
