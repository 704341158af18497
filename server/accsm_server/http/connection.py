"""Connections: what protects the server from slow, unfair and malformed clients.

On top of uvicorn's protocol: the head of a request may take no longer than a connection may be
idle, and hold no more than 64 KiB; who sends many requests at once is answered one at a time; a
reader must read on (`GuardedTransport`); an offer of another protocol is ignored. When a client
hangs up, what answers it is cancelled. A refusal is sent, and the client is listened to for a
second more so that it arrives.
"""

import fcntl
import logging
import re
import sys
import termios
from asyncio import (
    AbstractEventLoop,
    BaseTransport,
    CancelledError,
    Future,
    TimerHandle,
    Transport,
)
from collections.abc import Coroutine
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar, cast

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from accsm_server.http.context import RequestContext
from accsm_server.http.headers import Headers

_HEAD = 64 << 10  # bytes of a head, and of what follows a body
_END = b"\r\n\r\n"
_FEW = 1 << 10  # bytes that hold few requests
_UPGRADE = re.compile(rb"\r\nupgrade:", re.IGNORECASE)
_UNREAD = 512 << 20  # bytes that wait for their readers; beyond it the slowest one is let go
_COUNT = 0.1  # seconds between two counts of it
_PROGRESS = 32 << 10  # bytes that a reader must take in the time that it has
_LINGER = 1.0  # seconds that a client is listened to that still sends when it has its answer
_NOISE = (
    "Invalid HTTP request",
    "Unsupported upgrade",
    "No supported WebSocket library",
    "ASGI callable returned without completing",
)


