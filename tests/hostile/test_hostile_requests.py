"""Requests that no browser would send: each gets the status it deserves, or no answer at all."""

import contextlib
import gzip
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from serving import Server, until

#: The connection is closed without a word.
NOTHING = 0
TIMEOUT = "1"
HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 300
ASK = "/sparql?query=ASK%7B%7D"
HOST = "Host: localhost\r\n"
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"
TEXT = "Content-Type: application/sparql-query\r\n"
CLOSE = "Connection: close\r\n\r\n"


def get(target: str, *headers: str) -> bytes:
    return f"GET {target} HTTP/1.1\r\n{HOST}{''.join(headers)}{CLOSE}".encode("latin-1")


def described(host: str) -> bytes:
    return f"GET /sparql HTTP/1.1\r\nHost: {host}\r\nAccept: text/turtle\r\n{CLOSE}".encode()


def post(head: str, body: bytes = b"", length: int | None = None) -> bytes:
    size = f"Content-Length: {len(body) if length is None else length}\r\n"
    return f"POST /sparql HTTP/1.1\r\n{HOST}{head}{size}{CLOSE}".encode("latin-1") + body


def chunked(head: str, *lines: bytes) -> bytes:
    start = f"POST /sparql HTTP/1.1\r\n{HOST}{TEXT}{head}{CLOSE}".encode()
    return start + b"\r\n".join(lines)


@contextlib.contextmanager
def connected(server: Server) -> Iterator[socket.socket]:
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as line:
        yield line


def received(line: socket.socket) -> bytes:
    answer = b""
    with contextlib.suppress(ConnectionError):
        while piece := line.recv(1 << 16):
            answer += piece
    return answer


def statuses(answer: bytes) -> list[int]:
    return [int(found) for found in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]


def sent(server: Server, data: bytes) -> bytes:
    with connected(server) as line:
        with contextlib.suppress(ConnectionError):
            line.sendall(data)
        return received(line)


