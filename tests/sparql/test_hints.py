"""Hints about unknown names and misleading syntax."""

import asyncio
import html
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from accsm_server.app import create_dataset_app
from accsm_server.engine.interface import CLIENT, Query, fetch
from accsm_server.engine.pool.budget import INTERNAL
from accsm_server.engine.pool.pool import Pool
from accsm_server.http import in_process
from accsm_server.settings import Settings
from pyoxigraph import Store
from serving import running

from accsm_kg.namespaces import BASE, CONVENTIONS, prefixes
from accsm_kg.questions.files import load
from accsm_kg.questions.model import bind


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
    "a part of a name": (
        f"ASK {{ ?s <{BASE}ontology#coordinator> ?o }}",
        "`accsm:coordinator`",
        "`accsm:countryCoordinator`?",
    ),
    "a name of another vocabulary": (
        f"ASK {{ ?s <{BASE}ontology#tilte> ?o }}",
        "`accsm:tilte`",
        "`dcterms:title`?",
    ),
    "no class for a property": (
        f"ASK {{ ?s <{BASE}ontology#date> ?o }}",
        "`accsm:date`",
        "`dcterms:date`?",
    ),
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


def test_long_graphs_in_the_parameters_have_no_hint(client: httpx.Client) -> None:
    graphs = [f"urn:{number}:{'x' * 300}" for number in range(60)]
    answer = client.post("/sparql", data={"query": "ASK {}", "default-graph-uri": graphs})
    assert answer.status_code == 200
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


@pytest.mark.parametrize(
    "pattern",
    [
        "?s a accsm:Summit. ?s accsm:meetingNumber 30",
        "?s a accsm:Summit . ?s accsm:meetingNumber 30",
        "?s accsm:meetingNumber 30; a accsm:Summit.",
        "?s accsm:meetingNumber ?o. ?p accsm:status accsm-v:completed.?p a accsm:Project.",
        "?s a x:Summit. ?s x:meetingNumber 30.",
    ],
)
def test_a_dot_after_a_name_is_no_part_of_it(client: httpx.Client, pattern: str) -> None:
    answer = ask(client, f"PREFIX x: <{BASE}ontology#> ASK {{ {pattern} }}")
    assert answer.json()["boolean"] is True
    assert answer.headers.get("Hint", "Supplied").startswith("Supplied")


def test_no_stored_question_has_a_hint(client: httpx.Client, store: Store) -> None:
    for question in load(store):
        assert ask(client, bind(question)).headers.get("Hint") is None, question.name


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
        both = ask(client, f"ASK {{ ?s <{iri}> ?o ; <{other}> ?p }}").headers.get("Hint", "")
        assert "has only some" not in both, iri


@pytest.mark.parametrize(
    ("pattern", "hinted"),
    [
        ("accsm:termStartYear ?s", True),
        ("accsm:termStartYear ?s OPTIONAL { ?t accsm:termEndYear ?e }", True),
        ("accsm:termStartYear ?s OPTIONAL { ?t accsm:termStartYear ?e }", True),
        ("accsm:termStartYear|accsm:termEndYear ?s OPTIONAL { ?t accsm:heldBy ?e }", True),
        ("accsm:heldBy ?c OPTIONAL { ?t accsm:termStartYear ?s }", False),
        (
            "accsm:heldBy ?c OPTIONAL { { ?t accsm:termStartYear ?s ; accsm:termEndYear ?e } }",
            False,
        ),
        ("accsm:termStartYear ?s OPTIONAL { ?t accsm:printedTerm ?p }", False),
    ],
)
def test_some_of_the_facts_are_enough_where_other_rows_stay(
    known_client: httpx.Client, pattern: str, hinted: bool
) -> None:
    hint = ask(known_client, f"SELECT * {{ ?t a accsm:ChairmanshipTerm ; {pattern} }}").headers
    assert ("only some of these facts; see `accsm:printedTerm`." in hint["Hint"]) == hinted


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
accsm:Work rdfs:isDefinedBy <{BASE}ontology> .
accsm:Project rdfs:subClassOf accsm:Work .
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
    "ASK { ?p foaf:name ?t }": (
        "`foaf:name` has no values in this dataset; write `skos:prefLabel`."
    ),
    "ASK { ?p foaf:knows ?t }": "`foaf:knows` has no values in this dataset.",
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


