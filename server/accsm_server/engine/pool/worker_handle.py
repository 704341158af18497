"""A worker process as the event loop sees it: its socket, its timers and its end."""

import asyncio
import json
import marshal
import os
import signal
from contextlib import suppress
from typing import Protocol, cast

from accsm_server.engine.interface import Query
from accsm_server.engine.pool import messages
from accsm_server.engine.pool.answer_stream import AnswerStream
from accsm_server.engine.pool.fair_queue import FairQueue
from accsm_server.errors import (
    QUERY_ERRORS,
    DeadlineExceeded,
    NestingError,
    OutOfMemory,
    QueryError,
    WorkerCrashed,
)
from accsm_server.settings import Settings

_LONG = 0.25  # seconds after which a query gives way to shorter ones
_NICENESS = 19  # of a process that runs a long query


class Keeper(Protocol):
    """The owner of a worker, which is told when it is done."""

    settings: Settings

    def finished(self, worker: "WorkerHandle", retire: bool) -> None:
        """Take back a worker that answered."""

    def replace(self, worker: "WorkerHandle") -> None:
        """End a worker and put a new one in its place."""


class WorkerHandle(asyncio.Protocol):
    """One worker process; at most one answer comes from it at a time."""

    def __init__(self, pid: int, pool: Keeper, queue: "FairQueue[WorkerHandle]") -> None:
        """Belong to ``pool`` and be handed out by ``queue``."""
        self.pid, self.queue = pid, queue
        self.client = ""
        self.ended = self._is_long = self._paused = False
        self._pool = pool
        self._rest = b""
        self._loop = asyncio.get_running_loop()
        self._stream: AnswerStream | None = None
        self._asked = self._deadline = self._until = 0.0
        """When the query came, the seconds it may take, and when they are over."""
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast(asyncio.Transport, transport)

    def ask(self, query: Query, deadline: float, until: float) -> AnswerStream:
        """Send ``query`` and return the stream of its answer.

        It may take ``deadline`` seconds, of which some may be over: they are ``until`` then.
        """
        self._stream = stream = AnswerStream(self._loop, self.abandon, self._flow)
        self._asked, self._deadline, self._until = self._loop.time(), deadline, until
        if self._timer is None or self._timer.when() > until:
            self._watch()
        if self.ended:  # it died between being handed out and being asked
            self.fail(0)
        else:
            self.transport.write(messages.frame(messages.ASK, _task(query, self._pool.settings)))
        return stream

    def data_received(self, data: bytes) -> None:
        """Take the frames that are whole."""
        stream, place = self._stream, 0
        data = self._rest + data  # no frame is longer than a few reads
        while len(data) >= place + messages.HEADER.size:
            kind, length = messages.HEADER.unpack_from(data, place)
            start = place + messages.HEADER.size
            if len(data) < start + length:
                break
            place = start + length
            self._take(kind, data[start:place])
        self._rest = data[place:]
        if stream and place:
            stream.wake()

    def _take(self, kind: bytes, payload: bytes) -> None:
        stream = self._stream
        if stream is None:
            return
        if kind == messages.DATA:
            stream.put(payload)
        elif kind == messages.END:
            rows, retire = messages.LAST.unpack_from(payload)
            stream.end(payload[messages.LAST.size :].decode(), rows)
            self._finish(retire)
        elif kind == messages.FAIL:
            content = json.loads(payload)
            if content["reason"] == "memory":
                stream.fail(_too_large(self._pool.settings))
            else:
                stream.fail(QUERY_ERRORS[content["reason"]](content["message"]))
            self._finish(content["retire"])

    def _finish(self, retire: bool) -> None:
        self._done()
        self._pool.finished(self, retire=self._is_long or retire)

    def _flow(self, on: bool) -> None:
        self._paused = not on
        if not self.transport.is_closing():
            (self.transport.resume_reading if on else self.transport.pause_reading)()

    def _done(self) -> None:
        self._stream = None
        if self._paused:
            self._flow(True)

    def _watch(self) -> None:
        """Look at the time when the query becomes a long one, and when its own is over.

        The timer of a query that was quick is left to the next one: most queries set none.
        """
        if self._timer:
            self._timer.cancel()
        due = self._until if self._is_long else min(self._asked + _LONG, self._until)
        self._timer = self._loop.call_at(due, self._check)

    def _check(self) -> None:
        self._timer, now = None, self._loop.time()
        if self._stream is None:
            return
        if now >= self._until:
            self._expire()
            return
        if now >= self._asked + _LONG and not self._is_long:
            self._give_way()
        self._watch()

    def _expire(self) -> None:
        limit = self._pool.settings.timeout
        more = f"; timeout= may be up to {limit:g}" if self._deadline < limit else ""
        self.give_up(
            DeadlineExceeded(f"the query ran longer than {self._deadline:g} seconds{more}")
        )

    def _give_way(self) -> None:
        """Lower the priority of the process, for good: the short queries of others go first."""
        self._is_long = True
        with suppress(OSError):
            for thread in os.listdir(f"/proc/{self.pid}/task"):  # noqa: PTH208 - names only
                os.setpriority(os.PRIO_PROCESS, int(thread), _NICENESS)

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

    def fail(self, status: int) -> None:
        """Fail the answer that is awaited with how the process ended, given its wait status."""
        stream = self._stream
        self._done()
        if stream:
            stream.fail(_cause(status, self._pool.settings))


def _task(query: Query, settings: Settings) -> bytes:
    free = query.internal or query.dump
    task = messages.Task(
        query.text, query.format, query.default_graphs, query.named_graphs, dict(query.prefixes),
        query.limit, query.sorted, query.dump, query.service,
        0 if free else settings.rows, 0 if free else settings.size,
    )  # fmt: skip
    return marshal.dumps(tuple(task))


def _too_large(settings: Settings) -> OutOfMemory:
    return OutOfMemory(f"the query needed more than {settings.memory} MiB of memory")


def _cause(status: int, settings: Settings) -> QueryError:
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if number == signal.SIGABRT:
        return _too_large(settings)
    if number == signal.SIGSEGV:
        return NestingError("the query is nested too deeply")
    return WorkerCrashed("The process that ran the query ended, for no fault of the query.")
