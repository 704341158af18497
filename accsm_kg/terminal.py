"""Output of the command line: progress, error messages, tables and delimited text."""

import csv
import io
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from rich.console import Console, RenderableType
from rich.status import Status
from rich.table import Column, Table
from rich.text import Text

from accsm_kg.errors import QuerySyntaxError, UnknownNameError

_DELIMITERS: Final = {"csv": ",", "tsv": "\t"}
_log = Console(stderr=True, highlight=False)


@contextmanager
def step(what: str) -> Iterator[Status]:
    """Show ``what`` during the block; report an error in the input and exit with status 2."""
    try:
        with _log.status(what) as status:
            yield status
    except (ValueError, OSError, SyntaxError) as error:
        _print_error(error)
        raise SystemExit(2) from None


def _print_error(error: Exception) -> None:
    """Mark each line of an error as one, but only the first of a syntax error."""
    for number, line in enumerate(str(error).splitlines()):
        first = number == 0 or not isinstance(error, QuerySyntaxError)
        mark = ("error ", "red") if first else "      "
        _log.print(Text.assemble(mark, line), soft_wrap=True)


def note(text: str) -> None:
    """Write a line to the standard error if it is a terminal."""
    if _log.is_terminal:
        _log.print(Text(text, "dim"), soft_wrap=True)


def show_hints(hints: Iterable[str]) -> None:
    """Write hints about a query to the standard error."""
    for hint in hints:
        _log.print(Text.assemble(("hint  ", "yellow"), hint), soft_wrap=True)


def say(text: str) -> None:
    """Write ``text`` to the standard output, with a final line end."""
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
        raise UnknownNameError(f"unknown format '{fmt}'; choose one of {', '.join(formats)}")


def delimited(rows: Sequence[Mapping[str, str]], fmt: str) -> str:
    """Return rows with equal columns as `csv` or `tsv`, with a header row."""
    check_format(fmt, ("table", "json", *_DELIMITERS))
    written = io.StringIO()
    writer = csv.writer(written, delimiter=_DELIMITERS[fmt], lineterminator="\n")
    writer.writerows([list(rows[0]), *(row.values() for row in rows)] if rows else [])
    return written.getvalue()


def draw(*parts: RenderableType) -> str:
    """Return tables and lines as text of the width of the terminal."""
    width = shutil.get_terminal_size((120, 24)).columns
    console = Console(file=io.StringIO(), width=width, highlight=False)
    with console.capture() as capture:
        console.print(*parts, sep="\n")
    return "\n".join(line.rstrip() for line in capture.get().splitlines()) + "\n"
