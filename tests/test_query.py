"""Running queries: tables, W3C formats and error messages."""

import csv
import json
from io import StringIO

import pytest
from pyoxigraph import RdfFormat, Store
from rdflib import Graph

from accsm_kg import query
from accsm_kg.errors import AccsmError, QuerySyntaxError
from accsm_kg.namespaces import BASE
from accsm_kg.rdf.xml import XmlError

COORDINATORS = """
SELECT ?number ?country WHERE {
  ?project accsm:projectNumber ?number ; accsm:countryCoordinator ?country .
  FILTER(?number IN (31, 33))
}
ORDER BY ?number ?country
"""


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def test_a_table_shows_labels_in_place_of_iris_and_the_number_of_rows(store: Store) -> None:
    drawn = query.answer(store, COORDINATORS).text
    assert [line.split("│")[-1].strip() for line in drawn.splitlines()[2:5]] == [
        "Indonesia",
        "Cambodia",
        "Cambodia",
    ]
    assert drawn.splitlines()[-1] == "3 rows"
    assert BASE not in drawn


def test_an_iri_is_shortened_when_its_label_is_in_the_row_or_it_has_none(store: Store) -> None:
    text = """SELECT ?label ?country ?graph WHERE {
      ?country a accsm:Country ; accsm:alpha3 "KHM" ; skos:prefLabel ?label .
      BIND(<https://w3id.org/accsm-kg/graph/nowhere> AS ?graph)
    }"""
    row = query.answer(store, text).text.splitlines()[2]
    assert [cell.strip() for cell in row.split("│")] == [
        "Cambodia",
        "country:KHM",
        "graph:nowhere",
    ]


def test_markup_in_a_cell_is_shown_as_it_is(store: Store) -> None:
    drawn = query.answer(store, 'SELECT ?a WHERE { BIND("[Completed] [red]x[/red]" AS ?a) }').text
    assert "[Completed] [red]x[/red]" in drawn


def test_an_empty_result_and_a_boolean_are_words(store: Store) -> None:
    assert query.answer(store, "SELECT ?s WHERE { ?s a <x:none> }").text == "no rows\n"
    assert query.answer(store, "ASK { ?s a accsm:Project }").text == "yes\n"
    assert query.answer(store, "ASK { ?s a <x:none> }").text == "no\n"


def test_json_csv_and_tsv_are_the_w3c_formats(store: Store) -> None:
    found = json.loads(query.answer(store, COORDINATORS, "json").text)
    assert found["head"]["vars"] == ["number", "country"]
    assert found["results"]["bindings"][2]["country"] == {
        "type": "uri",
        "value": f"{BASE}id/country/KHM",
    }
    rows = list(csv.reader(StringIO(query.answer(store, COORDINATORS, "csv").text)))
    assert rows[0] == ["number", "country"]
    assert rows[3] == ["33", f"{BASE}id/country/KHM"]
    assert query.answer(store, COORDINATORS, "tsv").text.startswith("?number\t?country\n31\t<")
    assert json.loads(query.answer(store, "ASK {}", "json").text)["boolean"] is True


@pytest.mark.parametrize(
    ("fmt", "kind"), [("table", "turtle"), ("turtle", "turtle"), ("ntriples", "nt")]
)
def test_a_graph_is_written_as_rdf(store: Store, fmt: str, kind: str) -> None:
    text = "CONSTRUCT { ?c a schema:Country } WHERE { ?c a accsm:Country }"
    graph = Graph().parse(data=query.answer(store, text, fmt).text, format=kind)
    assert len(graph) == 14


@pytest.mark.parametrize(
    ("text", "fmt", "message"),
    [
        (
            "CONSTRUCT WHERE { ?s a ?o }",
            "csv",
            "csv cannot hold a graph; choose turtle or ntriples",
        ),
        ("SELECT ?s WHERE { ?s a ?o }", "turtle", "choose table, json, csv, tsv, xml"),
        ("ASK {}", "xls", "unknown format 'xls'; choose one of table, json"),
    ],
)
def test_a_format_that_does_not_fit_is_refused(
    store: Store, text: str, fmt: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        query.answer(store, text, fmt)


@pytest.mark.parametrize(
    ("text", "empty"),
    [
        ("SELECT ?s ?t { ?s a <x:none> ; <x:t> ?t }", True),
        ("SELECT (COUNT(*) AS ?n) ?m { ?s a <x:none> } GROUP BY ?m", True),
        ("SELECT (COUNT(*) AS ?n) (MIN(?s) AS ?m) { ?s a <x:none> }", True),
        ("SELECT ?s ?t { VALUES ?s { 0 } }", True),
        ("SELECT ?s { VALUES ?s { 0 0 } }", False),
        ("SELECT ?s { VALUES ?s { 10 } }", False),
        ('SELECT ?s { VALUES ?s { "0,0" } }', False),
        ('SELECT ?s ?t { VALUES ?t { "\\r\\n\\r\\n" } }', False),
    ],
)
@pytest.mark.parametrize("fmt", [query.TABLE, *query.RESULT_FORMATS])
def test_an_answer_without_a_value_seems_empty(
    store: Store, text: str, empty: bool, fmt: str
) -> None:
    assert query.answer(store, text, fmt).empty == empty


@pytest.mark.parametrize("fmt", [query.TABLE, "json", "turtle"])
@pytest.mark.parametrize("term", ["accsm:Project", "<x:none>"])
def test_an_answer_that_is_false_or_a_graph_without_triples_is_empty(
    store: Store, term: str, fmt: str
) -> None:
    text = f"{'CONSTRUCT WHERE' if fmt == 'turtle' else 'ASK'} {{ ?s a {term} }}"
    assert query.answer(store, text, fmt).empty == (term == "<x:none>")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "SELECT ?s\nWHERE { ?s ?p }",
            "Line 2, column 15: `}` ends a triple that has only two terms.\n"
            "WHERE { ?s ?p }\n"
            "              ^\n"
            "A triple has a subject, a property and an object.",
        ),
        (
            "SELECT ?s WHERE { ?s scos:prefLabel ?o }",
            "Line 1, column 22: the prefix `scos:` is not declared.\n"
            "SELECT ?s WHERE { ?s scos:prefLabel ?o }\n"
            "                     ^\n"
            "Did you mean `skos:`?",
        ),
        (
            'SELECT ?s WHERE { ?s foaf:name "x:y", <urn:x:y> ; zz9:p ?o # a:b\n}',
            "Line 1, column 51: the prefix `zz9:` is not declared.\n"
            'SELECT ?s WHERE { ?s foaf:name "x:y", <urn:x:y> ; zz9:p ?o # a:b\n'
            "                                                  ^\n"
            "Add a line PREFIX zz9: <…>",
        ),
        (
            "SELECT ?s WHERE ?s",
            'Line 1, column 17: found `?s`, expected "{".\n'
            "SELECT ?s WHERE ?s\n"
            "                ^\n"
            "See the stored questions for examples: `accsm-kg query` lists them.",
        ),
    ],
)
def test_a_syntax_error_has_its_place_and_a_hint(store: Store, text: str, message: str) -> None:
    with pytest.raises(QuerySyntaxError) as raised:
        query.run(store, text)
    assert str(raised.value) == message


