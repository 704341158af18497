"""The report of a run in Markdown."""

import os
import platform
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from statistics import geometric_mean, mean, median

from . import beside
from .attackers import ATTACKERS, LIGHT, MOST_LONGEST, MOST_P99
from .copies import COUNT
from .load import CONNECTIONS, WRK, Figures, medians
from .pages import FACTOR, MORE, MOST
from .results import Run, middle
from .tables import table

_GOALS = (
    ("ours, cache on", "oxigraph, memory", 1.0),
    ("ours, cache off", "oxigraph, disk", 1.0),
    ("ours, cache off", "rdflib-endpoint", 15.0),
)


def markdown(run: Run) -> str:
    """Return the report."""
    sections = (
        _introduction, _goals, beside.section, _servers, _queries, _processor_time, _pages,
        _requests, _hostile, _attackers, _differences,
    )  # fmt: skip
    return "\n\n".join(filter(None, (section(run) for section in sections))) + "\n"


def _introduction(run: Run) -> str:
    measured = chain.from_iterable(found.values() for found in run.queries.values())
    seen = list(chain.from_iterable(measured))
    busiest, others = max(each.busy for each in seen), median(each.others for each in seen)
    client = "wrk" if WRK else "tests/benchmarks/client.py (install wrk for a faster one)"
    return f"""# The server compared with others

One run on {datetime.now(UTC):%Y-%m-%d}: {os.cpu_count()} cores ({_processor()}), Python \
{platform.python_version()}, {run.triples} triples. {client} sends from {CONNECTIONS} connections \
in a closed loop on the same machine: it used up to {busiest:.0%} of a core, and other processes \
used {others:.0%}. Each template is measured {run.rounds} x 1 s on each server, in random order; \
figures are medians. Compare only ratios within a run. With the cache on, all answers are cached, \
except where each query is new: this is an upper bound.

![Answers a second](bench.svg)"""


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(": ")[2]
    return platform.machine()


def _goals(run: Run) -> str:
    pairs = [(today, before, beside.MIN_RATE) for today, before in run.pairs]
    rows = [
        [f"{one} / {other}, answers a second", f">= {goal:g}", f"{run.ratio(one, other):.2f}"]
        for one, other, goal in (*_GOALS, *pairs)
        if {one, other} <= set(run.servers)
    ]
    if growth := run.growth(run.servers[0]):
        name = "p99 of the mix, beside hostile queries / alone"
        rows.append([name, f"<= {beside.GROWTH:g}", f"{middle(growth):.2f}"])
    if found := run.attackers.get(run.servers[0]):
        name = f"light queries beside {ATTACKERS} attackers"
        rows.append([f"{name}, answered", f"{found.asked}", f"{len(found.times)}"])
        for what, share, most in (("p99", 0.99, MOST_P99), ("the longest", 1, MOST_LONGEST)):
            rows.append([f"{name}, {what}, s", f"<= {most:g}", f"{found.time(share):.2f}"])
    if run.requests:
        times = median(page.whole / page.allowed for page in run.requests)
        slow = mean(page.slow for page in run.requests)
        name = f"the median page / ({FACTOR:g} x its queries + {MORE:g} ms)"
        rows.append([name, "<= 1", f"{times:.2f}"])
        rows.append([f"page requests of {MOST:g} ms and more over copies", "<= 5 %", f"{slow:.1%}"])
    return f"## Goals\n\n{table(['goal', '', 'here'], rows)}" if rows else ""


def _servers(run: Run) -> str:
    first, second = (group[0] for group in run.groups[:2])
    rows = []
    for server in run.servers:
        used = [run.seen(template, server).cpu for template in run.alike(server)]
        ready = median(run.ready[server])
        rows.append([
            f"{server} {run.versions[server]}",
            f"{ready:.2f} (x{ready / median(run.ready[first]):.2f})",
            f"{run.memory[server]:.0f} (x{run.memory[server] / run.memory[first]:.2f})",
            f"{geometric_mean(max(1.0, each) for each in used):.0f}",
            f"x{run.ratio(server, first, 'p50'):.2f}", f"x{run.ratio(server, first, 'p99'):.2f}",
            f"{run.ratio(first, server):.2f}", f"{run.ratio(second, server):.2f}",
            f"{run.ratio(second, server, new=True):.2f}".replace("nan", ""),
            str(len(run.alike(first, server))),
        ])  # fmt: skip
    head = ["server", "ready, s", "memory (PSS), MiB", "processor, µs an answer", "p50", "p99",
            f"{first} / it", f"{second} / it", f"{second} / it, each query new",
            "templates"]  # fmt: skip
    note = ("Ready: from the start to the first answer, including loading. x: times the first "
            "server. The ratios are geometric means over the templates that both servers answer "
            "alike; the last three are of answers a second.")  # fmt: skip
    return f"## Servers\n\n{table(head, rows)}\n\n{note}"


