"""Connections: pipelining, disconnects and proxies; responses are the same from the cache."""

import gzip
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
    "a boolean": ("ASK { ?s ?p ?o }", ("json", "xml")),
    "a graph": (
        "PREFIX id: <https://w3id.org/accsm-kg/id/country/> DESCRIBE id:KHM",
        ("ttl", "jsonld", "nt", "rdf", "nq", "trig"),
    ),
    "an empty graph": ("DESCRIBE <urn:no>", ("ttl", "nt")),
    "chosen graphs": ("SELECT (COUNT(*) AS ?n) FROM <urn:no> { ?s ?p ?o }", ("json",)),
    "an unknown name": (
        "SELECT * { ?s <https://w3id.org/accsm-kg/ontology#suports> ?o }",
        ("json",),
    ),
    "compressed": ("SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o LIMIT 90", ("json", "tsv")),
    "a syntax error": ("SELECT * {", ("json",)),
    "too slow": ("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?f #slow", ("json",)),
}
CASES = [(name, form) for name, (_, forms) in QUERIES.items() for form in forms]
COUNTED = ("accsm_queries_total", "accsm_rows_total", "accsm_cache", "accsm_workers_ended_total")


@pytest.fixture(scope="module", params=["0", "64"], ids=["without cache", "with cache"])
def server(request: pytest.FixtureRequest, small_path: Path) -> Iterator[Server]:
    with running(small_path, CACHE=request.param, ROWS="100", TIMEOUT="5") as server:
        httpx.get(f"{server.url}/sparql", params={"query": QUERIES["an unknown name"][0]})
        yield server


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=30) as client:
        yield client


def extra_parameters(name: str) -> dict[str, str]:
    return {"timeout": "0.3"} if name == "too slow" else {}


def get(client: httpx.Client, name: str, form: str, coding: str, **more: str) -> tuple[object, ...]:
    """Status, headers without Date, and undecoded body."""
    asked = {"query": QUERIES[name][0], "format": form, **extra_parameters(name)}
    headers = {"Accept-Encoding": coding, **more}
    with client.stream("GET", "/sparql", params=asked, headers=headers) as answer:
        found = sorted((name, value) for name, value in answer.headers.items() if name != "date")
        return answer.status_code, found, b"".join(answer.iter_raw())


def metrics(client: httpx.Client) -> dict[str, float]:
    """The metrics of queries, rows, cache and workers."""
    lines = client.get("/metrics").text.splitlines()
    found = (line.rsplit(" ", 1) for line in lines if line.startswith(COUNTED))
    return {name: float(number) for name, number in found}


@pytest.mark.parametrize("coding", ["identity", "gzip", "br", "zstd", "identity;q=0"])
@pytest.mark.parametrize(("name", "form"), CASES)
def test_a_cached_response_equals_the_first_one(
    client: httpx.Client, name: str, form: str, coding: str
) -> None:
    made = get(client, name, form, coding)
    assert get(client, name, form, coding) == made
    assert get(client, name, form, coding, **{"Cache-Control": "no-cache"}) == made


@pytest.mark.parametrize("coding", ["identity", "identity;q=0"])
@pytest.mark.parametrize("name", QUERIES)
def test_a_query_is_counted_once(client: httpx.Client, name: str, coding: str) -> None:
    before = metrics(client)
    query, forms = QUERIES[name]
    asked = {"query": f"{query} #{coding}", "format": forms[0], **extra_parameters(name)}
    client.get("/sparql", params=asked, headers={"Accept-Encoding": coding})
    grown = {key: n - before.get(key, 0) for key, n in metrics(client).items()}
    assert sum(n for key, n in grown.items() if key.startswith("accsm_queries_total")) == 1


def connect(server: Server) -> socket.socket:
    host, port = server.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=30)


def heads(server: Server, *paths: str) -> bytes:
    return b"".join(
        f"GET {path} HTTP/1.1\r\nHost: {server.url.removeprefix('http://')}\r\n\r\n".encode()
        for path in paths
    )


def receive(connection: socket.socket, text: bytes, count: int) -> bytes:
    """Read until ``text`` was received ``count`` times."""
    received = b""
    while received.count(text) < count:
        data = connection.recv(1 << 16)
        assert data
        received += data
    return received


