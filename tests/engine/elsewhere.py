"""Engines elsewhere for tests (Oxigraph, Fuseki, Virtuoso), and a dataset as they need it.

`make peers` fetches Fuseki; Virtuoso is `virtuoso-opensource` of Debian.
"""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
from benchmarks.running import VIRTUOSO
from project import ROOT
from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Store, serialize

from accsm_kg.namespaces import BASE, CONVENTIONS, MERGED
from accsm_kg.rdf import dataset

_ASK = "query=ASK%7B%7D"
N_QUADS = {"Content-Type": "application/n-quads"}


def with_merged_graph(path: Path, folder: Path) -> Path:
    """Write a dataset whose default graph is a named graph, in one file for all blank nodes."""
    store = dataset.load(path, CONVENTIONS)
    quads = [_named(quad) for quad in store]
    written = folder / "merged.nq"
    serialize(quads, written, format=RdfFormat.N_QUADS)
    return written


def _named(quad: Quad) -> Quad:
    if quad.graph_name != DefaultGraph():
        return quad
    return Quad(quad.subject, quad.predicate, quad.object, NamedNode(BASE + MERGED))


def small(folder: Path) -> Path:
    """Write a dataset of a few statements in the form that engines elsewhere need."""
    store = Store()
    for number in range(20):
        thing = NamedNode(f"{BASE}id/thing/{number}")
        for graph in ("graph/a", MERGED):
            store.add(
                Quad(
                    thing, NamedNode("urn:p"), NamedNode(f"urn:o{number}"), NamedNode(BASE + graph)
                )
            )
    path = folder / "small.nq"
    store.dump(path, format=RdfFormat.N_QUADS)
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def oxigraph(data: Path, *options: str, port: int = 0) -> Iterator[tuple[str, "subprocess.Popen"]]:
    """Run `oxigraph serve` over ``data``; yield the URL of its endpoint, and its process."""
    port = port or free_port()
    with _started([_oxigraph(), "serve", "--bind", f"127.0.0.1:{port}", *options]) as process:
        url = f"http://127.0.0.1:{port}"
        wait_for(f"{url}/query?{_ASK}", process)
        httpx.post(f"{url}/store", content=data.read_bytes(), headers=N_QUADS, timeout=60)
        yield f"{url}/query", process


@contextmanager
def oxigraph_on_disk(
    data: Path, folder: Path, port: int = 0
) -> Iterator[tuple[str, "subprocess.Popen"]]:
    """Run Oxigraph over a store of ``data`` in ``folder``, which is made if it is not there."""
    port, store = port or free_port(), str(folder / "store")
    if not Path(store).exists():
        load = [_oxigraph(), "load", "--location", store, "--file", str(data)]
        subprocess.run(load, check=True, capture_output=True)
    serve = [_oxigraph(), "serve-read-only", "--location", store, "--bind", f"127.0.0.1:{port}"]
    with _started(serve) as process:
        url = f"http://127.0.0.1:{port}/query"
        wait_for(f"{url}?{_ASK}", process)
        yield url, process


def _oxigraph() -> str:
    beside = Path(sys.executable).parent / "oxigraph"
    program = str(beside) if beside.exists() else shutil.which("oxigraph")
    if not program:
        pytest.skip("oxigraph is not installed: pip install oxigraph")
    return program


@contextmanager
def fuseki(
    data: Path, folder: Path, *options: str, port: int = 0
) -> Iterator[tuple[str, "subprocess.Popen"]]:
    """Run Fuseki in memory over ``data``; yield the URL of its endpoint, and its process."""
    jars = list((ROOT / "build/peers/fuseki").glob("jena-fuseki-server-*.jar"))
    if not shutil.which("java") or not jars:
        pytest.skip("Fuseki is missing: install a JDK and Maven, and run `make peers`")
    port = port or free_port()
    serve = [f"--file={data}", "--localhost", f"--port={port}", *options, "/ds"]
    with _started(["java", "-Xmx1g", "-jar", str(jars[0]), *serve], folder) as process:
        url = f"http://127.0.0.1:{port}/ds/query"
        wait_for(f"{url}?{_ASK}", process)
        yield url, process


@contextmanager
def virtuoso(data: Path, folder: Path, port: int = 0) -> Iterator[tuple[str, "subprocess.Popen"]]:
    """Run Virtuoso with the limits of Debian over ``data``; yield its endpoint and process.

    What it has loaded stays in the folder.
    """
    program = shutil.which("virtuoso-t")
    if not program or not shutil.which("isql-vt"):
        pytest.skip("Virtuoso is missing: apt install virtuoso-opensource")
    ports = {"port": str(port or free_port()), "other": str(free_port())}
    names = {"folder": str(folder), "buffers": "40000", **ports}
    limits = "[SPARQL]\nResultSetMaxRows = 10000\nMaxQueryExecutionTime = 20\n"
    (folder / "virtuoso.ini").write_text(VIRTUOSO.read_text().format(**names) + limits)
    command = [program, "+foreground", "+configfile", str(folder / "virtuoso.ini")]
    with _started(command, folder) as process:
        url = f"http://127.0.0.1:{names['port']}/sparql"
        wait_for(f"{url}?{_ASK}", process)
        load = f"ld_dir('{data.parent}', '{data.name}', 'urn:none'); rdf_loader_run();"
        script = f"{load} checkpoint;"
        command = ["isql-vt", f"127.0.0.1:{names['other']}", "dba", "dba", f"exec={script}"]
        subprocess.run(command, check=True, capture_output=True)
        yield url, process


@contextmanager
def _started(command: list[str], folder: Path | None = None) -> "Iterator[subprocess.Popen]":
    with TemporaryDirectory() as other, (Path(other) / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder or other, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def wait_for(url: str, process: "subprocess.Popen", seconds: float = 60) -> None:
    """Wait until an engine answers."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(url, timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise RuntimeError(f"{url} does not answer")
