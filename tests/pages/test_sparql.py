"""The pages of answers."""

from pathlib import Path

import httpx
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
