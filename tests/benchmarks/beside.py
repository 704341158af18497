"""The section of the report that compares the current server with an earlier commit."""

from collections.abc import Iterable
from math import isnan

from .results import Run, by_round, mean, middle
from .tables import table

MIN_RATE = 0.97
"""Goal: the least geometric mean of answers per second, today / before."""
GROWTH = 2.0
"""Goal: the greatest factor by which hostile queries raise the p99 of the mix."""
_NOTE = """Today / before: above 1 is better for answers a second, below 1 for all other figures. \
Both are measured directly after each other in each round, and the ratio is taken per round. The \
first number is the geometric mean over the templates of the medians of the rounds; in brackets \
are the lowest and the highest geometric mean of a round. On a busy machine, processor time \
usually varies less than answers a second."""
Rounds = list[list[float]]
"""Ratios by template or other subject, then by round."""


def section(run: Run) -> str:
    """Return the section, or "" if no earlier commit was measured."""
    if not run.base:
        return ""
    head = [f"today / {run.base}", "goal", "cache off", "cache on"]
    return f"""## Beside {run.base}

{table(head, [*_queries(run), *_pages(run), *_processes(run), *_hostile(run)])}

{_NOTE}

{_templates(run)}"""


def _queries(run: Run) -> list[list[str]]:
    rates = [list(run.ratios(*pair).values()) for pair in run.pairs]
    rows = [_row("answers a second", rates, f">= {MIN_RATE:g}")]
    new = [list(run.ratios(*pair, new=True).values()) for pair in run.pairs]
    rows.append(_row("answers a second, each query new", new))
    for figure, name in {"p50": "p50", "p99": "p99", "cpu": "processor time an answer"}.items():
        rows.append(_row(name, [list(run.ratios(*pair, figure).values()) for pair in run.pairs]))
    return rows


def _pages(run: Run) -> list[list[str]]:
    return [
        _row(
            f"answers a second, {name}",
            [[by_round(seen[today], seen[before])] for today, before in run.pairs],
        )
        for name, seen in run.pages.items()
    ]


def _processes(run: Run) -> list[list[str]]:
    memory = [[[run.memory[today] / run.memory[before]]] for today, before in run.pairs]
    today, before = (run.ready[server] for server in run.pairs[0])
    start = [one / other for one, other in zip(today, before, strict=True)]
    return [_row("memory (PSS)", memory), _row("start to first answer", [[start]])]


def _hostile(run: Run) -> list[list[str]]:
    name = "p99 of the mix, beside hostile queries / alone"
    today, before = ([[run.growth(server)]] for server in run.pairs[0])
    return [_row(f"{name}: today", today, f"<= {GROWTH:g}"), _row(f"{name}: {run.base}", before)]


def _row(name: str, measured: list[Rounds], goal: str = "") -> list[str]:
    return [name, goal, *map(_cell, measured), *[""] * (2 - len(measured))]


def _cell(rounds: Rounds) -> str:
    """Return the mean of the medians; for several rounds also the lowest and highest mean."""
    means = [mean(each) for each in zip(*rounds, strict=True)]
    found = mean(map(middle, rounds))
    if isnan(found):
        return ""
    return f"{found:.3f}" + f" ({min(means):.3f} to {max(means):.3f})" * (len(means) > 1)


def _templates(run: Run) -> str:
    columns = [
        run.ratios(*pair, figure, new)
        for figure, new in (("rate", False), ("rate", True), ("cpu", False))
        for pair in run.pairs
    ]
    rows = [[name, *_middles(name, columns)] for name in run.queries]
    head = [
        f"{figure}, cache {cache}"
        for figure in ("answers a second", "each query new", "processor time")
        for cache in ("off", "on")
    ]
    return table([f"today / {run.base}", *head], rows)


def _middles(name: str, columns: Iterable[dict[str, list[float]]]) -> list[str]:
    found = (middle(column.get(name, ())) for column in columns)
    return ["" if isnan(ratio) else f"{ratio:.2f}" for ratio in found]
