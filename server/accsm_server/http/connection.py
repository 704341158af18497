"""The protocol of one HTTP connection, which protects the server from slow and malformed clients.

`Connection` adds to uvicorn's protocol: a request head must arrive within the keep-alive timeout
and hold at most 64 KiB; pipelined requests are answered one at a time; a client must read its
responses (`GuardedTransport`); `Upgrade` is ignored; a request is cancelled when its client
disconnects; the connection stays open for a second after an error, so that the response arrives.
"""

import fcntl
import logging
import re
import struct
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
from socket import SO_LINGER, SOL_SOCKET
from typing import Any, ClassVar, cast

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from accsm_server.http.context import RequestContext
from accsm_server.http.headers import NEVER, Headers

_MAX_HEAD = 64 << 10  # bytes of a request head, and of unparsed data behind a body
_HEAD_END = b"\r\n\r\n"
_SLICE = 1 << 10  # least bytes to give to the parser at a time: they hold few requests
_UPGRADE = re.compile(rb"\r\nupgrade:", re.IGNORECASE)
_MAX_UNREAD = 512 << 20  # bytes in all connections together; beyond it the slowest is aborted
_COUNT_INTERVAL = 0.1  # seconds between two counts of the unread bytes
_MIN_PROGRESS = 32 << 10  # bytes that a client must read within the timeout
_LINGER = 1.0  # seconds for which input is still read after an error
_CLIENT_ERRORS = (
    "Invalid HTTP request",
    "Unsupported upgrade",
    "No supported WebSocket library",
    "ASGI callable returned without completing",
)


class GuardedTransport:
    """A transport that aborts when its client stops reading, and closes only after delivery."""

    _slow: ClassVar[set["GuardedTransport"]] = set()
    """The transports whose write buffer is full."""
    _next_count: ClassVar[float] = 0.0
    """Loop time at which unread bytes are counted again."""

    def __init__(self, transport: BaseTransport, loop: AbstractEventLoop, timeout: float) -> None:
        """Wrap ``transport``; its client may stop reading for ``timeout`` seconds."""
        self._transport = cast(Transport, transport)
        self._loop, self._timeout = loop, timeout
        self.write = self._transport.write
        self.receiving = False
        """Whether part of a request body is still missing."""
        self._closing = False
        self._timer: TimerHandle | None = None

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the wrapped transport."""
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        """Return whether input is ignored from now on."""
        return self._closing or self._transport.is_closing()

    def close(self) -> None:
        """Write what is buffered and close, after `linger` if the client is still sending."""
        if self.receiving:
            self.linger()
        else:
            self.flush_and_close()

    def linger(self) -> None:
        """Write what is buffered and EOF; close a second later.

        Closing at once would reset the connection before a sending client has read the response.
        """
        if self.is_closing():
            return
        self._closing = True
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._transport.resume_reading()
        self._loop.call_later(_LINGER, self.flush_and_close)

    def reset(self) -> None:
        """Close with an error, which tells a client of HTTP/1.0 that the body is not complete."""
        linger = struct.pack("ii", 1, 0)
        self._transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, linger)
        self._transport.abort()

    def flush_and_close(self) -> None:
        """Close as soon as the client has read what is buffered, or has stopped reading."""
        self._closing = True
        if not self._transport.is_closing():
            self._start_timer()
            self._transport.close()

    def pause_writing(self) -> None:
        """Start to watch the client; abort the slowest one when too much is unread in total."""
        self._slow.add(self)
        self._start_timer()
        if self._loop.time() >= GuardedTransport._next_count:
            GuardedTransport._next_count = self._loop.time() + _COUNT_INTERVAL
            if sum(map(_unread, self._slow)) > _MAX_UNREAD:
                max(self._slow, key=_unread).abort()

    def resume_writing(self) -> None:
        """Stop watching the client, unless the connection is closing and data is left."""
        self._slow.discard(self)
        if not self._transport.is_closing():
            self._cancel_timer()

    def connection_lost(self) -> None:
        """Stop watching the client."""
        self._slow.discard(self)
        self._cancel_timer()

    def _start_timer(self) -> None:
        self._cancel_timer()
        limit = max(_unread(self) - _MIN_PROGRESS, 0)
        self._timer = self._loop.call_later(self._timeout, self._check_progress, limit)

    def _check_progress(self, limit: int) -> None:
        if _unread(self) > limit:
            self._transport.abort()
        else:
            self._start_timer()

    def _cancel_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None


def _unread(transport: GuardedTransport) -> int:
    """Return the bytes not yet read: in the write buffer and, on Linux, in the kernel's."""
    unsent = bytearray(4)
    with suppress(OSError):
        fcntl.ioctl(transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, unsent)
    return int(transport.get_write_buffer_size()) + int.from_bytes(unsent, sys.byteorder)


