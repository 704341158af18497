"""Parsing RDF files: relative IRIs, and what is said of a file that does not parse."""

from io import BytesIO

import pytest
from pyoxigraph import RdfFormat

from accsm_kg.rdf import parsing

JSON_LD, N_QUADS, N_TRIPLES = RdfFormat.JSON_LD, RdfFormat.N_QUADS, RdfFormat.N_TRIPLES
RDF_XML, TRIG, TURTLE = RdfFormat.RDF_XML, RdfFormat.TRIG, RdfFormat.TURTLE
XML = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://e/">\n'
NOTE = "; write it in full, or name its base with --base"
TAG = "is no language tag; write it like en-US, with hyphens"


def parsed(text: str | bytes, kind: RdfFormat, base: str = "") -> list[str]:
    content = text.encode() if isinstance(text, str) else text
    return [str(quad) for quad in parsing.quads(BytesIO(content), kind, "f", base)]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (TURTLE, "<a> <http://e/p> <../b> ."),
        (RDF_XML, f'{XML}<e:T rdf:about="a"><e:p rdf:resource="../b"/></e:T></rdf:RDF>'),
        (JSON_LD, '{"@id": "a", "http://e/p": {"@id": "../b"}}'),
    ],
    ids=str,
)
def test_relative_iris_are_resolved_against_the_base(kind: RdfFormat, text: str) -> None:
    assert "<http://e/x/a> <http://e/p> <http://e/b>" in parsed(text, kind, "http://e/x/")


@pytest.mark.parametrize(
    ("kind", "text", "fault"),
    [
        (TURTLE, "\n <http://e/a> <http://e/p> <b/c> .", f":2:28: relative IRI <b/c>{NOTE}"),
        (N_TRIPLES, "<a> <http://e/p> <b> .", ":1:1: relative IRI <a>; write it in full"),
        (RDF_XML, f'{XML}<e:T rdf:about="a"/></rdf:RDF>', f":2:17: relative IRI <a>{NOTE}"),
        (JSON_LD, '{"http://e/p": 1,\n"@id": "a"}', f":2:9: relative IRI <a>{NOTE}"),
        (JSON_LD, '{"@id": "../a", "http://e/p": 1}', f": relative IRI <a>{NOTE}"),
        (TURTLE, '<x:a> <x:p> "é"@de, "y"@en_US .', f":1:25: 'en_US' {TAG}"),
        (TURTLE, '<x:a> <x:p> """\ny"""@e1 .', f":2:6: 'e1' {TAG}"),
        (N_QUADS, '<x:a> <x:p> "y"@englishlang .', f":1:17: 'englishlang' {TAG}"),
        (RDF_XML, f'{XML}<e:T><e:p xml:lang="en_us">x</e:p></e:T></rdf:RDF>', f"'en_us' {TAG}"),
        (JSON_LD, '{"x:p": {"@value": 1,\n"@language": "en_US"}}', f":2:15: 'en_US' {TAG}"),
        (
            JSON_LD,
            '{\n"@context": "https://schema.org/", "name": "x"}',
            ":2:14: the context https://schema.org/ is not fetched; write its terms in place of",
        ),
        (
            JSON_LD,
            '{"@context": [{"name": "http://e/n"}, "more.jsonld"], "name": "x"}',
            ":1:40: the context more.jsonld is not fetched",
        ),
        (
            JSON_LD,
            '{"@context": {"@import": "http://e/c"}, "name": "x"}',
            ":1:27: the context http://e/c is not fetched",
        ),
        (JSON_LD, "", ":1:1: Unexpected end of file"),
        (RDF_XML, f"{XML}<e:T>\n</e:U></rdf:RDF>", ":3:3: ill-formed document"),
        (RDF_XML, f'{XML}<e:T rdf:about="x:a b"/></rdf:RDF>', ":2:17: <x:a b>: Invalid IRI"),
        (TURTLE, b'<x:a> <x:p> "caf\xe9" .', ":1:17: not UTF-8; save it as UTF-8"),
        (TURTLE, "<x:a> a:b 1 .", ":1:7: The prefix a: has not been declared"),
        (N_QUADS, b"\x1f\x8b\x08", ": holds gzip data, not N-Quads; add .gz to its name"),
        (TURTLE, b"PK\x03\x04..", ": holds a zip archive or a workbook, not Turtle; unpack"),
        (N_TRIPLES, "<!DOCTYPE html>\n<html>", ": holds a page of HTML, not N-Triples; fetch"),
        (TURTLE, XML, ": holds XML, not Turtle; end its name with .rdf"),
        (TRIG, '[{"@id": 1}]', ": holds JSON, not TriG; end its name with .jsonld"),
        (N_TRIPLES, "@prefix e: <x:e> .", ": holds Turtle, not N-Triples; end its name with"),
    ],
)  # fmt: skip
def test_a_fault_has_its_place_and_says_what_to_do(
    kind: RdfFormat, text: str | bytes, fault: str
) -> None:
    with pytest.raises(ValueError) as caught:
        parsed(text, kind)
    assert str(caught.value).startswith("f")
    assert fault in str(caught.value)
    assert "\n" not in str(caught.value)
