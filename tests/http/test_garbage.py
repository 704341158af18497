"""Requests leave no reference cycles, which would keep responses until garbage collection.

Run as a program, this module serves a dataset, sends each of `REQUESTS` three times in the same
process, and prints the types of the objects that only the garbage collector freed.
"""

import asyncio
import gc
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from accsm_server.serve import serve
from project import ROOT

_ALL = quote("SELECT * { ?s ?p ?o }")
_FEW = quote("SELECT * { ?s ?p ?o } LIMIT 3")
_GRAPH = quote("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o } LIMIT 3")
_JSON = "Accept: application/sparql-results+json"
_FORM = "Content-Type: application/x-www-form-urlencoded"
#: Request line, header and body; {} is replaced by a new number, so that no response is cached.
REQUESTS = {
    "whole": ("GET /sparql?query=" + _FEW + "%23{} HTTP/1.1", _JSON, ""),
    "cached": ("GET /sparql?query=" + _FEW + " HTTP/1.1", _JSON, ""),
    "streamed": ("GET /sparql?query=" + _ALL + "%23{} HTTP/1.1", _JSON, ""),
    "compressed": ("GET /sparql?query=" + _ALL + "%23{} HTTP/1.1", "Accept-Encoding: br", ""),
    "graph": ("GET /sparql?query=" + _GRAPH + "%23{} HTTP/1.1", "Accept: text/turtle", ""),
    "not modified": ("GET /sparql?query=" + _FEW + "%23{} HTTP/1.1", "If-None-Match: *", ""),
    "head": ("HEAD /sparql?query=" + _FEW + "%23{} HTTP/1.1", _JSON, ""),
    "post": ("POST /sparql HTTP/1.1", _FORM, "query=" + _FEW + "%23{}"),
    "result page": ("GET /sparql?query=" + _FEW + "%23{} HTTP/1.1", "Accept: text/html", ""),
    "syntax error": ("GET /sparql?query=SELECT{} HTTP/1.1", _JSON, ""),
    "not acceptable": ("GET /sparql?query=ASK%7B%7D&format=none{} HTTP/1.1", _JSON, ""),
    "resource": ("GET /doc/country/KHM.ttl?{} HTTP/1.1", "Accept: */*", ""),
    "page": ("GET /browse?{} HTTP/1.1", "Accept: text/html", ""),
    "not found": ("GET /nothing/{} HTTP/1.1", "Accept: text/html", ""),
    "health": ("GET /healthz?{} HTTP/1.1", "Accept: */*", ""),
}  # fmt: skip


@pytest.mark.parametrize("cache", ["0", "8"])
def test_no_request_leaves_a_cycle(small_path: Path, cache: str) -> None:
    settings = {"ACCSM_RATE": "0", "ACCSM_MEMORY": "1024", "ACCSM_CACHE": cache}
    environment = {**os.environ, **settings, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, __file__, str(small_path)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True, timeout=120
    )
    assert json.loads(done.stdout) == {name: [] for name in REQUESTS}


def _main(dataset: Path) -> None:
    tasks = []

    def ready(url: str, memory: str) -> None:
        port = int(url.strip("/").rpartition(":")[2])
        tasks.append(asyncio.get_running_loop().create_task(_count(port)))

    serve(dataset, "127.0.0.1", 0, ready)
    print(json.dumps(tasks[0].result()))


async def _count(port: int) -> dict[str, list[str]]:
    try:
        return {name: await _garbage(port, *request) for name, request in REQUESTS.items()}
    finally:
        os.kill(os.getpid(), signal.SIGTERM)


async def _garbage(port: int, start: str, fields: str, body: str) -> list[str]:
    await _ask(port, start.format(0), fields, body.format(0))  # warm up caches
    await asyncio.sleep(0.05)
    gc.collect()
    gc.set_debug(gc.DEBUG_SAVEALL)
    for number in range(1, 4):
        await _ask(port, start.format(number), fields, body.format(number))
    await asyncio.sleep(0.05)
    gc.collect()
    gc.set_debug(0)
    found = sorted({type(thing).__qualname__ for thing in gc.garbage})
    gc.garbage.clear()
    return found


async def _ask(port: int, start: str, fields: str, body: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"{start}\r\nHost: x\r\nConnection: close\r\n{fields}\r\nContent-Length: {len(body)}"
    writer.write(f"{head}\r\n\r\n{body}".encode())
    assert (await reader.read()).startswith(b"HTTP/1.1 ")
    writer.close()


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
