"""The page of the coverage: its numbers, filters, formats and pictures."""

import csv
import json
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import httpx
import pytest
from accsm_server.pages.coverage import drawn
from pages.conftest import get, triples
from pyoxigraph import NamedNode, Store
from serving import running

from accsm_kg.coverage import Selection, render
from accsm_kg.coverage.model import coverage, load, select
from accsm_kg.namespaces import BASE, prefixes, term
from accsm_kg.query import look_up


@pytest.fixture(scope="module")
def of_known(known_path: Path) -> Iterator[httpx.Client]:
    with running(known_path) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        yield client


def test_of_more_projects_than_can_be_drawn_one_plan_is_shown(
    client: httpx.Client, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = look_up(store, load("targets"))
    assert drawn(whole, Selection()) == select(whole, Selection())
    monkeypatch.setattr("accsm_server.pages.coverage._MOST_DRAWN", len(whole.projects) - 1)
    plan, *others = whole.plans
    assert drawn(whole, Selection()) == select(whole, Selection(plan=plan))
    page = get(client, f"/coverage?{urlencode({'plan': plan})}").text
    assert f"These are the projects of the {plan}. Other plans: " in page
    for other in others:
        assert f'<a href="/coverage?{urlencode({"plan": other})}">{other}</a>' in page


def picture(page: str) -> ElementTree.Element:
    found = re.search(r'<svg [^>]*class="matrix".*?</svg>', page, re.DOTALL)
    assert found is not None
    return ElementTree.fromstring(found[0])


def count(store: Store, text: str) -> int:
    results: Any = store.query(text, prefixes=prefixes())
    return int(next(results)[0].value)


def test_the_page_of_the_known_record(of_known: httpx.Client) -> None:
    page = get(of_known, "/coverage").text
    assert "41 projects, 17 measures and action lines, 132 links." in page
    assert "Completion is as printed in April 2017" in page
    marks = {
        "an activity marked completed": 4,
        "dated, nothing marked completed": 32,
        "yearly only": 2,
        "time not stated or to be determined": 3,
    }
    for text, number in marks.items():
        assert re.search(rf'{text}[^<]*<span class="count">\({number}\)', page)
    for number, text in (
        ("7", "of 17 measures and action lines have no project with an activity marked completed"),
        ("3", "of 41 projects state no time, or one to be determined"),
        ("16", "of 41 projects support no action line"),
        ("2", "of 41 projects cite no measure"),
        ("11", "of 41 projects state no budget"),
        ("1", "of 41 projects has a budget to be determined"),
        ("17", "of 41 projects name no potential partner"),
        ("1", "of 10 ASEAN Member States coordinates no project"),
        ("1", "of 7 thematic areas has no project"),
        (
            "1",
            "of 5 priority areas has the fewest projects, 2: Priority area D: "
            "ASEAN Resource Centres",
        ),
        ("10", "of 10 values of key performance indicators are left blank"),
    ):
        assert f"<strong>{number}</strong> <span>{text}</span>" in page


def test_each_number_of_the_page_equals_its_query(client: httpx.Client, store: Store) -> None:
    links = count(store, "SELECT (COUNT(*) AS ?n) { ?p accsm:supports ?target }")
    projects = count(store, "SELECT (COUNT(DISTINCT ?p) AS ?n) { ?p accsm:supports ?target }")
    page = get(client, "/coverage").text
    assert f", {links} links." in page
    drawn = picture(page)
    cells = [link for link in drawn.iter("a") if link.get("tabindex") == "-1"]
    assert len(cells) == links
    assert len(drawn.findall("a[@data-row='0']")) >= projects
    for code, total, done in re.findall(
        r'class="code">([^<]+)</span>.*?<strong>(\d+) projects?</strong>, (\w+)', page
    ):
        linked = f'?p accsm:supports ?t . ?t skos:notation "{code}"'
        completed = "?p accsm:hasOccurrence/accsm:occurrenceStatus accsm-v:completed"
        assert int(total) == count(store, f"SELECT (COUNT(DISTINCT ?p) AS ?n) {{ {linked} }}")
        found = count(store, f"SELECT (COUNT(DISTINCT ?p) AS ?n) {{ {linked} . {completed} }}")
        assert done == (str(found) if found else "none")


def test_cells_lead_to_the_words_behind_them(client: httpx.Client) -> None:
    drawn = picture(get(client, "/coverage").text)
    address = "/doc/project/2016-2020/33/support/apsc-A.2.2.iv"
    (cell,) = (link for link in drawn.iter("a") if link.get("href") == address)
    assert "Also supports A.2.2.i" in (cell.findtext("title") or "")
    assert "A.2.2.iv and A.2.2.vi" in get(client, address).text
    assert drawn.get("data-grid") is not None


def test_the_table_has_a_row_for_each_link(of_known: httpx.Client) -> None:
    page = get(of_known, "/coverage").text
    (table,) = re.findall(r"<table.*?</table>", page, re.DOTALL)
    assert table.count("<tr>") == 133
    assert "<caption" in table
    themes = get(of_known, "/coverage?rows=themes").text
    assert '<td colspan="5">no project</td>' in themes


def test_a_filter_is_shown_and_can_be_removed(of_known: httpx.Client) -> None:
    page = get(of_known, "/coverage?country=THA&order=links").text
    assert "8 of 41 projects, 17 measures and action lines" in page
    assert (
        'href="/coverage?order=links" aria-label="Remove the filter: Coordinated by Thailand"'
        in page
    )
    assert '<option value="THA" selected>Thailand (8)</option>' in page
    lower = get(of_known, "/coverage?country=tha&order=links").text
    assert "8 of 41 projects" in lower


def test_an_empty_selection_names_the_filter_and_the_way_out(of_known: httpx.Client) -> None:
    answer = get(of_known, "/coverage?rows=areas&country=VNM")
    assert answer.status_code == 200
    assert "None of the 41 projects is coordinated by Viet Nam." in answer.text
    assert '<a href="/coverage?rows=areas">Show all</a>' in answer.text
    assert 'class="matrix"' not in answer.text


def test_gap_cards_lead_to_what_they_count(of_known: httpx.Client) -> None:
    page = get(of_known, "/coverage").text
    cards = re.findall(r'class="gap" href="([^"]+)"><strong>(\d+)</strong>', page)
    assert len(cards) == 11
    for href, number in cards:
        answer = get(of_known, href.replace("&amp;", "&"))
        assert answer.status_code == 200
        if href.startswith("/coverage"):
            assert re.search(rf"<p>({number} of \d+ \w|[^<]*, {number} of \d+ \w)", answer.text)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("rows=x", "'x' is no value of rows; choose one of: targets, areas, themes"),
        ("order=x", "'x' is no value of order; choose one of: number, links, time, coordinator"),
        ("country=XX", "'XX' is no value of country; choose one of: BRN, KHM, "),
        ("gap=x", "'x' is no value of gap; choose one of: targets-without-completion, "),
    ],
)
def test_an_unknown_value_is_a_bad_request_in_words(
    client: httpx.Client, query: str, message: str
) -> None:
    for path in (f"/coverage?{query}", f"/coverage.svg?{query}", f"/coverage.ttl?{query}"):
        answer = client.get(path, headers={"Accept": "text/plain, */*;q=0.1"})
        assert answer.status_code == 400
        assert message in answer.text
    assert message in get(client, f"/coverage?{query}").text.replace("&#39;", "'")


