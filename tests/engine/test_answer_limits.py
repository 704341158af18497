"""Limits of answers: where each format is cut, and how it says so."""

import csv
import json
import socket
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import httpx
import pytest
from accsm_server.engine.pool import messages
from accsm_server.engine.pool.answer_limits import AnswerWriter
from pyoxigraph import QueryResultsFormat, RdfFormat, parse, parse_query_results
from rdflib import Graph
from serving import Server, running

SMALL = "SELECT ?s ?p ?o {{ ?s ?p ?o }} LIMIT {}"
LARGE = f"SELECT * {{ ?a ?b ?c . ?d a ?e BIND('{'long' * 60}' AS ?f) }} LIMIT 30000"
NOTICE = "cut after 7 {}, the limit of this endpoint: see LIMIT and OFFSET"
GRAPHS = {
    "ttl": (RdfFormat.TURTLE, "# {}\n"),
    "nt": (RdfFormat.N_TRIPLES, "# {}\n"),
    "nq": (RdfFormat.N_QUADS, "# {}\n"),
    "trig": (RdfFormat.TRIG, "# {}\n"),
    "rdf": (RdfFormat.RDF_XML, "<!-- {} -->"),
    "jsonld": (RdfFormat.JSON_LD, ',\n{{"truncated": "{}"}}\n]}}\n'),
}


@pytest.fixture(scope="module")
def seven(small_path: Path) -> Iterator[Server]:
    """A server whose answers have at most seven rows."""
    with running(small_path, ROWS="7") as server:
        yield server


