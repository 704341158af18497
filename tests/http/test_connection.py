"""Connections: requests at once, in order, slow or left early; and answers made or kept alike."""

import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from serving import Server, running, until

QUERIES = {
    "rows": ("SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o LIMIT 20", ("json", "xml", "csv", "tsv")),
    "no rows": ("SELECT * { <urn:no> ?p ?o }", ("json", "csv")),
    "truth": ("ASK { ?s ?p ?o }", ("json", "xml")),
    "a graph": (
        "PREFIX id: <https://w3id.org/accsm-kg/id/country/> DESCRIBE id:KHM",
        ("ttl", "jsonld", "nt", "rdf", "nq", "trig"),
    ),
    "an empty graph": ("DESCRIBE <urn:no>", ("ttl", "nt")),
    "chosen graphs": ("SELECT (COUNT(*) AS ?n) FROM <urn:no> { ?s ?p ?o }", ("json",)),
    "a name that is unknown": (
        "SELECT * { ?s <https://w3id.org/accsm-kg/ontology#suports> ?o }",
        ("json",),
    ),
    "cut": ("SELECT * { ?s ?p ?o } LIMIT 150", ("json", "csv")),
    "packed": ("SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o LIMIT 90", ("json", "tsv")),
    "a syntax error": ("SELECT * {", ("json",)),
    "too slow": ("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?f #slow", ("json",)),
}
CASES = [(name, form) for name, (_, forms) in QUERIES.items() for form in forms]
COUNTED = ("accsm_queries_total", "accsm_rows_total", "accsm_cache", "accsm_workers_ended_total")


@pytest.fixture(scope="module", params=["0", "64"], ids=["keeping nothing", "keeping answers"])
def server(request: pytest.FixtureRequest, dataset_path: Path) -> Iterator[Server]:
    with running(dataset_path, CACHE=request.param, ROWS="100", TIMEOUT="5") as server:
        httpx.get(f"{server.url}/sparql", params={"query": QUERIES["a name that is unknown"][0]})
        yield server


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=30) as client:
        yield client


def more_of(name: str) -> dict[str, str]:
    return {"timeout": "0.3"} if name == "too slow" else {}


def get(client: httpx.Client, name: str, form: str, coding: str, **more: str) -> tuple[object, ...]:
    """The whole response, but for what differs each time."""
    asked = {"query": QUERIES[name][0], "format": form, **more_of(name)}
    headers = {"Accept-Encoding": coding, **more}
    with client.stream("GET", "/sparql", params=asked, headers=headers) as answer:
        found = sorted((name, value) for name, value in answer.headers.items() if name != "date")
        return answer.status_code, found, b"".join(answer.iter_raw())


def counted(client: httpx.Client) -> dict[str, float]:
    """What the metrics say of queries."""
    lines = client.get("/metrics").text.splitlines()
    found = (line.rsplit(" ", 1) for line in lines if line.startswith(COUNTED))
    return {name: float(number) for name, number in found}


@pytest.mark.parametrize("coding", ["identity", "gzip", "br", "zstd", "identity;q=0"])
@pytest.mark.parametrize(("name", "form"), CASES)
def test_an_answer_is_the_same_made_or_kept(
    client: httpx.Client, name: str, form: str, coding: str
) -> None:
    made = get(client, name, form, coding)
    assert get(client, name, form, coding) == made
    assert get(client, name, form, coding, **{"Cache-Control": "no-cache"}) == made


@pytest.mark.parametrize("coding", ["identity", "identity;q=0"])
@pytest.mark.parametrize("name", QUERIES)
def test_a_query_is_counted_once(client: httpx.Client, name: str, coding: str) -> None:
    before = counted(client)
    asked = {"query": f"{QUERIES[name][0]} #{coding}", **more_of(name)}
    client.get("/sparql", params=asked, headers={"Accept-Encoding": coding})
    grown = {key: n - before.get(key, 0) for key, n in counted(client).items()}
    assert sum(n for key, n in grown.items() if key.startswith("accsm_queries_total")) == 1


