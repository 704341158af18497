"""The page of the search: results, kinds and sources, suggestions, and other datasets."""

import json
import re
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from pages.conftest import get
from pyoxigraph import Store
from serving import running

from accsm_kg.search import render


def _links(page: str) -> list[str]:
    """Return the addresses of the results."""
    return re.findall(r'<h3><a href="([^"]+)">', page)


def _choices(page: str) -> dict[str, int]:
    """Return the addresses of kinds and sources with their counts."""
    pattern = r'<li><a href="(/search[^"]*)"[^>]*>[^<]*</a> <span class="count">(\d+)</span>'
    return {unescape(href): int(count) for href, count in re.findall(pattern, page)}


@pytest.mark.parametrize("words", ["gender", "recruitmnt", "33", "asean", "qqqqzzzz"])
def test_the_page_and_the_command_line_find_the_same(
    client: httpx.Client, store: Store, words: str
) -> None:
    assert get(client, f"/search?q={words}", "text/csv").text == render.run(store, words, "csv")[0]
    found = get(client, f"/search?q={words}", "application/json")
    assert found.text == render.run(store, words, "json")[0]
    rows = found.json()["results"]
    assert len(_links(get(client, f"/search?q={words}").text)) == min(len(rows), 20)


def test_every_kind_and_source_is_a_link_to_as_many_results_as_it_says(
    client: httpx.Client,
) -> None:
    choices = _choices(get(client, "/search?q=leadership").text)
    assert {name for href in choices for name in parse_qs(urlsplit(href).query)} == {
        "q", "kind", "source",
    }  # fmt: skip
    for href, count in choices.items():
        assert len(get(client, href, "application/json").json()["results"]) == count, href
        page = get(client, href).text
        assert f"{count} result" in page
        chosen = re.findall(r'<li><a href="([^"]*)" aria-current="true">', page)
        assert list(map(unescape, chosen)) == ["/search?q=leadership"]


def test_pages_of_results_follow_each_other(client: httpx.Client) -> None:
    first = get(client, "/search?q=asean").text
    (link,) = map(unescape, re.findall(r'rel="next" href="([^"]+)"', first))
    second = get(client, link).text
    assert len(_links(first)) == len(_links(second)) == 20
    assert not set(_links(first)) & set(_links(second))
    assert 'rel="prev" href="/search?q=asean' in second
    assert get(client, "/search?q=gender&page=99").status_code == 404


def test_a_code_or_number_has_a_card_with_its_trace(client: httpx.Client) -> None:
    for key, path in (("A.2.2.iv", "A.2.2.iv"), ("33", "33"), ("khm", "KHM"), ("E.1", "E.1")):
        page = get(client, f"/search?q={key}").text
        card = page[page.index('<li class="card">') :].partition("</li>")[0]
        assert f'href="/trace/{path}"' in card
        assert page.index('<li class="card">') < page.index("<h3>")
    assert 'class="card"' not in get(client, "/search?q=gender").text


def test_words_are_marked_and_mended_words_are_told(client: httpx.Client) -> None:
    page = get(client, "/search?q=recruitmnt").text
    assert "Nothing for <strong>recruitmnt</strong>. Showing <strong>recruitment</strong> (" in page
    assert "<mark>Recruitment</mark>" in page
    (exactly,) = re.findall(r'<a href="([^"]+)">Search for exactly', page)
    alone = get(client, unescape(exactly)).text
    assert "Nothing for <strong>recruitmnt</strong>." in alone
    assert _links(alone) == []


def test_without_words_or_results_there_are_examples_that_find_something(
    client: httpx.Client,
) -> None:
    for path in ("/search", "/search?q=qqqqzzzz", "/search?q=%00%22"):
        page = get(client, path).text
        examples = re.findall(r'<a href="(/search\?q=[^"]+)">', page)
        assert len(examples) == 3
        assert all(_links(get(client, example).text) for example in examples)
        assert '<a href="/questions">Questions</a>' in page.partition("<main")[2]


