"""Chains: lines between equal rows, and the drawing of cards."""

from accsm_kg.pictures import chain, strip, svg
from accsm_kg.pictures.chain import Card, Column, Edge


def test_lines_end_in_the_middle_of_equal_rows() -> None:
    drawn = chain.connectors([Edge(0, 0), Edge(0, 3, is_dashed=True)], 1, 4)
    first, last = drawn
    assert first.get("d") == "M0 500C50 500 50 125 100 125"
    assert last.get("d") == "M0 500C50 500 50 875 100 875"
    assert [path.get("class") for path in drawn] == ["pic-wire", "pic-wire-dashed"]
    assert [(path.get("data-from"), path.get("data-to")) for path in drawn] == [
        ("0", "0"),
        ("0", "3"),
    ]
    assert drawn.get("preserveAspectRatio") == "none"


def test_a_chain_has_its_cards_with_texts_and_drawings() -> None:
    line = Card("A.2.2.iv", "Encourage the exchange", is_strong=True)
    project = Card("17", "A title", "2019", strip.strip([], 2016, 2020))
    columns = [
        Column("line", 200, [line], [Edge(0, 1)]),
        Column("projects", 470, [Card("6"), project]),
    ]
    written = svg.standalone(chain.draw(columns), "A chain").decode()
    for text in ("line", "projects", "A.2.2.iv", "Encourage the exchange", "17", "A title", "2019"):
        assert f">{text}<" in written
    assert written.count("<svg") == 2
    assert "class=" not in written
