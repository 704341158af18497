"""The scan of a query: its form, prefixes, IRIs and keywords."""

import time

import pytest

from accsm_kg.rdf.query_scanner import scan

FORMS = {
    "ASK {}": "ASK",
    "select * {}": "SELECT",
    "# SELECT\nCONSTRUCT WHERE {}": "CONSTRUCT",
    "PREFIX select: <x>\nBASE <http://e/#ASK> DESCRIBE <x>": "DESCRIBE",
    "PREFIX a:<x>SELECT*{}": "SELECT",
    "ASKWHERE{}": "ASK",
    "CONSTRUCTWHERE{?s ?p ?o}": "CONSTRUCT",
    "PREFIX a:<b:> DESCRIBEa:b": "DESCRIBE",
    "INSERT DATA {}": None,
    "": None,
    '"SELECT': None,
}
SERVICES = [
    "SELECT * { SERVICE <http://e/> {} }",
    "SELECT * { service silent <http://e/> {} }",
    "SELECT * { SeRvIcE?x{} }",
    "SELECT*{SERVICE<http://e/>{}}",
    "SELECT * { ?s ?p 1.SERVICE <http://e/> {} }",
    "SELECT * { ?s ?p true.SERVICE <http://e/> {} }",
    "SELECT * { ?s ?p 'x'SERVICE <http://e/> {} }",
    "SELECT * { # no\nSERVICE # <\n<http://e/> {} }",
    "PREFIX :<http://e/> SELECT * { SERVICE:x {} }",
    "SELECT * { SERVICESILENT<http://e/>{} }",
    "SELECT * { FILTER(?a<?b)SERVICE<http://e/>{} }",
    "SELECT * { { SELECT * { SERVICE <http://e/> {} } } }",
    'SELECT * { ?s ?p """a\\""" """SERVICE <http://e/> {} }',
    "SELECT * { ?s ?p trueSERVICE SILENT <http://e/> {} }",
    r"SELECT * { <http://x/\u0061#b> ?p ?o . SERVICE <http://e/> {} }",
    "SELECT * { ?s ?p 1e0SERVICE SILENT <http://e/> {} }",
    "PREFIX f: <http://e/> SELECT * { SERVICEf:x {} }",
    "PREFIX f: <http://e/> SELECT * { ?s ?p true.SERVICESILENTf:x {} }",
    "SELECT * { VALUES ?x {''''} SERVICE SILENT <http://e/> {} }",
    'SELECT * { VALUES ?x {""""} SERVICE SILENT <http://e/> {} }',
]
NO_SERVICES = [
    "SELECT * { ?s ?p 'SERVICE <http://e/>' }",
    'SELECT * { ?s ?p """SERVICE\n"x" SERVICE""" }',
    "SELECT * { ?s ?p <http://e/SERVICE> } # SERVICE",
    "SELECT ?service $SERVICE { ?service ?p 'x'@service }",
    "PREFIX ex: <x> SELECT * { ?s ex:SERVICE ex:a.SERVICE , _:SERVICE , :SERVICE }",
    "PREFIX service: <x> PREFIX : <y> SELECT * { ?s service:of ?o }",
    "SELECT * { ?s webservice:of ?o }",
    "SELECT * { ?s ?p '''SERVICE never closed }",
    "SELECT * { ?s ?serviceOf 'it\\'s SERVICE' }",
]
VOLATILE = [
    "SELECT (RAND() AS ?x) {}",
    "SELECT (BNODE(?y) AS ?x) {}",
    "SELECT * { VALUES ?x {''''} BIND(RAND() AS ?r) }",
    'SELECT * { VALUES ?x {""""} BIND(STRUUID() AS ?r) }',
    "SELECT * { ?s ?p ?o } ORDER BYRAND()",
    "SELECT (COUNT(DISTINCTRAND()) AS ?n) {}",
    "SELECT * { VALUES ?d {1} FILTER(?d<NOW()&&1>0) }",
    "SELECT * { SERVICE <http://e/> {} }",
]
STABLE = [
    "PREFIX foaf: <http://xmlns.com/foaf/0.1/> ASK { ?now foaf:knows ?rand } # RAND()",
    "ASK { ?s <http://xmlns.com/foaf/0.1/knows> 'UUID()'@now }",
]
UPDATES = ["INSERT DATA {}", "INSERTDATA{}", "LOADSILENT<x>", "delete where {}", "LOAD <x>",
           "WITH <g> DELETE {} WHERE {}", "PREFIX a: <x>\nDROP ALL", "# ASK\nCLEAR ALL",
           "COPY <a> TO <b>"]  # fmt: skip
