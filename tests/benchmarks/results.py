"""The figures of one run, and the ratios between servers."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from math import inf, nan
from statistics import geometric_mean, median

from .attackers import Beside
from .load import Figures, medians
from .pages import Page

Figured = dict[str, dict[str, list[Figures]]]
"""The figures of each round, by template and server."""


@dataclass
class Run:
    """The measurements; the other servers are compared with the first one."""

    groups: list[list[str]]
    """The current server with cache off, with cache on, then the others. An earlier commit is in
    the group of the server that it is compared with."""
    triples: int
    rounds: int
    base: str = ""
    """The earlier commit."""
    versions: dict[str, str] = field(default_factory=dict)
    ready: dict[str, list[float]] = field(default_factory=dict)
    """Seconds to the first answer, for each start."""
    memory: dict[str, float] = field(default_factory=dict)
    """MiB."""
    queries: Figured = field(default_factory=dict)
    new: Figured = field(default_factory=dict)
    """The figures for queries that are never repeated."""
    pages: Figured = field(default_factory=dict)
    requests: list[Page] = field(default_factory=list)
    """What each page takes with the cache off."""
    different: dict[tuple[str, str], str] = field(default_factory=dict)
    """How answers differ from those of the first server, by server and template."""
    hostile: dict[str, list[tuple[Figures, Figures, Figures]]] = field(default_factory=dict)
    """Per round, by server: the mix alone, the mix during hostile queries, the hostile queries."""

    attackers: dict[str, Beside] = field(default_factory=dict)
    """Light queries beside sixty attackers, by server."""

    @property
    def servers(self) -> list[str]:
        return list(chain.from_iterable(self.groups))

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The current and the earlier server, with cache off and with cache on."""
        return [(group[0], group[1]) for group in self.groups if len(group) == 2]

    def seen(self, template: str, server: str) -> Figures:
        """Return the medians over the rounds of ``template`` on ``server``."""
        return medians(self.queries[template][server])

    def alike(self, *servers: str) -> list[str]:
        """Return the templates that all ``servers`` answer as the first server does."""
        return [
            template
            for template in self.queries
            if all(
                (server, template) not in self.different and self.seen(template, server).rate
                for server in servers
            )
        ]

    def ratios(
        self, one: str, other: str, figure: str = "rate", new: bool = False
    ) -> dict[str, list[float]]:
        """Return the ratio of ``figure``, ``one`` / ``other``, in each round, by template."""
        figured = self.new if new else self.queries
        found = {template: figured.get(template, {}) for template in self.alike(one, other)}
        return {
            template: by_round(seen[one], seen[other], figure)
            for template, seen in found.items()
            if one in seen and other in seen
        }

    def ratio(self, one: str, other: str, figure: str = "rate", new: bool = False) -> float:
        """Return the geometric mean over templates of the median ratio of ``figure``."""
        return mean(map(middle, self.ratios(one, other, figure, new).values()))

    def growth(self, server: str) -> list[float]:
        """Return the p99 of the mix, during hostile queries / alone, in each round."""
        return [
            beside.p99 / alone.p99 if beside.rate and alone.rate else inf
            for alone, beside, _ in self.hostile.get(server, [])
        ]


def by_round(one: list[Figures], other: list[Figures], figure: str = "rate") -> list[float]:
    """Return the ratio of ``figure`` in each round, NaN for a round without answers."""
    pairs = ((getattr(a, figure), getattr(b, figure)) for a, b in zip(one, other, strict=True))
    return [a / b if a and b else nan for a, b in pairs]


def mean(ratios: Iterable[float]) -> float:
    """Return the geometric mean of the ratios that are not NaN."""
    numbers = [ratio for ratio in ratios if ratio == ratio]
    return geometric_mean(numbers) if numbers else nan


def middle(ratios: Iterable[float]) -> float:
    """Return the median of the ratios that are not NaN."""
    numbers = [ratio for ratio in ratios if ratio == ratio]
    return median(numbers) if numbers else nan
