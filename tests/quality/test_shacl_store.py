"""The graph for pySHACL: the default graph, with queries on the named graphs too."""

import pyoxigraph as ox
import pytest
from rdflib import Literal, URIRef, Variable

from accsm_kg.quality.shacl_store import ShaclStore, triples

A, P, G = (ox.NamedNode(f"x:{name}") for name in "apg")


def _store(*quads: ox.Quad) -> ox.Store:
    store = ox.Store()
    store.extend(quads)
    return store


def test_a_query_uses_bindings_and_named_graphs() -> None:
    store = _store(ox.Quad(A, P, ox.Literal("one")), ox.Quad(A, P, ox.Literal("two"), G))
    graph = ShaclStore(store)
    assert set(graph) == {(URIRef("x:a"), URIRef("x:p"), Literal("one"))}
    query = "SELECT $this ?value WHERE { GRAPH <x:g> { $this <x:p> ?value } }"
    (found,) = graph.query(query, "", "", None, {"this": URIRef("x:a")}).bindings
    assert found[Variable("value")] == Literal("two")
    assert not graph.query(query, "", "", None, {"this": URIRef("x:b")}).bindings


def test_a_triple_term_is_refused() -> None:
    store = _store(ox.Quad(A, P, ox.Triple(A, P, A)))
    with pytest.raises(ValueError, match=r"not an RDF 1\.1 term"):
        list(triples(store, ox.DefaultGraph()))
