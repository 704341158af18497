"""The home page, and the pages of another dataset."""

import re
from pathlib import Path

import httpx
import pytest
from pages.conftest import get
from pyoxigraph import Store
from serving import running

from accsm_kg.namespaces import prefixes


def test_the_home_page_shows_counts_and_links(client: httpx.Client, store: Store) -> None:
    page = get(client, "/").text
    (row,) = store.query("SELECT (COUNT(?p) AS ?n) { ?p a accsm:Project }", prefixes=prefixes())
    assert f"{row[0].value} projects" in re.sub(r"\s+", " ", page)
    for path in ("/browse/WorkPlan", "/countries", "/projects", "/coverage", "/questions"):
        assert f'href="{path}"' in page


@pytest.mark.parametrize("accept", ["text/turtle", "application/ld+json"])
def test_the_home_page_is_the_description_of_the_dataset_for_programs(
    client: httpx.Client, accept: str
) -> None:
    answer = get(client, "/", accept)
    assert answer.headers["Content-Type"].startswith(accept)
    assert answer.content == get(client, "/dataset", accept).content
    for others in ("*/*", "text/html,application/xhtml+xml,*/*;q=0.8"):
        assert get(client, "/", others).headers["Content-Type"].startswith("text/html")


def test_another_dataset_is_served(tmp_path: Path) -> None:
    file = tmp_path / "data.ttl"
    file.write_text("<http://example.org/a> <http://example.org/b> 'c' .")
    with running(file) as server, httpx.Client(base_url=server.url) as client:
        for path in ("/", "/browse", "/questions", "/ontology", "/shapes", "/sparql"):
            assert get(client, path).status_code == 200
        answer = client.get("/sparql?query=SELECT * { ?s ?p ?o }", headers={"Accept": "text/csv"})
    assert answer.text.split("\r\n")[1] == "http://example.org/a,http://example.org/b,c"
