"""What describes blank nodes: their statements, and those that lead to them."""

import pytest
from accsm_server.engine.pool.closure import described, surroundings
from accsm_server.engine.pool.dataset_view import DatasetView
from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, QueryTriples, RdfFormat, Store

from accsm_kg.rdf import dataset
from accsm_kg.rdf.dataset import Conventions

BASE = "http://example.org/"
DATA = """
<a:graph> {
  <a:x> <a:has> _:one . _:one <a:has> _:two , "1" . _:two <a:has> _:one , <a:y> .
  <a:y> <a:has> "not told" .
  <a:z> <a:has> _:owner . _:owner <a:to> _:inner . _:inner <a:to> <a:x> . <a:w> <a:knows> _:one .
}
"""


@pytest.fixture(scope="module")
def view() -> DatasetView:
    store, conventions = Store(), Conventions(BASE)
    store.load(DATA.encode(), RdfFormat.TRIG)
    dataset.merge(store, conventions)
    return DatasetView(BASE, store, conventions)


def query(view: DatasetView, text: str) -> QueryTriples:
    found = view.query(text)
    assert isinstance(found, QueryTriples)
    return found


def shapes(quads: set[tuple[object, object, object]]) -> list[str]:
    """The statements, with blank nodes as underscores, sorted."""
    return sorted(
        " ".join("_" if isinstance(term, BlankNode) else str(term) for term in quad)
        for quad in quads
    )


def test_values_are_described_to_the_end_of_the_blank_nodes(view: DatasetView) -> None:
    found = query(view, "CONSTRUCT { <a:x> ?p ?o } WHERE { <a:x> ?p ?o }")
    triples = {(t.subject, t.predicate, t.object) for t in described(view, found)}
    assert shapes(triples) == [
        '<a:x> <a:has> _', '_ <a:has> "1"', "_ <a:has> <a:y>", "_ <a:has> _", "_ <a:has> _",
    ]  # fmt: skip


def test_a_subject_is_described_up_to_what_has_an_iri(view: DatasetView) -> None:
    found = query(view, "CONSTRUCT { ?s ?p <a:x> } WHERE { ?s ?p <a:x> }")
    triples = {(t.subject, t.predicate, t.object) for t in described(view, found)}
    assert shapes(triples) == ["<a:z> <a:has> _", "_ <a:to> <a:x>", "_ <a:to> _"]


def test_surroundings_name_the_graph_and_no_statement_twice(view: DatasetView) -> None:
    link = next(view.whole.quads_for_pattern(NamedNode("a:x"), None, None, DefaultGraph()))
    assert isinstance(link.object, BlankNode)
    quads: list[Quad] = list(surroundings(view, [link.object]))
    assert len(quads) == len(set(quads)) == 6
    assert {quad.graph_name for quad in quads} == {NamedNode("a:graph")}
    assert {str(quad.subject) for quad in quads if isinstance(quad.subject, NamedNode)} == {
        "<a:x>",
        "<a:w>",
    }
