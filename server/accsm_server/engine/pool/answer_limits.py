"""Answers on their way out of a worker: they are counted, and cut where they become too long.

An answer is cut after a whole row and says so in its last bytes: JSON and JSON-LD in a member
`truncated`, XML, RDF/XML, Turtle and its kin in a comment. CSV and TSV have no place for it:
whoever sends them on must tell in another way.
"""

import re
import socket
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pyoxigraph import Triple

from accsm_server.engine.pool import messages

_PIECE = 1 << 16
_ESCAPE = ord("\\")
_REST = 32  # bytes that wait for what follows: nothing that is looked for is longer


_NO_JSON, _NO_CSV = (bytes(set(range(256)) - set(kept)) for kept in (b'{}"', b'\r\n"'))


def _strip_json(part: bytearray) -> bytes:
    if _ESCAPE in part:
        part = part.replace(rb"\\", b"").replace(rb"\"", b"")
    return bytes(part.translate(None, _NO_JSON))


def _strip_csv(part: bytearray) -> bytes:
    return bytes(part.translate(None, _NO_CSV))


@dataclass(frozen=True, slots=True)
class Rows:
    """How a format of results shows that a row has ended and that another one follows."""

    mark: bytes
    """What stands between two rows, in what `strip` leaves."""
    strip: Callable[[bytearray], bytes] | None
    """Takes out whatever shows neither rows nor strings; None where no string can hold a mark."""
    pattern: re.Pattern[bytes]
    """A string, or what stands between two rows: its group is the end of the first."""
    width: int
    """Bytes between two rows."""
    header: int
    """Rows that are none: the names of the variables."""
    empty: bytes
    """How an answer without any row ends."""
    closing: str


def _pattern(text: bytes) -> re.Pattern[bytes]:
    return re.compile(text, re.DOTALL)


