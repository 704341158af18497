"""Turn messages into frames on a socket and back: a letter, the length, the payload."""

import json
import socket
import struct
from typing import Any

HEADER = struct.Struct("!cI")

#: What a worker says: the format follows; a piece of the answer; the end; why there is no answer.
HEAD, DATA, END, FAIL = b"H", b"D", b"E", b"F"
#: What a worker is asked.
ASK = b"A"


def frame(kind: bytes, payload: bytes | bytearray = b"") -> bytes:
    """Return one frame."""
    return HEADER.pack(kind, len(payload)) + payload


def message(kind: bytes, **content: Any) -> bytes:
    """Return one frame that carries JSON."""
    return frame(kind, json.dumps(content).encode())


def receive(channel: socket.socket) -> tuple[bytes, bytes] | None:
    """Wait for a frame, after which none comes unasked; None when the other end is gone."""
    data = b""
    while piece := channel.recv(1 << 16):
        data += piece
        if len(data) >= HEADER.size:
            kind, length = HEADER.unpack_from(data)
            if len(data) >= HEADER.size + length:
                return kind, data[HEADER.size :]
    return None
