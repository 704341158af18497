"""The figures of one run, and how those of two servers compare."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from math import inf, nan
from statistics import geometric_mean, median

from .load import Figures, medians

Figured = dict[str, dict[str, list[Figures]]]
"""By template, by server: the figures of each round."""


@dataclass
class Run:
    """What was measured; the first server is what the others are compared with."""

    groups: list[list[str]]
    """The servers: today's with the cache off, today's with the cache on, then others. A server of
    an earlier commit stands in the group of the one it is compared with."""
    triples: int
    rounds: int
    base: str = ""
    """The earlier commit."""
    versions: dict[str, str] = field(default_factory=dict)
    ready: dict[str, list[float]] = field(default_factory=dict)
    """Seconds to the first answer, of each start."""
    memory: dict[str, float] = field(default_factory=dict)
    """MiB."""
    queries: Figured = field(default_factory=dict)
    new: Figured = field(default_factory=dict)
    """Where no query is asked twice."""
    pages: Figured = field(default_factory=dict)
    different: dict[tuple[str, str], str] = field(default_factory=dict)
    """By server and template: how its answers differ from those of the first server."""
    hostile: dict[str, list[tuple[Figures, Figures, Figures]]] = field(default_factory=dict)
    """By server, for each round: the mix alone, the mix beside hostile queries, and those."""

    @property
    def servers(self) -> list[str]:
        return list(chain.from_iterable(self.groups))

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Today's server and the earlier one: with the cache off, with the cache on."""
        return [(group[0], group[1]) for group in self.groups if len(group) == 2]

    def seen(self, template: str, server: str) -> Figures:
        """Return the medians of the rounds in which ``server`` was asked ``template``."""
        return medians(self.queries[template][server])

    def alike(self, *servers: str) -> list[str]:
        """Return the templates that ``servers`` all answer as the first server does."""
        return [
            template
            for template in self.queries
            if all(
                (server, template) not in self.different and self.seen(template, server).rate
                for server in servers
            )
        ]

    def ratios(
        self, one: str, other: str, what: str = "rate", new: bool = False
    ) -> dict[str, list[float]]:
        """Return figure ``what`` of ``one`` / of ``other`` in each round, by template."""
        figured = self.new if new else self.queries
        found = {template: figured.get(template, {}) for template in self.alike(one, other)}
        return {
            template: by_round(seen[one], seen[other], what)
            for template, seen in found.items()
            if one in seen and other in seen
        }

    def ratio(self, one: str, other: str, what: str = "rate", new: bool = False) -> float:
        """Return the geometric mean over the templates of the medians of the rounds' ratios."""
        return mean(map(middle, self.ratios(one, other, what, new).values()))

    def growth(self, server: str) -> list[float]:
        """Return p99 of the mix beside hostile queries / alone, of each round."""
        return [
            beside.p99 / alone.p99 if beside.rate and alone.rate else inf
            for alone, beside, _ in self.hostile.get(server, [])
        ]


def by_round(one: list[Figures], other: list[Figures], what: str = "rate") -> list[float]:
    """Return the ratios of two servers' figures ``what``, NaN for a round without an answer."""
    pairs = ((getattr(a, what), getattr(b, what)) for a, b in zip(one, other, strict=True))
    return [a / b if a and b else nan for a, b in pairs]


def mean(ratios: Iterable[float]) -> float:
    """Return the geometric mean of those that are numbers."""
    numbers = [ratio for ratio in ratios if ratio == ratio]
    return geometric_mean(numbers) if numbers else nan


def middle(ratios: Iterable[float]) -> float:
    """Return the median of those that are numbers."""
    numbers = [ratio for ratio in ratios if ratio == ratio]
    return median(numbers) if numbers else nan