def connected(server: Server) -> socket.socket:
    host, port = server.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=30)


def lines(server: Server, *paths: str) -> bytes:
    return b"".join(
        f"GET {path} HTTP/1.1\r\nHost: {server.url.removeprefix('http://')}\r\n\r\n".encode()
        for path in paths
    )


def receive(line: socket.socket, mark: bytes, count: int) -> bytes:
    """What comes until there are ``count`` of ``mark``."""
    said = b""
    while said.count(mark) < count:
        piece = line.recv(1 << 16)
        assert piece
        said += piece
    return said


def sparql(query: str) -> str:
    return f"/sparql?query={quote(query)}"


def test_answers_come_in_the_order_of_the_requests(
    server: Server,
) -> None:
    paths = []
    for number in range(0, 12, 3):
        said = f"SELECT ({number} AS ?number) (COUNT(*) AS ?count) "
        slow = said + "{ { SELECT * { ?a ?b ?c } LIMIT 300 } { SELECT * { ?d ?e ?f } LIMIT 900 } }"
        wrong = f"{sparql('ASK {}')}&timeout=x{number}"
        paths += [sparql(slow), sparql(said + "{}"), wrong]
    expected = [httpx.get(server.url + path).text for path in paths]
    with connected(server) as line:
        line.sendall(lines(server, *paths[:5]))
        line.sendall(lines(server, *paths[5:]))
        text = ""
        while any(body not in text for body in expected):
            piece = line.recv(1 << 16)
            assert piece
            text += piece.decode()
    places = [text.index(body) for body in expected]
    assert places == sorted(places)
    assert len(set(places)) == len(paths)


def test_many_requests_at_once_are_all_answered(server: Server, client: httpx.Client) -> None:
    known = sparql("ASK {}")
    httpx.get(server.url + known)
    ended = counted(client)["accsm_workers_ended_total"]
    with connected(server) as line:
        line.sendall(lines(server, sparql(f"ASK {{}} # {time.monotonic()}"), *[known] * 600))
        receive(line, b"HTTP/1.1 200 OK", 601)
    assert counted(client)["accsm_workers_ended_total"] == ended


def test_a_pipeline_without_end_leaves_room_for_others(server: Server) -> None:
    over, many = threading.Event(), lines(server, *["/nothing"] * 20_000)

    def flood() -> None:
        while not over.is_set():
            with connected(server) as line, suppress(OSError):
                line.settimeout(0.5)
                line.sendall(many)

    threads = [threading.Thread(target=flood) for _ in range(3)]
    with httpx.Client(base_url=server.url, timeout=2) as other:
        other.get("/healthz")  # a new connection waits behind those that flood the server
        for thread in threads:
            thread.start()
        try:
            for number in range(50):
                assert other.get(sparql(f"ASK {{}} # {number}")).status_code == 200
            assert httpx.get(f"{server.url}/healthz", timeout=30).status_code == 200
        finally:
            over.set()
            for thread in threads:
                thread.join()


def test_who_asks_the_same_at_once_costs_no_worker(server: Server, client: httpx.Client) -> None:
    ended = counted(client)["accsm_workers_ended_total"]
    for number in range(20):
        rows = f"VALUES (?a ?b ?c) {{ {'(1 2 3)' * 90} }}"
        asked = lines(server, sparql(f"SELECT ('{'x' * 1000}{number}' AS ?x) {{ {rows} }}"))
        with connected(server) as one, connected(server) as other:
            one.sendall(asked)
            other.sendall(asked)
            receive(one, b"]}}", 1)
            receive(other, b"]}}", 1)
    assert counted(client)["accsm_workers_ended_total"] == ended


def test_what_was_answered_before_does_not_end_what_comes_with_it(dataset_path: Path) -> None:
    with running(dataset_path, TIMEOUT="1") as server, connected(server) as line:
        known = sparql("ASK {}")
        httpx.get(server.url + known)
        cross = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
        line.sendall(lines(server, known, sparql(cross)))
        assert b"HTTP/1.1 200" in receive(line, b"HTTP/1.1 504", 1)


