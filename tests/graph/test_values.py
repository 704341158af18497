"""Terms as plain values and back, and values for the variables of a query."""

import copy
import pickle
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Store

from accsm_kg import IRI, QueryError, Value
from accsm_kg.graph.values import bind, term_of, value_of
from accsm_kg.namespaces import prefixes

XSD = prefixes()["xsd"]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("33", "integer", 33),
        ("7", "nonNegativeInteger", 7),
        ("0.50", "decimal", Decimal("0.50")),
        ("1e3", "double", 1000.0),
        ("true", "boolean", True),
        ("0", "boolean", False),
        ("2017-04-30", "date", date(2017, 4, 30)),
        ("2017-04-30T10:00:00Z", "dateTime", datetime(2017, 4, 30, 10, tzinfo=UTC)),
        ("33", "string", "33"),
        ("2017", "gYear", "2017"),
        ("many", "integer", "many"),
        ("yes", "boolean", "yes"),
        ("1" * 5000, "integer", "1" * 5000),
        ("2017-13-01", "date", "2017-13-01"),
        ("-0044-03-15", "date", "-0044-03-15"),
        ("NaN.1", "decimal", "NaN.1"),
    ],
)
def test_a_literal_is_a_plain_value_or_its_text(text: str, kind: str, value: Value) -> None:
    found = value_of(Literal(text, datatype=NamedNode(XSD + kind)))
    assert (type(found), found) == (type(value), value)


def test_other_terms_are_texts() -> None:
    assert value_of(Literal("neuf", language="fr")) == "neuf"
    assert value_of(Literal("5", datatype=NamedNode("http://example.org/integer"))) == "5"
    assert value_of(BlankNode("b")) == "_:b"
    assert value_of(None) is None
    assert isinstance(value_of(NamedNode("urn:a")), IRI)


@pytest.mark.parametrize(
    "value",
    [
        33,
        -1,
        True,
        Decimal("0.5"),
        Decimal("1E+3"),
        1.5,
        "a\n\"b'",
        IRI("urn:a"),
        date(2017, 4, 30),
    ],
)
def test_a_value_keeps_its_type_on_the_way_to_a_query_and_back(value: Value) -> None:
    (row,) = Store().query(bind("SELECT ?x { }", {"x": value}))
    found = value_of(row[0])
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize("value", [object(), b"x", [1], Decimal("NaN"), None])
def test_what_is_no_value_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="is no value of a graph; give a number"):
        term_of(value)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT ?x { ?x <urn:n> ?n }", ["a"]),
        ("SELECT ?x WHERE { ?x <urn:n> ?m FILTER(?m = ?n) }", ["a"]),
        ("SELECT ?x WHERE { ?x <urn:n> ?m BIND(?n + 1 AS ?o) FILTER(?m = ?o) }", ["b"]),
        ("SELECT ?x WHERE { SELECT ?x ?n { ?x <urn:n> ?n } }", ["a"]),
        ("SELECT ?x (COUNT(*) AS ?c) WHERE { ?x <urn:n> ?n } GROUP BY ?x", ["a"]),
        ("SELECT (EXISTS { ?s ?p 9 } AS ?y) ?x WHERE { ?x <urn:n> ?n }", ["a"]),
        ('SELECT ?x # { ?n\nWHERE { ?x <urn:n> ?n FILTER("}" != "{") } LIMIT 9', ["a"]),
        ("PREFIX u: <urn:> SELECT ?x { { ?x u:n ?n } UNION { ?x u:m ?n } }", ["a"]),
    ],
)
def test_a_variable_gets_a_value_wherever_it_stands(query: str, expected: list[str]) -> None:
    store = Store()
    store.load(b"<urn:a> <urn:n> 1 . <urn:b> <urn:n> 2 .", format=RdfFormat.TURTLE)
    bound = bind(query, {"n": 1})
    assert [row["x"].value.removeprefix("urn:") for row in store.query(bound)] == expected
    assert bound.count("\n") == query.count("\n")


def test_a_template_gets_no_values() -> None:
    query = "CONSTRUCT { ?x a ?n } WHERE { ?x ?p ?n }"
    assert bind(query, {"n": 1}).startswith("CONSTRUCT { ?x a ?n } WHERE { VALUES (?n)")


def test_text_cannot_break_out_of_a_value() -> None:
    bound = bind("SELECT ?n { }", {"n": '"} } INSERT { \\'})
    (row,) = Store().query(bound)
    assert row[0].value == '"} } INSERT { \\'


@pytest.mark.parametrize(
    ("query", "values", "message"),
    [
        ("SELECT ?x { ?x ?p ?n }", {"m": 1}, r"no variable \?m; it has: \?x, \?p, \?n\."),
        ("SELECT ?x { ?x ?p ?n1 }", {"n": 1}, r"no variable \?n"),
        ('SELECT ?x { ?x ?p "?n" }', {"n": 1}, r"no variable \?n"),
        ("CONSTRUCT WHERE { ?x ?p ?n }", {"n": 1}, "in full"),
        ("ASK {}", {"n": 1}, r"no variable \?n; it has: none\."),
        ("DESCRIBE ?n", {"n": 1}, "no pattern in braces"),
        ("SELECT ?n { ?n ?p ?o }", {"n": IRI("not an IRI")}, "is no IRI"),
        ("SELECT ?n { ?n ?p ?o }", {"n": "\ud800"}, "cannot be written"),
        ("SELECT ?n { ?n ?p ?o }", {"n": 10**5000}, "cannot be written: Exceeds the limit"),
    ],
)
def test_values_that_cannot_be_bound_are_refused(
    query: str, values: dict[str, Value], message: str
) -> None:
    with pytest.raises(QueryError, match=message):
        bind(query, values)


def test_none_leaves_a_variable_open() -> None:
    assert bind("SELECT ?n { ?x ?p ?n }", {"n": None}) == "SELECT ?n { ?x ?p ?n }"


def test_an_iri_is_a_string_that_can_be_copied() -> None:
    iri = IRI("https://example.org/id/a#b")
    assert iri == "https://example.org/id/a#b"
    assert (iri.label, iri.short, iri.page) == ("b", "<https://example.org/id/a#b>", "")
    for made in (copy.deepcopy(iri), pickle.loads(pickle.dumps(iri))):
        assert isinstance(made, IRI)
        assert made == iri
