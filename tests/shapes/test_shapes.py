"""Every shape passes its valid case and fails each invalid one with the message it should have.

A case is tests/shapes/<rule>/valid.ttl or invalid-<reason>.ttl (.trig where named graphs matter);
the first line of an invalid one says what is wrong and quotes a part of the message.
"""

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from project import ROOT
from pyoxigraph import DefaultGraph, NamedNode
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, OWL, RDF, RDFS, SH
from shapes.cases import CASES, ONTOLOGY, classes, rule, shapes

from accsm_kg.namespaces import BASE, prefixes
from accsm_kg.quality.results import Result
from accsm_kg.quality.validate import check
from accsm_kg.rdf import dataset

INVALID = [path for path in CASES if path.stem.startswith("invalid-")]
VALID = [path for path in CASES if path.stem == "valid"]
RULE = re.compile(r"R-[A-Z]+-[0-9]+")
SD = prefixes()["sd"]


@cache
def ontology() -> Graph:
    graph = Graph()
    for path in ONTOLOGY:
        graph.parse(path)
    return graph


@cache
def found(path: Path) -> list[Result]:
    store = dataset.collect(path)
    triples = [quad.triple for quad in store]
    if path.suffix == ".ttl":
        store.clear()
        store.extend(dataset.place(triples, NamedNode(f"{BASE}graph/source/001")))
    store.extend([*dataset.place(triples, DefaultGraph()), *classes()])
    return check(store, rule(path.parent.name))


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@cache
def template(message: str) -> re.Pattern[str]:
    parts = re.split(r"\{\?\w+\}", message)
    return re.compile(".*".join(map(re.escape, parts)), re.DOTALL)


@pytest.mark.parametrize("path", VALID, ids=name)
def test_a_valid_case_gives_no_result(path: Path) -> None:
    assert found(path) == []


@pytest.mark.parametrize("path", INVALID, ids=name)
def test_an_invalid_case_fails_with_the_message_of_its_one_fault(path: Path) -> None:
    comment = path.read_text(encoding="utf-8").splitlines()[0]
    expected = re.fullmatch(r'# .+: "(.+)"', comment)
    assert expected, f'{path}: the first line is # what is wrong: "a part of the message"'
    results = found(path)
    assert results
    assert {result.rule for result in results} == {path.parent.name}
    assert [result.message for result in results if expected[1] not in result.message] == []


def test_every_rule_has_a_valid_and_an_invalid_case() -> None:
    found_ids = map(RULE.search, shapes().subjects(RDF.type, SH.NodeShape))
    rules = {match[0] for match in found_ids if match}
    assert rules == {path.parent.name for path in VALID}
    assert rules == {path.parent.name for path in INVALID}


def test_every_message_is_met_by_an_invalid_case() -> None:
    said = {result.message for path in INVALID for result in found(path)}
    helper = "It is not a member of the group of ASEAN Member States."
    messages = {str(message) for message in shapes().objects(None, SH.message)} - {helper}
    unmet = [text for text in messages if not any(template(text).fullmatch(m) for m in said)]
    assert sorted(unmet) == []


@pytest.mark.parametrize("predicate", ["name", "description", "order"])
def test_every_shape_says_what_it_is(predicate: str) -> None:
    graph = shapes()
    bare = [
        shape
        for shape in graph.subjects(RDF.type, SH.NodeShape)
        if len(list(graph.objects(shape, SH[predicate]))) != 1
    ]
    assert bare == []


def test_severities_are_as_agreed() -> None:
    found_at = {(result.rule, result.severity) for path in INVALID for result in found(path)}
    milder = {pair for pair in found_at if pair[1] != "Violation"}
    warnings = {(rule, "Warning") for rule in ("R-GEN-02", "R-X-02", "R-X-11", "R-X-16")}
    assert milder == {*warnings, ("R-I-01", "Info")}


def test_rules_about_named_graphs_stand_in_one_file_and_are_left_out_elsewhere() -> None:
    graph = shapes()
    queried = {
        shape
        for shape, query in graph.subject_objects(SH.sparql / SH.select)
        if re.search(r"\bGRAPH\b", query)
    }
    marked = set(graph.subjects(DCTERMS.requires, URIRef(f"{SD}Dataset")))
    filed = Graph().parse(ROOT / "shapes" / "named-graphs.ttl")
    assert queried == marked == set(filed.subjects(RDF.type, SH.NodeShape))
    assert marked == set(graph.subjects(SH.deactivated, Literal(True)))


def test_no_shape_has_two_values_of_a_parameter_which_engines_read_differently() -> None:
    graph, free = shapes(), {SH.property, SH.sparql, SH.declare}
    twice = [
        (shape, parameter)
        for (shape, parameter), count in Counter((s, p) for s, p, _ in graph).items()
        if count > 1 and parameter not in free and not parameter.startswith(f"{SH}target")
    ]
    assert twice == []


def test_no_query_of_a_shape_returns_a_solution_twice() -> None:
    queries = shapes().objects(None, SH.select)
    assert [query for query in queries if not re.search("SELECT DISTINCT|GROUP BY", query)] == []


def test_no_exists_joins_patterns_which_the_engine_would_evaluate_for_the_whole_graph() -> None:
    chain = re.compile(r"EXISTS \{\s*[$?]\w+ \S+ (\?\w+) \.\s+\1 ")  # { ?a :p ?b . ?b :q ?c . }
    path = re.compile(r"EXISTS \{[^{}]* \^?\w+:\w+/")
    queries = shapes().objects(None, SH.select)
    assert [query for query in queries if chain.search(query) or path.search(query)] == []


def test_no_two_shapes_share_an_order() -> None:
    orders = [int(order.toPython()) for order in shapes().objects(None, SH.order)]
    twice = [order for order, count in Counter(orders).items() if count > 1]
    assert twice == [], f"give one of two shapes a free sh:order, such as {max(orders) + 1}"


def test_every_class_of_the_ontology_must_be_named() -> None:
    rule = URIRef(f"{BASE}shapes#R-GEN-01")
    targets = set(shapes().objects(rule, SH.targetClass))
    classes = [c for c in ontology().subjects(RDF.type, OWL.Class) if isinstance(c, URIRef)]
    missed = [
        c for c in classes if targets.isdisjoint(ontology().transitive_objects(c, RDFS.subClassOf))
    ]
    assert missed == []


def test_a_shape_with_the_wrong_severity_in_its_properties_would_be_misread() -> None:
    graph = shapes()
    for shape in graph.subjects(SH.severity, None):
        for part in graph.objects(shape, SH.property):
            assert graph.value(part, SH.severity) == graph.value(shape, SH.severity), part
