"""The shapes and their cases, tests/shapes/<rule>/valid.ttl and invalid-<reason>.ttl or .trig."""

from functools import cache

from project import ROOT
from pyoxigraph import Quad
from rdflib import Graph
from rdflib.namespace import RDFS

from accsm_kg.quality.validate import only_rules
from accsm_kg.rdf import dataset

ONTOLOGY = sorted({*(ROOT / "ontology").glob("*.ttl")} - {ROOT / "ontology" / "alignments.ttl"})
CASES = sorted(path for path in (ROOT / "tests" / "shapes").glob("*/*.t*"))


@cache
def shapes() -> Graph:
    graph = Graph()
    for path in sorted((ROOT / "shapes").glob("*.ttl")):
        graph.parse(path)
    return graph


@cache
def rule(name: str) -> Graph:
    return only_rules(shapes(), name)


@cache
def classes() -> list[Quad]:
    quads = (quad for path in ONTOLOGY for quad in dataset.read(path))
    return [quad for quad in quads if quad.predicate.value == str(RDFS.subClassOf)]
