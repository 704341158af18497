"""Turn the servers found on this machine into running ones that hold the same graph."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from socket import socket
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

from accsm_kg import __version__

HERE = Path(__file__).parent
_BIN = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
_COUNT = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"
_GRAPH = "urn:graph"  # where Virtuoso, which has no default graph, keeps the triples
_PATIENCE = 120  # seconds for a server to load the graph


@dataclass(frozen=True)
class Peer:
    """How a server is started; {names} in a command are filled in by `running`."""

    name: str
    version: str
    command: tuple[str, ...]
    endpoint: str = "/sparql?"
    """What goes before `query=` in a path."""
    settings: Mapping[str, str] = field(default_factory=dict)
    before: tuple[str, ...] = ()
    """A command that loads the graph first."""
    after: "Callable[[Running], None] | None" = None
    """What loads the graph into the server that listens."""


@dataclass(frozen=True)
class Running:
    """A server that answers."""

    peer: Peer
    pid: int
    port: int
    names: Mapping[str, str]
    ready: float = 0.0
    """Seconds from nothing to the first answer, loading included."""

    def get(self, path: str, accept: str) -> tuple[str, bytes]:
        """Return the media type and the body of an answer; raises OSError when there is none."""
        request = Request(f"http://127.0.0.1:{self.port}{path}", headers={"Accept": accept})
        with urlopen(request, timeout=60) as response:
            return response.headers.get_content_type(), bytes(response.read())


def ours(name: str, **settings: str) -> Peer:
    """Return our server with ACCSM_* ``settings``."""
    command = (sys.executable, "-m", "accsm_kg.cli", "serve", "{dataset}", "--port", "{port}")
    named = {f"ACCSM_{key.upper()}": value for key, value in settings.items()}
    return Peer(name, __version__, command, settings=named)


def others() -> list[Peer]:
    """Return the other servers that this machine has."""
    return [peer for peer in (*_oxigraph(), *_rdflib(), *_virtuoso(), *_fuseki()) if peer]


def _oxigraph() -> Iterator[Peer]:
    program = shutil.which("oxigraph", path=_BIN)
    if program:
        named = _version("oxigraph")
        serve = (program, "serve", "--bind", "127.0.0.1:{port}")
        yield Peer("oxigraph, memory", named, serve, "/query?", after=_store)
        load = (program, "load", "--location", "{folder}/db", "--file", "{graph}")
        yield Peer(
            "oxigraph, disk", named, (*serve, "--location", "{folder}/db"), "/query?", before=load
        )


def _rdflib() -> Iterator[Peer]:
    program = shutil.which("rdflib-endpoint", path=_BIN)
    if program:
        named = _version("rdflib-endpoint")
        command = (program, "serve", "--host", "127.0.0.1", "--port", "{port}", "{graph}")
        yield Peer("rdflib-endpoint", named, command, "/?")


def _virtuoso() -> Iterator[Peer]:
    program = shutil.which("virtuoso-t")
    if program and shutil.which("isql-vt"):
        said = subprocess.run([program, "-?"], capture_output=True, text=True, check=False).stderr
        named = next((word for word in said.split() if word[:1].isdigit()), "")
        command = (program, "+foreground", "+configfile", "{folder}/virtuoso.ini")
        yield Peer("Virtuoso", named, command, f"/sparql?default-graph-uri={_GRAPH}&", after=_bulk)


def _fuseki() -> Iterator[Peer]:
    home = os.environ.get("FUSEKI_HOME", "")
    program = shutil.which("fuseki-server")
    jar = Path(home) / "fuseki-server.jar"
    start = (program,) if program else ("java", "-jar", str(jar)) if jar.is_file() else ()
    if start:
        said = subprocess.run([*start, "--version"], capture_output=True, text=True, check=False)
        named = next((word for word in said.stdout.split() if word[:1].isdigit()), "")
        options = ("--localhost", "--port", "{port}", "--file", "{graph}", "/ds")
        yield Peer("Fuseki", named, (*start, *options), "/ds/query?", {"FUSEKI_BASE": "{folder}"})


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _store(server: Running) -> None:
    """Load the graph with the Graph Store Protocol."""
    data = Path(server.names["graph"]).read_bytes()
    headers = {"Content-Type": "application/n-triples"}
    url = f"http://127.0.0.1:{server.port}/store?default"
    urlopen(Request(url, data, headers, method="PUT"), timeout=_PATIENCE).close()


def _bulk(server: Running) -> None:
    """Load the graph with Virtuoso's bulk loader."""
    graph = Path(server.names["graph"])
    orders = f"ld_dir('{graph.parent}', '{graph.name}', '{_GRAPH}'); rdf_loader_run(); checkpoint;"
    where = f"127.0.0.1:{server.names['other']}"
    command = ["isql-vt", where, "dba", "dba", f"exec={orders}"]
    subprocess.run(command, check=True, capture_output=True)


@contextmanager
def running(
    peer: Peer, dataset: Path, graph: Path, folder: Path, triples: int
) -> Iterator[Running]:
    """Run ``peer`` over the ``graph`` (ours: over the ``dataset``) until it holds ``triples``."""
    folder.mkdir(parents=True)
    names = {
        "dataset": str(dataset), "graph": str(graph), "folder": str(folder),
        "port": str(_free_port()), "other": str(_free_port()),
    }  # fmt: skip
    for template in HERE.glob("virtuoso.ini"):
        (folder / template.name).write_text(template.read_text().format(**names))
    start = time.perf_counter()
    with (folder / "log").open("wb") as log:
        if peer.before:
            subprocess.run(_filled(peer.before, names), check=True, stdout=log, stderr=log)
        process = subprocess.Popen(
            _filled(peer.command, names), cwd=folder, env=_environment(peer, names),
            stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        server = Running(peer, process.pid, int(names["port"]), names)
        _wait(process, server, triples, folder / "log")
        yield Running(peer, process.pid, server.port, names, time.perf_counter() - start)
    finally:
        _stop(process)


def _environment(peer: Peer, names: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ACCSM_")}
    kept["PYTHONPATH"] = str(HERE.parents[1])
    return kept | {name: value.format(**names) for name, value in peer.settings.items()}


def _filled(command: tuple[str, ...], names: Mapping[str, str]) -> list[str]:
    return [part.format(**names) for part in command]


def _wait(process: "subprocess.Popen[bytes]", server: Running, triples: int, log: Path) -> None:
    """Wait until the server listens, load the graph if it is not there, and count it."""
    path = f"{server.peer.endpoint}query={quote(_COUNT)}"
    asked, loaded = time.perf_counter(), server.peer.after is None
    while time.perf_counter() - asked < _PATIENCE and process.poll() is None:
        try:
            _, found = server.get(path, "application/sparql-results+json")
        except (URLError, OSError):
            time.sleep(0.02)
            continue
        if str(triples).encode() in found:
            return
        if loaded:
            raise RuntimeError(f"{server.peer.name} holds {found!r}, not {triples} triples")
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
