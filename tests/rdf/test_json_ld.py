"""JSON-LD: what other parsers read is what was written, whatever the terms."""

import json

import pytest
import rdflib
from pyoxigraph import (
    BaseDirection,
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Triple,
    parse,
    serialize,
)
from rdflib.compare import to_isomorphic

from accsm_kg.namespaces import term
from accsm_kg.rdf import json_ld

#: Prefixes, some of which are also the schemes of IRIs, and some that a context cannot declare.
PREFIXES = {
    "ex": "http://example.org/",
    "geo": "http://geo.example/#",
    "urn": "http://urn.example/",
    "http": "http://http.example/",
    "a.b-c": "http://dotted.example/",
    "": "http://empty.example/",
    "obo": "http://obo.example/GO_",
    "ns": "urn:ns#",
}
A, P, TYPE = NamedNode("http://example.org/a"), NamedNode("http://example.org/p"), term("rdf:type")
IRIS = ["geo:13.7,100.5", "urn:x:y", "urn://x", "mailto:a@b", "urn:ns#x", "http://http.example/x",
        "http://example.org/", "http://example.org/a#b/c", "http://example.org/é%20'",
        "http://example.org/a:b", "http://example.org//x", "http://dotted.example/1.2",
        "http://empty.example/x", "http://obo.example/GO_1", "http://geo.example/#x"]  # fmt: skip
NUMBERS = {"integer": ["5", "-5", "05", "-0", "9" * 15, "9" * 30],
           "decimal": ["1.0"], "double": ["1E0"], "boolean": ["true", "false", "1"],
           "date": ["2016-01-31"]}  # fmt: skip
LITERALS = [
    *(Literal(text) for text in ("", "x", '\0\n"\\é\U0001f600', "@id", "http://example.org/a")),
    *(Literal(text, datatype=term(f"xsd:{kind}")) for kind in NUMBERS for text in NUMBERS[kind]),
    Literal("x", language="en"),
    Literal('{"a": 1}', datatype=term("rdf:JSON")),
    Literal("x", datatype=NamedNode("geo:type")),
]


def document(triples: list[Triple]) -> str:
    return "".join(json_ld.serialize(triples, PREFIXES))


def canonical(triples: list[Triple]) -> Dataset:
    found = Dataset(Quad(t.subject, t.predicate, t.object) for t in triples)
    found.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return found


OBJECTS = [*map(NamedNode, IRIS), *LITERALS, BlankNode("b")]
TRIPLES = [
    [Triple(A, P, value) for value in OBJECTS],
    [Triple(A, P, value) for value in OBJECTS if "geo:" not in str(value)],
    [Triple(A, TYPE, value) for value in OBJECTS],
    [Triple(NamedNode(iri), NamedNode(iri), A) for iri in IRIS],
    [Triple(BlankNode("b"), P, BlankNode("c")), Triple(A, P, BlankNode("b"))],
    [],
]


@pytest.mark.parametrize("triples", TRIPLES, ids=lambda triples: str(len(triples)))
def test_every_parser_reads_what_was_written(triples: list[Triple]) -> None:
    text = document(triples)
    found = [quad.triple for quad in parse(text.encode(), format=RdfFormat.JSON_LD)]
    assert canonical(found) == canonical(triples)
    lines = serialize(triples, format=RdfFormat.N_TRIPLES)
    expected = rdflib.Graph().parse(data=lines, format="nt")
    assert to_isomorphic(rdflib.Graph().parse(data=text, format="json-ld")) == to_isomorphic(
        expected
    )


def test_a_direction_is_kept() -> None:
    triple = Triple(A, P, Literal("x", language="ar", direction=BaseDirection.RTL))
    (quad,) = parse(document([triple]).encode(), format=RdfFormat.JSON_LD)
    assert quad.triple == triple


def test_names_are_short_and_types_are_types() -> None:
    number = Literal("6", datatype=term("xsd:integer"))
    node, *more = json.loads(
        document([Triple(A, P, number), Triple(A, TYPE, A), Triple(A, P, Literal("x"))])
    )["@graph"]
    assert node == {"@id": "ex:a", "@type": "ex:a", "ex:p": [6, "x"]}
    assert list(node)[:2] == ["@id", "@type"]
    assert more == []


def test_a_prefix_that_is_a_scheme_confuses_no_node_but_its_own() -> None:
    nodes = json.loads(document([Triple(A, P, NamedNode("geo:1,2")), Triple(P, P, A)]))["@graph"]
    assert nodes[0] == {"@context": None, "@id": A.value, P.value: {"@id": "geo:1,2"}}
    assert nodes[1] == {"@id": "ex:p", "ex:p": {"@id": "ex:a"}}


def test_a_long_node_is_written_in_parts() -> None:
    values = [Triple(A, P, Literal(str(number))) for number in range(2500)]
    pieces = list(json_ld.serialize(values, PREFIXES))
    assert max(map(len, pieces)) < 20_000
    assert {node["@id"] for node in json.loads("".join(pieces))["@graph"]} == {"ex:a"}
    assert len(list(parse("".join(pieces).encode(), format=RdfFormat.JSON_LD))) == 2500


def test_a_triple_about_a_triple_is_refused() -> None:
    with pytest.raises(ValueError, match="ask for another format"):
        document([Triple(A, P, Triple(A, P, A))])
