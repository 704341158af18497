"""Properties of all pages."""

import html
import re
from pathlib import Path

import httpx
import pytest
from accsm_server.pages import render
from accsm_server.pages.terms import TermView
from markupsafe import Markup
from pages.conftest import get
from project import ROOT
from pyoxigraph import Store
from serving import running

PROJECT = "project/2016-2020/6"


def test_every_page_is_safe_and_loads_nothing_from_elsewhere(client: httpx.Client) -> None:
    for path in ("/", f"/doc/{PROJECT}", "/questions", "/sparql", "/nothing", "/ontology"):
        answer = get(client, path)
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        own = r"<script(?! type=.application/ld\+json.>)(?! type=.module. src=./static/)"
        assert not re.search(own, answer.text)
        assert not re.search(r"<style|\sstyle=|\son\w+=", answer.text)
        assert not re.search(r'(?:src|action)="https?:', answer.text)
        assert "CC BY 4.0" in answer.text


def test_every_page_tells_search_engines_what_it_is_about(client: httpx.Client) -> None:
    question = "/questions/projects-supporting-action-line"
    paths = ["/", "/questions", "/ontology", "/shapes", "/dataset", "/browse", "/browse/Evidence"]
    paths += [f"/doc/{PROJECT}", "/graph/vocab", question]
    meta = re.compile(r'<meta name="description" content="([^"]+)">')
    texts = {path: meta.findall(get(client, path).text) for path in paths}
    assert {len(found) for found in texts.values()} == {1}
    assert len({found[0] for found in texts.values()}) == len(paths)
    assert all(len(found[0]) > 30 for found in texts.values())


@pytest.mark.parametrize(
    "path",
    ["/", "/browse", "/browse/Evidence", "/conformance", "/coverage", "/dataset", "/graph/vocab",
     "/ontology", "/projects", "/questions", "/search?q=gender", "/shapes", "/timeline",
     "/trace/33", f"/doc/{PROJECT}", "/questions/projects-supporting-action-line"],
)  # fmt: skip
def test_every_page_names_its_formats_in_its_head(client: httpx.Client, path: str) -> None:
    head = get(client, path).text.partition("</head>")[0]
    found = re.findall(r'<link rel="alternate" type="([^"]*)" href="([^"]*)">', head)
    assert found
    for media_type, href in found:
        answer = client.head(html.unescape(href))
        assert answer.headers["Content-Type"].partition(";")[0] == media_type


@pytest.mark.parametrize(
    "path", sorted((ROOT / "server/accsm_server/pages/queries").glob("*.rq")), ids=lambda p: p.stem
)
def test_every_query_file_is_valid_and_used(path: Path) -> None:
    Store().query(path.read_text())
    assert path.read_text().startswith("#+ summary: ")
    code = "".join(file.read_text() for file in (ROOT / "server").rglob("*.py"))
    assert f'"{path.stem}"' in code


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_error_below_static_links_to_pages(client: httpx.Client, method: str) -> None:
    answer = client.request(method, "/static/nothing.css", headers={"Accept": "text/html"})
    assert answer.status_code == (404 if method == "GET" else 405)
    assert 'href="/browse"' in answer.text
    assert "/static/static" not in answer.text


def test_the_licence_is_that_of_the_dataset_or_none(client: httpx.Client, tmp_path: Path) -> None:
    page = get(client, f"/doc/{PROJECT}").text.partition("<footer")[2]
    assert '<a href="https://creativecommons.org/licenses/by/4.0/" rel="license external">' in page
    assert "Not an ASEAN publication" in page
    path = tmp_path / "data.ttl"
    path.write_text('<https://example.org/x> <http://purl.org/dc/terms/title> "x" .')
    with running(path) as server, httpx.Client(base_url=server.url) as other:
        for address in ("/", "/browse", "/sparql", "/nothing"):
            page = get(other, address).text
            assert "accsm-kg" in page.partition("<footer")[2]
            for claim in ("CC BY", "ASEAN Secretariat", "record of the ASEAN", 'rel="license'):
                assert claim not in page, (address, claim)


def test_a_macro_is_not_remembered_for_long_values() -> None:
    run: list[int] = []

    def macro(*values: object) -> Markup:
        run.append(len(values))
        return Markup("made")

    remembered = render._remembered(macro)
    short, long = TermView("a", marks=("b",)), TermView("a" * 5000)
    for _ in range(3):
        for values in ((short, "name"), ([short, short],), (long, "name"), ([short, long],)):
            assert remembered(*values) == "made"
    assert len(run) == 2 + 3 * 2
