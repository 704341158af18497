"""Turn the queries that arrive on a socket into frames of answers, one after the other.

A worker lives in a process of its own (see `fork_server`): whatever a query does to it
costs that query only.
"""

import json
import marshal
import resource
import socket
import threading
import time
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
    Triple,
)

from accsm_kg import namespaces
from accsm_kg.rdf import dataset
from accsm_server.engine.interface import Reason
from accsm_server.engine.pool import messages, sandbox
from accsm_server.engine.pool.answer_limits import Cut, Output
from accsm_server.engine.pool.dataset_view import Held
from accsm_server.engine.pool.messages import Task

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
_QUICK = 0.002  # seconds in which no query takes much memory
_STACK = 512 << 20  # deep nesting is parsed and planned recursively


def work(held: Held, memory: int, channel: socket.socket, outbound: bool = False) -> None:
    """Answer what is asked on ``channel`` until it closes, with ``memory`` bytes to spend.

    An ``outbound`` worker can reach other servers: what it is asked must have been checked.
    """
    sandbox.limit_memory(memory + _STACK)
    sandbox.confine(outbound)
    threading.stack_size(_STACK)
    thread = threading.Thread(target=_loop, args=(held, channel, memory))
    thread.start()
    thread.join()


def _loop(held: Held, channel: socket.socket, memory: int) -> None:
    ceiling, room = _largest() + memory // 4, bytearray(1 << 16)
    with suppress(BrokenPipeError, ConnectionResetError):  # the web process is gone
        while asked := messages.receive(channel, room):
            answer(held, Task(*marshal.loads(asked[1])), channel, ceiling)


def answer(held: Held, task: Task, channel: socket.socket, ceiling: int) -> None:
    """Run the query of ``task`` and send its answer, or why there is none."""
    started = time.perf_counter()
    output = Output(channel, task.rows, task.size)
    try:
        with suppress(Cut):
            _evaluate(held, task, output)
    except _RAISED as error:
        last = _failure(error, task.service)
    else:
        grown = time.perf_counter() - started > _QUICK and _largest() > ceiling
        last = messages.frame(
            messages.END, messages.LAST.pack(output.rows, grown) + output.truncated.encode()
        )
    output.end(last)


def _largest() -> int:
    """Return the most bytes of memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


#: What the kinds of exceptions mean that come out of a query.
_REASONS: dict[type[Exception], Reason] = {
    SyntaxError: "syntax",
    OSError: "refused",
    OverflowError: "size",
    MemoryError: "memory",
    ValueError: "evaluation",
    RuntimeError: "evaluation",
    LookupError: "evaluation",
}
_RAISED = tuple(_REASONS)


def _failure(error: Exception, service: bool) -> bytes:
    reason = next(reason for kind, reason in _REASONS.items() if isinstance(error, kind))
    if reason == "refused" and service:
        reason = "remote"
    said = str(error.msg if isinstance(error, SyntaxError) else error)
    return messages.message(messages.FAIL, reason=reason, message=said, retire=reason == "memory")


def _evaluate(held: Held, task: Task, output: Output) -> None:
    if task.dump:
        _dump(held, task.format, output)
        return
    results = held.query(task.text, task.default_graphs, task.named_graphs)
    form, limit = task.format, task.limit
    if isinstance(results, QueryTriples):
        _write_graph(results, task, output)
    elif isinstance(results, QuerySolutions) and limit is not None and form == "json":
        _write_rows(results, limit, output)
    else:
        if isinstance(results, QuerySolutions):
            output.expect(form)
        results.serialize(cast("IO[bytes]", output), format=_RESULTS[form])
        output.close_rows()


def _dump(held: Held, form: str, output: Output) -> None:
    """Write the dataset as `accsm-kg build` does: the same data are the same bytes."""
    key = (lambda quad: (str(quad.graph_name), str(quad))) if form == "trig" else str
    pyoxigraph.serialize(
        sorted(dataset.statements(held.whole, namespaces.CONVENTIONS), key=key),
        cast("IO[bytes]", output),
        format=_GRAPHS[form],
        prefixes=namespaces.prefixes(held.base) if form == "trig" else None,
    )


def _write_graph(results: QueryTriples, task: Task, output: Output) -> None:
    form, limit = task.format, task.limit
    triples: Iterable[Triple] = results
    prefixes = dict(task.prefixes)
    if task.tidy or limit is not None:
        most = output.most if limit is None else limit
        found = list(islice(results, most + 1))
        if len(found) > most:
            output.truncated = f"{most} triples"
        triples = sorted(set(found[:most]), key=str)
        prefixes = _used(prefixes, triples)
    pyoxigraph.serialize(
        output.within(triples),
        cast("IO[bytes]", output),
        format=_GRAPHS[form],
        prefixes=prefixes if form in _WITH_PREFIXES else None,
    )
    if output.truncated and limit is None:
        output.close_graph(form)


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


def _write_rows(results: QuerySolutions, limit: int, output: Output) -> None:
    names = [variable.value for variable in results.variables]
    rows = list(islice(results, limit + 1))
    bindings = [
        {name: _json(term) for name, term in zip(names, row, strict=True) if term is not None}
        for row in rows[:limit]
    ]
    content = {"head": {"vars": names}, "results": {"bindings": bindings}}
    output.write(json.dumps(content).encode())
    output.rows = len(bindings)
    if len(rows) > limit:
        output.truncated = f"{limit} rows"


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
