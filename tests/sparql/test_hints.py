"""Hints about unknown names and misleading syntax."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pyoxigraph import Store
from serving import running

from accsm_kg.namespaces import BASE
from accsm_kg.questions.files import load


@pytest.fixture(scope="module")
def client(dataset_path: Path) -> Iterator[httpx.Client]:
    with running(dataset_path) as server, httpx.Client(base_url=server.url) as client:
        yield client


def ask(client: httpx.Client, query: str, accept: str = "*/*") -> httpx.Response:
    return client.get("/sparql", params={"query": query}, headers={"Accept": accept})


@pytest.mark.parametrize("accept", ["text/plain", "application/problem+json", "text/turtle"])
@pytest.mark.parametrize("query", ["SELECT * { ?s ?p }", "CONSTRCT { ?s ?p ?o } WHERE {}"])
def test_a_syntax_error_is_reported_before_a_406(
    client: httpx.Client, query: str, accept: str
) -> None:
    answer = ask(client, query, accept)
    assert answer.status_code == 400
    assert "Line 1, column " in answer.text
    assert ask(client, "SELECT * {}", accept).status_code == 406


UNKNOWN_NAMES = {
    "a class": (f"ASK {{ ?s a <{BASE}ontology#Projekt> }}", "`accsm:Projekt`", "`accsm:Project`?"),
    "a property": (
        f"PREFIX x: <{BASE}ontology#> ASK {{ ?s x:suports ?o }}",
        "`accsm:suports`",
        "`accsm:supports`?",
    ),
    "a value": (f"ASK {{ ?s ?p <{BASE}id/concept/complete> }}", "complete", "completed`?"),
    "a graph": (f"ASK FROM <{BASE}graph/vocabulary> {{ ?s ?p ?o }}", "not a", "`graph:vocab`?"),
    "like nothing": (f"ASK {{ ?s <{BASE}ontology#xyzzy> ?o }}", "`accsm:xyzzy`", "vocabulary."),
}


@pytest.mark.parametrize("name", UNKNOWN_NAMES)
def test_an_unknown_name_of_the_dataset_has_a_hint(client: httpx.Client, name: str) -> None:
    query, name_in_hint, suggestion = UNKNOWN_NAMES[name]
    for _ in range(2):  # evaluated, then cached
        answer = ask(client, query)
        assert answer.status_code == 200
        assert name_in_hint in answer.headers["Hint"]
        assert suggestion in answer.headers["Hint"]
    page = ask(client, query, "text/html").text
    assert 'class="note"' in page
    assert name_in_hint.strip("`") in page


@pytest.mark.parametrize(
    ("condition", "hint"),
    [
        ("?d > 2016-01-01", "`2016-01-01` is a subtraction"),
        ("?d > '2016-1-1'^^<http://www.w3.org/2001/XMLSchema#date>", "write two digits"),
        ("COUNT(?s) > 2", "HAVING"),
    ],
)
def test_misleading_syntax_has_a_hint(client: httpx.Client, condition: str, hint: str) -> None:
    answer = ask(client, f"SELECT ?d {{ ?s ?p ?d FILTER({condition}) }} GROUP BY ?d LIMIT 1")
    assert answer.status_code == 200
    assert hint in answer.headers["Hint"]
    assert "\\" not in answer.headers["Hint"]


def test_an_unknown_graph_in_the_parameters_has_a_hint(client: httpx.Client) -> None:
    for name, graph in (("default-graph-uri", "urn:x"), ("named-graph-uri", f"{BASE}graph/vocap")):
        answer = client.get("/sparql", params={"query": "ASK {}", name: graph})
        assert "is not a graph" in answer.headers["Hint"]
    answer = client.get("/sparql", params={"query": "ASK {}", name: f"{BASE}graph/vocab"})
    assert "Hint" not in answer.headers


@pytest.mark.parametrize(
    "query",
    [
        "ASK { ?s ?p ?o }",
        f"ASK {{ ?s a <{BASE}ontology#Project> }}",
        f"ASK {{ ?s ?p ?o FILTER(STRSTARTS(STR(?s), '{BASE}ontology#x')) }}",
        f"PREFIX x: <{BASE}ontology#> ASK {{ ?s ?p ?o }}",
        f"ASK {{ GRAPH <{BASE}graph/vocab> {{ ?s ?p ?o }} }}",
        "ASK { ?s a <http://example.org/Projekt> }",
        "PREFIX e: <a:> ASK { ?s e:2016-01-01 <a:2016-01-01> FILTER(?s > '2016-01-01'^^e:x) }",
    ],
)
def test_known_names_and_names_of_others_have_no_hint(client: httpx.Client, query: str) -> None:
    assert "Hint" not in ask(client, query).headers


def test_no_stored_question_has_a_hint(client: httpx.Client, store: Store) -> None:
    for question in load(store):
        assert "Hint" not in ask(client, question.text).headers, question.name


def test_a_hint_is_one_line_of_ascii(client: httpx.Client) -> None:
    answer = ask(client, f"PREFIX x: <{BASE}ontology#> ASK {{ ?s x:a\\\r\nX-Evil:\\\r\nb ?o }}")
    assert "X-Evil" not in answer.headers
    answer = ask(client, f"ASK {{ ?s <{BASE}ontology#Projet-é-日本> ?o }}")
    assert "\\xe9" in answer.headers["Hint"]
