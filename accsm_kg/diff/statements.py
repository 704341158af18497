"""The statements of a built dataset, with blank nodes replaced by what is stated of them.

So a list in one build equals the same list in another, whatever the labels of its blank nodes.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, parse

from accsm_kg.namespaces import BASE, QUERIES, SHAPES, prefixes, term
from accsm_kg.rdf.dataset import format_of, read, unpacked
from accsm_kg.rdf.terms import Term, shorten

_P = prefixes()
_TYPE, _FIRST, _REST = (NamedNode(_P["rdf"] + name) for name in ("type", "first", "rest"))
_SPACE = term("void:uriSpace")

_BlankNodes = Mapping[object, list[Quad]]


class Statement(NamedTuple):
    """A triple and its named graph; the graph is named without the base."""

    subject: str
    property: str
    value: Term
    graph: str


def load(path: Path) -> tuple[list[Quad], str]:
    """Return the quads of a file and the base of its IRIs; raises OSError for a missing file."""
    if not path.is_file():
        raise FileNotFoundError(f"{path} is no file; name a built dataset such as build/accsm.nq")
    quads = list(read(path))
    space = _object(quads, _SPACE)
    return quads, space.value.removesuffix("id/") if isinstance(space, Literal) else BASE


def load_reminted(path: Path, base: str, new_base: str) -> list[Quad]:
    """Return the quads of a file with ``base`` replaced in its text, as the build replaces it."""
    with unpacked(path) as file:
        text = file.read().decode().replace(base, new_base)
    text = text.replace(quote(base, safe=""), quote(new_base, safe=""))
    return list(parse(text, format=format_of(path)))


def statements(quads: Sequence[Quad], base: str) -> Iterator[Statement]:
    """Yield ``quads`` with a literal in place of each blank node that is an object.

    The subject of what is stated of a blank node to which no other node refers, such as an
    owl:AllDisjointClasses, is its class. The subject of all that makes up a stored question or a
    shape is the name of that.
    """
    nodes: dict[object, list[Quad]] = defaultdict(list)
    for quad in quads:
        if isinstance(quad.subject, BlankNode):
            nodes[quad.subject].append(quad)
    referred = {quad.object for quad in quads if isinstance(quad.object, BlankNode)}
    classes = {node: _object(nodes[node], _TYPE) for node in nodes.keys() - referred}
    for subject, predicate, value, graph in quads:
        if subject in nodes and (subject not in classes or predicate == _TYPE):
            continue
        iri = iri_or_text(classes.get(subject, subject))
        name = graph.value.removeprefix(base) if isinstance(graph, NamedNode) else ""
        if name in (QUERIES, SHAPES):
            iri = re.sub(r".*(/sparql-examples/|#)", "", iri).partition("/")[0]
        if isinstance(value, BlankNode):
            value = Literal(_description(value, nodes, base))
        yield Statement(iri, predicate.value, value, name)


def iri_or_text(term: object) -> str:
    """Return an IRI without its angle brackets, any other term as in N-Triples."""
    return term.value if isinstance(term, NamedNode) else str(term)


def _object(quads: Iterable[Quad], predicate: NamedNode) -> Term | None:
    return next((quad.object for quad in quads if quad.predicate == predicate), None)


def _description(
    term: Term, nodes: _BlankNodes, base: str, above: frozenset[Term | None] = frozenset()
) -> str:
    """Return a list in round brackets, another blank node in square ones, a term as it is.

    ``above`` are the blank nodes that are being described, where a circle ends.
    """
    if not isinstance(term, BlankNode):
        return shorten(term.value, prefixes(base)) if isinstance(term, NamedNode) else str(term)
    items: list[Term] = []
    node: Term | None = term
    while node not in above and (item := _object(nodes.get(node, ()), _FIRST)) is not None:
        above |= {node}
        items.append(item)
        node = _object(nodes[node], _REST)
    if items or node in above:
        return f"({' '.join(_description(item, nodes, base, above) for item in items)})"
    above |= {node}
    parts = sorted(
        f"{_description(quad.predicate, nodes, base)} "
        f"{_description(quad.object, nodes, base, above)}"
        for quad in nodes.get(node, ())
    )
    return f"[{' ; '.join(parts)}]"
