"""What is sent of a query to an engine elsewhere, and what is refused."""

import pytest
from accsm_server.engine.remote.reading import read
from accsm_server.errors import QueryError
from project import ROOT

XSD = "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> "
X = "PREFIX x: <http://example.org/> "
QUERIES = sorted(
    path
    for folder in ("accsm_kg", "data", "server")
    for path in (ROOT / folder).rglob("*.rq")
    if "COLUMNS" not in path.read_text(encoding="utf-8")
)

REFUSED = [
    "SELECT * { ?s ?p ?o FILTER(<bif:delay>(5)) }",
    "SELECT * { ?s <bif:contains> 'a' }",
    "PREFIX b: <bif:> SELECT (b:http_get('http://127.0.0.1/') AS ?x) {}",
    "PREFIX b: <BIF:> SELECT (b:delay(5) AS ?x) {}",
    "PREFIX s: <sql:> SELECT * { ?s s:p ?o }",
    r"SELECT * { ?s ?p ?o FILTER(<\u0062if:delay>(5)) }",
    "SELECT * { ?s <java:com.example.Function> ?o }",
    "PREFIX a: <http://jena.apa> SELECT * { ?s a:che.org\\/text\\#query 'x' }",
    f"{X}SELECT * {{ ?s ?p ?o FILTER x:f(?o) }}",
    f"{X}SELECT * {{ ?s ?p ?o FILTER(1 < x:f(?o)) }}",
    f"{X}SELECT * {{ ?s ?p ?o BIND(x:f(?o) AS ?x) }}",
    f"{X}SELECT (x:f(?o) AS ?x) {{ ?s ?p ?o }}",
    f"{X}SELECT ?s {{ ?s ?p ?o }} GROUP BY ?s x:f(?o)",
    f"{X}SELECT ?s {{ ?s ?p ?o }} ORDER BY x:f(?o)",
    f"{X}SELECT ?s {{ {{ SELECT ?s {{ ?s ?p ?o }} GROUP BY ?s HAVING x:f(?s) }} }}",
    f"{X}SELECT ?s {{ ?s ?p true . TRUEFILTER<urn:f>(1) }}",
    f"{X}SELECT * {{ ?s ?p ?o FILTER(?a<x:f(1)&&?b>1) }}",
    f"{X}SELECT * {{ ?s ?p ?o FILTERx:f(1) }}",
    "PREFIX x: <bif:> PREFIX x: <http://example.org/> SELECT * { ?s x:delay ?o }",
    f"{X}PREFIX x: <http://example.com/> SELECT * {{ ?s x:p ?o }}",
    r"SELECT * { ?s ?p ?o } \u0023 { define }",
    r"SELECT * { ?s ?p '\uD800' }",
]


@pytest.mark.parametrize("query", REFUSED)
def test_what_engines_add_to_sparql_is_refused(query: str) -> None:
    with pytest.raises(QueryError):
        read(query)


@pytest.mark.parametrize(
    "query",
    [
        f"{XSD}SELECT (xsd:integer(?o) AS ?n) {{ ?s ?p ?o FILTER xsd:boolean(?o) }}",
        f"{X}SELECT * {{ ?s x:p (1 2) . ?s x:q/x:r (3) ; x:t (4) }}",
        f"{X}SELECT * {{ ?s ?p ?o FILTER(?a < ?b && ?c > ?d) FILTER EXISTS {{ ?s x:p (1) }} }}",
        f"{X}SELECT ?s {{ ?s ?p ?o }} GROUP BY ?s ORDER BY (COUNT(?o)) VALUES ?s {{ x:a }}",
        f"{X}SELECT * {{ VALUES (?a ?b) {{ (x:a x:b) (x:c UNDEF) }} }}",
        f"{X}SELECT * {{ ?s (x:p|^x:q)+/x:r ?o FILTER(?o IN (x:a, x:b)) }}",
        'SELECT * { ?s ?p \'bif:delay(5)\' , """# <java:a>""" }',
    ],
)
def test_sparql_is_sent_as_it_is(query: str) -> None:
    assert read(query).text == query


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.name)
def test_the_queries_of_this_project_are_not_refused(path: str) -> None:
    read(path.read_text(encoding="utf-8"))


def test_comments_are_not_sent() -> None:
    assert read("#pragma\nSELECT * #x\n{ ?s ?p '#' }").text == " \nSELECT *  \n{ ?s ?p '#' }"


def test_escapes_are_sent_as_what_they_stand_for() -> None:
    text = r"SELECT * { <urn:\u00E9> ?p 'a\u0022\u005Cu0041\\u0041\n' }"
    assert read(text).text == r"SELECT * { <urn:é> ?p 'a\"\\u0041\\u0041\n' }"


def test_names_with_escapes_are_sent_in_full() -> None:
    assert read(f"{X}ASK {{ x:A\\.2\\.iv ?p ?o }}").text.endswith(
        "<http://example.org/A.2.iv> ?p ?o }"
    )


def test_the_graphs_of_from_are_found() -> None:
    query = f"{X}SELECT * FROM x:a FROM NAMED <urn:b> FROM NAMED x:c {{ GRAPH ?g {{ ?s ?p x:d }} }}"
    assert read(query).graphs == ("http://example.org/a", "urn:b", "http://example.org/c")
