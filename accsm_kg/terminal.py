"""Output of the command line: progress, error messages, tables and delimited text."""

import csv
import errno
import io
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from rich.console import Console, RenderableType
from rich.status import Status
from rich.table import Column, Table
from rich.text import Text

from accsm_kg.errors import AccsmError, QuerySyntaxError, UnknownNameError

_DELIMITERS: Final = {"csv": ",", "tsv": "\t"}
#: Control characters, and those that turn the direction of a text.
_CONTROL = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_ADVICE = {
    errno.EISDIR: "; name a file",
    errno.EEXIST: "; name a folder",
    errno.ENOTDIR: "; name a folder",
}
_CERTAIN = 0.02  # share from which the time that is left is told
_DOING = {
    "reading": "Reading the files",
    "merging": "Merging the graphs",
    "sorting": "Sorting the store",
    "indexing": "Indexing names and texts",
    "preparing": "Preparing pages",
    "checking": "Checking the files",
}
_log = Console(stderr=True, highlight=False)


@contextmanager
def step(what: str) -> Iterator[Status]:
    """Show ``what`` during the block; report an error in the input and exit with status 2."""
    try:
        with _log.status(what) as status:
            yield status
    except (AccsmError, ValueError, OSError, SyntaxError) as error:
        _print_error(error)
        raise SystemExit(2) from None


class Told:
    """How far a dataset is loaded or validated, in words, which are also passed on."""

    words = "It has just begun."

    def __init__(self, tell: Callable[[str], object]) -> None:
        """Pass each change of the words on to ``tell``."""
        self._tell = tell
        self._what, self._begun = "", 0.0

    def __call__(self, what: str, share: float, lines: int) -> None:
        """Take what is being done, which share of it is done, and the lines read so far.

        What is being done is one of the names that loading uses, or said in words.
        """
        now = time.monotonic()
        if what != self._what:
            self._what, self._begun = what, now
        passed = max(now - self._begun, 1e-3)
        left = f", {passed / share * (1 - share):.0f} s left" if share > _CERTAIN else ""
        speed = f", {lines / passed:,.0f} lines a second" if lines else ""
        self.words = f"{_DOING.get(what, what)}: {share:.0%} done{speed}{left}."
        self._tell(self.words)


def _print_error(error: Exception) -> None:
    """Mark each line of an error as one, but only the first of a syntax error."""
    for number, line in enumerate(_message(error).splitlines()):
        first = number == 0 or not isinstance(error, QuerySyntaxError)
        mark = ("error ", "red") if first else "      "
        _log.print(Text.assemble(mark, visible(line)), soft_wrap=True)


def _message(error: Exception) -> str:
    """Return the message of an error; that of the system with its file first, and what to do."""
    if not isinstance(error, OSError) or error.filename is None or error.strerror is None:
        return str(error)
    return f"{error.filename}: {error.strerror.lower()}{_ADVICE.get(error.errno or 0, '')}"


def note(text: str) -> None:
    """Write a line to the standard error if it is a terminal."""
    if _log.is_terminal:
        _log.print(Text(text, "dim"), soft_wrap=True)


def show_hints(hints: Iterable[str]) -> None:
    """Write hints about a query to the standard error."""
    for hint in hints:
        _log.print(Text.assemble(("hint  ", "yellow"), visible(hint)), soft_wrap=True)


def visible(text: str) -> str:
    """Return ``text`` with its control characters as code, so that none reaches a terminal.

    >>> print(visible("\x1b[31mred"))
    \\u001B[31mred
    """
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04X}", text)


def say(text: str) -> None:
    """Write ``text`` to the standard output, with a final line end: to a file in UTF-8."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        terminal = sys.stdout.isatty()
        sys.stdout.reconfigure(encoding=None if terminal else "utf-8", errors="replace")
        text = visible(text) if terminal else text
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def table(columns: Sequence[str | Column], rows: Iterable[Sequence[str]]) -> Table:
    """Return a table for the terminal; markup of Rich in the cells is shown as it is."""
    drawn = Table(*columns, header_style="bold", show_edge=False, pad_edge=False)
    for row in rows:
        drawn.add_row(*map(Text, row))
    return drawn


def check_format(fmt: str, formats: Iterable[str]) -> None:
    """Raise UnknownNameError unless ``fmt`` is one of ``formats``."""
    if fmt not in formats:
        known = tuple(formats)
        text = f"unknown format '{fmt}'; choose one of {', '.join(known)}"
        raise UnknownNameError(text, fmt, known)


def delimited(rows: Sequence[Mapping[str, str]], fmt: str, columns: Sequence[str] = ()) -> str:
    """Return rows with equal columns as `csv` or `tsv`, with a header row.

    Without rows, the header has ``columns``, and there is none without these.
    """
    check_format(fmt, ("table", "json", *_DELIMITERS))
    written = io.StringIO()
    writer = csv.writer(written, delimiter=_DELIMITERS[fmt], lineterminator="\n")
    header = list(rows[0]) if rows else columns
    writer.writerows([header, *(row.values() for row in rows)] if header else [])
    return written.getvalue()


def draw(*parts: RenderableType) -> str:
    """Return tables and lines as text of the width of the terminal."""
    width = shutil.get_terminal_size((120, 24)).columns
    console = Console(file=io.StringIO(), width=width, highlight=False)
    with console.capture() as capture:
        console.print(*parts, sep="\n")
    return "\n".join(visible(line.rstrip()) for line in capture.get().split("\n")[:-1]) + "\n"
