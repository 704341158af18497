"""Turn the figures of one run into a Markdown report."""

import os
import platform
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import inf, nan
from pathlib import Path
from statistics import geometric_mean, median

from .load import CONNECTIONS, WRK, Figures

_GOALS = (
    ("ours, cache on", "oxigraph, memory", 1.0),
    ("ours, cache off", "oxigraph, disk", 1.0),
    ("ours, cache off", "rdflib-endpoint", 15.0),
)
_WITHIN = 2.0  # times that the p99 of the mix may grow beside hostile queries


@dataclass
class Run:
    """What was measured; the first server is what the others are compared with."""

    servers: list[str]
    triples: int
    rounds: int
    versions: dict[str, str] = field(default_factory=dict)
    ready: dict[str, float] = field(default_factory=dict)
    memory: dict[str, float] = field(default_factory=dict)
    figures: dict[str, dict[str, Figures]] = field(default_factory=dict)
    """By template, by server."""
    new: dict[str, dict[str, Figures]] = field(default_factory=dict)
    """By template, by server: where no query is asked twice."""
    different: dict[tuple[str, str], str] = field(default_factory=dict)
    """How the answers of a server to a template differ from ours."""
    hostile: dict[str, tuple[Figures, Figures, Figures]] = field(default_factory=dict)
    """By server: the mix alone, beside hostile queries, and those."""

    def queries(self, *servers: str) -> list[str]:
        """Return the templates that all of ``servers`` answer, and alike."""
        return [
            template
            for template, found in self.figures.items()
            if len(found) == len(self.servers)
            and all(
                (server, template) not in self.different and found[server].rate > 0
                for server in servers
            )
        ]

    def ratio(self, server: str, other: str, what: str = "rate", new: bool = False) -> float:
        """Return how many times ``what`` of ``other`` ``server`` has: the geometric mean."""
        figures = self.new if new else self.figures
        found = [figures.get(template, {}) for template in self.queries(server, other)]
        pairs = [(getattr(f[server], what), getattr(f[other], what))
                 for f in found if server in f and other in f]  # fmt: skip
        ratios = [one / two for one, two in pairs if one and two]
        return geometric_mean(ratios) if ratios else nan


def markdown(run: Run) -> str:
    """Return the report."""
    sections = (
        _setting, _goals, _servers, _queries, _processor_time, _pages, _hostile, _different,
    )  # fmt: skip
    return "\n\n".join(filter(None, (section(run) for section in sections))) + "\n"


def _setting(run: Run) -> str:
    seen = [each for found in run.figures.values() for each in found.values()]
    busiest, others = max(each.busy for each in seen), median(each.others for each in seen)
    client = "wrk" if WRK else "tests/benchmarks/client.py (install wrk for a faster one)"
    return f"""# Our server beside others

One run on {datetime.now(UTC):%Y-%m-%d}: {os.cpu_count()} cores ({_processor()}), Python \
{platform.python_version()}, {run.triples} triples. {client} sends from {CONNECTIONS} connections \
in closed loop on the same machine: it took up to {busiest:.0%} of a core, and other work took \
{others:.0%}. Each template and server gets {run.rounds} x 1 s, the servers in turn in random \
order; medians. Only ratios within a run mean anything. With the cache on nearly every answer \
was asked before: an upper bound.

![Answers a second](bench.svg)"""


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(": ")[2]
    return platform.machine()


def _goals(run: Run) -> str:
    rows = [
        (f"{ours} / {peer}, answers a second", f">= {goal:g}", run.ratio(ours, peer))
        for ours, peer, goal in _GOALS
        if peer in run.servers
    ]
    first = run.servers[0]
    if first in run.hostile:
        alone, beside, _ = run.hostile[first]
        name = "p99 of the mix, beside hostile queries / alone"
        rows.append((name, f"<= {_WITHIN:g}", _growth(alone, beside)))
    cells = [[name, goal, f"{found:.2f}"] for name, goal, found in rows]
    table = _table(["goal", "", "here"], cells)
    return f"## Goals\n\n{table}"


