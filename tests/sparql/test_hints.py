"""Hints about unknown names and misleading syntax."""

import html
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pyoxigraph import Store
from serving import running

from accsm_kg.namespaces import BASE, prefixes
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


def test_a_property_with_some_of_the_facts_names_the_related_one(
    client: httpx.Client, store: Store
) -> None:
    pairs = "SELECT ?p ?other { GRAPH graph:ontology { ?p dcterms:relation ?other } }"
    found = [(p.value, other.value) for p, other in store.query(pairs, prefixes=prefixes())]
    assert (f"{BASE}ontology#hasOccurrence", f"{BASE}ontology#hasRecurrence") in found
    for iri, other in found:
        related = f"accsm:{other.removeprefix(f'{BASE}ontology#')}"
        hint = ask(client, f"ASK {{ ?s <{iri}> ?o }}").headers["Hint"]
        assert "has only some of these facts; see " in hint and f"`{related}`" in hint, iri
        assert "Hint" not in ask(client, f"ASK {{ ?s <{iri}> ?o ; <{other}> ?p }}").headers, iri


def test_a_renamed_property_of_two_meanings_names_both(client: httpx.Client) -> None:
    hint = ask(client, f"ASK {{ ?s <{BASE}ontology#adoptedBy> ?o }}").headers["Hint"]
    assert "`accsm:concludedBy` or `accsm:toBeAdoptedBy`" in hint


def test_a_hint_is_one_line_of_ascii(client: httpx.Client) -> None:
    answer = ask(client, f"PREFIX x: <{BASE}ontology#> ASK {{ ?s x:a\\\r\nX-Evil:\\\r\nb ?o }}")
    assert "X-Evil" not in answer.headers
    answer = ask(client, f"ASK {{ ?s <{BASE}ontology#Projet-é-日本> ?o }}")
    assert "\\xe9" in answer.headers["Hint"]


