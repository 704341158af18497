"""Sources: the list, the map of lines, the passages of a window, and how to cite a claim."""

import csv
import html
import json
import re
from collections import Counter
from io import StringIO
from urllib.parse import urlencode
from xml.etree import ElementTree

import httpx
import pytest
from accsm_server.pages import sources
from pages.conftest import get
from pyoxigraph import DefaultGraph, NamedNode, Store

from accsm_kg.lookups import Ask, Rows
from accsm_kg.namespaces import BASE, term
from accsm_kg.query import rows

NUMBERS = ("000", "001", "002", "003", "004")


def asked(store: Store, name: str, this: str) -> Rows:
    return rows(store, Ask(sources.QUERIES / f"{name}.rq", f"{BASE}id/{this}"))


def passages(store: Store, number: str) -> dict[str, tuple[int, int]]:
    """Return the first and last line of each passage of a source, in the order of a page."""
    starts = dict.fromkeys(
        (int(row["start"]),) for row in asked(store, "lines", f"source/{number}")
    )
    ask = Ask(sources.QUERIES / "window.rq", f"{BASE}id/source/{number}", tuple(starts))
    return {row["passage"]: (int(row["start"]), int(row["end"])) for row in rows(store, ask)}


def supported(store: Store, number: str) -> set[tuple[str, str]]:
    """Return the passages of a source with the properties that they support."""
    source, property = term("dcterms:source"), term("accsm:aboutProperty")
    this = NamedNode(f"{BASE}id/source/{number}")
    return {
        (quad.subject.value, about.object.value)
        for quad in store.quads_for_pattern(None, source, this, DefaultGraph())
        for about in store.quads_for_pattern(quad.subject, property, None, DefaultGraph())
    }


def table(client: httpx.Client, path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(client.get(path).text)))


@pytest.mark.parametrize("number", NUMBERS)
def test_the_map_counts_the_lines_of_its_query(
    client: httpx.Client, store: Store, number: str
) -> None:
    spans = passages(store, number)
    cited = {line for first, last in spans.values() for line in range(first, last + 1)}
    parts = table(client, f"/sources/{number}/lines.csv")
    assert client.get(f"/sources/{number}/lines.json").json() == parts
    assert sum(int(part["lines_cited"]) for part in parts) == len(cited)
    assert sum(int(part["passages"]) for part in parts) == len(spans)
    drawn = ElementTree.fromstring(client.get(f"/sources/{number}/lines.svg").content)
    titles = [one.text or "" for one in drawn.iter("{http://www.w3.org/2000/svg}title")]
    counts = [int(found[1]) for text in titles if (found := re.search(r": (\d+) cited", text))]
    assert sum(counts) == len(cited)


