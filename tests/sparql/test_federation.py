"""Federated queries: allowed and refused endpoints, and the workers that query them."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from accsm_server.errors import Forbidden
from accsm_server.sparql.federation import check
from serving import Server, children, running, until

ONE = b'{"head":{"vars":["x"]},"results":{"bindings":[{"x":{"type":"literal","value":"1"}}]}}'
ALLOWED = ("https://example.org/sparql", "https://example.org/service")
GOOD = {
    "plain": "SELECT * { SERVICE <https://example.org/sparql> { ?s ?p ?o } }",
    "silent": "select * { service\n silent <https://example.org/sparql> {} }",
    "two": "ASK {SERVICE <https://example.org/sparql> {} SERVICE <https://example.org/service> {}}",
    "beside the word": "ASK { SERVICE <https://example.org/sparql> {} FILTER('A Service' = ?x) }",
    "beside a comment": "# our service\nSELECT * { SERVICE <https://example.org/sparql> {} }",
}  # fmt: skip
BAD = {
    "another endpoint": "SELECT * { SERVICE <http://127.0.0.1/> {} }",
    "another beside an allowed one": GOOD["plain"][:-1] + " SERVICE <http://127.0.0.1/> {} }",
    "a variable": GOOD["plain"][:-1] + " SERVICE ?x {} }",
    "a variable with a dollar": GOOD["plain"][:-1] + " SERVICE $x {} }",
    "a prefixed name": "PREFIX e: <https://example.org/> SELECT * { SERVICE e:sparql {} }",
    "the empty prefix": "PREFIX : <https://example.org/sparql> SELECT * { SERVICE : {} }",
    "a relative name": "BASE <https://example.org/> SELECT * { SERVICE <sparql> {} }",
    "a longer name": "SELECT * { SERVICE <https://example.org/sparql/../admin> {} }",
    "a name with a user": "SELECT * { SERVICE <https://example.org/sparql@evil.example> {} }",
    "escapes in the name": "SELECT * { SERVICE <https://example.org/sparq\\u006c> {} }",
    "escapes anywhere": GOOD["plain"] + " # \\u0053ERVICE <http://127.0.0.1/> {}",
    "a comment before the name": GOOD["plain"][:-1] + " SERVICE #\n<http://127.0.0.1/> {} }",
    "one between angle brackets": GOOD["plain"][:-1]
    + " FILTER(?a < 1) SERVICE <http://127.0.0.1/> {} }",
    "one in a string": GOOD["plain"][:-1] + " FILTER('SERVICE <http://127.0.0.1/>' != '') }",
    "one glued to SILENT": GOOD["plain"][:-1] + " SERVICESILENT<http://127.0.0.1/>{} }",
    "one glued to a name": GOOD["plain"][:-1] + " trueSERVICEe:x{} }",
    "a query that is too long": GOOD["plain"] + "# " + "SERVICE" * 1200,
}


@pytest.mark.parametrize("name", GOOD)
def test_allowed_endpoints_pass_the_check(name: str) -> None:
    check(GOOD[name], ALLOWED)


@pytest.mark.parametrize("name", BAD)
def test_other_endpoints_are_refused(name: str) -> None:
    with pytest.raises(Forbidden) as refused:
        check(BAD[name], ALLOWED)
    assert refused.value.status == 403


def test_service_is_refused_without_allowed_endpoints() -> None:
    with pytest.raises(Forbidden, match="remove SERVICE"):
        check(GOOD["plain"], ())


class Remote(BaseHTTPRequestHandler):
    """An endpoint that answers every query with one row, and redirects from /moved."""

    requests: list[str]

    def do_POST(self) -> None:
        self.requests.append(self.path)
        self.rfile.read(int(self.headers["Content-Length"]))
        moved = self.path == "/moved"
        self.send_response(302 if moved else 200)
        if moved:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Type", "application/sparql-results+json")
        self.send_header("Content-Length", str(len(ONE)))
        self.end_headers()
        self.wfile.write(ONE)

    do_GET = do_POST  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def remote() -> Iterator[str]:
    Remote.requests = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Remote) as listener:
        thread = threading.Thread(target=listener.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{listener.server_port}"
        listener.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def server(small_path: Path, remote: str) -> Iterator[Server]:
    allowed = f"{remote}/sparql {remote}/moved"
    with running(small_path, MEMORY="1024", SERVICE=allowed) as server:
        yield server


def ask(server: Server, query: str) -> httpx.Response:
    headers = {"Accept": "application/json"}
    return httpx.post(f"{server.url}/sparql", data={"query": query}, timeout=30, headers=headers)


def test_rows_of_an_allowed_endpoint_are_joined(server: Server, remote: str) -> None:
    query = f"SELECT ?x ?t {{ SERVICE <{remote}/sparql> {{ ?x ?p ?o }} BIND(2 AS ?t) }}"
    for _ in range(3):
        (row,) = ask(server, query).json()["results"]["bindings"]
        assert (row["x"]["value"], row["t"]["value"]) == ("1", "2")
    assert "no-store" in ask(server, query).headers["Cache-Control"]


def test_an_endpoint_that_is_not_allowed_is_named_in_the_error(server: Server, remote: str) -> None:
    Remote.requests.clear()
    answer = ask(server, f"SELECT * {{ SERVICE SILENT <{remote}/other> {{ ?x ?p ?o }} }}")
    assert answer.status_code == 403
    assert f"{remote}/other" in answer.json()["detail"]
    assert Remote.requests == []


def test_service_that_the_scanner_misses_gets_a_worker_without_network(
    server: Server, remote: str
) -> None:
    Remote.requests.clear()
    hidden = f"SERVICE SILENT <{remote}/sparql> {{ ?x ?p ?o }}"
    answer = ask(server, f"SELECT * {{ FILTER(?a<'>') {hidden} FILTER(''='') }}")
    assert answer.status_code == 200
    assert Remote.requests == []


def test_redirects_of_an_endpoint_are_not_followed(server: Server, remote: str) -> None:
    Remote.requests.clear()
    answer = ask(server, f"SELECT * {{ SERVICE <{remote}/moved> {{ ?x ?p ?o }} }}")
    assert answer.status_code == 502
    assert Remote.requests == ["/moved"]


def test_a_worker_that_ran_service_is_not_reused(server: Server, remote: str) -> None:
    (fork_server,) = children(server.pid)
    before: set[int] = set()
    while before != (before := set(children(fork_server))):  # until all are replaced
        time.sleep(0.3)
    ask(server, f"SELECT * {{ SERVICE <{remote}/sparql> {{ ?x ?p ?o }} }}")
    ask(server, f"SELECT * {{ SERVICE <{remote}/sparql> {{ ?x ?p ?o }} }} # again")
    until(lambda: before - set(children(fork_server)))
