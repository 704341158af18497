"""A server with short limits, someone who asks it small questions all the time, and a trap."""

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
    """A client at another address, whose every answer is noted."""

    def __init__(self, server: Server) -> None:
        super().__init__(daemon=True)
        self.server, self.answers, self.stopped = server, [], threading.Event()
        self.turn = threading.Condition()
        self.slowest = 0.0

    def run(self) -> None:
        transport = httpx.HTTPTransport(local_address="127.0.0.2")
        number = 0
        with httpx.Client(timeout=30, transport=transport, base_url=self.server.url) as client:
            while not self.stopped.is_set():
                number += 1  # no two queries alike: none is answered from the cache
                started = time.monotonic()
                answer = client.get("/sparql", params={"query": f"ASK {{}} # {number}"})
                with self.turn:
                    self.answers.append((answer.status_code, answer.text))
                    self.slowest = max(self.slowest, time.monotonic() - started)
                    self.turn.notify_all()
                time.sleep(0.02)

    @contextmanager
    def unharmed(self) -> Iterator[None]:
        """Check that every question asked meanwhile, and one after it, is answered."""
        start = len(self.answers)
        yield
        with self.turn:
            count = len(self.answers)
            assert self.turn.wait_for(lambda: len(self.answers) > count + 1, timeout=5)
        assert set(self.answers[start:]) == {(200, ANSWER)}


@pytest.fixture(scope="module")
def server(dataset_path: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    with running(dataset_path, MEMORY="256", WORKERS="2", TIMEOUT=request.module.TIMEOUT) as server:
        yield server


@pytest.fixture(scope="module")
def bystander(server: Server) -> Iterator[Bystander]:
    thread = Bystander(server)
    thread.start()
    yield thread
    thread.stopped.set()
    thread.join(timeout=10)


@pytest.fixture(autouse=True)
def nobody_else_notices(bystander: Bystander) -> Iterator[None]:
    with bystander.unharmed():
        yield


@pytest.fixture(scope="session")
def trap() -> Iterator[socket.socket]:
    """A listener on which nobody may ever call."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener
