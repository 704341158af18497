"""Turn command lines into builds, validations, answers and a running server."""

import re
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

import typer

from accsm_kg import __version__, diff, query, resources, trace
from accsm_kg.build import assemble
from accsm_kg.namespaces import BASE, CONVENTIONS
from accsm_kg.questions import files
from accsm_kg.rdf import dataset
from accsm_kg.resources import BUILT, existing
from accsm_kg.terminal import say, step

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

Dataset = Annotated[
    Path, typer.Option("--dataset", "-d", help="The built dataset, or any RDF file or folder.")
]
Format = Annotated[str, typer.Option("--format", "-f", help="table, csv, json or tsv.")]
_BASE = re.compile(r"https?://[^\s<>\"{}|\\^`?#%]+/")


def _version(wanted: bool) -> None:
    if wanted:
        say(__version__)
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
    with step("Building …"):
        if not _BASE.fullmatch(base_iri):
            raise ValueError(f"--base-iri {base_iri!r}: give an http(s) IRI that ends in /")
        store = assemble.assemble(root or resources.root(), base_iri)
        paths = assemble.write(store, out, base_iri)
    quads = paths[0].read_bytes().count(b"\n")
    say(f"{quads:,} quads in {', '.join(map(str, paths))}")


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
    with step("Validating …"):
        from accsm_kg.quality import validate

        text, status = validate.run(existing(path), fmt, report=report)
    say(text)
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
    with step("Asking …"):
        store = dataset.load(existing(path), CONVENTIONS)
        if what is None:
            answer = files.listing(store, fmt)
        else:
            answer = query.run_cli(store, files.resolve(store, what, values or []), fmt)
    say(answer)


@app.command("trace")
def trace_command(
    key: Annotated[str, typer.Argument(help="A code such as A.2.2.iv, or a project's number.")],
    path: Dataset = BUILT,
    fmt: Format = "table",
) -> None:
    """Trace a blueprint line down to its projects, or a project up to the blueprints."""
    with step("Tracing …"):
        answer = trace.run(dataset.load(existing(path), CONVENTIONS), key, fmt)
    say(answer)


@app.command("diff")
def diff_command(
    old: Annotated[Path, typer.Argument(metavar="OLD")],
    new: Annotated[Path, typer.Argument(metavar="NEW")],
    fmt: Annotated[str, typer.Option("--format", "-f", help="text, json, csv or tsv.")] = "text",
) -> None:
    """Say what changed between two built datasets; exit 0: nothing, 1: something."""
    with step("Comparing …"):
        text, status = diff.run(old, new, fmt)
    say(text)
    raise typer.Exit(status)


for _added in entry_points(group="accsm_kg.commands"):
    app.command(_added.name)(_added.load())


if __name__ == "__main__":
    app()
