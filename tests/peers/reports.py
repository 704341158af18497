"""Validation reports in one form, without what may differ: messages, labels, forms of a path."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Store, Triple
from rdflib.namespace import RDF, SH

from accsm_kg.quality.shacl_store import ILL_FORMED

_Term = NamedNode | BlankNode | Literal | Triple


class Result(NamedTuple):
    """A validation result; terms are written as in N-Triples, a blank node as ``_:``."""

    focus: str
    path: str
    value: str
    component: str
    shape: str
    severity: str


def results(report: str) -> Counter[Result]:
    """Return how often each result is in ``report``, which is N-Triples."""
    store = Store()
    store.load(report.replace(f"<{ILL_FORMED}", "<").encode(), format=RdfFormat.N_TRIPLES)
    return Counter(
        Result(
            _term(_value(store, quad.object, SH.focusNode)),
            _path(store, _value(store, quad.object, SH.resultPath)),
            _term(_value(store, quad.object, SH.value)),
            _term(_value(store, quad.object, SH.sourceConstraintComponent)),
            _term(_value(store, quad.object, SH.sourceShape)),
            _term(_value(store, quad.object, SH.resultSeverity)),
        )
        for quad in store.quads_for_pattern(None, NamedNode(SH.result), None)
    )


def _value(store: Store, subject: object, predicate: str) -> _Term | None:
    quads = store.quads_for_pattern(subject, NamedNode(predicate), None)
    return next((quad.object for quad in quads), None)


def _term(term: _Term | None) -> str:
    return "_:" if isinstance(term, BlankNode) else str(term or "")


def _path(store: Store, node: _Term | None, outer: str = "") -> str:
    """Return a path in the syntax of SPARQL: an alternative in an alternative is of the same."""
    if not isinstance(node, BlankNode):
        return _term(node)
    if inverse := _value(store, node, SH.inversePath):
        return f"^({_path(store, inverse)})"
    choice = _value(store, node, SH.alternativePath)
    sign = "|" if choice else "/"
    parts = sign.join(_path(store, item, sign) for item in _items(store, choice or node))
    return parts if sign == outer else f"({parts})"


def _items(store: Store, node: _Term) -> Iterator[_Term]:
    while (first := _value(store, node, RDF.first)) and (rest := _value(store, node, RDF.rest)):
        yield first
        node = rest
