"""An rdflib graph for pySHACL whose SPARQL queries are run by Oxigraph.

pySHACL runs the query of a SPARQL constraint for each focus node, which takes rdflib minutes.
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
    """The default graph of a dataset; queries can also use its named graphs."""

    def __init__(self, store: ox.Store) -> None:
        """Copy the default graph of ``store``, on which the queries are run."""
        super().__init__()
        self._dataset = store
        self += triples(store, ox.DefaultGraph())

    def query(  # type: ignore[override]
        self, query_object: str, _processor: str, _result: str, _namespaces: None,
        bindings: Mapping[str, Node], *_options: bool,
    ) -> Result:  # fmt: skip
        """Run a SELECT query with ``bindings`` for some of its variables."""
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
    """Yield the triples of a graph of ``store`` as rdflib terms.

    Raises ValueError for a triple term, which RDF 1.1 does not have.
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
            # In rdflib "B" differs from "B"^^xsd:string; its parsers return the former.
            kind = URIRef(term.datatype.value)
            return Literal(term.value, datatype=None if kind == XSD.string else kind)
    raise ValueError(f"{term} is not an RDF 1.1 term; SHACL cannot check it, so remove it")
