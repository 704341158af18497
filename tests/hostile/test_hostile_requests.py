"""Hostile requests: each gets the right status, or its connection is closed."""

import contextlib
import gzip
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from serving import Server, running, until

#: In place of a status: the connection is closed without a response.
CLOSED = 0
TIMEOUT = "1"
TLS_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 300
ASK = "/sparql?query=ASK%7B%7D"
HOST = "Host: localhost\r\n"
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"
TEXT = "Content-Type: application/sparql-query\r\n"
CLOSE = "Connection: close\r\n\r\n"


def get(target: str, *headers: str) -> bytes:
    return f"GET {target} HTTP/1.1\r\n{HOST}{''.join(headers)}{CLOSE}".encode("latin-1")


def get_description(host: str) -> bytes:
    return f"GET /sparql HTTP/1.1\r\nHost: {host}\r\nAccept: text/turtle\r\n{CLOSE}".encode()


def post(head: str, body: bytes = b"", length: int | None = None) -> bytes:
    size = f"Content-Length: {len(body) if length is None else length}\r\n"
    return f"POST /sparql HTTP/1.1\r\n{HOST}{head}{size}{CLOSE}".encode("latin-1") + body


def chunked(head: str, *lines: bytes) -> bytes:
    start = f"POST /sparql HTTP/1.1\r\n{HOST}{TEXT}{head}{CLOSE}".encode()
    return start + b"\r\n".join(lines)


@contextlib.contextmanager
def connect(server: Server) -> Iterator[socket.socket]:
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        yield connection


def receive(connection: socket.socket) -> bytes:
    answer = b""
    with contextlib.suppress(ConnectionError):
        while data := connection.recv(1 << 16):
            answer += data
    return answer


def statuses(answer: bytes) -> list[int]:
    return [int(found) for found in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]


def exchange(server: Server, data: bytes) -> bytes:
    with connect(server) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(data)
        return receive(connection)


