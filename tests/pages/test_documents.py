"""Linked data: every IRI redirects to a document, whose links lead to the others."""

import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin

import httpx
import pytest
from pages.conftest import FORMATS, get
from project import ROOT
from pyoxigraph import NamedNode, RdfFormat, Store, parse
from serving import held_port, running

from accsm_kg.build import assemble
from accsm_kg.namespaces import BASE, CONVENTIONS, QUERIES, prefixes
from accsm_kg.rdf import dataset

PROJECT = "project/2016-2020/6"
MEDIA = {name: form.media_type for name, form in FORMATS.items()} | {"html": "text/html"}
ACCSM = prefixes()["accsm"]
#: Paths with a slash at the end that are no documents, and to which they redirect.
SLASHED = {
    "/sparql/": "/sparql",
    "/sparql/?query=ASK%20%7B%7D": "/sparql?query=ASK%20%7B%7D",
    "/questions/": "/questions",
    "/questions/months/": "/questions/months",
    "/ontology/": "/ontology",
    "/dataset/": "/dataset",
    "/browse/Evidence/?page=2": "/browse/Evidence?page=2",
    "/questions/%6Donths/": "/questions/%6Donths",
    "/.well-known/void/": "/.well-known/void",
}
THINGS = [
    PROJECT,
    "action-line/apsc-2025/A.2.2.iv",
    "project/2016-2020/6/support/apsc-A.2.2.iv",
    "evidence/001/L92/c1",
    "country/KHM",
    "concept/not-stated",
    "source/001",
]


@pytest.mark.parametrize("path", SLASHED)
def test_a_slash_at_the_end_redirects_to_the_page(client: httpx.Client, path: str) -> None:
    answer = get(client, path)
    assert (answer.status_code, answer.headers["Location"]) == (308, SLASHED[path])
    assert get(client, SLASHED[path]).status_code == 200


@pytest.mark.parametrize("path", ["/questions/..%2f", "/questions/%2e%2e/", "/trace/A.1%2F"])
def test_only_a_slash_as_it_was_sent_redirects(client: httpx.Client, path: str) -> None:
    assert get(client, path).status_code != 308


def test_a_query_may_be_posted_to_the_endpoint_with_a_slash(client: httpx.Client) -> None:
    answer = client.post("/sparql/", data={"query": "ASK {}"}, follow_redirects=True)
    assert answer.json()["boolean"] is True


@pytest.mark.parametrize(
    "path", ["/id/country/KHM/", "/doc/country/KHM/", "/graph/vocab/", "/nothing/", "/sparql//"]
)
def test_other_addresses_keep_their_slash(client: httpx.Client, path: str) -> None:
    assert get(client, path).status_code == 404


@pytest.mark.parametrize("thing", THINGS)
def test_a_resource_redirects_to_its_document(client: httpx.Client, thing: str) -> None:
    answer = get(client, f"/id/{thing}")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/doc/{thing}")
    assert answer.headers["Vary"] == "Accept"
    assert (
        f'</doc/{thing}?format=ttl>; rel="alternate"; type="text/turtle"' in answer.headers["Link"]
    )


ANY = {"Accept": "*/*"}


@pytest.mark.parametrize("thing", THINGS)
@pytest.mark.parametrize("name", MEDIA)
def test_a_document_is_chosen_by_accept_suffix_or_parameter(
    client: httpx.Client, thing: str, name: str
) -> None:
    answers = [
        get(client, f"/doc/{thing}", MEDIA[name]),
        get(client, f"/doc/{thing}.{name}", "image/png"),
        get(client, f"/doc/{thing}?format={name}", "image/png"),
        get(client, f"/doc/{thing}?output={name}", "image/png"),
        client.get(f"/id/{thing}.{name}", headers=ANY, follow_redirects=True),
        client.get(f"/id/{thing}?output={name}", headers=ANY, follow_redirects=True),
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].split(";")[0] == MEDIA[name]
        assert 'rel="alternate"' in answer.headers["Link"]
    assert len({answer.text for answer in answers}) == 1


@pytest.mark.parametrize("name", FORMATS)
def test_a_document_has_both_directions_and_labels(
    client: httpx.Client, store: Store, name: str
) -> None:
    body = get(client, f"/doc/{PROJECT}.{name}").content
    found = {q.triple for q in parse(body, format=FORMATS[name])}
    project = NamedNode(f"{BASE}id/{PROJECT}")
    expected = list(store.quads_for_pattern(project, None, None)) + list(
        store.quads_for_pattern(None, None, project)
    )
    assert {quad.triple for quad in expected} <= found
    label = NamedNode(prefixes()["rdfs"] + "label")
    singapore = NamedNode(f"{BASE}id/country/SGP")
    assert any(t.subject == singapore and t.predicate == label for t in found)


def test_what_only_another_graph_than_the_default_describes_answers(client: httpx.Client) -> None:
    path = f"/{QUERIES}/projects-supporting-action-line/line"
    for accept in ("text/html", "text/turtle"):
        answer = client.get(path, headers={"Accept": accept}, follow_redirects=True)
        assert answer.status_code == 200
        assert "A.2.2.iv" in answer.text


