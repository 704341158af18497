"""The commands `serve`, `load` and `export`, which the command line loads by their entry points."""

import re
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from accsm_kg import resources
from accsm_kg.namespaces import MERGED
from accsm_kg.terminal import Told, note, say, step


def check_root_path(root_path: str) -> str:
    """Return ``root_path``; raises BadParameter unless it is empty or a path such as /kg."""
    if root_path and not re.fullmatch(r"/?[\w.~-]+(?:/[\w.~-]+)*/?", root_path, re.ASCII):
        raise typer.BadParameter(f"{root_path!r}: give a path such as /kg")
    return root_path


def check_endpoint(url: str) -> str:
    """Return ``url``; raises BadParameter unless it is empty, or an address without a password."""
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment):
        raise typer.BadParameter("give the address of an endpoint, as http://host/sparql")
    if parts.username or parts.password:
        raise typer.BadParameter(
            "every process can read a command line: give the password as ACCSM_ENDPOINT_LOGIN"
        )
    return url


def check_url(url: str) -> str:
    """Return ``url``; raises BadParameter unless it is empty, or an address without a query."""
    parts = urlsplit(url)
    if url and (
        parts.scheme not in ("http", "https") or not parts.hostname or "?" in url or "#" in url
    ):
        raise typer.BadParameter("give the address of a folder, as https://example.org/kg/")
    return url


def serve(
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="DATASET",
            help=f"Any RDF file or folder, or a folder made by `load`. {resources.DEFAULT}",
        ),
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0: any free one.")
    ] = 8000,
    root_path: Annotated[
        str,
        typer.Option(
            callback=check_root_path, help="Path prefix that a proxy in front strips, such as /kg."
        ),
    ] = "",
    access_log: Annotated[
        bool, typer.Option("--access-log", help="Log a line of JSON for each request.")
    ] = False,
    base: Annotated[str, typer.Option("--base", metavar="IRI", help=resources.RELATIVE)] = "",
    endpoint: Annotated[
        str,
        typer.Option(
            metavar="URL",
            callback=check_endpoint,
            help="A SPARQL endpoint that holds the dataset, instead of files.",
        ),
    ] = "",
    merged: Annotated[
        str,
        typer.Option(
            metavar="IRI",
            help="The graph there that is the default graph, in full or relative to the base.",
        ),
    ] = MERGED,
) -> None:
    """Serve the dataset: SPARQL, linked data and pages."""
    if endpoint and path:
        raise typer.BadParameter("name a dataset or --endpoint, not both")
    with step("Starting …") as status, ExitStack() as stack:
        if endpoint:
            name = endpoint
        else:
            file, name = stack.enter_context(resources.dataset(path, status.update))

        def ready(url: str, memory: str) -> None:
            status.stop()
            say(f"Serving {name} at {url}\nTry: {url}questions\nMemory: {memory}")
            sys.stdout.flush()

        from accsm_server import reload  # slow to import, and only needed here
        from accsm_server import serve as server

        source = reload.Endpoint(endpoint, merged) if endpoint else file
        server.serve(source, host, port, ready, root_path, access_log, base, status.update)


def load(
    path: Annotated[Path, typer.Argument(metavar="DATASET", help="Any RDF file or folder.")],
    store: Annotated[
        Path, typer.Argument(metavar="STORE", help="Folder to hold the store; it may hold one.")
    ],
    base: Annotated[str, typer.Option("--base", metavar="IRI", help=resources.RELATIVE)] = "",
) -> None:
    """Load a dataset into a store on disk, to be served at once at any size."""
    with step("Loading …") as status:
        from accsm_server import load as loading  # slow to import, and only needed here

        told = Told(lambda words: status.update(f"Loading … {words}"))
        marker = loading.load(path, store, base, told)
    say(f"Loaded {marker.size:,} statements into {store}\nServe them: accsm-kg serve {store}")


def export(
    folder: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", help="New folder for the files, or an earlier export."),
    ],
    path: Annotated[
        Path | None,
        typer.Option(
            "--dataset",
            "-d",
            help=f"Any RDF file or folder, or a folder made by `load`. {resources.DEFAULT}",
        ),
    ] = None,
    url: Annotated[
        str,
        typer.Option(
            metavar="URL",
            callback=check_url,
            help="Where the files will be served. Default: the base of the dataset.",
        ),
    ] = "",
    base: Annotated[str, typer.Option("--base", metavar="IRI", help=resources.RELATIVE)] = "",
) -> None:
    """Write the whole site as files, which any web server can serve."""
    with step("Exporting …") as status, resources.dataset(path, status.update) as (file, _):
        from accsm_server.export import write  # slow to import, and only needed here

        told = Told(lambda words: status.update(f"Exporting … {words}"))
        made = write.export(folder, file, base, url, told)
    say(f"{made.files:,} files, {made.bytes / 1e6:,.1f} MB in {folder}, to be served at {made.url}")
    note("Try: python -m http.server --directory " + str(folder))
