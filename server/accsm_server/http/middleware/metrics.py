"""What Prometheus reads: requests, queries, times, and what the machine does."""

import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from prometheus_client import ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Receive, Scope, Send

from accsm_server.http.context import RequestContext

_BOUNDS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)  # seconds
#: What each part of the load of an engine or a cache is called.
_LOAD = {
    "workers": (GaugeMetricFamily, "workers", "Worker processes"),
    "busy": (GaugeMetricFamily, "workers_busy", "Worker processes that answer a query"),
    "waiting": (GaugeMetricFamily, "queries_waiting", "Queries that wait for a worker"),
    "ended": (CounterMetricFamily, "workers_ended", "Worker processes that have ended"),
    "bytes_ahead": (GaugeMetricFamily, "answer_ahead_bytes", "Bytes of answers not sent yet"),
    "cache_bytes": (GaugeMetricFamily, "cache_bytes", "Bytes of answers that are kept"),
    "cache_hits": (CounterMetricFamily, "cache_hits", "Requests whose answer was kept"),
    "cache_misses": (CounterMetricFamily, "cache_misses", "Requests whose answer was not kept"),
}


class Metrics:
    """ASGI middleware that counts requests and their responses."""

    def __init__(self, app: ASGIApp, counts: "Counts") -> None:
        """Add the requests to ``app`` to ``counts``."""
        self._app, self._counts = app, counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and count it when it is answered."""
        try:
            await self._app(scope, receive, send)
        finally:
            self._counts.add(scope["request_context"])


class Counts:
    """What was counted since the start, in plain numbers: adding to them takes a microsecond."""

    def __init__(self, namespace: str, places: tuple[str, ...]) -> None:
        """Name metrics after ``namespace``; tell paths apart by the ``places`` they begin with."""
        self._namespace, self._places = namespace, frozenset(places)
        self.requests: Counter[tuple[str, int]] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.reloads: Counter[str] = Counter()
        self.bytes = self.rows = 0
        self._seconds: dict[str, list[float]] = defaultdict(lambda: [0.0] * (len(_BOUNDS) + 2))
        self._process = ProcessCollector(registry=None)

    def add(self, context: RequestContext) -> None:
        """Count one request that has ended."""
        self.bytes += context.size
        place = _place(context.path, self._places)
        if place == "sparql":
            self.outcomes[context.outcome] += 1
            self.rows += context.rows or 0
        self.requests[place, context.status] += 1
        seconds = time.perf_counter() - context.started
        buckets = self._seconds[place]
        buckets[bisect_left(_BOUNDS, seconds)] += 1
        buckets[-1] += seconds

    def report(self, accept: str, load: Mapping[str, float], version: str) -> tuple[bytes, str]:
        """Return all counts and their media type, with the ``load`` now and the dataset's version.

        ``accept`` chooses between the formats that Prometheus reads.
        """
        encode, media_type = choose_encoder(accept)
        families = (*self._counted(), *self._load(load), *self._process.collect())
        info = GaugeMetricFamily(self._name("dataset_info"), "The dataset", labels=["version"])
        info.add_metric([version], 1)
        return encode(_Families((*families, info))), media_type

    def _name(self, name: str) -> str:
        return f"{self._namespace}_{name}"

    def _counted(self) -> Iterator[Metric]:
        yield self._counter("requests", "Responses by path and status", self.requests,
                            "path", "status")  # fmt: skip
        yield self._counter("queries", "Queries at /sparql by outcome", self.outcomes, "outcome")
        yield self._counter("reloads", "New datasets by outcome", self.reloads, "outcome")
        yield CounterMetricFamily(self._name("response_bytes"), "Bytes of bodies", self.bytes)
        yield CounterMetricFamily(self._name("rows"), "Rows and triples of answers", self.rows)
        yield self._histogram()

    def _counter(
        self, name: str, about: str, counts: Mapping[Any, int], *labels: str
    ) -> CounterMetricFamily:
        family = CounterMetricFamily(self._name(name), about, labels=labels)
        for key, number in counts.items():
            values = key if isinstance(key, tuple) else (key,)
            family.add_metric([str(value) for value in values], number)
        return family

    def _histogram(self) -> Metric:
        name = self._name("request_seconds")
        family = HistogramMetricFamily(name, "Time to the end", labels=["path"])
        for place, (*buckets, total) in self._seconds.items():
            sums = [sum(buckets[: place + 1]) for place in range(len(buckets))]
            named = zip((*map(str, _BOUNDS), "+Inf"), sums, strict=True)
            family.add_metric([place], list(named), total)
        return family

    def _load(self, load: Mapping[str, float]) -> Iterator[Metric]:
        for part, number in load.items():
            kind, name, about = _LOAD[part]
            yield kind(self._name(name), about, number)


@lru_cache(maxsize=1024)
def _place(path: str, places: frozenset[str]) -> str:
    """Return the place that ``path`` begins with: one of ``places``, or home or other."""
    first = path.strip("/").partition("/")[0].partition(".")[0]
    return first if first in places else "other" if first else "home"


class _Families(Collector):
    """Families as the library wants to be given them."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families
