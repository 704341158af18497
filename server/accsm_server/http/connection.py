"""Turn the bytes of a connection into requests, and refuse those that come too slowly or too large.

What the HTTP server leaves open: a head may take no longer than a connection may be idle and hold
no more than 64 KiB, and so what follows a body. What is refused is told, and listened to a little
longer so that the refusal arrives.
"""

import logging
import re
from asyncio import BaseTransport, TimerHandle
from collections import deque
from functools import partial
from http import HTTPStatus
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from accsm_server.http.express import Express
from accsm_server.http.middleware.security_headers import ALWAYS
from accsm_server.http.streaming import SOON
from accsm_server.http.transport import Line

_HEAD = 64 << 10
_END = b"\r\n\r\n"
_FEW = 1 << 10  # bytes that hold few requests
_UPGRADE = re.compile(rb"\r\nupgrade:", re.IGNORECASE)
_COMMON = b"".join(b"%b: %b\r\n" % header for header in ALWAYS)
_NOISE = (
    "Invalid HTTP request",
    "Unsupported upgrade",
    "No supported WebSocket library",
    "ASGI callable returned without completing",
)


class Connection(HttpToolsProtocol):
    """One connection; the protocol that uvicorn runs."""

    def __init__(self, *args: Any, **more: Any) -> None:
        """Start to wait for a head."""
        super().__init__(*args, **more)
        self._fed = 0
        """Bytes that came since the last end of a head or piece of a body that is wanted."""
        self._refusal = HTTPStatus.BAD_REQUEST
        self._head_timer: TimerHandle | None = None
        self._cycles: deque[RequestResponseCycle] = deque()
        """What is being answered and what waits for its turn."""
        self._express: Express | None = None
        """What was answered last, or is being answered."""
        self._rest = b""
        """Bytes that wait until the requests before them are answered."""
        self._heads = 0
        """Heads among the bytes that came last."""

    def connection_made(self, transport: BaseTransport) -> None:
        """Expect a head."""
        self._line = Line(transport, self.loop, self.timeout_keep_alive)
        super().connection_made(cast(Any, self._line))
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timers."""
        self._stop_head_timer()
        for cycle in self._cycles:
            if not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()
        if self._express:
            self.loop.call_later(SOON, self._express.lost)
        super().connection_lost(exc)
        self._line.lost()
        self.pipeline.clear()
        self._cycles.clear()
        self._rest = b""

    def eof_received(self) -> None:
        """Close: a client that sends nothing more is not waited for."""
        self._line.end()

    def data_received(self, data: bytes) -> None:
        """Take bytes of requests, and keep what comes after many of them for later."""
        if self._line.is_closing():
            return
        data, place = self._rest + data, 0
        while place < len(data) and not self.pipeline:
            end = data.find(_END, place + _FEW)
            stop = end + len(_END) if end >= 0 else len(data)
            self._take(data[place:stop])
            place = stop
        self._rest = data[place:]
        if self._rest:
            self.flow.pause_reading()

    def _take(self, data: bytes) -> None:
        if self._line.is_closing():
            return
        self._fed += len(data)
        self._heads = 0
        if self._head_timer and b"pgrade:" in data:
            data = _without_upgrade(data)
        super().data_received(data)
        if self._fed > _HEAD:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        if self._line.is_closing() or self._head_timer:
            return
        if not self.cycle or self.cycle.response_complete:
            self._expect_head()

    def on_headers_complete(self) -> None:
        """Go on when a head is there and not too large; raises ValueError, which refuses it."""
        if self._fed > _HEAD and self._size() > _HEAD:
            self._refusal = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise ValueError("the head is too large")
        self._fed = 0
        self._heads += 1
        self._stop_head_timer()
        if not self.url.startswith(b"/"):
            self._split_target()
        self._line.receiving = True
        super().on_headers_complete()
        while self._cycles and self._cycles[0].response_complete:
            self._cycles.popleft()
        self._cycles.append(self.cycle)
        self.headers = []  # what follows a body is no part of its head (RFC 9110, section 6.5.1)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Answer a request whose turn it is."""
        self._unset_keepalive_if_required()  # of one before that was answered amid the same bytes
        go_on = partial(super()._start_asgi_task, cycle, app)
        self._express = Express(app, cycle, self._line, go_on)
        if self._heads > 1:  # who sends many at once lets others go between
            self.loop.call_soon(self._express.start)
        else:
            self._express.start()

    def on_body(self, body: bytes) -> None:
        """Take a piece of a body."""
        if not self.cycle.response_complete:
            self._fed = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Count the next head from its start."""
        self._fed = 0
        self._line.receiving = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Write a head that has no body."""
        self._line.flush()
        if self.pipeline:  # the next one may be answered at once, and so on: that must not nest
            self.loop.call_soon(self._go_on)
        else:
            super().on_response_complete()

    def _go_on(self) -> None:
        """Start the next request; nothing more is read as long as others wait."""
        super().on_response_complete()
        if self._line.is_closing():
            return
        if self.pipeline:
            self.flow.pause_reading()
        elif self._rest:
            self.data_received(b"")

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request."""
        self._refuse(self._refusal)

    def pause_writing(self) -> None:
        """Wait for a reader."""
        super().pause_writing()
        self._line.pause()

    def resume_writing(self) -> None:
        """Go on."""
        self._line.resume()
        super().resume_writing()

    def _size(self) -> int:
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
        self._head_timer = self.loop.call_later(self.timeout_keep_alive, self._head_is_late)

    def _head_is_late(self) -> None:
        if self._fed:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self._line.close()

    def _refuse(self, status: HTTPStatus) -> None:
        if self._line.is_closing():
            return
        self._stop_head_timer()
        self._unset_keepalive_if_required()
        cycle = self.cycle
        answered = cycle and cycle.response_complete and self._line.receiving
        if cycle and not cycle.response_complete:
            if cycle.response_started or self.pipeline:  # the refusal would spoil the response
                self._line.abort()
                return
            cycle.disconnected = True
            cycle.message_event.set()
        if not answered:
            text = f"{status.value} {status.phrase}\n"
            self._line.write(
                f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: text/plain\r\n"
                f"content-length: {len(text)}\r\nconnection: close\r\n".encode()
                + _COMMON
                + f"\r\n{text}".encode()
            )
        self._line.linger()

    def _stop_head_timer(self) -> None:
        if self._head_timer:
            self._head_timer.cancel()
            self._head_timer = None


def _without_upgrade(data: bytes) -> bytes:
    """Return a head without the offer of another protocol, after which nothing would be read.

    Nobody need take it (RFC 9110, section 7.8); Java offers h2c with every request.
    """
    head, end, body = data.partition(b"\r\n\r\n")
    return _UPGRADE.sub(b"\r\nIgnored:", head) + end + body


def is_our_fault(record: logging.LogRecord) -> bool:
    """Return whether a message of the HTTP server is about more than what a stranger sent."""
    return not record.getMessage().startswith(_NOISE)
