"""X-Forwarded-Host and X-Forwarded-Prefix, which proxies send and clients forge."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from engine.sameness import PAGES
from serving import Reply, Server, running, send

HTML = {"Accept": "text/html"}
TURTLE = {"Accept": "text/turtle"}
QUERY = quote("SELECT ?p { ?p a accsm:Project } ORDER BY ?p LIMIT 3")
#: Pages that are not in the list, errors among them.
OTHERS = [
    "/", "/questions", "/questions/projects-per-coordinator", "/query", "/conformance",
    "/sparql", f"/sparql?query={QUERY}", f"/sparql?query={QUERY}&view=bars", "/sparql?query=ASK",
    "/doc/none", "/questions/none", "/projects?page=none", "/graph/vocab", "/browse/none",
    "/doc/evidence/none", "/sitemap.xml", "/robots.txt", "/coverage.svg", "/trace/33?format=svg",
]  # fmt: skip
LINK = re.compile(r'(?:href|src|action|data-\w+)="(/[^"]*)"')


@pytest.fixture(scope="module")
def server(known_path: Path) -> Iterator[Server]:
    with running(known_path, RATE="0") as server:
        yield server


def get(server: Server, target: str, headers: dict[str, str], **forwarded: str) -> Reply:
    names = {f"X-Forwarded-{name}": value for name, value in forwarded.items()}
    return send(server.url, "GET", target, {**headers, **names})


@pytest.mark.parametrize("path", [*PAGES, *OTHERS])
def test_a_page_has_its_links_below_the_prefix_of_the_request(server: Server, path: str) -> None:
    plain, below = get(server, path, HTML), get(server, path, HTML, Prefix="/the/root/")
    text, links = below.body.decode(), str(below.headers.get("Link", ""))
    assert below.status == plain.status
    assert text.replace("/the/root", "") == plain.body.decode()
    assert [link for link in LINK.findall(text) if not link.startswith("/the/root/")] == []
    assert links.replace("/the/root", "") == str(plain.headers.get("Link", ""))
    assert links.count("</the/root/") == links.count("</")


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/id/country/KHM", "/kg/doc/country/KHM"),
        ("/questions/", "/kg/questions"),
        ("/trace?key=33", "/kg/trace/33"),
        ("/projects/", "/kg/projects"),
    ],
)
def test_a_redirect_leads_below_the_prefix(server: Server, path: str, location: str) -> None:
    reply = get(server, path, HTML, Prefix="/kg")
    assert reply.headers["Location"] == location


def test_descriptions_have_the_host_the_scheme_and_the_prefix(server: Server) -> None:
    known = {"Host": "kg.example.org:8443", "Proto": "https", "Prefix": "/kg"}
    url = "https://kg.example.org:8443/kg"
    for path, expected in (
        ("/sparql", f"<{url}/sparql>"),
        ("/dataset", f"<{url}/sparql>"),
        ("/.well-known/void", f"<{url}/sparql>"),
    ):
        reply = get(server, path, TURTLE, **known)
        while reply.status == 303:
            target = reply.headers["Location"].removeprefix("/kg")
            reply = get(server, target, TURTLE, **known)
        text = reply.body.decode()
        assert expected in text
        assert "127.0.0.1" not in text
    page = get(server, "/", HTML, **known).body.decode()
    assert f"curl {url}/sparql" in page
    assert f'"url": "{url}/dataset"' in page
    assert f"{url}/sitemap.xml" in get(server, "/robots.txt", {}, **known).body.decode()


def test_two_hosts_and_prefixes_share_no_response_and_no_tag(server: Server) -> None:
    """Also where the prefix of one is the beginning of the path of the other."""
    kinds = [
        {}, {"Host": "a.example"}, {"Host": "b.example"}, {"Proto": "https"},
        {"Prefix": "/a"}, {"Prefix": "/b"},
    ]  # fmt: skip
    for _ in range(2):
        replies = [get(server, "/sparql", TURTLE, **kind) for kind in kinds]
        assert len({reply.body for reply in replies}) == len(kinds)
        assert len({reply.headers["ETag"] for reply in replies}) == len(kinds)
    tagged = {**TURTLE, "If-None-Match": replies[1].headers["ETag"]}
    assert get(server, "/sparql", tagged, Host="a.example").status == 304
    assert get(server, "/sparql", tagged, Host="b.example").status == 200
    home = get(server, "/", HTML, Prefix="/questions")
    questions = get(server, "/questions/", HTML)
    assert (home.status, questions.status) == (200, 308)
    assert get(server, "/graph/vocab", HTML).body != get(server, "/vocab", HTML, Prefix="/graph")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Host", "evil.example/path"),
        ("Host", "user@evil.example"),
        ("Host", '"><script>'),
        ("Host", "a b"),
        ("Host", "a:b"),
        ("Host", "[::1"),
        ("Host", "x" * 256),
        ("Prefix", "//evil.example"),
        ("Prefix", "https://evil.example"),
        ("Prefix", "/a/../b"),
        ("Prefix", "/a b"),
        ("Prefix", "/<script>"),
        ("Prefix", "/%2e%2e"),
        ("Prefix", "/kg?x"),
        ("Prefix", "/" + "x" * 256),
    ],
)
def test_what_is_no_host_or_path_is_refused(server: Server, name: str, value: str) -> None:
    reply = get(server, "/", HTML, **{name: value})
    assert reply.status == 400
    assert f"Invalid X-Forwarded-{name}" in reply.body.decode()
    assert value not in reply.body.decode()


def test_of_several_values_the_last_is_that_of_the_proxy(server: Server) -> None:
    reply = get(server, "/sparql", TURTLE, Host="evil.example, a.example", Prefix="/evil, /kg")
    assert b"<http://a.example/kg/sparql>" in reply.body
    assert b"evil" not in reply.body


def test_an_empty_value_is_none(server: Server) -> None:
    assert get(server, "/", HTML, Host="", Prefix="").body == get(server, "/", HTML).body


def test_the_prefix_replaces_that_of_the_command_line(small_path: Path) -> None:
    with running(small_path, "--root-path=/kg", PROXIES="127.0.0.1") as server:
        assert b'href="/kg/sparql"' in get(server, "/", HTML).body
        page = get(server, "/", HTML, Prefix="/other").body
        assert b'href="/other/sparql"' in page
        assert b'"/kg/' not in page
        assert b'href="/sparql"' in get(server, "/", HTML, Prefix="/").body


@pytest.mark.parametrize("proxies", ["192.0.2.1", ""])
def test_who_is_no_trusted_proxy_changes_nothing(small_path: Path, proxies: str) -> None:
    forged = {
        "Host": "evil.example", "Prefix": "/evil", "Proto": "https", "For": "192.0.2.9",
        "Port": "1", "Server": "evil.example",
    }  # fmt: skip
    with running(small_path, PROXIES=proxies) as server:
        for path, headers in (("/", HTML), ("/sparql", TURTLE), ("/id/country/KHM", HTML)):
            plain, found = get(server, path, headers), get(server, path, headers, **forged)
            assert (found.status, found.body) == (plain.status, plain.body)
            assert found.headers.get("Location") == plain.headers.get("Location")
        assert get(server, "/", HTML, Prefix="//evil.example", Host="<script>").status == 200


def test_refused_headers_are_counted(small_path: Path) -> None:
    with running(small_path) as server:
        get(server, "/", HTML, Host="<script>")
        metrics = httpx.get(f"{server.url}/metrics").text
    assert 'accsm_requests_total{path="home",status="400"} 1.0' in metrics
