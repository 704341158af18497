"""A chart of who reports to whom, from the lines of a block: a picture, and a nested list.

The cells of a line are the thing below, its relation, the thing above, and who says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from accsm_kg.pictures import svg
from accsm_kg.pictures.tree import Branch, draw
from accsm_server.pages.statements import Line
from accsm_server.pages.terms import TermView


@dataclass(frozen=True)
class Node:
    """A thing, the line that relates it to the thing above, and the nodes below it."""

    shown: TermView
    line: Line | None
    """None at the top."""
    below: Sequence["Node"]


@dataclass(frozen=True)
class Chart:
    """The things at the top with those below them, and their picture."""

    tops: Sequence[Node]
    picture: Markup


def chart(lines: Sequence[Line], this: str) -> Chart:
    """Return the chart of ``lines``, in which the thing with the IRI ``this`` stands out.

    Of things that are above each other, the first above a line stands at the top.
    """
    below = {_key(line.cells[0][0]) for line in lines}
    above = [line.cells[2][0] for line in lines]
    tops = [thing for thing in above if _key(thing) not in below]
    shown: set[str] = set()
    nodes = [
        _node(thing, None, lines, (), shown)
        for thing in (*tops, *above)
        if _key(thing) not in shown
    ]
    drawing = draw([_branch(node, this) for node in nodes])
    return Chart(nodes, Markup(svg.inline(drawing)))


def _node(
    thing: TermView, line: Line | None, lines: Sequence[Line], above: Sequence[str], shown: set[str]
) -> Node:
    """Return a node with those below it, without those that are ``above`` it as well.

    What is below a thing that is ``shown`` already stands only there.
    """
    if _key(thing) in shown:
        return Node(thing, line, ())
    shown.add(_key(thing))
    known = (*above, _key(thing))
    found = [
        _node(one.cells[0][0], one, lines, known, shown)
        for one in lines
        if _key(one.cells[2][0]) == _key(thing) and _key(one.cells[0][0]) not in known
    ]
    return Node(thing, line, found)


def _key(thing: TermView) -> str:
    """Return the IRI of a thing, or the text of one that has none."""
    return thing.iri or thing.text


def _branch(node: Node, this: str) -> Branch:
    relation = node.line.cells[1][0].text if node.line else ""
    below = [_branch(one, this) for one in node.below]
    return Branch(node.shown.text, relation, below, node.shown.iri == this)
