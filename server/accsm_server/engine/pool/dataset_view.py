"""Queries over the dataset in memory, or over the graphs that a query chooses.

Several FROM clauses make a default graph that is the RDF merge of their graphs (SPARQL 1.1 Query,
section 13.2.1): a triple in two graphs counts once. pyoxigraph would count it twice, so the merge
is copied into a store of its own.
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
Results = QuerySolutions | QueryTriples | QueryBoolean


@dataclass(frozen=True)
class DatasetView:
    """A dataset: its base IRI, its store, and its layout."""

    base: str
    whole: Store
    conventions: Conventions

    def query(self, text: str, default_graphs: Graphs = (), named_graphs: Graphs = ()) -> Results:
        """Evaluate ``text`` over the given graphs, or else over those of its FROM clauses."""
        chosen: tuple[Graphs, Graphs] | None = (default_graphs, named_graphs)
        if not (default_graphs or named_graphs):
            upper = text.upper()
            chosen = self._dataset_clauses(text) if "FROM" in upper else None
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

    def _dataset_clauses(self, text: str) -> tuple[Graphs, Graphs] | None:
        """Return the graphs of FROM and of FROM NAMED; None if there are no such clauses.

        pyoxigraph itself resolves their prefixes, base IRI and escapes: the clauses are put into a
        query over a store in which each graph contains its own name.
        """
        scanned = masked(_ESCAPE.sub(lambda escape: "x" * len(escape[0]), text))
        form = _FORM.search(scanned)
        if not form:
            return None
        end = scanned.find("{", form.end())
        span = form.end(), end if end >= 0 else len(scanned)
        clauses = [text[slice(*found.span())] for found in _CLAUSE.finditer(scanned, *span)]
        if not clauses or len(clauses) < len(_FROM.findall(scanned, *span)):  # glued to a name
            return None
        probe = (
            f"{text[: form.start()]} SELECT ?default ?named {' '.join(clauses)}"
            " { { ?default ?p ?o } UNION { GRAPH ?named { ?s ?p ?o } } }"
        )
        try:
            found = self._graph_names.query(probe, base_iri=self.base)
        except SyntaxError:  # the query itself will raise it, with the right position
            return None
        assert isinstance(found, QuerySolutions)
        rows = list(found)
        default, named = ([row[n].value for row in rows if row[n]] for n in ("default", "named"))
        return tuple(default), tuple(named)

    @cached_property
    def _graph_names(self) -> Store:
        """Return a store in which each graph contains one triple, made of its own name."""
        names = Store()
        for graph in self.whole.named_graphs():
            if isinstance(graph, NamedNode):
                names.add(Quad(graph, graph, graph, graph))
        return names


@lru_cache(maxsize=2)
def _merge(whole: Store, default: Graphs, named: Graphs) -> Store:
    """Return a store with the ``named`` graphs, and the merge of ``default`` as default graph."""
    merged = Store()
    for iri in default:
        quads = whole.quads_for_pattern(None, None, None, NamedNode(iri))
        merged.bulk_extend(dataset.place((quad.triple for quad in quads), DefaultGraph()))
    for iri in named:
        merged.bulk_extend(whole.quads_for_pattern(None, None, None, NamedNode(iri)))
    return merged
