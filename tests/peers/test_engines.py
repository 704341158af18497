"""Apache Jena Fuseki and Virtuoso behind the server: see `engine.elsewhere`."""

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from engine.elsewhere import free_port, fuseki, virtuoso, with_merged_graph
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
from engine.sameness import PAGES, QUERIES, Both, question_names
from hostile.conftest import trap as trap
from hostile.test_attackers import RUNAWAYS
from serving import Server, running

DURATIONS = "it loads the duration P1Y as 12"
#: What differs, with the cause.
DIFFERENT: dict[str, dict[str, str]] = {
    "fuseki": {},
    "virtuoso": {
        "chair-of-body": DURATIONS,
        "frequency-of-meeting": DURATIONS,
        "recurring-projects": DURATIONS,
        "/doc/meeting-type/heads-accsm-plus-three": DURATIONS,
        QUERIES[2]: "DESCRIBE is up to the engine",
        "accsm.nt": DURATIONS,
        "accsm.nq": DURATIONS,
    },
}


ATTACKERS, LIGHT = 24, 30
ENGINES: dict[str, Callable[..., Any]] = {"fuseki": fuseki, "virtuoso": virtuoso}


@pytest.fixture(scope="module", params=ENGINES)
def engine(
    request: pytest.FixtureRequest, dataset_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """The name of an engine, and the URL of its endpoint."""
    folder = tmp_path_factory.mktemp(request.param)
    data = with_merged_graph(dataset_path, folder)
    with ENGINES[request.param](data, folder) as (url, _):
        yield request.param, url


@pytest.fixture(scope="module")
def server(engine: tuple[str, str]) -> Iterator[Server]:
    with running(None, "--endpoint", engine[1]) as server:
        yield server


@pytest.fixture(scope="module")
def both(dataset_path: Path, server: Server) -> Iterator[Both]:
    with running(dataset_path) as embedded:
        yield Both(embedded.url, server.url)


def check(engine: tuple[str, str], name: str, compare: Callable[[str], None]) -> None:
    """Compare, or see that what is known to differ still does."""
    if name in DIFFERENT[engine[0]]:
        with pytest.raises(AssertionError):
            compare(name)
    else:
        compare(name)


@pytest.mark.parametrize("name", question_names())
def test_a_question_has_the_same_answer(engine: tuple[str, str], both: Both, name: str) -> None:
    check(engine, name, both.check_question)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_the_same(engine: tuple[str, str], both: Both, path: str) -> None:
    check(engine, path, both.check_page)


@pytest.mark.parametrize("query", QUERIES)
def test_an_answer_is_the_same(engine: tuple[str, str], both: Both, query: str) -> None:
    is_graph = query.startswith(("DESCRIBE", "CONSTRUCT"))
    check(engine, query, lambda text: both.check_query(text, "nt" if is_graph else "csv"))


@pytest.mark.parametrize("file", ["accsm.nt", "accsm.nq"])
def test_the_files_are_the_same(engine: tuple[str, str], both: Both, file: str) -> None:
    check(engine, file, both.check_file)


ROWS, TRIPLES = ("json", "xml", "csv", "tsv"), ("nt", "ttl", "rdf", "jsonld")
LONG = [
    *(("SELECT ?p { ?s ?p ?o }", format) for format in ROWS),
    *(
        ("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o FILTER(!isBlank(?s) && !isBlank(?o)) }", format)
        for format in TRIPLES
    ),
]


@pytest.mark.parametrize(("query", "format"), LONG)
def test_a_long_answer_is_whole_or_an_error(
    engine: tuple[str, str], both: Both, server: Server, query: str, format: str
) -> None:
    if engine[0] == "virtuoso":
        answer = ask(server, query, format)
        assert answer.status_code == 502
        assert "cuts answers" in answer.text
    elif format in ("csv", "nt"):
        both.check_query(query, format)


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_query_is_refused(server: Server, trap: socket.socket, name: str) -> None:
    check_refused(server, REFUSED[name], f"http://127.0.0.1:{trap.getsockname()[1]}/")
    with pytest.raises(BlockingIOError):
        trap.accept()


@pytest.fixture(scope="module")
def hurried(engine: tuple[str, str]) -> Iterator[Server]:
    with running(None, "--endpoint", engine[1], TIMEOUT="3", ROWS="100000") as server:
        yield server


@pytest.mark.parametrize("name", HEAVY)
def test_a_heavy_query_ends_in_its_time(hurried: Server, name: str) -> None:
    check_heavy(hurried, HEAVY[name])


@pytest.mark.parametrize(("query", "format"), FLOODS)
def test_the_time_limit_of_fuseki_is_never_a_cut_answer(
    limited: tuple[str, Server], query: str, format: str
) -> None:
    said = "timed out" if query.startswith("CONSTRUCT") else "Query cancelled"
    check_limited(*limited, query, format, said)


@pytest.fixture(scope="module")
def limited(dataset_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    folder = tmp_path_factory.mktemp("limited")
    data = with_merged_graph(dataset_path, folder)
    with (
        fuseki(data, folder, "--timeout=3000") as (url, _),
        running(None, "--endpoint", url) as server,
    ):
        yield url, server


def test_no_light_query_fails_beside_attackers_over_fuseki(
    dataset_path: Path, tmp_path: Path
) -> None:
    data = with_merged_graph(dataset_path, tmp_path)
    with (
        fuseki(data, tmp_path) as (url, _),
        running(None, "--endpoint", url, TIMEOUT="15", RATE="0") as server,
        ThreadPoolExecutor(ATTACKERS) as threads,
    ):
        attacks = [
            threads.submit(ask, server, RUNAWAYS[number % 2], "json", f"192.0.2.{number}")
            for number in range(ATTACKERS)
        ]
        for _ in range(LIGHT):
            check_light(server)
        assert {attack.result().status_code for attack in attacks} <= {503, 504}


@pytest.mark.parametrize("run", ENGINES.values(), ids=ENGINES)
def test_a_killed_engine_gives_errors_and_comes_back(
    run: Callable[..., Any], small_path: Path, tmp_path: Path
) -> None:
    data, port = with_merged_graph(small_path, tmp_path), free_port()
    with ExitStack() as running_engine:
        url, process = running_engine.enter_context(run(data, tmp_path, port=port))
        processes = [process]

        def start() -> None:
            processes.append(running_engine.enter_context(run(data, tmp_path, port=port))[1])

        with running(None, "--endpoint", url) as server:
            check_kills(server, lambda: processes[-1].kill(), start)
