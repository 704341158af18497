"""Turn the bytes of a connection into requests, and refuse those that come too slowly or too large.

What the HTTP server leaves open: a head may take no longer than a connection may be idle and hold
no more than 64 KiB; a reader must read, and all that is unread together has a limit. What is
refused is told, and listened to a little longer so that the refusal arrives.
"""

import fcntl
import logging
import sys
import termios
from asyncio import BaseTransport, TimerHandle
from contextlib import suppress
from http import HTTPStatus
from typing import Any, ClassVar, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from server.joined import Joined

_HEAD = 64 << 10
_UNREAD = 512 << 20  # bytes that wait for their readers; beyond it the slowest one is let go
_PROGRESS = 32 << 10  # bytes that a reader must take in the time that a head may take
_LINGER = 1.0  # seconds that a refused client is listened to
_NOISE = (
    "Invalid HTTP request",
    "Unsupported upgrade",
    "ASGI callable returned without completing",
)


class Connection(HttpToolsProtocol):
    """One connection; the protocol that uvicorn runs."""

    _waiting: ClassVar[set["Connection"]] = set()
    """Those whose readers are slower than we are."""

    def __init__(self, *args: Any, **more: Any) -> None:
        """Start to wait for a head."""
        super().__init__(*args, **more)
        self._fed = 0
        self._refusal = HTTPStatus.BAD_REQUEST
        self._refused = False
        self._head_timer: TimerHandle | None = None
        self._write_timer: TimerHandle | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        """Expect a head."""
        self._joined = Joined(transport)
        super().connection_made(cast(Any, self._joined))
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timers."""
        self._stop_timers()
        self._waiting.discard(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes of requests."""
        if self._refused:
            return
        self._fed += len(data)
        super().data_received(data)
        if self._head_timer and self._fed > _HEAD:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif not self._head_timer and (not self.cycle or self.cycle.response_complete):
            self._expect_head()

    def on_headers_complete(self) -> None:
        """Go on when a head is there and not too large; raises ValueError, which refuses it."""
        if self._fed > _HEAD and self._size() > _HEAD:
            self._refusal = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise ValueError("the head is too large")
        self._fed = 0
        if self._head_timer:
            self._head_timer.cancel()
            self._head_timer = None
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Count the next head from its start."""
        self._fed = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Write a head that has no body."""
        self._joined.flush()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request."""
        self._refuse(self._refusal)

    def pause_writing(self) -> None:
        """Wait for a reader, as long as it reads and there is room."""
        super().pause_writing()
        self._waiting.add(self)
        self._expect_reader()
        if sum(map(_unread, self._waiting)) > _UNREAD:
            max(self._waiting, key=_unread).transport.abort()

    def resume_writing(self) -> None:
        """Go on."""
        self._waiting.discard(self)
        if self._write_timer:
            self._write_timer.cancel()
        super().resume_writing()

    def _size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _expect_head(self) -> None:
        self._head_timer = self.loop.call_later(self.timeout_keep_alive, self._head_is_late)

    def _head_is_late(self) -> None:
        if self._fed:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self.transport.close()

    def _expect_reader(self) -> None:
        enough = _unread(self) - _PROGRESS
        self._write_timer = self.loop.call_later(
            self.timeout_keep_alive, self._check_reader, enough
        )

    def _check_reader(self, enough: int) -> None:
        if _unread(self) > max(enough, 0):
            self.transport.abort()
        else:
            self._expect_reader()

    def _refuse(self, status: HTTPStatus) -> None:
        self._stop_timers()
        self._unset_keepalive_if_required()
        self._refused = True
        cycle = self.cycle
        if cycle and not cycle.response_complete:
            if cycle.response_started or self.pipeline:  # the refusal would spoil the response
                self.transport.close()
                return
            cycle.disconnected = True
            cycle.message_event.set()
        text = f"{status.value} {status.phrase}\n"
        self.transport.write(
            f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: text/plain\r\n"
            f"content-length: {len(text)}\r\nconnection: close\r\n\r\n{text}".encode()
        )
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(_LINGER, self.transport.close)

    def _stop_timers(self) -> None:
        for timer in (self._head_timer, self._write_timer):
            if timer:
                timer.cancel()
        self._head_timer = self._write_timer = None


def _unread(connection: Connection) -> int:
    """Return how many bytes the reader has not taken: of ours, and of the kernel's (Linux)."""
    transport = connection.transport
    kept = bytearray(4)
    with suppress(OSError):
        fcntl.ioctl(transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, kept)
    return transport.get_write_buffer_size() + int.from_bytes(kept, sys.byteorder)


def is_our_fault(record: logging.LogRecord) -> bool:
    """Return whether a message of the HTTP server is about more than what a stranger sent."""
    return not record.getMessage().startswith(_NOISE)
