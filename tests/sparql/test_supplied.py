"""Queries that leave out the declarations of prefixes that the dataset has."""

import html
from pathlib import Path

import httpx
import pytest
from pyoxigraph import RdfFormat, Store, parse
from serving import running

from accsm_kg.namespaces import BASE
from accsm_kg.questions.files import load

LINE = "action-line-apsc-2025:A.2.2.iv"
COUNT = "SELECT (COUNT(DISTINCT ?p) AS ?n)"


def ask(client: httpx.Client, query: str, accept: str = "text/csv") -> httpx.Response:
    return client.get("/sparql", params={"query": query}, headers={"Accept": accept})


def shown_query(page: str) -> str:
    return html.unescape(
        page.partition("<textarea")[2].partition(">")[2].partition("</textarea>")[0]
    )


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        (f"{COUNT} {{ ?p a accsm:Project }}", "41"),
        (f"{COUNT} {{ ?p a accsm:Project ; accsm:supports {LINE} }}", "6"),
        (f"{COUNT} {{ ?p accsm:supports <id/action-line/apsc-2025/A.2.2.iv> }}", "6"),
        (f"{COUNT} {{ GRAPH graph:inferred {{ ?p accsm:supports {LINE} }} }}", "6"),
        (f"{COUNT} FROM graph:inferred {{ ?p accsm:supports {LINE} }}", "6"),
        (f"PREFIX accsm: <http://example.org/> {COUNT} {{ ?p a accsm:Project }}", "0"),
        ("SELECT ?n { id:country\\/KHM accsm:alpha3 ?n }", "KHM"),
    ],
)  # fmt: skip
def test_the_prefixes_of_the_dataset_need_no_declaration(
    known_client: httpx.Client, query: str, wanted: str
) -> None:
    answer = ask(known_client, query)
    assert answer.text.splitlines() == ["n", wanted], answer.text


def test_an_unknown_prefix_is_an_error_at_its_place(known_client: httpx.Client) -> None:
    answer = ask(known_client, f"SELECT * {{ ?s accsm:supports {LINE} , acsm:x }}")
    assert answer.status_code == 400
    assert "Line 1, column 63: the prefix `acsm:` is not declared." in answer.text
    assert "Did you mean `accsm:`?" in answer.text


def test_the_place_of_an_error_is_that_in_the_query_as_sent(known_client: httpx.Client) -> None:
    query = f"SELECT * {{ ?s accsm:supports {LINE} ; ; ?a }}"
    answer = ask(known_client, query)
    assert answer.status_code == 400
    assert f"Line 1, column {query.index('?a') + 1}: " in answer.text


def test_the_page_of_an_answer_shows_the_query_with_all_that_it_needs(
    known_client: httpx.Client,
) -> None:
    query = f"SELECT ?p {{ ?p accsm:supports {LINE} ; ?q <id/country/KHM> }}"
    page = ask(known_client, query, "text/html").text
    shown = shown_query(page)
    assert shown.splitlines() == [
        f"BASE <{BASE}>",
        f"PREFIX accsm: <{BASE}ontology#>",
        f"PREFIX action-line-apsc-2025: <{BASE}id/action-line/apsc-2025/>",
        query,
    ]
    assert "Supplied to the query" in page
    assert "Hint" not in ask(known_client, shown).headers
    assert sorted(ask(known_client, shown).text.split()) == sorted(
        ask(known_client, query).text.split()
    )


def test_a_graph_has_the_prefixes_that_were_supplied(known_client: httpx.Client) -> None:
    answer = ask(known_client, f"CONSTRUCT WHERE {{ {LINE} skos:notation ?n }}", "text/turtle")
    assert f"\n{LINE} skos:notation " in answer.text
    assert len(list(parse(answer.text, format=RdfFormat.TURTLE))) == 1


def test_short_names_on_pages_and_in_turtle_can_be_pasted(known_client: httpx.Client) -> None:
    page = known_client.get("/doc/project/2016-2020/33", headers={"Accept": "text/html"}).text
    assert "<code data-copy>project-2016-2020:33</code>" in page
    answer = ask(
        known_client, "SELECT ?c ?l { ?c accsm:alpha3 'KHM' ; skos:prefLabel ?l }", "text/html"
    )
    assert ">country:KHM</small>" in answer.text
    part = "id/project/2016-2020/33/budget"
    assert f"<code data-copy>&lt;{part}&gt;</code>" in known_client.get(
        "/doc/project/2016-2020/33/budget", headers={"Accept": "text/html"}
    ).text  # fmt: skip
    turtle = known_client.get("/doc/project/2016-2020/33?format=ttl").text
    assert "\nproject-2016-2020:33 " in turtle
    assert "@prefix id:" not in turtle
    assert ask(known_client, "ASK { project-2016-2020:33 ?p ?o }", "*/*").json()["boolean"]
    assert ask(known_client, f"ASK {{ <{part}> ?p ?o }}", "*/*").json()["boolean"]


def test_every_query_on_the_pages_runs_unchanged(known_client: httpx.Client, known: Store) -> None:
    for path in ("/sparql", *(f"/questions/{question.name}" for question in load(known))):
        page = known_client.get(path, headers={"Accept": "text/html"}).text
        text = html.unescape(page.partition('aria-label="Query" data-copy><code>')[2])
        text = shown_query(page) if path == "/sparql" else text.partition("</code>")[0]
        assert text
        known.query(text)


def test_other_datasets_have_prefixes_of_their_own(tmp_path: Path) -> None:
    sh, file = "http://www.w3.org/ns/shacl#", tmp_path / "data.ttl"
    file.write_text(f"<x:a.b.c> a <x:T> . [] <{sh}prefix> 'x' ; <{sh}namespace> 'x:' .")
    with running(file) as server, httpx.Client(base_url=server.url) as client:
        answer = ask(client, "SELECT ?s { ?s a x:T VALUES ?s { x:a.b.c } }")
        assert answer.text.split() == ["s", "x:a.b.c"]


def test_a_question_without_declarations_is_shown_with_them(tmp_path: Path) -> None:
    lines = [
        f"<{BASE}q> <http://purl.org/dc/terms/identifier> 'q' .",
        f"<{BASE}q> <http://purl.org/dc/terms/description> 'All.' .",
        f"<{BASE}q> <http://www.w3.org/2000/01/rdf-schema#comment> 'Which?' .",
        f"<{BASE}q> <http://www.w3.org/ns/shacl#select> 'SELECT ?s {{ ?s a accsm:Project }}' .",
    ]
    file = tmp_path / "data.trig"
    file.write_text(f"<{BASE}.well-known/sparql-examples> {{ {' '.join(lines)} }}")
    with running(file) as server, httpx.Client(base_url=server.url) as client:
        page = client.get("/questions/q", headers={"Accept": "text/html"}).text
    assert f"PREFIX accsm: &lt;{BASE}ontology#&gt;\nSELECT ?s" in page
