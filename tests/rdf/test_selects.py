"""The SELECTs of a query."""

import time

import pytest

from accsm_kg.rdf.query_scanner import SHORT
from accsm_kg.rdf.selects import Aggregate, read

NESTED = """PREFIX select: <urn:x> # SELECT {
SELECT (COUNT(DISTINCT ?x) AS ?n) (EXISTS { ?a ?b ?c } AS ?e) WHERE {
  { SELECT ?y (GROUP_CONCAT(STR(?q); SEPARATOR=");") AS ?g) { ?y ?z ?q } GROUP BY ?y }
  ?y select:p "SELECT ?z {"
} HAVING (MIN(?x) > 2)"""


def test_the_parts_of_each_select_are_found() -> None:
    outer, inner = read(NESTED)
    assert NESTED[outer.start :].startswith("SELECT (COUNT")
    assert outer.pattern.startswith("{\n  { SELECT") and outer.pattern.endswith('{"\n}')
    assert NESTED[outer.pattern_start :].startswith(outer.pattern)
    assert (outer.tail, inner.tail) == (" HAVING (MIN(?x) > 2)", " GROUP BY ?y ")
    assert outer.aggregates == (Aggregate("COUNT", "?x", True), Aggregate("MIN", "?x", False))
    assert inner.aggregates == (Aggregate("GROUP_CONCAT", "STR(?q)", False),)


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("SELECT ?s { ?s ?p ?o } ORDER BY ?s", [False]),
        ("select distinct ?s { ?s ?p ?o }", [True]),
        ("SELECT REDUCED * { ?s ?p ?o }", [True]),
        ("SELECT ?s { ?s ?p ?o } GROUP BY ?s", [True]),
        ("ASK { { SELECT (MAX(?o) AS ?m) { ?s ?p ?o } } }", [True]),
        ("ASK { ?s ?p ?o }", []),
        ("SELECT ?s {", []),
    ],
)
def test_a_select_that_merges_equal_rows_is_known(query: str, wanted: list[bool]) -> None:
    assert [found.merges_rows for found in read(query)] == wanted


@pytest.mark.parametrize(
    "part", ["SELECT ", "SELECT {", "SELECT (", "SELECT ( ) ", "COUNT( ", "COUNT(;", "{ } ", "}"]
)
def test_no_query_takes_long(part: str) -> None:
    query = "SELECT " + part * (SHORT // len(part)) + "{}"
    started = time.process_time()
    assert all(isinstance(found.merges_rows, bool) for found in read(query))
    assert time.process_time() - started < 1
