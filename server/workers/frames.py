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
    """Wait for the next frame and return its kind and payload; None when the other end is gone."""
    header = _exactly(channel, HEADER.size)
    if header is None:
        return None
    kind, length = HEADER.unpack(header)
    payload = _exactly(channel, length)
    return None if payload is None else (kind, payload)


def _exactly(channel: socket.socket, size: int) -> bytes | None:
    pieces = []
    while size:
        piece = channel.recv(min(size, 1 << 20))
        if not piece:
            return None
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)
