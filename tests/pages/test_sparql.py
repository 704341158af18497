"""The pages of answers."""

import re
from html import unescape
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

import httpx
import openpyxl
import pytest
from pages.conftest import get
from serving import running

from accsm_kg.namespaces import BASE


def test_a_page_that_is_cut_says_how_many_rows_the_formats_have(tmp_path: Path) -> None:
    file = tmp_path / "data.ttl"
    file.write_text("<a:a> <a:b> 1, 2, 3, 4 .")
    with running(file, ROWS="3") as server, httpx.Client(base_url=server.url) as client:
        page = get(client, "/sparql?query=SELECT * { ?s ?p ?o }").text
        assert "Only the first 3 rows are shown. The formats below have up to 3." in page
        page = get(client, "/sparql?query=CONSTRUCT WHERE { ?s ?p ?o }").text
        assert (
            "Only the first 3 triples are shown and drawn. The formats below have up to 3." in page
        )


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("MINUS { ?project accsm:countryCoordinator ?country }", "5 rows"),
        ('FILTER(CONTAINS(STR(?country), "THA"))', "1 row"),
    ],
)
def test_a_page_has_the_hints_of_an_empty_answer_only_where_it_is_empty(
    client: httpx.Client, pattern: str, left: str
) -> None:
    page = page_of(client, f"SELECT * {{ ?country a accsm:Country {pattern} }}")
    assert f'role="status">{left}<' in page
    assert "all matches" not in page
    assert "Capitals" not in page
    page = page_of(client, "SELECT * { ?country a accsm:Country MINUS { ?country a ?class } }")
    assert "all matches" in page


def test_the_form_sends_a_long_query_by_post(client: httpx.Client) -> None:
    form = get(client, "/sparql").text
    assert '<form class="query" action="/sparql" method="get"' in form
    assert '<button type="submit" formmethod="post" class="second">' in form
    long = f"SELECT * {{ ?s a ?type }} LIMIT 3 # {'x' * 8000}"
    for answer in (
        get(client, f"/sparql?query={quote(long)}"),
        client.post("/sparql", data={"query": long, "format": "html"}),
    ):
        assert answer.status_code == 200
        assert '<form class="query" action="/sparql" method="post"' in answer.text
        assert "x" * 8000 in answer.text


def test_a_query_too_long_for_an_address_is_kept_in_the_form(client: httpx.Client) -> None:
    long = f"SELECT * {{ ?s a ?type }} LIMIT 3 # {'x' * 33_000}"
    refused = get(client, f"/sparql?query={quote(long)}")
    assert refused.status_code == 414
    assert '<form class="query" action="/sparql" method="post"' in refused.text
    assert "x" * 33_000 in refused.text


def test_an_answer_without_views_says_nothing_of_one_that_was_asked_for(
    client: httpx.Client,
) -> None:
    for query in ("ASK { ?s a <x:none> }", "SELECT * { ?s a <x:none> }"):
        assert "does not fit" not in page_of(client, query, view="table")


def test_a_graph_on_a_page_has_the_prefixes_of_the_dataset(client: httpx.Client) -> None:
    page = page_of(client, f"DESCRIBE <{BASE}id/country/THA>", view="turtle")
    assert "accsm:coordinates project-2016-2020:14 ," in page
    assert "@prefix meeting-accsm-22:" in page
    assert "@prefix kpi" not in page


@pytest.mark.parametrize("suffix", ["csv", "tsv", "json", "xml", "xlsx"])
def test_answers_are_named_with_a_suffix(client: httpx.Client, suffix: str) -> None:
    answer = client.get("/sparql", params={"query": "SELECT * {} LIMIT 1", "format": suffix})
    assert answer.headers["Content-Disposition"] == f'inline; filename="answer.{suffix}"'


COUNTED = """PREFIX accsm: <https://w3id.org/accsm-kg/ontology#>
SELECT ?country (COUNT(?project) AS ?projects)
WHERE { ?project accsm:countryCoordinator ?country } GROUP BY ?country"""
DRAWN = """PREFIX accsm: <https://w3id.org/accsm-kg/ontology#>
CONSTRUCT { ?project accsm:countryCoordinator ?country }
WHERE { ?project accsm:countryCoordinator ?country }"""


def page_of(client: httpx.Client, query: str, **more: str) -> str:
    answer = client.get("/sparql", params={"query": query, "format": "html", **more})
    assert answer.status_code == 200
    return answer.text


def test_an_answer_has_the_view_that_fits_and_others_by_links(client: httpx.Client) -> None:
    page = page_of(client, COUNTED)
    assert re.findall(r'data-view="(\w+)"( aria-current="true")?', page) == [
        ("bar", ' aria-current="true"'), ("table", "")]  # fmt: skip
    assert page.count('role="img"') == 2
    assert "<figcaption>Projects by country</figcaption>" in page
    assert "?country <small" in page
    link = re.search(r'href="([^"]+)" data-view="table"', page)
    assert link
    table = get(client, unescape(link[1])).text
    assert 'role="img"' not in table
    assert ">Thailand</a> <small" in table
    assert ">country:THA</small>" in table
    commented = page_of(client, f"{COUNTED} # view: table\n# view: table")
    assert 'role="img"' not in commented
    assert "The view “Tree” does not fit this answer." in page_of(client, COUNTED, view="tree")