def _queries(run: Run) -> str:
    rows = []
    for template in run.queries:
        cells = _cells(run.queries[template], run.servers)
        marks = [" ≠" * ((server, template) in run.different) for server in run.servers]
        rows.append([template, *map("".join, zip(cells, marks, strict=True))])
    last = [f"x{run.ratio(server, run.servers[0]):.2f}" for server in run.servers]
    rows.append(["geometric mean", *last])
    head = ["template", *run.servers]
    return f"## Queries: answers a second (p50 / p99 in ms)\n\n{table(head, rows)}"


def _processor_time(run: Run) -> str:
    rows = [
        [template, *(f"{run.seen(template, server).cpu:.0f}" for server in run.servers)]
        for template in run.queries
    ]
    head = ["template", *run.servers]
    return f"## Queries: processor time, µs an answer\n\n{table(head, rows)}"


def _pages(run: Run) -> str:
    servers = [*run.groups[0], *run.groups[1]]
    rows = [[name, *_cells(found, servers)] for name, found in run.pages.items()]
    return f"## Pages\n\n{table(['', *servers], rows)}" if rows else ""


def _requests(run: Run) -> str:
    rows = [
        [page.name, *(f"{ms:.1f}" for ms in (page.engine, page.whole)),
         f"{page.whole / page.allowed:.2f}", f"{page.over_copies:.0f}"]
        for page in run.requests
    ]  # fmt: skip
    head = ["page, cache off", "queries, ms", "whole, ms",
            f"whole / ({FACTOR:g} x queries + {MORE:g} ms)", "p95 over copies, ms"]  # fmt: skip
    note = ("Queries: all that a page asks when nothing is loaded, alone and one after another. "
            "Whole: the median of later requests within the server. The copies are the record "
            f"{COUNT} times under new names.")  # fmt: skip
    return f"## Pages: a request\n\n{table(head, rows)}\n\n{note}" if rows else ""


def _cells(found: dict[str, list[Figures]], servers: list[str]) -> list[str]:
    """Return the cells of ``servers``, with the ratio of each rate to the first one."""
    seen = [medians(found[server]) for server in servers]
    return [_cell(each, seen[0].rate) for each in seen]


def _cell(seen: Figures, base: float) -> str:
    failed = f", {seen.failed} failed" if seen.failed else ""
    ratio = f" x{seen.rate / base:.2f}" if base else ""
    return f"{seen.rate:.0f} ({seen.p50:.2f} / {seen.p99:.2f}{failed}){ratio}"


def _hostile(run: Run) -> str:
    rows = []
    for server, rounds in run.hostile.items():
        alone, mixed, attack = (medians(list(each)) for each in zip(*rounds, strict=True))
        grown = f"x{middle(run.growth(server)):.2f}"
        rows.append([server, _cell(alone, 0), _cell(mixed, 0), grown, f"{attack.answers} answered"])
    head = ["server", "mix alone", "mix beside hostile queries", "p99", "hostile queries"]
    return f"## Hostile queries beside the mix\n\n{table(head, rows)}" if rows else ""


def _attackers(run: Run) -> str:
    rows = [
        [server, f"{len(found.times) / found.asked:.1%}",
         *(f"{found.time(share) * 1e3:.0f}" for share in (0.5, 0.99, 1)), f"{found.memory:.0f}"]
        for server, found in run.attackers.items()
    ]  # fmt: skip
    head = ["server", "light queries answered", "p50, ms", "p99, ms", "longest, ms",
            "more memory (PSS), MiB"]  # fmt: skip
    title = f"{LIGHT} light queries beside {ATTACKERS} attackers"
    return f"## {title}\n\n{table(head, rows)}" if rows else ""


def _differences(run: Run) -> str:
    lines = [f"- {server}, {template}: {how}" for (server, template), how in run.different.items()]
    if not lines:
        return "All servers gave the same answers."
    return "## Different answers (≠, left out of the means)\n\n" + "\n".join(lines)