class Connection(HttpToolsProtocol):
    """One HTTP/1.1 connection: the `http` protocol class of uvicorn."""

    def __init__(self, *args: Any, **more: Any) -> None:
        """Take the arguments of `HttpToolsProtocol`."""
        super().__init__(*args, **more)
        self._received = 0
        """Bytes received since the end of the last head or the last wanted piece of a body."""
        self._error_status = HTTPStatus.BAD_REQUEST
        self._deadline = 0.0
        """Loop time at which the next head must be complete; 0 while a request is answered."""
        self._pending = b""
        """Bytes not parsed until the requests before them are answered."""
        self._current: RequestResponseCycle | None = None
        """The request that is being answered; `cycle` is the one received last."""
        self._awaited: Future[Any] | None = None
        """The future that the current request waits for, or its task."""
        self._parsing = False
        self._ready: tuple[RequestResponseCycle, Any] | None = None
        """The request and application to run once the received bytes are parsed."""

    def connection_made(self, transport: BaseTransport) -> None:
        """Start the timer of the first head."""
        self._guarded = GuardedTransport(transport, self.loop, self.timeout_keep_alive)
        super().connection_made(cast(Any, self._guarded))
        self._reset_deadline()
        self._timer = self.loop.call_later(self.timeout_keep_alive, self._check_deadline)

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the current request and drop the pipelined ones."""
        self._timer.cancel()
        if self._current and not self._current.response_complete:
            self._current.disconnected = True
            self._current.message_event.set()
            if self._awaited:
                self._awaited.cancel()
        super().connection_lost(exc)
        self._guarded.connection_lost()
        self.pipeline.clear()
        self._pending = b""

    def eof_received(self) -> None:
        """Close: a client that has shut down its sending side counts as disconnected."""
        self._guarded.flush_and_close()

    def data_received(self, data: bytes) -> None:
        """Parse ``data``, but keep what follows a pipelined request until that one is answered."""
        data, place = self._pending + data, 0
        while place < len(data) and not self.pipeline:
            end = data.find(_HEAD_END, place + _SLICE)
            stop = end + len(_HEAD_END) if end >= 0 else len(data)
            self._feed(data[place:stop])
            place = stop
        self._pending = data[place:]
        if len(self._pending) > _MAX_HEAD:
            self.flow.pause_reading()

    def _feed(self, data: bytes) -> None:
        if self._guarded.is_closing():
            return
        self._received += len(data)
        if self._deadline and b"pgrade:" in data:
            data = _without_upgrade(data)
        self._parsing, self._ready = True, None
        super().data_received(data)
        self._parsing = False
        if self._received > _MAX_HEAD:
            self._send_error(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif self._ready:
            self._run(*self._ready)
        elif not self._deadline and self.cycle and self.cycle.response_complete:
            self._reset_deadline()

    def on_headers_complete(self) -> None:
        """Check the size of a head; the parser turns ValueError into `send_400_response`."""
        if self._received > _MAX_HEAD and self._head_size() > _MAX_HEAD:
            self._error_status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise ValueError("the head is too large")
        self._received, self._deadline = 0, 0.0
        if not self.url.startswith(b"/"):
            self._split_target()
        self._guarded.receiving = True
        super().on_headers_complete()
        self.flow.resume_reading()  # only reading notices a disconnect
        self.headers = []  # trailers must not become headers (RFC 9110, section 6.5.1)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Run the next request, once the bytes that were received with its head are parsed."""
        self._current, self._awaited = cycle, None
        if self._parsing:
            self._ready = cycle, app
        else:
            self._run(cycle, app)

    def _run(self, cycle: RequestResponseCycle, app: ASGIApp) -> None:
        """Run ``app`` without a task; code that needs one calls `context.ensure_task`.

        A task would add a sixth to the time of a cached response or a small query.
        """
        if not self._guarded.is_closing():  # the client may have disconnected meanwhile
            self._step(cycle.run_asgi(_RequestApp(app, cycle)))  # type: ignore[arg-type]

    def _step(self, answer: Coroutine[Any, Any, None], waited: object = None) -> None:
        """Run the coroutine ``answer`` until it waits for a future or needs a task."""
        lost = waited is not None and self._current and self._current.disconnected
        try:
            self._awaited = answer.throw(CancelledError()) if lost else answer.send(None)
        except StopIteration:
            return
        if self._awaited:
            self._awaited.add_done_callback(partial(self._step, answer))
        else:
            self._awaited = task = self.loop.create_task(answer)
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    def on_body(self, body: bytes) -> None:
        """Reset the count of received bytes while the body is wanted."""
        if not self.cycle.response_complete:
            self._received = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Reset the count of received bytes for the next head."""
        self._received = 0
        self._guarded.receiving = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Start the next pipelined request, or wait for a new one.

        Replaces uvicorn's method, whose keep-alive timer is `_check_deadline` here.
        """
        self.server_state.total_requests += 1
        if self._guarded.is_closing():
            return
        if self.pipeline:  # not called directly, which would nest once per request
            self.loop.call_soon(self._start_asgi_task, *self.pipeline.pop())
        else:
            self._reset_deadline()
        self.flow.resume_reading()
        if self._pending:
            self.loop.call_soon(self.data_received, b"")

    def send_400_response(self, msg: str) -> None:
        """Answer a malformed request."""
        self._send_error(self._error_status)

    def pause_writing(self) -> None:
        """Pause the application and watch the client."""
        super().pause_writing()
        self._guarded.pause_writing()

    def resume_writing(self) -> None:
        """Resume the application."""
        self._guarded.resume_writing()
        super().resume_writing()

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _split_target(self) -> None:
        """Split a target in absolute form into a path and a Host header (RFC 9112, 3.2.2)."""
        _, absolute, rest = self.url.partition(b"://")
        if absolute:
            host, _, path = rest.partition(b"/")
            self.url = b"/" + path
            self.headers[:] = [header for header in self.headers if header[0] != b"host"]
            self.headers.append((b"host", host))

    def _reset_deadline(self) -> None:
        self._deadline = self.loop.time() + self.timeout_keep_alive

    def _check_deadline(self) -> None:
        """Answer 408 to an incomplete head, or close an idle connection, when its time is over."""
        wait = self._deadline - self.loop.time() if self._deadline else self.timeout_keep_alive
        if wait > 0:
            self._timer = self.loop.call_later(wait, self._check_deadline)
        elif self._received:
            self._send_error(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self._guarded.close()

    def _send_error(self, status: HTTPStatus) -> None:
        if self._guarded.is_closing():
            return
        self._timer.cancel()
        cycle = self.cycle
        answered = cycle and cycle.response_complete and self._guarded.receiving
        if cycle and not cycle.response_complete:
            if cycle.response_started or self.pipeline:  # an error would corrupt another response
                self._guarded.abort()
                return
            cycle.disconnected = True
            cycle.message_event.set()
        if not answered:
            text = f"{status.value} {status.phrase}\n".encode()
            headers = [
                (b"content-type", b"text/plain; charset=utf-8"),
                (b"content-length", str(len(text)).encode()),
                (b"cache-control", NEVER.encode()),
                (b"connection", b"close"),
            ]
            head = _encode_head(status, self.server_state.default_headers, headers)
            self._guarded.write(head if self.parser.get_method() == b"HEAD" else head + text)
        self._guarded.linger()


class _RequestApp:
    """The application of one request, with its context; small responses are a single write.

    uvicorn validates each header and writes the head and the body separately, which takes longer
    than all middlewares for a small response and wakes the client twice. It sends only what
    `_can_write_directly` excludes.
    """

    __slots__ = ("_app", "_context", "_cycle", "_send", "_start", "_until_close")

    def __init__(self, app: ASGIApp, cycle: RequestResponseCycle) -> None:
        self._app, self._cycle = app, cycle
        self._start: Message | None = None
        self._until_close = False
        """Whether the body ends with the connection: HTTP/1.0 has no chunks."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._context = scope["request_context"] = RequestContext(scope)
        self._send = send
        try:
            await self._app(scope, receive, self._respond)
            if self._until_close and not self._context.complete:
                cast(GuardedTransport, self._cycle.transport).reset()
        except CancelledError:
            if not self._cycle.disconnected:
                raise
        finally:  # a reference cycle would keep the response until garbage collection
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
            if not more and self._can_write_directly():
                self._write_directly(start, body)
            else:
                self._frame(start)
                await self._send(start)
                await self._send_body(message)
        else:
            await self._send_body(message)
        context.size += len(body)
        context.complete = not more

    def _frame(self, start: Message) -> None:
        cycle = self._cycle
        lengths = (b"content-length" in header for header in start["headers"])
        if cycle.scope["http_version"] == "1.0" and not any(lengths):
            self._until_close = True
            cycle.keep_alive = cycle.chunked_encoding = False

    async def _send_body(self, message: Message) -> None:
        if self._until_close:
            self._cycle.expected_content_length = len(message.get("body", b""))
        await self._send(message)

    def _can_write_directly(self) -> bool:
        cycle = self._cycle
        return (
            self._context.status == HTTPStatus.OK
            and cycle.keep_alive
            and not (cycle.disconnected or cycle.flow.write_paused)
            and cycle.scope["method"] != "HEAD"
        )

    def _write_directly(self, start: Message, body: bytes) -> None:
        cycle = self._cycle
        head = _encode_head(HTTPStatus.OK, cycle.default_headers, start["headers"])
        cycle.transport.writelines((head, body))
        cycle.response_started = cycle.response_complete = True
        cycle.message_event.set()
        cycle.on_response()


class _DefaultHeaders:
    """The default headers, encoded: uvicorn makes a new list once a second, for Date."""

    headers: ClassVar[Headers] = []
    lines: ClassVar[bytes] = b""


def _encode_head(status: HTTPStatus, common: Headers, own: Headers) -> bytes:
    """Return a response head with the ``common`` headers, which are cached, and its ``own``.

    Raises ValueError if a header contains a line break.
    """
    if common is not _DefaultHeaders.headers:
        _DefaultHeaders.headers, _DefaultHeaders.lines = common, _encode_headers(common)
    return b"".join((STATUS_LINE[status], _DefaultHeaders.lines, _encode_headers(own), b"\r\n"))


def _encode_headers(headers: Headers) -> bytes:
    lines = b"".join([b"%b: %b\r\n" % header for header in headers])
    if not lines.count(b"\n") == lines.count(b"\r") == len(headers):
        raise ValueError("a response header contains a line break")
    return lines


def _without_upgrade(data: bytes) -> bytes:
    """Return a request head without `Upgrade`, after which the parser would stop.

    A server may ignore it (RFC 9110, section 7.8); Java sends one for h2c with every request.
    """
    head, end, body = data.partition(_HEAD_END)
    return _UPGRADE.sub(b"\r\nIgnored:", head) + end + body


def concerns_operator(record: logging.LogRecord) -> bool:
    """Return whether a log record of uvicorn is about more than a malformed request."""
    return not record.getMessage().startswith(_CLIENT_ERRORS)
