"""Turn what a serializer writes into frames, count its rows, and cut it where it becomes too long.

An answer is cut after a whole row and says so in its last bytes: JSON and JSON-LD in a member
`truncated`, XML, RDF/XML, Turtle and its kin in a comment. CSV and TSV have no place for it:
whoever sends them on must tell in another way. (Rows of JSON in which nothing is bound are not
counted; literals that end in `},{` count as rows: neither is worth a slower count.)
"""

import re
import socket
from dataclasses import dataclass
from typing import Any

from server.workers import frames

_PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Rows:
    """How a format of results shows that a row has ended and that another one follows."""

    mark: bytes
    pattern: re.Pattern[bytes]
    """The mark, and what must follow it; it matches no less than `width` bytes of the answer."""
    width: int
    kept: int
    """Bytes of the mark that belong to the row that has ended."""
    header: int
    """Rows that are none: the names of the variables."""
    empty: bytes
    """How an answer without any row ends."""
    closing: str


def _rows(mark: bytes, after: bytes, look: int, kept: int, *more: Any) -> Rows:
    pattern = re.compile(re.escape(mark) + after, re.DOTALL)
    return Rows(mark, pattern, len(mark) + look, kept, *more)


_LINES = _rows(b"\n", rb"(?=.)", 1, 1, 1, b"", "")
#: A quote within a JSON string is escaped: what follows tells whether a mark ends a string instead.
ROWS = {
    "json": _rows(b'},{"', rb"(?![,}])", 1, 1, 0, b"[]}}", ']},"truncated":"%s"}'),
    "xml": _rows(b"</result><result>", b"", 0, 9, 0, b"<results></results></sparql>",
                 "</results><!-- %s --></sparql>"),
    "csv": _LINES,
    "tsv": _LINES,
}  # fmt: skip
_COMMENT = "# %s\n"
#: What is added to a graph that was cut.
_CLOSINGS = {"jsonld": ',{"truncated":"%s"}]', "rdf": "<!-- %s -->"}


class Cut(Exception):  # noqa: N818 - no error: it ends a serializer that has written enough
    """The answer is as long as it may be."""


class Output:
    """A file that sends what is written to it as frames of 64 KiB."""

    def __init__(self, channel: socket.socket, rows: int = 0, size: int = 0) -> None:
        """Write to ``channel`` at most so many rows or triples and bytes; 0 sets no limit."""
        self.rows = 0
        self.truncated = ""
        self._channel = channel
        self._most, self._size = rows or (1 << 62), size or (1 << 62)
        self._before = frames.frame(frames.HEAD)
        self._buffer = bytearray()
        self._sent = 0
        self._form: Rows | None = None
        self._over = False

    def expect(self, form: str) -> None:
        """Take what comes for the rows of a table in ``form``."""
        self._form = ROWS[form]

    def write(self, data: bytes) -> int:
        """Take ``data``; send a frame when there is enough. Raises Cut."""
        if not self._over:  # a serializer that was stopped still writes what it had left
            self._buffer += data
            if len(self._buffer) >= _PIECE:
                self._scan()
                self._send()
        return len(data)

    def flush(self) -> None:
        """Do nothing: a small rest goes out together with the end."""

    def full(self) -> bool:
        """Count one triple, if there is room for it; else note that the answer is cut."""
        if self.rows >= self._most:
            self.truncated = f"{self._most} triples"
        elif self._sent + len(self._buffer) >= self._size:
            self.truncated = f"{self.rows} triples, {self._size >> 20} MiB"
        else:
            self.rows += 1
        return bool(self.truncated)

    def close_graph(self, form: str) -> None:
        """Say at the end of a graph in ``form`` that it was cut."""
        if form == "jsonld":
            del self._buffer[-1:]  # `_send` has left it
        self._buffer += (_CLOSINGS.get(form, _COMMENT) % self._notice()).encode()

    def close_rows(self) -> None:
        """Look through the last rows; raises Cut."""
        self._scan()
        if self._form and not self._form.header:
            self.rows += not self._buffer.endswith(self._form.empty)

    def end(self, last: bytes) -> None:
        """Send what is left and then the frame ``last``, in one go."""
        rest = frames.frame(frames.DATA, self._buffer) if self._buffer else b""
        self._channel.sendall(self._before + rest + last)

    def _send(self) -> None:
        """Send all but the last bytes, with which a mark may begin."""
        stop = len(self._buffer) + 1 - (self._form.width if self._form else 2)
        self._channel.sendall(self._before + frames.frame(frames.DATA, self._buffer[:stop]))
        self._before = b""
        self._sent += stop
        del self._buffer[:stop]

    def _scan(self) -> None:
        """Count the marks in the buffer, and cut it when there are too many or it is too long."""
        form = self._form
        if form is None:
            return
        until = max(0, len(self._buffer) - form.width + len(form.mark))
        found = self._buffer.count(form.mark, 0, until)
        if self.rows + found >= self._most + form.header:
            self._cut(form, "")
        elif self._sent + len(self._buffer) > self._size:
            self._cut(form, f", {self._size >> 20} MiB")
        self.rows += found

    def _cut(self, form: Rows, why: str) -> None:
        ends = [match.start() + form.kept for match in form.pattern.finditer(self._buffer)]
        allowed = [end for end in ends if self._sent + end <= self._size] or ends[:1]
        allowed = allowed[: self._most + form.header - self.rows]
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