CHUNKED = "Transfer-Encoding: chunked\r\n"
BODY = (b"6", b"ASK {}", b"0", b"", b"")
REQUESTS = {
    # not HTTP
    "noise": (b"\x00\xff\xfe" * 100, {400}),
    "words": (b"HELLO\r\n\r\n", {400}),
    "the start of TLS": (TLS_HELLO, {400}),
    "HTTP/0.9": (b"GET /\r\n", {400, 408}),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400}),
    "HTTP/9": (b"GET / HTTP/9.9\r\n\r\n", {400}),
    "an unknown method": (b"QUERY / HTTP/1.1\r\nHost: x\r\n" + CLOSE.encode(), {400, 405}),
    "CONNECT": (b"CONNECT 127.0.0.1:22 HTTP/1.1\r\n" + HOST.encode() + CLOSE.encode(), {400, 405}),
    "TRACE": (b"TRACE / HTTP/1.1\r\n" + HOST.encode() + CLOSE.encode(), {400, 405}),
    # smuggling
    "two lengths": (post(TEXT + "Content-Length: 3\r\n", b"ASK {}"), {400}),
    "a length and chunks": (chunked("Content-Length: 6\r\n" + CHUNKED, *BODY), {400}),
    "chunks and a length": (chunked(CHUNKED + "Content-Length: 3\r\n", *BODY), {400}),
    "a length of two numbers": (post(TEXT + "Content-Length: 6, 6\r\n", b"ASK {}"), {400}),
    "a length below 0": (post(TEXT, b"ASK {}", -1), {400}),
    "a length in hex": (chunked("Content-Length: 0x6\r\n", b"ASK {}"), {400}),
    "a huge length": (post(TEXT, b"ASK {}", 10**30), {400}),
    "an unknown coding like chunked": (chunked("Transfer-Encoding: xchunked\r\n", *BODY), {400}),
    "compressed chunks": (chunked("Transfer-Encoding: gzip, chunked\r\n", *BODY), {501}),
    "chunks twice": (chunked("Transfer-Encoding: chunked, identity\r\n", *BODY), {400}),
    "a space before the colon": (chunked("Transfer-Encoding : chunked\r\n", *BODY), {400}),
    "a bad size of a chunk": (chunked(CHUNKED, b"Z", b"ASK {}", b"0", b"", b""), {400}),
    "a huge chunk size": (chunked(CHUNKED, b"F" * 20, b"ASK {}"), {400}),
    "a chunk longer than its size": (chunked(CHUNKED, b"3", b"ASK {}", b"0", b"", b""), {400}),
    "a folded header": (get(ASK, "X-A: b\r\n Transfer-Encoding: chunked\r\n"), {200, 400}),
    "a bare line feed": (get(ASK, "X-A: b\nX-B: c\r\n"), {200, 400}),
    "a bare carriage return": (get(ASK, "X-A: b\rX-B: c\r\n"), {400}),
    "a null in a header": (get(ASK, "X-A: b\0c\r\n"), {400}),
    "a header without a name": (get(ASK, ": b\r\n"), {400}),
    "a space in the target": (get("/sparql?query=ASK {}"), {400}),
    # size
    "a header of 70 KB": (get(ASK, f"X-A: {'x' * 70_000}\r\n"), {431}),
    "5000 headers": (get(ASK, *(f"X-A{i}: some words\r\n" for i in range(5000))), {431}),
    "a target of 100 KB": (get(ASK + "x" * 100_000), {414, 431}),
    "a query of 40 KB in the target": (get(f"{ASK}%23{'x' * 40_000}"), {414}),
    "a body of 3 MB": (post(TEXT, b"#" * 3_000_000), {413}),
    "a body of 30 MB in one chunk": (
        chunked(CHUNKED, b"%x" % 30_000_000, b"#" * 30_000_000),
        {413},
    ),
    "2000 parameters": (post(FORM, b"a=b&" * 2000 + b"query=ASK%7B%7D"), {400}),
    "a gzip bomb": (
        post(TEXT + "Content-Encoding: gzip\r\n", gzip.compress(b"#" * 10**7)),
        {400, 415},
    ),
    "6000 media types to accept": (get(ASK, "Accept: " + "a/b;q=0.1," * 6000 + "*/*\r\n"), {406}),
    "6000 codings to accept": (
        get(ASK, "Accept-Encoding: " + "gzip;q=0," * 6000 + "br\r\n"),
        {200},
    ),
    "6000 tags": (get(ASK, "If-None-Match: " + 'W/"a",' * 6000 + "\r\n"), {200}),
    # encodings
    "a byte that is not UTF-8": (get("/sparql?query=ASK%7B%7D%23%FF"), {400}),
    "overlong UTF-8": (get("/sparql?query=ASK%7B%7D%23%C0%AF"), {400}),
    "half a surrogate pair": (get("/sparql?query=ASK%7B%7D%23%ED%A0%80"), {400}),
    "raw bytes in the target": (get("/sparql?query=ASK%7B%7D%23\xe9"), {400}),
    "an invalid escape": (get("/sparql?query=ASK%7B%7D%23%zz"), {200}),
    "a null in a query": (get("/sparql?query=ASK%7B%7D%00"), {400}),
    "a byte order mark": (post(TEXT, b"\xef\xbb\xbfASK {}"), {200, 400}),
    "UTF-16": (post(TEXT, "ASK {}".encode("utf-16")), {400}),
    "UTF-16 as declared": (
        post(TEXT[:-2] + "; charset=utf-16\r\n", "ASK {}".encode("utf-16")),
        {415},
    ),
    "UTF-7 as declared": (post(TEXT[:-2] + "; charset=utf-7\r\n", b"ASK {}"), {415}),
    "an unclosed charset": (post(TEXT[:-2] + '; charset="utf-8\r\n', b"ASK {}"), {200, 415}),
    "a multipart form": (
        post("Content-Type: multipart/form-data; boundary=x\r\n", b"--x--"),
        {400},
    ),
    "a multipart form without a boundary": (
        post("Content-Type: multipart/form-data\r\n", b"--x--"),
        {400},
    ),
    # injection of lines and paths
    "a line break in a format": (get(f"{ASK}&format=json%0d%0aX-Evil:%201"), {406}),
    "a line break in a path": (get("/id/x%0d%0aX-Evil:%201"), {404}),
    "a line break in a known path": (get("/id/country/KHM?a=%0d%0aX-Evil:%201"), {303}),
    "a line break in a document": (
        get("/doc/country/KHM?property=%0d%0aX-Evil:%201"),
        {400, 404, 200},
    ),
    "a line break in a graph": (get(f"{ASK}&default-graph-uri=urn:a%0d%0aX-Evil:%201"), {400}),
    "a path outside the folder": (get("/static/../../../etc/passwd"), {404}),
    "an escaped path outside the folder": (get("/static/%2e%2e/%2e%2e/%2e%2e/etc/passwd"), {404}),
    "a null in a path": (get("/static/style.css%00.png"), {404}),
    "a path of another server": (get("//evil.example/%2e%2e"), {404}),
    "a target of another server": (get("http://evil.example/sparql?query=ASK%7B%7D"), {200}),
    "a target without a path": (get("http://evil.example"), {200}),
    "a target whose server is markup": (get("http://<script>/sparql"), {400}),
    # false headers
    "no host": (f"GET / HTTP/1.1\r\n{CLOSE}".encode(), {400}),
    "no host, as HTTP/1.0 may": (f"GET / HTTP/1.0\r\n{CLOSE}".encode(), {200}),
    "an empty host": (f"GET / HTTP/1.1\r\nHost:\r\n{CLOSE}".encode(), {400}),
    "two hosts": (get("/sparql", "Host: evil.example\r\n"), {400}),
    "a host that is markup": (get_description("<script>"), {400}),
    "a host with an invalid port": (get_description("a:b:c"), {200, 400}),
    "a prefix of another server": (get(ASK, "X-Forwarded-Prefix: //evil.example\r\n"), {400}),
    "a prefix that is markup": (get(ASK, "X-Forwarded-Prefix: /<script>\r\n"), {400}),
    "a forwarded host that is markup": (get(ASK, "X-Forwarded-Host: <script>\r\n"), {400}),
    "a client that is markup": (get(ASK, "X-Forwarded-For: <script>, 1.2.3\r\n"), {200}),
    "a scheme that is markup": (get(ASK, "X-Forwarded-Proto: javascript\r\n"), {200}),
    "a method override": (get(ASK, "X-HTTP-Method-Override: DELETE\r\n"), {200}),
    "another protocol": (
        get(ASK, "Upgrade: websocket\r\n", "Sec-WebSocket-Key: x\r\n"),
        {200, 400},
    ),
    "invalid qualities": (
        get(ASK, 'Accept: */*;q=NaN, text/csv;q="1", a;;q=,;\r\n'),
        {200, 406},
    ),
    "ranges": (get(ASK, "Range: bytes=0-0,-1,5-2\r\n"), {200}),
    "an invalid date": (get(ASK, "If-Modified-Since: yesterday\r\n"), {200}),
    "an infinite timeout": (get(f"{ASK}&timeout=1e999"), {400}),
    "a negative timeout": (get(f"{ASK}&timeout=-1"), {400}),
    "a timeout above the limit": (get(f"{ASK}&timeout=1000000"), {200}),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_a_bad_request_is_refused(server: Server, name: str) -> None:
    data, expected = REQUESTS[name]
    logged = server.log.read_text()
    answer = exchange(server, data)
    assert server.log.read_text() == logged
    assert statuses(answer)[:1] and statuses(answer)[0] in expected, answer[:500]
    assert b"\nx-evil" not in answer.lower()
    assert b"root:" not in answer