class GuardedTransport:
    """A transport that lets go of readers that do not read, and closes so that answers arrive."""

    _slow: ClassVar[set["GuardedTransport"]] = set()
    """Those whose readers are slower than the server."""
    _next_count: ClassVar[float] = 0.0
    """When all that is unread is to be counted again."""

    def __init__(self, transport: BaseTransport, loop: AbstractEventLoop, patience: float) -> None:
        """Guard ``transport``; a reader may pause for ``patience`` seconds."""
        self._transport = cast(Transport, transport)
        self._loop, self._patience = loop, patience
        self.write = self._transport.write
        self.receiving = False
        """Whether the body of a request is still to come."""
        self._ended = False
        self._timer: TimerHandle | None = None

    def __getattr__(self, name: str) -> Any:
        """Return what the transport has."""
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        """Return whether nothing more is listened to."""
        return self._ended or self._transport.is_closing()

    def close(self) -> None:
        """Write what is left and close; a client that still sends shall see its answer before."""
        if self.receiving:
            self.linger()
        else:
            self.end()

    def linger(self) -> None:
        """Write what is left and an end; close a little later."""
        if self.is_closing():
            return
        self._ended = True
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._transport.resume_reading()
        self._loop.call_later(_LINGER, self.end)

    def end(self) -> None:
        """Write what is left and close, when it was read or its reader does not read on."""
        self._ended = True
        if not self._transport.is_closing():
            self._watch()
            self._transport.close()

    def pause(self) -> None:
        """Wait for a reader, as long as it reads and there is room."""
        self._slow.add(self)
        self._watch()
        if self._loop.time() >= GuardedTransport._next_count:
            GuardedTransport._next_count = self._loop.time() + _COUNT
            if sum(map(_unread, self._slow)) > _UNREAD:
                max(self._slow, key=_unread).abort()

    def resume(self) -> None:
        """Stop to wait, unless the connection is closing: then the rest must be read as well."""
        self._slow.discard(self)
        if not self._transport.is_closing():
            self._forget()

    def lost(self) -> None:
        """Wait for nothing any more."""
        self._slow.discard(self)
        self._forget()

    def _watch(self) -> None:
        self._forget()
        enough = max(_unread(self) - _PROGRESS, 0)
        self._timer = self._loop.call_later(self._patience, self._check, enough)

    def _check(self, enough: int) -> None:
        if _unread(self) > enough:
            self._transport.abort()
        else:
            self._watch()

    def _forget(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None


def _unread(transport: GuardedTransport) -> int:
    """Return how many bytes the reader has not taken: of ours, and of the kernel's (Linux)."""
    kept = bytearray(4)
    with suppress(OSError):
        fcntl.ioctl(transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, kept)
    return int(transport.get_write_buffer_size()) + int.from_bytes(kept, sys.byteorder)


class Connection(HttpToolsProtocol):
    """One connection; the protocol that uvicorn runs."""

    def __init__(self, *args: Any, **more: Any) -> None:
        """Start to wait for a head."""
        super().__init__(*args, **more)
        self._fed = 0
        """Bytes that came since the last end of a head, or of a piece of a body that is wanted."""
        self._refusal = HTTPStatus.BAD_REQUEST
        self._head_due = 0.0
        """When the next head must be there; 0 while a request is answered."""
        self._rest = b""
        """Bytes that wait until the requests before them are answered."""
        self._answering: RequestResponseCycle | None = None
        """The request that is being answered; `cycle` is the one that came last."""
        self._awaited: Future[Any] | None = None
        """What it waits for; the task of one that has a task."""
        self._parsing = False
        self._due: tuple[RequestResponseCycle, Any] | None = None
        """What is to be answered when the bytes that came are read."""

    def connection_made(self, transport: BaseTransport) -> None:
        """Expect a head."""
        self._guarded = GuardedTransport(transport, self.loop, self.timeout_keep_alive)
        super().connection_made(cast(Any, self._guarded))
        self._expect_head()
        self._timer = self.loop.call_later(self.timeout_keep_alive, self._check_head)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timers and what waits for its turn."""
        self._timer.cancel()
        if self._answering and not self._answering.response_complete:
            self._answering.disconnected = True
            self._answering.message_event.set()
            if self._awaited:
                self._awaited.cancel()  # nobody waits for the answer any more
        super().connection_lost(exc)
        self._guarded.lost()
        self.pipeline.clear()
        self._rest = b""

    def eof_received(self) -> None:
        """Close: a client that sends nothing more is not waited for."""
        self._guarded.end()

    def data_received(self, data: bytes) -> None:
        """Take bytes of requests, and keep what comes after many of them for later."""
        data, place = self._rest + data, 0
        while place < len(data) and not self.pipeline:
            end = data.find(_END, place + _FEW)
            stop = end + len(_END) if end >= 0 else len(data)
            self._take(data[place:stop])
            place = stop
        self._rest = data[place:]
        if len(self._rest) > _HEAD:
            self.flow.pause_reading()

    def _take(self, data: bytes) -> None:
        if self._guarded.is_closing():
            return
        self._fed += len(data)
        if self._head_due and b"pgrade:" in data:
            data = _without_upgrade(data)
        self._parsing, self._due = True, None
        super().data_received(data)
        self._parsing = False
        if self._fed > _HEAD:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif self._due:
            self._answer(*self._due)
        elif not self._head_due and self.cycle and self.cycle.response_complete:
            self._expect_head()

    def on_headers_complete(self) -> None:
        """Take a head if it is not too large; raises ValueError, which refuses it."""
        if self._fed > _HEAD and self._head_size() > _HEAD:
            self._refusal = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise ValueError("the head is too large")
        self._fed, self._head_due = 0, 0.0
        if not self.url.startswith(b"/"):
            self._split_target()
        self._guarded.receiving = True
        super().on_headers_complete()
        self.flow.resume_reading()  # who hangs up while others wait is noticed by reading on
        self.headers = []  # what follows a body is no part of its head (RFC 9110, section 6.5.1)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Answer a request whose turn it is, when all that came with its head was read."""
        self._answering, self._awaited = cycle, None
        if self._parsing:
            self._due = cycle, app
        else:
            self._answer(cycle, app)

    def _answer(self, cycle: RequestResponseCycle, app: ASGIApp) -> None:
        """Run ``app``; what needs a task asks for one with `context.in_task`.

        For what is answered from the cache or by a small query, a task is a sixth of the time.
        """
        if not self._guarded.is_closing():  # else the client has hung up while the request waited
            self._go_on(cycle.run_asgi(_Request(app, cycle)))  # type: ignore[arg-type]

    def _go_on(self, answer: Coroutine[Any, Any, None], waited: object = None) -> None:
        """Run ``answer`` up to what it waits for next."""
        lost = waited is not None and self._answering and self._answering.disconnected
        try:
            self._awaited = answer.throw(CancelledError()) if lost else answer.send(None)
        except StopIteration:
            return
        if self._awaited:
            self._awaited.add_done_callback(partial(self._go_on, answer))
        else:
            self._awaited = task = self.loop.create_task(answer)
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    def on_body(self, body: bytes) -> None:
        """Take a piece of a body."""
        if not self.cycle.response_complete:
            self._fed = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Count the next head from its start."""
        self._fed = 0
        self._guarded.receiving = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Start the next request; nothing more is read as long as others wait.

        As uvicorn's own, but for its timer: see `_check_head`.
        """
        self.server_state.total_requests += 1
        if self._guarded.is_closing():
            return
        if self.pipeline:  # the next one may be answered at once, and so on: that must not nest
            self.loop.call_soon(self._start_asgi_task, *self.pipeline.pop())
        else:
            self._expect_head()
        self.flow.resume_reading()
        if self._rest:
            self.loop.call_soon(self.data_received, b"")

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request."""
        self._refuse(self._refusal)

    def pause_writing(self) -> None:
        """Wait for a reader."""
        super().pause_writing()
        self._guarded.pause()

    def resume_writing(self) -> None:
        """Write on."""
        self._guarded.resume()
        super().resume_writing()

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _split_target(self) -> None:
        """Take a target in absolute form for a path and a host (RFC 9112, section 3.2.2)."""
        _, absolute, rest = self.url.partition(b"://")
        if absolute:
            host, _, path = rest.partition(b"/")
            self.url = b"/" + path
            self.headers[:] = [header for header in self.headers if header[0] != b"host"]
            self.headers.append((b"host", host))

    def _expect_head(self) -> None:
        self._head_due = self.loop.time() + self.timeout_keep_alive

    def _check_head(self) -> None:
        """Refuse a head that is late, or close an idle connection; look again when one is due."""
        wait = self._head_due - self.loop.time() if self._head_due else self.timeout_keep_alive
        if wait > 0:
            self._timer = self.loop.call_later(wait, self._check_head)
        elif self._fed:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self._guarded.close()

    def _refuse(self, status: HTTPStatus) -> None:
        if self._guarded.is_closing():
            return
        self._timer.cancel()
        cycle = self.cycle
        answered = cycle and cycle.response_complete and self._guarded.receiving
        if cycle and not cycle.response_complete:
            if cycle.response_started or self.pipeline:  # the refusal would spoil the response
                self._guarded.abort()
                return
            cycle.disconnected = True
            cycle.message_event.set()
        if not answered:
            text = f"{status.value} {status.phrase}\n".encode()
            headers = [
                (b"content-type", b"text/plain"),
                (b"content-length", str(len(text)).encode()),
                (b"connection", b"close"),
            ]
            head = _head(status, self.server_state.default_headers, headers)
            self._guarded.write(head + text)
        self._guarded.linger()


class _Request:
    """The application and the `send` of one request.

    A successful response that comes whole is one write. uvicorn checks each header by itself and
    writes the head and the body apart, which for a small answer takes longer than all the
    middlewares, and wakes the client twice. It sends all else.
    """

    __slots__ = ("_app", "_context", "_cycle", "_send", "_start")

    def __init__(self, app: ASGIApp, cycle: RequestResponseCycle) -> None:
        self._app, self._cycle = app, cycle
        self._start: Message | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._context = scope["request_context"] = RequestContext(scope)
        self._send = send
        try:
            await self._app(scope, receive, self._respond)
        except CancelledError:
            if not self._cycle.disconnected:
                raise
        finally:  # leave no cycle: responses are too large to wait for the garbage collector
            del scope["request_context"], self._context

    async def _respond(self, message: Message) -> None:
        context = self._context
        if message["type"] == "http.response.start":
            context.status = message["status"]
            self._start = message
            return
        body, more = message.get("body", b""), message.get("more_body", False)
        if self._start is not None:
            start, self._start = self._start, None
            if not more and self._is_simple():
                self._write(start, body)
            else:
                await self._send(start)
                await self._send(message)
        else:
            await self._send(message)
        context.size += len(body)
        context.complete = not more

    def _is_simple(self) -> bool:
        cycle = self._cycle
        return (
            self._context.status == HTTPStatus.OK
            and cycle.keep_alive
            and not (cycle.disconnected or cycle.flow.write_paused)
            and cycle.scope["method"] != "HEAD"
        )

    def _write(self, start: Message, body: bytes) -> None:
        cycle = self._cycle
        head = _head(HTTPStatus.OK, cycle.default_headers, start["headers"])
        cycle.transport.writelines((head, body))
        cycle.response_started = cycle.response_complete = True
        cycle.message_event.set()
        cycle.on_response()


class _CommonLines:
    """The lines of the headers that all responses within one second have."""

    headers: ClassVar[Headers] = []
    lines: ClassVar[bytes] = b""


def _head(status: HTTPStatus, common: Headers, own: Headers) -> bytes:
    """Return the head of a response with the ``common`` headers and its ``own``.

    Raises ValueError where a header breaks out of its line.
    """
    if common is not _CommonLines.headers:
        _CommonLines.headers, _CommonLines.lines = common, _lines(common)
    return b"".join((STATUS_LINE[status], _CommonLines.lines, _lines(own), b"\r\n"))


def _lines(headers: Headers) -> bytes:
    lines = b"".join([b"%b: %b\r\n" % header for header in headers])
    if not lines.count(b"\n") == lines.count(b"\r") == len(headers):
        raise ValueError("a header breaks out of its line")
    return lines


def _without_upgrade(data: bytes) -> bytes:
    """Return a head without the offer of another protocol, after which nothing would be read.

    Nobody need take it (RFC 9110, section 7.8); Java offers h2c with every request.
    """
    head, end, body = data.partition(_END)
    return _UPGRADE.sub(b"\r\nIgnored:", head) + end + body


def is_our_fault(record: logging.LogRecord) -> bool:
    """Return whether a message of the HTTP server is about more than what a stranger sent."""
    return not record.getMessage().startswith(_NOISE)
