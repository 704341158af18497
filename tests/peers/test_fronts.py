"""The server behind nginx and Caddy, with the shipped files: see `fronts`."""

import gzip
import re
import shutil
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from peers.fronts import FRONTS, NAME, Front
from serving import Server, running, until

from accsm_kg.namespaces import BASE

HTML = {"Accept": "text/html"}
TURTLE = {"Accept": "text/turtle"}
LINK = re.compile(r'(?:href|src|action)="(/[^"]*)"')
#: IRIs that a proxy could change, below the base of the dataset.
ODD = ["id/a//b", "id/a/%2F/b", "id/a/%7Eb", "id/caf%C3%A9", "id/a+b", "id/a%20b", "id/a%25b"]
FORGED = {
    "X-Forwarded-For": "192.0.2.1", "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Prefix": "/evil", "X-Forwarded-Proto": "http", "Forwarded": "host=evil.example",
}  # fmt: skip
HIDDEN = [
    "healthz", "metrics", "metrics?x", "%68ealthz", "metric%73", "./metrics", "x/../healthz",
    "/healthz", "//metrics", "healthz/", "metrics%2F", "%2Fmetrics", "..%2Fhealthz", "HEALTHZ",
]  # fmt: skip
ENDLESS = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


@pytest.fixture(scope="module")
def server(known_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("data") / "odd.nq"
    shutil.copy(known_path, data)
    with data.open("a") as file:
        for path in ODD:
            file.write(f'<{BASE}{path}> <urn:said> "of {path}" <{BASE}graph/vocab> .\n')
    with running(data, RATE="0", ROWS="100000000", TIMEOUT="20") as server:
        yield server


@pytest.fixture(scope="module", params=FRONTS)
def front(
    request: pytest.FixtureRequest, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Front]:
    with FRONTS[request.param](server, tmp_path_factory.mktemp(request.param)) as front:
        yield front


def sparql(query: str, **more: str) -> str:
    return f"/kg/sparql?{urlencode({'query': query, **more})}"


@pytest.mark.parametrize("path", ["", "doc/project/2016-2020/33", "trace/33", "none", "sparql"])
def test_links_are_below_the_prefix(front: Front, server: Server, path: str) -> None:
    reply = front.send("GET", f"/kg/{path}", HTML)
    links = LINK.findall(reply.body.decode())
    assert reply.status == (404 if path == "none" else 200)
    assert len(links) > 10
    assert [link for link in links if not link.startswith("/kg/")] == []


def test_addresses_have_https_the_host_and_the_prefix(front: Front) -> None:
    url = f"{front.origin}/kg"
    for path in ("sparql", "dataset"):
        text = front.send("GET", f"/kg/{path}", TURTLE).body.decode()
        assert f"<{url}/sparql>" in text
        assert "127.0.0.1" not in text
    assert f"curl {url}/sparql" in front.send("GET", "/kg/", HTML).body.decode()
    assert f"{url}/sitemap.xml" in front.send("GET", "/kg/robots.txt").body.decode()


@pytest.mark.parametrize(
    ("path", "status", "location"),
    [
        ("/kg", 308, "/kg/"),
        ("/kg/id/country/KHM", 303, "/kg/doc/country/KHM"),
        ("/kg/questions/", 308, "/kg/questions"),
        ("/kg/trace?key=33", 303, "/kg/trace/33"),
    ],
)
def test_redirects_lead_below_the_prefix(
    front: Front, path: str, status: int, location: str
) -> None:
    reply = front.send("GET", path, HTML)
    assert (reply.status, reply.headers["Location"]) == (status, location)


def test_http_leads_to_https(front: Front) -> None:
    connection = HTTPConnection("127.0.0.1", front.http, timeout=20)
    connection.request("GET", "/kg/id/a//b?x=1", headers={"Host": NAME})
    reply = connection.getresponse()
    connection.close()
    assert reply.status == 308
    assert re.fullmatch(rf"https://{NAME}(:\d+)?/kg/id/a//b\?x=1", str(reply.headers["Location"]))


@pytest.mark.parametrize("path", ODD)
def test_an_iri_arrives_as_it_was_sent(front: Front, path: str) -> None:
    found = front.send("GET", f"/kg/{path}", TURTLE)
    while found.status == 303:
        assert found.headers["Location"].startswith("/kg/")
        found = front.send("GET", found.headers["Location"], TURTLE)
    assert f"of {path}" in found.body.decode()


def test_scripts_of_other_origins_may_ask(front: Front) -> None:
    asked = {
        "Origin": "https://other.example", "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }  # fmt: skip
    reply = front.send("OPTIONS", "/kg/sparql", asked)
    assert reply.status in (200, 204)
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in reply.headers["Access-Control-Allow-Methods"]
    reply = front.send("GET", sparql("ASK {}"), {"Origin": "https://other.example"})
    assert reply.headers.get_all("Access-Control-Allow-Origin") == ["*"]


@pytest.mark.parametrize("coding", ["", "gzip", "br", "zstd"])
def test_a_known_answer_is_not_sent_again(front: Front, coding: str) -> None:
    headers = {**HTML, "Accept-Encoding": coding}
    first = front.send("GET", "/kg/projects", headers)
    assert first.headers.get("Content-Encoding", "") == coding
    if coding == "gzip":
        assert b"</html>" in gzip.decompress(first.body)
    again = front.send("GET", "/kg/projects", {**headers, "If-None-Match": first.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]


def test_an_answer_is_streamed_and_ends_when_its_client_leaves(
    front: Front, server: Server
) -> None:
    connection, response = front.open("GET", sparql(ENDLESS), {"Accept": "text/csv"})
    assert response.status == 200
    assert response.read(1000).startswith(b"a,b,c,")
    assert is_busy(server)
    connection.close()
    until(lambda: not is_busy(server))


def is_busy(server: Server) -> bool:
    metrics = httpx.get(f"{server.url}/metrics").text
    found = re.findall(r"^accsm_(?:workers_busy|queries_long) (\d+)", metrics, re.MULTILINE)
    assert len(found) == 2
    return found != ["0", "0"]


@pytest.mark.parametrize("path", HIDDEN)
def test_what_is_for_operators_is_hidden(front: Front, server: Server, path: str) -> None:
    reply = front.send("GET", f"/kg/{path}", {"Accept": "*/*"})
    assert reply.status in (400, 404)
    assert b"accsm_requests" not in reply.body
    assert b'"status": "ok"' not in reply.body
    assert httpx.get(f"{server.url}/healthz").status_code == 200


def test_forged_headers_change_nothing(front: Front) -> None:
    for path, headers in (("/kg/", HTML), ("/kg/sparql", TURTLE), ("/kg/id/country/KHM", HTML)):
        plain, forged = front.send("GET", path, headers), front.send("GET", path, headers | FORGED)
        assert (forged.status, forged.body) == (plain.status, plain.body)
        assert forged.headers.get("Location") == plain.headers.get("Location")


@pytest.mark.parametrize("name", FRONTS)
def test_a_client_has_one_rate_whatever_address_it_forges(
    name: str, small_path: Path, tmp_path: Path
) -> None:
    with running(small_path, RATE="0.2") as server, FRONTS[name](server, tmp_path) as front:
        statuses = {
            front.send("GET", sparql("ASK {}"), {"X-Forwarded-For": f"192.0.2.{number}"}).status
            for number in range(5)
        }
    assert statuses >= {429}


def test_long_queries_pass(front: Front) -> None:
    for method, length in (("GET", 30_000), ("POST", 1_000_000)):
        fields = urlencode({"query": f"#{'x' * length}\nASK {{}}", "format": "csv"})
        is_get = method == "GET"
        target, body = (f"/kg/sparql?{fields}", b"") if is_get else ("/kg/sparql", fields.encode())
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        reply = front.send(method, target, {} if is_get else kind, body)
        assert (reply.status, reply.body) == (200, b"true")
