"""A server with short limits, a client that sends small queries meanwhile, and a listener."""

import gc
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from serving import Server, running

ANSWER = '{"head":{},"boolean":true}'


class Bystander(threading.Thread):
    """A client at another address that records its answers."""

    def __init__(self, server: Server) -> None:
        super().__init__(daemon=True)
        self.server, self.answers, self.stopped = server, [], threading.Event()
        self.condition = threading.Condition()
        self.slowest = 0.0

    def run(self) -> None:
        fresh = httpx.Limits(keepalive_expiry=0.5)  # sooner than the server closes connections
        transport = httpx.HTTPTransport(local_address="127.0.0.2", limits=fresh)
        number = 0
        with httpx.Client(timeout=30, transport=transport, base_url=self.server.url) as client:
            while not self.stopped.is_set():
                number += 1  # each query is new, so that none is cached
                started = time.monotonic()
                answer = client.get("/sparql", params={"query": f"ASK {{}} # {number}"})
                with self.condition:
                    self.answers.append((answer.status_code, answer.text))
                    self.slowest = max(self.slowest, time.monotonic() - started)
                    self.condition.notify_all()
                time.sleep(0.02)

    @contextmanager
    def expect_answers(self) -> Iterator[None]:
        """Check that every query sent meanwhile, and one after it, is answered."""
        start = len(self.answers)
        yield
        with self.condition:
            count = len(self.answers)
            assert self.condition.wait_for(lambda: len(self.answers) > count + 1, timeout=5)
        assert set(self.answers[start:]) == {(200, ANSWER)}


@pytest.fixture(scope="module")
def server(dataset_path: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    with running(dataset_path, MEMORY="2048", TIMEOUT=request.module.TIMEOUT) as server:
        yield server


@pytest.fixture(scope="module")
def bystander(server: Server) -> Iterator[Bystander]:
    gc.collect()  # rows of the engine that other tests left may be dropped in this thread alone
    thread = Bystander(server)
    thread.start()
    yield thread
    thread.stopped.set()
    thread.join(timeout=10)


@pytest.fixture(autouse=True)
def other_clients_are_answered(bystander: Bystander) -> Iterator[None]:
    with bystander.expect_answers():
        yield


@pytest.fixture(scope="session")
def trap() -> Iterator[socket.socket]:
    """A listener to which the server must not connect."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener
