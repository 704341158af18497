"""Linked data: every IRI leads to a document, and every document leads on."""

import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urldefrag, urljoin, urlsplit

import httpx
import pytest
from pyoxigraph import NamedNode, RdfFormat, Store, parse
from serving import ROOT, free_port, running

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


@pytest.fixture(scope="module")
def client(dataset_path: Path) -> Iterator[httpx.Client]:
    with running(dataset_path) as server, httpx.Client(base_url=server.url) as client:
        yield client


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


@pytest.mark.parametrize("path", ["/ontology", "/ontology/1.0.0", "/shapes", "/graph/source/001"])
@pytest.mark.parametrize("name", FORMATS)
def test_graphs_as_documents(client: httpx.Client, store: Store, path: str, name: str) -> None:
    graph = {"/ontology": "ontology", "/ontology/1.0.0": "ontology", "/shapes": "shapes"}
    said = parse(get(client, path, MEDIA[name]).content, format=FORMATS[name])
    where = NamedNode(f"{BASE}graph/{graph.get(path, 'source/001')}")
    assert len({str(q.triple) for q in said}) == len(
        list(store.quads_for_pattern(None, None, None, where))
    )


def test_a_page_shows_labels_evidence_and_graphs(client: httpx.Client) -> None:
    page = get(client, f"/doc/{PROJECT}").text
    assert "<h1>Leaders in E-Government: Towards Citizen-Centric Public Service" in page
    assert f"<code>{BASE}id/{PROJECT}</code>" in page
    assert '<a href="/doc/action-line/apsc-2025/A.2.2.iv"' in page
    words = "A.2.iii E.1.i E.2.iv Also supports A.2.2.iv of the APSC Blueprint 2025"
    assert f"<blockquote>{words}</blockquote>" in page
    assert "Work plan table, project 6" in page
    assert '<a class="graph" href="/graph/source/001"' in page
    assert '<a class="graph computed" href="/graph/inferred"' in page
    assert 'rel="alternate" type="text/turtle"' in page


def test_a_page_says_what_to_read_with_care(client: httpx.Client) -> None:
    page = get(client, "/doc/project/2016-2020/38").text
    assert "Read with care" in page
    assert "<strong>Read as:</strong>" in page
    assert re.search(r'class="confidence">(certain|probable|open)<', page)


def test_a_page_says_who_refers_to_it(client: httpx.Client) -> None:
    page = get(client, "/doc/action-line/apsc-2025/A.2.2.iv").text
    incoming = page[page.index("Referred to by") : page.index("<footer")]
    assert re.search(r'also supports</a>\s*<span class="count">6</span>', incoming)
    for number in (6, 17, 30, 33, 35, 40):
        assert f'href="/doc/project/2016-2020/{number}"' in incoming


def test_long_lists_are_cut_and_go_on(client: httpx.Client) -> None:
    page = get(client, "/doc/source/001").text
    link = re.search(r'href="([^"]*property=[^"]*page=2)">The other (\d+)</a>', page)
    assert link
    more = get(client, link[1].replace("&amp;", "&"))
    assert more.status_code == 200
    assert 1 <= more.text.count("<li>") <= 100


NO_PAGES = ["page=0", "page=x", "page=%C2%B2", f"page={'9' * 5000}", "property=not%20an%20iri"]


@pytest.mark.parametrize("query", NO_PAGES)
def test_pages_of_lists_that_are_none(client: httpx.Client, query: str) -> None:
    query = query if "property" in query else f"property={ACCSM}supports&{query}"
    assert get(client, f"/doc/{PROJECT}?{query.replace('#', '%23')}").status_code == 400


def test_the_home_page_counts_what_is_there(client: httpx.Client) -> None:
    page = get(client, "/").text
    assert "41 projects" in re.sub(r"\s+", " ", page)
    for path in ("/browse/WorkPlan", "/browse/Country", "/browse/ResourceCentre", "/questions"):
        assert f'href="{path}"' in page


def test_a_question_is_answered_with_links_and_its_query(client: httpx.Client) -> None:
    page = get(client, "/questions/projects-supporting-action-line").text
    for number in (6, 17, 30, 33, 35, 40):
        assert f'href="/doc/project/2016-2020/{number}"' in page
    assert page.count("<tr>") == 7
    assert "SELECT ?number ?title" in page
    assert 'href="/sparql?query=PREFIX' in page