#: Queries of the record that match nothing; the hint of each; and what it tells to write.
FOLLOWED = {
    "a link from the classes that the thing has": (
        "?p accsm:hasBudgetStatement ?b . ?b accsm:amount ?a",
        "write `accsm:statedAmount`, or go by `accsm:budgetOf` to the `accsm:Project` that has it.",
        "?b accsm:budgetOf/accsm:amount ?a ; accsm:statedAmount ?a",
    ),
    "a link to a part": (
        "?d a accsm:Declaration ; accsm:signatory ?p",
        "Nothing that is a `accsm:Declaration` has `accsm:signatory`; "
        "go by `accsm:hasSignature` to the `accsm:Signature` that has it.",
        "?d a accsm:Declaration ; accsm:hasSignature/accsm:signatory ?p",
    ),
    "a link in the own vocabulary": (
        "?a a accsm:PriorityArea ; accsm:measuredBy ?k",
        "go by `accsm:hasVersion` to the `accsm:PriorityAreaVersion` that has it.",
        "?a a accsm:PriorityArea ; accsm:hasVersion/accsm:measuredBy ?k",
    ),
    "another name": (
        "?p a accsm:Project ; dcterms:title ?t",
        "Nothing that is a `accsm:Project` has `dcterms:title`; write `skos:prefLabel`.",
        "?p a accsm:Project ; skos:prefLabel ?t",
    ),
    "the name of one thing": (
        "project-2016-2020:9 dcterms:title ?t",
        "`project-2016-2020:9` has no `dcterms:title`; write `skos:prefLabel`.",
        "project-2016-2020:9 skos:prefLabel ?t",
    ),
    "another date": (
        "?m a accsm:Meeting ; dcterms:date ?d",
        "`dcterms:date`; write `accsm:earliestStart` or `accsm:edtf`.",
        "?m a accsm:Meeting ; accsm:earliestStart ?d ; accsm:edtf ?e",
    ),
    "a date without values": (
        "?t a accsm:ChairmanshipTerm ; schema:startDate ?s ; schema:endDate ?e",
        "`schema:endDate` has no values in this dataset; "
        "write `accsm:latestEnd` or `accsm:termEndYear`.",
        "?t a accsm:ChairmanshipTerm ; accsm:earliestStart ?s ; accsm:termEndYear ?e",
    ),
    "another text": (
        "?b accsm:hasMissionStatement ?m . ?m dcterms:description ?d",
        "`dcterms:description`; write `skos:definition`.",
        "?b accsm:hasMissionStatement ?m . ?m skos:definition ?d",
    ),
    "an aligned source": (
        "?e a accsm:Evidence ; accsm:statedIn ?s",
        "Nothing that is a `accsm:Evidence` has `accsm:statedIn`; write `dcterms:source`.",
        "?e a accsm:Evidence ; dcterms:source ?s",
    ),
    "an aligned property in a path": (
        "?t accsm:hasEvidence/accsm:statedIn ?s",
        "has `accsm:statedIn`; write `dcterms:source`.",
        "?t accsm:hasEvidence/dcterms:source ?s",
    ),
    "an aligned property without values": (
        "?b a accsm:BudgetStatement ; schema:value ?v ; schema:currency ?c",
        "`schema:value` has no values in this dataset; write `accsm:statedAmount`. "
        "`schema:currency` has no values in this dataset; write `accsm:statedCurrency`.",
        "?b a accsm:BudgetStatement ; accsm:statedAmount ?v ; accsm:statedCurrency ?c",
    ),
    "a property that a document has by its parts": (
        "?d a accsm:Declaration ; dcterms:references ?c",
        "`dcterms:references`; write `accsm:cites`.",
        "?d a accsm:Declaration ; accsm:cites ?c",
    ),
    "another property of names": (
        '?c a accsm:Country ; rdfs:label "Vietnam"',
        'Nothing has `"Vietnam"` as `rdfs:label`; write `skos:altLabel "Vietnam"@en`.',
        '?c a accsm:Country ; skos:altLabel "Vietnam"@en',
    ),
    "a name in another language": (
        '?c skos:prefLabel "Cambodia"@fr',
        'Nothing has `"Cambodia"@fr` as `skos:prefLabel`; write `skos:prefLabel "Cambodia"@en`.',
        '?c skos:prefLabel "Cambodia"@en',
    ),
    "a misspelt name": (
        '?c skos:prefLabel "kambodia"@en',
        'Nothing has `"kambodia"@en` as `skos:prefLabel`; did you mean `"Cambodia"@en`?',
        '?c skos:prefLabel "Cambodia"@en',
    ),
    "a date compared with a text": (
        '?m a accsm:Meeting ; accsm:earliestStart ?day FILTER(?day >= "2015-01-01")',
        "All values of `accsm:earliestStart` are `xsd:date`: "
        'write `"2015-01-01"^^xsd:date`, or use `STR(?day)`.',
        '?m a accsm:Meeting ; accsm:earliestStart ?day FILTER(?day >= "2015-01-01"^^xsd:date)',
    ),
    "one of two names of a renamed property": (
        "?d a accsm:RulesOfProcedure ; accsm:adoptedBy ?b",
        "was renamed in 2.0.0: write `accsm:concludedBy` or `accsm:toBeAdoptedBy`.",
        "?d a accsm:RulesOfProcedure ; accsm:toBeAdoptedBy ?b",
    ),
    "another link to other data": (
        "?x skos:prefLabel ?l ; skos:exactMatch ?link",
        "`skos:exactMatch` has no values in this dataset; write `skos:closeMatch`.",
        "?x skos:prefLabel ?l ; skos:closeMatch ?link",
    ),
    "a link to other data that a country has": (
        "?x a accsm:Country ; skos:exactMatch ?link",
        "`skos:exactMatch` has no values in this dataset; write `schema:sameAs` or `owl:sameAs`.",
        "?x a accsm:Country ; owl:sameAs ?link ; schema:sameAs ?link",
    ),
    "a link to other data that a measure has": (
        "?x a accsm:StrategicMeasure ; owl:sameAs ?link",
        "Nothing that is a `accsm:StrategicMeasure` has `owl:sameAs`; write `skos:closeMatch`.",
        "?x a accsm:StrategicMeasure ; skos:closeMatch ?link",
    ),
    "a longer chain down": (
        "?t a accsm:TermsOfReference ; accsm:hasPart ?c . ?c a accsm:Clause",
        "Nothing that is a `accsm:TermsOfReference` has a value of `accsm:hasPart` that is a "
        "`accsm:Clause`; write `accsm:hasPart+`.",
        "?t a accsm:TermsOfReference ; accsm:hasPart+ ?c . ?c a accsm:Clause",
    ),
    "a longer chain up to one thing": (
        "?c a accsm:Clause ; accsm:partOf document:accsm-terms-of-reference",
        "`document:accsm-terms-of-reference` as a value of `accsm:partOf`; write `accsm:partOf+`.",
        "?c a accsm:Clause ; accsm:partOf+ document:accsm-terms-of-reference",
    ),
    "a longer chain from things without a class": (
        "?d dcterms:title ?t ; accsm:hasPart ?c . ?c a accsm:ClausePoint",
        "Nothing that has `dcterms:title` has a value of `accsm:hasPart` that is a "
        "`accsm:ClausePoint`; write `accsm:hasPart+`.",
        "?d dcterms:title ?t ; accsm:hasPart+ ?c . ?c a accsm:ClausePoint",
    ),
    "a longer chain to things with a property": (
        "?d a accsm:RulesOfProcedure ; accsm:hasPart ?c . ?c accsm:tasks ?n",
        "Nothing that is a `accsm:RulesOfProcedure` has a value of `accsm:hasPart` that has "
        "`accsm:tasks`; write `accsm:hasPart+`.",
        "?d a accsm:RulesOfProcedure ; accsm:hasPart+ ?c . ?c accsm:tasks ?n",
    ),
    "a longer chain down from one thing": (
        "<id/document/accsm-terms-of-reference> accsm:hasPart ?c . ?c a accsm:Clause",
        "`document:accsm-terms-of-reference` has no value of `accsm:hasPart` that is a "
        "`accsm:Clause`; write `accsm:hasPart+`.",
        "<id/document/accsm-terms-of-reference> accsm:hasPart+ ?c . ?c a accsm:Clause",
    ),
    "a property that leads to the class": (
        "?p accsm:supports ?k . ?k a accsm:KeyResultArea",
        "Nothing that is a value of `accsm:supports` is a `accsm:KeyResultArea`; "
        "write `accsm:contributesToKRA`.",
        "?p accsm:contributesToKRA ?k . ?k a accsm:KeyResultArea",
    ),
    "an integer": (
        "?p accsm:amount 10000",
        "All values of `accsm:amount` are `xsd:decimal`: write `10000.0`.",
        "?p accsm:amount 10000.0",
    ),
    "a string for a number": (
        "?p accsm:projectNumber '9'",
        "All values of `accsm:projectNumber` are `xsd:integer`: write `9`.",
        "?p accsm:projectNumber 9",
    ),
    "a number for a string": (
        "?c skos:notation 18",
        'All values of `skos:notation` are plain strings: write `"18"`.',
        '?c skos:notation "18"',
    ),
    "a string for a date": (
        "?e accsm:earliestStart '2017-04-01'",
        'All values of `accsm:earliestStart` are `xsd:date`: write `"2017-04-01"^^xsd:date`.',
        '?e accsm:earliestStart "2017-04-01"^^xsd:date',
    ),
    "a string with a datatype of others": (
        "?e accsm:edtf '2017-04'",
        'write `"2017-04"^^<http://id.loc.gov/datatypes/edtf/EDTF>`.',
        '?e accsm:edtf "2017-04"^^<http://id.loc.gov/datatypes/edtf/EDTF>',
    ),
    "a string compared with a number": (
        "?p accsm:projectNumber ?n FILTER(?n = '9')",
        "write `9`, or use `STR(?n)`.",
        "?p accsm:projectNumber ?n FILTER(STR(?n) = '9')",
    ),
    "a name for a thing": (
        "?p accsm:countryCoordinator 'Cambodia'",
        "The values of `accsm:countryCoordinator` are no texts: "
        'write `accsm:countryCoordinator/skos:prefLabel "Cambodia"@en`.',
        '?p accsm:countryCoordinator/skos:prefLabel "Cambodia"@en',
    ),
    "a variable for a name compared with a thing": (
        "?p accsm:status ?s FILTER(?s = 'completed')",
        'write `accsm:status/skos:prefLabel "completed"@en`.',
        '?p accsm:status/skos:prefLabel "completed"@en',
    ),
    "a year for a date": (
        "?p a accsm:Project ; dcterms:date ?d",
        "Nothing that is a `accsm:Project` has `dcterms:date`; write `accsm:coversYear`.",
        "?p a accsm:Project ; accsm:coversYear ?d",
    ),
    "a property of another vocabulary": (
        "?c rdf:subClassOf ?d",
        "`rdf:subClassOf` has no values in this dataset; write `rdfs:subClassOf`.",
        "?c rdfs:subClassOf ?d",
    ),
    "a property of another vocabulary that the thing lacks": (
        "?p a accsm:Project ; foaf:title ?l",
        "`foaf:title` has no values in this dataset; write `skos:prefLabel`.",
        "?p a accsm:Project ; skos:prefLabel ?l",
    ),
    "a class of another vocabulary": (
        "?c a owl:Concept",
        "`owl:Concept` has no instances in this dataset; write `skos:Concept`.",
        "?c a skos:Concept",
    ),
    "a slash before the name of a property": (
        f"?p <{BASE}ontology/supports> ?t",
        "`<ontology/supports>` has no values in this dataset; write `accsm:supports`.",
        "?p accsm:supports ?t",
    ),
    "a slash before the name of a class": (
        "?p a <ontology/StrategicMeasure>",
        "has no instances in this dataset; write `accsm:StrategicMeasure`.",
        "?p a accsm:StrategicMeasure",
    ),
    "the address of a server": (
        "<http://127.0.0.1:8000/id/country/KHM> ?p ?o",
        "`<http://127.0.0.1:8000/id/country/KHM>` is not in this dataset; write `country:KHM`.",
        "country:KHM ?p ?o",
    ),
    "the address of a server below a path": (
        f"?p ?o <http://localhost/{BASE.split('/')[-2]}/id/country/KHM>",
        "is not in this dataset; write `country:KHM`.",
        "?p ?o country:KHM",
    ),
    "the address of a server before a term": (
        "?p a <http://localhost:8000/ontology#Project> ; <http://localhost:8000/doc/x> ?o",
        "`<http://localhost:8000/ontology#Project>` is not in this dataset; write `accsm:Project`.",
        "?p a accsm:Project ; ?x ?o",
    ),
    "a document in place of the thing": (
        "?p accsm:countryCoordinator <doc/country/KHM>",
        "`<doc/country/KHM>` is not in this dataset; write `country:KHM`.",
        "?p accsm:countryCoordinator country:KHM",
    ),
    "a path without its first segment": (
        f"<{BASE}country/KHM> skos:prefLabel ?o",
        "`<country/KHM>` is not in this dataset; write `country:KHM`.",
        "country:KHM skos:prefLabel ?o",
    ),
    "a similar folder": (
        "<id/projects/2016-2020/9> ?p ?o",
        "`<id/projects/2016-2020/9>` is not in this dataset; write `project-2016-2020:9`.",
        "project-2016-2020:9 ?p ?o",
    ),
    "a slash before the name of a term": (
        "<ontology/supports> rdfs:label ?o",
        "`<ontology/supports>` is not in this dataset; write `accsm:supports`.",
        "accsm:supports rdfs:label ?o",
    ),
    "a thing of which nothing is said": (
        "?p ?q ?o FILTER(?p = project-2016-2020:99)",
        "Nothing is said about `project-2016-2020:99` in this dataset; "
        "did you mean `project-2016-2020:9`?",
        "?p ?q ?o FILTER(?p = project-2016-2020:9)",
    ),
    "a value of which nothing is said": (
        "VALUES ?c { <id/country/KHX> } ?p accsm:countryCoordinator ?c",
        "Nothing is said about `country:KHX` in this dataset; did you mean `country:KHM`?",
        "VALUES ?c { country:KHM } ?p accsm:countryCoordinator ?c",
    ),
    "a thing in another graph": (
        "<dataset> ?p ?o",
        "`<dataset>` is not in the default graph; it is in `GRAPH graph:meta` or `GRAPH ",
        "GRAPH graph:meta { <dataset> ?p ?o }",
    ),
    "a thing that is the value of another property": (
        "?p accsm:partnerAsPrinted country:VNM",
        "Nothing has `country:VNM` as a value of `accsm:partnerAsPrinted`; "
        "write `accsm:potentialPartner`.",
        "?p accsm:potentialPartner country:VNM",
    ),
}


