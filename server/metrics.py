"""Turn what the server counts into what Prometheus reads."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

_BOUNDS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
_PATHS = ("sparql", "id", "doc", "graph", "ontology", "shapes", "browse", "questions", "dataset",
          "static", "healthz", "metrics")  # fmt: skip


class Metrics(Collector):
    """The counts since the server started; counting is a matter of additions to plain numbers."""

    def __init__(self) -> None:
        """Start at nothing."""
        self.requests: Counter[tuple[str, int]] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.reloads: Counter[str] = Counter()
        self.bytes = self.rows = 0
        self.version = ""
        self._state: Mapping[str, float] = {}
        self._seconds: dict[str, list[float]] = {}
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def count(
        self, path: str, status: int, size: int, seconds: float, note: Mapping[str, Any]
    ) -> None:
        """Count one response; ``note`` is what is known of a query."""
        self.bytes += size
        if path == "/sparql":
            self.outcomes[note["outcome"]] += 1
            self.rows += note.get("rows", 0)
        first = path.strip("/").partition("/")[0].partition(".")[0]
        kind = first if first in _PATHS else "other" if first else "home"
        self.requests[kind, status] += 1
        buckets = self._seconds.setdefault(kind, [0.0] * (len(_BOUNDS) + 2))
        buckets[bisect_left(_BOUNDS, seconds)] += 1
        buckets[-1] += seconds

    def report(self, accept: str, state: Mapping[str, float]) -> tuple[bytes, str]:
        """Return everything, with the ``state`` of the engine now, and its media type."""
        self._state = state
        encode, media_type = choose_encoder(accept)
        return encode(self._registry), media_type

    def collect(self) -> Iterator[Metric]:
        """Yield the families."""
        yield _counter("requests", "Responses by path and status", self.requests, "path", "status")
        yield _counter("queries", "Queries at /sparql by outcome", self.outcomes, "outcome")
        yield _counter("reloads", "New datasets by outcome", self.reloads, "outcome")
        yield CounterMetricFamily("accsm_response_bytes", "Bytes of bodies", self.bytes)
        yield CounterMetricFamily("accsm_rows", "Rows and triples of answers", self.rows)
        yield self._histogram()
        engine = GaugeMetricFamily("accsm_engine", "What the engine does now", labels=["what"])
        for what, value in self._state.items():
            engine.add_metric([what], value)
        yield engine
        dataset = GaugeMetricFamily("accsm_dataset_info", "The dataset", labels=["version"])
        dataset.add_metric([self.version], 1)
        yield dataset

    def _histogram(self) -> Metric:
        family = HistogramMetricFamily("accsm_request_seconds", "Time to the end", labels=["path"])
        for kind, (*buckets, total) in self._seconds.items():
            sums = [sum(buckets[: place + 1]) for place in range(len(buckets))]
            named = zip((*map(str, _BOUNDS), "+Inf"), sums, strict=True)
            family.add_metric([kind], list(named), total)
        return family


def _counter(name: str, about: str, counts: Mapping[Any, int], *labels: str) -> Metric:
    family = CounterMetricFamily(f"accsm_{name}", about, labels=labels)
    for key, number in counts.items():
        values = key if isinstance(key, tuple) else (key,)
        family.add_metric([str(value) for value in values], number)
    return family
