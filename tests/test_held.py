"""The default graph alone answers what reaches no other graph, as the whole dataset does."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import QueryBoolean, Store

from accsm_kg import dataset
from accsm_kg.questions import bind, read
from server.workers.worker import Held

QUESTIONS = {
    question.name: question for question in read(Path(__file__).parents[1] / "data/queries")
}
G = "https://w3id.org/accsm-kg/graph/vocab"
#: Each asks for more than the default graph.
REACHING = {
    "GRAPH": "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }",
    "small": "select (count(*) as ?n) { graph ?g { ?s ?p ?o } }",
    "escaped": "SELECT (COUNT(*) AS ?n) { GR\\u0041PH ?g { ?s ?p ?o } }",
    "escaped long": "SELECT (COUNT(*) AS ?n) { GR\\U00000041PH ?g { ?s ?p ?o } }",
    "FROM": f"SELECT (COUNT(*) AS ?n) FROM <{G}> {{ ?s ?p ?o }}",
    "FROM NAMED": f"ASK FROM NAMED <{G}> {{ GRAPH ?g {{ ?s ?p ?o }} }}",
    "DESCRIBE": f"DESCRIBE ?s FROM <{G}> {{ ?s ?p ?o }}",
}


@pytest.fixture(scope="module")
def held(store: Store) -> Held:
    return Held("https://w3id.org/accsm-kg/", store, dataset.default(store))


def _task(text: str, **more: Any) -> dict[str, Any]:
    return {"text": text, "default_graphs": [], "named_graphs": [], **more}


def _answer(store: Store, text: str) -> object:
    found = store.query(text)
    if isinstance(found, QueryBoolean):
        return bool(found)
    return Counter(str(each) for each in found)


@pytest.mark.parametrize("name", QUESTIONS)
def test_both_answer_alike(held: Held, name: str) -> None:
    text = bind(QUESTIONS[name], {})
    assert _answer(held.asked(_task(text)), text) == _answer(held.whole, text)


def test_what_stays_in_the_default_graph_asks_it_alone(held: Held) -> None:
    assert held.asked(_task("SELECT * { ?s ?p ?o }")) is held.default
    assert len(held.default) < len(held.whole)


@pytest.mark.parametrize("text", REACHING.values(), ids=REACHING)
def test_what_reaches_further_asks_the_whole(held: Held, text: str) -> None:
    assert held.asked(_task(text)) is held.whole


@pytest.mark.parametrize("parameter", ["default_graphs", "named_graphs"])
def test_a_dataset_given_by_the_protocol_is_of_the_whole(held: Held, parameter: str) -> None:
    assert held.asked(_task("ASK { ?s ?p ?o }", **{parameter: [G]})) is held.whole
