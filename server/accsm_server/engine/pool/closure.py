"""What a dataset says about blank nodes, for which a query has no names.

A blank node is described by its statements and by those of the blank nodes that are their values,
as in a concise bounded description. One that refers to a thing is also described by the statements
that lead to it, up to those of things with IRIs.
"""

from collections import deque
from collections.abc import Iterable, Iterator

from pyoxigraph import BlankNode, DefaultGraph, Quad, Store, Triple

from accsm_server.engine.pool.dataset_view import DatasetView


def described(view: DatasetView, triples: Iterable[Triple]) -> Iterator[Triple]:
    """Yield ``triples``, then what describes the blank nodes in them; some triples twice."""
    subjects: dict[BlankNode, None] = {}
    objects: dict[BlankNode, None] = {}
    for triple in triples:
        yield triple
        for node, found in ((triple.subject, subjects), (triple.object, objects)):
            if isinstance(node, BlankNode):
                found[node] = None
    for quad in _walk(view.whole, objects, subjects):
        yield quad.triple


def surroundings(view: DatasetView, nodes: Iterable[BlankNode]) -> Iterator[Quad]:
    """Yield the statements that describe ``nodes`` or lead to them, the nearest first.

    Statements of the default graph that are also in a named graph are left out.
    """
    for quad in _walk(view.whole, (), nodes):
        if quad.graph_name != DefaultGraph() or not _is_named(view.whole, quad):
            yield quad


def _walk(store: Store, below: Iterable[BlankNode], around: Iterable[BlankNode]) -> Iterator[Quad]:
    """Yield the quads from ``below`` downwards, and those from ``around`` also upwards."""
    ahead = deque([*((node, False) for node in below), *((node, True) for node in around)])
    seen, yielded = set(ahead), set[Quad]()
    while ahead:
        node, upwards = ahead.popleft()
        for quad, other, climbs in _quads(store, node, upwards):
            if quad not in yielded:
                yielded.add(quad)
                yield quad
            if isinstance(other, BlankNode) and (other, climbs) not in seen:
                seen.add((other, climbs))
                ahead.append((other, climbs))


def _quads(store: Store, node: BlankNode, upwards: bool) -> Iterator[tuple[Quad, object, bool]]:
    """Yield the quads of ``node`` with the term that they lead to, and whether upwards."""
    for quad in store.quads_for_pattern(node, None, None, None):
        yield quad, quad.object, False
    if upwards:
        for quad in store.quads_for_pattern(None, None, node, None):
            yield quad, quad.subject, True


def _is_named(store: Store, quad: Quad) -> bool:
    found = store.quads_for_pattern(quad.subject, quad.predicate, quad.object, None)
    return any(other.graph_name != DefaultGraph() for other in found)
