"""The pages of the rules: the index, the topics, the cases, and what the validation found."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import httpx
import pytest
from accsm_server.pages import shape_cases
from pages.conftest import get
from pyoxigraph import QuerySolutions, RdfFormat, Store, parse
from serving import running
from shapes.cases import CASES

from accsm_kg.namespaces import BASE, prefixes
from accsm_kg.quality import report
from accsm_kg.quality.results import Result
from accsm_kg.rdf.terms import local_name, value_of

PROJECTS = [f"{BASE}id/project/2016-2020/{number}" for number in (2, 10, 21)]
FOUND = [
    *(Result("R-I-01", "Info", project, "", "A blank cell.", f"{BASE}shapes#R-I-01-2")
      for project in PROJECTS),
    Result("R-X-02", "Warning", PROJECTS[2], "", "An area too many.", f"{BASE}shapes#R-X-02",
           reason="The row says so."),
]  # fmt: skip


def rows(store: Store, query: str) -> list[list[str]]:
    found = store.query(query, prefixes=prefixes())
    assert isinstance(found, QuerySolutions)
    return [[value_of(value) for value in row] for row in found]


@pytest.fixture(scope="module")
def topics(store: Store) -> dict[str, list[str]]:
    """The names of the shapes with messages of each topic, by its name."""
    query = """SELECT DISTINCT ?topic ?shape { GRAPH graph:shapes {
      ?topic a skos:Collection ; skos:member ?shape .
      ?shape a sh:NodeShape .
      { ?shape sh:message ?message } UNION { ?shape sh:property|sh:sparql ?p . ?p sh:message ?m }
    } }"""
    found: dict[str, list[str]] = {}
    for topic, shape in rows(store, query):
        found.setdefault(local_name(topic), []).append(local_name(shape))
    return found


@pytest.fixture(scope="module")
def validated(dataset_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server of the dataset with a report that has `FOUND`."""
    folder = tmp_path_factory.mktemp("validated")
    path = folder / dataset_path.name
    path.symlink_to(dataset_path)
    report.write(path, FOUND, folder)
    with running(path) as server:
        yield server.url


def article(text: str, shape: str) -> str:
    return text.partition(f'<h2 id="{shape}">')[2].partition("</article>")[0]


def words(markup: str) -> str:
    return " ".join(unescape(re.sub("<[^>]*>", " ", markup)).split())


def test_every_shape_has_its_id_in_the_index_and_stands_on_the_page_of_its_topic(
    client: httpx.Client, topics: dict[str, list[str]]
) -> None:
    text = get(client, "/shapes").text
    links = dict(re.findall(r'<li id="([^"]+)"><a href="([^"]+)"', text))
    assert sorted(links) == sorted(shape for shapes in topics.values() for shape in shapes)
    for topic, shapes in topics.items():
        page = get(client, f"/shapes/{topic}").text
        assert sorted(re.findall(r'<h2 id="([^"]+)">[^<]+ <code>', page)) == sorted(shapes)
        assert {links[shape].partition("#")[0] for shape in shapes} == {f"/shapes/{topic}"}


def test_a_rule_is_told_in_words_with_severity_and_message(
    client: httpx.Client, store: Store, topics: dict[str, list[str]]
) -> None:
    query = """SELECT DISTINCT ?name ?description ?message ?severity { GRAPH graph:shapes {
      <%s> sh:name ?name ; sh:description ?description ; sh:property|sh:sparql ?part .
      ?part sh:message ?message
      OPTIONAL { ?part sh:severity ?severity }
    } }"""
    for topic in ("projects", "coverage", "consistency"):
        page = get(client, f"/shapes/{topic}").text
        for shape in topics[topic]:
            told = words(page.partition(f'<h2 id="{shape}">')[2].partition("<h2")[0])
            for name, description, message, severity in rows(
                store, query % f"{BASE}shapes#{shape}"
            ):
                plain = " ".join(re.sub(r"\{\?(\w+)\}", r" \1 ", message).split())
                level = local_name(severity).lower() or "violation"
                assert told.startswith(name) and " ".join(description.split()) in told
                assert re.sub(r"\W", "", f"{level} {plain}") in re.sub(r"\W", "", told)


def test_a_rule_has_all_its_cases(client: httpx.Client, topics: dict[str, list[str]]) -> None:
    pages = {topic: get(client, f"/shapes/{topic}").text for topic in topics}
    for rule in {path.parent.name for path in CASES}:
        own = [path for path in CASES if path.parent.name == rule]
        invalid = sum(path.stem != "valid" for path in own)
        stated = f"Cases of {rule}: {len(own) - invalid} valid, {invalid} invalid"
        texts = [text for text in pages.values() if stated in text]
        assert texts, rule
        for path in own:
            text = path.read_text(encoding="utf-8").partition("\n")[2]
            assert all(text in unescape(page) for page in texts), path


def test_where_no_cases_are_installed_the_page_says_so(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert "not in this installation" not in get(client, "/shapes/arcs").text
    monkeypatch.setattr(shape_cases.resources, "root", lambda: tmp_path)
    assert not shape_cases.folder().is_dir()
    shape_cases.cases.cache_clear()
    assert shape_cases.cases("R-ARC-01") == ([], [])
    shape_cases.cases.cache_clear()


def test_without_a_report_no_page_says_that_nothing_was_found(client: httpx.Client) -> None:
    assert "No report of a validation is served" in get(client, "/shapes").text
    text = get(client, "/shapes/projects").text
    assert "cannot say what the rules find" in text and "Nothing found" not in text


def test_what_the_validation_found_is_linked_by_rule(validated: str) -> None:
    with httpx.Client(base_url=validated) as client:
        index, coverage = get(client, "/shapes").text, get(client, "/shapes/coverage").text
        consistency = get(client, "/shapes/consistency").text
    assert "found 0 violations, 1 warning and 3 infos" in index
    item = index.partition('<li id="R-I-01">')[2].partition("</li>")[0]
    assert "3 found" in item
    told = article(coverage, "R-I-01")
    assert "Found 3 info A blank cell." in words(told)
    finding = told.partition('class="finding"')[2]
    places = [finding.index(f'href="/doc/project/2016-2020/{number}"') for number in (2, 10, 21)]
    assert places == sorted(places)
    expected = words(article(consistency, "R-X-02"))
    assert "An area too many." in expected and "Expected: The row says so." in expected
    assert "Nothing found in this build." in article(coverage, "R-X-23")


def test_the_rules_of_a_topic_are_rows_and_rdf(
    client: httpx.Client, topics: dict[str, list[str]]
) -> None:
    found = client.get("/shapes/arcs.json").json()
    assert {one["shape"] for one in found} == set(topics["arcs"])
    assert len(client.get("/shapes/arcs.csv").text.splitlines()) == len(found) + 1
    graph = list(parse(client.get("/shapes/arcs.ttl").content, format=RdfFormat.TURTLE))
    subjects = {quad.subject.value for quad in graph}
    assert {
        f"{BASE}shapes/arcs",
        f"{BASE}shapes#R-ARC-01",
        f"{BASE}shapes#R-ARC-01-host",
    } <= subjects
    described = client.get("/describe", params={"iri": f"{BASE}shapes/arcs", "format": "ttl"})
    assert described.status_code == 200
    assert get(client, "/shapes/nothing").status_code == 404