@pytest.mark.parametrize("name", FOLLOWED)
def test_a_hint_that_is_followed_gives_rows(known_client: httpx.Client, name: str) -> None:
    wrong, hint, right = FOLLOWED[name]
    answer = ask(known_client, f"SELECT * {{ {wrong} }}", "text/csv")
    assert (answer.text.count("\n"), hint in answer.headers["Hint"]) == (1, True), answer.headers
    followed = ask(known_client, f"SELECT * {{ {right} }}", "text/csv")
    assert followed.text.count("\n") > 1
    assert "Nothing" not in followed.headers["Hint"]


#: Queries of the record whose hint is true but knows no better, or is not needed.
PLAIN = {
    "?a a accsm:ResourceCentre ; dcterms:description ?d": (
        "Nothing that is a `accsm:ResourceCentre` has `dcterms:description`. "
    ),
    "?e accsm:aboutProperty accsm:yearIssued": (
        "Nothing has `accsm:yearIssued` as a value of `accsm:aboutProperty`. "
    ),
    "?p accsm:countryCoordinator/foaf:member ?c": "`foaf:member` has no values in this dataset. ",
    "?m a accsm:Meeting , accsm:Project": (
        "Nothing that is a `accsm:Meeting` is a `accsm:Project`. "
    ),
    "?m a accsm:Summit . ?d accsm:adoptedAt ?m": (
        "`accsm:adoptedAt` was renamed in 2.0.0: write `accsm:concludedAt`. "
    ),
    "?s accsm:statementText ?t FILTER(CONTAINS(?t, CONCAT('xy', STR(?s))))": (
        "The patterns match, but nothing passes FILTER. "
    ),
}


@pytest.mark.parametrize("pattern", PLAIN)
def test_a_hint_says_no_more_than_is_true(known_client: httpx.Client, pattern: str) -> None:
    hint = ask(known_client, f"SELECT * {{ {pattern} }}").headers["Hint"]
    assert hint.partition("Supplied")[0] == PLAIN[pattern]


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("PREFIX country: <http://localhost/id/country/> DESCRIBE country:KHM",
         "write `<id/country/KHM>`."),
        ("DESCRIBE <https://example.org/id/country/KHX>", ""),
        ("ASK { country:KHM ?p 'KHX' }", ""),
        ("ASK { ?s ?p <https://example.org/country#KHM#> , country: , <urn:a> }", ""),
        ("ASK { <id/statement/99> ?p ?o }",
         "Nothing is said about `<id/statement/99>` in this dataset. "),
    ],
)  # fmt: skip
def test_an_iri_of_others_has_a_hint_if_ours_exists(
    known_client: httpx.Client, query: str, hint: str
) -> None:
    found = ask(known_client, query, "*/*").headers.get("Hint", "")
    assert hint in found and bool(hint) == bool(re.sub(r"Supplied to the query: .*", "", found))


@pytest.mark.parametrize(
    ("pattern", "told", "graph"),
    [
        ("?c a sh:NodeShape", "`sh:NodeShape` has no instances", "graph:shapes"),
        ("?d a void:Dataset", "`void:Dataset` has no instances", "graph:meta"),
        ("?d void:triples ?n", "`void:triples` has no values", "graph:meta"),
        ("?d a dcat:Dataset ; void:triples ?n", "`dcat:Dataset` has no instances", "graph:meta"),
        ("?s sh:declare/sh:prefix ?p", "`sh:declare` has no values", "graph:shapes"),
        ("?q a sh:SPARQLExecutable", "`sh:SPARQLExecutable` has no instances",
         f"<{BASE}.well-known/sparql-examples>"),
    ],
)  # fmt: skip
def test_what_is_not_in_the_default_graph_has_a_hint_with_its_graph(
    known_client: httpx.Client, pattern: str, told: str, graph: str
) -> None:
    answer = ask(known_client, f"SELECT * {{ {pattern} }}", "text/csv")
    assert f"{told} in the default graph; they are in " in answer.headers["Hint"]
    assert f"`GRAPH {graph}`" in answer.headers["Hint"]
    followed = ask(known_client, f"SELECT * {{ GRAPH {graph} {{ {pattern} }} }}", "text/csv")
    assert followed.text.count("\n") > 1


