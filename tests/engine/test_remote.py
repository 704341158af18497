"""Pages, questions and queries over an engine elsewhere, here Oxigraph, beside the embedded one."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from engine.elsewhere import free_port, oxigraph, oxigraph_on_disk, small, with_merged_graph
from engine.hostility import (
    FLOODS,
    HEAVY,
    REFUSED,
    ask,
    check_heavy,
    check_kills,
    check_light,
    check_limited,
    check_refused,
)
from engine.sameness import FORMATS, PAGES, QUERIES, Both, question_names
from hostile.conftest import trap as trap
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


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_query_is_refused(server: Server, trap: socket.socket, name: str) -> None:
    check_refused(server, REFUSED[name], f"http://127.0.0.1:{trap.getsockname()[1]}/")
    with pytest.raises(BlockingIOError):
        trap.accept()


@pytest.fixture(scope="module")
def hurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that gives up after 3 seconds, over an engine with little data and no limit."""
    with (
        oxigraph(small(tmp_path_factory.mktemp("small"))) as (url, _),
        running(None, "--endpoint", url, TIMEOUT="3", ROWS="100000") as server,
    ):
        yield server


@pytest.mark.parametrize("name", HEAVY)
def test_a_heavy_query_ends_in_its_time(hurried: Server, name: str) -> None:
    check_heavy(hurried, HEAVY[name])


def test_slow_clients_hold_no_place(hurried: Server) -> None:
    query = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    body = urlencode({"query": query, "format": "json"}).encode()
    url = httpx.URL(hurried.url)
    with ExitStack() as open_connections:
        for number in range(20):
            head = (
                f"POST /sparql HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.{number}\r\n"
                "Content-Type: application/x-www-form-urlencoded\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            )
            client = socket.create_connection((url.host, url.port or 80))
            open_connections.enter_context(client)
            client.sendall(head.encode() + body)
        for _ in range(10):
            check_light(hurried)


def test_a_graph_in_the_parameters_is_not_fetched(server: Server, trap: socket.socket) -> None:
    address = f"http://127.0.0.1:{trap.getsockname()[1]}/"
    for name in ("default-graph-uri", "named-graph-uri"):
        answer = httpx.post(
            f"{server.url}/sparql", data={"query": "ASK { ?s ?p ?o }", name: address}
        )
        assert answer.status_code == 400
        assert "none is fetched" in answer.text
    with pytest.raises(BlockingIOError):
        trap.accept()


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


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Server]]:
    """An engine that ends queries after a second, and a server with more patience."""
    with (
        oxigraph(small(tmp_path_factory.mktemp("small")), "--timeout-s", "1") as (url, _),
        running(None, "--endpoint", url) as server,
    ):
        yield url, server


@pytest.mark.parametrize(("query", "format"), FLOODS)
def test_the_time_limit_of_the_engine_is_never_a_cut_answer(
    limited: tuple[str, Server], query: str, format: str
) -> None:
    fewer = query.replace("?r }", "?r FILTER(?r = <urn:o1>) }")  # it sends others to the end
    check_limited(*limited, fewer, format, "operation has been cancelled")


def test_an_engine_that_is_killed_under_load_gives_errors_and_comes_back(
    small_path: Path, tmp_path: Path
) -> None:
    data, port = with_merged_graph(small_path, tmp_path), free_port()
    with ExitStack() as engines:

        def start() -> None:
            started.append(engines.enter_context(oxigraph_on_disk(data, tmp_path, port)))

        started: list[tuple[str, subprocess.Popen[bytes]]] = []
        start()
        with running(None, "--endpoint", started[0][0]) as server:
            check_kills(server, lambda: started[-1][1].kill(), start)


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