SLOW = {
    "an endless head": (f"GET / HTTP/1.1\r\n{HOST}X-A: ", "b", {408}),
    "endless headers": (f"GET / HTTP/1.1\r\n{HOST}", "X-A: b\r\n", {408}),
    "a line feed now and then": ("", "\r\n", {CLOSED, 408}),
    "an endless target": ("GET /", "x", {408}),
    "an endless body": (
        f"POST /sparql HTTP/1.1\r\n{HOST}{TEXT}Content-Length: 9999\r\n\r\n",
        "#",
        {408},
    ),
    "endless chunks": (
        f"POST /sparql HTTP/1.1\r\n{HOST}{TEXT}{CHUNKED}\r\n",
        "1\r\n#\r\n",
        {408},
    ),
    "a body for a page": (f"GET / HTTP/1.1\r\n{HOST}Content-Length: 9999\r\n\r\n", "#", {200}),
}


@pytest.mark.parametrize("name", SLOW)
def test_a_slow_request_is_ended(server: Server, name: str) -> None:
    start, more, expected = SLOW[name]
    began = time.monotonic()
    with connect(server) as connection:
        connection.sendall(start.encode())
        connection.settimeout(0.1)
        answer, ended = b"", False
        while not ended and time.monotonic() - began < 8:
            try:
                connection.sendall(more.encode())
                data = connection.recv(1 << 16)
                answer, ended = answer + data, not data
            except TimeoutError:
                pass
            except ConnectionError:
                ended = True
    assert ended
    assert (statuses(answer) or [CLOSED])[0] in expected


SILENT = {
    "nothing": b"",
    "half a head": f"GET {ASK} HTTP/1.1\r\nHo".encode(),
    "a head without its body": post(TEXT, b"", 6),
    "half a body": post(TEXT, b"ASK", 6),
    "half a chunk": chunked(CHUNKED, b"6", b"ASK"),
    "Expect without a body": post(TEXT + "Expect: 100-continue\r\n", b"", 6),
}


