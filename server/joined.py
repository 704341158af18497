"""Turn the head of a response and what follows it into one write.

The HTTP server writes them one after the other: two system calls, and a client that is woken twice.
"""

from asyncio import BaseTransport, Transport
from typing import Any, cast


class Joined:
    """A transport that keeps a head until the body begins."""

    def __init__(self, transport: BaseTransport) -> None:
        """Write to ``transport``, which does all the rest."""
        self._transport = cast(Transport, transport)
        self._head = b""

    def __getattr__(self, name: str) -> Any:
        """Return what the transport has."""
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Keep a head, unless more answers than one come to the request; write all else."""
        if self._head:
            head, self._head = self._head, b""
            self._transport.writelines((head, data))
        elif data.startswith(b"HTTP/1.1 ") and not data.startswith(b"HTTP/1.1 1"):
            self._head = data
        else:
            self._transport.write(data)

    def flush(self) -> None:
        """Write a head that has no body."""
        if self._head:
            head, self._head = self._head, b""
            self._transport.write(head)

    def write_eof(self) -> None:
        """Write what is left and end."""
        self.flush()
        self._transport.write_eof()

    def close(self) -> None:
        """Write what is left and close."""
        self.flush()
        self._transport.close()
