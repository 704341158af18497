"""Hints about a dataset that does not answer."""

import time

import pytest

from accsm_kg.namespaces import facts, prefixes
from accsm_kg.rdf.hints import Unavailable, find
from accsm_kg.rdf.prologue import supply
from accsm_kg.rdf.query_scanner import SHORT, scan

COUNT = "SELECT (COUNT(?s) AS ?n) { ?s rdfs:label ?o . ?s rdfs:label ?p "


def hints(text: str) -> list[str]:
    """Return the hints about a query where no request is answered."""
    lookup = find(facts(prefixes()), supply(scan(text), prefixes(), ""))
    try:
        next(lookup)
        while True:
            lookup.throw(Unavailable)
    except StopIteration as end:
        found: list[str] = end.value
        return found


@pytest.mark.parametrize(
    "query",
    [
        "ASK { ?s a accsm:Project ; dcterms:title 5 , country:KHM . country:KHM dcterms:date ?d }",
        "SELECT (COUNT(?s) AS ?n) { ?s accsm:supports ?o }",
        "ASK { VALUES ?c { accsm:Project } ?s a ?c ; accsm:supports/rdfs:label 'x' }",
    ],
)
def test_a_dataset_that_does_not_answer_gives_no_hint(query: str) -> None:
    assert [hint for hint in hints(query) if not hint.startswith("Supplied")] == []


@pytest.mark.parametrize(
    "start", [COUNT, f"{COUNT} FILTER(", "SELECT * { ?s ", "SELECT * { VALUES ?c { "]
)
@pytest.mark.parametrize(
    "part",
    ["GROUP BY ", "GROUP  ", "COUNT(", "COUNT( ", "?a= ", "= ", "a", "a ", "IN ", "?a NOT ",
     "VALUES ", "VALUES ?a ", "rdfs:label ?o ; ", "rdfs:label/", "a ?c ; ", "{ ?s a ?c ", "?s "],
)  # fmt: skip
def test_no_query_takes_long(start: str, part: str) -> None:
    query = start + part * ((SHORT - len(start) - 1) // len(part))
    started = time.process_time()
    hints(query)
    assert time.process_time() - started < 1
