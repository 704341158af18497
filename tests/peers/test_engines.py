"""Pages, questions and queries over Apache Jena Fuseki and Virtuoso beside the embedded engine.

`make peers` fetches Fuseki; Virtuoso is `virtuoso-opensource` of Debian.
"""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from benchmarks.running import VIRTUOSO
from engine.elsewhere import N_QUADS, free_port, wait_for, with_merged_graph
from engine.sameness import PAGES, QUERIES, Both, question_names
from project import ROOT
from serving import Server, running

FUSEKI = ROOT / "build" / "peers" / "fuseki"
ASK = "query=ASK%7B%7D"
CROSS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
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


@contextmanager
def fuseki(data: Path, folder: Path) -> Iterator[str]:
    """Run Fuseki in memory over ``data``; yield the URL of its endpoint."""
    jars = list(FUSEKI.glob("jena-fuseki-server-*.jar"))
    if not shutil.which("java") or not jars:
        pytest.skip("Fuseki is missing: install a JDK and Maven, and run `make peers`")
    port = free_port()
    options = ("--localhost", f"--port={port}", "--mem", "--update", "/ds")
    command = ["java", "-Xmx1g", "-jar", str(jars[0]), *options]
    with started(command, folder) as process:
        wait_for(f"http://127.0.0.1:{port}/ds/query?{ASK}", process)
        url = f"http://127.0.0.1:{port}/ds"
        load = httpx.post(f"{url}/data", content=data.read_bytes(), headers=N_QUADS, timeout=120)
        load.raise_for_status()
        yield f"{url}/query"


@contextmanager
def virtuoso(data: Path, folder: Path) -> Iterator[str]:
    """Run Virtuoso with the limits of Debian over ``data``; yield the URL of its endpoint."""
    program = shutil.which("virtuoso-t")
    if not program or not shutil.which("isql-vt"):
        pytest.skip("Virtuoso is missing: apt install virtuoso-opensource")
    names = {"folder": str(folder), "port": str(free_port()), "other": str(free_port())}
    limits = "[SPARQL]\nResultSetMaxRows = 10000\nMaxQueryExecutionTime = 20\n"
    (folder / "virtuoso.ini").write_text(VIRTUOSO.read_text().format(**names) + limits)
    command = [program, "+foreground", "+configfile", str(folder / "virtuoso.ini")]
    with started(command, folder) as process:
        url = f"http://127.0.0.1:{names['port']}/sparql"
        wait_for(f"{url}?{ASK}", process)
        script = f"ld_dir('{data.parent}', '{data.name}', 'urn:none'); rdf_loader_run();"
        load = ["isql-vt", f"127.0.0.1:{names['other']}", "dba", "dba", f"exec={script}"]
        subprocess.run(load, check=True, capture_output=True)
        yield url


@contextmanager
def started(command: list[str], folder: Path) -> "Iterator[subprocess.Popen[bytes]]":
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


ENGINES: dict[str, Callable[..., object]] = {"fuseki": fuseki, "virtuoso": virtuoso}


@pytest.fixture(scope="module", params=ENGINES)
def engine(
    request: pytest.FixtureRequest, dataset_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """The name of an engine, and the URL of its endpoint."""
    folder = tmp_path_factory.mktemp(request.param)
    data = with_merged_graph(dataset_path, folder)
    with ENGINES[request.param](data, folder) as url:
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


def ask(server: Server, query: str, format: str = "csv") -> httpx.Response:
    data = {"query": query, "format": format}
    headers = {"Accept": "application/problem+json"}
    return httpx.post(f"{server.url}/sparql", data=data, headers=headers, timeout=90)


@pytest.mark.parametrize(
    ("query", "format"),
    [("SELECT ?p { ?s ?p ?o }", "csv"), ("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }", "nt")],
)
def test_a_long_answer_is_whole_or_an_error(
    engine: tuple[str, str], both: Both, server: Server, query: str, format: str
) -> None:
    if engine[0] == "virtuoso":
        answer = ask(server, query, format)
        assert answer.status_code == 502
        assert "cuts answers" in answer.text
    elif format == "csv":
        both.check_query(query, format)


def test_the_time_limit_is_an_error(engine: tuple[str, str]) -> None:
    with running(None, "--endpoint", engine[1], TIMEOUT="2") as server:
        started = time.monotonic()
        assert ask(server, CROSS).status_code == 504
        assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
        "define input:default-graph-uri <urn:x> SELECT * { ?s ?p ?o }",
        "SELECT (bif:delay(5) AS ?x) {}",
        "SELECT (<bif:http_get>('http://127.0.0.1:1/') AS ?x) {}",
        "SELECT ?s { ?s <bif:contains> 'asean' }",
        "SELECT (<sql:rdf_regex>('a', 'b') AS ?x) {}",
        "SELECT (<java:java.lang.Math>(1) AS ?x) {}",
        "SELECT ?s { ?s <http://jena.apache.org/text#query> 'asean' }",
        "SELECT * FROM <http://127.0.0.1:1/data.ttl> { ?s ?p ?o }",
        "LOAD <http://127.0.0.1:1/>",
        "CLEAR ALL",
        "SELECT * " + "{" * 300_000,
    ],
)
def test_a_hostile_query_is_refused(server: Server, query: str) -> None:
    assert ask(server, query).status_code in (400, 403)
