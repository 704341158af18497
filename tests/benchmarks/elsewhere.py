"""Light queries beside sixty attackers over engines elsewhere; prints a table."""

import argparse
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from engine.elsewhere import fuseki, oxigraph, virtuoso, with_merged_graph
from serving import running

from . import attackers
from .tables import table

_ENGINES = ("Oxigraph", "Fuseki", "Virtuoso")


def main() -> None:
    """Attack the server over each engine that is installed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.elsewhere", description=__doc__)
    parser.add_argument("dataset", type=Path, nargs="?", default=Path("build/accsm.nq"))
    parser.add_argument("engines", nargs="*", default=_ENGINES, help="some of the engines")
    options = parser.parse_args()
    rows = [_row(name, options.dataset) for name in options.engines]
    head = ["engine", "light queries answered", "p50, ms", "p99, ms", "longest, ms"]
    print(table(head, rows))


def _row(name: str, dataset: Path) -> list[str]:
    with TemporaryDirectory() as folder, ExitStack() as opened:
        data = with_merged_graph(dataset, Path(folder))
        url, _ = opened.enter_context(_run(name, data, Path(folder)))
        settings = {"RATE": "0", "CACHE": "0", "TIMEOUT": "20"}
        server = opened.enter_context(running(None, "--endpoint", url, **settings))
        port = urlsplit(server.url).port or 80
        found = attackers.measure("/sparql?", port, server.pid)
    share = f"{len(found.times) / found.asked:.1%}"
    return [name, share, *(f"{found.time(part) * 1e3:.0f}" for part in (0.5, 0.99, 1))]


def _run(name: str, data: Path, folder: Path) -> AbstractContextManager[tuple[str, Any]]:
    if name == "Oxigraph":
        return oxigraph(data, "--timeout-s", "20")
    return (fuseki if name == "Fuseki" else virtuoso)(data, folder)


if __name__ == "__main__":
    main()