SUPPORTS = (
    "`accsm:supports` has no values in `graph:vocab`; "
    "they are in the default graph or `GRAPH graph:inferred`. "
)


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("SELECT * { GRAPH graph:vocab { ?p accsm:supports ?t } }", SUPPORTS),
        ("SELECT * { ?p a ?c GRAPH graph:vocab { { SELECT * { ?p accsm:supports ?t } } } }",
         SUPPORTS),
        (f"SELECT * FROM <{BASE}graph/vocab> {{ ?p accsm:supports ?t }}", SUPPORTS),
        ("SELECT * FROM graph:vocab FROM NAMED graph:meta { ?p a accsm:Project }",
         "`accsm:Project` has no instances in `graph:vocab` or `graph:meta`; "
         "they are in the default graph or `GRAPH <graph/source/001>`. "),
        ("SELECT * { GRAPH graph:meta { ?s a sh:NodeShape ; sh:targetClass ?p } }",
         "`sh:NodeShape` has no instances in `graph:meta`; they are in `GRAPH graph:shapes`. "
         "`sh:targetClass` has no values in `graph:meta`; they are in `GRAPH graph:shapes`. "),
        ("SELECT * { GRAPH <http://localhost:8000/graph/vocab> { ?s a ?c } }",
         "`<http://localhost:8000/graph/vocab>` is not a graph of this dataset; "
         "write `graph:vocab`."),
        ("SELECT * FROM <urn:x> { ?s a ?c }", "`<urn:x>` is not a graph of this dataset."),
        ("SELECT * { GRAPH graph:vocap { ?s a ?c } }",
         "`graph:vocap` is not a graph of this dataset; did you mean `graph:vocab`? "),
        ("SELECT * { GRAPH graph:inferred { ?p accsm:supports ?t , 5 } }", ""),
        ("SELECT * FROM <graph/inferred> { ?p accsm:supports ?t , 5 }", ""),
        ("SELECT * FROM <graph/vocab> { ?p accsm:supports ?t , 5 }", SUPPORTS),
        (f"BASE <{BASE}> SELECT * FROM <graph/inferred> {{ ?p accsm:supports ?t , 5 }}", ""),
        ("SELECT * { GRAPH ?g { ?p accsm:supports ?t , 5 } }", ""),
        ("SELECT * { GRAPH graph:vocab { ?t a ?c OPTIONAL { ?p accsm:supports ?t } } ?x ?y 5.5 }",
         ""),
        ("SELECT * { GRAPH graph:vocab { ?p foaf:knows ?q } }", ""),
    ],
)  # fmt: skip
def test_a_term_that_a_named_graph_lacks_has_a_hint(
    known_client: httpx.Client, query: str, hint: str
) -> None:
    answer = ask(known_client, query, "text/csv")
    assert answer.text.count("\n") == 1
    assert answer.headers.get("Hint", "").partition("Supplied")[0] == hint


def test_a_term_that_the_graphs_of_the_request_lack_has_a_hint(known_client: httpx.Client) -> None:
    query, graph = "SELECT * { ?p accsm:supports ?t }", f"{BASE}graph/vocab"
    for name in ("default-graph-uri", "named-graph-uri"):
        answer = known_client.get("/sparql", params={"query": query, name: graph})
        assert answer.headers["Hint"].startswith(SUPPORTS)


#: Empty answers to patterns that match one by one, with the hint and a query that gives rows.
LEFT = {
    "two properties": (
        "?p a accsm:Project ; accsm:amount ?a ; accsm:drawsOnFund/skos:prefLabel ?f FILTER(?a > 1)",
        "Nothing has both `accsm:amount` and `accsm:drawsOnFund`. ",
        "?p a accsm:Project OPTIONAL { ?p accsm:amount ?a } OPTIONAL { ?p accsm:drawsOnFund ?f }",
    ),
    "two properties that only other things have": (
        "?b a accsm:Body ; accsm:memberOf ?m ; accsm:hasIssue ?i",
        "Nothing that is a `accsm:Body` has both `accsm:memberOf` and `accsm:hasIssue`. ",
        "?b accsm:memberOf ?m ; accsm:hasIssue ?i",
    ),
    "three properties": (
        "?d accsm:cites ?c ; accsm:concludedBy ?b ; accsm:hasPrinciple ?p",
        "Other patterns match, but not together with `?d accsm:",
        "?d a accsm:Document ; accsm:concludedBy ?b ; accsm:hasPrinciple ?p",
    ),
    "a property that one thing lacks": (
        "?p accsm:supports/skos:prefLabel ?l ; accsm:amount ?a ; accsm:projectNumber 3",
        "Other patterns match, but not together with `?p accsm:amount ?a`; put it into OPTIONAL",
        "?p accsm:projectNumber 3 OPTIONAL { ?p accsm:amount ?a }",
    ),
    "a document that is no source text": (
        "?e a accsm:Evidence ; dcterms:source ?s . ?s skos:prefLabel 'APSC Blueprint 2025'@en",
        "Other patterns match, but not together with `?s skos:prefLabel 'APSC Blueprint 2025'@en`; "
        'the value there is for example `"Source 00',
        "?e a accsm:Evidence ; dcterms:source ?s . ?s skos:prefLabel ?l",
    ),
    "capitals": (
        "?m a accsm:Meeting ; rdfs:label ?l FILTER(CONTAINS(STR(?l), 'SUMMIT'))",
        "Capitals and small letters differ: write `CONTAINS(LCASE(STR(?l)), LCASE('SUMMIT'))`. ",
        "?m a accsm:Meeting ; rdfs:label ?l FILTER(CONTAINS(LCASE(STR(?l)), LCASE('SUMMIT')))",
    ),
    "a variable without a pattern": (
        "?p accsm:projectNumber ?number FILTER(?nunber = 3 && regex(STR(?number), '3'))",
        "No pattern gives a value to `?nunber`; did you mean `?number`? ",
        "?p accsm:projectNumber ?number FILTER(?number = 3 && regex(STR(?number), '3'))",
    ),
    "a variable of BIND without a pattern": (
        "?p accsm:projectNumber ?n BIND(?zz + 1 AS ?m) FILTER regex(STR(?m), '3')",
        "No pattern gives a value to `?zz`. ",
        "?p accsm:projectNumber ?n BIND(?n + 1 AS ?m) FILTER regex(STR(?m), '3')",
    ),
    "an IRI in a function of texts": (
        "?p a accsm:Project ; accsm:supports ?t FILTER regex(?t, 'A.2')",
        "`?t` is an IRI, not a text: write `STR(?t)`, or take its `skos:prefLabel`. ",
        "?p a accsm:Project ; accsm:supports ?t FILTER regex(STR(?t), 'A.2')",
    ),
    "an IRI in small letters": (
        "?p accsm:countryCoordinator ?c FILTER(CONTAINS(LCASE(?c), 'cambodia'))",
        "`?c` is an IRI, not a text: write `STR(?c)`, or take its `skos:prefLabel`. ",
        "?p accsm:countryCoordinator/skos:prefLabel ?c FILTER(CONTAINS(LCASE(?c), 'cambodia'))",
    ),
    "a subject in a function of texts": (
        "?p a accsm:Project FILTER(true && STRSTARTS(?p, 'https'))",
        "`?p` is an IRI, not a text: write `STR(?p)`, or take its `skos:prefLabel`. ",
        "?p a accsm:Project FILTER(true && STRSTARTS(STR(?p), 'https'))",
    ),
    "a date in a function of texts": (
        "?m accsm:earliestStart ?d FILTER(STRSTARTS(?d, '2016'))",
        "`?d` is `xsd:date`, not a text: write `STR(?d)`. ",
        "?m accsm:earliestStart ?d FILTER(STRSTARTS(STR(?d), '2016'))",
    ),
    "a text that no value has": (
        "?b a accsm:Blueprint ; dcterms:title ?t FILTER(REGEX(STR(?t), 'political-security', 'i'))",
        'No value of `?t` passes FILTER; it is `"APSC Blueprint 2025"@en` or `"ASCC Blueprint'
        ' 2025"@en`.',
        "?b a accsm:Blueprint ; dcterms:title ?t FILTER(CONTAINS(?t, 'APSC'))",
    ),
    "a text that other things have": (
        "?k accsm:measuresArea ?v . ?v skos:notation 'A' OPTIONAL { ?k schema:value ?x }",
        "Other patterns match, but not together with `?v skos:notation 'A'`; the value there is "
        'for example `"A 2016-2020"` or `"',
        "?k accsm:measuresArea ?v . ?v skos:notation 'A 2016-2020'",
    ),
    "MINUS of the same": (
        "?p accsm:hasBudgetStatement ?b MINUS { ?p accsm:hasBudgetStatement/accsm:budgetOf ?p }",
        "The patterns match, but MINUS takes all matches away. ",
        "?p accsm:hasBudgetStatement ?b MINUS { ?p accsm:amount ?a }",
    ),
    "MINUS": (
        "?p a accsm:Project MINUS { ?p accsm:hasBudgetStatement ?b }",
        "Every `accsm:Project` has `accsm:hasBudgetStatement`, so nothing is left. ",
        "?p a accsm:Project MINUS { ?p accsm:amount ?b }",
    ),
    "NOT EXISTS": (
        "?p accsm:projectNumber ?n FILTER NOT EXISTS { ?p accsm:hasBudgetStatement [] }",
        "Everything that has `accsm:projectNumber` has `accsm:hasBudgetStatement`, so nothing",
        "?p accsm:projectNumber ?n FILTER NOT EXISTS { ?p accsm:amount [] }",
    ),
    "!EXISTS": (
        "?p accsm:hasBudgetStatement ?b FILTER(!EXISTS { ?b accsm:budgetOf ?q })",
        "Every value of `accsm:hasBudgetStatement` has `accsm:budgetOf`, so nothing is left. ",
        "?p accsm:hasBudgetStatement ?b FILTER(!EXISTS { ?b accsm:statedAmount ?q })",
    ),
}


