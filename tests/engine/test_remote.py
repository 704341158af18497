"""Pages, questions and queries over an engine elsewhere, here Oxigraph, beside the embedded one."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from engine.elsewhere import free_port, oxigraph, small, with_merged_graph
from engine.sameness import FORMATS, PAGES, QUERIES, Both, question_names
from serving import Server, running, until

from accsm_kg.namespaces import BASE, MERGED

X = f"PREFIX x: <{BASE}> "
CROSS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"


@pytest.fixture(scope="module")
def engine(dataset_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = with_merged_graph(dataset_path, tmp_path_factory.mktemp("engine"))
    with oxigraph(data) as (url, _):
        yield url


@pytest.fixture(scope="module")
def server(engine: str) -> Iterator[Server]:
    with running(None, "--endpoint", engine) as server:
        yield server


@pytest.fixture(scope="module")
def both(dataset_path: Path, server: Server) -> Iterator[Both]:
    with running(dataset_path) as embedded:
        yield Both(embedded.url, server.url)


@pytest.mark.parametrize("name", question_names())
def test_a_question_has_the_same_answer(both: Both, name: str) -> None:
    both.check_question(name)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_the_same(both: Both, path: str) -> None:
    both.check_page(path)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("query", QUERIES)
def test_an_answer_is_the_same_in_all_formats(both: Both, query: str, format: str) -> None:
    both.check_query(query, format)


@pytest.mark.parametrize("file", ["accsm.nq", "accsm.nt"])
def test_the_files_are_the_same(both: Both, file: str) -> None:
    both.check_file(file)


def ask(server: Server, query: str, **parameters: str) -> httpx.Response:
    data = {"query": query, **parameters}
    headers = {"Accept": "application/json"}
    return httpx.post(f"{server.url}/sparql", data=data, headers=headers, timeout=60)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", 403),
        ("define input:inference 'x' SELECT * { ?s ?p ?o }", 400),
        ("SELECT (bif:delay(5) AS ?x) {}", 400),
        ("SELECT (<bif:http_get>('http://127.0.0.1/') AS ?x) {}", 400),
        ("SELECT (<urn:function>(1) AS ?x) {}", 400),
        ("SELECT ?s { ?s <bif:contains> 'a' }", 403),
        ("SELECT ?s { ?s <java:com.example.Function> ?o }", 403),
        ("SELECT * FROM <http://127.0.0.1:1/data.ttl> { ?s ?p ?o }", 400),
        ("SELECT * FROM NAMED <file:///etc/passwd> { GRAPH ?g { ?s ?p ?o } }", 400),
        ("INSERT DATA { <urn:a> <urn:b> <urn:c> }", 403),
        ("DROP ALL", 403),
        ("LOAD <http://127.0.0.1:1/>", 403),
        ("SELECT * " + "{" * 300_000, 400),
        ("SELECT * { ?s ?p '", 400),
        ("SELECT ?s { ?s ?p ?o } GROUP BY ?o", 400),
    ],
)
def test_a_hostile_query_is_refused(server: Server, query: str, status: int) -> None:
    answer = ask(server, query)
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]


def test_a_graph_that_does_not_exist_is_not_fetched(server: Server) -> None:
    answer = ask(server, "ASK { ?s ?p ?o }", **{"default-graph-uri": "http://127.0.0.1:1/"})
    assert answer.status_code == 400
    assert "none is fetched" in answer.text


def test_the_merged_graph_is_no_named_graph(server: Server) -> None:
    answer = ask(server, f"ASK {{ GRAPH ?g {{ ?s ?p ?o }} FILTER(?g = <{BASE}{MERGED}>) }}")
    assert answer.json()["boolean"] is False


def test_the_engine_is_named_on_conformance_and_in_the_description(server: Server) -> None:
    page = httpx.get(f"{server.url}/conformance", headers={"Accept": "text/html"}).text
    description = httpx.get(f"{server.url}/sparql", headers={"Accept": "text/turtle"}).text
    for text in (page, description):
        assert "answered by Oxigraph elsewhere" in text
        assert "goes on there" in text


def test_a_query_over_the_time_limit_is_answered_504(engine: str) -> None:
    with running(None, "--endpoint", engine, TIMEOUT="1.5") as server:
        answer = ask(server, CROSS)
        assert answer.status_code == 504
        assert "1.5 seconds" in answer.json()["detail"]
        assert httpx.get(f"{server.url}/healthz").status_code == 200


def test_the_time_limit_of_the_engine_is_never_a_cut_answer(tmp_path: Path) -> None:
    with (
        oxigraph(small(tmp_path), "--timeout-s", "1") as (url, _),
        running(None, "--endpoint", url) as server,
    ):
        answer = ask(server, CROSS.replace("(COUNT(*) AS ?n)", "*").replace("}", ". ?m ?n ?o }"))
        assert answer.status_code == 504, answer.text[-300:]


def test_a_killed_engine_gives_502_and_comes_back(tmp_path: Path) -> None:
    data, port = small(tmp_path), free_port()
    with (
        oxigraph(data, port=port) as (url, process),
        running(None, "--endpoint", url) as server,
    ):
        process.kill()
        process.wait()
        answer = ask(server, "ASK { ?s ?p ?o }")
        assert answer.status_code == 502
        assert answer.headers["Retry-After"]
        assert httpx.get(f"{server.url}/healthz").status_code == 503
        with oxigraph(data, port=port):
            assert ask(server, "ASK { ?s ?p ?o }").json()["boolean"] is True


def test_a_changed_dataset_is_a_new_version(tmp_path: Path) -> None:
    with (
        oxigraph(small(tmp_path)) as (url, _),
        running(None, "--endpoint", url) as server,
    ):
        before = ask(server, "SELECT * { ?s ?p ?o }")
        triple = "<urn:s> <urn:p> <urn:o>"
        graphs = " ".join(f"GRAPH <{BASE}{name}> {{ {triple} }}" for name in ("graph/a", MERGED))
        update = url.replace("/query", "/update")
        httpx.post(update, data={"update": f"INSERT DATA {{ {graphs} }}"}).raise_for_status()
        os.kill(server.pid, signal.SIGHUP)
        until(lambda: "urn:s" in ask(server, "SELECT * { ?s ?p ?o }").text)
        assert ask(server, "SELECT * { ?s ?p ?o }").headers["ETag"] != before.headers["ETag"]


def test_without_a_merged_graph_the_default_graph_is_the_engines_own(tmp_path: Path) -> None:
    with (
        oxigraph(small(tmp_path)) as (url, _),
        running(None, "--endpoint", url, "--merged", "graph/none") as server,
    ):
        assert ask(server, "ASK { ?s ?p ?o }").json()["boolean"] is False
        page = httpx.get(f"{server.url}/conformance", headers={"Accept": "text/html"}).text
        assert "the default graph is the engine" in page
