"""The classes and their members: pages, and RDF for programs."""

import httpx
import pytest
from pyoxigraph import NamedNode, QuerySolutions, RdfFormat, Store, Triple, parse

from accsm_kg.namespaces import BASE, prefixes, term

TURTLE = {"Accept": "text/turtle"}


@pytest.fixture(scope="module")
def shapes(client: httpx.Client) -> Store:
    """What a query builder reads at /browse."""
    answer = client.get("/browse", headers={"Accept": "text/plain, */*; q=0.01"})
    assert answer.headers["Content-Type"].startswith("application/n-triples")
    found = Store()
    found.load(answer.content, format=RdfFormat.N_TRIPLES)
    return found


def test_every_class_and_property_has_a_name(shapes: Store) -> None:
    unnamed = """SELECT ?thing {
      { ?thing a sh:NodeShape FILTER NOT EXISTS { ?thing rdfs:label ?a ; sh:targetClass ?class } }
      UNION { ?any sh:property ?thing FILTER NOT EXISTS { ?thing sh:name ?a ; sh:path ?path } }
    }"""
    found = shapes.query(unnamed, prefixes=prefixes())
    assert isinstance(found, QuerySolutions)
    assert list(found) == []
    assert len(list(shapes.quads_for_pattern(None, term("sh:targetClass"), None))) > 50


@pytest.mark.parametrize(
    ("path", "name", "rule", "value"),
    [
        ("accsm:inWorkPlan", "in work plan", "sh:class", "accsm:WorkPlan"),
        ("accsm:projectNumber", "project number", "sh:datatype", "xsd:integer"),
        ("accsm:verbatimTitle", "verbatim title", "sh:datatype", "xsd:string"),
        ("skos:prefLabel", "pref label", "", ""),
    ],
)
def test_a_property_tells_the_values_that_the_ontology_gives(
    shapes: Store, path: str, name: str, rule: str, value: str
) -> None:
    part = NamedNode(f"{BASE}browse#accsm:Project/property/{path}")
    found = {(q.predicate, str(q.object)) for q in shapes.quads_for_pattern(part, None, None)}
    assert {(term("sh:path"), str(term(path))), (term("sh:name"), f'"{name}"@en')} <= found
    rules = {(rule, str(term(value)))} if rule else set()
    kinds = ("sh:class", "sh:datatype", "sh:nodeKind")
    assert {(kind, text) for kind in kinds for p, text in found if p == term(kind)} == rules


def test_the_members_of_a_class_are_rdf_for_programs(client: httpx.Client, store: Store) -> None:
    answer = client.get("/browse/Event", headers=TURTLE)
    found = {quad.triple for quad in parse(answer.content, format=RdfFormat.TURTLE)}
    kind, event = term("rdf:type"), term("accsm:Event")
    members = {quad.subject for quad in store.quads_for_pattern(None, kind, event)}
    assert {triple.subject for triple in found} == members
    assert {Triple(one, kind, event) for one in members} < found
    assert client.get("/browse/Event?page=2", headers=TURTLE).content == answer.content
    lines = client.get("/browse/Event?format=csv").text.splitlines()
    assert lines[0] == "thing,label"
    assert len(lines) == len(members) + 1
    missing = client.get("/browse/Nothing", headers=TURTLE)
    assert (missing.status_code, "has no members of <" in missing.text) == (404, True)


@pytest.mark.parametrize("path", ["/browse", "/browse/Event"])
def test_people_get_a_page(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.headers["Content-Type"].startswith("text/html")
    assert f'<{path}?format=ttl>; rel="alternate"; type="text/turtle"' in answer.headers["Link"]
