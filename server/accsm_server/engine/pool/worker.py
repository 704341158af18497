"""A worker process: it answers the queries that arrive on its socket, one at a time.

It is forked by `fork_server`, and may be killed at any time.
"""

import json
import marshal
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from itertools import chain, islice
from typing import IO, Any, cast

import pyoxigraph
from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    Triple,
    Variable,
)

from accsm_kg.rdf import dataset, json_ld, xlsx, xml
from accsm_kg.rdf.select_all import in_order
from accsm_server.engine.pool import messages, sandbox
from accsm_server.engine.pool.answer_limits import AnswerWriter, Cut
from accsm_server.engine.pool.closure import described, surroundings
from accsm_server.engine.pool.dataset_view import DatasetView
from accsm_server.engine.pool.messages import Task
from accsm_server.errors import (
    AccessRefused,
    AnswerTooLarge,
    EvaluationError,
    NotWritable,
    OutOfMemory,
    QueryError,
    QuerySyntaxError,
    RemoteError,
    UnreadableStore,
)

_RESULTS = {
    "json": QueryResultsFormat.JSON,
    "xml": QueryResultsFormat.XML,
    "csv": QueryResultsFormat.CSV,
    "tsv": QueryResultsFormat.TSV,
}
GRAPHS = {
    "ttl": RdfFormat.TURTLE,
    "nt": RdfFormat.N_TRIPLES,
    "rdf": RdfFormat.RDF_XML,
    "nq": RdfFormat.N_QUADS,
    "trig": RdfFormat.TRIG,
}
_JSON_LD, _XML, _WORKBOOK = "jsonld", ("xml", "rdf"), "xlsx"
_LACKING = Variable("lacking_in_every_query")
MOST_SORTED = 300_000  # quads of a dump, each of about a kilobyte
_QUICK = 0.002  # seconds; the memory of a shorter query is not checked
_STACK = 512 << 20  # bytes; the engine parses and plans nested queries recursively


def work(
    open_view: Callable[[], DatasetView],
    memory: int,
    files: int,
    channel: socket.socket,
    outbound: bool = False,
) -> None:
    """Answer the queries on ``channel`` until it closes, using at most ``memory`` more bytes.

    The dataset may need as many open ``files``. An ``outbound`` worker can connect to other
    servers, so its queries must have been checked.
    """
    try:
        view: DatasetView | OSError = open_view()
    except OSError as error:
        view = error  # of which each query tells
    sandbox.limit_memory(memory + _STACK)
    sandbox.confine(outbound, files)
    threading.stack_size(_STACK)
    thread = threading.Thread(target=_answer_queries, args=(view, channel, memory))
    thread.start()
    thread.join()


def _answer_queries(view: DatasetView | OSError, channel: socket.socket, memory: int) -> None:
    max_memory, buffer = _peak_memory() + memory // 4, bytearray(1 << 16)
    with suppress(BrokenPipeError, ConnectionResetError):  # the web process has ended
        while received := messages.receive(channel, buffer):
            answer_query(view, Task(*marshal.loads(received[1])), channel, max_memory)


def answer_query(
    view: DatasetView | OSError, task: Task, channel: socket.socket, max_memory: int
) -> None:
    """Evaluate ``task`` and send its answer or error; ask to be replaced above ``max_memory``."""
    started = time.perf_counter()
    output = AnswerWriter(channel, task.rows, task.size)
    try:
        if isinstance(view, OSError):
            raise view
        with suppress(Cut):
            _evaluate(view, task, output)
    except EXCEPTIONS as error:
        output.drop()
        end_frame = _fail_message(error, task.service)
    else:
        retire = time.perf_counter() - started > _QUICK and _peak_memory() > max_memory
        end_frame = messages.frame(
            messages.END, messages.END_HEADER.pack(output.rows, retire) + output.truncated.encode()
        )
    output.finish(end_frame)


