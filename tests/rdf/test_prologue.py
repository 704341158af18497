"""What is supplied to a query: prefixes, the base IRI, and escapes of dots in local names."""

import re
import time

import pytest
from pyoxigraph import NamedNode, Quad, QuerySolutions, Store

from accsm_kg.rdf.prologue import supply
from accsm_kg.rdf.query_scanner import scan

BASE = "http://e/"
KNOWN = {"x": "http://e/x/", "y": "http://e/y#", "no-use": "http://e/z/"}
P = NamedNode("http://e/p")


def found(query: str, *names: str) -> set[str]:
    """Return the values of ?s after ``query`` over a dataset in which ``names`` have a value."""
    store = Store()
    store.extend(Quad(NamedNode(name), P, P) for name in names)
    results = store.query(supply(scan(query), KNOWN, BASE).text, base_iri=BASE)
    assert isinstance(results, QuerySolutions)
    return {row["s"].value for row in results}


def test_only_what_is_used_and_not_declared_is_supplied() -> None:
    text = "PREFIX y: <urn:y> ASK { x:a y:b <c> FILTER(?s = 'no-use:a') }"
    query = supply(scan(text), KNOWN, BASE)
    assert query.prefixes == {"x": "http://e/x/"}
    assert query.declarations == ["BASE <http://e/>", "PREFIX x: <http://e/x/>"]
    assert query.shown.startswith("BASE <http://e/>\nPREFIX x: <http://e/x/>\nPREFIX y:")


@pytest.mark.parametrize(
    "query",
    [
        "PREFIX x: <http://e/x/> SELECT ?s { ?s ?p x:a }",
        "SELECT ?s { ?s ?p <http://e/p> , 'x:a' , <mailto:a@b> } # x:a",
        "BASE <http://f/> SELECT ?s { ?s ?p <a> }",
        "SELECT ?s { ?s ?p ?o FILTER(?a<?b&&?c>?d) }",
        "SELECT ?s { ?s ?p ?o FILTER(?a<3&&?c>2) }",
    ],
)
def test_nothing_is_supplied_to_a_complete_query(query: str) -> None:
    supplied = supply(scan(query), KNOWN, BASE)
    assert supplied.text == supplied.shown == query
    assert supplied.declarations == []


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?s { ?s ?p ?o VALUES ?s { x:a x:b } }",
        "SELECT ?s { VALUES ?s { <x/a> } ?s <p> ?o }",
        "SELECT ?s { x:a ?p ?o BIND(<http://e/x/a> AS ?s) }",
        "select*{values ?s {x:a}?s ?p ?o}",
        "# x:\n\nSELECT ?s\n{ ?s ?p ?o FILTER(?s = x:a) }",
    ],
)
def test_names_mean_those_of_the_dataset(query: str) -> None:
    assert found(query, "http://e/x/a", "http://f/x/a") == {"http://e/x/a"}


@pytest.mark.parametrize(
    "query",
    [
        "PREFIX x: <http://f/x/> SELECT ?s { VALUES ?s { x:a } ?s ?p ?o }",
        "prefix x:<http://f/x/>SELECT ?s { VALUES ?s { x:a } ?s ?p ?o }",
        "PREFIX x: <http://g/> PREFIX x: <http://f/x/> SELECT ?s { VALUES ?s { x:a } ?s ?p ?o }",
        "BASE <http://f/> SELECT ?s { VALUES ?s { <x/a> } ?s ?p ?o }",
        "BASE <http://f/> PREFIX x: <x/> SELECT ?s { VALUES ?s { x:a } ?s ?p ?o }",
    ],
)
def test_what_the_query_declares_stands(query: str) -> None:
    assert found(query, "http://e/x/a", "http://f/x/a") == {"http://f/x/a"}


