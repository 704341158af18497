"""Turn the frames of one worker process into the streams of the queries that it is asked."""

import asyncio
import json
import os
import signal
from typing import Protocol, cast

from server.engine import Query, QueryError
from server.workers import frames
from server.workers.stream import AHEAD, Stream


class Keeper(Protocol):
    """Who owns a worker and is told when it is done."""

    def finished(self, worker: "Worker", retire: bool) -> None:
        """Take back a worker that answered."""

    def replace(self, worker: "Worker") -> None:
        """End a worker and put a new one in its place."""


class Worker(asyncio.Protocol):
    """A worker process as the event loop sees it: at most one stream awaits its frames."""

    def __init__(self, pid: int, pool: Keeper) -> None:
        """Belong to ``pool``."""
        self.pid = pid
        self.own = False
        self.ended = False
        self._pool = pool
        self._buffer = bytearray()
        self._stream: Stream | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast(asyncio.Transport, transport)

    def ask(self, query: Query, deadline: float) -> Stream:
        """Send ``query`` and return the stream of its answer."""
        self._stream = stream = Stream(self.abandon, self.transport.resume_reading)
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(deadline, self._expire, deadline)
        if self.ended:  # it died between being handed out and being asked
            self.explain(0)
        else:
            self.transport.write(frames.frame(frames.ASK, _task(query)))
        return stream

    def data_received(self, data: bytes) -> None:
        """Take the frames that are whole."""
        self._buffer += data
        while len(self._buffer) >= frames.HEADER.size:
            kind, length = frames.HEADER.unpack_from(self._buffer)
            stop = frames.HEADER.size + length
            if len(self._buffer) < stop:
                break
            payload = bytes(memoryview(self._buffer)[frames.HEADER.size : stop])
            del self._buffer[:stop]
            self._take(kind, payload)

    def _take(self, kind: bytes, payload: bytes) -> None:
        stream = self._stream
        if stream is None:
            return
        if kind == frames.DATA:
            stream.put(payload)
            if stream.waiting > AHEAD:
                stream.paused = True
                self.transport.pause_reading()
        elif kind in (frames.END, frames.FAIL):
            content = json.loads(payload)
            self._done()
            if kind == frames.END:
                stream.end(content["truncated"])
            else:
                stream.fail(QueryError(content["reason"], content["message"]))
            self._pool.finished(self, retire=content.get("retire", False))

    def _done(self) -> None:
        self._stream = None
        if self._timer:
            self._timer.cancel()

    def _expire(self, deadline: float) -> None:
        error = QueryError("deadline", f"the query ran longer than {deadline:g} seconds")
        self.give_up(error)

    def give_up(self, error: QueryError) -> None:
        """Fail the query that runs, if any, with ``error``."""
        if self._stream:
            self._stream.fail(error)
            self.abandon()

    def abandon(self) -> None:
        """Give up what is running by giving up the process."""
        self._done()
        self._pool.replace(self)

    def connection_lost(self, error: Exception | None) -> None:
        """Learn that the process is gone."""
        self._pool.replace(self)

    def explain(self, status: int) -> None:
        """Tell who waits how the process ended, given its wait status."""
        stream = self._stream
        self._done()
        if stream:
            stream.fail(_cause(status))


def _task(query: Query) -> bytes:
    return json.dumps(
        {
            "text": query.text,
            "format": query.format,
            "default_graphs": query.default_graphs,
            "named_graphs": query.named_graphs,
            "prefixes": dict(query.prefixes),
            "limit": query.limit,
            "tidy": query.tidy,
        }
    ).encode()


def _cause(status: int) -> QueryError:
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if number == signal.SIGABRT:
        return QueryError("memory", "the query needed more memory than a query may take")
    if number == signal.SIGSEGV:
        return QueryError("depth", "the query is nested too deeply")
    return QueryError("crash", "the process that ran the query ended; nobody else is concerned")
