"""Answers in XML: what XML cannot hold is refused, the rest is read back as it was."""

import csv
import io
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pyoxigraph import QueryResultsFormat, RdfFormat, parse, parse_query_results
from rdflib import Graph
from serving import running

from accsm_kg.namespaces import BASE

DATA = f"""
BASE <{BASE}id/>
PREFIX e: <http://e.example/>
<a> e:p "x\\ry" ; e:7 "z" .
<b> a e:8 .
<c> e:p "\\u0001" .
<d> e:p _:1 . _:1 e:p _:_1 .
<f> e:p "x\\ry" .
e:g {{ <f> e:p "x\\ry" . }}
e:h {{ <c> e:p "\\u0001" . }}
"""
CONTROL = ("SELECT ('a\\u0001b' AS ?x) {}", "xml", "the character U+0001")
CHARACTERS = "\0\x01\t\n\r\x0b\x1f\x7f\x85\u2028\ufffe\uffff\U0010ffff<&\"'\\,]]>"
FORMS = {
    "ttl": RdfFormat.TURTLE, "nt": RdfFormat.N_TRIPLES, "nq": RdfFormat.N_QUADS,
    "trig": RdfFormat.TRIG, "jsonld": RdfFormat.JSON_LD, "json": QueryResultsFormat.JSON,
    "tsv": QueryResultsFormat.TSV, "csv": None,
}  # fmt: skip
REFUSED = {
    "a control character in a table": CONTROL,
    "U+FFFF in a table": ("SELECT ('\\uFFFF' AS ?x) {}", "xml", "the character U+FFFF"),
    "a control character in a graph": (f"DESCRIBE <{BASE}id/c>", "rdf", "the character U+0001"),
    "a property": (f"DESCRIBE <{BASE}id/a>", "rdf", "property <http://e.example/7>"),
    "a class": (f"DESCRIBE <{BASE}id/b>", "rdf", "class <http://e.example/8>"),
    "a word of RDF/XML": (
        "PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>"
        "CONSTRUCT { <urn:s> rdf:li 1 } {}",
        "rdf",
        "property <http://www.w3.org/1999/02/22-rdf-syntax-ns#li>",
    ),
}


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server over texts and names that XML cannot hold."""
    path: Path = tmp_path_factory.mktemp("odd") / "odd.trig"
    path.write_text(DATA)
    with running(path) as server, httpx.Client(base_url=server.url) as client:
        yield client


def ask(client: httpx.Client, query: str, form: str) -> httpx.Response:
    return client.get("/sparql", params={"query": query, "format": form})


@pytest.mark.parametrize("name", REFUSED)
def test_what_xml_cannot_hold_is_refused_with_the_reason(odd: httpx.Client, name: str) -> None:
    query, form, reason = REFUSED[name]
    answer = ask(odd, query, form)
    assert answer.status_code == 406
    assert reason in answer.text
    assert "Ask for another: JSON" in answer.text
    assert ask(odd, query, {"xml": "json", "rdf": "ttl"}[form]).status_code == 200


def test_a_carriage_return_is_read_back(odd: httpx.Client) -> None:
    answer = ask(odd, "SELECT ('a\\rb' AS ?x) ('a\\r\\nb' AS ?y) {}", "xml")
    texts = [one.text for one in ElementTree.fromstring(answer.content).iter() if one.text]
    assert texts == ["a\rb", "a\r\nb"]
    graph = Graph().parse(data=ask(odd, f"DESCRIBE <{BASE}id/f>", "rdf").content, format="xml")
    assert [str(value) for value in graph.objects()] == ["x\ry"]


@pytest.mark.parametrize("form", FORMS)
def test_other_formats_hold_every_character(odd: httpx.Client, form: str) -> None:
    escaped = "".join(f"\\U{ord(character):08X}" for character in CHARACTERS)
    graph = f"CONSTRUCT {{ <urn:s> <urn:p> '{escaped}' }} {{}}"
    table = f"SELECT ('{escaped}' AS ?x) {{}}"
    body = ask(odd, graph if isinstance(FORMS[form], RdfFormat) else table, form).content
    assert texts(body, form) == [CHARACTERS]


def texts(body: bytes, form: str) -> list[str]:
    """Return the values in an answer."""
    kind = FORMS[form]
    if isinstance(kind, RdfFormat):
        return [quad.object.value for quad in parse(body, format=kind)]  # type: ignore[union-attr]
    if kind is None:
        return [row[0] for row in csv.reader(io.StringIO(body.decode(), newline=""))][1:]
    return [row[0].value for row in parse_query_results(body, format=kind)]  # type: ignore[union-attr, index]


def test_blank_nodes_of_the_data_are_read_back(odd: httpx.Client) -> None:
    query = "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o FILTER(ISBLANK(?o)) }"
    graph = Graph().parse(data=ask(odd, query, "rdf").content, format="xml")
    assert len(graph) == 2 and len(set(graph.objects())) == 2


def test_prefixes_that_xml_reserves_are_not_declared(odd: httpx.Client) -> None:
    query = "PREFIX xml: <urn:x#> CONSTRUCT { <urn:s> xml:p 1 } {}"
    assert len(Graph().parse(data=ask(odd, query, "rdf").content, format="xml")) == 1


@pytest.mark.parametrize(
    ("path", "status"),
    [("/doc/f", 200), ("/doc/a", 406), ("/doc/b", 406), ("/doc/c", 406),
     ("/rdf-graph-store?graph=http%3A%2F%2Fe.example%2Fg", 200),
     ("/rdf-graph-store?graph=http%3A%2F%2Fe.example%2Fh", 406)],
)  # fmt: skip
def test_documents_and_graphs_are_refused_likewise(
    odd: httpx.Client, path: str, status: int
) -> None:
    answer = odd.get(path, headers={"Accept": "application/rdf+xml"})
    assert answer.status_code == status, answer.text
    if status == 200:
        assert "x\ry" in map(str, Graph().parse(data=answer.content, format="xml").objects())
    assert odd.get(path, headers={"Accept": "text/turtle"}).status_code == 200


@pytest.mark.parametrize("verb", ["SELECT *", "CONSTRUCT { [] <urn:p> ?a, ?b }"])
def test_a_stream_is_left_unfinished_where_xml_cannot_go_on(odd: httpx.Client, verb: str) -> None:
    numbers = " ".join(map(str, range(300)))
    rows = f"{{ VALUES ?a {{ {numbers} }} VALUES ?b {{ {numbers} }} }}"
    query = f"{verb} {{ {rows} UNION {{ BIND('\\u0001' AS ?a) }} }}"
    form = "xml" if verb == "SELECT *" else "rdf"
    with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
        odd.post("/sparql", data={"query": query, "format": form})
