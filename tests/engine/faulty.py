"""A SPARQL endpoint that misbehaves as engines do when a query names a graph `urn:fault:KIND`."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

from pyoxigraph import NamedNode, QueryResultsFormat, QueryTriples, RdfFormat, Store

JSON, TRIPLES = "application/sparql-results+json", "application/n-triples"
HEAD = '{"head":{"vars":["s"]},"results":{"bindings":['
ROW = '{"s":{"type":"uri","value":"urn:a"}}'
FULL = f"{HEAD}{ROW}]}}}}"
TRIPLE = "<urn:a> <urn:b> <urn:c> .\n"
#: The faults by name: status, headers, body, and how the body is framed.
FAULTS: dict[str, tuple[int, dict[str, str], str, str]] = {
    "rows-end-early": (200, {}, f"{HEAD}{ROW},", "length"),
    "rows-end-early-in-chunks": (200, {}, f"{HEAD}{ROW},{ROW}", "chunked"),
    "killed": (200, {}, f"{HEAD}{ROW},{ROW}", "killed"),
    "killed-at-once": (200, {}, "", "killed"),
    "shorter-than-said": (200, {}, FULL, "longer"),
    "error-in-body": (200, {}, f"{HEAD}{ROW}]}}}}\nThe query failed: disk is full", "chunked"),
    "text": (200, {}, "everything is fine", "length"),
    "page": (200, {"Content-Type": "text/html"}, "<h1>Welcome</h1>", "length"),
    "other-columns": (200, {}, FULL.replace('"s"', '"t"'), "length"),
    "boolean": (200, {}, '{"head":{},"boolean":true}', "length"),
    "compressed": (200, {"Content-Encoding": "gzip"}, FULL, "length"),
    "no-end": (200, {}, FULL, "none"),
    "redirect": (302, {"Location": "/elsewhere"}, "", "length"),
    "moved": (308, {"Location": "/elsewhere"}, "", "length"),
    "refused": (401, {}, "who are you?", "length"),
    "failed": (500, {}, "Virtuoso 22023 Error", "length"),
    "long-headers": (200, {"X-Long": "x" * 200_000}, FULL, "length"),
    "max-rows": (200, {"X-SPARQL-MaxRows": "10000"}, FULL, "length"),
    "over-time-in-header": (200, {"X-SQL-State": "S1TAT"}, f"{HEAD}]}}}}", "length"),
    "over-time-in-body": (200, {}, f"{HEAD}{ROW},\n##  Query cancelled due to timeout", "chunked"),
    "over-time": (503, {}, "Query timed out", "length"),
    "full": (503, {}, "Too many requests", "length"),
}
GRAPH_FAULTS: dict[str, tuple[int, dict[str, str], str, str]] = {
    "triples-end-early": (200, {}, f"{TRIPLE}<urn:a> <urn", "length"),
    "triples-without-end": (200, {}, TRIPLE, "none"),
    "triples-killed": (200, {}, TRIPLE, "killed"),
    "triples-and-error": (200, {}, f"{TRIPLE}The query failed", "chunked"),
    "turtle": (200, {"Content-Type": "text/turtle"}, "<urn:a> a <urn:c> ; <urn:b> 1 .", "length"),
}
_FAULT = re.compile(r"urn:fault:([\w-]+)")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Faulty"

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        query = form["query"][0]
        self.server.requests.append((self.path, dict(self.headers), form))
        fault = _FAULT.search(query)
        if fault and fault[1] == "slow":
            seconds = min(self.server.slow, float(form.get("timeout", ["60"])[0]))
            time.sleep(seconds)
            if seconds < self.server.slow:
                fault = _FAULT.search("urn:fault:over-time")
        if fault and fault[1] in (known := {**FAULTS, **GRAPH_FAULTS}):
            self._send(*known[fault[1]], graph=fault[1] in GRAPH_FAULTS)
        elif fault and fault[1] == "huge":
            self._send(200, {}, f"{HEAD}{','.join([ROW] * 200_000)}]}}}}", "chunked")
        else:
            self._answer(query, form)

    def do_GET(self) -> None:
        self.server.requests.append((self.path, dict(self.headers), {}))
        self._send(200, {}, "", "length")

    def _answer(self, query: str, form: dict[str, list[str]]) -> None:
        default = [NamedNode(iri) for iri in form.get("default-graph-uri", [])]
        named = [NamedNode(iri) for iri in form.get("named-graph-uri", [])]
        chosen: dict[str, Any] = {"default_graph": default} if default else {}
        found = self.server.store.query(
            query, **chosen, **({"named_graphs": named} if named else {})
        )
        if isinstance(found, QueryTriples):
            body, graph = found.serialize(format=RdfFormat.N_TRIPLES), True
        else:
            body, graph = found.serialize(format=QueryResultsFormat.JSON), False
        self._send(200, {}, (body or b"").decode(), "length", graph)

    def _send(
        self, status: int, headers: dict[str, str], body: str, framing: str, graph: bool = False
    ) -> None:
        data = body.encode()
        self.send_response(status)
        if self.server.keeps_limit:
            self.send_header("Fuseki-Request-Id", "1")
        for name, value in {"Content-Type": TRIPLES if graph else JSON, **headers}.items():
            self.send_header(name, value)
        if framing in ("chunked", "killed"):
            self.send_header("Transfer-Encoding", "chunked")
            data = b"%x\r\n%s\r\n" % (len(data), data) if data else b""
            data += b"0\r\n\r\n" if framing == "chunked" else b""
        elif framing != "none":
            self.send_header("Content-Length", str(len(data) + (framing == "longer")))
        self.end_headers()
        self.wfile.write(data)
        self.close_connection = framing in ("killed", "longer", "none")

    def log_message(self, format: str, *args: object) -> None:
        pass


class Faulty(ThreadingHTTPServer):
    """The endpoint, with the requests that it got: path, headers, form."""

    daemon_threads = True

    def __init__(self, data: Path, slow: float, keeps_limit: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.store = Store()
        self.store.bulk_load(path=data, format=RdfFormat.N_QUADS)
        self.slow, self.keeps_limit = slow, keeps_limit
        self.requests: list[tuple[str, dict[str, str], dict[str, list[str]]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/sparql"


@contextmanager
def faulty(data: Path, slow: float = 5.0, keeps_limit: bool = False) -> Iterator[Faulty]:
    """Run the endpoint over ``data``; a slow query takes ``slow`` seconds.

    An endpoint that ``keeps_limit`` ends it at the time limit that it is given, as Fuseki does.
    """
    with Faulty(data, slow, keeps_limit) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
