"""The W3C tests for SPARQL, against real servers over their data."""

import os
from http.client import HTTPMessage
from pathlib import Path

import pytest
from accsm_server.pages.conformance_record import (
    Outcome,
    read_deviations,
    read_record,
    write_record,
)
from conformance import checks, results
from conformance.manifests import Request
from conformance.suites import SUITES, run, scores
from pyoxigraph import NamedNode, QuerySolutions, RdfFormat, Store, Triple
from serving import Reply

from accsm_kg.namespaces import prefixes

FOLDER = os.environ.get("ACCSM_W3C")
REASON = "ACCSM_W3C is not set: the W3C tests are not part of the project"
KNOWN = {test for deviation in read_deviations() for test in deviation.tests}
#: The tests that write, which a read-only server must refuse.
WRITES = ("update_", "put__", "post__", "delete__")
#: The tests with SERVICE and a variable or a relative IRI.
UNKNOWN_ENDPOINTS = ("sparql11/service#service5", "sparql11/syntax-fed#")


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    if not FOLDER:
        pytest.skip(REASON)
    return list(run(Path(FOLDER)))


@pytest.mark.parametrize("suite", SUITES)
def test_a_suite_passes_but_for_known_deviations(outcomes: list[Outcome], suite: str) -> None:
    found = [one for one in outcomes if one.suite == suite]
    assert found
    assert {one.test: one.fault for one in found if one.fault and one.test not in KNOWN} == {}
    refused = {one.test for one in found if one.refused}
    assert refused == {one.test for one in found if one.name.startswith(WRITES + UNKNOWN_ENDPOINTS)}


def test_tests_of_known_deviations_fail(outcomes: list[Outcome]) -> None:
    assert KNOWN - {one.test for one in outcomes if one.fault} == set()


def test_an_alternative_path_finds_a_pair_once() -> None:
    """The known deviation that no test of the W3C shows: the recommendation has two rows."""
    store = Store()
    store.load(b"<a:s> <a:p> <a:o> ; <a:q> <a:o> .", format=RdfFormat.TURTLE)
    rows = store.query("SELECT ?s { ?s <a:p>|<a:q> ?o }")
    assert isinstance(rows, QuerySolutions)
    assert len(list(rows)) == 1


def reply(status: int, media_type: str, body: bytes) -> Reply:
    headers = HTTPMessage()
    headers["Content-Type"] = media_type
    return Reply(status, headers, body)


ASK = Request("GET", "/sparql/", statuses=("2", "3"), format="boolean", truth=True)
JSON = "application/sparql-results+json"
FAULTY = {
    "a status": (reply(500, JSON, b""), ASK, "status 500"),
    "no type": (reply(200, "", b""), ASK, "no type"),
    "a type": (reply(200, "text/csv", b"true"), ASK, "text/csv"),
    "the boolean": (reply(200, JSON, b'{"head":{},"boolean":false}'), ASK, "expected True"),
    "a table": (
        reply(200, JSON, b'{"head":{"vars":[]},"results":{"bindings":[]}}'),
        ASK,
        "a table",
    ),
    "a format": (reply(200, JSON, b""), Request("GET", "", format="RDF"), "not RDF"),
    "syntax": (reply(200, "text/turtle", b"<a"), Request("GET", "", format="RDF"), "not Turtle"),
    "no refusal": (reply(200, JSON, b""), Request("GET", "", statuses=("4",)), "status 200"),
}


@pytest.mark.parametrize("name", FAULTY)
def test_a_wrong_response_is_detected(name: str) -> None:
    found, expected, fault = FAULTY[name]
    assert fault in checks.reply(found, expected)


TSV = b'?a\t?b\n_:x\t1\n_:y\t"c"\n'


def compared(found: bytes, expected: bytes, suffix: str, lax: bool = False) -> str:
    """Return "same", "by value" or the fault."""
    told = results.compare(results.read(found, suffix), results.read(expected, suffix), lax)
    return told.fault or ("by value" if told.by_value else "same")


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (TSV, "same"),
        (b'?b\t?a\n"c"\t_:q\n1\t_:r\n', "same"),
        (b'?a\t?b\n_:x\t01\n_:y\t"c"\n', "by value"),
        (b'?a\t?b\n_:x\t1\n_:x\t"c"\n', "other 2 rows than expected"),
        (b'?a\t?b\t?c\n_:x\t1\t\n_:y\t"c"\t\n', "other 2 rows than expected"),
        (b"?a\t?b\n_:x\t1\n", "1 row, expected 2 rows"),
        (TSV + b'_:y\t"c"\n', "3 rows, expected 2 rows"),
        (b'?a\t?b\n_:x\t"1"\n_:y\t"c"\n', "other 2 rows than expected"),
        (b'?a\t?b\n_:x\t1.0\n_:y\t"c"\n', "other 2 rows than expected"),
    ],
)
def test_rows_are_compared_as_a_bag_with_blank_nodes(found: bytes, told: str) -> None:
    assert compared(found, TSV, "tsv") == told


