"""What the command line writes: progress, messages and tables for people, rows for programs."""

import csv
import io
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

import typer
from rich.console import Console, RenderableType
from rich.status import Status
from rich.table import Column, Table
from rich.text import Text

_DELIMITERS: Final = {"csv": ",", "tsv": "\t"}
_log = Console(stderr=True, highlight=False)


@contextmanager
def step(what: str) -> Iterator[Status]:
    """Show that something is going on, and turn a fault of the input into a message and exit 2."""
    try:
        with _log.status(what) as status:
            yield status
    except (ValueError, OSError, SyntaxError) as error:
        for line in str(error).splitlines():
            _log.print(f"[red]error[/red] {_plain(line)}", soft_wrap=True)
        raise typer.Exit(2) from None


def _plain(text: str) -> str:
    return text.replace("[", r"\[")


def say(text: str) -> None:
    """Write ``text`` to the standard output, with a line end."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def table(columns: Sequence[str | Column], rows: Iterable[Sequence[str]]) -> Table:
    """Return a table for the terminal; cells are shown as they are, brackets and all."""
    drawn = Table(*columns, header_style="bold", show_edge=False, pad_edge=False)
    for row in rows:
        drawn.add_row(*map(Text, row))
    return drawn


def separated(rows: Sequence[Mapping[str, str]], fmt: str) -> str:
    """Return rows that share their columns as `csv` or `tsv`, the names of the columns first."""
    if fmt not in _DELIMITERS:
        raise ValueError(f"unknown format '{fmt}'; choose one of table, json, csv, tsv")
    written = io.StringIO()
    writer = csv.writer(written, delimiter=_DELIMITERS[fmt], lineterminator="\n")
    writer.writerows([list(rows[0]), *(row.values() for row in rows)] if rows else [])
    return written.getvalue()


def draw(*parts: RenderableType) -> str:
    """Return what the terminal shows for these tables and lines, as wide as it is."""
    width = shutil.get_terminal_size((120, 24)).columns
    console = Console(file=io.StringIO(), width=width, highlight=False)
    with console.capture() as capture:
        console.print(*parts, sep="\n")
    return "\n".join(line.rstrip() for line in capture.get().splitlines()) + "\n"