CHUNKED = "Transfer-Encoding: chunked\r\n"
BODY = (b"6", b"ASK {}", b"0", b"", b"")
REQUESTS = {
    # what is no HTTP
    "noise": (b"\x00\xff\xfe" * 100, {400}),
    "words": (b"HELLO\r\n\r\n", {400}),
    "the start of TLS": (HELLO, {400}),
    "HTTP/0.9": (b"GET /\r\n", {400, 408}),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400}),
    "HTTP/9": (b"GET / HTTP/9.9\r\n\r\n", {400}),
    "a method of our own": (b"QUERY / HTTP/1.1\r\nHost: x\r\n" + CLOSE.encode(), {400, 405}),
    "CONNECT": (b"CONNECT 127.0.0.1:22 HTTP/1.1\r\n" + HOST.encode() + CLOSE.encode(), {400, 405}),
    "TRACE": (b"TRACE / HTTP/1.1\r\n" + HOST.encode() + CLOSE.encode(), {400, 405}),
    # smuggling
    "two lengths": (post(TEXT + "Content-Length: 3\r\n", b"ASK {}"), {400}),
    "a length and chunks": (chunked("Content-Length: 6\r\n" + CHUNKED, *BODY), {400}),
    "chunks and a length": (chunked(CHUNKED + "Content-Length: 3\r\n", *BODY), {400}),
    "a length of two numbers": (post(TEXT + "Content-Length: 6, 6\r\n", b"ASK {}"), {400}),
    "a length below 0": (post(TEXT, b"ASK {}", -1), {400}),
    "a length in hex": (chunked("Content-Length: 0x6\r\n", b"ASK {}"), {400}),
    "a length beyond numbers": (post(TEXT, b"ASK {}", 10**30), {400}),
    "chunks in disguise": (chunked("Transfer-Encoding: xchunked\r\n", *BODY), {400}),
    "chunks of what is packed": (chunked("Transfer-Encoding: gzip, chunked\r\n", *BODY), {501}),
    "chunks twice": (chunked("Transfer-Encoding: chunked, identity\r\n", *BODY), {400}),
    "a space before the colon": (chunked("Transfer-Encoding : chunked\r\n", *BODY), {400}),
    "a bad size of a chunk": (chunked(CHUNKED, b"Z", b"ASK {}", b"0", b"", b""), {400}),
    "a size beyond numbers": (chunked(CHUNKED, b"F" * 20, b"ASK {}"), {400}),
    "a chunk longer than its size": (chunked(CHUNKED, b"3", b"ASK {}", b"0", b"", b""), {400}),
    "a header that goes on": (get(ASK, "X-A: b\r\n Transfer-Encoding: chunked\r\n"), {200, 400}),
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
    "a bomb of gzip": (
        post(TEXT + "Content-Encoding: gzip\r\n", gzip.compress(b"#" * 10**7)),
        {400, 415},
    ),
    "6000 kinds to accept": (get(ASK, "Accept: " + "a/b;q=0.1," * 6000 + "*/*\r\n"), {200}),
    "6000 codings to accept": (
        get(ASK, "Accept-Encoding: " + "gzip;q=0," * 6000 + "br\r\n"),
        {200},
    ),
    "6000 tags": (get(ASK, "If-None-Match: " + 'W/"a",' * 6000 + "\r\n"), {200}),
    # encodings
    "a byte that is no UTF-8": (get("/sparql?query=ASK%7B%7D%23%FF"), {400}),
    "UTF-8 at excessive length": (get("/sparql?query=ASK%7B%7D%23%C0%AF"), {400}),
    "half a pair of UTF-16": (get("/sparql?query=ASK%7B%7D%23%ED%A0%80"), {400}),
    "raw bytes in the target": (get("/sparql?query=ASK%7B%7D%23\xe9"), {400}),
    "an escape that is none": (get("/sparql?query=ASK%7B%7D%23%zz"), {200}),
    "a null in a query": (get("/sparql?query=ASK%7B%7D%00"), {400}),
    "a mark of byte order": (post(TEXT, b"\xef\xbb\xbfASK {}"), {200, 400}),
    "UTF-16": (post(TEXT, "ASK {}".encode("utf-16")), {400}),
    "UTF-16 as declared": (
        post(TEXT[:-2] + "; charset=utf-16\r\n", "ASK {}".encode("utf-16")),
        {415},
    ),
    "UTF-7 as declared": (post(TEXT[:-2] + "; charset=utf-7\r\n", b"ASK {}"), {415}),
    "a charset without end": (post(TEXT[:-2] + '; charset="utf-8\r\n', b"ASK {}"), {200, 415}),
    "a form in a body of parts": (
        post("Content-Type: multipart/form-data; boundary=x\r\n", b"--x--"),
        {415},
    ),
    # lines that break out
    "a line break in a format": (get(f"{ASK}&format=json%0d%0aX-Evil:%201"), {406}),
    "a line break in a path": (get("/id/x%0d%0aX-Evil:%201"), {404}),
    "a line break in a known path": (get("/id/country/KHM?a=%0d%0aX-Evil:%201"), {303}),
    "a line break in a document": (
        get("/doc/country/KHM?property=%0d%0aX-Evil:%201"),
        {400, 404, 200},
    ),
    "a line break in a graph": (get(f"{ASK}&default-graph-uri=urn:a%0d%0aX-Evil:%201"), {400}),
    "a path out of the folder": (get("/static/../../../etc/passwd"), {404}),
    "an escaped path out of the folder": (get("/static/%2e%2e/%2e%2e/%2e%2e/etc/passwd"), {404}),
    "a null in a path": (get("/static/style.css%00.png"), {404}),
    "a path of another server": (get("//evil.example/%2e%2e"), {404}),
    "a target of another server": (get("http://evil.example/sparql?query=ASK%7B%7D"), {200}),
    "a target without a path": (get("http://evil.example"), {200}),
    "a target whose server is markup": (get("http://<script>/sparql"), {400}),
    # headers that lie
    "no host": (f"GET / HTTP/1.1\r\n{CLOSE}".encode(), {400}),
    "no host, as HTTP/1.0 may": (f"GET / HTTP/1.0\r\n{CLOSE}".encode(), {200}),
    "an empty host": (f"GET / HTTP/1.1\r\nHost:\r\n{CLOSE}".encode(), {400}),
    "two hosts": (get("/sparql", "Host: evil.example\r\n"), {400}),
    "a host that is markup": (described("<script>"), {400}),
    "a host with a port that is none": (described("a:b:c"), {200, 400}),
    "a path before the path": (get(ASK, "X-Forwarded-Prefix: //evil.example\r\n"), {200}),
    "a client that is markup": (get(ASK, "X-Forwarded-For: <script>, 1.2.3\r\n"), {200}),
    "a scheme that is markup": (get(ASK, "X-Forwarded-Proto: javascript\r\n"), {200}),
    "a method over the method": (get(ASK, "X-HTTP-Method-Override: DELETE\r\n"), {200}),
    "another protocol": (
        get(ASK, "Upgrade: websocket\r\n", "Sec-WebSocket-Key: x\r\n"),
        {200, 400},
    ),
    "qualities that are none": (
        get(ASK, 'Accept: */*;q=NaN, text/csv;q="1", a;;q=,;\r\n'),
        {200, 406},
    ),
    "a range of a range": (get(ASK, "Range: bytes=0-0,-1,5-2\r\n"), {200}),
    "a date that is none": (get(ASK, "If-Modified-Since: yesterday\r\n"), {200}),
    "a time that is none": (get(f"{ASK}&timeout=1e999"), {400}),
    "a time below 0": (get(f"{ASK}&timeout=-1"), {400}),
    "more time than there is": (get(f"{ASK}&timeout=1000000"), {200}),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_a_bad_request_is_refused(server: Server, name: str) -> None:
    data, expected = REQUESTS[name]
    answer = sent(server, data)
    assert statuses(answer)[:1] and statuses(answer)[0] in expected, answer[:500]
    assert b"\nx-evil" not in answer.lower()
    assert b"root:" not in answer