@pytest.mark.parametrize("name", SILENT)
@pytest.mark.parametrize("ending", ["waits", "half closes", "disconnects"])
def test_a_client_may_stop_at_any_point(server: Server, name: str, ending: str) -> None:
    with connect(server) as connection:
        connection.sendall(SILENT[name])
        if ending == "disconnects":
            return
        if ending == "half closes":
            connection.shutdown(socket.SHUT_WR)
        answer = receive(connection)
    assert set(statuses(answer)) <= {100, 400, 408}


def test_a_client_that_reads_nothing_is_disconnected(server: Server) -> None:
    query = "SELECT%20*%20%7B%3Fa%20%3Fb%20%3Fc.%3Fd%20a%20%3Fe%7D"
    with connect(server) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        connection.sendall(get(f"/sparql?query={query}"))
        time.sleep(2)
        answer = receive(connection)
    assert statuses(answer) == [200]
    assert not answer.endswith(b"0\r\n\r\n")


def files(server: Server) -> int:
    return len(list(Path(f"/proc/{server.pid}/fd").iterdir()))


@pytest.mark.parametrize("then", ["waits", "half closes", "sends noise"])
def test_clients_that_read_nothing_hold_no_connections(server: Server, then: str) -> None:
    """The rest that the kernel does not take is above or below the high-water mark."""
    query = "/sparql?format=tsv&query=SELECT%20*%20%7B%3Fs%20%3Fp%20%3Fo%7D%20LIMIT%20"
    before = files(server)
    with contextlib.ExitStack() as stack:
        for limit in range(16_000, 24_000, 250):
            connection = stack.enter_context(socket.socket())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 12)
            connection.connect(("127.0.0.1", int(server.url.rpartition(":")[2])))
            connection.sendall(f"GET {query}{limit} HTTP/1.1\r\n{HOST}\r\n".encode())
            time.sleep(0.1)
            if then == "sends noise":
                connection.sendall(b"noise\r\n\r\n")
            elif then == "half closes":
                connection.shutdown(socket.SHUT_WR)
        until(lambda: files(server) <= before + 1)


def test_a_client_that_reads_slowly_gets_the_whole_answer(server: Server) -> None:
    query = "SELECT%20*%20%7B%3Fa%20%3Fb%20%3Fc.%3Fd%20a%20%3Fe%7D%20LIMIT%2010000"
    answer = b""
    with connect(server) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        connection.sendall(get(f"/sparql?query={query}"))
        for _ in range(20):
            time.sleep(0.15)
            answer += connection.recv(1 << 15)
        answer += receive(connection)
    assert statuses(answer) == [200]
    assert answer.endswith(b"0\r\n\r\n")


@pytest.mark.parametrize("offer", ["Upgrade: h2c", "upgrade: websocket"])
def test_an_upgrade_is_ignored(server: Server, offer: str) -> None:
    head = f"{FORM}{offer}\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMA\r\n"
    assert statuses(exchange(server, post(head, b"query=ASK%7B%7D"))) == [200]


@pytest.mark.parametrize("size", [2_000_000, 100_000_000])
def test_data_after_an_error_is_ignored(server: Server, size: int) -> None:
    with connect(server) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(post(TEXT, b"#" * 1_100_000, size).replace(CLOSE.encode(), b"\r\n"))
            for _ in range(30):
                connection.sendall(b"#" * 10_000)
                time.sleep(0.02)
        answer = receive(connection)
    assert statuses(answer) == [413]
    assert b"\nconnection: close\r\n" in answer.lower()


def test_a_connection_is_reused_after_an_unread_body(server: Server) -> None:
    with connect(server) as connection:
        connection.sendall(f"POST / HTTP/1.1\r\n{HOST}Content-Length: 9\r\n\r\n".encode())
        time.sleep(0.2)
        connection.sendall(b"#" * 9 + get(ASK))
        answer = receive(connection)
    assert statuses(answer) == [405, 200]


TRAILERS = [b"Accept: text/csv", b"Host: evil.example", b"Content-Type: text/plain", b"X-A: b"]


@pytest.mark.parametrize("trailer", TRAILERS)
def test_trailers_are_not_headers(server: Server, trailer: bytes) -> None:
    query = b"SELECT(1 AS ?x){}  "
    answer = exchange(server, chunked(CHUNKED, b"%x" % len(query), query, b"0", trailer, b"", b""))
    assert statuses(answer) == [200]
    assert b"application/sparql-results+json" in answer


@pytest.mark.parametrize("more", [b"X-A: b\r\n", b"x"])
def test_trailers_are_limited_in_size(server: Server, more: bytes) -> None:
    answer = exchange(server, chunked(CHUNKED, b"6", b"ASK {}", b"0", b"X-A: ") + more * 300_000)
    assert statuses(answer) == [431]