def sparql(query: str) -> str:
    return f"/sparql?query={quote(query)}"


def test_pipelined_requests_are_answered_in_order(
    server: Server,
) -> None:
    paths = []
    for number in range(0, 12, 3):
        start = f"SELECT ({number} AS ?number) (COUNT(*) AS ?count) "
        slow = start + "{ { SELECT * { ?a ?b ?c } LIMIT 300 } { SELECT * { ?d ?e ?f } LIMIT 900 } }"
        wrong = f"{sparql('ASK {}')}&timeout=x{number}"
        paths += [sparql(slow), sparql(start + "{}"), wrong]
    expected = [httpx.get(server.url + path).text for path in paths]
    with connect(server) as connection:
        connection.sendall(heads(server, *paths[:5]))
        connection.sendall(heads(server, *paths[5:]))
        text = ""
        while any(body not in text for body in expected):
            data = connection.recv(1 << 16)
            assert data
            text += data.decode()
    places = [text.index(body) for body in expected]
    assert places == sorted(places)
    assert len(set(places)) == len(paths)


def answer_to_http_1_0(server: Server, path: str, field: str = "") -> bytes:
    with connect(server) as connection:
        connection.sendall(f"GET {path} HTTP/1.0\r\n{field}\r\n".encode())
        received = b""
        while data := connection.recv(1 << 16):
            received += data
    return received


@pytest.mark.parametrize("field", ["", "Connection: keep-alive\r\n", "Accept-Encoding: gzip\r\n"])
def test_http_1_0_gets_no_chunks(small_path: Path, field: str) -> None:
    with running(small_path) as server:
        path = f"{sparql('SELECT * { ?s ?p ?o }')}&format=tsv"
        head, _, body = answer_to_http_1_0(server, path, field).partition(b"\r\n\r\n")
        assert b"transfer-encoding" not in head
        assert b"connection: close" in head
        if "gzip" in field:
            body = gzip.decompress(body)
        assert body == httpx.get(server.url + path).content


def test_http_1_0_gets_an_error_where_an_answer_is_cut(server: Server) -> None:
    path = f"{sparql('SELECT * { ?s ?p ?o }')}&format=csv"
    with pytest.raises(ConnectionResetError):
        answer_to_http_1_0(server, path)


def test_many_pipelined_requests_are_all_answered(server: Server, client: httpx.Client) -> None:
    known = sparql("ASK {}")
    httpx.get(server.url + known)
    ended = metrics(client)["accsm_workers_ended_total"]
    with connect(server) as connection:
        connection.sendall(heads(server, sparql(f"ASK {{}} # {time.monotonic()}"), *[known] * 600))
        receive(connection, b"HTTP/1.1 200 OK", 601)
    assert metrics(client)["accsm_workers_ended_total"] == ended


def test_endless_pipelines_do_not_block_other_clients(server: Server) -> None:
    stop, many = threading.Event(), heads(server, *["/nothing"] * 20_000)

    def flood() -> None:
        while not stop.is_set():
            with connect(server) as connection, suppress(OSError):
                connection.settimeout(0.5)
                connection.sendall(many)

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
            stop.set()
            for thread in threads:
                thread.join()


def test_the_same_query_twice_at_once_ends_no_worker(server: Server, client: httpx.Client) -> None:
    ended = metrics(client)["accsm_workers_ended_total"]
    for number in range(20):
        rows = f"VALUES (?a ?b ?c) {{ {'(1 2 3)' * 90} }}"
        asked = heads(server, sparql(f"SELECT ('{'x' * 1000}{number}' AS ?x) {{ {rows} }}"))
        with connect(server) as one, connect(server) as other:
            one.sendall(asked)
            other.sendall(asked)
            receive(one, b"]}}", 1)
            receive(other, b"]}}", 1)
    assert metrics(client)["accsm_workers_ended_total"] == ended


def test_a_cached_response_does_not_cancel_the_next_pipelined_query(small_path: Path) -> None:
    with running(small_path, TIMEOUT="3") as server, connect(server) as connection:
        known = sparql("ASK {}")
        httpx.get(server.url + known)
        cross = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
        connection.sendall(heads(server, known, sparql(cross)))
        assert b"HTTP/1.1 200" in receive(connection, b"HTTP/1.1 504", 1)


