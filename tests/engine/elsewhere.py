"""Engines elsewhere for tests: a dataset as they need it, and Oxigraph over HTTP."""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Store, serialize

from accsm_kg.namespaces import BASE, CONVENTIONS, MERGED
from accsm_kg.rdf import dataset

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
    beside = Path(sys.executable).parent / "oxigraph"
    program = str(beside) if beside.exists() else shutil.which("oxigraph")
    if not program:
        pytest.skip("oxigraph is not installed: pip install oxigraph")
    port = port or free_port()
    serve = [program, "serve", "--bind", f"127.0.0.1:{port}", *options]
    process = subprocess.Popen(serve, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(f"{url}/query?query=ASK%7B%7D", process)
        httpx.post(f"{url}/store", content=data.read_bytes(), headers=N_QUADS, timeout=60)
        yield f"{url}/query", process
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
