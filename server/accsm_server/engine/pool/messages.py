"""Messages between the web process, the fork server and the workers.

A message is a frame on a stream socket: a letter, the length of the payload, the payload.
"""

import json
import socket
import struct
from typing import Any, NamedTuple

HEADER = struct.Struct("!cI")

#: The fork server describes the dataset (HEAD); a worker sends a piece of an answer (DATA), its end
#: (END), or why there is none (FAIL).
HEAD, DATA, END, FAIL = b"H", b"D", b"E", b"F"
#: The payload of END: the rows, whether the worker is to be replaced, and then, as text, what the
#: answer was cut after.
LAST = struct.Struct("!Q?")
#: A worker is asked a query.
ASK = b"A"


class Task(NamedTuple):
    """A query as it is sent to a worker; see `engine.interface.Query`."""

    text: str
    format: str
    default_graphs: tuple[str, ...]
    named_graphs: tuple[str, ...]
    prefixes: dict[str, str]
    limit: int | None
    sorted: bool
    dump: bool
    service: bool
    rows: int
    """The most rows or triples of the answer; 0 sets no limit."""
    size: int
    """The most bytes of the answer; 0 sets no limit."""


def frame(kind: bytes, payload: bytes | bytearray = b"") -> bytes:
    """Return one frame."""
    return HEADER.pack(kind, len(payload)) + payload


def message(kind: bytes, **content: Any) -> bytes:
    """Return one frame that carries JSON."""
    return frame(kind, json.dumps(content).encode())


def receive(channel: socket.socket, room: bytearray) -> tuple[bytes, bytes] | None:
    """Wait for a frame, after which none comes unasked; None when the other end is gone.

    The ``room`` for what is read at a time is kept by the caller: a new one each time takes longer
    than the reading.
    """
    data = b""
    while size := channel.recv_into(room):
        data += memoryview(room)[:size]
        if len(data) >= HEADER.size:
            kind, length = HEADER.unpack_from(data)
            if len(data) >= HEADER.size + length:
                return kind, data[HEADER.size :]
    return None
