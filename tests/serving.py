"""Run the server over a dataset, and send requests to it."""

import os
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from urllib.parse import urlsplit

from project import COMMAND, ROOT, python_path
from pyoxigraph import Quad, RdfFormat, serialize

_TIMEOUT = 60  # seconds for a response
_START_TIMEOUT = 60  # seconds for a server to start


@dataclass(frozen=True)
class Server:
    """A running server: its URL without a trailing slash, its process and its log file."""

    url: str
    pid: int
    log: Path


@dataclass(frozen=True)
class Reply:
    """A response."""

    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def media_type(self) -> str:
        """Return the Content-Type without its parameters."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip()


@contextmanager
def running(
    dataset: Path | None,
    *options: str,
    port: int = 0,
    root: Path = ROOT,
    program: Path | None = None,
    cwd: Path | None = None,
    **settings: str,
) -> Iterator[Server]:
    """Serve ``dataset`` with command-line options and ACCSM_* ``settings`` in the folder ``cwd``.

    The program is that of the clone ``root`` unless ``program`` is given. Raises RuntimeError with
    the log if the server does not start, or has logged a traceback.
    """
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("ACCSM_", "PYTHON"))}
    environment |= {f"ACCSM_{name}": value for name, value in settings.items()}
    if program is None:
        environment["PYTHONPATH"] = python_path(root)
    serve = ["serve", *([str(dataset)] if dataset else []), f"--port={port}", *options]
    command = [*([str(program)] if program else COMMAND), *serve]
    with TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, stdout=output, stderr=output, env=environment, cwd=cwd
            )
        try:
            yield Server(_address(process, log), process.pid, log)
        finally:
            process.terminate()
            process.wait(timeout=20)
        if "Traceback" in log.read_text():
            raise RuntimeError(log.read_text())


def _address(process: "subprocess.Popen[bytes]", log: Path) -> str:
    until = time.monotonic() + _START_TIMEOUT
    while time.monotonic() < until and process.poll() is None:
        if found := re.search(r"^Serving .* at (http://[^/]+)/", log.read_text(), re.MULTILINE):
            return found[1]
        time.sleep(0.02)
    raise RuntimeError(f"the server does not start: {log.read_text()}")


@contextmanager
def serving(quads: Iterable[Quad], port: int = 0, **settings: str) -> Iterator[str]:
    """Serve ``quads`` with ``settings`` and yield the URL; raises as `running` does."""
    with TemporaryDirectory() as folder:
        data = Path(folder) / "data.nq"
        data.write_bytes(serialize(quads, format=RdfFormat.N_QUADS) or b"")
        with running(data, port=port, **settings) as server:
            yield server.url


def send(
    url: str, method: str, target: str, headers: dict[str, str] | None = None, body: bytes = b""
) -> Reply:
    """Send a request with ``headers`` only, besides Host and Content-Length."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=_TIMEOUT)
    try:
        connection.request(method, target, body or None, headers or {})
        response = connection.getresponse()
        return Reply(response.status, response.headers, response.read())
    finally:
        connection.close()


@contextmanager
def held_port() -> Iterator[int]:
    """Reserve a port on which one server may listen; the system gives it to no one else."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        yield int(holder.getsockname()[1])


def children(pid: int) -> list[int]:
    """The child processes of ``pid`` (Linux)."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def until(condition: Callable[[], object]) -> None:
    """Wait up to 30 seconds until ``condition`` is true."""
    for _ in range(300):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("the condition is still false after 30 seconds")


@contextmanager
def handled(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    """Answer by the standard library's server with ``handler``; yields the address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:  # type: ignore[arg-type]
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()
