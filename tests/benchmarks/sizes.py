"""Measure copies of the record of several sizes, in memory and on disk, beside other servers.

It prints the table of docs/operating.md.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from http.client import HTTPException
from itertools import chain
from math import isnan, nan
from pathlib import Path
from shutil import rmtree
from statistics import median
from urllib.parse import urlencode

from accsm_kg.namespaces import CONVENTIONS
from accsm_kg.rdf import dataset

from . import copies, mix, peers, probe
from .mix import GRAPH, RESULTS, Template
from .running import COUNT, Peer, Running, run
from .tables import table

SIZES = (50_000, 1_000_000, 5_000_000, 10_000_000)
_REQUESTS, _PATIENCE = 20, 10.0  # of each kind at most, and seconds after which no more are sent
_LOADING = 1800  # seconds
_READY = ("true", "ASK { ?s ?p ?o }")  # an answer, and a query that has it in any graph
_AGGREGATES = {
    "things by class": "SELECT ?c (COUNT(?s) AS ?n) WHERE { ?s a ?c } GROUP BY ?c",
    "statements by property": "SELECT ?p (COUNT(?s) AS ?n) WHERE { ?s ?p ?o } GROUP BY ?p",
    "subjects": "SELECT (COUNT(DISTINCT ?s) AS ?n) WHERE { ?s ?p ?o }",
}
_PAGES = {"home page": "/", "page of a project": "/doc/project/2016-2020/33"}
_SEARCHES = {
    "two words": "civil service",
    "prefix": "leaders",
    "typo": "lidership",
}


@dataclass
class Figures:
    """What one server takes over one size."""

    load: float = nan
    """Seconds from the files to the first answer."""
    cold: float = nan
    """Seconds from the start to the first answer, with no file in the cache of the system."""
    warm: float = nan
    """The same, with all of them there."""
    loaded: float = nan
    """MiB of all processes, before the queries."""
    memory: float = nan
    """The same, after the queries."""
    times: dict[str, float] = field(default_factory=dict)
    """The median of ms by kind of request; none for one that is not answered."""


def main() -> None:
    """Measure the sizes that the command line names, and print the table."""
    options = _options()
    for number in (signal.SIGINT, signal.SIGTERM):  # exit, which stops all servers
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    rmtree(options.work, ignore_errors=True)
    templates = [*_templates(options.dataset)]
    found: dict[str, dict[str, Figures]] = {}
    for size in options.quads:
        folder = (options.work / str(size)).absolute()
        folder.mkdir(parents=True)
        data, graph = folder / "data.nq", folder / "graph.nt"
        copies.write(options.dataset, _number_of_copies(options.dataset, size), data)
        triples = _merge(data)
        with data.open("rb") as file:
            count = sum(1 for _ in file)
        found[f"{count:,}"] = _measure(data, graph, triples, folder, templates, options.peers)
        print(f"\n{_table(found)}\n", flush=True)
        rmtree(folder)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.sizes", description=__doc__)
    parser.add_argument("dataset", type=Path, nargs="?", default=Path("build/accsm.nq"))
    parser.add_argument("--quads", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--peers", nargs="*", default=["oxigraph, disk", "Virtuoso"])
    parser.add_argument("--work", type=Path, default=Path("build/bench/sizes"))
    return parser.parse_args()


def _number_of_copies(path: Path, size: int) -> int:
    """Return how many copies of a dataset have about ``size`` quads."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    growth = sum(1 for _ in copies.copies(lines, 2)) - len(lines)
    return 1 + max(0, round((size - len(lines)) / growth))


def _merge(data: Path) -> int:
    """Write the merge of all graphs as sorted N-Triples beside the quads; return how many."""
    script = r"sed -E 's/ <[^<>]*> \.$/ ./' data.nq | sort -u | tee graph.nt | wc -l"
    shell = os.environ | {"LC_ALL": "C"}
    return int(subprocess.check_output(["sh", "-c", script], cwd=data.parent, env=shell))


def _templates(path: Path) -> Iterator[Template]:
    yield from mix.templates(dataset.load(path, CONVENTIONS))
    for name, query in _AGGREGATES.items():
        yield Template(name, "", RESULTS, [query])


