"""The default graph alone answers what reaches no other graph, as the whole dataset does."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import cast

import pytest
from accsm_server.engine.pool.dataset_view import DatasetView
from pyoxigraph import QueryBoolean, Store

from accsm_kg.namespaces import CONVENTIONS
from accsm_kg.questions.files import read
from accsm_kg.questions.model import bind
from accsm_kg.rdf import dataset

QUESTIONS = {
    question.name: question for question in read(Path(__file__).parents[2] / "data/queries")
}
G = "https://w3id.org/accsm-kg/graph/vocab"
#: Each asks for more than the default graph.
REACHING = {
    "GRAPH": "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }",
    "small": "select (count(*) as ?n) { graph ?g { ?s ?p ?o } }",
    "escaped": f"SELECT (COUNT(*) AS ?n) FROM <{G[:-1]}\\u0062> {{ ?s ?p ?o }}",
    "escaped long": f"SELECT (COUNT(*) AS ?n) FROM <{G[:-1]}\\U00000062> {{ ?s ?p ?o }}",
    "FROM": f"SELECT (COUNT(*) AS ?n) FROM <{G}> {{ ?s ?p ?o }}",
    "FROM NAMED": f"ASK FROM NAMED <{G}> {{ GRAPH ?g {{ ?s ?p ?o }} }}",
    "DESCRIBE": f"DESCRIBE ?s FROM <{G}> {{ ?s ?p ?o }}",
}


@pytest.fixture(scope="module")
def held(store: Store) -> DatasetView:
    return DatasetView("https://w3id.org/accsm-kg/", store, dataset.default(store), CONVENTIONS)


@pytest.fixture(scope="module")
def half(store: Store) -> DatasetView:
    """A dataset whose default graph alone is empty, which tells who was asked."""
    return DatasetView("https://w3id.org/accsm-kg/", store, Store(), CONVENTIONS)


def _answer(found: object) -> object:
    if isinstance(found, QueryBoolean):
        return bool(found)
    return Counter(str(each) for each in cast(Iterable[object], found))


@pytest.mark.parametrize("name", QUESTIONS)
def test_both_answer_alike(held: DatasetView, name: str) -> None:
    text = bind(QUESTIONS[name], {})
    assert _answer(held.query(text)) == _answer(held.whole.query(text))


def test_what_stays_in_the_default_graph_asks_it_alone(half: DatasetView) -> None:
    assert _answer(half.query("SELECT * { ?s ?p ?o }")) == Counter()


@pytest.mark.parametrize("text", REACHING.values(), ids=REACHING)
def test_what_reaches_further_asks_the_whole(half: DatasetView, text: str) -> None:
    found = _answer(half.query(text))
    assert found == _answer(half.whole.query(text))
    assert found


@pytest.mark.parametrize("graphs", [((G,), ()), ((), (G,))], ids=["default", "named"])
def test_a_dataset_given_by_the_protocol_is_of_the_whole(
    half: DatasetView, graphs: tuple[tuple[str, ...], tuple[str, ...]]
) -> None:
    assert half.query("ASK { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }", *graphs)


@pytest.mark.parametrize(
    "text",
    [
        rf"PREFIX e: <urn:> SELECT * {{ ?s ?p ?o MINUS {{ ?s e:a\~FROM <{G}> }} }}",
        f"PREFIX g: <{G}> SELECT * FROM <urn:none> FROMg: {{ ?s ?p ?o }}",
    ],
    ids=["the end of a name", "glued to a name"],
)
def test_what_looks_like_from_is_what_the_engine_says(held: DatasetView, text: str) -> None:
    assert _answer(held.query(text)) == _answer(held.whole.query(text))
    assert _answer(held.query(text))