#: Empty answers to patterns that match, with what is said of the condition.
NONE_LEFT = {
    "?p accsm:projectNumber ?n FILTER(?n = 99)": (
        "No value of `?n` passes FILTER; it is from `1` to `41`. "
    ),
    "?p a accsm:Project ; accsm:coversYear ?y FILTER(?y > 2021)": (
        "No value of `?y` passes FILTER; it is `2016`, `2017`, `2018`, `2019` or `2020`. "
    ),
    "?e accsm:earliestStart ?d FILTER(YEAR(?d) = 1066)": (
        "No value of `?d` passes FILTER; it is from `1967-08-08` to `"
    ),
    "?p accsm:countryCoordinator ?c FILTER(?c IN (country:VNM, country:JPN))": (
        "No value of `?c` passes FILTER; it is for example `country:BRN` or `country:IDN`. "
    ),
    "?p accsm:amount ?a FILTER(?a > 1000000) OPTIONAL { ?p accsm:drawsOnFund ?f }": (
        "No value of `?a` passes FILTER; it is `10000`. "
    ),
    "?s accsm:statementText ?t FILTER(CONTAINS(?t, CONCAT('xy', 'zzy')))": (
        "No value of `?t` passes FILTER; it is for example `"
    ),
    "?p accsm:projectNumber ?n VALUES ?n { 99 }": (
        "No value of `?n` is one of VALUES; it is from `1` to `41`. "
    ),
    "?p accsm:countryCoordinator ?a ; accsm:projectNumber ?n FILTER(?n > 50 && ?a != ?p)": (
        "The patterns match, but nothing passes FILTER. "
    ),
    "?p a accsm:Project FILTER(1 > 2) MINUS { ?p accsm:amount ?a }": (
        "The patterns match, but nothing passes FILTER and MINUS. "
    ),
    "?p a accsm:Project } GROUP BY ?p HAVING(COUNT(*) > 9": (
        "The patterns match, but nothing passes HAVING. "
    ),
    "?p a accsm:Project ; rdfs:label ?l FILTER(CONTAINS(?l, 'a')) } OFFSET 100 #": "Supplied",
    "?p a accsm:Project } OFFSET 100 #": (
        "The patterns match, but `OFFSET 100` leaves none of the rows. "
    ),
    "?p accsm:projectNumber 99": (
        "Nothing matches `?p accsm:projectNumber 99`; the value there is from `1` to `41`. "
    ),
    "?p a accsm:Project ; accsm:coversYear 2025": (
        "Other patterns match, but not together with `?p accsm:coversYear 2025`; the value there "
        "is `2016`, `2017`, `2018`, `2019` or `2020`. "
    ),
    "?p accsm:countryCoordinator country:tha": (
        "Nothing is said about `country:tha` in this dataset; did you mean `country:THA`?"
    ),
}


@pytest.mark.parametrize("pattern", NONE_LEFT)
def test_an_empty_answer_says_what_leaves_nothing(known_client: httpx.Client, pattern: str) -> None:
    end = ")" if "HAVING" in pattern else "}"
    select = "?p" if "HAVING" in pattern else "*"
    answer = ask(known_client, f"SELECT {select} {{ {pattern} {end}", "text/csv")
    assert answer.text.count("\n") == 1
    assert answer.headers["Hint"].startswith(NONE_LEFT[pattern])


@pytest.mark.parametrize("name", LEFT)
def test_patterns_that_leave_nothing_have_a_hint(known_client: httpx.Client, name: str) -> None:
    pattern, hint, right = LEFT[name]
    answer = ask(known_client, f"SELECT * {{ {pattern} }}", "text/csv")
    assert answer.text.count("\n") == 1
    assert answer.headers["Hint"].startswith(hint)
    followed = ask(known_client, f"SELECT * {{ {right} }}", "text/csv")
    assert followed.text.count("\n") > 1
    assert followed.headers["Hint"].startswith("Supplied")


@pytest.mark.parametrize(
    "pattern",
    [
        "?p accsm:projectNumber ?n VALUES (?n ?m) { (99 1) } FILTER(?n > 0)",
        "?p accsm:projectNumber ?n BIND(?n + 100 AS ?m) FILTER(?m = ?n)",
        "?p a accsm:Project FILTER(1 > 2) FILTER EXISTS { ?p accsm:hasBudgetStatement ?b }",
        "VALUES (?p ?x) { (1 xsd:x) } VALUES ?y { 3 } FILTER(?p = ?y || ?x = 3)",
        "{ SELECT ?p (COUNT(?x) AS ?n) { ?p rdfs:label ?x } GROUP BY ?p } FILTER(?n > 999)",
        "?p ?x ?l FILTER EXISTS { ?p ?q ?y FILTER(?y = rdfs:x && ?x = ?q && 1 > 2) }",
        "?p ?x [ rdfs:label ?l ] BIND(1 AS ?o) FILTER(?l = ?o || ?x = 3)",
    ],
)
def test_nothing_is_said_of_what_is_not_understood(
    known_client: httpx.Client, pattern: str
) -> None:
    answer = ask(known_client, f"SELECT * {{ {pattern} }}", "text/csv")
    assert answer.text.count("\n") == 1
    assert answer.headers["Hint"].startswith("Supplied")


@pytest.mark.parametrize(
    "pattern",
    [
        "?x skos:prefLabel 'Malaysia' ; accsm:statementText 'Service'",
        "?service skos:prefLabel 'Malaysia' # of a graph",
        "?x skos:prefLabel 'Malaysia' ; graph:service ?graph",
        "?x skos:prefLabel 'Malaysia' ; <https://example.org/service/graph> ?y",
    ],
)
def test_words_of_names_and_texts_are_no_clauses(known_client: httpx.Client, pattern: str) -> None:
    hint = ask(known_client, f"SELECT * {{ {pattern}\n}}").headers["Hint"]
    assert "All values of `skos:prefLabel` have a language" in hint


#: Patterns that match nothing in queries with rows.
PARTIAL = {
    "OPTIONAL": ("?p a accsm:Project OPTIONAL { ?p dcterms:title ?t }", "write `skos:prefLabel`."),
    "NOT EXISTS": (
        "?t a accsm:Evidence FILTER NOT EXISTS { ?t accsm:statedIn ?s }",
        "write `dcterms:source`.",
    ),
    "in an expression": (
        "?t a accsm:Evidence FILTER(true && NOT EXISTS { ?t accsm:statedIn ?s })",
        "write `dcterms:source`.",
    ),
    "MINUS": (
        "?p a accsm:Project MINUS { ?p accsm:supports ?k . ?k a accsm:KeyResultArea }",
        "write `accsm:contributesToKRA`.",
    ),
    "UNION": (
        "{ ?p skos:prefLabel ?n } UNION { ?p a accsm:Person ; foaf:name ?n }",
        "`foaf:name` has no values in the default graph; write `skos:prefLabel`.",
    ),
    "for one of several classes": (
        "VALUES ?c { accsm:ActionLine accsm:KeyResultArea } ?t a ?c "
        "FILTER NOT EXISTS { ?p accsm:supports ?t }",
        "Nothing that is a value of `accsm:supports` is a `accsm:KeyResultArea`; "
        "write `accsm:contributesToKRA`.",
    ),
    "across groups": (
        "?c a accsm:Country OPTIONAL { ?p accsm:partnerAsPrinted ?c }",
        "write `accsm:potentialPartner`.",
    ),
}


