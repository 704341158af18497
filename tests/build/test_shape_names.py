"""The names of the shapes, under which programs show them."""

import pytest
from pyoxigraph import NamedNode, QuerySolutions, Store

from accsm_kg.namespaces import BASE, SHAPES, prefixes, term

GRAPH = NamedNode(BASE + SHAPES)


def test_every_shape_that_people_see_has_one_name(store: Store) -> None:
    query = """SELECT ?thing (COUNT(?name) AS ?names) { GRAPH graph:shapes {
      { ?thing a sh:NodeShape OPTIONAL { ?thing rdfs:label ?name } }
      UNION { ?thing a sh:PropertyShape OPTIONAL { ?thing sh:name ?name } }
    } } GROUP BY ?thing HAVING (COUNT(?name) != 1)"""
    found = store.query(query, prefixes=prefixes())
    assert isinstance(found, QuerySolutions)
    assert [str(row["thing"]) for row in found] == []


@pytest.mark.parametrize(
    ("shape", "property", "name"),
    [
        ("R-PRJ-01", "rdfs:label", "Project"),
        ("R-PRJ-01-priority", "sh:name", "addresses priority area version"),
        ("R-GEN-01-name", "sh:name", "pref label"),
        ("R-PRJ-04-measure", "sh:name", "Blueprint of a supported code"),
    ],
)
def test_a_name_is_that_of_the_property_or_of_the_rule(
    store: Store, shape: str, property: str, name: str
) -> None:
    found = store.quads_for_pattern(term(f"accsm-sh:{shape}"), term(property), None, GRAPH)
    assert [str(quad.object) for quad in found] == [f'"{name}"@en']
