"""What XML can hold: every graph is read back from RDF/XML as it was, or refused."""

import logging
from itertools import product

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, serialize
from rdflib import Graph

from accsm_kg.rdf.xml import XmlError, bindable, escaped, nameable

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
S, P, V = (NamedNode(f"http://a.example/{name}") for name in "spv")
TYPE = NamedNode(f"{RDF}type")


def written(triples: list[Triple], prefixes: dict[str, str] | None = None) -> bytes:
    body = serialize(nameable(triples), format=RdfFormat.RDF_XML, prefixes=bindable(prefixes or {}))
    return escaped(body or b"")


def read(body: bytes) -> set[tuple[str, ...]]:
    logging.getLogger("rdflib").setLevel(logging.ERROR)
    return {tuple(map(str, triple)) for triple in Graph().parse(data=body, format="xml")}


@pytest.mark.parametrize(
    "text",
    ["a\rb", "\r\n", "\r", "\t\n x ", "]]>&<\"'", "\x7f\x85\u2028\ufffd\U0010ffff", "\ud7ff"],
)
def test_a_text_is_read_back_as_it_was(text: str) -> None:
    values = [Literal(text), Literal(text, language="en"), Literal(text, datatype=V)]
    triples = [Triple(S, P, value) for value in values]
    found = Graph().parse(data=written(triples), format="xml")
    assert sorted(map(str, found.objects())) == [text] * 3


@pytest.mark.parametrize("code", [*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])
def test_a_character_that_xml_cannot_hold_is_named(code: int) -> None:
    with pytest.raises(XmlError, match=rf"the character U\+{code:04X}, which XML cannot hold"):
        written([Triple(S, P, Literal(f"a{chr(code)}b"))])


@pytest.mark.parametrize("cut", [1, 2])
def test_a_character_that_lies_in_two_parts_is_found(cut: int) -> None:
    data = "a\uffff".encode()
    with pytest.raises(XmlError, match=r"U\+FFFF"):
        escaped(data[1 + cut :], data[: 1 + cut])
    assert escaped("\uffee".encode()[cut:], b"\xef\xbf"[:cut]) == "\uffee".encode()[cut:]


NAMES = [
    "http://a.example/p", "http://a.example/a.b-c", "http://a.example/1a", "urn:x", "x:y",
    "http://a.example/p%20q", "http://a.example/é", "http://a.example/日本", "http://a.example/p?q=r",
    f"{RDF}_1", f"{RDF}value",
]  # fmt: skip
NO_NAMES = [
    "http://a.example/1", "http://a.example/", "http://a.example/p#12", "urn:1",
    "http://a.example/p(1)", "http://a.example/p~", "http://www.w3.org/2000/xmlns/a",
    f"{RDF}aboutEach", f"{RDF}aboutEachPrefix", f"{RDF}bagID",
]  # fmt: skip
SYNTAX = ["Description", "RDF", "ID", "about", "parseType", "resource", "nodeID", "datatype", "li"]


@pytest.mark.parametrize("iri", NAMES)
def test_a_property_or_class_that_ends_in_a_name_is_read_back(iri: str) -> None:
    triples = [Triple(S, NamedNode(iri), V), Triple(V, TYPE, NamedNode(iri))]
    assert read(written(triples)) == {tuple(term.value for term in triple) for triple in triples}


@pytest.mark.parametrize("iri", [*NO_NAMES, *(RDF + name for name in SYNTAX)])
def test_a_property_that_is_no_name_is_named(iri: str) -> None:
    with pytest.raises(XmlError, match="no name for the property <"):
        written([Triple(S, NamedNode(iri), V)])
    with pytest.raises(XmlError, match="no name for the property <"):
        written([Triple(S, P, Triple(S, NamedNode(iri), V))])


@pytest.mark.parametrize("iri", NO_NAMES)
def test_a_class_that_is_no_name_is_named_where_it_would_be_an_element(iri: str) -> None:
    type_of = Triple(S, TYPE, NamedNode(iri))
    with pytest.raises(XmlError, match="no name for the class <"):
        written([type_of])
    assert (S.value, TYPE.value, iri) in read(written([Triple(S, P, V), type_of]))


@pytest.mark.parametrize("name", SYNTAX)
def test_words_of_rdf_xml_can_be_classes(name: str) -> None:
    triple = Triple(S, TYPE, NamedNode(RDF + name))
    assert read(written([triple])) == {tuple(term.value for term in triple)}


def test_labels_of_blank_nodes_become_names_and_stay_different() -> None:
    labels = ["1", "_1", "__1", "a", "_a", "2-b", "a.b", "é"]
    triples = [
        Triple(BlankNode(one), P, BlankNode(other)) for one, other in product(labels, repeat=2)
    ]
    found = Graph().parse(data=written(triples), format="xml")
    assert (len(found), len(set(found.subjects()))) == (64, 8)


@pytest.mark.parametrize("name", ["xml", "xmlns", "XmlA", "rdf", "its", "a.b", "", "é", "oxprefix"])
@pytest.mark.parametrize(
    "space",
    ["http://a.example/", "http://a.example/?a&b='", "http://www.w3.org/2000/xmlns/",
     "http://www.w3.org/XML/1998/namespace"],
)  # fmt: skip
def test_any_prefix_may_be_asked_for(name: str, space: str) -> None:
    used = NamedNode("http://a.example/?a&b='p")
    triples = [Triple(S, P, V), Triple(S, used, V)]
    assert len(read(written(triples, {name: space}))) == 2