def test_a_picture_of_an_answer_is_a_file(client: httpx.Client) -> None:
    asked = get(client, f"/sparql?query={quote(COUNTED)}", "image/svg+xml")
    named = client.get("/sparql", params={"query": COUNTED, "format": "svg", "view": "bar"})
    assert asked.content == named.content
    assert asked.headers["Content-Type"] == "image/svg+xml"
    assert asked.headers["Content-Disposition"] == 'inline; filename="answer.svg"'
    assert b"Thailand 8" in asked.content
    assert b"class=" not in asked.content
    graph = get(client, f"/sparql?query={quote(DRAWN)}", "image/svg+xml")
    assert b"each link means: country coordinator" in graph.content
    for query, view, status in (
        (COUNTED, "tree", 400), (COUNTED, "pie", 400), ("ASK {}", "", 406), ("SELECT * {", "", 400),
        ("SELECT * { ?s a ?o } LIMIT 0", "", 406),
    ):  # fmt: skip
        parameters = {"query": query, "format": "svg", "view": view}
        assert client.get("/sparql", params=parameters).status_code == status


def test_a_graph_is_drawn_above_its_turtle(client: httpx.Client) -> None:
    page = page_of(client, DRAWN)
    assert re.findall(r'data-view="(\w+)"', page) == ["graph", "turtle"]
    assert "accsm:countryCoordinator" in page
    assert 'role="img"' not in page_of(client, DRAWN, view="turtle")


def test_a_long_query_has_its_views_and_files_by_post(client: httpx.Client) -> None:
    long = f"{COUNTED} # {'x' * 9000}"
    page = client.post("/sparql", data={"query": long, "format": "html"}).text
    assert re.findall(r'<button class="second" name="view" value="(\w+)"', page) == ["bar", "table"]
    assert '<button class="second" name="format" value="csv">' in page
    assert page.count('<form class="formats" method="post" action="/sparql"') == 1
    drawn = client.post("/sparql", data={"query": long, "view": "bar", "format": "svg"})
    assert drawn.headers["Content-Type"] == "image/svg+xml"


def test_links_of_an_answer_keep_its_graphs_and_its_time(client: httpx.Client) -> None:
    more = {"default-graph-uri": "https://w3id.org/accsm-kg/graph/vocab", "timeout": "5"}
    page = page_of(client, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", **more)
    links = re.findall(r'href="(/sparql\?query=[^"]+format=[^"]+)"', page)
    assert len(links) >= 4
    assert all("default-graph-uri=" in link and "timeout=5" in link for link in links)
    counted = get(client, unescape(next(link for link in links if link.endswith("csv"))))
    assert counted.text.split()[1] in page


def test_the_rows_after_a_hundred_are_folded(client: httpx.Client) -> None:
    page = page_of(client, "SELECT ?s ?p ?o { ?s ?p ?o } LIMIT 250")
    assert "<summary>The other 150 rows</summary>" in page
    assert page.count("<tr>") == 2 + 250


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def test_an_answer_is_a_workbook(client: httpx.Client) -> None:
    answer = client.get("/sparql", params={"query": COUNTED}, headers={"Accept": XLSX})
    assert answer.headers["Content-Type"] == XLSX
    assert answer.headers["Content-Disposition"].endswith('filename="answer.xlsx"')
    rows = client.get("/sparql", params={"query": COUNTED, "format": "csv"}).text.split()
    workbook = openpyxl.load_workbook(BytesIO(answer.content))
    found = [",".join(str(cell.value) for cell in row) for row in workbook["Answer"].iter_rows()]
    assert found == rows
    assert any("accsm:countryCoordinator" in row[0].value for row in workbook["Query"].iter_rows())
    asked = client.get("/sparql", params={"query": "ASK {}", "format": "xlsx"})
    assert openpyxl.load_workbook(BytesIO(asked.content))["Answer"]["A2"].value is True
    question = client.get("/questions/projects-per-coordinator.xlsx")
    assert openpyxl.load_workbook(BytesIO(question.content))["Answer"].max_row == 46
    assert client.get("/sparql", params={"query": DRAWN, "format": "xlsx"}).status_code == 406


def test_a_workbook_holds_a_long_text_and_a_long_query(client: httpx.Client) -> None:
    text = "long " * 8000
    asked = client.post(
        "/sparql", data={"query": f'SELECT ("{text}" AS ?a) {{}}', "format": "xlsx"}
    )
    assert asked.status_code == 200, asked.text
    answer, about = openpyxl.load_workbook(BytesIO(asked.content)).worksheets
    assert answer["A2"].value == text[:32766] + "\N{HORIZONTAL ELLIPSIS}"
    assert about["A1"].value.startswith('SELECT ("long')


def test_a_workbook_that_is_cut_is_whole_and_says_so(tmp_path: Path) -> None:
    file = tmp_path / "data.ttl"
    file.write_text("<a:a> <a:b> 1, 2, 3, 4 .")
    with running(file, ROWS="3") as server, httpx.Client(base_url=server.url) as client:
        answer = get(client, "/sparql?format=xlsx&query=SELECT ?o { ?s ?p ?o }")
        workbook = openpyxl.load_workbook(BytesIO(answer.content))
        assert workbook["Answer"].max_row == 4
        said = "Only the first 3 rows are in this file: see LIMIT and OFFSET."
        assert workbook["Query"]["A1"].value == said
