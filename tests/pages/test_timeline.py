"""The page of the timeline and its files."""

import csv
import re
from dataclasses import replace
from io import StringIO
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from accsm_server.pages.timeline import drawn
from pages.conftest import get
from pyoxigraph import RdfFormat, Store, parse
from serving import running

from accsm_kg.query import look_up
from accsm_kg.timeline import Selection, run
from accsm_kg.timeline.model import Timeline, load, select, timeline

PLAN, HISTORY = Selection(), Selection("history")
SCALES = pytest.mark.parametrize(
    ("path", "selection"), [("/timeline", PLAN), ("/timeline?scale=history", HISTORY)]
)


def test_of_more_than_can_be_drawn_one_plan_or_year_is_shown(
    client: httpx.Client, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, history = look_up(store, load("plan")), look_up(store, load("history"))
    assert drawn(whole, PLAN) == select(whole, PLAN)
    monkeypatch.setattr("accsm_server.pages.timeline._MOST_DRAWN", 10)
    plan, *others = whole.plans
    assert drawn(whole, PLAN) == select(whole, replace(PLAN, plan=plan))
    last = max(year.year for year in history.years if year.stated)
    assert drawn(history, HISTORY) == select(history, replace(HISTORY, year=str(last)))
    undated = replace(history, years=[])
    assert drawn(undated, HISTORY) == select(undated, HISTORY)
    page = get(client, f"/timeline?{urlencode({'plan': plan})}").text
    assert f"These are the projects of the {plan}. Other plans: " in page
    for other in others:
        assert f'<a href="/timeline?{urlencode({"plan": other})}">{other}</a>' in page


def _text(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@SCALES
def test_the_numbers_of_the_page_are_those_of_the_model(
    client: httpx.Client, store: Store, path: str, selection: Selection
) -> None:
    found: Timeline = look_up(store, timeline(selection))
    page = get(client, path).text
    assert f"{len(found.items)} {found.many}; a time is stated for {len(found.dated)}" in page
    for year in found.years:
        if year.stated:
            noun = found.one if year.stated == 1 else found.many
            assert f"{year.year} {year.stated} {noun}" in _text(page)
    for group in found.groups:
        noun = found.one if len(group.items) == 1 else found.many
        assert f"{group.label} {len(group.items)} {noun}" in _text(page)
    assert page.count("data-row") == sum(
        1 + len(item.times) for group in found.groups for item in group.items
    )


@SCALES
def test_every_format_says_the_same(
    client: httpx.Client, store: Store, path: str, selection: Selection
) -> None:
    for suffix, media_type in (
        ("csv", "text/csv"), ("json", "application/json"), ("svg", "image/svg+xml"),
    ):  # fmt: skip
        written = run(store, selection, suffix)
        named = client.get(path.replace("/timeline", f"/timeline.{suffix}"))
        asked = client.get(path, headers={"Accept": media_type})
        assert named.text == asked.text == written
        assert named.headers["Content-Type"].startswith(media_type)
        assert "Accept" in asked.headers["Vary"].split(", ")
    mark = "&" if "?" in path else "?"
    answer = client.get(f"{path}{mark}format=ttl")
    described = {str(q.subject)[1:-1] for q in parse(answer.content, format=RdfFormat.TURTLE)}
    assert {time.iri for time in look_up(store, timeline(selection)).times} <= described


def test_the_page_is_a_table_as_well(client: httpx.Client) -> None:
    page = get(client, "/timeline").text
    rows = list(csv.DictReader(StringIO(client.get("/timeline.csv").text)))
    (table,) = re.findall(r"<table.*?</table>", page, re.DOTALL)
    assert table.count("<tr><td>") == len(rows)
    assert "<td></td>" not in table


def test_heads_are_tab_stops_and_marks_are_not(client: httpx.Client) -> None:
    page = get(client, "/timeline").text
    for link in re.findall(r"<a [^>]*data-row[^>]*>", page):
        assert ('tabindex="-1"' in link) != ('data-column="0"' in link)
    assert not re.search(r"\sstyle=", page)


def test_projects_without_time_are_listed_in_words(client: httpx.Client, store: Store) -> None:
    page = _text(get(client, "/timeline").text)
    for status, items in look_up(store, timeline(PLAN)).undated.items():
        assert f"Time {status}: {', '.join(item.number for item in items)} ." in page.replace(
            " ,", ","
        )


def test_a_filter_can_be_removed(client: httpx.Client) -> None:
    page = get(client, "/timeline?country=tha&year=2017").text
    assert 'href="/timeline?country=THA" aria-label="Remove the filter: in 2017"' in page
    assert 'href="/timeline?year=2017" aria-label="Remove the filter: coordinated by Th' in page
    assert '<option value="THA" selected>' in page
    assert ">Jan</text>" in page


@pytest.mark.parametrize(("query", "words"), [
    ("country=VNM", "No time is stated for projects coordinated by Viet Nam."),
    ("scale=history&year=1970", "No time is stated for events and meetings in 1970."),
])  # fmt: skip
def test_an_empty_timeline_says_so(client: httpx.Client, query: str, words: str) -> None:
    answer = get(client, f"/timeline?{query}")
    assert answer.status_code == 200
    assert words in answer.text
    assert "Show all</a>" in answer.text
    assert client.get(f"/timeline.svg?{query}").status_code == 200


@pytest.mark.parametrize("name", ["scale", "country", "area", "group", "year"])
def test_an_unknown_value_is_refused_in_words(client: httpx.Client, name: str) -> None:
    answer = get(client, f"/timeline?{urlencode({name: '<x>'})}")
    assert answer.status_code == 400
    assert "choose one" in answer.text
    assert "<x>" not in answer.text


def test_an_unknown_format_is_refused(client: httpx.Client) -> None:
    assert get(client, "/timeline.png").status_code == 404
    assert client.get("/timeline", params={"format": "png"}).status_code == 406


def test_the_page_can_be_cited_and_shows_its_queries(client: httpx.Client) -> None:
    page = get(client, "/timeline?scale=history&year=2015").text
    assert "timeline?scale=history&amp;year=2015" in page
    assert "Queries of this page (6)" in page
    assert "Which events and meetings are there?" in page


def test_another_dataset_has_no_timeline(tmp_path: Path) -> None:
    data = tmp_path / "other.ttl"
    data.write_text('<http://example.org/a> <http://example.org/b> "c" .')
    with running(data) as server, httpx.Client(base_url=server.url) as client:
        for path in ("/timeline", "/timeline?scale=history", "/timeline.svg"):
            answer = get(client, path)
            assert answer.status_code == 404
            assert "states no time of" in answer.text
