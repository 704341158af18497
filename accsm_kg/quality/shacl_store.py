"""An rdflib graph for pySHACL whose SPARQL queries are run by Oxigraph.

pySHACL runs the query of a SPARQL constraint for each focus node, which takes rdflib minutes.
Literals keep their lexical form: rdflib makes "01" and "1" equal and takes "2017-W05-1" for a date.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import cast

import pyoxigraph as ox
from rdflib import BNode, Graph, Literal, URIRef, Variable
from rdflib.namespace import XSD
from rdflib.query import Result
from rdflib.term import Identifier, Node

#: What the datatype of a literal begins with that is not in its lexical space.
ILL_FORMED = "ill-formed:"
_LEXICAL = {
    str(XSD.boolean): re.compile("true|false|1|0"),
    str(XSD.decimal): re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)"),
    str(XSD.integer): re.compile("[+-]?[0-9]+"),
}
_TIMES = "date", "dateTime", "time", "gYear", "gYearMonth", "gMonthDay", "duration"
_CAST = {str(XSD[name]) for name in (*_TIMES, "double", "float")}
_ENGINE = ox.Store()


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
        """Run a SELECT or ASK query with ``bindings`` for some of its variables."""
        bound = {ox.Variable(name): _to_oxigraph(term) for name, term in bindings.items()}
        try:
            solutions = self._dataset.query(query_object, substitutions=bound)
        except RuntimeError as error:  # the engine binds the variables that a SELECT returns
            raise ValueError(
                f"{error}; a constraint component with parameters cannot run"
            ) from None
        if isinstance(solutions, ox.QueryBoolean):
            asked = Result("ASK")
            asked.askAnswer = bool(solutions)
            return asked
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
    if isinstance(term, Literal):
        if term.language:
            return ox.Literal(str(term), language=term.language)
        kind = term.datatype and ox.NamedNode(term.datatype.removeprefix(ILL_FORMED))
        return ox.Literal(str(term), datatype=kind or None)
    return ox.BlankNode(term) if isinstance(term, BNode) else ox.NamedNode(str(term))


def _is_ill_formed(literal: ox.Literal) -> bool:
    """Return whether a literal is not in the lexical space of its datatype, if that is known."""
    datatype = literal.datatype.value
    if form := _LEXICAL.get(datatype):
        return not form.fullmatch(literal.value)
    if datatype not in _CAST:
        return False
    written = ox.Literal(literal.value)
    return not _ENGINE.query(f"ASK {{ BIND(<{datatype}>({written}) AS ?x) FILTER(BOUND(?x)) }}")


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
            kind = URIRef((ILL_FORMED if _is_ill_formed(term) else "") + term.datatype.value)
            found = None if kind == XSD.string else kind
            return Literal(term.value, datatype=found, normalize=False)
    raise ValueError(f"{term} is not an RDF 1.1 term; SHACL cannot check it, so remove it")
