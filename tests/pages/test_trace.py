"""The pages of traces: addresses, numbers, formats, choices."""

import csv
import re
from collections import Counter
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest
from benchmarks import copies
from pages.conftest import get, triples
from pyoxigraph import Literal, NamedNode, Quad, QuerySolutions, Store
from serving import running, serving

from accsm_kg.namespaces import BASE, term
from accsm_kg.query import look_up, run
from accsm_kg.trace.index import Index, index

LINE = f"{BASE}id/action-line/apsc-2025/A.2.2.iv"


@pytest.fixture(scope="module")
def known_index(store: Store) -> Index:
    return look_up(store, index())


def _projects(page: str) -> list[int]:
    """Return the numbers in the last column of the chain."""
    return [int(number) for number in re.findall(r"<strong>(\d+)</strong>", page)]


def test_a_line_shows_its_projects_times_coordinators_and_words(client: httpx.Client) -> None:
    page = get(client, "/trace/A.2.2.iv").text
    assert "<h1>Who works on action line A.2.2.iv?</h1>" in page
    assert _projects(page) == [6, 17, 30, 33, 35, 40]
    assert re.findall(r'<p class="who">.*?</p>', page) == [
        '<p class="who"><span class="label">Coordinated by: </span>'
        f'<a href="/trace/{code}">{name}</a></p>'
        for code, name in (
            ("SGP", "Singapore"),
            ("MYS", "Malaysia"),
            ("THA", "Thailand"),
            ("KHM", "Cambodia"),
            ("SGP", "Singapore"),
            ("MYS", "Malaysia"),
        )
    ]
    assert page.count('<p class="done"><span class="label">Completion: </span>not stated</p>') == 6
    assert page.count("<mark>A.2.2.iv</mark>") == 6
    for line in (176, 177, 178):
        assert f"project 40, column ASCC Strategic Measures, line {line}." in page
    for sentence in ("Projects 6 and 17 name no partner.", "by April 2017."):
        assert sentence in page


LINKED = """
  ?project accsm:supports|accsm:citesKRA|accsm:addressesPriorityArea|accsm:addressesThematicArea|
    accsm:countryCoordinator|accsm:concernsARC|accsm:relatedARC ?linked .
  ?linked (accsm:measureOf|accsm:actionLineOf|accsm:inBlueprint)* <THIS> .
"""


@pytest.mark.parametrize("path", ["A.2.2.iv", "E.2", "THA", "blueprint/ascc-2025", "arc/KHM"])
def test_numbers_equal_their_queries(client: httpx.Client, store: Store, path: str) -> None:
    page = get(client, f"/trace/{path}").text
    thing = look_up(store, index()).find(path)

    def asked(text: str) -> list[list[str]]:
        solutions = run(store, text.replace("THIS", thing.resource))
        assert isinstance(solutions, QuerySolutions)
        return [[str(value.value) for value in solution] for solution in solutions]

    numbers = asked(
        f"SELECT DISTINCT ?number {{ {LINKED} ?project accsm:projectNumber ?number }}"
        " ORDER BY ?number"
    )
    partner_in = asked(
        "SELECT DISTINCT ?number { ?project accsm:potentialPartner <THIS> ;"
        " accsm:projectNumber ?number } ORDER BY ?number"
    )
    assert _projects(page) == [int(number) for (number,) in (*numbers, *partner_in)]
    together = asked(
        f"SELECT DISTINCT ?project ?target {{ {LINKED} ?project accsm:supports ?target . FILTER NOT"
        " EXISTS { ?target (accsm:measureOf|accsm:actionLineOf|accsm:inBlueprint)* <THIS> } }"
    )
    assert page.count('<span aria-hidden="true">●</span>') == len(together)
    assert page.count('<tr><th scope="row">') == len({target for _, target in together})
    (total,) = asked("SELECT (COUNT(*) AS ?total) { ?project a accsm:Project }")[0]
    beside = f", partner in {len(partner_in)}" if partner_in else ""
    assert f"{len(numbers)} of {total} projects{beside}</h3>" in page
    assert bool(partner_in) == ("potential partner, itself or in a group" in page)


