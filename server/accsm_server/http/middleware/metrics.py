"""Turn what the server counts into what Prometheus reads."""

from bisect import bisect_left
from collections import Counter
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

from accsm_server.http.visit import Visit

_BOUNDS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
_PATHS = ("sparql", "id", "doc", "graph", "ontology", "shapes", "browse", "questions", "dataset",
          "static", "healthz", "metrics")  # fmt: skip
#: What each part of the load is called.
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
    """The counts since the server started; counting is a matter of additions to plain numbers."""

    def __init__(self) -> None:
        """Start at nothing."""
        self.requests: Counter[tuple[str, int]] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.reloads: Counter[str] = Counter()
        self.bytes = self.rows = 0
        self._seconds: dict[str, list[float]] = {}
        self._process = ProcessCollector(registry=None)

    def count(self, visit: Visit, status: int, size: int, seconds: float) -> None:
        """Count the response of ``size`` bytes that ended a visit after so many ``seconds``."""
        self.bytes += size
        if visit.path == "/sparql":
            self.outcomes[visit.outcome] += 1
            self.rows += visit.rows or 0
        kind = _kind(visit.path)
        self.requests[kind, status] += 1
        buckets = self._seconds.setdefault(kind, [0.0] * (len(_BOUNDS) + 2))
        buckets[bisect_left(_BOUNDS, seconds)] += 1
        buckets[-1] += seconds

    def report(self, accept: str, load: Mapping[str, float], version: str) -> tuple[bytes, str]:
        """Return everything and its media type: also the ``load`` now, of which dataset."""
        encode, media_type = choose_encoder(accept)
        families = (*self._counted(), *_load(load), _dataset(version), *self._process.collect())
        return encode(_Families(families)), media_type

    def _counted(self) -> Iterator[Metric]:
        yield _counter("requests", "Responses by path and status", self.requests, "path", "status")
        yield _counter("queries", "Queries at /sparql by outcome", self.outcomes, "outcome")
        yield _counter("reloads", "New datasets by outcome", self.reloads, "outcome")
        yield CounterMetricFamily("accsm_response_bytes", "Bytes of bodies", self.bytes)
        yield CounterMetricFamily("accsm_rows", "Rows and triples of answers", self.rows)
        yield self._histogram()

    def _histogram(self) -> Metric:
        family = HistogramMetricFamily("accsm_request_seconds", "Time to the end", labels=["path"])
        for kind, (*buckets, total) in self._seconds.items():
            sums = [sum(buckets[: place + 1]) for place in range(len(buckets))]
            named = zip((*map(str, _BOUNDS), "+Inf"), sums, strict=True)
            family.add_metric([kind], list(named), total)
        return family


@lru_cache(maxsize=1024)
def _kind(path: str) -> str:
    """Return the part of the site that ``path`` leads to."""
    first = path.strip("/").partition("/")[0].partition(".")[0]
    return first if first in _PATHS else "other" if first else "home"


class _Families(Collector):
    """Families as the library wants to be given them."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _load(load: Mapping[str, float]) -> Iterator[Metric]:
    for what, number in load.items():
        kind, name, about = _LOAD[what]
        yield kind(f"accsm_{name}", about, number)


def _dataset(version: str) -> Metric:
    dataset = GaugeMetricFamily("accsm_dataset_info", "The dataset", labels=["version"])
    dataset.add_metric([version], 1)
    return dataset


def _counter(name: str, about: str, counts: Mapping[Any, int], *labels: str) -> Metric:
    family = CounterMetricFamily(f"accsm_{name}", about, labels=labels)
    for key, number in counts.items():
        values = key if isinstance(key, tuple) else (key,)
        family.add_metric([str(value) for value in values], number)
    return family