def test_requests_are_answered_when_the_access_log_cannot_be_written(small_path: Path) -> None:
    with running(small_path, "--access-log", CACHE="0") as server, connect(server) as connection:
        httpx.get(server.url + sparql("ASK {}"))
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        connection.sendall(heads(server, *[sparql("ASK {}")] * 5))
        receive(connection, b"HTTP/1.1 200 OK", 5)


@pytest.mark.parametrize("after", [0.0, 0.1, 0.4])
def test_a_client_that_disconnects_frees_its_worker(small_path: Path, after: float) -> None:
    cross = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    with running(small_path, TIMEOUT="60") as server:
        for number in range(5):
            with connect(server) as connection:
                connection.sendall(heads(server, sparql(f"{cross} # {number}")))
                time.sleep(after)
        until(lambda: "\naccsm_workers_busy 0.0" in httpx.get(f"{server.url}/metrics").text)
        assert httpx.get(server.url + sparql("ASK {}")).json()["boolean"] is True


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_a_request_that_cannot_be_parsed_is_answered_as_others(server: Server, method: str) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    for rest in ("/ HTTP/9.9\r\n\r\n", "/ HTTP/1.1\r\nbad header\r\n\r\n"):
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(f"{method} {rest}".encode())
            answer = b"".join(iter(lambda: connection.recv(1 << 16), b""))
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 ")
        fields = head.lower().split(b"\r\n")
        assert b"cache-control: no-store" in fields
        assert b"content-type: text/plain; charset=utf-8" in fields
        assert body == (b"" if method == "HEAD" else b"400 Bad Request\n")


def test_requests_after_connection_close_are_ignored(server: Server) -> None:
    start = "SELECT (COUNT(*) AS ?last) { { SELECT * { ?a ?b ?c } LIMIT 900 } "
    last = heads(server, sparql(start + "{ SELECT * { ?d ?e ?f } LIMIT 900 } }"))
    with connect(server) as connection:
        connection.sendall(last.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        connection.sendall(heads(server, *["/nothing"] * 900))
        answers = b""
        while data := connection.recv(1 << 16):
            answers += data
    assert answers.count(b"HTTP/1.1 ") == 1
    assert b'"last"' in answers


def test_clients_behind_a_proxy_have_their_own_rates(small_path: Path) -> None:
    with (
        running(small_path, RATE="1", CACHE="0") as server,
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
def test_the_body_of_a_pipelined_post_is_read(server: Server, cut: int, pause: float) -> None:
    """The head of the POST arrives with the request before it, its body at once or later."""
    first = f"GET {sparql('SELECT * { ?s ?p ?o } LIMIT 5')}%23{time.time()} HTTP/1.1\r\nHost: x\r\n"
    body = "ASK { ?s ?p ?o }".ljust(2000)
    head = "POST /sparql HTTP/1.1\r\nHost: x\r\nAccept: application/sparql-results+json\r\n"
    head += f"Content-Type: application/sparql-query\r\nContent-Length: {len(body)}\r\n\r\n"
    with connect(server) as connection:
        connection.sendall(f"{first}\r\n{head}{body[:cut]}".encode())
        time.sleep(pause)
        connection.sendall(body[cut:].encode())
        assert b"true" in receive(connection, b'"boolean"', 1)


def test_a_worker_that_cannot_be_replaced_does_not_stop_the_others(small_path: Path) -> None:
    """Running out of file descriptors does not restart the fork server."""
    counted = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
    slow = {"query": counted, "timeout": "0.3"}
    with running(small_path, CACHE="0", MEMORY="1024") as server, httpx.Client() as client:
        ask = f"{server.url}{sparql('ASK { ?s ?p ?o }')}"
        assert client.get(ask).status_code == 200
        limits = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (1, limits[1]))
        assert client.get(f"{server.url}/sparql", params=slow).status_code == 504
        until(lambda: "cannot start a worker" in server.log.read_text())
        assert client.get(ask).status_code == 200
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, limits)
        until(lambda: "accsm_workers 6.0" in client.get(f"{server.url}/metrics").text)
        assert "accsm_workers_ended_total 1.0" in client.get(f"{server.url}/metrics").text
