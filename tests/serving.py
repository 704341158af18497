"""Run the server of this program over a dataset, and talk to it."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from pyoxigraph import Quad, RdfFormat, serialize

ROOT = Path(__file__).parents[1]
_REPLY = 60  # seconds until a reply must be there
_START = 60  # seconds until a server must answer


@dataclass(frozen=True)
class Server:
    """A server that answers: its address without a slash, its process, and what it has said."""

    url: str
    pid: int
    log: Path


@dataclass(frozen=True)
class Reply:
    """What a server answered."""

    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def media_type(self) -> str:
        """Return the Content-Type without its parameters."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip()


@contextmanager
def running(
    dataset: Path, *options: str, port: int = 0, root: Path = ROOT, **settings: str
) -> Iterator[Server]:
    """Serve ``dataset`` by the program at ``root`` with ``options`` and the ACCSM_* ``settings``.

    Raises RuntimeError with what it said when it does not start, or has told of a fault of ours.
    """
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ACCSM_")}
    environment |= {f"ACCSM_{name}": value for name, value in settings.items()}
    environment["PYTHONPATH"] = os.pathsep.join((str(root / "server"), str(root)))
    serve = ["serve", str(dataset), f"--port={port}", *options]
    command = [sys.executable, "-P", "-m", "accsm_kg.cli", *serve]
    with TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("wb") as said:
            process = subprocess.Popen(command, stdout=said, stderr=said, env=environment)
        try:
            yield Server(_address(process, log), process.pid, log)
        finally:
            process.terminate()
            process.wait(timeout=20)
        if "Traceback" in log.read_text():
            raise RuntimeError(log.read_text())


def _address(process: "subprocess.Popen[bytes]", log: Path) -> str:
    until = time.monotonic() + _START
    while time.monotonic() < until and process.poll() is None:
        if found := re.search(r"^Serving .* at (http://[^/]+)/", log.read_text(), re.MULTILINE):
            return found[1]
        time.sleep(0.02)
    raise RuntimeError(f"the server does not start: {log.read_text()}")


@contextmanager
def serving(quads: Iterable[Quad]) -> Iterator[str]:
    """Serve ``quads`` and give the address; raises as `running` does."""
    with TemporaryDirectory() as folder:
        data = Path(folder) / "data.nq"
        data.write_bytes(serialize(quads, format=RdfFormat.N_QUADS) or b"")
        with running(data) as server:
            yield server.url


def send(
    url: str, method: str, target: str, headers: dict[str, str] | None = None, body: bytes = b""
) -> Reply:
    """Send a request with these headers and no others but Host and Content-Length."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=_REPLY)
    try:
        connection.request(method, target, body or None, headers or {})
        response = connection.getresponse()
        return Reply(response.status, response.headers, response.read())
    finally:
        connection.close()


@contextmanager
def held_port() -> Iterator[int]:
    """Give a port on which a server may listen, and which nobody else is given meanwhile."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        yield int(holder.getsockname()[1])


def children(pid: int) -> list[int]:
    """The processes that ``pid`` started, as Linux lists them."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def until(condition: Callable[[], object]) -> None:
    """Wait until ``condition`` holds."""
    for _ in range(100):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("it never came to that")
