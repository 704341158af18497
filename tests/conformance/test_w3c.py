"""The W3C tests for SPARQL over HTTP, against a real server over their data."""

import os
from http.client import HTTPMessage
from pathlib import Path

import pytest
from accsm_server.pages.conformance import Outcome, read_record, write_record
from conformance import checks
from conformance.manifests import Manifest, Request
from conformance.suites import SUBFOLDER, SUITES, run, scores
from pyoxigraph import NamedNode, Triple
from serving import Reply

from accsm_kg.namespaces import prefixes

FOLDER = os.environ.get("ACCSM_W3C")
REASON = "ACCSM_W3C is not set: the W3C tests are not part of the project"
CASES = [
    (suite, case.name)
    for suite in (SUITES if FOLDER else ())
    for case in Manifest(Path(FOLDER or "") / SUBFOLDER / suite).cases()
]
NONE = [pytest.param("", "", marks=pytest.mark.skip(reason=REASON), id="none")]
#: The tests that write, which a read-only server must refuse.
WRITES = ("update_", "put__", "post__", "delete__")


@pytest.fixture(scope="module")
def outcomes() -> dict[tuple[str, str], Outcome]:
    if not FOLDER:
        pytest.skip(REASON)
    return {(one.suite, one.name): one for one in run(Path(FOLDER))}


@pytest.mark.parametrize(("suite", "name"), CASES or NONE)
def test_w3c(outcomes: dict[tuple[str, str], Outcome], suite: str, name: str) -> None:
    outcome = outcomes[suite, name]
    assert outcome.fault == ""
    assert outcome.refused == name.startswith(WRITES)


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


@pytest.mark.parametrize(
    ("found", "same"),
    [
        (TSV, True),
        (b'?b\t?a\n"c"\t_:q\n1\t_:r\n', True),
        (b'?a\t?b\n_:x\t01\n_:y\t"c"\n', True),
        (b'?a\t?b\n_:x\t1\n_:x\t"c"\n', False),
        (b"?a\t?b\n_:x\t1\n", False),
        (TSV + b'_:y\t"c"\n', False),
        (b'?a\t?b\n_:x\t"1"\n_:y\t"c"\n', False),
    ],
)
def test_results_are_compared_by_value_and_blank_node_position(found: bytes, same: bool) -> None:
    assert (checks.evaluation(found, TSV, "tsv") == "") is same


def test_tables_are_compared_by_value() -> None:
    assert checks.evaluation(b"b,a\r\n1e6,_:x\r\n", b"a,b\n_:y,1000000\n", "csv") == ""
    assert checks.evaluation(b"a\r\n1\r\n", b"a\r\n2\r\n", "csv")


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


def test_the_record_is_up_to_date(outcomes: dict[tuple[str, str], Outcome]) -> None:
    assert read_record() == scores(outcomes.values()), "run `make conformance`"


def test_a_record_is_written_and_read(tmp_path: Path) -> None:
    recorded = scores([Outcome("protocol", "a", "A"), Outcome("protocol", "b", "B", fault="no"),
                    Outcome("protocol", "c", "C", refused=True)])  # fmt: skip
    write_record(recorded, tmp_path / "record")
    assert read_record(tmp_path / "record") == recorded
    first = recorded[0]
    assert (first.passed, first.applicable, first.refused) == (1, 2, 1)