def typed(text: str, datatype: str) -> bytes:
    return f'?a\n"{text}"^^<{prefixes()["xsd"]}{datatype}>\n'.encode()


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (typed("-3", "negativeInteger"), "same"),
        (typed("-03", "negativeInteger"), "by value"),
        (typed("-3", "integer"), "other 1 row than expected"),
    ],
)
def test_a_value_of_another_datatype_is_another(found: bytes, told: str) -> None:
    assert compared(found, typed("-3", "negativeInteger"), "tsv") == told


def test_tables_without_datatypes_are_compared_by_value() -> None:
    assert compared(b"b,a\r\n1e6,_:x\r\n", b"a,b\n_:y,1000000\n", "csv") == "by value"
    assert compared(b"a\r\n1\r\n", b"a\r\n2\r\n", "csv") == "other 1 row than expected"


def test_a_reduced_answer_may_have_fewer_rows_but_each_once() -> None:
    expected = b"a\nx\nx\ny\n"
    for found, told in (
        (b"a\ny\nx\n", "same"),
        (b"a\nx\nx\n", "2 rows, expected 3 rows"),
        (b"a\nx\ny\ny\n", "other 3 rows than expected"),
    ):
        assert compared(found, expected, "csv", lax=True) == told


SOLUTION = b'rs:solution [ rs:index %d ; rs:binding [ rs:variable "a" ; rs:value %d ] ]'
DESCRIBED = (
    b"@prefix rs: <http://www.w3.org/2001/sw/DataAccess/tests/result-set#> ."
    b'[] a rs:ResultSet ; rs:resultVariable "a" ; '
)


def test_rows_in_rdf_are_compared_in_their_order() -> None:
    expected = results.read(DESCRIBED + SOLUTION % (2, 7) + b";" + SOLUTION % (1, 8) + b".", "ttl")
    found = [results.read(b"?a\n%d\n%d\n" % order, "tsv") for order in ((8, 7), (7, 8))]
    assert [results.compare(one, expected).fault for one in found] == [
        "",
        "other 2 rows than expected",
    ]


def test_booleans_and_graphs_are_compared_with_their_kind() -> None:
    truth = results.read(DESCRIBED + b"rs:boolean true .", "ttl")
    assert results.compare(True, truth).fault == ""
    assert results.compare(False, truth).fault == "False, expected True"
    assert results.compare(results.read(TSV, "tsv"), truth).fault == "2 rows, expected True"
    assert compared(b"[] <a:p> [] .", b"_:x <a:p> _:y .", "ttl") == "same"
    assert compared(b"[] <a:p> 1.0 .", b"_:x <a:p> 1.00 .", "ttl") == "by value"
    assert compared(b"_:x <a:p> _:x .", b"_:x <a:p> _:y .", "ttl") == "other 1 triple than expected"


@pytest.mark.parametrize(
    ("subject", "name", "fault"),
    [
        ("a:s", "endpont", "not a property"),
        ("a:x", "endpoint", "the subject"),
        ("a:s", "defaultDataset", "the value"),
    ],
)
def test_an_invalid_service_description_is_detected(subject: str, name: str, fault: str) -> None:
    sd, a = prefixes()["sd"], NamedNode(prefixes()["rdf"] + "type")
    triples = [Triple(NamedNode("a:s"), a, NamedNode(sd + "Service"))]
    assert checks.description(triples) == ""
    triples.append(Triple(NamedNode(subject), NamedNode(sd + name), NamedNode("a:o")))
    assert fault in checks.description(triples)
    assert "0 services" in checks.description([])


def test_the_record_is_up_to_date(outcomes: list[Outcome]) -> None:
    assert read_record() == scores(outcomes), "run `make conformance`"


def test_a_record_is_written_and_read(tmp_path: Path) -> None:
    recorded = scores([Outcome("protocol", "a", "A"), Outcome("protocol", "b", "B", fault="no"),
                    Outcome("protocol", "c", "C", refused=True)])  # fmt: skip
    write_record(recorded, tmp_path / "record")
    assert read_record(tmp_path / "record") == recorded
    first = recorded[0]
    assert (first.passed, first.applicable, first.refused) == (1, 2, 1)


def test_the_record_of_a_large_suite_has_what_is_notable() -> None:
    told = [Outcome("query-1.1", "a#a", "A"), Outcome("query-1.1", "a#b", "B", by_value=True),
            Outcome("query-1.1", "a#c", "C", fault="no")]  # fmt: skip
    (score,) = (score for score in scores(told) if score.tests)
    assert (score.passed, score.applicable, score.by_value, score.outcomes) == (2, 3, 1, told[1:])
