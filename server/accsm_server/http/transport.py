"""Turn what is written to a connection into few writes, and its end into one that comes.

The HTTP server writes the head of a response and what follows one after the other: two system
calls, and a client that is woken twice. And it waits for ever for who does not read: here a reader
must read, and all that is unread together has a limit.
"""

import fcntl
import sys
import termios
from asyncio import AbstractEventLoop, BaseTransport, TimerHandle, Transport
from contextlib import suppress
from typing import Any, ClassVar, cast

_UNREAD = 512 << 20  # bytes that wait for their readers; beyond it the slowest one is let go
_PAUSE = 0.1  # seconds between two counts of it
_PROGRESS = 32 << 10  # bytes that a reader must take in the time that it has
_LINGER = 1.0  # seconds that a client is listened to that still sends when it has its answer


class Line:
    """A transport that keeps a head until the body begins, and no reader that does not read."""

    _slow: ClassVar[set["Line"]] = set()
    """Those whose readers are slower than we are."""
    _look: ClassVar[float] = 0.0
    """When all that is unread is to be counted again."""

    def __init__(self, transport: BaseTransport, loop: AbstractEventLoop, patience: float) -> None:
        """Write to ``transport``, which does all the rest; a reader may pause for ``patience``."""
        self._transport = cast(Transport, transport)
        self._loop, self._patience = loop, patience
        self.receiving = False
        """Whether the body of a request is still to come."""
        self._head = b""
        self._ended = False
        self._timer: TimerHandle | None = None

    def __getattr__(self, name: str) -> Any:
        """Return what the transport has."""
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Keep a head, unless more answers than one come to the request; write all else."""
        if self._transport.is_closing():
            return
        if self._head:
            head, self._head = self._head, b""
            self._transport.writelines((head, data))
        elif data.startswith(b"HTTP/1.1 ") and not data.startswith(b"HTTP/1.1 1"):
            self._head = data
        else:
            self._transport.write(data)

    def flush(self) -> None:
        """Write a head that has no body."""
        head, self._head = self._head, b""
        if head and not self._transport.is_closing():
            self._transport.write(head)

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
        self.flush()
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._transport.resume_reading()
        self._loop.call_later(_LINGER, self.end)

    def end(self) -> None:
        """Write what is left and close, when it was read or its reader does not read on."""
        self._ended = True
        self.flush()
        if not self._transport.is_closing():
            self._watch()
            self._transport.close()

    def pause(self) -> None:
        """Wait for a reader, as long as it reads and there is room."""
        self._slow.add(self)
        self._watch()
        if self._loop.time() >= Line._look:
            Line._look = self._loop.time() + _PAUSE
            if sum(map(_unread, self._slow)) > _UNREAD:
                max(self._slow, key=_unread).abort()

    def resume(self) -> None:
        """Go on; a reader of a connection that is closing must still read the rest."""
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


def _unread(line: Line) -> int:
    """Return how many bytes the reader has not taken: of ours, and of the kernel's (Linux)."""
    kept = bytearray(4)
    with suppress(OSError):
        fcntl.ioctl(line.get_extra_info("socket").fileno(), termios.TIOCOUTQ, kept)
    return int(line.get_write_buffer_size()) + int.from_bytes(kept, sys.byteorder)
