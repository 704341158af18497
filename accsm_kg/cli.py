"""The command line: commands about the dataset, and those of entry points."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

import typer
from pyoxigraph import Store

from accsm_kg import __version__, coverage, diff, query, resources, search, timeline, trace
from accsm_kg.build import assemble
from accsm_kg.errors import UnknownNameError
from accsm_kg.namespaces import BASE, CONVENTIONS
from accsm_kg.questions import files
from accsm_kg.rdf import dataset
from accsm_kg.resources import BUILT
from accsm_kg.terminal import Told, note, say, show_hints, step

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

_BASE = re.compile(r"https?://[^\s<>\"{}|\\^`?#%]+/")


def show_version(wanted: bool) -> None:
    """Print the version and exit, if ``wanted``."""
    if wanted:
        say(__version__)
        raise typer.Exit


def check_base(base_iri: str) -> str:
    """Return ``base_iri``; raises BadParameter unless it is an http(s) IRI that ends in /."""
    if not _BASE.fullmatch(base_iri):
        raise typer.BadParameter(f"{base_iri!r}: give an http(s) IRI that ends in /")
    return base_iri


@contextmanager
def chosen(what: str, named: Path | None) -> Iterator[tuple[Path, Told]]:
    """Provide the path of the dataset, and report it to people unless it is ``named``.

    The message ``what`` is shown while the caller works on the dataset, with how far it says it is.
    """
    with step(what) as status, resources.dataset(named, status.update) as (path, name):
        if named is None:
            note(f"Using {name}")
        status.update(what)
        yield path, Told(lambda words: status.update(f"{what} {words}"))


@contextmanager
def loaded(what: str, named: Path | None, base: str) -> Iterator[Store]:
    """Provide the dataset as a store, with relative IRIs below ``base``; otherwise as `chosen`."""
    with chosen(what, named) as (path, _):
        store = dataset.load(path, replace(CONVENTIONS, relative=base))
        if not len(store):
            show_hints([f"{path} holds no statements."])
        yield store
    if passed := dataset.unread(path) if path.is_dir() else []:
        show_hints([f"Not read, as they are no RDF: {', '.join(file.name for file in passed)}."])


DatasetArgument = Annotated[
    Path | None,
    typer.Argument(metavar="DATASET", help=f"Any RDF file or folder. {resources.DEFAULT}"),
]
DatasetOption = Annotated[
    Path | None,
    typer.Option("--dataset", "-d", help=f"Any RDF file or folder. {resources.DEFAULT}"),
]
BaseOption = Annotated[str, typer.Option("--base", metavar="IRI", help=resources.RELATIVE)]
Format = Annotated[str, typer.Option("--format", "-f", help="table, json, csv or tsv.")]
PictureFormat = Annotated[str, typer.Option("--format", "-f", help="table, json, csv, tsv or svg.")]
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
        inputs = root or resources.root()
        store = assemble.assemble(inputs, base_iri)
        paths = assemble.write(store, out, base_iri)
    for path in assemble.unread(inputs):
        say(f"Not read: {path}; tables are .csv or .xlsx, RDF is .ttl, in small letters")
    quads = paths[0].read_bytes().count(b"\n")
    say(f"{quads:,} quads in {', '.join(map(str, paths))}")


@app.command("validate")
def validate_command(
    path: DatasetArgument = None,
    fmt: ReportFormat = "text",
    baseline: Annotated[
        Path | None, typer.Option(help="Table of expected warnings. Default: shapes/baseline.csv.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Folder for the report on data quality.")
    ] = None,
    base: BaseOption = "",
) -> None:
    """Check the dataset against its shapes; exit status 0: passes, 1: fails, 2: error."""
    with chosen("Validating …", path) as (file, told):
        from accsm_kg.quality import validate  # rdflib and pySHACL take a second to import

        text, status = validate.run(file, fmt, baseline, report, base, told)
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
    path: DatasetOption = None,
    fmt: QueryFormat = "table",
    base: BaseOption = "",
) -> None:
    """Run a query or a stored question; without an argument, list the stored questions."""
    hints: list[str] = []
    with loaded("Asking …", path, base) as store:
        if what is None:
            shown = files.listing(store, fmt)
        else:
            text = files.resolve(store, what, values or [])
            answer = query.answer(store, text, fmt)
            shown, hints = answer.text, query.hints(store, text, answer.empty)
    say(shown)
    show_hints(hints)


@app.command("trace")
def trace_command(
    key: Annotated[str, typer.Argument(help="A code such as A.2.2.iv, a number or a name.")],
    path: DatasetOption = None,
    fmt: PictureFormat = "table",
    base: BaseOption = "",
) -> None:
    """Trace a blueprint code down to its projects, or a project up to the blueprints."""
    with loaded("Tracing …", path, base) as store:
        try:
            answer = trace.run(store, key, fmt)
        except trace.UnknownKeyError as error:
            raise UnknownNameError(f"{error}{search.offer(store, key)}") from None
    say(answer)


@app.command("search")
def search_command(
    words: Annotated[list[str], typer.Argument(help="Words, a code or a number.")],
    path: DatasetOption = None,
    kind: Annotated[str, typer.Option(help="The kind of what to find, such as project.")] = "",
    fmt: Format = "table",
    base: BaseOption = "",
) -> None:
    """Find things by their code, number or name, and by the words of their texts."""
    with loaded("Searching …", path, base) as store:
        answer, hints = search.run(store, " ".join(words), fmt, kind)
    say(answer)
    show_hints(hints)


@app.command("coverage")
def coverage_command(
    path: DatasetOption = None,
    rows: Annotated[str, typer.Option(help=f"{', '.join(coverage.ROWS)}.")] = coverage.ROWS[0],
    order: Annotated[
        str, typer.Option(help=f"Of the projects: {', '.join(coverage.ORDERS)}.")
    ] = next(iter(coverage.ORDERS)),
    country: Annotated[
        str, typer.Option(metavar="CODE", help="Only projects that it coordinates, such as THA.")
    ] = "",
    gap: Annotated[
        str, typer.Option(metavar="NAME", help="Only what has this gap; the table lists them.")
    ] = "",
    plan: Annotated[str, typer.Option(metavar="NAME", help="Only projects of a work plan.")] = "",
    fmt: PictureFormat = "table",
    base: BaseOption = "",
) -> None:
    """Show which projects stand behind each target or area, and the gaps."""
    with loaded("Counting …", path, base) as store:
        answer = coverage.run(store, coverage.Selection(rows, order, country, gap, plan), fmt)
    say(answer)


@app.command("timeline")
def timeline_command(
    path: DatasetOption = None,
    scale: Annotated[
        str, typer.Option(help=f"{', '.join(timeline.SCALES)}.")
    ] = timeline.Selection.scale,
    country: Annotated[
        str, typer.Option(metavar="CODE", help="Only projects or events of a country: THA.")
    ] = "",
    area: Annotated[
        str, typer.Option(metavar="CODE", help="Only projects or events of an area, such as A.")
    ] = "",
    year: Annotated[str, typer.Option(help="Only this year, by months.")] = "",
    plan: Annotated[str, typer.Option(metavar="NAME", help="Only projects of a work plan.")] = "",
    group: Annotated[
        str, typer.Option(help=f"Rows of the picture: {', '.join(timeline.GROUPS)}.")
    ] = timeline.Selection.group,
    fmt: PictureFormat = "table",
    base: BaseOption = "",
) -> None:
    """Show when projects take place, or the events and meetings of the history."""
    with loaded("Sorting …", path, base) as store:
        selection = timeline.Selection(scale, country.upper(), area, group, year, plan)
        answer = timeline.run(store, selection, fmt)
    say(answer)


@app.command("diff")
def diff_command(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The earlier dataset file.")],
    new: Annotated[
        Path | None,
        typer.Argument(metavar="NEW", help=f"The later dataset file. {resources.DEFAULT}"),
    ] = None,
    fmt: TextFormat = "text",
    base: BaseOption = "",
) -> None:
    """List the changes between two built datasets; exit status 0: none, 1: some, 2: error."""
    with chosen("Comparing …", new) as (file, _):
        text, status = diff.run(old, file, fmt, base)
    say(text)
    raise typer.Exit(status)


for _module in sorted({point.module for point in entry_points(group="accsm_kg.commands")}):
    for _command in import_module(_module).COMMANDS:
        app.command(_command.__name__)(_command)


if __name__ == "__main__":
    app()
