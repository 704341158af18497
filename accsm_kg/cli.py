"""The command line: build, validate, query, trace and diff; other packages add commands."""

import re
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

import typer
from pyoxigraph import Store

from accsm_kg import __version__, diff, query, resources, trace
from accsm_kg.build import assemble
from accsm_kg.namespaces import BASE, CONVENTIONS
from accsm_kg.questions import files
from accsm_kg.rdf import dataset
from accsm_kg.resources import BUILT, existing
from accsm_kg.terminal import say, step

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

_BASE = re.compile(r"https?://[^\s<>\"{}|\\^`?#%]+/")


def show_version(wanted: bool) -> None:
    """Print the version and exit, if that is wanted."""
    if wanted:
        say(__version__)
        raise typer.Exit


def check_base(base_iri: str) -> str:
    """Return ``base_iri``; raises BadParameter if IRIs cannot be minted under it."""
    if not _BASE.fullmatch(base_iri):
        raise typer.BadParameter(f"{base_iri!r}: give an http(s) IRI that ends in /")
    return base_iri


def load(path: Path) -> Store:
    """Load the dataset at ``path``."""
    return dataset.load(existing(path), CONVENTIONS)


DatasetArgument = Annotated[
    Path, typer.Argument(metavar="[DATASET]", help="A built dataset, or another RDF file.")
]
DatasetOption = Annotated[
    Path, typer.Option("--dataset", "-d", help="A built dataset, or any RDF file or folder.")
]
Format = Annotated[str, typer.Option("--format", "-f", help="table, json, csv or tsv.")]
TextFormat = Annotated[str, typer.Option("--format", "-f", help="text, json, csv or tsv.")]
ReportFormat = Annotated[
    str, typer.Option("--format", "-f", help="text, json, csv, tsv or turtle.")
]
QueryFormat = Annotated[
    str,
    typer.Option("--format", "-f", help=f"{', '.join(query.FORMATS[:-1])} or {query.FORMATS[-1]}."),
]


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option("--version", callback=show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """The knowledge graph of the ASEAN Cooperation on Civil Service Matters."""


@app.command("build")
def build_command(
    out: Annotated[Path, typer.Option(help="Folder for the built files.")] = BUILT.parent,
    base_iri: Annotated[
        str, typer.Option(callback=check_base, help="Base of every IRI; it ends in /.")
    ] = BASE,
    root: Annotated[
        Path | None, typer.Option(help="Folder with your own ontology/, shapes/ and data/.")
    ] = None,
) -> None:
    """Build the dataset from the ontology, the shapes and the data."""
    with step("Building …"):
        store = assemble.assemble(root or resources.root(), base_iri)
        paths = assemble.write(store, out, base_iri)
    quads = paths[0].read_bytes().count(b"\n")
    say(f"{quads:,} quads in {', '.join(map(str, paths))}")


@app.command("validate")
def validate_command(
    path: DatasetArgument = BUILT,
    fmt: ReportFormat = "text",
    report: Annotated[
        Path | None, typer.Option(help="Folder for the report on data quality.")
    ] = None,
) -> None:
    """Check the dataset against its shapes; exit 0: clean, 1: findings, 2: cannot run."""
    with step("Validating …"):
        from accsm_kg.quality import validate  # rdflib and pySHACL take a second to import

        text, status = validate.run(path, fmt, report=report)
    say(text)
    raise typer.Exit(status)


@app.command("query")
def query_command(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="FILE|-|NAME",
            help="A query file, - for the standard input, or the name of a question.",
        ),
    ] = None,
    values: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME=VALUE]...", help="Values for the parameters of the query."),
    ] = None,
    path: DatasetOption = BUILT,
    fmt: QueryFormat = "table",
) -> None:
    """Answer a query or a stored question; without one, list the stored questions."""
    with step("Asking …"):
        store = load(path)
        if what is None:
            answer = files.listing(store, fmt)
        else:
            answer = query.run_cli(store, files.resolve(store, what, values or []), fmt)
    say(answer)


@app.command("trace")
def trace_command(
    key: Annotated[str, typer.Argument(help="A code such as A.2.2.iv, or a project's number.")],
    path: DatasetOption = BUILT,
    fmt: Format = "table",
) -> None:
    """Trace a blueprint line down to its projects, or a project up to the blueprints."""
    with step("Tracing …"):
        answer = trace.run(load(path), key, fmt)
    say(answer)


@app.command("diff")
def diff_command(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The earlier dataset file.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The later dataset file.")],
    fmt: TextFormat = "text",
) -> None:
    """List what changed between two built datasets; exit 0: nothing, 1: something."""
    with step("Comparing …"):
        text, status = diff.run(old, new, fmt)
    say(text)
    raise typer.Exit(status)


for _added in entry_points(group="accsm_kg.commands"):
    app.command(_added.name)(_added.load())


if __name__ == "__main__":
    app()