@pytest.mark.parametrize("name", PARTIAL)
def test_a_part_of_a_query_that_matches_nothing_has_a_hint(
    known_client: httpx.Client, name: str
) -> None:
    pattern, hint = PARTIAL[name]
    answer = ask(known_client, f"SELECT * {{ {pattern} }}", "text/csv")
    assert answer.text.count("\n") > 1
    assert hint in answer.headers["Hint"]


INFERRED = "write `a` alone, as `a/rdfs:subClassOf*` repeats a thing for each type."


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("SELECT ?m {{ ?m {} accsm:Meeting ; rdfs:label ?l }}", "a/rdfs:subClassOf*"),
        ("SELECT (COUNT(?m) AS ?n) {{ ?m {} accsm:Document }}", "rdf:type/rdfs:subClassOf *"),
        (
            "SELECT ?m {{ VALUES ?c {{ accsm:Meeting }} ?m {} ?c }}",
            "a/<http://www.w3.org/2000/01/rdf-schema#subClassOf>*",
        ),
    ],
)
def test_a_path_up_to_a_class_has_a_hint_that_types_are_inferred(
    known_client: httpx.Client, query: str, path: str
) -> None:
    answer = ask(known_client, query.format(path), "text/csv")
    assert INFERRED in answer.headers["Hint"]
    followed = ask(known_client, query.format("a"), "text/csv")
    assert INFERRED not in followed.headers["Hint"]
    distinct = ask(known_client, query.format(path).replace("?m {", "DISTINCT ?m {"), "text/csv")
    assert (INFERRED in distinct.headers["Hint"]) == ("COUNT" in query)
    assert answer.text != followed.text
    assert "COUNT" in query or sorted(distinct.text.split()) == sorted(followed.text.split())


def test_a_path_up_to_a_class_is_read_as_a_type(known_client: httpx.Client) -> None:
    pattern = "?d a/rdfs:subClassOf* accsm:Declaration ; dcterms:references ?x"
    hint = ask(known_client, f"SELECT DISTINCT * {{ {pattern} }}").headers["Hint"]
    assert hint.startswith(
        "Nothing that is a `accsm:Declaration` has `dcterms:references`; write `accsm:cites`. Supp"
    )


@pytest.mark.parametrize(
    "pattern",
    [
        "?p a/rdfs:subClassOf* accsm:Project",
        "?p a accsm:Project FILTER EXISTS { ?p accsm:status/a/rdfs:subClassOf* skos:Concept }",
        "?e a/rdfs:subClassOf+ accsm:Evidence",
        "?e a/accsm:partOf* accsm:Meeting",
    ],
)
def test_a_path_that_repeats_nothing_has_no_hint(known_client: httpx.Client, pattern: str) -> None:
    assert "inferred" not in ask(known_client, f"SELECT * {{ {pattern} }}").headers["Hint"]


def test_a_path_up_to_a_class_stands_where_types_are_not_inferred(small: httpx.Client) -> None:
    query = "SELECT * { ?s a/rdfs:subClassOf* accsm:Work OPTIONAL { ?s accsm:theme ?t } }"
    answer = ask(small, query, "text/csv")
    assert answer.text.count("\n") == 3
    assert answer.headers["Hint"].startswith("`accsm:theme` has no values in this dataset. Supp")


#: Aggregates that take a thing several times, with the hint and the right query.
COUNTS = {
    "two options": (
        "SELECT ?c (COUNT(?p) AS ?n) (COUNT(?q) AS ?m) { ?c a accsm:Country "
        "OPTIONAL { ?p accsm:countryCoordinator ?c } OPTIONAL { ?q accsm:potentialPartner ?c } } "
        "GROUP BY ?c",
        "`COUNT(?p)` counts a thing once for each `?q`; write `COUNT(DISTINCT ?p)` to count it "
        "once. `COUNT(?q)` counts a thing once for each `?p`;",
    ),
    "a property with several values": (
        "SELECT (COUNT(?p) AS ?n) { ?p a accsm:Project ; accsm:supports ?t }",
        "once for each `?t`; write `COUNT(DISTINCT ?p)`",
    ),
    "a step of a path": (
        "SELECT ?b (COUNT(?p) AS ?n) { ?p accsm:supports/accsm:inBlueprint ?b } GROUP BY ?b",
        "once for each value of `accsm:supports`; write `COUNT(DISTINCT ?p)`",
    ),
    "years": (
        "SELECT (COUNT(?p) AS ?n) { ?p a accsm:Project ; accsm:coversYear ?y FILTER(?y > 2015) }",
        "once for each `?y`; write `COUNT(DISTINCT ?p)`",
    ),
    "things that are values": (
        "SELECT (COUNT(?c) AS ?n) { ?p a accsm:Project ; accsm:countryCoordinator ?c }",
        "once for each `?p`; write `COUNT(DISTINCT ?c)`",
    ),
}


@pytest.mark.parametrize("name", COUNTS)
def test_a_count_of_rows_in_place_of_things_has_a_hint(
    known_client: httpx.Client, name: str
) -> None:
    query, hint = COUNTS[name]
    answer = ask(known_client, query, "text/csv")
    assert hint in answer.headers["Hint"]
    distinct = ask(known_client, re.sub(r"COUNT\(", "COUNT(DISTINCT ", query), "text/csv")
    assert "COUNT" not in distinct.headers["Hint"]
    assert sorted(distinct.text.split()) != sorted(answer.text.split())


@pytest.mark.parametrize("name", ["SUM", "AVG"])
def test_a_sum_that_takes_a_value_several_times_has_a_hint(
    known_client: httpx.Client, name: str
) -> None:
    pattern = "?p a accsm:Project ; accsm:amount ?a ; accsm:supports ?t"
    answer = ask(known_client, f"SELECT ({name}(?a) AS ?n) {{ {pattern} }}", "text/csv")
    query = "{ SELECT DISTINCT ?p ?a WHERE { … } }".encode("ascii", "backslashreplace").decode()
    assert (
        f"`{name}(?a)` takes a value once for each `?t`; take it of a subquery `{query}`."
        in (answer.headers["Hint"])
    )
    text = f"SELECT (SUM(?a) AS ?n) {{ {{ SELECT DISTINCT ?p ?a WHERE {{ {pattern} }} }} }}"
    followed = ask(known_client, text, "text/csv")
    assert followed.text.split() == ["n", "20000"]
    assert "takes" not in followed.headers["Hint"]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT (COUNT(?p) AS ?n) { ?p a accsm:Project ; skos:prefLabel ?l ; accsm:status ?s }",
        "SELECT ?t (COUNT(?p) AS ?n) { ?p accsm:supports ?t . ?t skos:prefLabel ?l } GROUP BY ?t",
        "SELECT ?l (COUNT(?p) AS ?n) { ?p accsm:supports ?t . ?t skos:prefLabel ?l } GROUP BY ?l",
        "SELECT ?l (COUNT(?m) AS ?n) { ?b a accsm:Body ; skos:prefLabel ?l ; accsm:hasMember ?m } "
        "GROUP BY ?l",
        "SELECT ?y (COUNT(?o) AS ?n) { ?o a accsm:Occurrence ; accsm:coversYear ?y } GROUP BY ?y",
        'SELECT (COUNT(?p) AS ?n) { ?p accsm:supports ?t . ?t skos:notation "A.2.2.iv" }',
        "SELECT (COUNT(?p) AS ?n) { ?p accsm:supports ?t FILTER(?t = <urn:x>) }",
        "SELECT (COUNT(?p) AS ?n) { ?p a accsm:Project FILTER EXISTS { ?p accsm:supports ?t } }",
        "SELECT (COUNT(?p) AS ?n) { ?p a accsm:Project MINUS { ?p accsm:supports ?t } }",
        "SELECT ?t (COUNT(?t) AS ?n) { ?p accsm:supports ?t } GROUP BY ?t",
        "SELECT (SUM(?a) AS ?n) { ?p a accsm:Project ; accsm:amount ?a ; accsm:currency ?c }",
        "SELECT (COUNT(?p) AS ?n) { { SELECT DISTINCT ?p { ?p accsm:supports ?t } } }",
        "SELECT (COUNT(?p) AS ?n) { ?p a accsm:Project ; accsm:supports|accsm:amount ?t }",
    ],
)
def test_an_aggregate_that_takes_each_thing_once_has_no_hint(
    known_client: httpx.Client, query: str
) -> None:
    hint = ask(known_client, query).headers["Hint"]
    assert "once" not in hint, hint