def test_the_matrix_links_to_what_states_each_link(client: httpx.Client) -> None:
    page = get(client, "/trace/A.2.2.iv").text
    link = re.search(r'href="(/doc/project/2016-2020/33/support/[^"]+)" tabindex="-1"', page)
    assert link
    assert get(client, link[1]).status_code == 200


def test_everything_that_can_be_traced_has_a_page_at_one_address(
    client: httpx.Client, known_index: Index
) -> None:
    for thing in known_index.things.values():
        answer = get(client, f"/trace/{thing.key}")
        assert answer.status_code == 200, thing.key
        assert thing.question.replace("'", "&#39;") in answer.text
        if thing.path != thing.key:
            other = get(client, f"/trace/{thing.path}")
            assert (other.status_code, other.headers["Location"]) == (303, f"/trace/{thing.key}")


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("a.2.2.IV", "/trace/A.2.2.iv"),
        ("project-2016-2020:33", "/trace/33"),
        ("Thailand", "/trace/THA"),
        ("C", "/trace/priority-area/C"),
        (LINE, "/trace/A.2.2.iv"),
    ],
)
def test_other_names_redirect(client: httpx.Client, name: str, address: str) -> None:
    for answer in (get(client, f"/trace/{name}"), client.get("/trace", params={"key": name})):
        assert (answer.status_code, answer.headers["Location"]) == (303, address)
    kept = get(client, f"/trace/{name}?group=year&format=csv")
    assert kept.headers["Location"] == f"{address}?group=year&format=csv"


def test_the_chooser_has_measures_with_counts_and_all_things(
    client: httpx.Client, known_index: Index
) -> None:
    page = get(client, "/trace").text
    assert '<optgroup label="APSC Blueprint 2025">' in page
    assert re.search(r'<option value="A.2.2.iv">APSC A.2.2.iv \(\d+ projects\)</option>', page)
    linked = set(re.findall(r'<li><a href="/trace/([^"]+)"', page))
    assert linked == {thing.key for thing in known_index.things.values()}
    asked = client.get("/trace", params={"key": "A.2.2.iv"})
    assert asked.headers["Location"] == "/trace/A.2.2.iv"


def test_a_key_of_nothing_is_answered_404_with_similar_things(client: httpx.Client) -> None:
    asked = client.get("/trace", params={"key": "A.2.2.v"})
    assert (asked.status_code, asked.headers["Location"]) == (303, "/trace/A.2.2.v")
    answer = get(client, "/trace/A.2.2.v")
    assert answer.status_code == 404
    assert 'href="/trace/A.2.2.vi"' in answer.text
    assert 'href="/search?q=A.2.2.v"' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    problem = get(client, "/trace/A.2.2.v", "application/json")
    assert (problem.status_code, problem.json()["title"]) == (404, "Nothing to trace")
    hostile = get(client, "/trace/%3Cscript%3E%22")
    assert hostile.status_code == 404
    assert "<script>" not in hostile.text


def test_words_that_name_nothing_lead_to_what_the_search_finds(client: httpx.Client) -> None:
    answer = get(client, "/trace/gender")
    assert answer.status_code == 404
    assert 'href="/trace/29"' in answer.text
    assert 'href="/search?q=gender"' in answer.text


def test_an_unknown_group_is_answered_400(client: httpx.Client) -> None:
    assert get(client, "/trace/A.2.2.iv?group=colour").status_code == 400
    page = get(client, "/trace/A.2.2.iv?group=year").text
    assert '<p class="group">from 2017 (4)</p>' in page
    assert _projects(page) == [17, 30, 33, 40, 35, 6]


