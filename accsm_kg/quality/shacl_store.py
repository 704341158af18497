"""The rdflib graph over which pySHACL runs, with Oxigraph to answer its SPARQL queries.

pySHACL sends the query of a SPARQL constraint anew for each focus node; rdflib would take minutes.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import cast

import pyoxigraph as ox
from rdflib import BNode, Graph, Literal, URIRef, Variable
from rdflib.namespace import XSD
from rdflib.query import Result
from rdflib.term import Identifier, Node


class ShaclStore(Graph):
    """The default graph of a dataset; queries may name the other graphs of the dataset as well."""

    def __init__(self, store: ox.Store) -> None:
        """Copy the default graph of ``store``, which answers the queries."""
        super().__init__()
        self._dataset = store
        self += triples(store, ox.DefaultGraph())

    def query(  # type: ignore[override]
        self, query_object: str, _processor: str, _result: str, _namespaces: None,
        bindings: Mapping[str, Node], *_options: bool,
    ) -> Result:  # fmt: skip
        """Return the solutions of a SELECT with ``bindings`` for some of its variables."""
        bound = {ox.Variable(name): _to_oxigraph(term) for name, term in bindings.items()}
        solutions = self._dataset.query(query_object, substitutions=bound)
        found = cast(ox.QuerySolutions, solutions)
        result = Result("SELECT")
        result.vars = [Variable(variable.value) for variable in found.variables]
        result.bindings = [
            {name: _to_rdflib(term) for name, term in zip(result.vars, row, strict=True) if term}
            for row in found
        ]
        return result


def triples(
    store: ox.Store, graph: ox.NamedNode | ox.DefaultGraph
) -> Iterator[tuple[Node, Node, Node]]:
    """Yield the triples of a graph of ``store`` as terms of rdflib.

    Raises ValueError for a triple term, which is not of RDF 1.1.
    """
    convert = cache(_to_rdflib)
    for quad in store.quads_for_pattern(None, None, None, graph):
        yield convert(quad.subject), convert(quad.predicate), convert(quad.object)


def _to_oxigraph(term: Node) -> ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple:
    return ox.BlankNode(term) if isinstance(term, BNode) else ox.NamedNode(str(term))


def _to_rdflib(term: object) -> Identifier:
    match term:
        case ox.NamedNode():
            return URIRef(term.value)
        case ox.BlankNode():
            return BNode(term.value)
        case ox.Literal(language=str(language)):
            return Literal(term.value, lang=language)
        case ox.Literal():
            # rdflib tells "B" from "B"^^xsd:string; its own parsers give the first.
            kind = URIRef(term.datatype.value)
            return Literal(term.value, datatype=None if kind == XSD.string else kind)
    raise ValueError(f"{term} is no RDF 1.1 term, which is all that SHACL can check")