SLOW = ['"' * 200_000, "\\\"\"\"" * 60_000, "<" * 200_000, "a." * 100_000, ":" * 200_000,
        "'''" + "\\'" * 100_000, "?" * 200_000, "{" * 200_000, "a:" * 100_000,
        "PREFIX : <x>" + "a" * 200_000 + ":", "".join(f"a{i}:b " for i in range(50_000)),
        "''' " + r"\''' ' " * 50_000]  # fmt: skip


@pytest.mark.parametrize("query", FORMS)
def test_the_form_is_found(query: str) -> None:
    assert scan(query).form == FORMS[query]


@pytest.mark.parametrize("query", SERVICES)
def test_service_is_found(query: str) -> None:
    assert scan(query).service


@pytest.mark.parametrize("query", NO_SERVICES)
def test_the_word_service_elsewhere_is_ignored(query: str) -> None:
    assert not scan(query).service


@pytest.mark.parametrize("query", VOLATILE)
def test_a_volatile_query_is_found(query: str) -> None:
    assert scan(query).volatile


@pytest.mark.parametrize("query", STABLE)
def test_names_of_volatile_functions_elsewhere_are_ignored(query: str) -> None:
    assert not scan(query).volatile


@pytest.mark.parametrize("query", UPDATES)
def test_an_update_is_found(query: str) -> None:
    assert scan(query).update


def test_update_keywords_elsewhere_are_ignored() -> None:
    assert not scan("SELECT * { ?s ?p 'INSERT' } # DELETE").update


def test_declared_and_used_prefixes_are_found() -> None:
    scanned = scan("PREFIX : <http://e/>\nprefix ex:<http://x/> ASK { :a ex:b foo:c }")
    assert scanned.prefixes == {"": "http://e/", "ex": "http://x/"}
    assert list(scanned.used) == ["", "ex", "foo"]


@pytest.mark.parametrize("text", SLOW, ids=range(len(SLOW)))
def test_no_text_takes_long(text: str) -> None:
    started = time.process_time()
    scan(text)
    assert time.process_time() - started < 1


@pytest.mark.parametrize("query", [query for query, form in FORMS.items() if form])
def test_the_offset_of_the_form_is_found(query: str) -> None:
    scanned = scan(query)
    assert scanned.form is not None
    assert query[scanned.form_offset :].upper().startswith(scanned.form)


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("SELECT * {}", True),
        ("PREFIX a: <x>\nselect distinct\n*{}", True),
        ("SELECT REDUCED*{}", True),
        ("SELECT ?s { { SELECT * { ?s ?p ?o } } }", False),
        ("# SELECT *\nSELECT ?s { ?s ?p 'SELECT *' }", False),
        ("SELECT (COUNT(*) AS ?n) {}", False),
        ("ASK { { SELECT * {} } }", False),
        ("", False),
    ],
)
def test_selects_all_ignores_subqueries(query: str, wanted: bool) -> None:
    assert scan(query).selects_all == wanted


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("SELECT * FROM <x> {}", True),
        ("PREFIX g: <x> ASK fromg: {}", True),
        ("DESCRIBE <x>FROM NAMED<y>{}", True),
        ("SELECT * { ?from a:FROM <FROM> , 'FROM' } # FROM", False),
    ],
)
def test_a_dataset_clause_is_found(query: str, wanted: bool) -> None:
    assert scan(query).dataset_clause == wanted


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("CONSTRUCT { ?s ?p [] } WHERE { ?s ?p ?o }", True),
        ("CONSTRUCT { ?s ?p _:b } { ?s ?p ?o }", True),
        ("CONSTRUCT { ?s ?p (1) } WHERE {}", True),
        ("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p [] }", False),
        ("CONSTRUCT WHERE { ?s ?p _:b }", True),
        ("SELECT * { ?s ?p [] }", False),
    ],
)
def test_blank_nodes_of_the_template_are_found(query: str, wanted: bool) -> None:
    assert scan(query).makes_blank_nodes == wanted


def test_full_iris_and_prefixed_names_are_found() -> None:
    scanned = scan(r"PREFIX a: <http://e/> ASK { a:b a:c\/d <urn:x> . FILTER(?x = '<urn:y>') }")
    assert scanned.iris == {"http://e/b", "http://e/c/d", "urn:x"}


def test_the_iris_of_prefixed_names_are_bounded() -> None:
    names = " ".join(f"a:{number}" for number in range(5000))
    scanned = scan(f"PREFIX a: <http://x/{'x' * 40_000}> ASK {{ VALUES ?x {{ {names} }} }}")
    assert scanned.used == {"a": scanned.text.index("a:0")}
    assert sum(map(len, scanned.iris)) < 1 << 17
