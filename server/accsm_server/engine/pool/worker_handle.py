"""A worker process, for the event loop of the web process: its socket and its timer."""

import asyncio
import json
import marshal
import os
import signal
import sys
import time
from contextlib import suppress
from typing import Protocol, cast

from accsm_server.engine.interface import Query
from accsm_server.engine.pool import messages
from accsm_server.engine.pool.answer_stream import AnswerStream
from accsm_server.engine.pool.budget import Budget
from accsm_server.engine.pool.fair_queue import FairQueue
from accsm_server.errors import (
    QUERY_ERRORS,
    DeadlineExceeded,
    GaveWay,
    NestingError,
    OutOfMemory,
    QueryError,
    WorkerCrashed,
)
from accsm_server.settings import Settings

_NICENESS = 12  # of a worker with a long query, as in nice(1): a tenth of the time of others
#: Seconds of processor time that a query must have had to be a long one, so that one that waited
#: for a busy processor is not; and seconds after which it is a long one nevertheless.
_WORKED, _LASTED = 0.02, 5.0


class Owner(Protocol):
    """The pool, as a worker sees it."""

    settings: Settings
    budget: Budget

    def became_long(self, worker: "WorkerHandle") -> None:
        """Free the place of a worker whose query has become a long one."""

    def finished(self, worker: "WorkerHandle", retire: bool) -> None:
        """Take back a worker whose query has ended; replace it if ``retire``."""

    def replace(self, worker: "WorkerHandle", lost: bool = False) -> None:
        """Kill a worker, or reap it if its process has ended (``lost``), and start another."""


