"""A request that is answered on the short way gets what it would get on the long one."""

import socket
from collections.abc import Iterator
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
    "too slow": ("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?f", ("json",)),
}
CASES = [(name, form) for name, (_, forms) in QUERIES.items() for form in forms]
LONG_WAY = {"Expect": "nothing"}


@pytest.fixture(scope="module", params=["0", "64"], ids=["keeping nothing", "keeping answers"])
def server(request: pytest.FixtureRequest, dataset_path: Path) -> Iterator[Server]:
    settings = {"CACHE": request.param, "ROWS": "100", "TIMEOUT": "0.3"}
    with running(dataset_path, **settings) as server:
        httpx.get(f"{server.url}/sparql", params={"query": QUERIES["a name that is unknown"][0]})
        yield server


def get(server: Server, name: str, form: str, coding: str, **more: str) -> tuple[object, ...]:
    """The whole response, but for what differs each time."""
    asked = {"query": QUERIES[name][0], "format": form}
    headers = {"Accept-Encoding": coding, **more}
    with (
        httpx.Client(base_url=server.url, timeout=30) as client,
        client.stream("GET", "/sparql", params=asked, headers=headers) as answer,
    ):
        found = sorted((name, value) for name, value in answer.headers.items() if name != "date")
        return answer.status_code, found, b"".join(answer.iter_raw())


@pytest.mark.parametrize("coding", ["identity", "gzip", "br", "zstd", "identity;q=0"])
@pytest.mark.parametrize(("name", "form"), CASES)
def test_both_ways_are_the_same(server: Server, name: str, form: str, coding: str) -> None:
    short = get(server, name, form, coding)
    assert get(server, name, form, coding, **LONG_WAY) == short
    assert get(server, name, form, coding) == short


def lines(server: Server, *paths: str) -> bytes:
    return b"".join(
        f"GET {path} HTTP/1.1\r\nHost: {server.url.removeprefix('http://')}\r\n\r\n".encode()
        for path in paths
    )


def sparql(query: str) -> str:
    return f"/sparql?query={quote(query)}"


def test_answers_come_in_the_order_of_the_requests_whichever_way_each_takes(
    server: Server,
) -> None:
    paths = []
    for number in range(0, 12, 3):
        said = f"SELECT ({number} AS ?number) (COUNT(*) AS ?count) "
        slow = said + "{ { SELECT * { ?a ?b ?c } LIMIT 300 } { SELECT * { ?d ?e ?f } LIMIT 900 } }"
        wrong = f"{sparql('ASK {}')}&timeout=x{number}"
        paths += [sparql(slow), sparql(said + "{}"), wrong]
    expected = [httpx.get(server.url + path).text for path in paths]
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as line:
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


@pytest.mark.parametrize("after", [0.0, 0.1])
def test_who_leaves_early_costs_nobody_anything(server: Server, after: float) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    cross = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    for number in range(20):
        with socket.create_connection((host, int(port))) as line:
            line.sendall(lines(server, sparql(f"{cross} # {number}")))
            line.settimeout(after or None)
    until(lambda: "\naccsm_workers_busy 0.0" in httpx.get(f"{server.url}/metrics").text)
    assert httpx.get(server.url + sparql("ASK {}")).json()["boolean"] is True


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
