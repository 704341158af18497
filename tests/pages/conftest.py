"""One server for all tests of the pages, and an example URL of each kind of page."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from pyoxigraph import RdfFormat, Triple, parse
from serving import running

from accsm_kg import __version__
from accsm_kg.namespaces import BASE

#: A URL for each path of the OpenAPI description that has parameters which must be given.
EXAMPLES = {
    "/accsm.{suffix}": "/accsm.trig",
    "/browse/{name}": "/browse/Evidence",
    "/coverage.{suffix}": "/coverage.csv",
    "/dataset.{suffix}": "/dataset.html",
    "/describe": f"/describe?iri={quote(BASE, safe='')}id/country/KHM",
    "/dataset/{version}/accsm.{suffix}": f"/dataset/{__version__}/accsm.nq",
    "/doc/{path}": "/doc/project/2016-2020/6",
    "/graph/{path}": "/graph/vocab",
    "/ontology.{suffix}": "/ontology.html",
    "/ontology/{path}": "/ontology/projects",
    "/questions/{name}": "/questions/projects-per-coordinator",
    "/quality.{suffix}": "/quality.csv",
    "/rdf-graph-store": "/rdf-graph-store?default",
    "/shapes.{suffix}": "/shapes.html",
    "/sources/{key}/{name}.{suffix}": "/sources/001/lines.csv",
    "/shapes/{path}": "/shapes/projects",
    "/timeline.{suffix}": "/timeline.csv",
    "/trace/{key}": "/trace/A.2.2.iv",
}

FORMATS = {
    "ttl": RdfFormat.TURTLE,
    "jsonld": RdfFormat.JSON_LD,
    "nt": RdfFormat.N_TRIPLES,
    "rdf": RdfFormat.RDF_XML,
}


def get(client: httpx.Client, path: str, accept: str = "text/html") -> httpx.Response:
    return client.get(path, headers={"Accept": accept})


def triples(answer: httpx.Response) -> set[Triple]:
    """Return the triples in RDF of any format, also those of named graphs."""
    form = RdfFormat.from_media_type(answer.headers["Content-Type"])
    assert form is not None, answer.headers["Content-Type"]
    return {quad.triple for quad in parse(answer.content, format=form)}


@pytest.fixture(scope="package")
def client(dataset_path: Path) -> Iterator[httpx.Client]:
    with running(dataset_path) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        yield client


@pytest.fixture(scope="package")
def described(client: httpx.Client) -> dict[str, Any]:
    """The GET operations of the OpenAPI description that have content, by an example URL."""
    paths = client.get("/openapi.json").json()["paths"]
    operations = {
        EXAMPLES.get(path, path): operations["get"]
        for path, operations in paths.items()
        if "get" in operations
    }
    return {
        path: operation
        for path, operation in operations.items()
        if "content" in operation["responses"].get("200", {})
    }
