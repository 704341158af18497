"""Named graphs: as documents, and by the Graph Store HTTP Protocol."""

from pathlib import Path

import httpx
import pytest
from pages.conftest import FORMATS, get, triples
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, parse
from serving import running

from accsm_kg import __version__
from accsm_kg.namespaces import BASE, VERSIONS

VOCAB = f"{BASE}graph/vocab"
DATASET_FORMATS = {**FORMATS, "nq": RdfFormat.N_QUADS, "trig": RdfFormat.TRIG}


#: The path of the graph that is sent, by the path of the document.
DOCUMENTS = {
    "/ontology": "graph/ontology",
    f"/ontology/{__version__}": "graph/ontology",
    **{f"/{version}": version for version in VERSIONS},
    "/shapes": "graph/shapes",
    "/graph/source/001": "graph/source/001",
}


@pytest.mark.parametrize("path", DOCUMENTS)
@pytest.mark.parametrize("name", FORMATS)
def test_a_graph_is_a_document(client: httpx.Client, store: Store, path: str, name: str) -> None:
    found = parse(get(client, path, FORMATS[name].media_type).content, format=FORMATS[name])
    where = NamedNode(BASE + DOCUMENTS[path])
    assert len({str(q.triple) for q in found}) == len(
        list(store.quads_for_pattern(None, None, None, where))
    )


@pytest.mark.parametrize("name", DATASET_FORMATS)
@pytest.mark.parametrize("graph", [VOCAB, ""])
def test_a_graph_by_its_iri(client: httpx.Client, store: Store, graph: str, name: str) -> None:
    query = {"graph": graph} if graph else {"default": ""}
    accept = {"Accept": DATASET_FORMATS[name].media_type}
    answer = client.get("/rdf-graph-store", params=query, headers=accept)
    assert answer.headers["Content-Type"].split(";")[0] == DATASET_FORMATS[name].media_type
    where = NamedNode(graph) if graph else DefaultGraph()
    assert triples(answer) == {q.triple for q in store.quads_for_pattern(None, None, None, where)}
    by_parameter = client.get("/rdf-graph-store", params={**query, "format": name})
    assert by_parameter.content == answer.content
    assert client.head("/rdf-graph-store", params=query).status_code == 200


def test_a_browser_gets_turtle_from_the_graph_store(client: httpx.Client) -> None:
    accept = "text/html,application/xhtml+xml,*/*;q=0.8"
    answer = get(client, f"/rdf-graph-store?graph={VOCAB}", accept)
    assert answer.headers["Content-Type"].startswith("text/turtle")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("?graph=", 400),
        ("?graph=vocab", 400),
        (f"?default&graph={VOCAB}", 400),
        (f"?graph={VOCAB}&graph={VOCAB}", 400),
        ("?graph=urn:nothing", 404),
        (f"?graph={BASE}id/country/KHM", 404),
        (f"?graph={VOCAB}&format=pdf", 406),
    ],
)
def test_invalid_graph_requests_are_refused(client: httpx.Client, query: str, status: int) -> None:
    answer = client.get(f"/rdf-graph-store{query}")
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_the_iri_of_a_graph_may_end_in_a_suffix(tmp_path: Path) -> None:
    file = tmp_path / "data.nq"
    name = NamedNode(f"{BASE}graph/person/1.ttl")
    quad = Quad(NamedNode("a:a"), NamedNode("a:b"), Literal("c"), name)
    file.write_text(f"{quad} .\n")
    with running(file) as server, httpx.Client(base_url=server.url) as client:
        answer = get(client, "/graph/person/1.ttl", "application/n-triples")
        assert answer.text == '<a:a> <a:b> "c" .\n'
        assert client.get("/graph/person/1.ttl.nt").text == answer.text
        assert client.get("/graph/person/2.ttl").status_code == 404