#: A dataset with a budget beside its project, a renamed property and two that share the facts.
SMALL = f"""
@prefix accsm: <{BASE}ontology#> . @prefix dcterms: <http://purl.org/dc/terms/> .
@prefix ex: <http://example.org/> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix schema: <http://schema.org/> .
@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .

accsm:Project rdfs:isDefinedBy <{BASE}ontology> .
accsm:Budget rdfs:isDefinedBy <{BASE}ontology> .
accsm:Meeting rdfs:isDefinedBy <{BASE}ontology> .
accsm:amount rdfs:isDefinedBy <{BASE}ontology> .
accsm:hasBudget rdfs:isDefinedBy <{BASE}ontology> .
accsm:theme rdfs:isDefinedBy <{BASE}ontology> .
accsm:cost rdfs:isDefinedBy <{BASE}ontology> ; owl:deprecated true ;
  dcterms:isReplacedBy accsm:amount ; owl:versionInfo "2.0.0" .
accsm:price rdfs:isDefinedBy <{BASE}ontology> ; owl:deprecated true ;
  dcterms:isReplacedBy accsm:amount , accsm:hasBudget .
schema:temporalCoverage dcterms:relation schema:startDate .

ex:1 a accsm:Project ; skos:prefLabel "One"@en ; accsm:hasBudget ex:1b ;
  schema:temporalCoverage "2016" ; schema:startDate "2016-05-01" ; skos:notation "1" .
ex:2 a accsm:Project ; skos:prefLabel "Two"@en ; schema:temporalCoverage "2017" .
ex:1b a accsm:Budget ; accsm:amount 5 ; schema:url <https://example.org/1> .
ex:d sh:prefix "ex" ; sh:namespace "http://example.org/" .
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    file = tmp_path_factory.mktemp("small") / "small.ttl"
    file.write_text(SMALL)
    with running(file) as server, httpx.Client(base_url=server.url) as client:
        yield client


LEADING = {
    'SELECT * { ?s skos:prefLabel "One" }': 'write `"One"@en`.',
    "SELECT * { ?s skos:prefLabel ?l FILTER(?l = 'One') }": "write `'One'@en`, or use `STR(?l)`.",
    "SELECT * { VALUES ?l { 'One' } ?s skos:prefLabel ?l }": "write `'One'@en`, or use `STR(?l)`.",
    "SELECT ?p ?a { ?p a accsm:Project ; accsm:amount ?a }": (
        "Nothing that is a `accsm:Project` has `accsm:amount`; "
        "go by `accsm:hasBudget` to the `accsm:Budget` that has it."
    ),
    "SELECT (SUM(?a) AS ?n) { ?p skos:notation ?x ; accsm:amount ?a }": (
        "Nothing that has `skos:notation` has `accsm:amount`; go by `accsm:hasBudget`"
    ),
    "SELECT * { ?p a accsm:Budget . { ?p accsm:hasBudget ?b } }": (
        "Nothing that is a `accsm:Budget` has `accsm:hasBudget`; it is on `accsm:Project`."
    ),
    "ASK { ?p accsm:hasBudget ?b . ?b a accsm:Project }": (
        "Nothing that is a value of `accsm:hasBudget` is a `accsm:Project`; "
        "these are `accsm:Budget`."
    ),
    "ASK { ?p accsm:theme ?t }": "`accsm:theme` has no values in this dataset.",
    "ASK { ?p a accsm:Meeting }": "`accsm:Meeting` has no instances in this dataset.",
    "ASK { ?p foaf:name ?t }": "`foaf:name` has no values in this dataset.",
    "PREFIX schema: <https://schema.org/> SELECT * { ?s schema:startDate ?o }": (
        "write `PREFIX schema: <http://schema.org/>`."
    ),
    "SELECT * { ?s <https://schema.org/url> ?o }": "write `<http://schema.org/url>`.",
    f"ASK {{ ?s a <{BASE.replace('https', 'http')}ontology#Project> }}": (
        f"write `<{BASE}ontology#Project>`."
    ),
    "ASK { ?s ?p <https://example.org/3> }": "write `<http://example.org/3>`.",
    "SELECT * { ?s schema:startDate ?d }": (
        "`schema:startDate` has only some of these facts; see `schema:temporalCoverage`."
    ),
    "SELECT * { ?s accsm:cost ?o }": "`accsm:cost` was renamed in 2.0.0: write `accsm:amount`.",
    "SELECT * { ?s accsm:price ?o }": (
        "`accsm:price` was renamed: write `accsm:amount` or `accsm:hasBudget`."
    ),
}


@pytest.mark.parametrize("query", LEADING)
def test_a_query_that_misses_the_facts_has_a_hint_that_leads_to_them(
    small: httpx.Client, query: str
) -> None:
    for _ in range(2):  # evaluated, then cached
        assert LEADING[query] in ask(small, query).headers["Hint"]
    page = html.unescape(re.sub("</?code>", "`", ask(small, query, "text/html").text))
    assert LEADING[query] in page


@pytest.mark.parametrize(
    "query",
    [
        'SELECT * { ?s skos:prefLabel "One"@en }',
        "SELECT * { ?s skos:prefLabel ?l FILTER(STR(?l) = 'One') }",
        "SELECT * { ?s skos:notation '1' }",
        "SELECT ?a { ?p a accsm:Project ; accsm:hasBudget ?b . ?b accsm:amount ?a , 7 }",
        "SELECT * { { ?p accsm:hasBudget ?b } UNION { ?p accsm:amount ?a } FILTER(?p = 1) }",
        "SELECT * { ?p a accsm:Project . { SELECT ?a { ?p accsm:amount ?a } } FILTER(?p = 1) }",
        "ASK { GRAPH ?g { ?p a accsm:Project ; accsm:amount ?a } }",
        "ASK { GRAPH ?g { ?p accsm:theme ?a } }",
        "SELECT * { ?p schema:startDate ?d ; schema:temporalCoverage ?c ; skos:notation '2' }",
        "CONSTRUCT { ?p a accsm:Project ; accsm:amount ?a } { ?p accsm:amount ?a }",
        "ASK { ?s ?p <https://example.org/1> }",
    ],
)
def test_a_query_that_is_right_has_no_such_hint(small: httpx.Client, query: str) -> None:
    hint = ask(small, query).headers.get("Hint", "")
    assert re.sub(r"Supplied to the query: .*", "", hint) == ""


@pytest.mark.parametrize("accept", ["text/csv", "text/tab-separated-values",
                                    "application/sparql-results+json",
                                    "application/sparql-results+xml"])  # fmt: skip
@pytest.mark.parametrize(
    ("select", "hinted"),
    [
        ("SELECT ?a {", True),
        ("SELECT (COUNT(?a) AS ?n) {", True),
        ("SELECT (MIN(?a) AS ?n) {", True),
        ("ASK {", True),
        ("SELECT (COUNT(?x) + 7 AS ?n) {", False),
        ("ASK { FILTER(true) } #", False),
    ],
)
def test_an_answer_that_seems_empty_has_a_hint_in_every_format(
    small: httpx.Client, select: str, hinted: bool, accept: str
) -> None:
    if select.startswith("ASK") and "sparql-results" not in accept:
        accept = "*/*"
    answer = ask(small, f"{select} ?x a accsm:Project ; accsm:amount ?a }}", accept)
    assert ("go by `accsm:hasBudget`" in answer.headers.get("Hint", "")) == hinted, answer.text


def test_a_hint_names_what_was_supplied(small: httpx.Client) -> None:
    written = "Supplied to the query: `PREFIX ex: <http://example.org/>`."
    assert ask(small, "ASK { ex:1 ?p ?o }").headers["Hint"] == written
    assert f"`BASE <{BASE}>`" in ask(small, "ASK { <id/1> ?p ?o }").headers["Hint"]
    assert "Hint" not in ask(small, "PREFIX ex: <http://example.org/> ASK { ex:1 ?p ?o }").headers
    many = ask(small, "ASK { ?s dcterms:a ex:a ; skos:a rdf:a ; org:a owl:a }").headers["Hint"]
    assert many.endswith(" and 3 more.")


def test_a_hint_is_kept_in_one_line(small: httpx.Client) -> None:
    for name in ("skos:a\\\r\nX-Evil:\\\r\nb", "accsm:a\\\r\nX-Evil:\\\r\nb"):
        answer = ask(small, f"ASK {{ ?s {name} '''x\r\nX-Evil: y''' }}")
        assert answer.status_code == 400 or "X-Evil" not in answer.headers
    answer = ask(small, "ASK { ?s skos:prefLabel '''One\r\nX-Evil: y''' }")
    assert "X-Evil: y" in answer.headers["Hint"]
    assert "X-Evil" not in answer.headers
