"""Sixty attackers at sixty addresses beside light queries: none of these fails."""

import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from benchmarks import probe
from serving import Server, children, running, until

TIMEOUT = "15"
ATTACKERS, LIGHT = 60, 60
MEMORY = 4096  # MiB
RUNAWAYS = (
    "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?f ?c",
)
SENTENCE = re.compile(
    r"It gave way to the queries of others after \d+\.\d seconds, as only \d+ long queries may run "
    "at once."
)
#: Media types that are accepted, and those of an error.
MEDIA_TYPES = {
    "application/json": "application/problem+json",
    "text/html": "text/html; charset=utf-8",
    "text/csv": "text/plain; charset=utf-8",
}


@pytest.fixture(scope="module")
def server(dataset_path: Path) -> Iterator[Server]:
    """A server that takes the addresses of clients from X-Forwarded-For."""
    with running(dataset_path, MEMORY=str(MEMORY), TIMEOUT=TIMEOUT, RATE="0") as server:
        yield server


@pytest.fixture(scope="module")
def bystander() -> Iterator[None]:
    """None: the light queries here take its place."""
    yield


@pytest.fixture(autouse=True)
def other_clients_are_answered() -> Iterator[None]:
    yield


def ask(server: Server, query: str, address: str, accept: str = "*/*") -> httpx.Response:
    headers = {"X-Forwarded-For": address, "Accept": accept}
    url = f"{server.url}/sparql"
    return httpx.post(url, data={"query": query}, headers=headers, timeout=120)


def attack(server: Server, number: int) -> httpx.Response:
    accept = list(MEDIA_TYPES)[number % len(MEDIA_TYPES)]
    return ask(server, RUNAWAYS[number % 2], f"192.0.2.{number}", accept)


def metric(server: Server, name: str) -> float:
    found = re.search(rf"^accsm_{name} (.+)$", httpx.get(f"{server.url}/metrics").text, re.M)
    assert found
    return float(found[1])


def processes(server: Server) -> list[int]:
    return [worker for fork_server in children(server.pid) for worker in children(fork_server)]


def test_no_light_query_fails_beside_sixty_attackers(server: Server) -> None:
    idle, places = probe.memory(server.pid), len(processes(server))
    peaks: list[float] = []
    with ThreadPoolExecutor(ATTACKERS) as pool:
        attacks = [pool.submit(attack, server, number) for number in range(ATTACKERS)]
        statuses = []
        for number in range(LIGHT):
            query = f"SELECT * {{ ?s a ?class }} LIMIT 3 # {number}"
            statuses.append(ask(server, query, f"198.51.100.{number}").status_code)
            # One attacker also has a light query.
            statuses.append(ask(server, f"ASK {{}} # {number}", "192.0.2.1").status_code)
            if number % 10 == 0:
                peaks.append(probe.memory(server.pid))
            time.sleep(0.05)
        answers = [each.result() for each in attacks]
    assert set(statuses) == {200}
    assert max(peaks) - idle < MEMORY
    assert {answer.status_code for answer in answers} <= {503, 504}
    gave_way = [answer for answer in answers if "gave way" in answer.text]
    assert len(gave_way) > ATTACKERS // 2
    for answer in gave_way:
        accept = answer.request.headers["Accept"]
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.headers["Content-Type"] == MEDIA_TYPES[accept]
        assert SENTENCE.search(answer.text)
        assert "Ask for less, or again later." in answer.text
    until(lambda: len(processes(server)) == places)
    assert metric(server, "queries_long") == metric(server, "queries_waiting") == 0


def test_an_attacker_with_many_queries_gives_way_before_a_stranger_with_one(
    server: Server,
) -> None:
    stop = threading.Event()
    answers: list[str] = []

    def keep_attacking(number: int) -> None:
        while not stop.is_set():
            query = f"{RUNAWAYS[0]} # {number} {len(answers)}"
            answers.append(ask(server, query, "192.0.2.100").text)

    strange = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . { SELECT * { ?d ?e ?f } LIMIT 40 } }"
    with ThreadPoolExecutor(9) as pool:
        for number in range(8):
            pool.submit(keep_attacking, number)
        until(lambda: len(answers) > 2)
        stranger = pool.submit(ask, server, strange, "198.51.100.200", "text/csv")
        found = stranger.result()
        stop.set()
    assert found.status_code in (200, 504), found.text  # 504: another program had the processor
    assert any("gave way to your other queries" in answer for answer in answers)


def test_no_process_is_left_dead(server: Server) -> None:
    until(lambda: not any(_is_dead(pid) for pid in processes(server)))


def _is_dead(pid: int) -> bool:
    with suppress(OSError):  # reaped meanwhile
        stat = Path(f"/proc/{pid}/stat").read_text()
        return stat.rpartition(")")[2].split()[0] == "Z"
    return False