SORTED = "`accsm:clauseNumber` is sorted as text (1, 10, 2); sort by `accsm:sequence`."


@pytest.mark.parametrize(
    ("order", "hinted"),
    [
        ("?n", True),
        ("?d DESC(?n) LIMIT 30", True),
        ("ASC( ?n )", True),
        ("?c", False),
        ("?c LIMIT 30 VALUES ?n { '1' '2' }", False),
        ("xsd:integer(?n)", False),
        ("STRLEN( ?n ) ?n", False),
    ],
)
def test_numbers_that_are_sorted_as_text_have_a_hint(
    known_client: httpx.Client, order: str, hinted: bool
) -> None:
    pattern = "?d a accsm:TermsOfReference ; accsm:hasPart+ ?c . ?c accsm:clauseNumber ?n"
    hint = ask(known_client, f"SELECT ?n {{ {pattern} }} ORDER BY {order}").headers["Hint"]
    assert (SORTED in hint) == hinted
    followed = f"SELECT ?n {{ {pattern} ; accsm:sequence ?s }} ORDER BY ?s ?n"
    answer = ask(known_client, followed, "text/csv")
    assert SORTED not in answer.headers["Hint"]
    assert answer.text.split().index("2") < answer.text.split().index("10")


@pytest.mark.parametrize(
    ("pattern", "hinted"),
    [
        ("?s accsm:clauseNumber ?n ; a accsm:Clause", True),
        ("?s accsm:clauseNumber ?n ; a accsm:ClausePoint", False),
        ("<{}/{}> accsm:hasPart ?s . ?s accsm:clauseNumber ?n", True),
        ("<{}> accsm:hasPart ?s . ?s accsm:clauseNumber ?n", False),
        ("?s a accsm:Clause ; accsm:partOf <{}/{}> ; accsm:clauseNumber ?n", True),
        ("?s a accsm:DocumentPart ; accsm:partOf <{}> ; accsm:clauseNumber ?n", False),
    ],
)
def test_letters_are_sorted_as_text_without_a_hint(
    known_client: httpx.Client, pattern: str, hinted: bool
) -> None:
    document = "id/document/accsm-terms-of-reference"
    query = (
        f"SELECT * {{ {pattern.format(document, 'section/III/specific-objectives')} }} ORDER BY ?n"
    )
    answer = ask(known_client, query, "text/csv")
    assert (answer.text.count("\n") > 2, SORTED in answer.headers["Hint"]) == (True, hinted)


@pytest.mark.parametrize("name", ["verbatimTimeline", "sha256", "projectNumber", "edtf"])
def test_texts_that_are_no_numbers_are_sorted_without_a_hint(
    known_client: httpx.Client, name: str
) -> None:
    answer = ask(known_client, f"SELECT * {{ ?s accsm:{name} ?n }} ORDER BY ?n", "text/csv")
    assert answer.text.count("\n") > 1
    assert "sorted" not in answer.headers["Hint"]


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
        "SELECT ?a { ?p a accsm:Project ; accsm:hasBudget ?b . ?b accsm:amount ?a , 5 }",
        "SELECT * { { ?p accsm:hasBudget ?b } UNION { ?p accsm:amount ?a } FILTER(?p = 1) }",
        "SELECT * { ?p a accsm:Project . { SELECT ?a { ?p accsm:amount ?a } } FILTER(?p = 1) }",
        "ASK { GRAPH ?g { ?p a accsm:Project ; accsm:amount ?a } }",
        "ASK { GRAPH ?g { ?p accsm:theme ?a } }",
        "SELECT * { ?p schema:startDate ?d ; schema:temporalCoverage ?c ; skos:notation '1' }",
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
        ("SELECT (COUNT(?x) + 7 AS ?n) {", True),
        ("SELECT (COALESCE(MIN(?a), 7) AS ?n) {", False),
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


@pytest.mark.parametrize(
    "query",
    [
        "ASK { <id/1> accsm:hasBudget <id/2> . <id/1> accsm:amount <id/3> }",
        "BASE <http://e/> ASK { <1> accsm:hasBudget <2> }",
        "BASE <http://e/> PREFIX r: <r/> ASK { r:1 a accsm:Project ; accsm:hasBudget r:2 }",
        "PREFIX i: <http://[> ASK { i:1 accsm:hasBudget <//[/> }",
    ],
)
def test_a_relative_iri_does_not_stop_the_hints(small: httpx.Client, query: str) -> None:
    assert ask(small, query).status_code == (400 if "[" in query else 200)


def test_a_hint_is_kept_in_one_line(small: httpx.Client) -> None:
    for name in ("skos:a\\\r\nX-Evil:\\\r\nb", "accsm:a\\\r\nX-Evil:\\\r\nb"):
        answer = ask(small, f"ASK {{ ?s {name} '''x\r\nX-Evil: y''' }}")
        assert answer.status_code == 400 or "X-Evil" not in answer.headers
    answer = ask(small, "ASK { ?s skos:prefLabel '''One\r\nX-Evil: y''' }")
    assert "X-Evil: y" in answer.headers["Hint"]
    assert "X-Evil" not in answer.headers


GROUPS = {
    "SELECT (GROUP_CONCAT(?x; SEPARATOR='|') AS ?g) { VALUES ?x { 1 2 } }": (
        "`GROUP_CONCAT(?x)` has no value for a group with a value that is `xsd:integer`; "
        "write `STR(?x)`."
    ),
    "SELECT (GROUP_CONCAT(DISTINCT ?x) AS ?g) { VALUES ?x { <urn:a> <urn:b> } }": (
        "`GROUP_CONCAT(?x)` has no value for a group with an IRI; write `STR(?x)`."
    ),
    "SELECT (GROUP_CONCAT(?x) AS ?g) { VALUES ?x { 'a' UNDEF } }": (
        "`GROUP_CONCAT(?x)` has no value for a group with a row without `?x`; "
        'add `FILTER(BOUND(?x))`, or write `COALESCE(?x, "")`.'
    ),
    "SELECT (MIN(?x) AS ?g) (MAX(?x) AS ?h) (COUNT(?x) AS ?n) { VALUES ?x { 1 2 UNDEF } }": (
        "`MIN(?x)` and `MAX(?x)` have no value for a group with a row without `?x`; "
        "add `FILTER(BOUND(?x))`."
    ),
    "SELECT (SUM(?x) AS ?g) { VALUES ?x { 1 UNDEF } }": "or write `COALESCE(?x, 0)`.",
    "SELECT (AVG(?x) AS ?g) { VALUES ?x { 1 '2' } }": "write `xsd:decimal(?x)`.",
    "SELECT (SUM(?x) AS ?g) { VALUES ?x { 1 <urn:a> } }": "add `FILTER(ISNUMERIC(?x))`.",
    "SELECT (SUM(YEAR(?x)) AS ?g) { VALUES ?x { 'a' } }": (
        "add `BIND(YEAR(?x) AS ?value) FILTER(BOUND(?value))`"
    ),
    "SELECT ?m (GROUP_CONCAT(?p) AS ?g) { ?p accsm:supportsMeasure ?m } GROUP BY ?m": "an IRI; ",
    "ASK { { SELECT ?m { ?p <id/x>* ?m OPTIONAL { ?p accsm:amount ?a } } GROUP BY ?m "
    "HAVING (MAX(?a) > 5) } }": "without `?a`",
    "SELECT (MAX(?a) AS ?m) { GRAPH ?g { ?p a accsm:Project OPTIONAL { ?p accsm:amount ?a } } }": (
        "without `?a`"
    ),
}


@pytest.mark.parametrize("query", GROUPS)
def test_an_aggregate_without_a_value_says_what_to_write(
    known_client: httpx.Client, query: str
) -> None:
    hint = ask(known_client, query).headers["Hint"]
    assert GROUPS[query] in hint
    assert "\\" not in hint


