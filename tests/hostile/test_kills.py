"""Processes are killed under load: no answer is wrong or silently lost, and all restart."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count

import httpx
import pytest
from hostile.conftest import ANSWER, Bystander
from serving import Server, children, until

TIMEOUT = "30"
QUERIES = {
    "small": "ASK { ?s a ?class }",
    "half a second long": "SELECT (COUNT(*) AS ?n) { { SELECT ?a { ?a ?p ?x } LIMIT 1000 } "
    "{ SELECT ?b { ?b ?q ?y } LIMIT 1000 } }",
    "many rows": "SELECT * { ?s ?p ?o }",
    "very many rows": "SELECT * { ?a ?b ?c . ?d a ?e } LIMIT 20000",
    "a graph": "CONSTRUCT WHERE { ?s ?p ?o }",
}
BROKEN, UNAVAILABLE = (0, 0), (503, 0)
numbers = count()


def answer(client: httpx.Client, name: str) -> tuple[int, int]:
    """The status and a hash of the body of a query that is not cached.

    After a kill, 503 or an unfinished response is allowed.
    """
    number = next(numbers)
    params = {"query": f"{QUERIES[name]} # {number}"}
    try:
        if number % 2:
            found = client.get("/sparql", params=params)
        else:
            found = client.post("/sparql", data=params)
    except httpx.RemoteProtocolError:
        return BROKEN
    if found.status_code == 503:
        assert int(found.headers["Retry-After"]) > 0
        return UNAVAILABLE
    return found.status_code, hash(found.content)


def a_worker(server: Server) -> list[int]:
    return [worker for fork_server in children(server.pid) for worker in children(fork_server)][-1:]


def all_workers(server: Server) -> list[int]:
    return [worker for fork_server in children(server.pid) for worker in children(fork_server)]


def the_fork_server(server: Server) -> list[int]:
    return children(server.pid)


def everything(server: Server) -> list[int]:
    return [*all_workers(server), *the_fork_server(server)]


def kill(server: Server, victims: Callable[[Server], list[int]]) -> None:
    for pid in victims(server):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture(autouse=True)
def other_clients_are_answered(bystander: Bystander) -> Iterator[None]:
    """The bystander may get 503 as well, but nothing worse."""
    start = len(bystander.answers)
    yield
    found = bystander.answers[start:]
    assert {status for status, text in found if text != ANSWER} <= {503}
    assert (200, ANSWER) in found


@pytest.fixture(scope="module")
def expected(server: Server) -> dict[str, tuple[int, int]]:
    with httpx.Client(base_url=server.url, timeout=60) as client:
        return {name: answer(client, name) for name in QUERIES}


@pytest.mark.parametrize("victims", [a_worker, all_workers, the_fork_server, everything])
def test_a_kill_affects_only_the_queries_of_the_killed_process(
    server: Server,
    expected: dict[str, tuple[int, int]],
    victims: Callable[[Server], list[int]],
) -> None:
    stop = threading.Event()
    answers: dict[str, list[tuple[int, int]]] = {name: [] for name in QUERIES}

    def ask(name: str) -> None:
        with httpx.Client(base_url=server.url, timeout=60) as client:
            while not stop.is_set():
                answers[name].append(answer(client, name))

    threads = [threading.Thread(target=ask, args=(name,)) for name in QUERIES]
    for thread in threads:
        thread.start()
    for _ in range(4):
        time.sleep(0.4)
        kill(server, victims)
    until(lambda: all(answers.values()))
    stop.set()
    for thread in threads:
        thread.join()
    for name, found in answers.items():
        assert set(found) <= {expected[name], BROKEN, UNAVAILABLE}
    with httpx.Client(base_url=server.url, timeout=60) as client:
        until(lambda: {name: answer(client, name) for name in QUERIES} == expected)