HOSTILE = [
    '"', "'", "*", "gender*", '"gender', "NEAR(a b)", "a AND", "NOT a", "label: x", "{a} : b", "^a",
    "a + b", "(((((", ";DROP TABLE thing;--", "\0", "a\0b", "%", "_", "?!", "x" * 4000, "a " * 2000,
    "<script>alert(1)</script>", '"><img src=x>', "{{ 7 * 7 }}", "กำลัง", "公务员", "\x02a\x03",
    "\ufffe", "𐍈", "\u202e", "--", "🙂", "a\r\nb", "../..", "\u200b",
]  # fmt: skip


@pytest.mark.parametrize("words", HOSTILE, ids=ascii)
@pytest.mark.parametrize("path", ["/search", "/search/suggest"])
def test_anything_typed_is_answered_and_escaped(
    client: httpx.Client, path: str, words: str
) -> None:
    answer = get(client, f"{path}?{urlencode({'q': words})}", "*/*")
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text.partition("<main")[2]
    assert "<img" not in answer.text


def test_bytes_that_are_no_text_and_unknown_choices_are_answered(client: httpx.Client) -> None:
    for query in ("q=%ff%fe", "q=%ed%a0%80", "q=gender&kind=%ff", "q=gender&source=%22%00", "q"):
        assert get(client, f"/search?{query}").status_code == 200
    page = get(client, "/search?q=gender&kind=nothing").text
    assert '<li><a href="/search?q=gender">nothings ' in page
    for query in ("page=0", "page=x", "exact=maybe"):
        assert get(client, f"/search?q=a&{query}").status_code == 400


def test_suggestions_have_label_kind_and_address(client: httpx.Client) -> None:
    found = get(client, "/search/suggest?q=A.2.2.i", "application/json").json()
    assert found[0] == {
        "label": "APSC A.2.2.i",
        "kind": "action line",
        "href": "/doc/action-line/apsc-2025/A.2.2.i",
    }
    assert 1 < len(found) <= 8
    numbered = get(client, "/search/suggest?q=33").json()[0]
    assert numbered["label"].startswith("33 ASEAN Guideline on Public Service Delivery")
    assert get(client, "/search/suggest").json() == []
    for word in ("Thail", "recruitmnt", "which pro"):
        for one in get(client, f"/search/suggest?q={word}").json():
            assert get(client, one["href"]).status_code == 200


def test_results_lead_to_their_pages(client: httpx.Client) -> None:
    for words in ("country", "project", "clause"):
        for href in _links(get(client, f"/search?q={words}").text)[:6]:
            assert get(client, href).status_code == 200, href


def test_the_answer_can_be_kept_and_leads_to_other_formats(client: httpx.Client) -> None:
    answer = get(client, "/search?q=gender")
    tag = {"If-None-Match": answer.headers["ETag"], "Accept": "text/html"}
    assert client.get("/search?q=gender", headers=tag).status_code == 304
    assert (
        '</search?q=gender&format=csv>; rel="alternate"; type="text/csv"' in answer.headers["Link"]
    )


def test_another_dataset_is_searched_by_its_labels(tmp_path: Path) -> None:
    file = tmp_path / "data.ttl"
    file.write_text(
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
        "<http://example.org/a> rdfs:label 'A <b>bold</b> house'@en .\n"
        "<http://example.org/b> a <http://example.org/Boat> ; rdfs:label 'Bateau'@fr .\n"
    )
    with running(file) as server, httpx.Client(base_url=server.url) as client:
        page = get(client, "/search?q=hous").text
        assert "A &lt;b&gt;bold&lt;/b&gt; <mark>house</mark>" in page
        assert _links(page) == ["/describe?iri=http%3A%2F%2Fexample.org%2Fa"]
        assert _links(get(client, "/search?q=bateau").text)[0].startswith("/describe?")
        assert json.loads(get(client, "/search/suggest?q=bat").text)[0]["kind"] == "Boat"
        assert "For example" not in get(client, "/search").text


def test_a_trace_that_does_not_exist_offers_what_is_found(client: httpx.Client) -> None:
    page = get(client, "/trace/gender")
    assert page.status_code == 404
    assert 'href="/trace/29"' in page.text.partition("<main")[2]
    problem = get(client, "/trace/gender", "application/json")
    assert problem.json()["hint"].startswith("Try /trace/29, or choose at /trace")
    assert get(client, "/trace/qqqqzzzz", "application/json").json()["hint"] == "Choose at /trace"
