"""Linked data: every IRI leads to a document, and every document leads on."""

import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urldefrag, urljoin, urlsplit

import httpx
import pytest
from pyoxigraph import NamedNode, RdfFormat, Store, parse
from serving import ROOT, held_port, running

from accsm_kg.build import assemble
from accsm_kg.namespaces import BASE, CONVENTIONS, prefixes
from accsm_kg.rdf import dataset

PROJECT = "project/2016-2020/6"
FORMATS = {
    "ttl": RdfFormat.TURTLE,
    "jsonld": RdfFormat.JSON_LD,
    "nt": RdfFormat.N_TRIPLES,
    "rdf": RdfFormat.RDF_XML,
}
MEDIA = {name: form.media_type for name, form in FORMATS.items()} | {"html": "text/html"}
ACCSM = prefixes()["accsm"]
THINGS = [
    PROJECT,
    "action-line/apsc-2025/A.2.2.iv",
    "project/2016-2020/6/support/apsc-A.2.2.iv",
    "evidence/001/L92/c1",
    "country/KHM",
    "concept/not-stated",
    "source/001",
]


def get(client: httpx.Client, path: str, accept: str = "text/html") -> httpx.Response:
    return client.get(path, headers={"Accept": accept})


@pytest.mark.parametrize("thing", THINGS)
def test_a_thing_leads_to_its_document(client: httpx.Client, thing: str) -> None:
    answer = get(client, f"/id/{thing}")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/doc/{thing}")
    assert answer.headers["Vary"] == "Accept"
    assert (
        f'</doc/{thing}?format=ttl>; rel="alternate"; type="text/turtle"' in answer.headers["Link"]
    )


@pytest.mark.parametrize("thing", THINGS)
@pytest.mark.parametrize("name", MEDIA)
def test_a_document_by_accept_suffix_and_parameter(
    client: httpx.Client, thing: str, name: str
) -> None:
    answers = [
        get(client, f"/doc/{thing}", MEDIA[name]),
        get(client, f"/doc/{thing}.{name}", "image/png"),
        get(client, f"/doc/{thing}?format={name}", "image/png"),
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].split(";")[0] == MEDIA[name]
        assert 'rel="alternate"' in answer.headers["Link"]
    assert len({answer.text for answer in answers}) == 1


@pytest.mark.parametrize("name", FORMATS)
def test_a_document_says_both_ways_with_labels(
    client: httpx.Client, store: Store, name: str
) -> None:
    body = get(client, f"/doc/{PROJECT}.{name}").content
    said = {q.triple for q in parse(body, format=FORMATS[name])}
    this = NamedNode(f"{BASE}id/{PROJECT}")
    known = list(store.quads_for_pattern(this, None, None)) + list(
        store.quads_for_pattern(None, None, this)
    )
    assert {quad.triple for quad in known} <= said
    label = NamedNode(prefixes()["rdfs"] + "label")
    singapore = NamedNode(f"{BASE}id/country/SGP")
    assert any(t.subject == singapore and t.predicate == label for t in said)


def test_turtle_is_tidy(client: httpx.Client) -> None:
    first, second = (get(client, f"/doc/{PROJECT}.ttl").text for _ in range(2))
    assert first == second
    assert "@prefix vann:" not in first
    assert not re.search(f"<{ACCSM}\\w", first)


@pytest.mark.parametrize("path", ["/id/nothing", "/doc/nothing", "/doc/nothing.ttl", "/doc/",
                                  "/graph/nothing", "/ontology/9.9", "/ontology.pdf", "/nothing",
                                  "/questions/nothing", "/browse/Nothing", "/doc/a b>c",
                                  "/doc/%3E%7B", "/static/nothing.css"])  # fmt: skip
@pytest.mark.parametrize("accept", ["text/html", "text/turtle", "application/ld+json"])
def test_the_unknown_is_said_to_be_so(client: httpx.Client, path: str, accept: str) -> None:
    answer = get(client, path, accept)
    assert answer.status_code == 404
    kind = answer.headers["Content-Type"]
    expected = {"text/html": "text/html", "text/turtle": "text/plain"}
    assert kind.startswith(expected.get(accept, "application/problem+json"))


@pytest.mark.parametrize("path", [f"/doc/{PROJECT}", "/ontology", "/graph/vocab", "/shapes"])
def test_nothing_acceptable(client: httpx.Client, path: str) -> None:
    assert get(client, path, "image/png").status_code == 406


def links(page: httpx.Response) -> set[str]:
    found = (urljoin(str(page.url), link.replace("&amp;", "&")) for link in LINK.findall(page.text))
    here = urlsplit(str(page.url)).netloc
    return {urldefrag(link)[0] for link in found if urlsplit(link).netloc == here}


LINK = re.compile(r'(?:href|src)="([^"#][^"]*)"')


@pytest.mark.parametrize("prefix", ["", "/kg"])
def test_no_link_is_broken_also_behind_a_prefix(dataset_path: Path, prefix: str) -> None:
    options = [f"--root-path={prefix}"] if prefix else []
    with running(dataset_path, *options) as server, httpx.Client() as client:
        accept = {"Accept": "text/html"}
        strip = f"{server.url}{prefix}"
        pages = ["/", "/browse", "/ontology", "/shapes", "/questions", "/sparql", "/graph/vocab",
                 "/dataset", "/conformance",
                 "/questions/projects-supporting-action-line", "/browse/Project", "/doc/source/001",
                 "/browse/Evidence", *(f"/doc/{thing}" for thing in THINGS)]  # fmt: skip
        found: set[str] = set()
        for path in pages:
            page = client.get(server.url + path, headers=accept)
            assert page.status_code == 200, path
            found |= links(page)
        for link in sorted(found):
            assert link.startswith(strip), link
            # what a proxy does that strips the prefix
            answer = client.head(server.url + link.removeprefix(strip), headers=accept)
            assert answer.status_code == 200, link


@pytest.fixture
def port() -> Iterator[int]:
    with held_port() as port:
        yield port


def test_a_client_that_follows_turtle_reaches_everything(tmp_path: Path, port: int) -> None:
    base = f"http://127.0.0.1:{port}/"
    path = assemble.write(assemble.assemble(ROOT, base), tmp_path, base)[0]
    store = dataset.load(path, CONVENTIONS)
    kind = NamedNode(prefixes(base)["rdf"] + "type")
    wanted = {
        quad.subject.value  # type: ignore[union-attr]
        for name in ("Project", "StrategicMeasure", "ActionLine", "Country", "ResourceCentre")
        for quad in store.quads_for_pattern(None, kind, NamedNode(f"{base}ontology#{name}"))
    }
    assert len(wanted) == 41 + 13 + 4 + 14 + 10
    with running(path, port=port), httpx.Client(follow_redirects=True) as client:
        reached = crawl(client, f"{base}id/{PROJECT}", base, set(wanted))
    assert wanted <= reached


def crawl(client: httpx.Client, start: str, base: str, wanted: set[str]) -> set[str]:
    """Follow what Turtle says until everything wanted was fetched."""
    seen, ahead, reached = {start}, deque([start]), set()
    while ahead and not wanted <= reached:
        iri = ahead.popleft()
        answer = client.get(iri, headers={"Accept": "text/turtle"})
        assert answer.status_code == 200, iri
        reached.add(iri)
        for quad in parse(answer.content, format=RdfFormat.TURTLE):
            for term in (quad.subject, quad.predicate, quad.object):
                link = term.value if isinstance(term, NamedNode) else ""
                if link.startswith((f"{base}id/", f"{base}graph/")) and link not in seen:
                    seen.add(link)
                    ahead.append(link)
    return reached
