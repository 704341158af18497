"""The page of quality: each number against its query, with and without a report of validation."""

import csv
import hashlib
import html
import re
import shutil
from io import StringIO
from pathlib import Path
from urllib.parse import urlencode
from xml.etree import ElementTree

import httpx
import pytest
from accsm_server.pages import quality
from pages.conftest import get
from pages.test_things import text
from pyoxigraph import Store
from serving import running

from accsm_kg.lookups import Ask, Rows
from accsm_kg.namespaces import BASE
from accsm_kg.query import rows

FOLDER = Path(quality.__file__).parent / "quality"


def asked(store: Store, name: str) -> Rows:
    return rows(store, Ask(FOLDER / f"{name}.rq"))


@pytest.fixture(scope="module")
def page(client: httpx.Client) -> str:
    return get(client, "/quality").text


def section(page: str, name: str) -> str:
    return page.partition(f'<h2 id="{name}">')[2].partition("</section>")[0]


def test_the_sentence_has_the_numbers_of_its_queries(page: str, store: Store) -> None:
    said = text(page.partition('<p class="verdict">')[2].partition("</p>")[0])
    (backed,), (shapes,) = asked(store, "backed"), asked(store, "shapes")
    total = sum(int(row["issues"]) for row in asked(store, "confidences"))
    numbers = f"{backed['backed_by_evidence_or_a_reason']} of {backed['stated']} things"
    assert f"{shapes['shapes']} rules for the data" in said
    assert numbers in said and f"{total} issues of the sources" in said
    assert "report of what they found is not served" in said


def test_the_matrix_counts_the_issues_and_leads_to_them(
    client: httpx.Client, page: str, store: Store
) -> None:
    matrix = asked(store, "matrix")
    assert list(csv.DictReader(StringIO(client.get("/quality.csv").text))) == matrix
    assert client.get("/quality.json").json() == matrix
    drawn = ElementTree.fromstring(client.get("/quality.svg").content)
    titles = {one.text for one in drawn.iter("{http://www.w3.org/2000/svg}title")}
    for row in matrix:
        name = f"{row['defect']}, {row['confidence']}: {row['issues']} issues"
        assert name in titles and name in html.unescape(page)
        query = urlencode({"defect": row["defect"], "confidence": row["confidence"]})
        address = f"/quality/issues?{query}"
        assert f'href="{address}"' in html.unescape(page)
        found = client.get(f"{address}&format=json").json()
        assert len(found) == int(row["issues"])


def test_every_degree_of_confidence_leads_to_its_issues(page: str, store: Store) -> None:
    for row in asked(store, "confidences"):
        link = f'<a href="/quality/issues?confidence={row["confidence"]}">'
        assert f"{link}{row['confidence']}: {row['issues']}</a>" in page


def test_open_issues_are_shown_in_full(page: str, store: Store) -> None:
    shown, found = html.unescape(section(page, "open")), asked(store, "open")
    issues = {row["issue"] for row in found}
    assert shown.count("<article") == len(issues) > 0
    for row in found:
        assert row["what"] in shown
        for part in (row["printed"], row["alternative"], row["chosen"]):
            assert part in shown


def test_classes_are_counted_by_what_backs_them(page: str, store: Store) -> None:
    shown, found = section(page, "classes"), asked(store, "backing")
    lines = re.findall("<tr>(?:(?!<th).)*?</tr>", shown, re.DOTALL)
    assert len(lines) == len(found)
    for line, row in zip(lines, found, strict=True):
        cells = dict(re.findall(r'data-column="([^"]*)">(.*?)</td>', line))
        for name in ("things", "with_evidence", "with_a_reason_only", "with_neither"):
            assert cells[name.replace("_", " ")] == row[name]


def test_sources_have_the_numbers_of_their_list(client: httpx.Client, page: str) -> None:
    shown = section(page, "sources")
    for row in client.get("/sources?format=json").json():
        number = row["thing"].rpartition("/")[2]
        assert f'href="/quality/issues?source={number}"' in shown
        cells = shown.partition(f'/doc/source/{number}"')[2].partition("</tr>")[0]
        for name in ("passages", "quoted", "statements"):
            assert f'data-column="{name}">{row[name]}</td>' in cells
        issues = client.get(f"/quality/issues?source={number}&format=json").json()
        assert len(issues) == int(row["issues"])


def test_gaps_lead_to_the_coverage(page: str) -> None:
    shown = section(page, "gaps")
    assert shown.count('href="/coverage?') > 3
    assert "have no project with an activity marked completed" in text(shown)


def test_issues_are_described_in_turtle(client: httpx.Client) -> None:
    answer = client.get("/quality.ttl")
    assert answer.headers["Content-Type"].startswith("text/turtle")
    assert "issue:annual-meeting" in answer.text or "id/issue/annual-meeting" in answer.text


def test_a_report_beside_the_dataset_adds_what_the_rules_found(
    dataset_path: Path, tmp_path: Path
) -> None:
    path = shutil.copy(dataset_path, tmp_path)
    digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    graph, dqv = f"<{BASE}graph/quality>", "http://www.w3.org/ns/dqv#"
    counts = {"violations": 2, "warnings": 5, "unexpected": 1, "infos": 7}
    lines = [f'<{BASE}accsm.nq> <http://schema.org/sha256> "{digest}" {graph} .']
    for name, count in counts.items():
        node = f"<{BASE}graph/quality#{name}/dataset>"
        lines += [
            f"{node} <{dqv}computedOn> <{BASE}dataset> {graph} .",
            f"{node} <{dqv}isMeasurementOf> <{BASE}graph/quality#{name}> {graph} .",
            f'{node} <{dqv}value> "{count}"^^<http://www.w3.org/2001/XMLSchema#integer> {graph} .',
        ]
    (tmp_path / "quality.nq").write_text("\n".join(lines) + "\n")
    with running(Path(path)) as server:
        said = text(
            httpx.get(f"{server.url}/quality", headers={"Accept": "text/html"}, timeout=60).text
        )
    assert "2 violations, 5 warnings (1 not expected) and 7 infos by" in said


def test_another_dataset_has_no_such_page(tmp_path: Path) -> None:
    (tmp_path / "data.nt").write_text("<https://e.org/a> <https://e.org/b> <https://e.org/c> .\n")
    with running(tmp_path / "data.nt") as server:
        assert httpx.get(f"{server.url}/quality").status_code == 404
        home = httpx.get(server.url, headers={"Accept": "text/html"}).text
        assert 'href="/quality"' not in home and 'href="/sources"' not in home
        assert 'href="/dataset"' in home