def test_a_question_can_be_asked_of_another_value(client: httpx.Client) -> None:
    page = get(client, "/questions/projects-supporting-action-line?line=A.2.2.i").text
    assert page.count("<tr>") == 10
    assert '<option value="A.2.2.i" selected>' in page


def test_a_value_is_data_and_not_query(client: httpx.Client) -> None:
    path = '/questions/projects-supporting-action-line?line=") } } DROP ALL #'
    page = get(client, path)
    assert page.status_code == 200
    assert "0 rows" in page.text


def test_every_question_has_a_page(client: httpx.Client) -> None:
    paths = set(re.findall(r'href="(/questions/[^"]+)"', get(client, "/questions").text))
    assert len(paths) > 50
    for path in paths:
        assert get(client, path).status_code == 200, path


def test_every_page_is_safe_and_needs_nobody_else(client: httpx.Client) -> None:
    for path in ("/", f"/doc/{PROJECT}", "/questions", "/sparql", "/nothing", "/ontology"):
        answer = get(client, path)
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=", answer.text)
        assert not re.search(r'(?:src|action)="https?:', answer.text)
        assert "CC BY 4.0" in answer.text


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


def test_a_client_that_follows_turtle_reaches_everything(tmp_path: Path) -> None:
    port = free_port()
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


def test_the_api_is_described(client: httpx.Client) -> None:
    described = client.get("/openapi.json").json()
    assert {"/sparql", "/doc/{path}", "/id/{path}", "/questions/{name}"} <= set(described["paths"])
    assert {"get", "post"} <= set(described["paths"]["/sparql"])


def test_a_neighbours_dataset_is_served(tmp_path: Path) -> None:
    file = tmp_path / "data.ttl"
    file.write_text("<http://example.org/a> <http://example.org/b> 'c' .")
    with running(file) as server, httpx.Client(base_url=server.url) as client:
        for path in ("/", "/browse", "/questions", "/ontology", "/shapes", "/sparql"):
            assert get(client, path).status_code == 200
        answer = client.get("/sparql?query=SELECT * { ?s ?p ?o }", headers={"Accept": "text/csv"})
    assert answer.text.split("\r\n")[1] == "c,http://example.org/b,http://example.org/a"


def test_literals_of_any_kind_are_shown(tmp_path: Path) -> None:
    file = tmp_path / "data.ttl"
    uri = '"^^<http://www.w3.org/2001/XMLSchema#anyURI>'
    values = f'"5²", "x{"6" * 5000}", "javascript:alert(1){uri}, "https://example.org/a{uri}'
    file.write_text(f"<{BASE}id/a> <a:b> {values} .")
    with running(file) as server, httpx.Client(base_url=server.url) as client:
        page = get(client, "/doc/a").text
    assert "5²" in page
    assert 'href="https://example.org/a"' in page
    assert "javascript:alert(1)" in page
    assert 'href="javascript' not in page


def test_a_page_promises_no_more_rows_than_there_are(tmp_path: Path) -> None:
    file = tmp_path / "data.ttl"
    file.write_text("<a:a> <a:b> 1, 2, 3, 4 .")
    with running(file, ROWS="3") as server, httpx.Client(base_url=server.url) as client:
        page = get(client, "/sparql?query=SELECT * { ?s ?p ?o }").text
        assert "Only the first 3 rows are shown; the formats give up to 3." in page
        page = get(client, "/sparql?query=CONSTRUCT WHERE { ?s ?p ?o }").text
        assert "Only the first 3 triples are shown; the formats give up to 3." in page


@pytest.mark.parametrize(
    "path", sorted((ROOT / "server/accsm_server/pages/queries").glob("*.rq")), ids=lambda p: p.stem
)
def test_every_query_of_a_page_can_be_read_and_is_used(path: Path) -> None:
    Store().query(path.read_text())
    assert path.read_text().startswith("#+ summary: ")
    code = "".join(file.read_text() for file in (ROOT / "server").rglob("*.py"))
    assert f'"{path.stem}"' in code


def test_the_iris_of_stored_questions_lead_to_their_pages(client: httpx.Client) -> None:
    examples = "/.well-known/sparql-examples"
    assert get(client, examples).headers["Location"] == "/questions"
    assert b"SPARQLExecutable" in get(client, examples, "text/turtle").content
    answer = get(client, f"{examples}/projects-supporting-action-line")
    assert answer.headers["Location"] == "/questions/projects-supporting-action-line"