SLOW = {
    "a head that never ends": (f"GET / HTTP/1.1\r\n{HOST}X-A: ", "b", {408}),
    "headers without end": (f"GET / HTTP/1.1\r\n{HOST}", "X-A: b\r\n", {408}),
    "a line feed now and then": ("", "\r\n", {NOTHING, 408}),
    "a target that never ends": ("GET /", "x", {408}),
    "a body that never ends": (
        f"POST /sparql HTTP/1.1\r\n{HOST}{TEXT}Content-Length: 9999\r\n\r\n",
        "#",
        {408},
    ),
    "chunks without end": (
        f"POST /sparql HTTP/1.1\r\n{HOST}{TEXT}{CHUNKED}\r\n",
        "1\r\n#\r\n",
        {408},
    ),
    "a body for a page": (f"GET / HTTP/1.1\r\n{HOST}Content-Length: 9999\r\n\r\n", "#", {200}),
}


@pytest.mark.parametrize("name", SLOW)
def test_a_slow_request_is_not_waited_for(server: Server, name: str) -> None:
    start, more, expected = SLOW[name]
    began = time.monotonic()
    with connected(server) as line:
        line.sendall(start.encode())
        line.settimeout(0.1)
        answer, ended = b"", False
        while not ended and time.monotonic() - began < 8:
            try:
                line.sendall(more.encode())
                piece = line.recv(1 << 16)
                answer, ended = answer + piece, not piece
            except TimeoutError:
                pass
            except ConnectionError:
                ended = True
    assert ended
    assert (statuses(answer) or [NOTHING])[0] in expected


SILENT = {
    "nothing": b"",
    "half a head": f"GET {ASK} HTTP/1.1\r\nHo".encode(),
    "a head without its body": post(TEXT, b"", 6),
    "half a body": post(TEXT, b"ASK", 6),
    "half a chunk": chunked(CHUNKED, b"6", b"ASK"),
    "the wish to go on": post(TEXT + "Expect: 100-continue\r\n", b"", 6),
}


@pytest.mark.parametrize("name", SILENT)
@pytest.mark.parametrize("ending", ["waits", "half closes", "hangs up"])
def test_a_client_may_stop_anywhere(server: Server, name: str, ending: str) -> None:
    with connected(server) as line:
        line.sendall(SILENT[name])
        if ending == "hangs up":
            return
        if ending == "half closes":
            line.shutdown(socket.SHUT_WR)
        answer = received(line)
    assert set(statuses(answer)) <= {100, 400, 408}


def test_who_reads_nothing_is_let_go(server: Server) -> None:
    query = "SELECT%20*%20%7B%3Fa%20%3Fb%20%3Fc.%3Fd%20a%20%3Fe%7D"
    with connected(server) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        line.sendall(get(f"/sparql?query={query}"))
        time.sleep(2)
        answer = received(line)
    assert statuses(answer) == [200]
    assert not answer.endswith(b"0\r\n\r\n")


def files(server: Server) -> int:
    return len(list(Path(f"/proc/{server.pid}/fd").iterdir()))


@pytest.mark.parametrize("then", ["waits", "half closes", "sends noise"])
def test_who_reads_nothing_holds_nothing(server: Server, then: str) -> None:
    """What the kernel does not take of an answer is more than the server lets wait, or less."""
    query = "/sparql?format=tsv&query=SELECT%20*%20%7B%3Fs%20%3Fp%20%3Fo%7D%20LIMIT%20"
    before = files(server)
    with contextlib.ExitStack() as stack:
        for limit in range(16_000, 24_000, 250):
            line = stack.enter_context(socket.socket())
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 12)
            line.connect(("127.0.0.1", int(server.url.rpartition(":")[2])))
            line.sendall(f"GET {query}{limit} HTTP/1.1\r\n{HOST}\r\n".encode())
            time.sleep(0.1)
            if then == "sends noise":
                line.sendall(b"noise\r\n\r\n")
            elif then == "half closes":
                line.shutdown(socket.SHUT_WR)
        until(lambda: files(server) <= before + 1)


