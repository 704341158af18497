"""Turn `python -m tests.benchmarks DATASET` into build/bench/bench.md and bench.svg."""

import argparse
import resource
import time
from contextlib import ExitStack
from pathlib import Path
from random import Random
from shutil import rmtree

from pyoxigraph import DefaultGraph, RdfFormat

from accsm_kg.namespaces import BASE, CONVENTIONS
from accsm_kg.rdf import dataset

from . import answers, chart, hostile, load, mix, peers, probe, report
from .load import Figures
from .mix import Template
from .peers import Peer, Running
from .report import Run

OFF, ON = "ours, cache off", "ours, cache on"
_MEMORY = 4 << 30  # bytes a server without a limit of its own may map when queries are hostile
_ATTACK = ("--address=127.0.0.2", "--connections=8", "--patience=2")
_LONG = 5  # seconds of the mix, alone and beside hostile queries, and of what is slow
_LONGEST = 20  # seconds of what is slower still


def main() -> None:
    """Read the command line, measure, write the report."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("dataset", type=Path, nargs="?", default=Path("build/accsm.nq"))
    parser.add_argument("--quick", action="store_true", help="one round, and only Oxigraph beside")
    parser.add_argument("--rounds", type=int, default=2, help="seconds that each template gets")
    parser.add_argument("--peers", nargs="*", help="words of the names of the servers beside ours")
    parser.add_argument("--templates", nargs="*", help="words of the names of the templates")
    parser.add_argument("--out", type=Path, default=Path("build/bench"))
    options = parser.parse_args()
    wanted = options.peers if options.peers is not None else ["oxigraph"] * options.quick
    beside = [peer for peer in peers.others() if _named(peer.name, wanted)]
    servers = [peers.ours(OFF, cache="0"), peers.ours(ON), *beside]
    run = measure(options, servers, 1 if options.quick else options.rounds)
    (options.out / "bench.md").write_text(report.markdown(run))
    (options.out / "bench.svg").write_text(chart.draw(run))
    print(report.markdown(run))


def _named(name: str, words: list[str] | None) -> bool:
    return not words or any(word.lower() in name.lower() for word in words)


def measure(options: argparse.Namespace, servers: list[Peer], rounds: int) -> Run:
    """Start the servers side by side and measure one after the other."""
    work: Path = (options.out / "run").absolute()
    rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    store = dataset.load(options.dataset, CONVENTIONS)
    store.dump(work / "graph.nt", RdfFormat.N_TRIPLES, from_graph=DefaultGraph())
    triples = sum(1 for _ in store.quads_for_pattern(None, None, None, DefaultGraph()))
    run = Run([server.name for server in servers], triples, rounds)
    templates = [t for t in mix.templates(store) if _named(t.name, options.templates)]
    with ExitStack() as stack:
        running = []
        for peer in servers:
            folder = work / peer.name.replace(", ", "-").replace(" ", "-")
            started = peers.running(
                peer, options.dataset.absolute(), work / "graph.nt", folder, triples
            )
            running.append(stack.enter_context(started))
            run.versions[peer.name] = peer.version
            run.ready[peer.name] = running[-1].ready
            _say(f"{peer.name} {peer.version} is ready after {running[-1].ready:.1f} s")
        _compare(run, templates, running)
        _load(run, templates, running, work)
        if load.WRK:
            _load_new(run, templates, running[:4], work)
        _load(run, mix.pages(store, dataset.base_iri(store, BASE)), running[:2], work)
        run.memory = {server.peer.name: probe.memory(server.pid) for server in running}
        for server in running[:3:2]:
            _beside_hostile(run, templates, server, work)
    return run


def _compare(run: Run, templates: list[Template], running: list[Running]) -> None:
    for template in templates:
        for server in running[1:]:
            found = answers.differences(template, server, running[0])
            if found:
                run.different[server.peer.name, template.name] = found
                _say(f"{server.peer.name}, {template.name}: {found}")


def _load(run: Run, templates: list[Template], running: list[Running], work: Path) -> None:
    """Measure each template at each server for a second a round, the servers in turn."""
    for template in templates:
        seen: dict[str, list[Figures]] = {server.peer.name: [] for server in running}
        for turn in range(run.rounds):
            for server in Random(f"{template.name} {turn}").sample(running, len(running)):
                seen[server.peer.name].append(_second(template, server, work, turn))
        run.figures[template.name] = {name: load.middle(found) for name, found in seen.items()}
        rates = (f"{name} {found.rate:.0f}" for name, found in run.figures[template.name].items())
        _say(f"{template.name}: {', '.join(rates)} /s")


def _load_new(run: Run, templates: list[Template], running: list[Running], work: Path) -> None:
    """Measure each template at each server for a second, with a new query each time."""
    for template in templates:
        for place, server in enumerate(running, 1):
            file = load.write(
                work / "requests", template.accept, template.paths(server.peer.endpoint)
            )
            seen = load.finish(load.start(server.port, file, 1, 1_000_000 * place, new=True))
            run.new.setdefault(template.name, {})[server.peer.name] = seen
    _say("new queries are measured")


def _second(template: Template, server: Running, work: Path, turn: int) -> Figures:
    paths = template.paths(server.peer.endpoint)
    file = load.write(work / "requests", template.accept, paths)
    for seconds in (1, _LONG, _LONGEST):  # some need longer for a single answer
        server_before, machine_before = probe.seconds(server.pid), probe.machine()
        figures = load.finish(load.start(server.port, file, seconds, turn * 7))
        if figures.answers:
            break
    return figures.with_cpu(
        probe.seconds(server.pid) - server_before, probe.machine() - machine_before
    )


def _beside_hostile(run: Run, templates: list[Template], server: Running, work: Path) -> None:
    """Measure the mix of all templates alone, then beside a stream of hostile queries."""
    paths = [
        template.paths(server.peer.endpoint)[n % len(template.instances)]
        for template in templates
        for n in range(100)
    ]
    Random(0).shuffle(paths)
    file = load.write(work / "mix", f"{mix.RESULTS}, {mix.GRAPH}", paths)
    bad = hostile.requests()
    attack = load.write(work / "hostile", bad.accept, bad.paths(server.peer.endpoint))
    alone = load.finish(load.start(server.port, file, _LONG))
    if server.peer.name not in (OFF, ON):
        resource.prlimit(server.pid, resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    attacker = load.start(server.port, attack, _LONG + 2, 0, *_ATTACK)
    time.sleep(1)
    beside = load.finish(load.start(server.port, file, _LONG))
    attacked = load.finish(attacker)
    run.hostile[server.peer.name] = alone, beside, attacked
    _say(f"{server.peer.name}: p99 {alone.p99:.1f} ms alone, {beside.p99:.1f} ms beside hostile")


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