def _servers(run: Run) -> str:
    first, second = run.servers[:2]
    rows = []
    for server in run.servers:
        used = [run.figures[template][server].cpu for template in run.queries(server)]
        rows.append([
            f"{server} {run.versions[server]}",
            f"{run.ready[server]:.2f} (x{run.ready[server] / run.ready[first]:.2f})",
            f"{run.memory[server]:.0f} (x{run.memory[server] / run.memory[first]:.2f})",
            f"{geometric_mean(max(1.0, each) for each in used):.0f}",
            f"x{run.ratio(server, first, 'p50'):.2f}", f"x{run.ratio(server, first, 'p99'):.2f}",
            f"{run.ratio(first, server):.2f}", f"{run.ratio(second, server):.2f}",
            f"{run.ratio(second, server, new=True):.2f}".replace("nan", ""),
            str(len(run.queries(first, server))),
        ])  # fmt: skip
    head = ["server", "ready, s", "memory (PSS), MiB", "processor, µs an answer", "p50", "p99",
            f"{first} / it", f"{second} / it", f"{second} / it, each query new",
            "templates"]  # fmt: skip
    note = ("Ready: from nothing to the first answer, loading included. x: times that of the first "
            "server. The ratios are geometric means over the templates that both answer alike, the "
            "last three of answers a second.")  # fmt: skip
    return f"## Servers\n\n{_table(head, rows)}\n\n{note}"


def _queries(run: Run) -> str:
    rows = []
    for template in run.queries():
        found = run.figures[template]
        base = found[run.servers[0]].rate
        cells = [
            _cell(found[server], base) + " ≠" * ((server, template) in run.different)
            for server in run.servers
        ]
        rows.append([template, *cells])
    last = [f"x{run.ratio(server, run.servers[0]):.2f}" for server in run.servers]
    rows.append(["geometric mean", *last])
    head = ["template", *run.servers]
    return f"## Queries: answers a second (p50 / p99 in ms)\n\n{_table(head, rows)}"


def _processor_time(run: Run) -> str:
    rows = [
        [template, *(f"{run.figures[template][server].cpu:.0f}" for server in run.servers)]
        for template in run.queries()
    ]
    head = ["template", *run.servers]
    return f"## Queries: processor time, µs an answer\n\n{_table(head, rows)}"


def _cell(seen: Figures, base: float) -> str:
    failed = f", {seen.failed} failed" if seen.failed else ""
    ratio = f" x{seen.rate / base:.2f}" if base else ""
    return f"{seen.rate:.0f} ({seen.p50:.2f} / {seen.p99:.2f}{failed}){ratio}"


def _pages(run: Run) -> str:
    servers = run.servers[:2]
    rows = [
        [template, *(_cell(found[server], found[servers[0]].rate) for server in servers)]
        for template, found in run.figures.items()
        if len(found) < len(run.servers)
    ]
    return f"## Pages\n\n{_table(['', *servers], rows)}" if rows else ""


def _hostile(run: Run) -> str:
    rows = []
    for server, (alone, beside, attack) in run.hostile.items():
        grown = f"x{_growth(alone, beside):.2f}"
        rows.append(
            [server, _cell(alone, 0), _cell(beside, 0), grown, f"{attack.answers} answered"]
        )
    head = ["server", "mix alone", "mix beside hostile queries", "p99", "hostile queries"]
    return f"## Hostile queries beside the mix\n\n{_table(head, rows)}" if rows else ""


def _growth(alone: Figures, beside: Figures) -> float:
    return beside.p99 / alone.p99 if beside.rate and alone.rate else inf


def _different(run: Run) -> str:
    lines = [f"- {server}, {template}: {how}" for (server, template), how in run.different.items()]
    if not lines:
        return "Every server gave the answers that ours gave."
    return "## Answers that are not ours (≠, left out of the means)\n\n" + "\n".join(lines)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