def _measure(
    data: Path,
    graph: Path,
    triples: int,
    folder: Path,
    templates: Sequence[Template],
    names: Sequence[str],
) -> dict[str, Figures]:
    others = [peer for peer in peers.others() if peer.name in names]
    found = {}
    for peer in (peers.ours("memory", cache="0"), _on_disk(), *others):
        try:
            found[peer.name] = _figures(peer, data, graph, triples, folder / peer.name, templates)
        except (RuntimeError, subprocess.SubprocessError) as error:
            _log(f"{peer.name}: {error}")
            found[peer.name] = Figures()
    return found


def _on_disk() -> Peer:
    peer = peers.ours("disk", cache="0")
    program = peer.command[: peer.command.index("serve")]
    command = (*program, "serve", "{folder}/store", "--port", "{port}")
    return replace(peer, command=command, before=(*program, "load", "{dataset}", "{folder}/store"))


def _figures(
    peer: Peer, data: Path, graph: Path, triples: int, folder: Path, templates: Sequence[Template]
) -> Figures:
    def start(peer: Peer, *asked: str) -> AbstractContextManager[Running]:
        return run(peer, data, graph, folder, *asked, timeout=_LOADING)

    found = Figures()
    loaded = _READY if peer.settings else (str(triples), COUNT)
    with start(peer, *loaded) as server:
        found.load, found.loaded = server.ready, probe.memory(server.pid)
        _log(f"{peer.name}: loaded in {found.load:.1f} s")
        for template in [*templates, *(_own() if peer.settings else ())]:
            found.times[template.name] = _time(server, template)
        found.memory = probe.memory(server.pid)
    if peer.before or peer.name == "Virtuoso":  # which keep what they loaded
        again = replace(peer, before=(), after=None)
        _forget(folder)
        with start(again, *_READY) as server:
            found.cold = server.ready
        with start(again, *_READY) as server:
            found.warm = server.ready
    return found


def _own() -> list[Template]:
    """Return requests that only our server answers."""
    pages = [Template(name, "", "text/html", [path]) for name, path in _PAGES.items()]
    found = (
        Template(f"search, {kind}", "", "application/json", [f"/search?{urlencode({'q': words})}"])
        for kind, words in _SEARCHES.items()
    )
    return [*pages, Template("VoID", "", GRAPH, ["/dataset"]), *found]


def _time(server: Running, template: Template) -> float:
    """Return the median of ms of the requests of a kind; NaN if one is not answered."""
    paths = (template.paths(server.peer.endpoint) * _REQUESTS)[:_REQUESTS]
    times: list[float] = []
    began = time.perf_counter()
    try:
        server.get(paths[0], template.accept)  # reads what all of them need
        for path in paths:
            start = time.perf_counter()
            server.get(path, template.accept)
            times.append((time.perf_counter() - start) * 1e3)
            if start - began > _PATIENCE:
                break
    except (OSError, HTTPException) as error:  # one with an error after its start as well
        _log(f"{server.peer.name}, {template.name}: {error}")
        return nan
    return median(times)


def _forget(folder: Path) -> None:
    """Take the files below a folder out of the cache of the system."""
    for path in filter(Path.is_file, folder.rglob("*")):
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _table(found: dict[str, dict[str, Figures]]) -> str:
    """Return a table with a row for each figure, and a column of each server for all sizes."""
    names = list(next(iter(found.values())))

    def row(title: str, figure: Callable[[Figures], float]) -> list[str]:
        cells = ([_number(figure(servers[name])) for servers in found.values()] for name in names)
        return [title, *map(" / ".join, cells)]

    kinds = dict.fromkeys(chain.from_iterable(f.times for s in found.values() for f in s.values()))
    rows = [
        row("files to first answer, s", lambda figures: figures.load),
        row("start, cold, s", lambda figures: figures.cold),
        row("start, warm, s", lambda figures: figures.warm),
        row("memory before, MiB", lambda figures: figures.loaded),
        row("memory after, MiB", lambda figures: figures.memory),
        *(
            row(f"{kind}, ms", lambda figures, kind=kind: figures.times.get(kind, nan))
            for kind in kinds
        ),
    ]
    return table([f"{' / '.join(found)} statements", *names], rows)


def _number(value: float) -> str:
    return "-" if isnan(value) else f"{value:.2g}" if value < 99.5 else f"{value:,.0f}"


def _log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
