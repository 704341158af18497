"""An engine elsewhere that is slow, full, broken or killed: a whole answer, or an error."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from engine.elsewhere import small
from engine.faulty import FAULTS, GRAPH_FAULTS, Faulty, faulty
from serving import Server, running, until

SECRET = "quite:a secret"
TIMES = {"over-time-in-header", "over-time-in-body", "over-time"}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Faulty]:
    with faulty(small(tmp_path_factory.mktemp("engine")), slow=4) as engine:
        yield engine


@pytest.fixture(scope="module")
def server(engine: Faulty) -> Iterator[Server]:
    settings = {
        "TIMEOUT": "2", "WORKERS": "2", "ROWS": "150000",
        "ENDPOINT_LOGIN": f"someone:{SECRET}", "ENDPOINT_HEADERS": "X-Key: hidden-key",
    }  # fmt: skip
    with running(None, "--endpoint", engine.url, **settings) as server:
        yield server
        log = server.log.read_text()
    assert SECRET not in log
    assert "hidden-key" not in log


def ask(server: Server, query: str, format: str = "json", timeout: float = 30) -> httpx.Response:
    data = {"query": query, "format": format}
    headers = {"Accept": "application/problem+json"}
    return httpx.post(f"{server.url}/sparql", data=data, headers=headers, timeout=timeout)


def select(kind: str) -> str:
    return f"SELECT ?s {{ ?s ?p <urn:fault:{kind}> }}"


@pytest.mark.parametrize("format", ["json", "csv"])
@pytest.mark.parametrize("kind", FAULTS)
def test_a_broken_answer_is_an_error(server: Server, kind: str, format: str) -> None:
    answer = ask(server, select(kind), format)
    expected = 504 if kind in TIMES else 503 if kind == "full" else 502
    assert answer.status_code == expected, answer.text
    assert "urn:a" not in answer.text


@pytest.mark.parametrize("format", ["nt", "ttl", "jsonld"])
@pytest.mark.parametrize("kind", GRAPH_FAULTS)
def test_a_broken_graph_is_an_error(server: Server, kind: str, format: str) -> None:
    query = f"CONSTRUCT {{ ?s ?p ?o }} {{ ?s ?p ?o , <urn:fault:{kind}> }}"
    answer = ask(server, query, format)
    assert answer.status_code == 502, answer.text
    assert "urn:a" not in answer.text


def test_an_engine_that_answers_too_late_is_given_up(server: Server) -> None:
    answer = ask(server, select("slow"))
    assert answer.status_code == 504
    assert "2 seconds" in answer.text


def test_a_place_is_held_until_the_engine_is_done(engine: Faulty, tmp_path: Path) -> None:
    with running(None, "--endpoint", engine.url, TIMEOUT="8") as server:
        busy = "\naccsm_workers_busy 1.0"
        with pytest.raises(httpx.ReadTimeout):
            ask(server, select("slow"), timeout=0.5)
        assert busy in httpx.get(f"{server.url}/metrics").text
        assert ask(server, "SELECT ?s { ?s ?p <urn:o1> }").status_code == 200  # when it is free
        until(lambda: busy not in httpx.get(f"{server.url}/metrics").text)


def test_a_heavy_query_leaves_its_place_at_an_engine_that_ends_it(tmp_path: Path) -> None:
    with (
        faulty(small(tmp_path), slow=3, keeps_limit=True) as engine,
        running(None, "--endpoint", engine.url, TIMEOUT="20") as server,
        ThreadPoolExecutor() as threads,
    ):
        engine.requests.clear()
        heavy = [threads.submit(ask, server, f"{select('slow')} #{number}") for number in range(2)]
        until(lambda: len([form for _, _, form in engine.requests if "slow" in str(form)]) >= 2)
        assert ask(server, "SELECT ?s { ?s ?p <urn:o1> }").status_code == 200
        assert [one.done() for one in heavy] == [False, False]
        assert [one.result().status_code for one in heavy] == [200, 200]
    limits = [form["timeout"][0] for _, _, form in engine.requests if "slow" in str(form)]
    assert limits.count("1") == 2
    assert all(float(limit) > 10 for limit in limits if limit != "1")


def test_redirects_are_not_followed(server: Server, engine: Faulty) -> None:
    ask(server, select("redirect"))
    assert {path for path, _, _ in engine.requests} == {"/sparql"}


def test_credentials_are_sent_and_nothing_else_of_the_client(
    server: Server, engine: Faulty
) -> None:
    engine.requests.clear()
    httpx.get(f"{server.url}/sparql?query=ASK%7B%7D", headers={"Cookie": "a=b", "X-Mine": "c"})
    ((_, headers, _),) = engine.requests
    assert headers["X-Key"] == "hidden-key"
    assert headers["Authorization"].startswith("Basic ")
    assert "Cookie" not in headers
    assert "X-Mine" not in headers


def test_a_huge_answer_is_cut_at_our_limit_and_says_so(server: Server) -> None:
    with (
        pytest.raises(httpx.RemoteProtocolError),
        httpx.stream(
            "POST", f"{server.url}/sparql", data={"query": select("huge"), "format": "csv"}
        ) as answer,
    ):
        assert answer.headers["X-Limits"].startswith("rows=150000")
        for _ in answer.iter_bytes():
            pass


def test_the_server_goes_on(server: Server) -> None:
    assert ask(server, "SELECT * { ?s ?p ?o }", "csv").text.count("\n") == 21


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:1/sparql", "cannot be reached"),
        ("ftp://127.0.0.1/sparql", "give the address"),
        ("http://me:secret@127.0.0.1/sparql", "ACCSM_ENDPOINT_LOGIN"),
    ],
)
def test_an_endpoint_that_cannot_be_served_is_reported(url: str, said: str) -> None:
    with (
        pytest.raises(RuntimeError) as refused,
        running(None, "--endpoint", url, COLUMNS="200"),
    ):
        pass
    assert said in str(refused.value)
    assert "Traceback" not in str(refused.value)


def test_service_cannot_be_allowed_with_an_engine_elsewhere(engine: Faulty) -> None:
    with (
        pytest.raises(RuntimeError, match="SERVICE is not sent"),
        running(None, "--endpoint", engine.url, SERVICE="http://127.0.0.1/sparql"),
    ):
        pass
