"""The columns of a `SELECT *`."""

import time

import pytest
from pyoxigraph import QuerySolutions, Store

from accsm_kg.rdf.query_scanner import SHORT
from accsm_kg.rdf.select_all import in_order

ORDERS = {
    "SELECT * { ?zeta ?p ?alpha }": ["zeta", "p", "alpha"],
    "select distinct*{$b ?a ?b MINUS { ?0 ?b ?c } }": ["b", "a"],
    "SELECT REDUCED * { { SELECT ?q { ?y ?x ?q } } ?b ?a ?q }": ["q", "b", "a"],
    "SELECT*FROM <urn:x> { ?b ?é '?a' . [] ?a ?b }": ["b", "é", "a"],
    "SELECT * { GRAPH ?g { ?b <urn:?a> ?c } } VALUES ?a { 1 }": ["g", "b", "c", "a"],
    "SELECT * { FILTER(?z = 1) ?y ?x ?z }": ["z", "y", "x"],
    "SELECT ?b ?a { ?a ?p ?b }": ["b", "a"],
    "SELECT * {}": [],
}


@pytest.mark.parametrize("query", ORDERS)
def test_the_columns_of_a_star_are_in_order_of_first_mention(query: str) -> None:
    results = Store().query(in_order(query))
    assert isinstance(results, QuerySolutions)
    assert [variable.value for variable in results.variables] == ORDERS[query]


@pytest.mark.parametrize(
    "query",
    ["SELECT * { ?b ?a", "SELECT (COUNT(*) AS ?n) { ?b ?a ?c }", "ASK { ?b (<urn:x>*) ?a }",
     "SELECT * { SERVICE <http://127.0.0.1:9/> { ?b ?a ?c } }", "SELECT * { ?b <urn:f>() ?a }",
     "SELECT * { ?b ?a ?c FILTER(<urn:f>(?a)) }"],
)  # fmt: skip
def test_other_queries_are_left_as_they_are(query: str) -> None:
    assert in_order(query) == query


def test_a_star_over_relative_iris_needs_the_base() -> None:
    query = "SELECT * { ?b <p> ?a }"
    assert in_order(query, "http://e/") == "SELECT  ?b ?a  { ?b <p> ?a }"
    assert in_order(query) == query


@pytest.mark.parametrize("part", ["?a ", "SELECT * ", "* "])
def test_no_query_takes_long(part: str) -> None:
    query = f"SELECT * {{ {part * (SHORT // len(part))} }}"
    started = time.process_time()
    in_order(query)
    assert time.process_time() - started < 1
