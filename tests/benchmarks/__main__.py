"""Measure this server and others, and write build/bench/bench.md and bench.svg."""

import argparse
import signal
import sys
from pathlib import Path

from . import chart, earlier, peers, report
from .measure import matches, measure
from .running import Peer

_CACHES = {"off": {"cache": "0"}, "on": {}}


def main() -> None:
    """Measure the servers that the command line names, and write the report."""
    options = _options()
    for number in (signal.SIGINT, signal.SIGTERM):  # exit, which stops all servers
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    base = earlier.resolve(options.base) if options.base else ""
    groups = [*_ours(base, options.out), *([peer] for peer in _others(options))]
    rounds = 1 if options.quick else options.rounds
    work = (options.out / "run").absolute()
    run = measure(options.dataset, work, groups, rounds, base, options.templates)
    text = report.markdown(run)
    (options.out / "bench.md").write_text(text)
    (options.out / "bench.svg").write_text(chart.draw(run))
    print(text)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("dataset", type=Path, nargs="?", default=Path("build/accsm.nq"))
    parser.add_argument("--base", help="earlier commit to compare with")
    parser.add_argument("--quick", action="store_true", help="one round, and only Oxigraph")
    parser.add_argument("--rounds", type=int, default=2, help="seconds for each template")
    parser.add_argument("--peers", nargs="*", help="parts of the names of other servers, or none")
    parser.add_argument("--templates", nargs="*", default=[], help="parts of templates' names")
    parser.add_argument("--out", type=Path, default=Path("build/bench"))
    return parser.parse_args()


def _ours(base: str, out: Path) -> list[list[Peer]]:
    """Return groups of the current server, with cache off and on, and the server of ``base``."""
    groups = [[peers.ours(f"ours, cache {cache}", **more)] for cache, more in _CACHES.items()]
    if base:
        environment = earlier.environment(base, out.absolute())
        for group, (cache, more) in zip(groups, _CACHES.items(), strict=True):
            group.append(peers.earlier(f"before {base}, cache {cache}", environment, **more))
    return groups


def _others(options: argparse.Namespace) -> list[Peer]:
    if options.peers == ["none"]:
        return []
    filters = options.peers if options.peers is not None else ["oxigraph"] * options.quick
    return [peer for peer in peers.others() if matches(peer.name, filters)]


if __name__ == "__main__":
    main()
