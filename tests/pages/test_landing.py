"""The landing page of the dataset for search engines and harvesters."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from pages.conftest import get
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store
from serving import running

from accsm_kg.namespaces import BASE, META, term

LINK = re.compile(r'<([^>]*)>; rel="([^"]*)"(?:; type="([^"]*)")?')
BLOCK = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)


def links(answer: httpx.Response, relation: str) -> dict[str, str]:
    """Return the media types by target of the links with a relation."""
    found = LINK.findall(answer.headers["Link"])
    return {target: kind for target, name, kind in found if name == relation}


@pytest.mark.parametrize("accept", ["text/html", "*/*"])
def test_the_landing_page_has_signposts(client: httpx.Client, accept: str) -> None:
    answer = get(client, "/dataset", accept)
    assert links(answer, "cite-as") == {f"{BASE}dataset": ""}
    assert {*links(answer, "type")} >= {"https://schema.org/AboutPage"}
    assert links(answer, "license") == {"https://creativecommons.org/licenses/by/4.0/": ""}
    assert links(answer, "author") == {f"{BASE}id/agent/contributors": ""}
    assert len(links(answer, "item")) == 12
    assert len(links(answer, "describedby")) == 4
    for target, kind in (links(answer, "item") | links(answer, "describedby")).items():
        assert client.head(target).headers["Content-Type"].partition(";")[0] == kind
    assert len(str(answer.headers)) < 4096  # what proxies allow


def test_files_and_descriptions_lead_back_to_the_landing_page(client: httpx.Client) -> None:
    assert links(client.head("/accsm.nq.gz"), "collection") == {"/dataset": "text/html"}
    assert links(get(client, "/dataset", "text/turtle"), "describes") == {"/dataset": "text/html"}


def block(answer: httpx.Response) -> dict[str, Any]:
    (text,) = BLOCK.findall(answer.text)
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.mark.parametrize("path", ["/", "/dataset"])
def test_a_search_engine_finds_a_dataset(client: httpx.Client, path: str) -> None:
    found, here = block(get(client, path)), str(client.base_url).rstrip("/")
    assert (found["@context"], found["@type"]) == ("https://schema.org/", "Dataset")
    assert found["@id"] == f"{BASE}dataset"
    assert found["url"] == f"{here}/dataset"
    assert found["name"].startswith("Knowledge graph of the ASEAN")
    assert 50 < len(found["description"]) < 5000
    assert {"license", "version", "dateModified", "keywords", "inLanguage"} <= {*found}
    assert [agent["name"] for agent in found["creator"]] == ["accsm-kg contributors"]
    assert len(found["distribution"]) == 12
    for file in found["distribution"]:
        kind = client.head(file["contentUrl"]).headers["Content-Type"].partition(";")[0]
        assert kind == file["encodingFormat"]


def test_what_a_dataset_says_of_itself_is_encoded(tmp_path: Path) -> None:
    store, path, title = Store(), tmp_path / "data.nq", "</script><script>alert(1)</script>"
    subject, graph = NamedNode(f"{BASE}dataset"), NamedNode(BASE + META)
    store.add(Quad(subject, term("dcterms:title"), Literal(title), graph))
    licence = NamedNode("http://example.org/ไทย")
    store.add(Quad(subject, term("dcterms:license"), licence, graph))
    store.dump(path, format=RdfFormat.N_QUADS)
    with running(path) as server, httpx.Client(base_url=server.url) as client:
        page = get(client, "/dataset")
    assert page.text.count('<script type="application/ld+json"') == 1
    assert page.text.count("<script") == 2
    assert block(page)["name"] == title
    assert links(page, "license") == {"http://example.org/%E0%B9%84%E0%B8%97%E0%B8%A2": ""}


def test_a_dataset_that_says_nothing_of_itself_has_no_block(tmp_path: Path) -> None:
    path = tmp_path / "data.nt"
    path.write_text("<a:a> <a:b> <a:c> .\n")
    with running(path) as server, httpx.Client(base_url=server.url) as client:
        for place in ("/", "/dataset"):
            assert '<script type="application/ld' not in get(client, place).text
        assert links(get(client, "/dataset"), "license") == {}
