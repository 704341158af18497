"""The pages of answers."""

from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from pages.conftest import get
from serving import running


def test_a_page_that_is_cut_says_how_many_rows_the_formats_have(tmp_path: Path) -> None:
    file = tmp_path / "data.ttl"
    file.write_text("<a:a> <a:b> 1, 2, 3, 4 .")
    with running(file, ROWS="3") as server, httpx.Client(base_url=server.url) as client:
        page = get(client, "/sparql?query=SELECT * { ?s ?p ?o }").text
        assert "Only the first 3 rows are shown. The formats below have up to 3." in page
        page = get(client, "/sparql?query=CONSTRUCT WHERE { ?s ?p ?o }").text
        assert "Only the first 3 triples are shown. The formats below have up to 3." in page


def test_the_form_sends_a_long_query_by_post(client: httpx.Client) -> None:
    form = get(client, "/sparql").text
    assert '<form class="query" action="/sparql" method="get"' in form
    assert '<button type="submit" formmethod="post" class="second">' in form
    long = f"SELECT * {{ ?s a ?type }} LIMIT 3 # {'x' * 7000}"
    for answer in (
        get(client, f"/sparql?query={quote(long)}"),
        client.post("/sparql", data={"query": long, "format": "html"}),
    ):
        assert answer.status_code == 200
        assert '<form class="query" action="/sparql" method="post"' in answer.text
        assert "x" * 7000 in answer.text


def test_a_query_too_long_for_an_address_is_kept_in_the_form(client: httpx.Client) -> None:
    long = f"SELECT * {{ ?s a ?type }} LIMIT 3 # {'x' * 33_000}"
    refused = get(client, f"/sparql?query={quote(long)}")
    assert refused.status_code == 414
    assert '<form class="query" action="/sparql" method="post"' in refused.text
    assert "x" * 33_000 in refused.text


@pytest.mark.parametrize("suffix", ["csv", "tsv", "json", "xml"])
def test_answers_are_named_with_a_suffix(client: httpx.Client, suffix: str) -> None:
    answer = client.get("/sparql", params={"query": "SELECT * {} LIMIT 1", "format": suffix})
    assert answer.headers["Content-Disposition"] == f'inline; filename="answer.{suffix}"'