def test_who_reads_slowly_is_waited_for(server: Server) -> None:
    query = "SELECT%20*%20%7B%3Fa%20%3Fb%20%3Fc.%3Fd%20a%20%3Fe%7D%20LIMIT%2010000"
    answer = b""
    with connected(server) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        line.sendall(get(f"/sparql?query={query}"))
        for _ in range(20):
            time.sleep(0.15)
            answer += line.recv(1 << 15)
        answer += received(line)
    assert statuses(answer) == [200]
    assert answer.endswith(b"0\r\n\r\n")


@pytest.mark.parametrize("offer", ["Upgrade: h2c", "upgrade: websocket"])
def test_an_offer_of_another_protocol_is_not_taken(server: Server, offer: str) -> None:
    head = f"{FORM}{offer}\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMA\r\n"
    assert statuses(sent(server, post(head, b"query=ASK%7B%7D"))) == [200]


@pytest.mark.parametrize("size", [2_000_000, 100_000_000])
def test_what_follows_an_answer_is_not_answered(server: Server, size: int) -> None:
    with connected(server) as line:
        with contextlib.suppress(ConnectionError):
            line.sendall(post(TEXT, b"#" * 1_100_000, size).replace(CLOSE.encode(), b"\r\n"))
            for _ in range(30):
                line.sendall(b"#" * 10_000)
                time.sleep(0.02)
        answer = received(line)
    assert statuses(answer) == [413]
    assert b"\nconnection: close\r\n" in answer.lower()


def test_a_connection_outlives_a_body_that_nobody_read(server: Server) -> None:
    with connected(server) as line:
        line.sendall(f"POST / HTTP/1.1\r\n{HOST}Content-Length: 9\r\n\r\n".encode())
        time.sleep(0.2)
        line.sendall(b"#" * 9 + get(ASK))
        answer = received(line)
    assert statuses(answer) == [405, 200]


TRAILERS = [b"Accept: text/csv", b"Host: evil.example", b"Content-Type: text/plain", b"X-A: b"]


@pytest.mark.parametrize("trailer", TRAILERS)
def test_what_follows_a_body_is_no_header(server: Server, trailer: bytes) -> None:
    query = b"SELECT(1 AS ?x){}  "
    answer = sent(server, chunked(CHUNKED, b"%x" % len(query), query, b"0", trailer, b"", b""))
    assert statuses(answer) == [200]
    assert b"application/sparql-results+json" in answer


@pytest.mark.parametrize("more", [b"X-A: b\r\n", b"x"])
def test_what_follows_a_body_has_an_end(server: Server, more: bytes) -> None:
    answer = sent(server, chunked(CHUNKED, b"6", b"ASK {}", b"0", b"X-A: ") + more * 300_000)
    assert statuses(answer) == [431]


def test_a_target_with_a_host_is_of_that_host(server: Server) -> None:
    answer = sent(server, get("http://elsewhere.example/sparql", "Accept: text/turtle\r\n"))
    assert b"http://elsewhere.example/sparql" in answer
    assert b"http://localhost/" not in answer


@pytest.mark.parametrize("path", ["/browse/", "/questions/"])
def test_no_redirect_leads_elsewhere(server: Server, path: str) -> None:
    answer = sent(server, get(path).replace(b"localhost", b"evil.example"))
    assert b"location: http" not in answer.lower()


def test_requests_in_one_go_are_answered_in_order(server: Server) -> None:
    ask = "GET /sparql?query=SELECT(%d%%20AS%%20%%3Fx)%%7B%%7D HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = sent(server, "".join(ask % number for number in range(50)).encode() + get(ASK))
    assert statuses(answer) == [200] * 51
    found = re.findall(rb'"value":"(\d+)"', answer)
    assert found == [b"%d" % number for number in range(50)]


def test_many_idle_connections_hurt_nobody(server: Server) -> None:
    with contextlib.ExitStack() as stack:
        lines = [stack.enter_context(connected(server)) for _ in range(300)]
        for line in lines[::2]:
            line.sendall(b"GET / HTTP/1.1\r\n")
        answer = httpx.get(f"{server.url}{ASK}")
        assert answer.status_code == 200
        assert {(statuses(received(line)) or [NOTHING])[0] for line in lines} == {408, NOTHING}
