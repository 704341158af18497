"""Start all servers and measure them in turn."""

import resource
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from pathlib import Path
from random import Random
from shutil import rmtree
from typing import TypeVar

from pyoxigraph import DefaultGraph, RdfFormat, Store

from accsm_kg.namespaces import CONVENTIONS
from accsm_kg.rdf import dataset

from . import answers, attackers, copies, hostile, load, mix, pages, probe, running
from .load import Figures
from .mix import Template
from .results import Figured, Run
from .running import Peer, Running

_MEMORY = 4 << 30  # bytes of address space for servers without a memory limit
_ATTACK = ("--address=127.0.0.2", "--connections=8", "--timeout=2")
_LONG = 5  # seconds for the mix, and for slow templates
_LONGEST = 20  # seconds for the slowest templates
_MAX_REQUESTS = 1_000_000  # more than a client sends in one turn
_GROUPS_NEW = 4  # the groups that are also measured with new queries

T = TypeVar("T")
Start = Callable[[Peer, str], AbstractContextManager[Running]]
"""Starts a server; the second argument names its folder."""


def measure(
    data: Path, work: Path, groups: list[list[Peer]], rounds: int, base: str, filters: list[str]
) -> Run:
    """Return the figures of the servers over ``data``.

    The servers of a group are measured directly after each other in each round. ``filters`` choose
    templates by name; the files of the servers are left in the folder ``work``.
    """
    rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    store, graph = dataset.load(data, CONVENTIONS), work / "graph.nt"
    store.dump(graph, RdfFormat.N_TRIPLES, from_graph=DefaultGraph())
    triples = sum(1 for _ in store.quads_for_pattern(None, None, None, DefaultGraph()))
    run = Run([[peer.name for peer in group] for group in groups], triples, rounds, base)
    start = partial(_start, data=data, graph=graph, work=work, triples=triples)
    with ExitStack() as stack:
        started = [[stack.enter_context(start(peer, peer.name)) for peer in group]
                   for group in groups]  # fmt: skip
        _measure(run, store, started, work, filters)
    run.requests = pages.measure(data, copies.write(data, copies.COUNT, work / "copies.nq"))
    if base:
        run.ready |= _starts(groups[0], rounds, start)
    return run


def order(groups: list[list[T]], name: str, turn: int) -> list[T]:
    """Return the members of ``groups``, shuffled by group; every other turn reverses groups."""
    reverse = (Random(name).randrange(2) + turn) % 2
    shuffled = Random(f"{name} {turn}").sample(groups, len(groups))
    return [each for group in shuffled for each in (group[::-1] if reverse else group)]


def matches(name: str, filters: list[str]) -> bool:
    """Return whether ``name`` contains one of ``filters``; without filters every name does."""
    return not filters or any(word.lower() in name.lower() for word in filters)


def _start(
    peer: Peer, folder: str, data: Path, graph: Path, work: Path, triples: int
) -> AbstractContextManager[Running]:
    path = work / folder.replace(", ", "-").replace(" ", "-")
    return running.run(peer, data.absolute(), graph, path, str(triples))


def _starts(peers: list[Peer], rounds: int, start: Start) -> dict[str, list[float]]:
    """Return the seconds of ``rounds`` starts of each server."""
    ready: dict[str, list[float]] = {peer.name: [] for peer in peers}
    for turn in range(rounds):
        for peer in order([peers], "start", turn):
            with start(peer, f"start {turn} {peer.name}") as server:
                ready[peer.name].append(server.ready)
    return ready


def _measure(
    run: Run, store: Store, groups: list[list[Running]], work: Path, filters: list[str]
) -> None:
    servers = [server for group in groups for server in group]
    for server in servers:
        run.versions[server.peer.name] = server.peer.version
        run.ready[server.peer.name] = [server.ready]
        _log(f"{server.peer.name} {server.peer.version} is ready after {server.ready:.1f} s")
    templates = [each for each in mix.templates(store) if matches(each.name, filters)]
    _compare(run, templates, servers)
    _load(run, run.queries, templates, groups, work)
    if load.WRK:
        _load(run, run.new, templates, groups[:_GROUPS_NEW], work, new=True)
    _load(
        run,
        run.pages,
        mix.pages(store, dataset.base_iri(store, CONVENTIONS.base)),
        groups[:2],
        work,
    )
    run.memory = {server.peer.name: probe.memory(server.pid) for server in servers}
    for turn in range(run.rounds):
        for server in order(groups[:1], "hostile", turn):
            _beside_hostile(run, templates, server, work)
    for server in groups[0]:
        run.attackers[server.peer.name] = _beside_attackers(server)
    for server, *_ in groups[2:3]:  # last, as it may crash
        _beside_hostile(run, templates, server, work)


