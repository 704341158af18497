"""What is said to people whose query names what does not exist or is not read as meant."""

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
def test_what_cannot_be_read_is_said_before_what_cannot_be_had(
    client: httpx.Client, query: str, accept: str
) -> None:
    answer = ask(client, query, accept)
    assert answer.status_code == 400
    assert "Line 1, column " in answer.text
    assert ask(client, "SELECT * {}", accept).status_code == 406


IN_VAIN = {
    "a class": (f"ASK {{ ?s a <{BASE}ontology#Projekt> }}", "`accsm:Projekt`", "`accsm:Project`?"),
    "a property": (
        f"PREFIX x: <{BASE}ontology#> ASK {{ ?s x:suports ?o }}",
        "`accsm:suports`",
        "`accsm:supports`?",
    ),
    "a value": (f"ASK {{ ?s ?p <{BASE}id/concept/complete> }}", "complete", "completed`?"),
    "a graph": (f"ASK FROM <{BASE}graph/vocabulary> {{ ?s ?p ?o }}", "no graph", "`graph:vocab`?"),
    "like nothing": (f"ASK {{ ?s <{BASE}ontology#xyzzy> ?o }}", "`accsm:xyzzy`", "vocabulary."),
}


@pytest.mark.parametrize("name", IN_VAIN)
def test_a_name_of_ours_that_does_not_exist_earns_a_hint(client: httpx.Client, name: str) -> None:
    query, met, guess = IN_VAIN[name]
    for _ in range(2):  # asked, then kept
        answer = ask(client, query)
        assert answer.status_code == 200
        assert met in answer.headers["Hint"]
        assert guess in answer.headers["Hint"]
    page = ask(client, query, "text/html").text
    assert 'class="note"' in page
    assert met.strip("`") in page


@pytest.mark.parametrize(
    ("condition", "hint"),
    [
        ("?d > 2016-01-01", "`2016-01-01` is a subtraction"),
        ("?d > '2016-1-1'^^<http://www.w3.org/2001/XMLSchema#date>", "write two digits"),
        ("COUNT(?s) > 2", "HAVING"),
    ],
)
def test_what_is_not_read_as_meant_earns_a_hint(
    client: httpx.Client, condition: str, hint: str
) -> None:
    answer = ask(client, f"SELECT ?d {{ ?s ?p ?d FILTER({condition}) }} GROUP BY ?d LIMIT 1")
    assert answer.status_code == 200
    assert hint in answer.headers["Hint"]
    assert "\\" not in answer.headers["Hint"]


def test_a_graph_that_the_protocol_names_in_vain_earns_one_too(client: httpx.Client) -> None:
    for name, graph in (("default-graph-uri", "urn:x"), ("named-graph-uri", f"{BASE}graph/vocap")):
        answer = client.get("/sparql", params={"query": "ASK {}", name: graph})
        assert "is no graph" in answer.headers["Hint"]
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
def test_names_that_exist_or_are_not_ours_earn_none(client: httpx.Client, query: str) -> None:
    assert "Hint" not in ask(client, query).headers


def test_no_stored_question_earns_a_hint(client: httpx.Client, store: Store) -> None:
    for question in load(store):
        assert "Hint" not in ask(client, question.text).headers, question.name


def test_a_hint_is_one_line_whatever_the_query_names(client: httpx.Client) -> None:
    answer = ask(client, f"PREFIX x: <{BASE}ontology#> ASK {{ ?s x:a\\\r\nX-Evil:\\\r\nb ?o }}")
    assert "X-Evil" not in answer.headers
    answer = ask(client, f"ASK {{ ?s <{BASE}ontology#Projet-é-日本> ?o }}")
    assert "\\xe9" in answer.headers["Hint"]