ROWS = {
    "json": Rows(
        b"}{", _strip_json, _pattern(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|(\}),\{'),
        3, 0, b"[]}}", ']},"truncated":"%s"}',
    ),
    "xml": Rows(
        b"</result><result>", None, _pattern(rb"(</result>)<result>"),
        17, 0, b"<results></results></sparql>", "</results><!-- %s --></sparql>",
    ),
    "csv": Rows(b"\r\n", _strip_csv, _pattern(rb'"[^"]*+"?|(\r\n)(?=.)'), 2, 1, b"", ""),
    "tsv": Rows(b"\n", None, _pattern(rb"(\n)(?=.)"), 1, 1, b"", ""),
}  # fmt: skip


def _count(form: Rows, data: bytearray, stop: int, inside: int) -> tuple[int, int]:
    """Return how many rows end before ``stop``, and whether a string goes on there, as 0 or 1.

    ``inside`` tells whether ``data`` begins within a string.
    """
    until = min(stop + form.width, len(data)) - 1
    if form.strip is None:
        return data.count(form.mark, 0, until), 0
    head = b'"' * inside + form.strip(data[:stop])
    left = head + form.strip(data[stop:until])
    left += b'"' * (left.count(b'"') % 2)
    if 2 * left.count(b'""') < left.count(b'"'):  # there is more in a string than was taken out
        left = b'"'.join(left.split(b'"')[::2])
    return left.count(form.mark), head.count(b'"') % 2


_COMMENT = "# %s\n"
#: What is added to a graph that was cut.
_CLOSINGS = {"jsonld": ',{"truncated":"%s"}]', "rdf": "<!-- %s -->"}


class Cut(Exception):  # noqa: N818 - no error: it ends a serializer that has written enough
    """The answer is as long as it may be."""


class AnswerWriter:
    """A file that sends what is written to it as frames of at most 64 KiB."""

    def __init__(self, channel: socket.socket, rows: int = 0, size: int = 0) -> None:
        """Write to ``channel`` at most so many rows or triples and bytes; 0 sets no limit."""
        self.rows = 0
        self.truncated = ""
        self._channel = channel
        self.most, self._size = rows or (1 << 62), size or (1 << 62)
        self._buffer = bytearray()
        self._sent = 0
        self._form: Rows | None = None
        self._inside = 0
        self._over = False

    def expect(self, form: str) -> None:
        """Take what comes for the rows of a table in ``form``."""
        self._form = ROWS[form]

    def write(self, data: bytes) -> int:
        """Take ``data``; send a frame when there is enough. Raises Cut."""
        if not self._over:  # a serializer that was stopped still writes what it had left
            self._buffer += data
            if len(self._buffer) >= _PIECE:
                stop = self._stop()
                self._scan(stop)
                self._send(stop)
        return len(data)

    def flush(self) -> None:
        """Do nothing: a small rest goes out together with the end."""

    def within(self, triples: Iterable[Triple]) -> Iterator[Triple]:
        """Yield and count triples as long as there is room; else note that the answer is cut."""
        for triple in triples:
            if self.rows >= self.most:
                self.truncated = f"{self.most} triples"
                return
            if self._sent + len(self._buffer) >= self._size:
                self.truncated = f"{self.rows} triples, {self._size >> 20} MiB"
                return
            self.rows += 1
            yield triple

    def close_graph(self, form: str) -> None:
        """Say at the end of a graph in ``form`` that it was cut."""
        if form == "jsonld":
            del self._buffer[-1:]  # `_send` has left it
        self._buffer += (_CLOSINGS.get(form, _COMMENT) % self._notice()).encode()

    def close_rows(self) -> None:
        """Look through the last rows; raises Cut."""
        self._scan(len(self._buffer) - 1)  # no row follows a line end that is the last byte
        if self._form and not self._form.header:
            self.rows += not self._buffer.endswith(self._form.empty)

    def end(self, last: bytes) -> None:
        """Send what is left and then the frame ``last``, in one go."""
        if len(self._buffer) > _PIECE:
            self._send(len(self._buffer))
        rest = messages.frame(messages.DATA, self._buffer) if self._buffer else b""
        self._channel.sendall(rest + last)

    def _stop(self) -> int:
        """Return where the last bytes begin; that is not within an escape of JSON."""
        stop = len(self._buffer) - _REST
        escapes = self._buffer[:stop] if self._buffer[stop - 1] == _ESCAPE else b""
        return stop - (len(escapes) - len(escapes.rstrip(b"\\"))) % 2

    def _send(self, stop: int) -> None:
        """Send what is before ``stop``."""
        for start in range(0, stop, _PIECE):
            piece = self._buffer[start : min(start + _PIECE, stop)]
            self._channel.sendall(messages.frame(messages.DATA, piece))
        self._sent += stop
        del self._buffer[:stop]

    def _scan(self, stop: int) -> None:
        """Count the rows that end before ``stop``, and cut when there are too many or too long."""
        form = self._form
        if form is None:
            return
        found, inside = _count(form, self._buffer, stop, self._inside)
        if self.rows + found >= self.most + form.header:
            self._cut(form, "")
        elif self._sent + len(self._buffer) > self._size:
            self._cut(form, f", {self._size >> 20} MiB")
        self.rows += found
        self._inside = inside

    def _cut(self, form: Rows, why: str) -> None:
        found = form.pattern.finditer(b'"' * self._inside + self._buffer)
        ends = [match.end(1) - self._inside for match in found if match[1]]
        allowed = [end for end in ends if self._sent + end <= self._size] or ends[:1]
        allowed = allowed[: self.most + form.header - self.rows]
        if not allowed:
            raise OverflowError(f"a row of the answer goes beyond {self._size >> 20} MiB")
        self.rows += len(allowed) - form.header
        self.truncated = f"{self.rows} rows{why}"
        del self._buffer[allowed[-1] :]
        self._buffer += (form.closing % self._notice() if form.closing else "").encode()
        self._over = True
        raise Cut

    def _notice(self) -> str:
        return f"cut after {self.truncated}, the limit of this endpoint: see LIMIT and OFFSET"