def test_a_log_that_cannot_be_written_costs_no_answer(dataset_path: Path) -> None:
    with running(dataset_path, "--access-log", CACHE="0") as server, connected(server) as line:
        httpx.get(server.url + sparql("ASK {}"))
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        line.sendall(lines(server, *[sparql("ASK {}")] * 5))
        receive(line, b"HTTP/1.1 200 OK", 5)


@pytest.mark.parametrize("after", [0.0, 0.1, 0.4])
def test_who_leaves_early_costs_nobody_anything(dataset_path: Path, after: float) -> None:
    cross = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    with running(dataset_path, TIMEOUT="60") as server:
        for number in range(5):
            with connected(server) as line:
                line.sendall(lines(server, sparql(f"{cross} # {number}")))
                time.sleep(after)
        until(lambda: "\naccsm_workers_busy 0.0" in httpx.get(f"{server.url}/metrics").text)
        assert httpx.get(server.url + sparql("ASK {}")).json()["boolean"] is True


def test_what_comes_after_the_last_request_is_let_go(server: Server) -> None:
    said = "SELECT (COUNT(*) AS ?last) { { SELECT * { ?a ?b ?c } LIMIT 900 } "
    last = lines(server, sparql(said + "{ SELECT * { ?d ?e ?f } LIMIT 900 } }"))
    with connected(server) as line:
        line.sendall(last.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        line.sendall(lines(server, *["/nothing"] * 900))
        answers = b""
        while piece := line.recv(1 << 16):
            answers += piece
    assert answers.count(b"HTTP/1.1 ") == 1
    assert b'"last"' in answers


def test_a_client_behind_a_proxy_is_told_from_others(dataset_path: Path) -> None:
    with (
        running(dataset_path, RATE="1", CACHE="0") as server,
        httpx.Client(base_url=server.url) as client,
    ):
        for who in ("192.0.2.1", "192.0.2.2"):
            statuses = [
                client.get(sparql("ASK {}"), headers={"X-Forwarded-For": who}).status_code
                for _ in range(7)
            ]
            assert statuses[:5] == [200] * 5
            assert statuses[-1] == 429


@pytest.mark.parametrize("pause", [0.0, 0.2])
@pytest.mark.parametrize("cut", [0, 40, 200])
def test_a_body_behind_another_request_is_read(server: Server, cut: int, pause: float) -> None:
    """The head of a POST comes with the request before it, its body with it or later."""
    first = f"GET {sparql('SELECT * { ?s ?p ?o } LIMIT 5')}%23{time.time()} HTTP/1.1\r\nHost: x\r\n"
    body = "ASK { ?s ?p ?o }".ljust(2000)
    head = "POST /sparql HTTP/1.1\r\nHost: x\r\nAccept: application/sparql-results+json\r\n"
    head += f"Content-Type: application/sparql-query\r\nContent-Length: {len(body)}\r\n\r\n"
    with connected(server) as line:
        line.sendall(f"{first}\r\n{head}{body[:cut]}".encode())
        time.sleep(pause)
        line.sendall(body[cut:].encode())
        assert b"true" in receive(line, b'"boolean"', 1)


def test_a_worker_that_cannot_be_replaced_costs_no_other(dataset_path: Path) -> None:
    """The limit of open files is no reason to give up the process that holds the dataset."""
    slow = {"query": QUERIES["too slow"][0], "timeout": "0.3"}
    with running(dataset_path, CACHE="0", WORKERS="1") as server, httpx.Client() as client:
        ask = f"{server.url}{sparql('ASK { ?s ?p ?o }')}"
        assert client.get(ask).status_code == 200
        limits = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (1, limits[1]))
        assert client.get(f"{server.url}/sparql", params=slow).status_code == 504
        until(lambda: "no new worker" in server.log.read_text())
        assert client.get(ask).status_code == 200
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, limits)
        until(lambda: "accsm_workers 6.0" in client.get(f"{server.url}/metrics").text)
        assert "accsm_workers_ended_total 1.0" in client.get(f"{server.url}/metrics").text