def test_a_target_in_absolute_form_names_the_host(server: Server) -> None:
    answer = exchange(server, get("http://elsewhere.example/sparql", "Accept: text/turtle\r\n"))
    assert b"http://elsewhere.example/sparql" in answer
    assert b"http://localhost/" not in answer


@pytest.mark.parametrize("path", ["/browse/", "/questions/"])
def test_no_redirect_uses_the_host_header(server: Server, path: str) -> None:
    answer = exchange(server, get(path).replace(b"localhost", b"evil.example"))
    assert b"location: http" not in answer.lower()


def test_pipelined_requests_are_answered_in_order(server: Server) -> None:
    ask = "GET /sparql?query=SELECT(%d%%20AS%%20%%3Fx)%%7B%%7D HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = exchange(server, "".join(ask % number for number in range(50)).encode() + get(ASK))
    assert statuses(answer) == [200] * 51
    found = re.findall(rb'"value":"(\d+)"', answer)
    assert found == [b"%d" % number for number in range(50)]


def test_many_idle_connections_do_not_block_others(server: Server) -> None:
    with contextlib.ExitStack() as stack:
        opened = [stack.enter_context(connect(server)) for _ in range(300)]
        for connection in opened[::2]:
            connection.sendall(b"GET / HTTP/1.1\r\n")
        answer = httpx.get(f"{server.url}{ASK}")
        assert answer.status_code == 200
        assert {(statuses(receive(one)) or [CLOSED])[0] for one in opened} == {408, CLOSED}


#: Values of 60 KB that make a parser slow which reads them more than once.
LONG = {"escapes": '"' + '\\"' * 30_000, "commas": "," * 60_000, "ranges": "a;q=0.1," * 7500}


@pytest.mark.parametrize("name", ["Accept", "Accept-Encoding"])
@pytest.mark.parametrize("value", LONG)
def test_a_long_header_does_not_block_others(server: Server, name: str, value: str) -> None:
    with connect(server) as slow, httpx.Client(base_url=server.url, timeout=2) as other:
        slow.sendall(get(ASK, f"{name}: {LONG[value]}\r\n"))
        assert other.get("/healthz").status_code == 200
        assert statuses(receive(slow)) in ([200], [406])


#: Addresses, headers and the status of the answer.
ODD = {
    "a date beyond the calendar": (
        "/accsm.nt", {"If-Modified-Since": f"Mon, 01 Jan {'9' * 20} 00:00:00 GMT"}, 200
    ),
    "a zone beyond the clock": (
        "/accsm.nt", {"If-Modified-Since": f"Mon, 01 Jan 2024 00:00:00 +{'9' * 20}"}, 200
    ),
    "a part that is a long number": (f"/sitemap-{'9' * 5000}.xml", {}, 404),
    "a part with zeros before": ("/sitemap-01.xml", {}, 404),
    "a part in other digits": ("/sitemap-%D9%A1.xml", {}, 404),
    "a path of escapes": (f"/doc/{'%2C' * 20_000}.ttl?x&page=1", {}, 414),
    "a value of a question": (f"/questions/projects-mentioning-words?words={'!' * 2000}", {}, 400),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_an_odd_request_has_an_answer_and_leaves_no_trace(server: Server, name: str) -> None:
    path, headers, status = ODD[name]
    before = server.log.read_text()
    assert httpx.get(server.url + path, headers=headers).status_code == status
    assert server.log.read_text() == before


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_a_long_query_with_a_mistake_is_not_repeated(server: Server, accept: str) -> None:
    query = {"query": "<" * 300_000}
    answer = httpx.post(f"{server.url}/sparql", data=query, headers={"Accept": accept}, timeout=30)
    assert answer.status_code == 400
    assert len(answer.content) < 100_000


def test_a_page_does_not_show_an_answer_of_megabytes(server: Server) -> None:
    long = f"REPLACE('{'x' * 1000}', 'x', '{'<' * 7000}')"
    params = {"query": f"SELECT ?x ({long} AS ?y) {{ VALUES ?x {{ 1 }} }}"}
    answer = httpx.get(f"{server.url}/sparql", params=params, headers={"Accept": "text/html"})
    assert answer.status_code == 400
    assert "A page shows at most 4 MiB." in answer.text


def test_paths_that_begin_like_exempt_ones_are_limited(small_path: Path) -> None:
    for path in ("/healthzx", "/static/x.css", "/metrics%2f"):
        with running(small_path, RATE="1") as server, httpx.Client(base_url=server.url) as client:
            assert 429 in {client.get(path).status_code for _ in range(9)}, path
