"""Queries over the default graph, and over the graphs that a query or the protocol chooses."""

from collections import Counter
from collections.abc import Iterable
from typing import cast

import pytest
from accsm_server.engine.pool.dataset_view import DatasetView
from project import ROOT
from pyoxigraph import QueryBoolean, Store

from accsm_kg.namespaces import CONVENTIONS
from accsm_kg.questions.files import read

QUESTIONS = {question.name: question for question in read(ROOT / "data/queries")}
G = "https://w3id.org/accsm-kg/graph/vocab"
#: Queries of more than the default graph.
NAMED_GRAPHS = {
    "GRAPH": "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }",
    "lower case": "select (count(*) as ?n) { graph ?g { ?s ?p ?o } }",
    "escaped": f"SELECT (COUNT(*) AS ?n) FROM <{G[:-1]}\\u0062> {{ ?s ?p ?o }}",
    "long escape": f"SELECT (COUNT(*) AS ?n) FROM <{G[:-1]}\\U00000062> {{ ?s ?p ?o }}",
    "FROM": f"SELECT (COUNT(*) AS ?n) FROM <{G}> {{ ?s ?p ?o }}",
    "FROM NAMED": f"ASK FROM NAMED <{G}> {{ GRAPH ?g {{ ?s ?p ?o }} }}",
    "DESCRIBE": f"DESCRIBE ?s FROM <{G}> {{ ?s ?p ?o }}",
}


@pytest.fixture(scope="module")
def view(store: Store) -> DatasetView:
    return DatasetView("https://w3id.org/accsm-kg/", store, CONVENTIONS)


def _answer(found: object) -> object:
    if isinstance(found, QueryBoolean):
        return bool(found)
    return Counter(str(each) for each in cast(Iterable[object], found))


@pytest.mark.parametrize("text", NAMED_GRAPHS.values(), ids=NAMED_GRAPHS)
def test_a_query_of_some_graphs_is_answered_by_them(view: DatasetView, text: str) -> None:
    found = _answer(view.query(text))
    assert found == _answer(view.whole.query(text))
    assert found


@pytest.mark.parametrize("graphs", [((G,), ()), ((), (G,))], ids=["default", "named"])
def test_graphs_given_by_the_protocol_are_queried(
    view: DatasetView, graphs: tuple[tuple[str, ...], tuple[str, ...]]
) -> None:
    assert view.query("ASK { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }", *graphs)


@pytest.mark.parametrize(
    "text",
    [
        rf"PREFIX e: <urn:> SELECT * {{ ?s ?p ?o MINUS {{ ?s e:a\~FROM <{G}> }} }}",
        f"PREFIX g: <{G}> SELECT * FROM <urn:none> FROMg: {{ ?s ?p ?o }}",
    ],
    ids=["at the end of a name", "glued to a name"],
)
def test_what_looks_like_from_is_parsed_as_by_the_engine(view: DatasetView, text: str) -> None:
    assert _answer(view.query(text)) == _answer(view.whole.query(text))
    assert _answer(view.query(text))
