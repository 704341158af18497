"""Read the statements of a built dataset, with blank nodes replaced by their descriptions.

Two builds can then be compared although the labels of their blank nodes differ.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, parse, serialize

from accsm_kg.namespaces import BASE, QUERIES, SHAPES, prefixes, term
from accsm_kg.rdf.dataset import read
from accsm_kg.rdf.terms import Term, shorten

_P = prefixes()
_TYPE, _FIRST, _REST = (NamedNode(_P["rdf"] + name) for name in ("type", "first", "rest"))
_SPACE = term("void:uriSpace")

_BlankNodes = Mapping[object, list[Quad]]


class Statement(NamedTuple):
    """A triple with its named graph; the name of the graph is relative to the base."""

    subject: str
    property: str
    value: Term
    graph: str


def load(path: Path, relative: str = "") -> list[Quad]:
    """Return the quads of a file, whose relative IRIs have the base ``relative``.

    Raises OSError for a missing file, and ValueError for one that does not parse.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} is not a file; name a built dataset such as build/accsm.nq"
        )
    return list(read(path, relative))


def base_of(quads: Iterable[Quad]) -> str:
    """Return the base IRI that a dataset states, else that of this project."""
    space = _object(quads, _SPACE)
    return space.value.removesuffix("id/") if isinstance(space, Literal) else BASE


def reminted(quads: Iterable[Quad], base: str, new_base: str) -> list[Quad]:
    """Return quads after replacing ``base`` by ``new_base`` in all IRIs and texts."""
    text = (serialize(quads, format=RdfFormat.N_QUADS) or b"").decode().replace(base, new_base)
    text = text.replace(quote(base, safe=""), quote(new_base, safe=""))
    return list(parse(text, format=RdfFormat.N_QUADS))


def statements(quads: Sequence[Quad], base: str) -> Iterator[Statement]:
    """Yield the statements of ``quads``, with a literal that describes each object blank node.

    A blank node that is no object, such as an owl:AllDisjointClasses, has its class as subject.
    All statements of a stored question or a shape have its name as subject.
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
    """Return an IRI without angle brackets, and any other term in N-Triples syntax."""
    return term.value if isinstance(term, NamedNode) else str(term)


def _object(quads: Iterable[Quad], predicate: NamedNode) -> Term | None:
    return next((quad.object for quad in quads if quad.predicate == predicate), None)


def _description(
    term: Term, nodes: _BlankNodes, base: str, above: frozenset[Term | None] = frozenset()
) -> str:
    """Return a description: a list in (), another blank node in [], other terms unchanged.

    ``above`` holds the blank nodes being described, at which a cycle ends.
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
