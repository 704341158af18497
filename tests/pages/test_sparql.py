"""The page of an answer."""

from pathlib import Path

import httpx
from serving import running


def get(client: httpx.Client, path: str, accept: str = "text/html") -> httpx.Response:
    return client.get(path, headers={"Accept": accept})


def test_a_page_promises_no_more_rows_than_there_are(tmp_path: Path) -> None:
    file = tmp_path / "data.ttl"
    file.write_text("<a:a> <a:b> 1, 2, 3, 4 .")
    with running(file, ROWS="3") as server, httpx.Client(base_url=server.url) as client:
        page = get(client, "/sparql?query=SELECT * { ?s ?p ?o }").text
        assert "Only the first 3 rows are shown; the formats give up to 3." in page
        page = get(client, "/sparql?query=CONSTRUCT WHERE { ?s ?p ?o }").text
        assert "Only the first 3 triples are shown; the formats give up to 3." in page
