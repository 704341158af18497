"""Messages between the web process, the fork server and the workers.

A message is a frame on a stream socket: a letter, the length of the payload, the payload.
"""

import json
import socket
import struct
from typing import Any, NamedTuple

from accsm_server.engine.interface import Query
from accsm_server.settings import Settings

HEADER = struct.Struct("!cI")

#: PROGRESS: how far the dataset is loaded. HEAD: it is loaded. DATA: a piece of an answer. END: the
#: answer is complete. FAIL: the error that ended loading or the query.
PROGRESS, HEAD, DATA, END, FAIL = b"P", b"H", b"D", b"E", b"F"
#: The start of the payload of END: the number of rows, and whether to replace the worker. The rest
#: is text: where the answer was cut.
END_HEADER = struct.Struct("!Q?")
#: A query for a worker.
QUERY = b"A"


class Task(NamedTuple):
    """A query as it is sent to a worker: see `engine.interface.Query`."""

    text: str
    format: str
    default_graphs: tuple[str, ...]
    named_graphs: tuple[str, ...]
    prefixes: dict[str, str]
    limit: int | None
    sorted: bool
    dump: bool
    closure: bool
    nodes: tuple[str, ...]
    parse: bool
    service: bool
    rows: int
    """The limit of rows or triples in the answer; 0 is no limit."""
    size: int
    """The limit of bytes in the answer; 0 is no limit."""


def task_of(query: Query, settings: Settings) -> Task:
    """Return a query with the limits of its answer; pages and dumps have none."""
    unlimited = query.internal or query.dump
    return Task(
        query.text, query.format, query.default_graphs, query.named_graphs, dict(query.prefixes),
        query.limit, query.sorted, query.dump, query.closure, query.nodes, query.parse,
        query.service,
        0 if unlimited else settings.rows, 0 if unlimited else settings.size,
    )  # fmt: skip


def frame(kind: bytes, payload: bytes | bytearray = b"") -> bytes:
    """Return one frame."""
    return HEADER.pack(kind, len(payload)) + payload


def message(kind: bytes, **content: Any) -> bytes:
    """Return one frame with JSON as payload."""
    return frame(kind, json.dumps(content).encode())


def receive(channel: socket.socket, buffer: bytearray) -> tuple[bytes, bytes] | None:
    """Wait for one frame; return None at the end of the connection.

    The sender waits for a response before the next frame, so nothing is read beyond this one. The
    caller keeps ``buffer``, as allocating one takes longer than reading.
    """
    data = b""
    while size := channel.recv_into(buffer):
        data += memoryview(buffer)[:size]
        if len(data) >= HEADER.size:
            kind, length = HEADER.unpack_from(data)
            if len(data) >= HEADER.size + length:
                return kind, data[HEADER.size :]
    return None
