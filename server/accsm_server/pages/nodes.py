"""The blank nodes of a page: what the dataset says about them, and what leads to them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pyoxigraph import BlankNode, NamedNode, Quad, RdfFormat, parse

from accsm_kg.rdf.terms import RDF, TYPE, Term
from accsm_server.engine.interface import Query, fetch
from accsm_server.pages.queries import Site

#: The graphs of each value, by property IRI and value.
Statements = Mapping[str, Mapping[Term, set[str]]]
#: The subjects and properties of which a blank node is the value.
Parents = Mapping[BlankNode, list[tuple[Term, str]]]

#: Statements about the blank nodes of one page.
MOST = 2000

_FIRST, _REST = f"{RDF}first", f"{RDF}rest"


@dataclass(frozen=True)
class BlankNodes:
    """The statements about the blank nodes of a page, and those that lead to them."""

    statements: Mapping[BlankNode, Statements] = field(default_factory=dict)
    parents: Parents = field(default_factory=dict)
    is_cut: bool = False
    """Whether there are more than `MOST` statements."""

    @property
    def terms(self) -> Iterator[Term]:
        """Yield the terms in all statements."""
        for statements in self.statements.values():
            for predicate, values in statements.items():
                yield NamedNode(predicate)
                yield from values
        for parents in self.parents.values():
            for subject, predicate in parents:
                yield NamedNode(predicate)
                yield subject

    def items(self, node: BlankNode) -> tuple[list[tuple[Term, set[str]]], bool]:
        """Return the items of the list at ``node`` with their graphs, and whether these are all.

        There are none if ``node`` is not that of a list.
        """
        found: dict[BlankNode, tuple[Term, set[str]]] = {}
        place: Term = node
        while isinstance(place, BlankNode):
            cell = self._cell(place)
            if cell is None and self.is_cut:
                return list(found.values()), False
            if cell is None or place in found:
                return [], True
            found[place], place = cell
        return list(found.values()), True

    def head(self, node: BlankNode) -> BlankNode:
        """Return the first node of the list that ``node`` is a part of, or else ``node``."""
        seen = {node}
        while above := [
            subject
            for subject, predicate in self.parents.get(node, ())
            if predicate == _REST and isinstance(subject, BlankNode)
        ]:
            if above[0] in seen:
                break
            node = above[0]
            seen.add(node)
        return node

    def owners(self, node: BlankNode) -> list[tuple[NamedNode, str]]:
        """Return the nearest subjects with IRIs that lead to ``node``, and their properties."""
        ahead, seen, found = [node], {node}, dict[tuple[NamedNode, str], None]()
        for place in ahead:
            for subject, predicate in self.parents.get(place, ()):
                if isinstance(subject, NamedNode):
                    found[subject, predicate] = None
                elif isinstance(subject, BlankNode) and subject not in seen:
                    seen.add(subject)
                    ahead.append(subject)
        return list(found)

    def _cell(self, node: BlankNode) -> tuple[tuple[Term, set[str]], Term] | None:
        """Return the item at a node of a list, and the rest of the list; None if it is no list."""
        statements = dict(self.statements.get(node, {}))
        first, rest = (statements.pop(name, {}) for name in (_FIRST, _REST))
        statements.pop(TYPE, None)
        if statements or len(first) != 1 or len(rest) != 1:
            return None
        return next(iter(first.items())), next(iter(rest))


async def load_nodes(site: Site, terms: Iterable[Term | None]) -> BlankNodes:
    """Return the blank nodes among ``terms``, and those that describe them or lead to them."""
    labels = tuple(dict.fromkeys(term.value for term in terms if isinstance(term, BlankNode)))
    if not labels:
        return BlankNodes()
    query = Query("", "nq", nodes=labels, limit=MOST, internal=True)
    body, is_cut = await fetch(site.engine, query)
    statements, parents = _group(parse(body, format=RdfFormat.N_QUADS))
    return BlankNodes(statements, parents, is_cut)


def _group(quads: Iterable[Quad]) -> tuple[Mapping[BlankNode, Statements], Parents]:
    statements: dict[BlankNode, dict[str, dict[Term, set[str]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(set))
    )
    parents: dict[BlankNode, list[tuple[Term, str]]] = defaultdict(list)
    for quad in quads:
        predicate, graph = quad.predicate.value, quad.graph_name
        if isinstance(quad.subject, BlankNode):
            graphs = statements[quad.subject][predicate][quad.object]
            if isinstance(graph, NamedNode):
                graphs.add(graph.value)
        if isinstance(quad.object, BlankNode):
            parents[quad.object].append((quad.subject, predicate))
    return statements, parents
