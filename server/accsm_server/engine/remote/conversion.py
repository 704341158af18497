"""The body of an answer of the engine, parsed to its end and written in the wanted format."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import IO, TypeVar, cast

from pyoxigraph import (
    Literal,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Triple,
    parse,
    parse_query_results,
)

from accsm_server.engine.pool import messages
from accsm_server.engine.pool.answer_limits import AnswerWriter, Cut
from accsm_server.engine.pool.closure import described
from accsm_server.engine.pool.dataset_view import DatasetView
from accsm_server.engine.pool.messages import Task
from accsm_server.engine.pool.worker import EXCEPTIONS, kind_of, write_graph, write_results
from accsm_server.engine.remote.exchange import Received, broken_body
from accsm_server.errors import AnswerCut, EngineError, QueryError

_HELD = 256 << 10  # bytes of an answer that are kept in memory
_CHUNK = 1 << 16
#: How Virtuoso writes the label of a blank node; a quoted string cannot hold it unescaped.
_NODE = re.compile(rb'("bnode"\s*,\s*"value"\s*:\s*")nodeID://')
#: How it writes booleans that are stored.
_BOOLEAN = re.compile(rb'(XMLSchema#boolean"\s*,\s*"value"\s*:\s*)"([01])"')
_LONGEST = 64  # bytes that hold the beginning of either, up to what is replaced
_TRUE = ("true", "1")


T = TypeVar("T")


class Answered:
    """A converted answer: its bytes in ``file``, where a limit cut it, and its rows."""

    def __init__(self) -> None:
        """Start empty."""
        self.file = cast("IO[bytes]", SpooledTemporaryFile(_HELD))  # noqa: SIM115
        self.truncated = ""
        self.rows = 0

    def sendall(self, data: bytes) -> None:
        """Take one frame of an `AnswerWriter`."""
        self.file.write(data[messages.HEADER.size :])


@dataclass(frozen=True)
class Wanted:
    """What an answer must be."""

    task: Task
    variables: Sequence[str] | None = None
    """Of a SELECT; None for an ASK or a graph."""
    is_graph: bool = False
    nodes: DatasetView | None = None
    """What is said about blank nodes, for a graph that holds it as well."""
    cut: int = 0
    """Triples at which the engine cuts a graph without a word; 0: it does not."""


def convert(received: Received, wanted: Wanted) -> Answered:
    """Return the answer in the wanted format; raises QueryError if it is not complete."""
    answered = Answered()
    work = _convert_graph if wanted.is_graph else _convert_results
    try:
        _guarded(partial(work, received, wanted, answered))
    except BaseException:
        answered.file.close()
        raise
    finally:
        received.file.close()
    answered.file.seek(0)
    return answered


def read_graph(received: Received, cut: int = 0) -> list[Triple]:
    """Return the triples of a graph; raises QueryError if it is not complete."""
    with received.file:
        return _guarded(lambda: list(triples(received, cut)))


def _guarded(work: Callable[[], T]) -> T:
    """Return what ``work`` returns; its error is raised anew.

    The frames of an error hold the parser, which may not leave its thread.
    """
    try:
        return work()
    except QueryError as error:
        anew = type(error)(error.detail)
    raise anew


def _convert_graph(received: Received, wanted: Wanted, answered: Answered) -> None:
    task, output = wanted.task, _writer(wanted.task, answered)
    graph = triples(received, wanted.cut)
    found: Iterable[Triple] = described(wanted.nodes, graph) if wanted.nodes else graph
    try:
        write_graph(found, task, output)
        for _ in graph:  # what follows a limit must be readable, too
            pass
    except EXCEPTIONS as error:
        raise kind_of(error)(str(error)) from None
    _finish(output, answered)


def triples(received: Received, cut: int = 0) -> Iterator[Triple]:
    """Yield the triples of a graph; raises QueryError if it is not complete."""
    count, quads = 0, parse(received.file, format=RdfFormat.N_TRIPLES)
    while True:
        try:
            quad: Quad | None = next(quads, None)
        except (SyntaxError, ValueError):
            raise broken_body(received.file, received.size) from None
        if quad is None:
            break
        count += 1
        yield quad.triple
    if cut and count >= cut:
        raise AnswerCut(f"It sends {count} triples at most, and does not say if there are more.")


def _convert_results(received: Received, wanted: Wanted, answered: Answered) -> None:
    file = _Relabelled(received.file)
    output = _writer(wanted.task, answered)
    try:
        results = _parsed(file, wanted)
        with suppress(Cut):
            write_results(results, wanted.task, output)
        if isinstance(results, QuerySolutions):
            for _ in results:
                pass
    except SyntaxError:
        raise broken_body(received.file, received.size) from None
    except EXCEPTIONS as error:
        raise kind_of(error)(str(error)) from None
    _finish(output, answered)


def _parsed(file: "_Relabelled", wanted: Wanted) -> QuerySolutions | QueryBoolean:
    """Return the results of JSON; raises SyntaxError, or EngineError for those of another query.

    The table of one row that Virtuoso sends for an ASK becomes a boolean.
    """
    results = parse_query_results(cast("IO[bytes]", file), format=QueryResultsFormat.JSON)
    if isinstance(results, QuerySolutions) and wanted.variables is None:
        values = [value for row in results for value in row]
        is_true = any(isinstance(one, Literal) and one.value in _TRUE for one in values)
        text = b'{"head":{},"boolean":true}' if is_true else b'{"head":{},"boolean":false}'
        return parse_query_results(text, format=QueryResultsFormat.JSON)
    if isinstance(results, QuerySolutions):
        named = [variable.value for variable in results.variables]
        if named != wanted.variables:
            raise EngineError("The engine answered with other columns than those of the query.")
    elif wanted.variables is not None:
        raise EngineError("The engine answered with a boolean instead of rows.")
    return results


def _writer(task: Task, answered: Answered) -> AnswerWriter:
    return AnswerWriter(answered, task.rows, task.size)


def _finish(output: AnswerWriter, answered: Answered) -> None:
    output.finish(b"")
    answered.truncated, answered.rows = output.truncated, output.rows


def _boolean(found: re.Match[bytes]) -> bytes:
    return found[1] + (b'"true"' if found[2] == b"1" else b'"false"')


class _Relabelled:
    """The body of an answer in JSON, with blank nodes and booleans as the standard has them."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._held = bytearray()
        """Bytes that were read; all before `_ready` are relabelled."""
        self._ready = 0
        self._ended = False

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes; none at the end."""
        while not (self._ready or self._ended):
            piece = self._file.read(_CHUNK)
            self._ended = not piece
            held = _NODE.sub(rb"\1", self._held + piece)
            self._held = bytearray(_BOOLEAN.sub(_boolean, held))
            self._ready = len(self._held) if self._ended else max(0, len(self._held) - _LONGEST)
        length = min(self._ready, size) if size >= 0 else self._ready
        found = bytes(self._held[:length])
        del self._held[:length]
        self._ready -= length
        return found