def test_a_prefix_given_by_the_caller_is_suggested(store: Store) -> None:
    with pytest.raises(QuerySyntaxError, match=r"the prefix `skos:` is not declared") as raised:
        query.run(store, "ASK { ?s mine:p ?o ; skos:p ?o }", {"mine": "urn:x:", "sos": "urn:y:"})
    assert raised.value.explanation.hint == "Did you mean `sos:`?"


def test_prefixes_of_the_project_or_of_the_caller_need_no_declaration(store: Store) -> None:
    assert query.run(store, "ASK { ?s a mine:Project }", {"mine": f"{BASE}ontology#"})
    assert query.run(store, "ASK { GRAPH graph:vocab { ?s a accsm:Country } }")


LABELS = """
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
<urn:a> skos:prefLabel "Zwei"@de, "Two"@en, "Song"@th .
<urn:b> skos:prefLabel "Zwei"@de ; rdfs:label "Two"@en-GB .
<urn:c> skos:prefLabel "Zwei"@de, "Ni" .
<urn:d> rdfs:label "Zwei"@de, "Cent"@fr .
"""


def test_a_label_in_english_is_preferred() -> None:
    store = Store()
    store.load(LABELS.encode(), format=RdfFormat.TURTLE)
    drawn = query.answer(store, "SELECT ?x { VALUES ?x { <urn:a> <urn:b> <urn:c> <urn:d> } }").text
    assert [line.strip() for line in drawn.splitlines()[2:6]] == ["Two", "Two", "Ni", "Zwei"]


def test_the_columns_of_a_star_are_in_order_of_first_mention(store: Store) -> None:
    assert query.answer(store, "SELECT * { VALUES (?zeta ?alpha) { (1 2) } }", "csv").text == (
        "zeta,alpha\r\n1,2\r\n"
    )


def test_xml_holds_a_carriage_return_and_refuses_a_control_character(store: Store) -> None:
    answer = query.answer(store, "SELECT ('a\\rb' AS ?x) {}", "xml")
    assert "<literal>a&#13;b</literal>" in answer.text
    with pytest.raises(XmlError, match=r"U\+0001"):
        query.answer(store, "SELECT ('\\u0001' AS ?x) {}", "xml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT\u00a0(1 AS ?x) {}", "column 7: there is an invisible character here."),
        ("SELECT (\u201cx\u201d AS ?x) {}", "column 9: `\u201c` is a typographic quotation mark."),
        ("ASK { BIND(1 AS ?a) BIND(2 AS ?a) }", "column 31: `?a` has a value before BIND"),
        ("ASK {} LIMIT 99999999999999999999", "`LIMIT 99999999999999999999` is larger than 1844"),
        ("INSERT DATA { <a:a> <a:b> 1 }", "`INSERT` begins an update."),
        ("ASK { FILTER(accsm:f(1)) }", "cannot be evaluated: The custom function <https:"),
        ("ASK { FILTER(xsd:integer(1, 2)) }", "cannot be evaluated: The custom function <http:"),
    ],
)
def test_a_mistake_is_explained_as_at_the_endpoint(store: Store, text: str, message: str) -> None:
    with pytest.raises(AccsmError) as raised:
        query.run(store, text)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("SELECT (GROUP_CONCAT(?m) AS ?g) { ?p accsm:supportsMeasure ?m }", "write `STR(?m)`."),
        ("SELECT (MIN(?x) AS ?g) { VALUES ?x { 1 UNDEF } }", "add `FILTER(BOUND(?x))`."),
        ("SELECT ?x { <no> accsm:partOf* ?x }", "add `UNION { BIND(<no> AS ?x) }`."),
        ("SELECT (COUNT(*) AS ?n) { ?s owl:sameAs|schema:sameAs ?o }", "joined by UNION"),
        ('ASK { ?s skos:prefLabel ?l FILTER(LANG(?l) = "EN") }', 'write "en"'),
    ],
)
def test_the_hints_are_those_of_the_endpoint(known: Store, text: str, hint: str) -> None:
    empty = query.answer(known, text).empty
    assert hint in query.hints(known, text, empty)[0]
