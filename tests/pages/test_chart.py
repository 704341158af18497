"""The chart of who reports to whom."""

from collections.abc import Sequence
from itertools import pairwise

from accsm_server.pages.chart import Node, chart
from accsm_server.pages.statements import Line
from accsm_server.pages.terms import TermView


def line(below: str, above: str) -> Line:
    cells = (TermView(name, iri=f"x:{name}") for name in (below, "reports to", above))
    return Line([(cell,) for cell in cells], ())


def names(nodes: Sequence[Node]) -> list[str]:
    return [name for node in nodes for name in (node.shown.text, *names(node.below))]


def test_what_is_below_several_things_is_unfolded_once() -> None:
    levels = [("a0",), *((f"a{n}", f"b{n}") for n in range(1, 12))]
    lines = [
        line(below, above)
        for uppers, lowers in pairwise(levels)
        for above in uppers
        for below in lowers
    ]
    shown = names(chart(lines, "x:a0").tops)
    assert len(shown) == len(lines) + 1
    assert set(shown) == {name for level in levels for name in level}


def test_all_that_is_related_is_shown_though_things_are_above_each_other() -> None:
    lines = [line("a", "b"), line("b", "a"), line("x", "a"), line("x", "top"), line("self", "self")]
    shown = names(chart(lines, "x:a").tops)
    assert set(shown) == {"top", "x", "a", "b", "self"}
    assert len(shown) <= len(lines) + 3


def test_things_without_an_iri_are_told_apart() -> None:
    above = [Line([(TermView("low", iri="x:low"),), (TermView("of"),), (TermView(name),)], ())
             for name in ("Someone", "Somebody")]  # fmt: skip
    assert {"Someone", "Somebody"} <= {*names(chart(above, "x:low").tops)}