@pytest.mark.parametrize("name", ["csv", "json", "svg"])
def test_files_are_those_of_the_command_line(client: httpx.Client, store: Store, name: str) -> None:
    found = look_up(store, coverage(Selection("areas", country="KHM")))
    media = {"csv": "text/csv", "json": "application/json", "svg": "image/svg+xml"}[name]
    query = "rows=areas&country=KHM"
    by_suffix = client.get(f"/coverage.{name}?{query}")
    assert by_suffix.text == render.write(found, name)
    assert by_suffix.headers["Content-Type"].startswith(media)
    assert client.get(f"/coverage?{query}&format={name}").content == by_suffix.content
    assert get(client, f"/coverage?{query}", media).content == by_suffix.content


def test_the_files_have_the_same_links_as_the_page(of_known: httpx.Client) -> None:
    rows = list(csv.DictReader(StringIO(of_known.get("/coverage.csv").text)))
    document = json.loads(of_known.get("/coverage.json").text)
    root = ElementTree.fromstring(of_known.get("/coverage.svg").content)
    hrefs = {link.get("href") for link in root.iter("{http://www.w3.org/2000/svg}a")}
    links = {row["link"] for row in rows}
    assert len(links) == document["links"] == 132
    assert links < hrefs


@pytest.mark.parametrize(
    ("rows", "kind"), [("targets", "accsm:SupportLink"), ("areas", "accsm:Evidence")]
)
def test_turtle_has_what_is_said_of_the_links(client: httpx.Client, rows: str, kind: str) -> None:
    query = f"rows={rows}&country=KHM"
    found = triples(client.get(f"/coverage.ttl?{query}"))
    rows_of = csv.DictReader(StringIO(client.get(f"/coverage.csv?{query}").text))
    links = {NamedNode(row["link"]) for row in rows_of if row["link"]}
    typed = {t.subject for t in found if t.predicate == term("rdf:type") and t.object == term(kind)}
    assert typed == links != set()


def test_other_suffixes_and_formats_are_refused(client: httpx.Client) -> None:
    assert get(client, "/coverage.png").status_code == 404
    assert get(client, "/coverage?format=xlsx").status_code == 406
    link = get(client, "/coverage?rows=areas").headers["Link"]
    assert '</coverage?rows=areas&format=svg>; rel="alternate"; type="image/svg+xml"' in link


def test_a_page_below_a_root_path_has_its_links_there(known_path: Path) -> None:
    with running(known_path, "--root-path=/kg") as server:
        answer = httpx.get(f"{server.url}/coverage", headers={"Accept": "text/html"})
    assert answer.status_code == 200
    assert 'href="/kg/coverage?gap=' in answer.text
    assert not re.search(r'(href|action)="/(?!kg[/"])', answer.text)


def test_another_dataset_has_an_empty_page(tmp_path: Path) -> None:
    file = tmp_path / "data.ttl"
    file.write_text("<http://example.org/a> <http://example.org/b> 'c' .")
    with running(file) as server:
        answer = httpx.get(f"{server.url}/coverage", headers={"Accept": "text/html"})
        files = [
            httpx.get(f"{server.url}/coverage.{name}") for name in ("csv", "json", "svg", "ttl")
        ]
    assert answer.status_code == 200
    assert "The dataset has no projects in work plans." in answer.text
    assert "<h2" not in answer.text.partition('class="foot"')[0]
    assert [each.status_code for each in files] == [200] * 4


def test_no_style_attribute_or_script_is_in_the_page(client: httpx.Client) -> None:
    page = get(client, "/coverage").text
    assert " style=" not in page
    assert BASE not in picture(page).attrib.values()
