"""Turn messages into frames on a socket and back: a letter, the length, the payload."""

import json
import socket
import struct
from typing import Any, NamedTuple

HEADER = struct.Struct("!cI")

#: What the zygote says of the dataset; what a worker says: a piece of the answer, its end, or why
#: there is none.
HEAD, DATA, END, FAIL = b"H", b"D", b"E", b"F"
#: What an end says: the rows, whether the worker is to be replaced; then what the answer was cut
#: after.
LAST = struct.Struct("!Q?")
#: What a worker is asked.
ASK = b"A"


class Task(NamedTuple):
    """What a worker is asked: see `accsm_server.engine.interface.Query`."""

    text: str
    format: str
    default_graphs: tuple[str, ...]
    named_graphs: tuple[str, ...]
    prefixes: dict[str, str]
    limit: int | None
    tidy: bool
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