@pytest.mark.parametrize(
    "query",
    [
        "SELECT (GROUP_CONCAT(?x) AS ?g) { VALUES ?x { 'a' 'b'@en } }",
        "SELECT (GROUP_CONCAT(STR(?x)) AS ?g) { VALUES ?x { 1 <urn:a> } }",
        "SELECT (SUM(?x) AS ?g) (MIN(?x) AS ?h) { VALUES ?x { 1 2.5 } }",
        "SELECT (MIN(?x) AS ?g) { VALUES ?x { 1 'a' <urn:a> } }",
        "SELECT (COUNT(?x) AS ?g) (SAMPLE(?x) AS ?h) { VALUES ?x { 1 UNDEF } }",
        "SELECT (MAX(?x) AS ?g) { { SELECT ?x { VALUES ?x { 1 UNDEF } FILTER(BOUND(?x)) } } }",
        "SELECT ?y (MAX(?y) AS ?g) { VALUES ?x { 1 2 } } GROUP BY (?x + 1 AS ?y)",
        "SELECT (MAX(?x) AS ?g) { OPTIONAL { ?s <urn:x> ?x } } VALUES ?x { 1 }",
        "SELECT (MAX(?x) AS ?g) FROM <urn:x> { OPTIONAL { ?s <urn:x> ?x } }",
        "SELECT ?g { ?s ?p ?g FILTER(?g = 'MIN(?x)') }",
    ],
)
def test_an_aggregate_with_values_has_no_hint(known_client: httpx.Client, query: str) -> None:
    assert "no value for a group" not in ask(known_client, query).headers.get("Hint", "")


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("SELECT ?x { <urn:no> <urn:p>* ?x }",
         "`<urn:no>` is not in the graph, so that no path of length zero (`*`, `?`) leads to it "
         "here; add `UNION { BIND(<urn:no> AS ?x) }`."),
        ("ASK { <urn:no> <urn:p>* <urn:no> }", "(`*`, `?`) leads to it here."),
        ("SELECT ?x { ?x <urn:p>? <urn:no> }", "BIND(<urn:no> AS ?x)"),
        ("SELECT ?x { ?x a*/<urn:p>? 'nowhere'@en }", """`"nowhere"@en` is not in the graph"""),
        ("SELECT ?x { ?s a accsm:Project OPTIONAL { <no> accsm:partOf*|accsm:x ?x } }", "`<no>`"),
    ],
)  # fmt: skip
def test_a_path_of_length_zero_from_a_term_outside_the_graph_has_a_hint(
    known_client: httpx.Client, query: str, hint: str
) -> None:
    assert hint.replace('"nowhere"', "'nowhere'") in ask(known_client, query).headers["Hint"]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?x { country:KHM <urn:p>* ?x }",
        "SELECT ?x { ?x <urn:p>* country:KHM }",
        "SELECT ?x { <urn:no> <urn:p>+ ?x }",
        "SELECT ?x { <urn:no> a/<urn:p>* ?x }",
        "SELECT ?x { ?y <urn:p>* ?x FILTER(?x = <urn:no>) }",
        "SELECT ?x { GRAPH ?g { <urn:no> <urn:p>* ?x } }",
    ],
)
def test_other_paths_have_no_such_hint(known_client: httpx.Client, query: str) -> None:
    assert "length zero" not in ask(known_client, query).headers.get("Hint", "")


ALTERNATIVES = "?s owl:sameAs|schema:sameAs ?o"
ONCE = "An aggregate takes a pair once where two sides of `owl:sameAs|schema:sameAs` relate it"


@pytest.mark.parametrize(
    ("query", "hinted"),
    [
        (f"SELECT (COUNT(*) AS ?n) {{ {ALTERNATIVES} }}", True),
        (f"SELECT ?s (COUNT(?o) AS ?n) {{ {ALTERNATIVES} }} GROUP BY ?s", True),
        (f"SELECT (GROUP_CONCAT(STR(?o)) AS ?n) {{ {ALTERNATIVES} }}", True),
        (f"SELECT ?s {{ {ALTERNATIVES} }} GROUP BY ?s HAVING (COUNT(?o) > 1)", True),
        (f"SELECT (COUNT(*) AS ?n) {{ {{ SELECT ?s {{ {ALTERNATIVES} }} }} }}", True),
        ("SELECT (COUNT(?o) AS ?n) { ?s (owl:sameAs|schema:sameAs)/a? ?o }", True),
        (f"SELECT (COUNT(DISTINCT ?s) AS ?n) {{ {ALTERNATIVES} }}", False),
        (f"SELECT (MAX(?o) AS ?n) {{ {ALTERNATIVES} }}", False),
        (f"SELECT (COUNT(*) AS ?n) {{ {{ SELECT DISTINCT ?s {{ {ALTERNATIVES} }} }} }}", False),
        (f"SELECT (COUNT(*) AS ?n) {{ ?s a ?c FILTER EXISTS {{ {ALTERNATIVES} }} }}", False),
        ("SELECT (COUNT(?o) AS ?n) { ?s (owl:sameAs|schema:sameAs)* ?o }", False),
        ("SELECT (COUNT(?o) AS ?n) { ?s !(owl:sameAs|schema:sameAs) ?o }", False),
        ("SELECT (COUNT(?o) AS ?n) { ?s accsm:hostedBy|owl:sameAs ?o }", False),
        (f"SELECT ?s {{ {ALTERNATIVES} }}", False),
    ],
)
def test_alternatives_that_change_a_count_have_a_hint(
    known_client: httpx.Client, query: str, hinted: bool
) -> None:
    hint = ask(known_client, query).headers.get("Hint", "")
    assert ("An aggregate takes a pair once" in hint) == hinted
    assert not hinted or ONCE in hint


@pytest.mark.parametrize(
    ("condition", "hint"),
    [
        ('LANG(?l) = "en-GB"', 'write "en-gb", or LANGMATCHES(LANG(?l), "en-GB").'),
        ("lang( ?l ) IN ('en', 'zh-Hant')", 'write "zh-hant", or'),
        ("'EN' != lang(?l)", 'write "en", or'),
        ('LANG(?l) = "en"', ""),
        ('LANGMATCHES(LANG(?l), "en-GB")', ""),
        ("?l = \"LANG(?l) = 'EN'\"", ""),
    ],
)
def test_a_language_in_capitals_has_a_hint(client: httpx.Client, condition: str, hint: str) -> None:
    found = ask(client, f"SELECT ?l {{ ?s ?p ?l FILTER({condition}) }} LIMIT 1").headers.get("Hint")
    assert hint in (found or "") and bool(hint) == ("small letters" in (found or ""))


def test_an_answer_does_not_wait_for_the_place_of_a_hint(dataset_path: Path) -> None:
    endless = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
    target = f"/sparql?query=ASK{{?s+a+<{BASE}ontology%23Projekt>}}&format=json"

    async def ask_twice(pool: Pool) -> list[dict[str, str]]:
        """Return the headers of an answer while all places for pages are held, and later."""
        app, _, _ = create_dataset_app(pool, pool.settings)
        places, held = pool.stats["workers"], []
        for number in range(INTERNAL):
            CLIENT.set(f"client {number}")
            held.append(asyncio.create_task(fetch(pool, Query(endless, "json", internal=True))))
        await asyncio.sleep(0)
        async with asyncio.timeout(30):
            beside = await in_process.ask(app, target)
        for task in held:
            task.cancel()
        await asyncio.gather(*held, return_exceptions=True)
        while pool.stats["busy"] or pool.stats["workers"] < places:
            await asyncio.sleep(0.05)
        return [dict(reply.headers) for reply in (beside, await in_process.ask(app, target))]

    async def main() -> list[dict[str, str]]:
        pool = await Pool.start([dataset_path], CONVENTIONS, Settings(timeout=60))
        try:
            return await ask_twice(pool)
        finally:
            await pool.close()

    beside, alone = asyncio.run(main())
    assert not {"hint", "etag"} & beside.keys()
    assert beside["cache-control"] == "no-store"
    assert "accsm:Project" in alone["hint"]
    assert alone["etag"]
