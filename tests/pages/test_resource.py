"""The page about one resource: its statements with evidence, issues and referrers."""

import re
from pathlib import Path

import httpx
from pages.conftest import get
from pyoxigraph import DefaultGraph, NamedNode, Store
from serving import running

from accsm_kg.namespaces import BASE, term

PROJECT = "project/2016-2020/6"


def test_a_page_shows_labels_evidence_and_graphs(client: httpx.Client) -> None:
    page = get(client, f"/doc/{PROJECT}").text
    assert ">Project 6: Leaders in E-Government: Towards Citizen-Centric Public Service" in page
    assert f"<code data-copy>{BASE}id/{PROJECT}</code>" in page
    assert '<a href="/doc/action-line/apsc-2025/A.2.2.iv"' in page
    words = "A.2.iii E.1.i E.2.iv Also supports A.2.2.iv of the APSC Blueprint 2025"
    assert f"<blockquote>{words}</blockquote>" in page
    assert "Work plan table, project 6" in page
    assert '<a class="graph" href="/doc/source/001' in page
    assert '<a class="graph computed" href="/graph/inferred"' in page
    assert 'rel="alternate" type="text/turtle"' in page


def test_a_page_shows_issues(client: httpx.Client) -> None:
    page = get(client, "/doc/project/2016-2020/38").text
    assert "Read with care" in page
    assert "<strong>Read as:</strong>" in page
    assert re.search(r'class="confidence">(certain|probable|open)<', page)


def test_what_changes_no_conclusion_is_folded_at_the_end(client: httpx.Client) -> None:
    page = get(client, "/doc/project/2016-2020/11").text
    top, end = page.split("All statements</h2>", 1)
    assert "Priority area E: three words outweigh one character" in top
    assert "F is a residue of the scan" not in top
    assert "F is a residue of the scan" in end[end.index("Notes on the printed text") :]


def test_no_box_stands_for_a_reading_without_words(client: httpx.Client) -> None:
    page = get(client, "/doc/document/asean-declaration-role-of-civil-service-2017").text
    assert page.count("<article") == page.count("<strong>Read as:</strong>") > 0


def test_a_page_shows_referrers(client: httpx.Client, store: Store) -> None:
    line = NamedNode(f"{BASE}id/action-line/apsc-2025/A.2.2.iv")
    page = get(client, "/doc/action-line/apsc-2025/A.2.2.iv").text
    incoming = page[page.index("Referred to by") : page.index("<footer")]
    links = store.quads_for_pattern(None, term("accsm:alsoSupports"), line, DefaultGraph())
    count = len(list(links))
    assert re.search(rf'also supported by</a>\s*<span class="count">{count}</span>', incoming)
    for number in (6, 17, 30, 33, 35, 40):
        assert f'href="/doc/project/2016-2020/{number}"' in incoming


def test_a_long_list_of_referrers_continues_on_another_page(client: httpx.Client) -> None:
    page = get(client, "/doc/concept/certain").text
    link = re.search(r'href="([^"]*property=[^"]*page=2)">Show (\d+) more</a>', page)
    assert link
    more = get(client, link[1].replace("&amp;", "&"))
    assert more.status_code == 200
    assert 1 <= more.text.count("<li>") <= 100


def test_literals_are_shown_and_escaped(tmp_path: Path) -> None:
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


def test_the_first_of_many_values_are_shown(tmp_path: Path) -> None:
    file = tmp_path / "data.ttl"
    values = ", ".join(f'"v{number}"' for number in range(1, 103))
    file.write_text(f"<{BASE}id/a> <a:b> {values} .")
    with running(file) as server, httpx.Client(base_url=server.url) as client:
        page = get(client, "/doc/a").text
    assert all(f">v{number}<" in page for number in range(1, 101))
    assert ">v101<" not in page
    assert "2 more are in the other formats." in page


def test_the_first_project_of_a_plan_has_none_before_it(client: httpx.Client) -> None:
    page = get(client, "/doc/project/2016-2020/1").text
    tabs = re.search(
        r'<nav class="tabs" aria-label="Projects of the plan">(.*?)</nav>', page, re.DOTALL
    )
    assert tabs
    assert re.findall(r">(\w+: project \d+)</a>", tabs[1]) == ["Next: project 2"]