def _peak_memory() -> int:
    """Return the peak memory use of this process in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


#: The error for each exception that pyoxigraph and `xml` raise.
_ERRORS: dict[type[Exception], type[QueryError]] = {
    xml.XmlError: NotWritable,
    SyntaxError: QuerySyntaxError,
    PermissionError: AccessRefused,
    OSError: UnreadableStore,
    OverflowError: AnswerTooLarge,
    MemoryError: OutOfMemory,
    ValueError: EvaluationError,
    RuntimeError: EvaluationError,
    LookupError: EvaluationError,
}
EXCEPTIONS = tuple(_ERRORS)


def kind_of(error: Exception) -> type[QueryError]:
    """Return the class of the error that a client is told for one of `EXCEPTIONS`."""
    return next(found for kind, found in _ERRORS.items() if isinstance(error, kind))


def _fail_message(error: Exception, service: bool) -> bytes:
    found = kind_of(error)
    if isinstance(error, OSError) and service:
        found = RemoteError
    text = str(error.msg if isinstance(error, SyntaxError) else error)
    if isinstance(error, OSError) and error.filename:  # a path of this machine
        text = error.strerror or ""
    retire = found is OutOfMemory
    return messages.message(messages.FAIL, reason=found.reason, message=text, retire=retire)


def _evaluate(view: DatasetView, task: Task, output: AnswerWriter) -> None:
    if task.dump:
        _dump(view, task, output)
        return
    if task.nodes:
        _write_nodes(view, task, output)
        return
    if task.parse:
        _parse(task.text, view.base)
        return
    text = in_order(task.text, view.base)
    results = view.query(text, task.default_graphs, task.named_graphs)
    if isinstance(results, QueryTriples):
        write_graph(described(view, results) if task.closure else results, task, output)
    else:
        write_results(results, task, output)


def _parse(text: str, base: str) -> None:
    """Parse a query; raises SyntaxError.

    The engine parses it and then refuses to evaluate it with a value for a variable that it lacks.
    """
    try:
        Store().query(text, base_iri=base, substitutions={_LACKING: Literal("")})
    except RuntimeError as error:
        if _LACKING.value not in str(error):
            raise


def write_results(results: QuerySolutions | QueryBoolean, task: Task, output: AnswerWriter) -> None:
    """Write the answer to a SELECT or an ASK; raises Cut, and what `_ERRORS` lists."""
    format, limit = task.format, task.limit
    output.is_xml = format in _XML
    if format == _WORKBOOK:
        _write_workbook(results, task, output)
    elif isinstance(results, QuerySolutions) and limit is not None and format == "json":
        _write_rows(results, limit, output)
    else:
        if isinstance(results, QuerySolutions):
            output.expect_rows(format)
        results.serialize(cast("IO[bytes]", output), format=_RESULTS[format])
        output.count_last_rows()


def _write_workbook(
    results: QuerySolutions | QueryBoolean, task: Task, output: AnswerWriter
) -> None:
    """Write a workbook, which is whole even if a limit cuts its rows: it says so itself."""
    workbook = xlsx.Workbook(cast("IO[bytes]", output))
    most, remark = min(task.limit or output.max_rows, output.max_rows, xlsx.MOST_ROWS), ""
    if isinstance(results, QuerySolutions):
        variables = [variable.value for variable in results.variables]
        workbook.add_answer(variables, output.counted(tuple(row) for row in islice(results, most)))
        if next(results, None) is not None:
            remark = f"Only the first {most} rows are in this file: see LIMIT and OFFSET."
    else:
        workbook.add_answer(["answer"], [(Literal(bool(results)),)])
    workbook.close(task.text, remark)


def _dump(view: DatasetView, task: Task, output: AnswerWriter) -> None:
    """Write the whole dataset, or its default graph."""
    if GRAPHS[task.format].supports_datasets:
        quads = dataset.statements(view.whole, view.conventions)
    else:
        quads = view.whole.quads_for_pattern(None, None, None, DefaultGraph())
    write_sorted(quads, task.format, task.prefixes, cast("IO[bytes]", output))


def write_sorted(
    quads: Iterable[Quad], format: str, prefixes: Mapping[str, str], output: IO[bytes]
) -> None:
    """Write ``quads``, or their triples, sorted, so that equal ones are equal files.

    More than can be held, `MOST_SORTED`, are written as they come.
    """
    kind = GRAPHS[format]
    quads = iter(quads)
    first = list(islice(quads, MOST_SORTED + 1))
    if len(first) <= MOST_SORTED:
        first.sort(key=_by_graph if format == "trig" else str)
    found = chain(first, quads)
    pyoxigraph.serialize(
        found if kind.supports_datasets else (quad.triple for quad in found),
        output,
        format=kind,
        prefixes=dict(prefixes),
    )


def _by_graph(quad: Quad) -> tuple[str, str]:
    return str(quad.graph_name), str(quad)


def _write_nodes(view: DatasetView, task: Task, output: AnswerWriter) -> None:
    limit = task.limit or output.max_rows
    found = list(islice(surroundings(view, map(BlankNode, task.nodes)), limit + 1))
    if len(found) > limit:
        output.truncated = f"{limit} quads"
    pyoxigraph.serialize(found[:limit], cast("IO[bytes]", output), format=GRAPHS[task.format])


def write_graph(triples: Iterable[Triple], task: Task, output: AnswerWriter) -> None:
    """Write a graph; raises what `_ERRORS` lists."""
    format, limit = task.format, task.limit
    output.is_xml = format in _XML
    prefixes = dict(task.prefixes)
    if task.sorted or limit is not None:
        limit_rows = output.max_rows if limit is None else limit
        found = list(islice(triples, limit_rows + 1))
        if len(found) > limit_rows:
            output.truncated = f"{limit_rows} triples"
        triples = sorted(set(found[:limit_rows]), key=str)
        prefixes = _used_prefixes(prefixes, triples)
    if format == "rdf":
        triples, prefixes = xml.nameable(triples), xml.bindable(prefixes)
    if format == _JSON_LD:
        for piece in json_ld.serialize(output.limit_triples(triples), prefixes):
            output.write(piece.encode())
    else:
        pyoxigraph.serialize(
            output.limit_triples(triples),
            cast("IO[bytes]", output),
            format=GRAPHS[format],
            prefixes=prefixes,
        )
    if output.truncated and (limit is None or task.closure):
        output.write_notice(format)


def _used_prefixes(prefixes: dict[str, str], triples: Iterable[Triple]) -> dict[str, str]:
    iris = set()
    for triple in triples:
        for term in triple:
            if isinstance(term, NamedNode):
                iris.add(term.value)
            elif isinstance(term, Literal):
                iris.add(term.datatype.value)
    starts = {iri[: max(iri.rfind("/"), iri.rfind("#")) + 1] for iri in iris}
    return {
        name: start
        for name, start in prefixes.items()
        if start in starts
        or (not start.endswith(("/", "#")) and any(iri.startswith(start) for iri in iris))
    }


def _write_rows(results: QuerySolutions, limit: int, output: AnswerWriter) -> None:
    names = [variable.value for variable in results.variables]
    rows = list(islice(results, limit + 1))
    bindings = [
        {name: _json_term(term) for name, term in zip(names, row, strict=True) if term is not None}
        for row in rows[:limit]
    ]
    content = {"head": {"vars": names}, "results": {"bindings": bindings}}
    output.write(json.dumps(content).encode())
    output.rows = len(bindings)
    if len(rows) > limit:
        output.truncated = f"{limit} rows"


def _json_term(term: NamedNode | BlankNode | Literal | Triple) -> dict[str, Any]:
    if isinstance(term, NamedNode):
        return {"type": "uri", "value": term.value}
    if isinstance(term, BlankNode):
        return {"type": "bnode", "value": term.value}
    if isinstance(term, Triple):
        parts = zip(("subject", "predicate", "object"), term, strict=True)
        return {"type": "triple", "value": {name: _json_term(part) for name, part in parts}}
    if term.language:
        return {"type": "literal", "value": term.value, "xml:lang": term.language}
    return {"type": "literal", "value": term.value, "datatype": term.datatype.value}
