"""Start a server over the dataset, wait until it holds the graph, and stop it."""

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socket import socket
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

from .earlier import isolated

LOAD_TIMEOUT = 120  # seconds for a server to load the graph
COUNT = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"
_BUFFERS, _BUFFER = 40_000, 8 << 10  # of Virtuoso at least, and their bytes
VIRTUOSO = Path(__file__).parent / "virtuoso.ini"


@dataclass(frozen=True)
class Peer:
    """A server and its commands, in which `run` replaces {names}."""

    name: str
    version: str
    command: tuple[str, ...]
    endpoint: str = "/sparql?"
    """The URL of the SPARQL endpoint up to `query=`, without the host."""
    settings: Mapping[str, str] = field(default_factory=dict)
    before: tuple[str, ...] = ()
    """A command that loads the graph before the server starts."""
    after: "Callable[[Running], None] | None" = None
    """Loads the graph when the server listens."""
    limits_memory: bool = False
    """Whether the server limits the memory of queries itself."""


@dataclass(frozen=True)
class Running:
    """A running server."""

    peer: Peer
    pid: int
    port: int
    names: Mapping[str, str]
    ready: float = 0.0
    """Seconds from the start to the first answer, including loading."""

    def get(self, path: str, accept: str) -> tuple[str, bytes]:
        """Return the media type and the body of a response; raises OSError for errors."""
        request = Request(f"http://127.0.0.1:{self.port}{path}", headers={"Accept": accept})
        with urlopen(request, timeout=60) as response:
            return response.headers.get_content_type(), bytes(response.read())


@contextmanager
def run(
    peer: Peer,
    dataset: Path,
    graph: Path,
    folder: Path,
    answer: str,
    query: str = COUNT,
    timeout: float = LOAD_TIMEOUT,
) -> Iterator[Running]:
    """Run ``peer`` over ``graph`` or ``dataset``, and wait until ``query`` has ``answer``.

    It uses what it left in ``folder`` before.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = {
        "dataset": str(dataset), "graph": str(graph), "folder": str(folder),
        "port": str(_free_port()), "other": str(_free_port()),
        "buffers": str(max(_BUFFERS, graph.stat().st_size // _BUFFER)),
    }  # fmt: skip
    (folder / VIRTUOSO.name).write_text(VIRTUOSO.read_text().format(**names))
    start = time.perf_counter()
    with (folder / "log").open("wb") as log:
        if peer.before:
            subprocess.run(
                _fill(peer.before, names), env=environment(peer, names), check=True,
                stdout=log, stderr=log, timeout=timeout,
            )  # fmt: skip
        process = subprocess.Popen(
            _fill(peer.command, names), cwd=folder, env=environment(peer, names),
            stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        server = Running(peer, process.pid, int(names["port"]), names)
        _wait(process, server, (query, answer), folder / "log", timeout)
        yield Running(peer, process.pid, server.port, names, time.perf_counter() - start)
    finally:
        _stop(process)


def environment(peer: Peer, names: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of ``peer``: its settings, and no variables of this project."""
    return isolated() | {name: value.format(**names) for name, value in peer.settings.items()}


def _fill(command: tuple[str, ...], names: Mapping[str, str]) -> list[str]:
    return [part.format(**names) for part in command]


def _wait(
    process: "subprocess.Popen[bytes]",
    server: Running,
    asked: tuple[str, str],
    log: Path,
    timeout: float,
) -> None:
    """Wait until the server listens, load the graph if need be, and check its answer."""
    query, answer = asked
    path = f"{server.peer.endpoint}query={quote(query)}"
    started, loaded = time.perf_counter(), server.peer.after is None
    while time.perf_counter() - started < timeout and process.poll() is None:
        try:
            _, found = server.get(path, "application/sparql-results+json")
        except (URLError, OSError):
            time.sleep(0.02)
            continue
        if answer.encode() in found:
            return
        if loaded:
            raise RuntimeError(f"{server.peer.name} answers {found!r} to {query}, not {answer}")
        if server.peer.after:
            server.peer.after(server)
        loaded = True
    raise RuntimeError(f"{server.peer.name} does not answer; see {log}")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
