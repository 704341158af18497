"""Turn command lines into builds, validations, answers and a running server."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.status import Status

from accsm_kg import __version__, build, dataset, diff, query, questions, resources, trace
from accsm_kg.namespaces import BASE

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
_log = Console(stderr=True, highlight=False)

Dataset = Annotated[
    Path, typer.Option("--dataset", "-d", help="The built dataset, or any RDF file or folder.")
]
Format = Annotated[str, typer.Option("--format", "-f", help="table, csv, json or tsv.")]
_BASE = re.compile(r"https?://[^\s<>\"{}|\\^`?#%]+/")
BUILT = Path("build") / build.FILES[0]


@contextmanager
def _step(what: str) -> Iterator[Status]:
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


def _say(text: str) -> None:
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def _version(wanted: bool) -> None:
    if wanted:
        _say(__version__)
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """The knowledge graph of the ASEAN Cooperation on Civil Service Matters."""


@app.command("build")
def build_command(
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = BUILT.parent,
    base_iri: Annotated[
        str, typer.Option(help="Mint every IRI under this base, which ends in /.")
    ] = BASE,
    root: Annotated[
        Path | None, typer.Option(help="Folder with ontology/, shapes/ and data/ of your own.")
    ] = None,
) -> None:
    """Build the dataset from the ontology, the shapes and the data."""
    with _step("Building …"):
        if not _BASE.fullmatch(base_iri):
            raise ValueError(f"--base-iri {base_iri!r}: give an http(s) IRI that ends in /")
        store = build.assemble(root or resources.root(), base_iri)
        paths = build.write(store, out, base_iri)
    quads = paths[0].read_bytes().count(b"\n")
    _say(f"{quads:,} quads in {', '.join(map(str, paths))}")


@app.command("validate")
def validate_command(
    path: Annotated[Path, typer.Argument(metavar="[DATASET]")] = BUILT,
    fmt: Annotated[
        str, typer.Option("--format", "-f", help="text, csv, json, tsv or turtle.")
    ] = "text",
    report: Annotated[
        Path | None, typer.Option(help="Write the data quality report into this folder.")
    ] = None,
) -> None:
    """Check the dataset against its shapes; exit 0: clean, 1: findings, 2: cannot run."""
    with _step("Validating …"):
        from accsm_kg import validate  # slow to import, and only this command needs it

        text, status = validate.run(path, fmt, report=report)
    _say(text)
    raise typer.Exit(status)


@app.command("query")
def query_command(
    what: Annotated[
        str | None,
        typer.Argument(metavar="FILE|-|NAME", help="A query file, - for stdin, or a question."),
    ] = None,
    values: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME=VALUE]...", help="Parameter values.")
    ] = None,
    path: Dataset = BUILT,
    fmt: Format = "table",
) -> None:
    """Answer a query or a stored question; without one, list the stored questions."""
    with _step("Asking …"):
        store = dataset.load(path)
        if what is None:
            answer = questions.listing(store, fmt)
        else:
            answer = query.run_cli(store, questions.resolve(store, what, values or []), fmt)
    _say(answer)


@app.command("trace")
def trace_command(
    key: Annotated[str, typer.Argument(help="A code such as A.2.2.iv, or a project's number.")],
    path: Dataset = BUILT,
    fmt: Format = "table",
) -> None:
    """Trace a blueprint line down to its projects, or a project up to the blueprints."""
    with _step("Tracing …"):
        answer = trace.run(dataset.load(path), key, fmt)
    _say(answer)


@app.command("diff")
def diff_command(
    old: Annotated[Path, typer.Argument(metavar="OLD")],
    new: Annotated[Path, typer.Argument(metavar="NEW")],
    fmt: Annotated[str, typer.Option("--format", "-f", help="text, json, csv or tsv.")] = "text",
) -> None:
    """Say what changed between two built datasets; exit 0: nothing, 1: something."""
    with _step("Comparing …"):
        text, status = diff.run(old, new, fmt)
    _say(text)
    raise typer.Exit(status)


@app.command("serve")
def serve_command(
    path: Annotated[Path, typer.Argument(metavar="[DATASET]")] = BUILT,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
) -> None:
    """Serve the dataset: SPARQL, linked data and pages."""
    with _step("Starting …") as status:
        import server

        def ready(url: str) -> None:
            status.stop()
            _say(f"Serving {path} at {url}\nTry: {url}questions")
            sys.stdout.flush()

        server.run(path, host, port, ready)


if __name__ == "__main__":
    app()