def test_turtle_is_sorted_and_declares_used_prefixes_only(client: httpx.Client) -> None:
    first, second = (get(client, f"/doc/{PROJECT}.ttl").text for _ in range(2))
    assert first == second
    assert "@prefix vann:" not in first
    assert not re.search(f"<{ACCSM}\\w", first)


@pytest.mark.parametrize("path", ["/id/nothing", "/doc/nothing", "/doc/nothing.ttl", "/doc/",
                                  "/graph/nothing", "/ontology/9.9", "/ontology.pdf", "/nothing",
                                  "/questions/nothing", "/browse/Nothing", "/doc/a b>c",
                                  "/dataset/class/nothing", "/doc/%3E%7B",
                                  "/static/nothing.css"])  # fmt: skip
@pytest.mark.parametrize("accept", ["text/html", "text/turtle", "application/ld+json"])
def test_unknown_paths_are_answered_404(client: httpx.Client, path: str, accept: str) -> None:
    answer = get(client, path, accept)
    assert answer.status_code == 404
    kind = answer.headers["Content-Type"]
    expected = {"text/html": "text/html", "text/turtle": "text/plain"}
    assert kind.startswith(expected.get(accept, "application/problem+json"))


@pytest.mark.parametrize("path", [f"/doc/{PROJECT}", "/ontology", "/graph/vocab", "/shapes"])
def test_an_unavailable_format_is_answered_406(client: httpx.Client, path: str) -> None:
    assert get(client, path, "image/png").status_code == 406


def links(page: httpx.Response) -> set[str]:
    found = (urljoin(str(page.url), link.replace("&amp;", "&")) for link in LINK.findall(page.text))
    here = f"{page.url.scheme}://{page.url.netloc.decode()}"
    return {urldefrag(link)[0].removeprefix(here) for link in found if link.startswith(f"{here}/")}


LINK = re.compile(r'(?:href|src)="([^"#][^"]*)"')


def test_no_link_is_broken(client: httpx.Client, described: dict[str, Any]) -> None:
    found = linked(client, described)
    assert len(found) > 100
    accept = {"Accept": "text/html"}
    assert [link for link in sorted(found) if client.head(link, headers=accept).is_error] == []


def test_every_link_has_the_prefix_that_a_proxy_strips(
    client: httpx.Client, dataset_path: Path, described: dict[str, Any]
) -> None:
    with (
        running(dataset_path, "--root-path=/kg") as server,
        httpx.Client(base_url=server.url) as other,
    ):
        assert linked(other, described) == {f"/kg{link}" for link in linked(client, described)}
        assert get(other, "/questions/").headers["Location"] == "/kg/questions"


def linked(client: httpx.Client, described: dict[str, Any]) -> set[str]:
    """Return the paths, with parameters, to which pages of every kind link."""
    html = [
        path
        for path, operation in described.items()
        if "text/html" in operation["responses"]["200"]["content"]
        and "303" not in operation["responses"]
    ]
    found: set[str] = set()
    for path in [*html, *(f"/doc/{thing}" for thing in THINGS)]:
        page = client.get(path, headers={"Accept": "text/html"})
        assert page.status_code == 200, path
        found |= links(page)
    return found


@pytest.fixture
def port() -> Iterator[int]:
    with held_port() as port:
        yield port


def test_a_client_that_follows_turtle_reaches_all_resources(tmp_path: Path, port: int) -> None:
    base = f"http://127.0.0.1:{port}/"
    path = assemble.write(assemble.assemble(ROOT, base), tmp_path, base)[0]
    store = dataset.load(path, CONVENTIONS)
    kind = NamedNode(prefixes(base)["rdf"] + "type")
    expected = set()
    for name in ("Project", "StrategicMeasure", "ActionLine", "Country", "ResourceCentre"):
        members = store.quads_for_pattern(None, kind, NamedNode(f"{base}ontology#{name}"))
        found = {quad.subject.value for quad in members}  # type: ignore[union-attr]
        assert found, name
        expected |= found
    with running(path, port=port), httpx.Client(follow_redirects=True) as client:
        reached = crawl(client, f"{base}id/{PROJECT}", base, set(expected))
    assert expected <= reached


def crawl(client: httpx.Client, start: str, base: str, expected: set[str]) -> set[str]:
    """Follow the IRIs in Turtle, the expected ones first, until all of these were fetched."""
    seen, ahead, reached = {start}, deque([start]), set()
    while ahead and not expected <= reached:
        iri = ahead.popleft()
        answer = client.get(iri, headers={"Accept": "text/turtle"})
        assert answer.status_code == 200, iri
        reached.add(iri)
        for quad in parse(answer.content, format=RdfFormat.TURTLE):
            for term in (quad.subject, quad.predicate, quad.object):
                link = term.value if isinstance(term, NamedNode) else ""
                if link.startswith((f"{base}id/", f"{base}graph/")) and link not in seen:
                    seen.add(link)
                    (ahead.appendleft if link in expected else ahead.append)(link)
    return reached