def test_a_window_has_the_passages_of_its_lines(client: httpx.Client, store: Store) -> None:
    expected = [
        iri for iri, (first, last) in passages(store, "001").items() if first <= 200 and last >= 151
    ]
    shown: list[str] = []
    for page in range(1, len(expected) // 20 + 2):
        text = get(client, f"/doc/source/001?from=151&to=200&page={page}").text
        shown += re.findall(r'<a href="(/doc/evidence/[^"]+)">Cite it', text)
    assert shown == [iri.replace(f"{BASE}id/", "/doc/") for iri in expected]
    assert f'Passages of the lines 151 to 200 <span class="count">{len(expected)}<' in text
    assert get(client, "/doc/source/001?page=99").status_code == 404


def test_passages_are_filtered_by_what_they_support(client: httpx.Client, store: Store) -> None:
    spans = passages(store, "001")
    name = term("accsm:verbatimBudget").value
    supporting = [
        passage
        for passage, about in supported(store, "001")
        if about == name and 101 <= spans[passage][0] <= 150
    ]
    page = client.get(
        "/doc/source/001",
        params={"from": "101", "to": "150", "about": name},
        headers={"Accept": "text/html"},
    ).text
    assert len(re.findall(">Cite it", page)) == len(supporting) > 1
    assert "Those that support “verbatim budget”" in page


@pytest.mark.parametrize(
    ("query", "said"),
    [("from=x", "from='x'"), ("from=9&to=3", "are none"), ("from=0", "from='0'"),
     ("page=x", "page='x'")],
)  # fmt: skip
def test_lines_that_are_none_are_refused(client: httpx.Client, query: str, said: str) -> None:
    answer = client.get(f"/doc/source/001?{query}", headers={"Accept": "text/html"})
    assert answer.status_code == 400
    assert said in html.unescape(answer.text)


def test_a_source_without_words_says_so(client: httpx.Client) -> None:
    page = get(client, "/doc/source/003").text
    top = page.partition("Use this page")[0]
    assert "No words are quoted from this source: facts in our own words." in top
    assert "<blockquote>" not in page.partition('id="passages"')[2].partition("</section>")[0]
    assert re.search(r'Publisher</th>\s*<td>\s*<span class="literal">not stated', page)
    quoted = get(client, "/doc/source/001").text.partition("Use this page")[0]
    assert "No words are quoted" not in quoted


def test_all_passages_are_a_table(client: httpx.Client, store: Store) -> None:
    found = table(client, "/sources/002/passages.csv")
    assert [row["passage"] for row in found] == list(passages(store, "002"))
    assert client.get("/sources/002/passages.json").json() == found
    assert client.get("/sources/002/passages.svg").status_code == 404
    assert client.get("/sources/999999/lines.csv").status_code == 404


def test_the_list_counts_what_comes_from_each_source(client: httpx.Client, store: Store) -> None:
    source, stated = term("dcterms:source"), term("accsm:statedIn")
    reports = {
        quad.subject
        for quad in store.quads_for_pattern(None, term("rdf:type"), term("accsm:ReportedStatement"))
    }
    for row in table(client, "/sources?format=csv"):
        this = NamedNode(row["thing"])
        cited = store.quads_for_pattern(None, source, this, DefaultGraph())
        said = [*store.quads_for_pattern(None, stated, this, DefaultGraph())]
        assert int(row["passages"]) == len([*cited])
        assert int(row["statements"]) == len([q for q in said if q.subject in reports])


@pytest.mark.parametrize(
    "passage", ["001/L99/c6", "001/L11", "003/L2/statement-2", "002/L1", "004/L3/statement-5"]
)
def test_a_claim_is_cited_with_its_words_line_and_source(
    client: httpx.Client, store: Store, passage: str
) -> None:
    claims = asked(store, "claims", f"evidence/{passage}")
    if not claims:
        pytest.fail(f"{passage} supports nothing")
    (place,) = asked(store, "citation", f"evidence/{passage}")
    for number in range(1, len(claims) + 1):
        page = get(client, f"/doc/evidence/{passage}?claim={number}").text
        part = html.unescape(page.partition('id="cite"')[2].partition("</section>")[0])
        text = re.search(r"data-copy>(.*?)</p>", part, re.DOTALL)
        assert text
        (csl,) = json.loads(part.rpartition("<code>")[2].partition("</code>")[0])
        assert csl["URL"] == f"{BASE}id/evidence/{passage}"
        assert csl["container-title"] == (place["title"] or place["name"])
        for said in (text[1], csl["section"]):
            assert f"line {place['start']}" in said
        words = " ".join(place["words"].split()) or "In our own words"
        assert words in text[1] and words in csl["note"]
        assert csl["title"] in text[1]
    assert get(client, f"/doc/evidence/{passage}?claim=9999").status_code == 404


def test_the_facets_of_passages_count_those_of_the_window(
    client: httpx.Client, store: Store
) -> None:
    spans = passages(store, "004")
    of = supported(store, "004")
    counts = Counter(iri for passage, iri in of if spans[passage][0] <= 50)
    page = html.unescape(get(client, "/doc/source/004").text)
    for iri, count in counts.items():
        chosen = re.escape(f"&{urlencode({'about': iri})}")
        assert re.search(rf'{chosen}">[^<]+</a> <span class="count">{count}</span>', page)


@pytest.mark.parametrize("line", [1, 99, 158, 173, 200, 724])
def test_the_address_of_a_line_shows_its_passages(
    client: httpx.Client, store: Store, line: int
) -> None:
    page = get(client, f"/doc/source/001?line={line}").text
    starts = [first for first, _ in passages(store, "001").values()]
    assert (f'id="L{line}"' in page) == (line in starts)
    lines = re.findall(r'class="number" href="/doc/source/001\?line=(\d+)#L', page)
    assert lines and abs(int(lines[0]) - line) < 50
