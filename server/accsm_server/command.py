"""The commands of the server, which the command line finds by the entry points."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer
from rich.status import Status

from accsm_kg import resources
from accsm_kg.errors import MissingModuleError
from accsm_kg.namespaces import MERGED
from accsm_kg.terminal import Told, note, say, step
from accsm_server.http.headers import HOST
from accsm_server.settings import read_root_path

if TYPE_CHECKING:
    from accsm_server.reload import Endpoint


def check_root_path(root_path: str) -> str:
    """Return ``root_path`` without a slash at its end; raises BadParameter if it is no path."""
    try:
        return read_root_path(root_path)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


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


def check_hosts(hosts: list[str]) -> list[str]:
    """Return ``hosts``; raises BadParameter unless each is a name or address, with or without port.

    That of IPv6 is in brackets.
    """
    for host in hosts:
        if not HOST.fullmatch(host):
            raise typer.BadParameter(f"{host!r}: give the name of a host, such as kg.example.org")
    return hosts


def check_url(url: str) -> str:
    """Return ``url``; raises BadParameter unless it is empty, or an address without a query."""
    parts = urlsplit(url)
    if url and (
        parts.scheme not in ("http", "https") or not parts.hostname or "?" in url or "#" in url
    ):
        raise typer.BadParameter("give the address of a folder, as https://example.org/kg/")
    return url


Dataset = Annotated[
    Path | None,
    typer.Argument(
        metavar="DATASET",
        help=f"Any RDF file or folder, or a folder made by `load`. {resources.DEFAULT}",
    ),
]
Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0: any free one.")]
AccessLog = Annotated[
    bool, typer.Option("--access-log", help="Log a line of JSON for each request.")
]
Base = Annotated[str, typer.Option("--base", metavar="IRI", help=resources.RELATIVE)]
Elsewhere = Annotated[
    str,
    typer.Option(
        metavar="URL",
        callback=check_endpoint,
        help="A SPARQL endpoint that holds the dataset, instead of files.",
    ),
]
Merged = Annotated[
    str,
    typer.Option(
        metavar="IRI",
        help="The graph there that is the default graph, in full or relative to the base.",
    ),
]


def serve(
    path: Dataset = None,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    root_path: Annotated[
        str,
        typer.Option(
            callback=check_root_path,
            help="Path prefix that a proxy in front strips, such as /kg, if it does not send it.",
        ),
    ] = "",
    access_log: AccessLog = False,
    base: Base = "",
    endpoint: Elsewhere = "",
    merged: Merged = MERGED,
) -> None:
    """Serve the dataset: SPARQL, linked data and pages."""
    with step("Starting …") as status, _source(path, endpoint, merged, status) as (source, name):

        def ready(url: str, memory: str) -> None:
            status.stop()
            say(f"Serving {name} at {url}\nTry: {url}questions\nMemory: {memory}")
            sys.stdout.flush()

        from accsm_server import serve as server  # slow to import, and only needed here

        server.serve(source, host, port, ready, root_path, access_log, base, status.update)


def load(
    path: Annotated[Path, typer.Argument(metavar="DATASET", help="Any RDF file or folder.")],
    store: Annotated[
        Path, typer.Argument(metavar="STORE", help="Folder to hold the store; it may hold one.")
    ],
    base: Base = "",
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
    base: Base = "",
) -> None:
    """Write the whole site as files, which any web server can serve."""
    with step("Exporting …") as status, resources.dataset(path, status.update) as (file, _):
        from accsm_server.export import write  # slow to import, and only needed here

        told = Told(lambda words: status.update(f"Exporting … {words}"))
        made = write.export(folder, file, base, url, told)
    say(f"{made.files:,} files, {made.bytes / 1e6:,.1f} MB in {folder}, to be served at {made.url}")
    note("Try: python -m http.server --directory " + str(folder))


def mcp(
    path: Dataset = None,
    http: Annotated[
        bool, typer.Option("--http", help="Answer over HTTP, not on the standard streams.")
    ] = False,
    host: Host = "127.0.0.1",
    port: Port = 8001,
    allow_host: Annotated[
        list[str],
        typer.Option(
            metavar="NAME",
            callback=check_hosts,
            help="A host by which a proxy in front is asked, such as kg.example.org; repeatable.",
        ),
    ] = [],  # noqa: B006 - typer makes a new one
    access_log: AccessLog = False,
    base: Base = "",
    endpoint: Elsewhere = "",
    merged: Merged = MERGED,
) -> None:
    """Answer AI assistants by the Model Context Protocol: tools that read the dataset."""
    if (allow_host or access_log) and not http:
        raise typer.BadParameter("--allow-host and --access-log are for --http")
    with step("Starting …") as status, _source(path, endpoint, merged, status) as (source, name):
        if find_spec("mcp") is None:
            raise MissingModuleError("this needs the MCP SDK: pip install 'accsm-kg[mcp]'")

        from accsm_server import serve_mcp  # slow to import, and only needed here

        def ready(url: str, memory: str) -> None:
            status.stop()
            address = url.rstrip("/") + serve_mcp.PATH
            say(f"Serving {name} to assistants at {address}\nMemory: {memory}")
            sys.stdout.flush()

        if http:
            serve_mcp.over_http(
                source, host, port, ready, allow_host, access_log, base, status.update
            )
        else:
            status.stop()
            serve_mcp.on_streams(source, base)


@contextmanager
def _source(
    path: Path | None, endpoint: str, merged: str, status: Status
) -> Iterator[tuple["Path | Endpoint", str]]:
    """Provide what to serve, and a description of it for people."""
    if endpoint and path:
        raise typer.BadParameter("name a dataset or --endpoint, not both")
    if endpoint:
        from accsm_server.reload import Endpoint  # slow to import, and only needed here

        yield Endpoint(endpoint, merged), endpoint
    else:
        with resources.dataset(path, status.update) as found:
            yield found


#: The commands that the command line gets.
COMMANDS = (export, load, serve, mcp)