def test_a_trace_has_other_formats(client: httpx.Client) -> None:
    answer = client.get("/trace/A.2.2.iv")
    links = dict(re.findall(r'<([^>]+)>; rel="alternate"; type="([^"]+)"', answer.headers["Link"]))
    assert len(links) == 5
    for link, kind in links.items():
        assert client.get(link).headers["Content-Type"].partition(";")[0] == kind
    found = [*csv.DictReader(StringIO(get(client, "/trace/A.2.2.iv", "text/csv").text))]
    assert [row["line"] for row in found if row["number"] == "40"] == ["176", "177", "178"]
    told = get(client, "/trace/A.2.2.iv", "application/json").json()
    assert [project["number"] for project in told["projects"]] == [
        "6",
        "17",
        "30",
        "33",
        "35",
        "40",
    ]
    assert told["gaps"][0] == "Projects 6 and 17 name no partner."
    drawn = get(client, "/trace/A.2.2.iv", "image/svg+xml").content
    assert ElementTree.fromstring(drawn).tag == "{http://www.w3.org/2000/svg}svg"


def test_the_graph_has_links_with_labels_and_evidence(client: httpx.Client) -> None:
    found = triples(get(client, "/trace/A.2.2.iv", "text/turtle"))
    links = {t.subject for t in found if t.predicate == term("accsm:supportTarget")}
    assert len(links) == 6
    for link in links:
        about = {t.predicate: t.object for t in found if t.subject == link}
        project, evidence = about[term("accsm:supportLinkOf")], about[term("accsm:hasEvidence")]
        assert any(t.subject == project and t.predicate == term("skos:prefLabel") for t in found)
        assert any(t.subject == evidence and t.predicate == term("accsm:verbatim") for t in found)
    up = triples(get(client, "/trace/33", "text/turtle"))
    assert len({t for t in up if t.predicate == term("accsm:supportTarget")}) == 7


def test_two_things_with_a_name_are_answered_300(store: Store) -> None:
    another = NamedNode(f"{BASE}id/project/2021-2025/33")
    more = [
        Quad(another, term("rdf:type"), term("accsm:Project")),
        Quad(another, term("accsm:projectNumber"), Literal(33)),
        Quad(another, term("skos:prefLabel"), Literal("Another <one>", language="en")),
    ]
    graph = NamedNode(f"{BASE}graph/vocab")
    quads = [*store, *(Quad(*quad.triple, graph) for quad in more)]
    with serving(quads) as url, httpx.Client(base_url=url, timeout=60) as client:
        answer = get(client, "/trace/33")
        assert answer.status_code == 300
        for path in ("project/2016-2020/33", "project/2021-2025/33"):
            assert f'href="/trace/{path}"' in answer.text
            assert get(client, f"/trace/{path}").status_code == 200
        plain = get(client, "/trace/33", "text/csv")
        assert (plain.status_code, plain.text.count("\n")) == (300, 1)


def test_another_dataset_has_nothing_to_trace() -> None:
    quad = Quad(NamedNode("http://e/a"), NamedNode("http://e/b"), Literal("c"))
    with serving([quad]) as url, httpx.Client(base_url=url, timeout=60) as client:
        page = get(client, "/trace")
        assert page.status_code == 200
        assert "Nothing in this dataset can be traced." in page.text
        assert get(client, "/trace/33").status_code == 404


@pytest.mark.parametrize("path", ["/trace/", "/trace?key="])
def test_a_key_that_is_too_long_is_refused(client: httpx.Client, path: str) -> None:
    answer = get(client, path + "x" * 1001)
    assert answer.status_code == 400
    assert "A key has at most 1000 characters." in answer.text


def test_a_trace_with_many_projects_shows_the_first_of_each_group(
    dataset_path: Path, tmp_path: Path
) -> None:
    path = copies.write(dataset_path, 9, tmp_path / "copies.nq")
    with running(path) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        page, rows = get(client, "/trace/THA").text, get(client, "/trace/THA?format=csv").text
    links = {(row["relation"], row["resource"]) for row in csv.DictReader(StringIO(rows))}
    counts = Counter(relation for relation, _ in links).values()
    assert max(counts) > 60
    assert len(_projects(page)) == sum(min(count, 60) for count in counts)
    rest = sum(counts) - len(_projects(page))
    assert f"The first 60 of each group are shown; {rest} more are in the" in page
