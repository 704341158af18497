"""Bodies of engines in the ways of their dialects, as the standard has them."""

from io import BytesIO

import pytest
from accsm_server.engine.pool.messages import Task
from accsm_server.engine.remote.conversion import Wanted, convert
from accsm_server.engine.remote.exchange import Received
from accsm_server.errors import AnswerCut, DeadlineExceeded, EngineError, QueryError

XSD = "http://www.w3.org/2001/XMLSchema#"


def task(format: str) -> Task:
    return Task("", format, (), (), {}, None, False, False, False, (), False, False, 0, 0)


def converted(body: str, wanted: Wanted) -> str:
    received = Received(BytesIO(body.encode()), len(body.encode()), {})
    with convert(received, wanted).file as file:
        return file.read().decode()


def table(*rows: str) -> str:
    return '{"head":{"vars":["x"]},"results":{"bindings":[' + ",".join(rows) + "]}}"


def value(kind: str, text: str, more: str = "") -> str:
    return f'{{ "x": {{ "type": "{kind}"{more}, "value": "{text}" }} }}'


def test_an_ask_answered_with_a_table_is_a_boolean() -> None:
    number = f', "datatype": "{XSD}integer"'
    yes = table(value("typed-literal", "1", number))
    assert converted(yes, Wanted(task("json"))) == '{"head":{},"boolean":true}'
    assert converted(table(), Wanted(task("json"))) == '{"head":{},"boolean":false}'


@pytest.mark.parametrize("count", [1, 1000, 20_000])
def test_labels_of_blank_nodes_become_names(count: int) -> None:
    rows = [value("bnode", f"nodeID://b{number}") for number in range(count)]
    lines = converted(table(*rows), Wanted(task("tsv"), ["x"])).split()
    assert lines == ["?x", *(f"_:b{number}" for number in range(count))]


def test_texts_like_labels_and_booleans_stay() -> None:
    text = r"\"bnode\", \"value\": \"nodeID://b1\" XMLSchema#boolean\", \"value\": \"1\""
    found = converted(table(value("literal", text)), Wanted(task("json"), ["x"]))
    assert "nodeID://b1" in found
    assert r"\"1\"" in found


@pytest.mark.parametrize(("stored", "meant"), [("1", "true"), ("0", "false"), ("true", "true")])
def test_booleans_are_words(stored: str, meant: str) -> None:
    row = value("typed-literal", stored, f', "datatype": "{XSD}boolean"')
    assert converted(table(row), Wanted(task("csv"), ["x"])) == f"x\r\n{meant}\r\n"


def test_a_graph_as_long_as_the_cut_is_an_error() -> None:
    lines = [f"<urn:{number}> <urn:p> <urn:o> ." for number in range(5)]
    body = "\n".join(lines) + "\n"
    assert converted(body, Wanted(task("nt"), is_graph=True, cut=6)) == body
    with pytest.raises(AnswerCut):
        converted(body, Wanted(task("nt"), is_graph=True, cut=5))


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (table(value("literal", "a"))[:-3], EngineError),
        (table(value("literal", "a")) + "\nError", EngineError),
        (table(value("literal", "a"))[:-3] + "\n## Query cancelled", DeadlineExceeded),
        ('{"head":{},"boolean":true}', EngineError),
        ("", EngineError),
    ],
)
def test_what_cannot_be_read_to_its_end_is_an_error(body: str, error: type[QueryError]) -> None:
    with pytest.raises(error):
        converted(body, Wanted(task("csv"), ["x"]))
