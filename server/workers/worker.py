"""Turn the queries that arrive on a socket into frames of answers, one after the other.

A worker lives in a process of its own (see `server.workers.zygote`): whatever a query does to it
costs that query only.
"""

import json
import resource
import socket
import threading
from collections.abc import Iterable
from contextlib import suppress
from itertools import islice
from typing import IO, Any, cast

import pyoxigraph
from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    Triple,
)

from server.workers import frames, sandbox

_RESULTS = {
    "json": QueryResultsFormat.JSON,
    "xml": QueryResultsFormat.XML,
    "csv": QueryResultsFormat.CSV,
    "tsv": QueryResultsFormat.TSV,
}
_GRAPHS = {
    "ttl": RdfFormat.TURTLE,
    "jsonld": RdfFormat.JSON_LD,
    "nt": RdfFormat.N_TRIPLES,
    "rdf": RdfFormat.RDF_XML,
    "nq": RdfFormat.N_QUADS,
    "trig": RdfFormat.TRIG,
}
_WITH_PREFIXES = ("ttl", "trig", "rdf")
_PIECE = 1 << 16
_STACK = 512 << 20  # deep nesting is parsed and planned recursively


class Output:
    """A file that sends what is written to it as frames of 64 KiB."""

    def __init__(self, channel: socket.socket) -> None:
        """Write to ``channel``."""
        self._channel = channel
        self._before = frames.frame(frames.HEAD)
        self._buffer = bytearray()

    def write(self, data: bytes) -> int:
        """Take ``data``; send a frame when there is enough."""
        self._buffer += data
        if len(self._buffer) >= _PIECE:
            self._send()
        return len(data)

    def _send(self) -> None:
        for start in range(0, len(self._buffer), _PIECE):
            piece = self._buffer[start : start + _PIECE]
            self._channel.sendall(self._before + frames.frame(frames.DATA, piece))
            self._before = b""
        self._buffer.clear()

    def flush(self) -> None:
        """Do nothing: a small rest goes out together with the end."""

    def end(self, last: bytes) -> None:
        """Send what is left and then the frame ``last``, in one go."""
        rest = frames.frame(frames.DATA, self._buffer) if self._buffer else b""
        self._channel.sendall(self._before + rest + last)


def work(store: Store, base: str, channel: socket.socket, memory: int) -> None:
    """Answer what is asked on ``channel`` until it closes, with ``memory`` bytes to spend."""
    sandbox.limit_memory(memory + _STACK)
    sandbox.confine()
    threading.stack_size(_STACK)
    thread = threading.Thread(target=_loop, args=(store, base, channel, memory))
    thread.start()
    thread.join()


def _loop(store: Store, base: str, channel: socket.socket, memory: int) -> None:
    ceiling = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 + memory // 4
    with suppress(BrokenPipeError, ConnectionResetError):  # the web process is gone
        while asked := frames.receive(channel):
            answer(store, base, json.loads(asked[1]), channel, ceiling)


def answer(
    store: Store, base: str, task: dict[str, Any], channel: socket.socket, ceiling: int
) -> None:
    """Run the query of ``task`` and send its answer, or why there is none."""
    output = Output(channel)
    try:
        truncated = _evaluate(store, base, task, output)
    except SyntaxError as error:
        last = frames.message(frames.FAIL, reason="syntax", message=str(error.msg))
    except OSError as error:
        last = frames.message(frames.FAIL, reason="refused", message=str(error))
    except (ValueError, RuntimeError, LookupError) as error:
        last = frames.message(frames.FAIL, reason="evaluation", message=str(error))
    else:
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 > ceiling
        last = frames.message(frames.END, truncated=truncated, retire=grown)
    output.end(last)


def _evaluate(store: Store, base: str, task: dict[str, Any], output: Output) -> bool:
    chosen = task["default_graphs"] or task["named_graphs"]
    results = store.query(
        task["text"],
        base_iri=base,
        default_graph=[NamedNode(g) for g in task["default_graphs"]] if chosen else None,
        named_graphs=[NamedNode(g) for g in task["named_graphs"]] if chosen else None,
    )
    form, limit = task["format"], task["limit"]
    if isinstance(results, QueryTriples):
        return _write_graph(results, task, output)
    if isinstance(results, QuerySolutions) and limit is not None and form == "json":
        return _write_rows(results, limit, output)
    results.serialize(cast(IO[bytes], output), format=_RESULTS[form])
    return False


def _write_graph(results: QueryTriples, task: dict[str, Any], output: Output) -> bool:
    form, limit = task["format"], task["limit"]
    triples: Iterable[Triple] = results
    prefixes = dict(task["prefixes"])
    truncated = False
    if task["tidy"] or limit is not None:
        found = list(islice(results, None if limit is None else limit + 1))
        truncated = limit is not None and len(found) > limit
        triples = sorted(set(found[:limit]), key=str)
        prefixes = _used(prefixes, triples)
    pyoxigraph.serialize(
        triples,
        cast(IO[bytes], output),
        format=_GRAPHS[form],
        prefixes=prefixes if form in _WITH_PREFIXES else None,
    )
    return truncated


def _used(prefixes: dict[str, str], triples: Iterable[Triple]) -> dict[str, str]:
    iris = set()
    for triple in triples:
        for term in triple:
            if isinstance(term, NamedNode):
                iris.add(term.value)
            elif isinstance(term, Literal):
                iris.add(term.datatype.value)
    return {
        name: start
        for name, start in prefixes.items()
        if any(iri.startswith(start) and "/" not in iri[len(start) :] for iri in iris)
    }


def _write_rows(results: QuerySolutions, limit: int, output: Output) -> bool:
    names = [variable.value for variable in results.variables]
    rows = list(islice(results, limit + 1))
    bindings = [
        {name: _json(term) for name, term in zip(names, row, strict=True) if term is not None}
        for row in rows[:limit]
    ]
    content = {"head": {"vars": names}, "results": {"bindings": bindings}}
    output.write(json.dumps(content).encode())
    return len(rows) > limit


def _json(term: NamedNode | BlankNode | Literal | Triple) -> dict[str, Any]:
    if isinstance(term, NamedNode):
        return {"type": "uri", "value": term.value}
    if isinstance(term, BlankNode):
        return {"type": "bnode", "value": term.value}
    if isinstance(term, Triple):
        parts = zip(("subject", "predicate", "object"), term, strict=True)
        return {"type": "triple", "value": {name: _json(part) for name, part in parts}}
    if term.language:
        return {"type": "literal", "value": term.value, "xml:lang": term.language}
    return {"type": "literal", "value": term.value, "datatype": term.datatype.value}
