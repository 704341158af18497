"""The dataset in memory as a query sees it: all of it, or the graphs that the query chooses.

The default graph of several FROM is their RDF merge (SPARQL 1.1 Query, 13.2.1): what two graphs
state counts once. The engine searches one graph after the other, so that a merge is made for it.
"""

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

from pyoxigraph import (
    DefaultGraph,
    NamedNode,
    Quad,
    QueryBoolean,
    QuerySolutions,
    QueryTriples,
    Store,
)

from accsm_kg.rdf import dataset
from accsm_kg.rdf.dataset import Conventions
from accsm_kg.rdf.query_scanner import IRI, masked

_ESCAPE = re.compile(r"\\(?:u[0-9A-F]{4}|U[0-9A-F]{8})", re.IGNORECASE)
_FORM = re.compile(r"(?<![\w?$@:.-])(?:SELECT|ASK|CONSTRUCT|DESCRIBE)(?![\w.-]*:)", re.IGNORECASE)
_CLAUSE = re.compile(
    rf"(?<![\w?$@:.-])FROM(?:\s*NAMED)?(?![\w:.-])\s*(?:{IRI}+|[\w.-]*:(?:[\w:.%-]|\\.)*)",
    re.IGNORECASE,
)

_FROM = re.compile(r"(?<![\w?$:])FROM(?!:)", re.IGNORECASE)

Graphs = tuple[str, ...]
Found = QuerySolutions | QueryTriples | QueryBoolean


@dataclass(frozen=True)
class DatasetView:
    """The dataset in memory: its base, all of it, its default graph alone, and its layout."""

    base: str
    whole: Store
    default: Store
    conventions: Conventions

    def query(self, text: str, default_graphs: Graphs = (), named_graphs: Graphs = ()) -> Found:
        """Return what ``text`` finds in the graphs given, else in those that it names itself."""
        chosen: tuple[Graphs, Graphs] | None = (default_graphs, named_graphs)
        if not (default_graphs or named_graphs):
            said = text.upper()
            if "GRAPH" not in said and "FROM" not in said:  # no other graph than the default one
                return self.default.query(text, base_iri=self.base)
            chosen = self._chosen(text)
        if chosen is None:
            return self.whole.query(text, base_iri=self.base)
        default, named = (tuple(sorted(set(graphs))) for graphs in chosen)
        merged = len(default) > 1
        return (_merge(self.whole, default, named) if merged else self.whole).query(
            text,
            base_iri=self.base,
            default_graph=[DefaultGraph()] if merged else [NamedNode(iri) for iri in default],
            named_graphs=[NamedNode(iri) for iri in named],
        )

    def _chosen(self, text: str) -> tuple[Graphs, Graphs] | None:
        """Return the graphs of the clauses FROM and FROM NAMED; None where there is none.

        The engine itself says what they mean, with every prefix, base and escape: it is asked for
        the graphs of a dataset in which each graph holds its name.
        """
        seen = masked(_ESCAPE.sub(lambda escape: "x" * len(escape[0]), text))
        form = _FORM.search(seen)
        if not form:
            return None
        end = seen.find("{", form.end())
        place = form.end(), end if end >= 0 else len(seen)
        clauses = [text[slice(*found.span())] for found in _CLAUSE.finditer(seen, *place)]
        if not clauses or len(clauses) < len(_FROM.findall(seen, *place)):  # one is glued to a name
            return None
        probe = (
            f"{text[: form.start()]} SELECT ?default ?named {' '.join(clauses)}"
            " { { ?default ?p ?o } UNION { GRAPH ?named { ?s ?p ?o } } }"
        )
        try:
            found = self._names.query(probe, base_iri=self.base)
        except SyntaxError:  # the query has it as well, and at a better place
            return None
        assert isinstance(found, QuerySolutions)
        rows = list(found)
        default, named = ([row[n].value for row in rows if row[n]] for n in ("default", "named"))
        return tuple(default), tuple(named)

    @cached_property
    def _names(self) -> Store:
        """Return a store in which each graph of the dataset says its name, and nothing else."""
        names = Store()
        for graph in self.whole.named_graphs():
            if isinstance(graph, NamedNode):
                names.add(Quad(graph, graph, graph, graph))
        return names


@lru_cache(maxsize=2)
def _merge(whole: Store, default: Graphs, named: Graphs) -> Store:
    """Return a store of the ``named`` graphs whose default graph is the merge of ``default``."""
    merged = Store()
    for iri in default:
        quads = whole.quads_for_pattern(None, None, None, NamedNode(iri))
        merged.bulk_extend(dataset.place((quad.triple for quad in quads), DefaultGraph()))
    for iri in named:
        merged.bulk_extend(whole.quads_for_pattern(None, None, None, NamedNode(iri)))
    return merged
