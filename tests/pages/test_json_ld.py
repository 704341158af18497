"""JSON-LD of every kind of document, and the context for that of others."""

from typing import Any

import httpx
import pytest
from pyoxigraph import RdfFormat, parse

from accsm_kg.namespaces import BASE, prefixes

TYPE = "rdf:type"
DESCRIBE = f"DESCRIBE <{BASE}id/country/KHM>"
#: A node of each kind of document, with its type.
TYPED = {
    "/doc/project/2016-2020/6": ("project-2016-2020:6", "accsm:Project"),
    "/dataset": (f"{BASE}dataset", "dcat:Dataset"),
    "/ontology": ("accsm:Project", "owl:Class"),
    "/shapes": ("accsm-sh:R-PRJ-01", "sh:NodeShape"),
    "/graph/vocab": ("country:KHM", "accsm:Country"),
    "/rdf-graph-store?default": ("country:KHM", "accsm:Country"),
    f"/sparql?query={DESCRIBE}": (f"{BASE}id/country/KHM", "accsm:Country"),
    "/sparql": ("", "sd:Service"),
}


def load(client: httpx.Client, path: str) -> dict[str, Any]:
    answer = client.get(path, headers={"Accept": "application/ld+json"})
    assert answer.headers["Content-Type"] == "application/ld+json"
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize("path", TYPED)
def test_types_are_types_and_the_context_is_in_the_document(
    client: httpx.Client, path: str
) -> None:
    document, (name, kind) = load(client, path), TYPED[path]
    names = document["@context"]
    assert names.items() <= {**load(client, "/context.jsonld")["@context"], **prefixes()}.items()
    name, *kinds = (shortened(names, iri) for iri in (name, kind))
    nodes = [node for node in document["@graph"] if not name or node["@id"] == name]
    assert any(set(kinds) & {*listed(node.get("@type"))} for node in nodes)
    assert [
        node for node in document["@graph"] if {TYPE, prefixes()["rdf"] + "type"} & {*node}
    ] == []


def shortened(names: dict[str, str], name: str) -> str:
    """Return ``name``, or its IRI if the document does not declare its prefix."""
    prefix, _, local = name.partition(":")
    return name if prefix in names or "//" in local else prefixes().get(prefix, "") + local


def listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def test_the_context_is_that_of_all_short_names(client: httpx.Client) -> None:
    names = load(client, "/context.jsonld")["@context"]
    assert {"accsm", "skos", "country", "project-2016-2020"} <= {*names}
    frame = {"@context": names, "@id": "country:KHM", "@type": "accsm:Country"}
    (quad,) = parse(httpx.Request("POST", BASE, json=frame).content, format=RdfFormat.JSON_LD)
    assert quad.subject.value == f"{BASE}id/country/KHM"  # type: ignore[union-attr]


def test_the_context_can_be_kept_and_read_from_other_origins(client: httpx.Client) -> None:
    answer = client.get("/context.jsonld", headers={"Accept": "text/html"})
    assert answer.headers["Content-Type"] == "application/ld+json"
    assert answer.headers["Cache-Control"] == "public, no-cache"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    known = {"If-None-Match": answer.headers["ETag"]}
    assert client.get("/context.jsonld", headers=known).status_code == 304
