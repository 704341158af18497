"""The names in the profile exist: a misspelt one would change a page silently."""

import re
from pathlib import Path

import pytest
from accsm_server.pages import profile
from pyoxigraph import Literal, NamedNode, Store

from accsm_kg.namespaces import prefixes

TEXT = Path(profile.__file__).with_suffix(".toml").read_text(encoding="utf-8")
NAMES = sorted(set(re.findall(r'"accsm:(\w+)"', TEXT)))


@pytest.fixture(scope="module")
def read() -> profile.Profile:
    return profile.read_profile(prefixes())


@pytest.mark.parametrize("name", NAMES)
def test_the_ontology_defines_the_names_of_the_profile(store: Store, name: str) -> None:
    term = NamedNode(prefixes()["accsm"] + name)
    definition = NamedNode(prefixes()["skos"] + "definition")
    assert any(store.quads_for_pattern(term, definition, None))


def test_the_question_of_the_home_page_is_stored(store: Store, read: profile.Profile) -> None:
    identifier = NamedNode(prefixes()["dcterms"] + "identifier")
    assert any(store.quads_for_pattern(None, identifier, Literal(read.home_question)))


def test_prefixed_names_are_expanded(read: profile.Profile) -> None:
    listed = [*read.home_classes, *read.resource.first, *read.ontology.facts, *read.ontology.notes]
    assert all(iri.startswith("http") for iri in [*listed, *read.ontology.sections.values()])
    assert set(read.sparql.declared) <= set(prefixes())


def test_a_star_stands_for_any_characters(read: profile.Profile) -> None:
    accsm, found = prefixes()["accsm"], read.resource
    assert found.printed.fullmatch(f"{accsm}verbatimTitle")
    assert found.last.fullmatch(f"{accsm}occurrenceStatus")
    assert not found.records.fullmatch(f"{accsm}hasEvidenceOf")
    assert not found.hidden.fullmatch("")