@pytest.fixture(scope="module")
def mebibyte(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose answers have at most one mebibyte, over triples of half a kilobyte."""
    dataset = tmp_path_factory.mktemp("long") / "long.nt"
    kind = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
    lines = (f'<urn:{n}> <urn:b> "{n:0>500}" .\n<urn:{n}> {kind} <urn:c> .\n' for n in range(3000))
    dataset.write_text("".join(lines))
    with running(dataset, ROWS="4096") as server:
        yield server


def get(server: Server, query: str, form: str) -> httpx.Response:
    params = {"query": query, "format": form}
    return httpx.get(f"{server.url}/sparql", params=params, timeout=30)


def cut(server: Server, query: str, form: str) -> str:
    """The text of an answer that is cut, whose transfer breaks off."""
    return cut_at(f"{server.url}/sparql", query=query, format=form)


def cut_at(url: str, **params: str) -> str:
    text, plain = b"", {"Accept-Encoding": "identity"}
    with (
        httpx.stream("GET", url, params=params, headers=plain, timeout=30) as answer,
        pytest.raises(httpx.RemoteProtocolError, match="incomplete"),
    ):
        assert answer.headers["X-Limits"].startswith("rows=")
        assert "X-Limits" in answer.headers["Access-Control-Expose-Headers"]
        for piece in answer.iter_bytes():
            text += piece
    return text.decode()


def rows(text: str, form: str) -> int:
    if form in ("json", "xml"):
        format = QueryResultsFormat.JSON if form == "json" else QueryResultsFormat.XML
        found = parse_query_results(text, format=format)
        return len(list(found))  # type: ignore[arg-type]
    if form == "tsv":
        return text.count("\n") - 1
    return len(list(csv.reader(StringIO(text, newline="")))) - 1


@pytest.mark.parametrize("form", ["json", "xml", "csv", "tsv"])
@pytest.mark.parametrize("count", [0, 1, 7])
def test_an_answer_within_the_limit_is_complete(seven: Server, form: str, count: int) -> None:
    answer = get(seven, SMALL.format(count), form)
    assert rows(answer.text, form) == count
    assert "X-Limits" not in answer.headers
    assert "cut after" not in answer.text


@pytest.mark.parametrize("form", ["json", "xml", "csv", "tsv"])
def test_a_table_that_is_cut_can_be_parsed(seven: Server, form: str) -> None:
    assert rows(cut(seven, SMALL.format(8), form), form) == 7


def test_xml_that_is_cut_has_a_comment(seven: Server) -> None:
    assert f"<!-- {NOTICE.format('rows')} -->" in cut(seven, SMALL.format(8), "xml")


@pytest.mark.parametrize("form", GRAPHS)
def test_a_graph_that_is_cut_has_a_notice_at_its_end(seven: Server, form: str) -> None:
    kind, end = GRAPHS[form]
    text = cut(seven, "CONSTRUCT WHERE { ?s ?p ?o }", form)
    assert text.endswith(end.format(NOTICE.format("triples")))
    assert len(list(parse(text, format=kind))) == 7


@pytest.mark.parametrize("form", ["turtle", "nt", "xml", "json-ld"])
def test_rdflib_reads_a_graph_that_was_cut(seven: Server, form: str) -> None:
    name = {"turtle": "ttl", "xml": "rdf", "json-ld": "jsonld"}.get(form, form)
    text = cut(seven, "CONSTRUCT WHERE { ?s ?p ?o }", name)
    assert len(Graph().parse(data=text, format=form)) == 7


SEPARATORS = [
    "},{",
    '"},{"',
    "</result><result>",
    "\n",
    "\r\n\r\n",
    '}},{"a',
    "},{},{",
    "\\",
    '\\"',
    '"\n',
]


@pytest.mark.parametrize("value", SEPARATORS)
@pytest.mark.parametrize("form", ["json", "xml", "csv", "tsv"])
def test_row_separators_in_strings_are_not_counted(seven: Server, form: str, value: str) -> None:
    query = f"SELECT ?x {{ VALUES ?x {{ {json.dumps(value)} }} VALUES ?y {{ 1 2 3 4 5 6 7 8 9 }} }}"
    text = cut(seven, query, form)
    assert rows(text, form) == 7
    if form == "json":
        texts = {row["x"]["value"] for row in json.loads(text)["results"]["bindings"]}
        assert texts == {value}
    if form == "csv":
        assert {row[0] for row in list(csv.reader(StringIO(text, newline="")))[1:]} == {value}


@pytest.mark.parametrize("form", ["json", "xml", "csv", "tsv"])
@pytest.mark.parametrize("count", [6, 7, 8])
def test_rows_without_values_are_counted(seven: Server, form: str, count: int) -> None:
    query = f"SELECT ?nothing {{ ?s ?p ?o }} LIMIT {count}"
    text = cut(seven, query, form) if count > 7 else get(seven, query, form).text
    assert rows(text, form) == min(count, 7)


def test_a_streamed_answer_is_cut_at_the_exact_row(small_path: Path) -> None:
    value = json.dumps('\\"},{},{\r\n' * 5)
    with running(small_path, ROWS="9000") as server:
        query = f"SELECT ?x ({value} AS ?y) {{ ?a ?b ?c . ?d a ?x }} LIMIT 10000"
        for form in ("json", "csv"):
            assert rows(cut(server, query, form), form) == 9000


def test_a_streamed_table_is_cut_after_a_row(mebibyte: Server) -> None:
    text = cut(mebibyte, LARGE, "xml")
    assert (1 << 20) - 2000 < len(text.encode()) < (1 << 20) + 2000  # a row more or less
    assert f"cut after {rows(text, 'xml')} rows, 1 MiB" in text[-200:]


@pytest.mark.parametrize("form", GRAPHS)
def test_a_streamed_graph_is_cut_after_a_triple(mebibyte: Server, form: str) -> None:
    where = "{ ?a ?b ?c . ?d a <urn:c> FILTER(?b = <urn:b>) } LIMIT 9000"
    query = f"CONSTRUCT {{ ?a ?b ?c . ?d ?b ?c }} {where}"
    text = cut(mebibyte, query, form)
    count = len(list(parse(text, format=GRAPHS[form][0])))
    assert f"cut after {count} triples, 1 MiB" in text[-200:]


@pytest.mark.parametrize("form", ["ttl", "jsonld", "nt", "rdf"])
def test_the_graph_store_cuts_large_graphs(seven: Server, mebibyte: Server, form: str) -> None:
    kind = GRAPHS[form][0]
    few, much = (
        cut_at(f"{server.url}/rdf-graph-store", default="", format=form)
        for server in (seven, mebibyte)
    )
    assert f"cut after {len(list(parse(few, format=kind)))} triples, the" in few[-200:]
    assert len(much.encode()) < (1 << 20) + (1 << 16)
    assert f"cut after {len(list(parse(much, format=kind)))} triples, 1 MiB" in much[-200:]


@pytest.mark.parametrize("form", ["json", "csv", "tsv"])
def test_a_streamed_table_without_a_notice_is_cut_after_a_row(mebibyte: Server, form: str) -> None:
    assert 1000 < rows(cut(mebibyte, LARGE, form), form) < 4096


def test_a_row_above_the_size_limit_ends_the_response(mebibyte: Server) -> None:
    grown = " ".join(f"BIND(CONCAT(?s{n}, ?s{n}) AS ?s{n + 1})" for n in range(18))
    query = f"SELECT ?s18 {{ BIND('0123456789' AS ?s0) {grown} }}"
    with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
        get(mebibyte, query, "json")


def test_documents_of_the_server_are_not_cut(seven: Server) -> None:
    page = httpx.get(f"{seven.url}/doc/source/001", headers={"Accept": "text/turtle"})
    assert page.text.count("\n") > 20
    assert "cut after" not in page.text


def test_no_frame_is_longer_than_64_kib() -> None:
    """The web process stops reading between frames, however much is written at once."""
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    written = bytes(range(256)) * 700
    with ours, theirs:
        output = AnswerWriter(ours)
        output.write(written)
        output.finish(messages.frame(messages.END))
        ours.close()
        sent, lengths, content = b"", [], b""
        while piece := theirs.recv(1 << 16):
            sent += piece
    while sent:
        kind, length = messages.HEADER.unpack_from(sent)
        content += sent[messages.HEADER.size :][:length]
        lengths.append(length)
        sent = sent[messages.HEADER.size + length :]
    assert (kind, content) == (messages.END, written)
    assert max(lengths) == 64 << 10
