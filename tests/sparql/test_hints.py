"""What is said to people whose query cannot be read, or names what does not exist."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pyoxigraph import Store
from serving import running

from accsm_kg.namespaces import BASE, prefixes
from accsm_kg.questions.rdf import load
from accsm_kg.rdf import explain

SLIPS = {
    "SELCT ?s WHERE { ?s ?p ?o }": (1, 1, "`SELCT` is no word", "`SELECT`"),
    "SELECT ?s\nWHRE { ?s ?p ?o }": (2, 1, "`WHRE` is no word", "`WHERE`"),
    "SELECT * { ?s ?p ?o OPTINAL { ?s a ?c } }": (1, 21, "`OPTINAL`", "`OPTIONAL`"),
    "SELECT * { ?s ?p ?o } ODER BY ?s": (1, 23, "`ODER`", "`ORDER`"),
    "SELECT * { ?s ?p ?o FILTER(CONTAIN(?o, 'x')) }": (1, 28, "`CONTAIN`", "`CONTAINS`"),
    "SELECT * { ?s ?p TRUE }": (1, 18, "`TRUE`", "`true`"),
    "SELECT * { ?s ?p ?o FILTER(?o > 1 AND ?o < 3) }": (1, 35, "`AND`", "`&&`"),
    "SELECT * { ?s ?p ?o } LIMIT ten": (1, 29, "whole number", "LIMIT 10"),
    "SELECT * { ?s ?p ?o } LIMIT -1": (1, 29, "whole number", "LIMIT 10"),
    "SELECT * { ?s ?p ?o } LIMIT 5 OFFSET": (1, 37, "whole number", "OFFSET 20"),
    "SELECT * { ?s ?p ?o } LIMIT 10, 5": (1, 31, "`,`", "LIMIT 5 OFFSET 10"),
    "SELECT * { ?s ?p ?o } LIMIT 1,000": (1, 30, "`,`", "Write `1000`"),
    "SELECT * { ?s ?p ?o } ;": (1, 23, "`;`", "Leave it out"),
    "SELECT TOP 10 * { ?s ?p ?o }": (1, 8, "`TOP`", "LIMIT 10"),
    "SELECT ?s ?s { ?s ?p ?o }": (1, 26, "twice", "once"),
    "SELECT * { ?s ?p ?x FILTER(strStarts(?x, 'h') }": (1, 45, "`)`", "`(` at line 1, column 27"),
    "SELECT (ROUND(AVG(?y)) AS ?m) { ?p x:y ?y }": (1, 36, "`x:` is not", "PREFIX x:"),
    "SELECT * {\n?s ?p ?l ,\n}": (3, 1, "`}` stands where", "Write the value"),
    "SELECT * { ?t bif:contains 'x' }": (1, 15, "Virtuoso", 'CONTAINS(LCASE(?t), "x")'),
    "S\u0415LECT * {}": (1, 1, "is CYRILLIC CAPITAL LETTER IE", "`SELECT`"),
    "SELECT * { ?s \u0430\u0441\u0441sm:p ?o }": (1, 15, "CYRILLIC SMALL LETTER A", "Latin"),
    "SELECT * { ?s a <http://x/{y}> }": (1, 17, "it has '{'", "%20"),
    "ASK { ?s ?p ?o FILTER(?o > 2016-01-01^^<a:b>) }": (1, 28, "not in quotes", '"2016-01-01"'),
    "SELECT * { ?s ?p ?o } FILTER(?o > 1)": (1, 23, "`FILTER` stands outside", "before the `}`"),
    "PREFIX a: <b:> . SELECT * {}": (1, 16, "`.` stands behind PREFIX", "Leave it out"),
    "PREFIX a: <b:> SELECT * { ?s a:b//c ?o }": (1, 33, "no property between", "`/` once"),
    "PREFIX a: <b:> SELECT * { ?s a:bcdefghij/ ?o }": (1, 43, 'met `?o`, expected "!"', ""),
    "SELECT ?s ?p { ?s ?p ?o } GROUP BY ?s": (1, 11, "`?p` is neither grouped", "GROUP BY ?s ?p"),
    "SELECT (SUM(?o)/?p AS ?n) { ?s ?p ?o } GROUP BY ?s": (1, 51, "neither grouped", "GROUP BY"),
    "SELECT ?s, ?p { ?s ?p ?o }": (1, 10, "`,`", "spaces"),
    "SELECT COUNT(?s) { ?s ?p ?o }": (1, 8, "brackets and a name", "AS"),
    "SELECT (COUNT(?s)) { ?s ?p ?o }": (1, 18, "no name", "AS"),
    "SELECT ?s (COUNT(?o) AS ?n) { ?s ?p ?o }": (1, 8, "`?s` is neither grouped", "GROUP BY ?s"),
    "SELECT * { ?s ?p ?o } GROUP BY ?s": (1, 34, "`SELECT *`", "Name the variables"),
    "SELECT (?o AS ?p) { ?s ?p ?o }": (1, 31, "variable of the pattern", "new name"),
    "SELECT * { ?s a ?c ?s ?p ?o }": (1, 20, "fourth term, `?s`", "`.`"),
    "SELECT * { ?s ?p }": (1, 18, "only two terms", "subject"),
    "SELECT * { ?s ?p ?o FILTER ?o > 3 }": (1, 28, "not in brackets", "FILTER(…)"),
    "SELECT * { ?s ?p ?o FILTER(?o == 3) }": (1, 31, "`==`", "`=`"),
    "SELECT * { ?s ?p ?o LIMIT 3 }": (1, 21, "`LIMIT` stands inside", "after the `}`"),
    "SELECT * { ?s ?p ?o } LIMIT 3 ORDER BY ?s": (1, 31, "`ORDER` comes too late", "ORDER BY"),
    "SELECT * { ?s ?p 'abc }": (1, 18, "never closed", "Close it"),
    "SELECT * { ?s ?p “x” }": (1, 18, "typographic", "straight"),
    "SELECT * {\u00a0?s ?p ?o }": (1, 11, "invisible", "plain space"),
    "SELECT * { ?s a http://example.org/x }": (1, 17, "without its brackets", "<http://"),
    "SELECT * { ?s a <http://example.org/a b> }": (1, 17, "is no IRI", "%20"),
    "PREFIX a <b:> SELECT * { ?s ?p ?o }": (1, 8, "lacks its colon", "PREFIX a: <…>"),
    "PREFIX a: http://b/ SELECT * {}": (1, 11, "not between < and >", "<…>"),
    "@prefix a: <b:> . SELECT * {}": (1, 1, "Turtle", "without a dot"),
    "PREFIX a: <b:> SELECT * { a:b/2016/6 ?p ?o }": (1, 27, "may not have a `/`", "whole IRI"),
    "SELECT * { ?s ex:p ?o }": (1, 15, "`ex:` is not declared", "PREFIX ex:"),
    "SELECT * { ?s acsm:p ?o }": (1, 15, "`acsm:` is not declared", "`accsm:`"),
    "SELECT * { ?s accsm:p ?o }": (1, 15, "not declared", f"PREFIX accsm: <{BASE}ontology#>"),
    "SELECT * WHERE ?s ?p ?o": (1, 16, 'met `?s`, expected "{"', ""),
    "SELECT * { ?s ?p ?o": (1, 20, "the end of the query", "never closed"),
    "SELECT * { ?s ?p ?o } }": (1, 24, "the end of the query", "closes nothing"),
    "": (1, 1, "no query here", "SELECT, ASK"),
    "# only a comment": (1, 1, "no query here", "SELECT, ASK"),
}


def complaint(query: str) -> str:
    with pytest.raises(SyntaxError) as caught:
        Store().query(query, base_iri=BASE)
    return str(caught.value.msg)


@pytest.mark.parametrize("query", SLIPS)
def test_a_slip_is_named_with_its_place_and_what_to_do(query: str) -> None:
    line, column, detail, hint = SLIPS[query]
    found = explain.explain(query, complaint(query), prefixes())
    assert "FFFD" not in found.detail
    assert found.detail.startswith(f"Line {line}, column {column}: ")
    assert (found.line, found.column) == (line, column)
    assert detail in found.detail
    assert hint in found.hint
    assert found.excerpt.endswith("^")


HARD = ["SELECT ", "SELECT (", "SELECT ?a ", "(", "?s ?p ", "{ ?s ?p ", "a:b/", "<http:", "'a' ",
        "PREFIX a:", "{ LIMIT ", "VALUES (", "SELECT (COUNT(", "a-", "SELECT (a (b) ", "é",
        "\n", "PREFIX aé:", "a:b."]  # fmt: skip


@pytest.mark.parametrize("text", HARD)
@pytest.mark.parametrize("size", [6_000, 32_000, 1_000_000])
def test_no_text_holds_up_the_server(text: str, size: int) -> None:
    query = text * (size // len(text))
    started = time.process_time()
    for line in (1, query.count("\n") + 1):
        explain.explain(query, f"error at {line}:5: expected OPTIONAL", prefixes())
    assert time.process_time() - started < 1


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
