"""The output of a worker: it counts rows and triples, and cuts answers that are too long.

An answer is cut after a whole row or triple and can be parsed. Its last bytes say so: in a member
`truncated` in JSON-LD, in a comment in XML, RDF/XML, Turtle, TriG, N-Triples and N-Quads. JSON, CSV
and TSV have no place for it. The response shows it: see `http.streaming`. A workbook is whole, with
a remark.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

from pyoxigraph import Triple

from accsm_kg.rdf import json_ld, xml
from accsm_server.engine.pool import messages

T = TypeVar("T")

_FRAME_SIZE = 1 << 16
_ESCAPE = ord("\\")
_LOOKAHEAD = 32  # bytes kept back, as they may begin the text between two rows


_NO_JSON, _NO_CSV = (bytes(set(range(256)) - set(kept)) for kept in (b'{}"', b'\r\n"'))


def _strip_json(part: bytearray) -> bytes:
    if _ESCAPE in part:
        part = part.replace(rb"\\", b"").replace(rb"\"", b"")
    return bytes(part.translate(None, _NO_JSON))


def _strip_csv(part: bytearray) -> bytes:
    return bytes(part.translate(None, _NO_CSV))


@dataclass(frozen=True, slots=True)
class RowFormat:
    """How to find the ends of rows in a format of SPARQL results."""

    separator: bytes
    """The text between two rows, after `strip`."""
    strip: Callable[[bytearray], bytes] | None
    """Removes all bytes but quotes and separators; None if no string can contain a separator."""
    pattern: re.Pattern[bytes]
    """Matches a string, or the text between two rows with the end of the first row as group 1."""
    width: int
    """The length of the text between two rows, in bytes."""
    header: int
    """The number of header rows."""
    empty: bytes
    """The end of an answer without rows."""
    closing: str
    """The text that completes an answer that was cut."""


def _compile(text: bytes) -> re.Pattern[bytes]:
    return re.compile(text, re.DOTALL)


ROW_FORMATS = {
    "json": RowFormat(
        b"}{", _strip_json, _compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|(\}),\{'),
        3, 0, b"[]}}", ']}}',
    ),
    "xml": RowFormat(
        b"</result><result>", None, _compile(rb"(</result>)<result>"),
        17, 0, b"<results></results></sparql>", "</results><!-- %s --></sparql>",
    ),
    "csv": RowFormat(b"\r\n", _strip_csv, _compile(rb'"[^"]*+"?|(\r\n)(?=.)'), 2, 1, b"", ""),
    "tsv": RowFormat(b"\n", None, _compile(rb"(\n)(?=.)"), 1, 1, b"", ""),
}  # fmt: skip


def _count(row_format: RowFormat, data: bytearray, stop: int, in_string: int) -> tuple[int, int]:
    """Return the number of row ends before ``stop``, and 1 if ``stop`` is in a string, else 0.

    ``in_string`` is 1 if ``data`` begins in a string, else 0.
    """
    until = min(stop + row_format.width, len(data)) - 1
    if row_format.strip is None:
        return data.count(row_format.separator, 0, until), 0
    head = b'"' * in_string + row_format.strip(data[:stop])
    left = head + row_format.strip(data[stop:until])
    left += b'"' * (left.count(b'"') % 2)
    if 2 * left.count(b'""') < left.count(b'"'):  # separators in strings do not count
        left = b'"'.join(left.split(b'"')[::2])
    return left.count(row_format.separator), head.count(b'"') % 2


_COMMENT = "# %s\n"
#: The notice at the end of a graph that was cut.
_CLOSINGS = {"jsonld": f',\n{{"truncated": "%s"}}{json_ld.END}', "rdf": "<!-- %s -->"}


class Cut(Exception):  # noqa: N818 - not an error
    """Raised in `AnswerWriter.write` to stop the serializer: the answer has reached a limit."""


class Channel(Protocol):
    """What an answer is sent to: a socket, or what takes each frame whole."""

    def sendall(self, data: bytes, /) -> None:
        """Take ``data``, which holds whole frames."""


class AnswerWriter:
    """A binary file that sends its content in DATA frames of at most 64 KiB."""

    def __init__(self, channel: Channel, rows: int = 0, size: int = 0) -> None:
        """Send to ``channel`` at most ``rows`` rows or triples and ``size`` bytes; 0: no limit."""
        self.rows = 0
        self.truncated = ""
        self.is_xml = False
        self._channel = channel
        self.max_rows, self._max_bytes = rows or (1 << 62), size or (1 << 62)
        self._buffer = bytearray()
        self._sent = 0
        self._form: RowFormat | None = None
        self._in_string = 0
        self._is_cut = False

    def expect_rows(self, format: str) -> None:
        """Expect the rows of a SELECT in the format ``format``."""
        self._form = ROW_FORMATS[format]

    def write(self, data: bytes) -> int:
        """Buffer ``data``, and send a frame if there is enough; raises Cut, or XmlError."""
        if not self._is_cut:  # a stopped serializer still flushes its buffer
            self._buffer += xml.escaped(data, self._buffer[-2:]) if self.is_xml else data
            if len(self._buffer) >= _FRAME_SIZE:
                stop = self._safe_end()
                self._scan(stop)
                self._send(stop)
        return len(data)

    def flush(self) -> None:
        """Do nothing: `finish` sends the rest."""

    def counted(self, rows: Iterable[T]) -> Iterator[T]:
        """Yield and count rows."""
        for row in rows:
            self.rows += 1
            yield row

    def limit_triples(self, triples: Iterable[Triple]) -> Iterator[Triple]:
        """Yield and count triples up to a limit; then set `truncated`."""
        for triple in triples:
            if self.rows >= self.max_rows:
                self.truncated = f"{self.max_rows} triples"
                return
            if self._sent + len(self._buffer) >= self._max_bytes:
                self.truncated = f"{self.rows} triples, {self._max_bytes >> 20} MiB"
                return
            self.rows += 1
            yield triple

    def write_notice(self, format: str) -> None:
        """Append to a graph in ``format`` the notice that it was cut."""
        if format == "jsonld":
            del self._buffer[-len(json_ld.END) :]  # which `_send` has kept back
        self._buffer += (_CLOSINGS.get(format, _COMMENT) % self._notice()).encode()

    def count_last_rows(self) -> None:
        """Count the rows at the end of a complete table; raises Cut."""
        self._scan(len(self._buffer) - 1)  # a final line break starts no row
        if self._form and not self._form.header:
            self.rows += not self._buffer.endswith(self._form.empty)

    def drop(self) -> None:
        """Drop what was not sent: an answer that fails before its first frame is only an error."""
        self._buffer.clear()

    def finish(self, end_frame: bytes) -> None:
        """Send the rest of the answer and the frame ``end_frame`` in one call."""
        if len(self._buffer) > _FRAME_SIZE:
            self._send(len(self._buffer))
        rest = messages.frame(messages.DATA, self._buffer) if self._buffer else b""
        self._channel.sendall(rest + end_frame)

    def _safe_end(self) -> int:
        """Return an offset near the end of the buffer that is not within an escape of JSON."""
        stop = len(self._buffer) - _LOOKAHEAD
        escapes = self._buffer[:stop] if self._buffer[stop - 1] == _ESCAPE else b""
        return stop - (len(escapes) - len(escapes.rstrip(b"\\"))) % 2

    def _send(self, stop: int) -> None:
        """Send and remove the buffer before ``stop``."""
        for start in range(0, stop, _FRAME_SIZE):
            piece = self._buffer[start : min(start + _FRAME_SIZE, stop)]
            self._channel.sendall(messages.frame(messages.DATA, piece))
        self._sent += stop
        del self._buffer[:stop]

    def _scan(self, stop: int) -> None:
        """Count the rows that end before ``stop``; cut the answer above a limit, raising Cut."""
        row_format = self._form
        if row_format is None:
            return
        found, in_string = _count(row_format, self._buffer, stop, self._in_string)
        if self.rows + found >= self.max_rows + row_format.header:
            self._cut(row_format, "")
        elif self._sent + len(self._buffer) > self._max_bytes:
            self._cut(row_format, f", {self._max_bytes >> 20} MiB")
        self.rows += found
        self._in_string = in_string

    def _cut(self, row_format: RowFormat, reason: str) -> None:
        found = row_format.pattern.finditer(b'"' * self._in_string + self._buffer)
        ends = [match.end(1) - self._in_string for match in found if match[1]]
        kept = [end for end in ends if self._sent + end <= self._max_bytes] or ends[:1]
        kept = kept[: self.max_rows + row_format.header - self.rows]
        if not kept:
            raise OverflowError(f"A row of the answer exceeds {self._max_bytes >> 20} MiB.")
        self.rows += len(kept) - row_format.header
        self.truncated = f"{self.rows} rows{reason}"
        del self._buffer[kept[-1] :]
        self._buffer += row_format.closing.replace("%s", self._notice()).encode()
        self._is_cut = True
        raise Cut

    def _notice(self) -> str:
        return f"cut after {self.truncated}, the limit of this endpoint: see LIMIT and OFFSET"
