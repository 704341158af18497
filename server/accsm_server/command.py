"""The command `accsm-kg serve`, which the command line loads by its entry point."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from accsm_kg.resources import BUILT, existing
from accsm_kg.terminal import say, step


def serve(
    path: Annotated[Path, typer.Argument(metavar="[DATASET]")] = BUILT,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    root_path: Annotated[
        str, typer.Option(help="Path prefix that a proxy in front strips, such as /kg.")
    ] = "",
    access_log: Annotated[
        bool, typer.Option("--access-log", help="Log a line of JSON for each request.")
    ] = False,
) -> None:
    """Serve the dataset: SPARQL, linked data and pages."""
    with step("Starting …") as status:

        def ready(url: str) -> None:
            status.stop()
            say(f"Serving {path} at {url}\nTry: {url}questions")
            sys.stdout.flush()

        from accsm_server import serve as server  # slow to import, and only needed here

        server.serve(existing(path), host, port, ready, root_path, access_log)