def _compare(run: Run, templates: list[Template], servers: list[Running]) -> None:
    for template in templates:
        for server in servers[1:]:
            found = answers.differences(template, server, servers[0])
            if found:
                run.different[server.peer.name, template.name] = found
                _log(f"{server.peer.name}, {template.name}: {found}")


def _load(
    run: Run,
    figured: Figured,
    templates: list[Template],
    groups: list[list[Running]],
    work: Path,
    new: bool = False,
) -> None:
    """Measure each template on each server for one second per round."""
    for template in templates:
        seen = figured.setdefault(template.name, {})
        if not new:
            _warm(template, groups[1])
        for turn in range(run.rounds):
            for server in order(groups, template.name, turn):
                found = _second(template, server, work, turn, new)
                seen.setdefault(server.peer.name, []).append(found)
        rates = (f"{name} {load.medians(found).rate:.0f}" for name, found in seen.items())
        _log(f"{template.name}{', each query new' * new}: {', '.join(rates)} /s")


def _warm(template: Template, servers: list[Running]) -> None:
    """Send every request once, to fill the cache."""
    for server in servers:
        for path in template.paths(server.peer.endpoint):
            server.get(path, template.accept)


def _second(template: Template, server: Running, work: Path, turn: int, new: bool) -> Figures:
    paths = template.paths(server.peer.endpoint)
    file = load.write(work / "requests", template.accept, paths)
    for attempt, seconds in enumerate((1, _LONG, _LONGEST)):  # until there is an answer
        first = turn * 7 + new * (3 * turn + attempt) * _MAX_REQUESTS
        server_before, machine_before = probe.seconds(server.pid), probe.machine()
        figures = load.finish(load.start(server.port, file, seconds, first, new=new))
        if figures.answers:
            break
    return figures.with_cpu(
        probe.seconds(server.pid) - server_before, probe.machine() - machine_before
    )


def _beside_hostile(run: Run, templates: list[Template], server: Running, work: Path) -> None:
    """Measure the mix of all templates alone, then during a stream of hostile queries."""
    file = load.write(work / "mix", f"{mix.RESULTS}, {mix.GRAPH}", _mix_paths(templates, server))
    queries = hostile.requests()
    attack = load.write(work / "hostile", queries.accept, queries.paths(server.peer.endpoint))
    alone = load.finish(load.start(server.port, file, _LONG))
    if not server.peer.limits_memory:
        resource.prlimit(server.pid, resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    attacker = load.start(server.port, attack, _LONG + 2, 0, *_ATTACK)
    time.sleep(1)
    beside = load.finish(load.start(server.port, file, _LONG))
    attacked = load.finish(attacker)
    probe.settle(server.pid, _LONG)
    run.hostile.setdefault(server.peer.name, []).append((alone, beside, attacked))
    _log(f"{server.peer.name}: p99 {alone.p99:.1f} ms alone, {beside.p99:.1f} ms beside hostile")


def _beside_attackers(server: Running) -> attackers.Beside:
    found = attackers.measure(server.peer.endpoint, server.port, server.pid)
    probe.settle(server.pid, _LONG)
    _log(
        f"{server.peer.name}: {len(found.times)} of {found.asked} light queries answered beside "
        f"{attackers.ATTACKERS} attackers, the longest in {found.time(1):.2f} s"
    )
    return found


def _mix_paths(templates: list[Template], server: Running) -> list[str]:
    paths = [
        template.paths(server.peer.endpoint)[n % len(template.instances)]
        for template in templates
        for n in range(100)
    ]
    Random(0).shuffle(paths)
    return paths


def _log(text: str) -> None:
    print(text, flush=True)
