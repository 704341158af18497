"""Servers that are away, slow, broken or hostile, and servers that cut answers."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from serving import handled, running

import accsm_kg
from accsm_kg import (
    Graph,
    QueryError,
    QuerySyntaxError,
    QueryTimeoutError,
    ServerError,
)
from accsm_kg.graph import sources
from accsm_kg.namespaces import BASE

JSON, PROBLEM, TRIPLES = (
    "application/sparql-results+json", "application/problem+json", "application/n-triples",
)  # fmt: skip
TRUE = (200, JSON, b'{"head":{},"boolean":true}')
Response = tuple[int, str, bytes] | Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def answering(*responses: Response) -> Iterator[str]:
    """Run a server that gives these responses one after the other, the last again and again."""
    left = list(responses)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            response = left.pop(0) if len(left) > 1 else left[0]
            if callable(response):
                response(self)
                return
            status, kind, body = response
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            if 300 <= status < 400:
                self.send_header("Location", "/sparql")
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with handled(Handler) as url:
        yield url


@contextmanager
def graph(*responses: Response, timeout: float = 5) -> Iterator[Graph]:
    """Open a graph over a server that behaves until it is asked, and then gives ``responses``."""
    with answering(TRUE, (200, TRIPLES, b""), *responses) as address:
        yield accsm_kg.open(address, timeout=timeout)


def test_a_server_that_is_away_is_reported_with_its_address() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{holder.getsockname()[1]}/"
        with pytest.raises(ServerError, match=f"^{address}sparql.*refused") as caught:
            accsm_kg.open(address)
    assert (caught.value.status, caught.value.url.startswith(address)) == (0, True)
    assert isinstance(caught.value, OSError)


@pytest.mark.parametrize(
    "address", ["http://", "http://[", "http://127.0.0.1:99999/", "http://a b"]
)
def test_what_is_no_address_is_an_error(address: str) -> None:
    with pytest.raises(ServerError):
        accsm_kg.open(address)


@pytest.mark.parametrize(
    ("response", "status"),
    [
        ((200, "text/html", b"<h1>Welcome</h1>"), 0),
        ((200, JSON, b'{"head":{"vars":[]},"results":{"bindings":[]}}'), 0),
        ((404, "text/html", b"gone"), 404),
        ((500, PROBLEM, b'{"title": "Broken"}'), 500),
        ((302, "text/plain", b""), 302),
        ((204, JSON, b""), 0),
    ],
)
def test_another_server_is_not_taken_for_one_of_a_dataset(response: Response, status: int) -> None:
    with answering(response) as address, pytest.raises(ServerError) as caught:
        accsm_kg.open(address, timeout=5)
    assert caught.value.status == status


def _broken_off(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{"head":')


def _not_http(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"\0" * 100)


def _closed(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.close()


NESTED = b"[" * 100_000
ROWS = b'{"head":{"vars":["a"]},"results":{"bindings":[{"a":'
TERM = b'{"type":"triple","value":{"subject":'
DEEP = b',"predicate":{"type":"uri","value":"u:p"},"object":{"type":"uri","value":"u:o"}}}'
BROKEN: list[Response] = [
    (200, JSON, b""),
    (200, JSON, b"{"),
    (200, JSON, NESTED),
    (200, JSON, ROWS + TERM * 20_000),
    (200, JSON, ROWS + TERM * 900 + DEEP * 900 + b"}]}}"),
    (200, JSON, ROWS + b'{"type":"uri","value":"no"}}]}}'),
    (200, JSON, ROWS + b'{"type":"literal","value":"\\ud800"}}]}}'),
    (200, JSON, ROWS + b'{"type":"x","value":1}}]}}'),
    (200, JSON, b'{"head":{"vars":["a"]},"results":{"bindings":[[]]}}'.replace(b"[]", b'"a"')),
    (200, JSON, b'{"head":{"vars":1},"results":{}}'),
    (200, JSON, b"\xff\xfe"),
    TRUE,
    (500, "text/plain", b"no"),
    (400, "text/plain", b"a proxy refuses"),
    (400, PROBLEM, NESTED),
    (400, PROBLEM, b'["a"]'),
    (503, PROBLEM, b'{"title": "Overloaded"}'),
    _broken_off,
    _not_http,
    _closed,
]  # fmt: skip


@pytest.mark.parametrize("response", BROKEN)
def test_a_broken_answer_is_an_error_of_the_server(response: Response) -> None:
    with graph(response) as kg:
        with pytest.raises(ServerError) as caught:
            kg.query("SELECT ?a { ?a ?b ?c }")
        with pytest.raises(ServerError):
            kg.trace(33)
    assert caught.value.url.endswith("/sparql")


@pytest.mark.parametrize(
    "response",
    [
        (200, TRIPLES, b"<urn:a> <urn:b>"),
        (200, TRIPLES, b"\xff"),
        (200, TRIPLES, b"<urn:a> <urn:b> " + b"<<( <urn:a> <urn:b> " * 20_000),
        _broken_off,
    ],
)
def test_broken_triples_are_an_error_of_the_server(response: Response) -> None:
    with graph(response) as kg, pytest.raises(ServerError):
        kg.construct("CONSTRUCT WHERE { ?a ?b ?c }")


def test_an_answer_above_the_size_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with graph((200, JSON, b" " * (2 << 20))) as kg:
        monkeypatch.setattr(sources, "_MOST", 1 << 20)
        with pytest.raises(ServerError, match="more than 1 MiB"):
            kg.query("SELECT ?a { ?a ?b ?c }")


def test_a_table_with_more_cells_than_a_sane_one_is_refused() -> None:
    names, rows = ",".join(f'"v{n}"' for n in range(20_000)), ",".join(["{}"] * 20_000)
    body = f'{{"head":{{"vars":[{names}]}},"results":{{"bindings":[{rows}]}}}}'.encode()
    with graph((200, JSON, body)) as kg, pytest.raises(ServerError, match="67,108,864 cells"):
        kg.query("SELECT ?a { ?a ?b ?c }")


def _slow(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(20):
        try:
            handler.wfile.write(b" ")
            handler.wfile.flush()
        except OSError:
            return
        time.sleep(0.2)


def _silent(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(2)


@pytest.mark.parametrize("response", [_slow, _silent])
def test_an_answer_may_not_take_longer_than_the_timeout(response: Response) -> None:
    with graph(response, timeout=1) as kg:
        begun = time.monotonic()
        with pytest.raises(QueryTimeoutError, match="did not answer within 1 seconds") as caught:
            kg.query("SELECT ?a { ?a ?b ?c }")
        assert time.monotonic() - begun < 2.5
    assert caught.value.hint.endswith("longer timeout.")


def _problem(**members: object) -> Response:
    status = members.get("status")
    return (status if isinstance(status, int) else 400, PROBLEM, json.dumps(members).encode())


def test_a_problem_document_becomes_an_error_of_the_query() -> None:
    told = _problem(title="T", detail="Line 2, column 3: no.", hint="Do.", line=2, column=3)
    with graph(told) as kg, pytest.raises(QuerySyntaxError) as caught:
        kg.query("SELECT ?a { ?a ?b ?c }")
    error = caught.value
    assert (error.line, error.column, error.hint) == (2, 3, "Do.")
    assert str(error) == "Line 2, column 3: no.\nDo."
    with graph(_problem(title="Too deep")) as kg, pytest.raises(QueryError, match=r"^Too deep$"):
        kg.query("SELECT ?a { ?a ?b ?c }")
    slow = _problem(status=504, detail="Slow.")
    with graph(slow) as kg, pytest.raises(QueryTimeoutError, match=r"^Slow\.$"):
        kg.query("SELECT ?a { ?a ?b ?c }")
    busy = _problem(status=503, title="Busy", hint="Try again.")
    with graph(busy) as kg, pytest.raises(ServerError, match=r"status 503: Busy Try again\.$"):
        kg.query("SELECT ?a { ?a ?b ?c }")


def test_a_problem_document_with_wrong_members_does_no_harm() -> None:
    told = _problem(title=["a"], detail="\x1b[31mred", hint=None, line="x", column=-1)
    with graph(told) as kg, pytest.raises(QueryError) as caught:
        kg.query("SELECT ?a { ?a ?b ?c }")
    assert str(caught.value) == "\\u001B[31mred"
    assert (caught.value.line, caught.value.column) == (None, None)


def test_a_hint_with_what_is_no_character_does_no_harm() -> None:
    def hinting(handler: BaseHTTPRequestHandler) -> None:
        body = b'{"head":{"vars":["a"]},"results":{"bindings":[]}}'
        handler.send_response(200)
        handler.send_header("Content-Type", JSON)
        handler.send_header("Hint", r"\Uffffffff \ud800 caf\xe9 \U0001f600")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    with graph(hinting) as kg:
        rows = kg.query("SELECT ?a { ?a ?b ?c }")
    assert rows.note == r"\Uffffffff \ud800 café " + "\N{GRINNING FACE}"


def test_a_redirect_is_followed_once_and_remembered(address: str) -> None:
    def moved(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(301)
        handler.send_header("Location", address + handler.path[1:])
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with answering(moved) as old:
        kg = accsm_kg.open(old)
    assert kg.holds("ASK { country:KHM a accsm:Country }")
    assert repr(kg) == f"<Graph of {address}>"


@pytest.mark.parametrize("written", ["{}", "{}sparql", "{}/", "{}#top"])
def test_an_address_may_be_written_in_several_ways(address: str, written: str) -> None:
    assert repr(accsm_kg.open(written.format(address))) == f"<Graph of {address}>"


def test_pages_of_things_are_below_the_address_of_the_server() -> None:
    iri = f"{BASE}id/place/S%C3%A3o%20?#1"
    rows = (200, JSON, ROWS + f'{{"type":"uri","value":"{iri}"}}}}]}}}}'.encode())
    with answering(TRUE, (200, TRIPLES, b""), rows) as address:
        kg = accsm_kg.open(f"{address}kg")
        (row,) = kg.query("SELECT ?a { ?a ?b ?c }")
        assert row.a.page == f"{address}kg/id/place/S%C3%A3o%20%3F#1"
        assert row.a == iri


def test_an_answer_that_the_server_cuts_says_so(small_path: Path) -> None:
    with running(small_path, ROWS="150") as server:
        kg = accsm_kg.open(server.url)
        rows = kg.query("SELECT ?s ?p ?o { ?s ?p ?o }")
        assert (len(rows), rows.truncated) == (150, "150 rows")
        triples = kg.construct("CONSTRUCT WHERE { ?s ?p ?o }")
        assert (len(triples), triples.truncated) == (150, "150 triples")
        assert kg.query("SELECT ?c { ?c a accsm:Country }").truncated == ""
        with pytest.raises(
            ServerError, match=r"after 150 .*; download http://.*/accsm\.nq and open"
        ):
            kg.to_rdflib()
        with pytest.raises(ServerError, match="cuts an answer after 150 rows"):
            kg.search("Cambodia")
        assert len(kg.with_data()._source.load()) > 1000  # the file of the dataset is never cut