class WorkerHandle(asyncio.Protocol):
    """The protocol of the connection to one worker, which answers one query at a time."""

    def __init__(
        self, pid: int, pool: Owner, queue: "FairQueue[WorkerHandle]", long_after: float
    ) -> None:
        """Belong to ``pool``, and be assigned by ``queue``.

        A query is a long one ``long_after`` seconds after it was sent, if it has worked meanwhile.
        """
        self.pid, self.queue, self._long_after = pid, queue, long_after
        self.client = ""
        self.ended = self._is_long = self._paused = False
        self._pool = pool
        self._buffer = b""
        self._loop = asyncio.get_running_loop()
        self._stream: AnswerStream | None = None
        self._started = self._timeout = self._deadline = 0.0
        """Loop time when the query was sent; its timeout in seconds; loop time of the timeout."""
        self._worked = self._checked = 0.0
        """Processor seconds of the process when the query was sent; loop time of the last check."""
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport."""
        self.transport = cast(asyncio.Transport, transport)

    def run(self, query: Query, timeout: float, deadline: float) -> AnswerStream:
        """Send ``query`` and return the stream of its answer.

        The worker is killed at the loop time ``deadline``, ``timeout`` seconds after the request.
        """
        self._stream = stream = AnswerStream(self._loop, self.abandon, self._set_reading)
        self._started, self._timeout, self._deadline = self._loop.time(), timeout, deadline
        self._checked, self._worked = self._started, _processor_seconds(self.pid)
        if self._timer is None or self._timer.when() > deadline:
            self._start_timer()
        if self.ended:  # it ended after it was assigned
            self.fail(0)
        else:
            task = messages.task_of(query, self._pool.settings)
            self.transport.write(messages.frame(messages.QUERY, marshal.dumps(tuple(task))))
        return stream

    def data_received(self, data: bytes) -> None:
        """Handle the frames that are complete."""
        stream, position = self._stream, 0
        data = self._buffer + data  # a frame is short: at most a few reads
        while len(data) >= position + messages.HEADER.size:
            kind, length = messages.HEADER.unpack_from(data, position)
            start = position + messages.HEADER.size
            if len(data) < start + length:
                break
            position = start + length
            self._handle_message(kind, data[start:position])
        self._buffer = data[position:]
        if stream and position:
            stream.wake()

    def _handle_message(self, kind: bytes, payload: bytes) -> None:
        stream = self._stream
        if stream is None:
            return
        if kind == messages.DATA:
            stream.put(payload)
        elif kind == messages.END:
            rows, retire = messages.END_HEADER.unpack_from(payload)
            stream.end(payload[messages.END_HEADER.size :].decode(), rows)
            self._finish(retire)
        elif kind == messages.FAIL:
            content = json.loads(payload)
            if content["reason"] == "memory":
                stream.fail(_out_of_memory(self._pool.budget))
            else:
                stream.fail(QUERY_ERRORS[content["reason"]](content["message"]))
            self._finish(content["retire"])

    def _finish(self, retire: bool) -> None:
        self._reset()
        self._pool.finished(self, retire=self._is_long or retire)

    def _set_reading(self, reading: bool) -> None:
        self._paused = not reading
        if not self.transport.is_closing():
            (self.transport.resume_reading if reading else self.transport.pause_reading)()

    def _reset(self) -> None:
        self._stream = None
        if self._paused:
            self._set_reading(True)

    def _start_timer(self) -> None:
        """Call `_check` when the query becomes a long one, or when its time is over.

        The timer of a quick query is left to the next one, so that most queries set none.
        """
        if self._timer:
            self._timer.cancel()
        due = self._deadline if self._is_long else self._checked + self._long_after
        self._timer = self._loop.call_at(min(due, self._deadline), self._check)

    def _check(self) -> None:
        self._timer, now = None, self._loop.time()
        if self._stream is None:
            return
        if now >= self._deadline:
            self._expire()
            return
        if now >= self._checked + self._long_after and not self._is_long:
            self._checked = now
            worked = _processor_seconds(self.pid) - self._worked
            if worked >= _WORKED or now >= self._started + _LASTED:
                self._lower_priority()
                self._pool.became_long(self)
        if self._stream:
            self._start_timer()

    def _expire(self) -> None:
        limit, unit = self._pool.settings.timeout, "second" if self._timeout == 1 else "seconds"
        more = f" `timeout=` may be up to {limit:g}." if self._timeout < limit else ""
        self.interrupt(
            DeadlineExceeded(f"The query ran longer than {self._timeout:g} {unit}.{more}")
        )

    def _lower_priority(self) -> None:
        """Lower the priority of the process; it cannot be raised again."""
        self._is_long = True
        with suppress(OSError):
            for thread in os.listdir(f"/proc/{self.pid}/task"):  # noqa: PTH208 - names only
                os.setpriority(os.PRIO_PROCESS, int(thread), _NICENESS)

    def give_way(self, newcomer: "WorkerHandle") -> None:
        """End the query, as too many are long ones since that of ``newcomer``."""
        others = "your other queries" if newcomer.client == self.client else "the queries of others"
        seconds, most = self._loop.time() - self._started, self._pool.budget.long
        text = f"It gave way to {others} after {seconds:.1f} seconds, as only {most} long queries"
        self.interrupt(GaveWay(f"{text} may run at once."))

    def interrupt(self, error: QueryError) -> None:
        """End the query that is running, if any, with ``error``."""
        if self._stream:
            self._stream.fail(error)
            self.abandon()

    def abandon(self) -> None:
        """Stop the query that is running, by replacing the process."""
        self._reset()
        self._pool.replace(self)

    def connection_lost(self, error: Exception | None) -> None:
        """Replace a worker whose process has ended."""
        self._pool.replace(self, lost=True)

    def fail(self, status: int) -> None:
        """End the answer with the error for ``status``, the wait status of the process."""
        stream = self._stream
        self._reset()
        if stream:
            stream.fail(_exit_error(status, self._pool.budget))


def _processor_seconds(pid: int) -> float:
    """Return the processor time of a process on Linux, else or if it has ended the time."""
    if sys.platform == "linux":
        with suppress(OSError):
            return time.clock_gettime(~pid << 3 | 2)  # as clock_getcpuclockid(3)
    return time.monotonic()


def _out_of_memory(budget: Budget) -> OutOfMemory:
    return OutOfMemory(f"The query needed more than {budget.limit} MiB of memory.")


def _exit_error(status: int, budget: Budget) -> QueryError:
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if number == signal.SIGABRT:
        return _out_of_memory(budget)
    if number == signal.SIGSEGV:
        return NestingError("The query needs more stack than the server has.")
    return WorkerCrashed("Its worker process ended for a reason outside the query.")
