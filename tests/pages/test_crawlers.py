"""Rules and sitemaps for crawlers."""

import re
from pathlib import Path
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree

import httpx
from pyoxigraph import Store
from serving import running

from accsm_kg.namespaces import BASE

SPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def addresses(client: httpx.Client, path: str, root: str) -> list[str]:
    """Return the paths in a sitemap, or of the parts of an index, whose element is ``root``."""
    answer = client.get(path)
    assert answer.headers["Content-Type"] == "application/xml"
    found = ElementTree.fromstring(answer.content)
    assert found.tag == SPACE + root
    here = str(client.base_url).rstrip("/")
    locations = [str(element.text) for element in found.iter(f"{SPACE}loc")]
    assert all(location.startswith(here) for location in locations)
    assert len(locations) == len(list(found.iter(f"{SPACE}lastmod"))) <= 50_000
    return [location.removeprefix(here) for location in locations]


def test_crawlers_may_read_all_but_answers(client: httpx.Client) -> None:
    answer, here = client.get("/robots.txt"), str(client.base_url).rstrip("/")
    assert answer.headers["Content-Type"].startswith("text/plain")
    rules = RobotFileParser()
    rules.parse(answer.text.splitlines())
    assert rules.site_maps() == [f"{here}/sitemap.xml"]
    for path in ("/", "/dataset", "/doc/country/KHM", "/sparql", "/questions/x?line=A"):
        assert rules.can_fetch("crawler", here + path), path
    assert not rules.can_fetch("crawler", f"{here}/sparql?query=ASK%20%7B%7D")


def test_the_sitemap_has_every_page(client: httpx.Client, store: Store) -> None:
    found = addresses(client, "/sitemap.xml", "urlset")
    assert len(found) == len(set(found))
    assert {"/", "/dataset", "/questions/projects-supporting-action-line"} <= set(found)
    assert {
        "/projects",
        "/coverage",
        "/meetings",
        "/sources",
        "/quality",
        "/quality/issues",
        "/graph/vocab",
    } <= set(found)
    things = {str(quad.subject)[1:-1] for quad in store if f"<{BASE}id/" in str(quad.subject)}
    documents = {path for path in found if path.startswith("/doc/")}
    assert len(documents) == len(things)
    assert "/doc/project/2016-2020/33" in documents
    for path in [
        *found[::150],
        *(path for path in found if path.startswith(("/browse/", "/graph/"))),
    ]:
        assert client.head(path, headers={"Accept": "text/html"}).status_code == 200, path
    assert addresses(client, "/sitemap-1.xml", "urlset") == found
    assert (
        client.get("/sitemap-2.xml").status_code == client.get("/sitemap-x.xml").status_code == 404
    )


def test_a_long_sitemap_is_an_index(tmp_path: Path) -> None:
    path = tmp_path / "data.nt"
    path.write_text("".join(f"<{BASE}id/{n}> <a:b> <a:c> .\n" for n in range(20_001)))
    with running(path) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        parts = addresses(client, "/sitemap.xml", "sitemapindex")
        assert parts == ["/sitemap-1.xml", "/sitemap-2.xml"]
        found = [one for part in parts for one in addresses(client, part, "urlset")]
    documents = {one for one in found if one.startswith("/doc/")}
    assert documents == {f"/doc/{n}" for n in range(20_001)}
    assert len(found) == len(set(found))


def test_assistants_are_told_what_to_ask(client: httpx.Client) -> None:
    answer, here = client.get("/llms.txt"), str(client.base_url).rstrip("/")
    assert answer.headers["Content-Type"].startswith("text/plain")
    lines = answer.text.splitlines()
    assert lines[0] == "# Knowledge graph of the ASEAN Cooperation on Civil Service Matters"
    assert lines[2].startswith("> Declarations, priority areas, ")
    heads = ["## Data", "## Pages", "## Model Context Protocol"]
    assert [line for line in lines if line.startswith("## ")] == heads
    assert "JSON (`json`)" in answer.text
    links = re.findall(r"\]\((\S+)\)", answer.text)
    assert {f"{here}/sparql", f"{here}/projects", f"{here}/ontology"} <= set(links)
    assert all(link.startswith(here) for link in links)
    statuses = {link: client.get(link).status_code for link in links}
    assert {link: status for link, status in statuses.items() if status != 200} == {}


def test_assistants_are_told_of_a_dataset_of_others(tmp_path: Path) -> None:
    path = tmp_path / "data.nt"
    path.write_text("<urn:a> <urn:b> <urn:c> .\n")
    with running(path, "--root-path", "/kg") as server:
        text = httpx.get(f"{server.url}/llms.txt").text
    assert text.startswith("# A dataset as linked data\n\n## Data\n\n- [SPARQL endpoint](http://")
    assert "/kg/sparql)" in text
    assert "/projects" not in text