@pytest.mark.parametrize(
    ("name", "iri"),
    [
        ("x:A.2.2.iv", "http://e/x/A.2.2.iv"),
        (r"x:A.2\.2.iv", "http://e/x/A.2.2.iv"),
        (r"x:A\.2\.2\.iv", "http://e/x/A.2.2.iv"),
        ("x:a..b.c", "http://e/x/a..b.c"),
        ("x:a.b:c.d", "http://e/x/a.b:c.d"),
        ("x:a%2E.b.c", "http://e/x/a%2E.b.c"),
        ("x:é.1.2", "http://e/x/é.1.2"),
        ("x:A.2", "http://e/x/A.2"),
        (":A.2.2.iv", "http://f/A.2.2.iv"),
    ],
)
def test_a_local_name_may_have_many_dots(name: str, iri: str) -> None:
    head = "PREFIX : <http://f/> SELECT ?s {"
    query = f"{head} VALUES ?s {{ {name} {name} }} ?s ?p ?o.{name} ?q ?r.}}"
    assert found(query, iri) == {iri}
    assert found(f"{head}?s ?p ?o FILTER(?s={name})}}", iri) == {iri}


def test_dots_elsewhere_stay() -> None:
    text = 'SELECT ?s { ?s ?p \'x:a.b.c\', """x:a.b.c""", <urn:a.b.c>, 1.5 . ?a.?b } # x:a.b.c'
    assert supply(scan(text), KNOWN, BASE).text == text


PLACED = [
    "SELECT * { x:a.b.c ?p ?o } }",
    "SELECT * { ?s ?p x:a.b.c, x:d.e.f, y:g ; ; ?a }",
    "SELECT *\n{ x:a.b.c ?p x:d\n. x:d.e.f.g %% y:a }",
    "SELECT * # x:a.b.c\n{ ?s y:a }",
    "SELECT * { ?s x:é.ü.日 %% }",
]


@pytest.mark.parametrize("query", PLACED)
def test_the_place_of_an_error_is_that_in_the_query_as_written(query: str) -> None:
    supplied = supply(scan(query), KNOWN, BASE)
    places = []
    for text, message in ((supplied.text, supplied.relocated), (_plain(query), str)):
        with pytest.raises(SyntaxError) as caught:
            Store().query(text, base_iri=BASE, prefixes=KNOWN)
        places.append(re.findall(r"error at (\d+:\d+)", message(str(caught.value)))[0])
    assert places[0] == places[1]


def _plain(query: str) -> str:
    """Return the query with names of equal length that have no dots."""
    return re.sub(r"(?<=\w)\.(?=\w)", "_", query)


HOSTILE = {
    "names": "x:a.b.c " * 100_000,
    "prefixes": "".join(f"x{n}:a.b.c " for n in range(50_000)),
    "one name": "x:" + "a." * 300_000,
    "escapes": "x:" + r"\.\." * 200_000,
    "backslashes": "x:a.b." + "\\" * 500_000,
    "unclosed": "x:a.b.c " * 50_000 + "'" + "x:a.b.c " * 50_000,
    "unclosed long": "x:a.b.c " * 50_000 + '"""' + "x:a.b.c \\" * 50_000,
    "lines": "x:a.b.c\n" * 100_000,
    "relative": "<a> " * 200_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_takes_long(name: str) -> None:
    started = time.process_time()
    supplied = supply(scan(HOSTILE[name]), KNOWN, BASE)
    assert supplied.relocated("error at 90000:7: expected x")
    assert supplied.relocated(f"error at 1:{len(supplied.text)}: expected x")
    assert len(supplied.shown) <= len(HOSTILE[name]) + 100
    assert time.process_time() - started < 2


def test_another_query_has_the_same_prologue() -> None:
    text = "PREFIX e: <http://e/> SELECT ?x { e:a.b.c <x> ?x . ?x x:p ?y }"
    query = supply(scan(text), KNOWN, BASE)
    other = query.beside("ASK { e:a.b.c <x> x:q }")
    assert other.startswith(f"BASE <{BASE}> PREFIX x: <")
    assert other.endswith("PREFIX e: <http://e/> ASK { e:a\\.b\\.c <x> x:q }")
    assert Store().query(other) is not None


def test_all_prefixes_can_be_supplied() -> None:
    known = {f"x{n}": f"http://e/{n}/" for n in range(1000)}
    names = " ".join(f"x{n}:a.b.c" for n in range(1000))
    query = supply(scan(f"SELECT ?s {{ VALUES ?s {{ {names} }} }}"), known, BASE)
    results = Store().query(query.text)
    assert isinstance(results, QuerySolutions)
    assert {row["s"].value for row in results} == {f"http://e/{n}/a.b.c" for n in range(1000)}
