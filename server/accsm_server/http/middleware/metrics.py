"""Metrics for Prometheus: requests, queries, their durations, and the state of the server."""

import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
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
#: The metric of each statistic of an engine or a cache: type, name and help text.
_STATS = {
    "workers": (GaugeMetricFamily, "workers", "Worker processes"),
    "busy": (GaugeMetricFamily, "workers_busy", "Worker processes that are running a query"),
    "long": (GaugeMetricFamily, "queries_long", "Queries that run long and have left their place"),
    "waiting": (GaugeMetricFamily, "queries_waiting", "Queries waiting for a worker"),
    "ended": (CounterMetricFamily, "workers_ended", "Worker processes that have ended"),
    "bytes_ahead": (GaugeMetricFamily, "answer_ahead_bytes", "Bytes of answers in buffers"),
    "cache_bytes": (GaugeMetricFamily, "cache_bytes", "Bytes of cached responses"),
    "cache_hits": (CounterMetricFamily, "cache_hits", "Requests answered from the cache"),
    "cache_misses": (CounterMetricFamily, "cache_misses", "Requests not in the cache"),
}


class Metrics:
    """ASGI middleware that counts requests."""

    def __init__(self, app: ASGIApp, counts: "Counts") -> None:
        """Count requests to ``app`` in ``counts``."""
        self._app, self._counts = app, counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count it when the response has ended."""
        try:
            await self._app(scope, receive, send)
        finally:
            self._counts.add(scope["request_context"])


class Counts:
    """Counts since the start, as plain numbers: an addition takes a microsecond."""

    def __init__(self, namespace: str, segments: Iterable[str]) -> None:
        """Start metric names with ``namespace``; label paths by one of ``segments``."""
        self._namespace, self._segments = namespace, frozenset(segments)
        self.requests: Counter[tuple[str, int]] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.reloads: Counter[str] = Counter()
        self.bytes = self.rows = 0
        self._seconds: dict[str, list[float]] = defaultdict(lambda: [0.0] * (len(_BOUNDS) + 2))
        self._process = ProcessCollector(registry=None)

    def add(self, context: RequestContext) -> None:
        """Count a request that has ended."""
        self.bytes += context.size
        label = _path_label(context.path, self._segments)
        if label == "sparql":
            self.outcomes[context.outcome] += 1
            self.rows += context.rows or 0
        self.requests[label, context.status] += 1
        seconds = time.perf_counter() - context.started
        buckets = self._seconds[label]
        buckets[bisect_left(_BOUNDS, seconds)] += 1
        buckets[-1] += seconds

    def report(self, accept: str, stats: Mapping[str, float], version: str) -> tuple[bytes, str]:
        """Return all metrics and their media type, which ``accept`` chooses.

        ``stats`` are the current figures of engine and cache; ``version`` is the dataset's.
        """
        encode, media_type = choose_encoder(accept)
        families = (*self._count_families(), *self._stat_families(stats), *self._process.collect())
        info = GaugeMetricFamily(self._name("dataset_info"), "The dataset", labels=["version"])
        info.add_metric([version], 1)
        return encode(_Families((*families, info))), media_type

    def _name(self, name: str) -> str:
        return f"{self._namespace}_{name}"

    def _count_families(self) -> Iterator[Metric]:
        yield self._counter("requests", "Requests by path and status", self.requests,
                            "path", "status")  # fmt: skip
        yield self._counter("queries", "Requests to /sparql by outcome", self.outcomes, "outcome")
        yield self._counter("reloads", "Reloads of the dataset by outcome", self.reloads, "outcome")
        yield CounterMetricFamily(self._name("response_bytes"), "Bytes of bodies", self.bytes)
        yield CounterMetricFamily(self._name("rows"), "Rows and triples in answers", self.rows)
        yield self._histogram()

    def _counter(
        self, name: str, help_text: str, counts: Mapping[Any, int], *labels: str
    ) -> CounterMetricFamily:
        family = CounterMetricFamily(self._name(name), help_text, labels=labels)
        for key, number in counts.items():
            values = key if isinstance(key, tuple) else (key,)
            family.add_metric([str(value) for value in values], number)
        return family

    def _histogram(self) -> Metric:
        name = self._name("request_seconds")
        family = HistogramMetricFamily(name, "Duration of requests", labels=["path"])
        for label, (*buckets, total) in self._seconds.items():
            sums = list(accumulate(buckets))
            named = zip((*map(str, _BOUNDS), "+Inf"), sums, strict=True)
            family.add_metric([label], list(named), total)
        return family

    def _stat_families(self, stats: Mapping[str, float]) -> Iterator[Metric]:
        for part, number in stats.items():
            kind, name, help_text = _STATS[part]
            yield kind(self._name(name), help_text, number)


def _path_label(path: str, segments: frozenset[str]) -> str:
    """Return the first segment of ``path`` if it is in ``segments``, else "home" or "other"."""
    first = path.strip("/").partition("/")[0].partition(".")[0]
    return first if first in segments else "other" if first else "home"


class _Families(Collector):
    """The collector that prometheus_client takes for a registry."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families
