"""Measure pages with the cache off: the whole request beside its queries alone."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median, quantiles
from typing import Any

import uvloop
from accsm_server.app import create_dataset_app
from accsm_server.engine.interface import Query
from accsm_server.engine.pool.answer_stream import AnswerStream
from accsm_server.engine.pool.pool import Pool
from accsm_server.http.in_process import ask
from accsm_server.settings import Settings
from pyoxigraph import QueryResultsFormat, QueryTriples, Store
from starlette.types import ASGIApp

from accsm_kg.namespaces import BASE, CONVENTIONS, term
from accsm_kg.rdf import dataset

#: Goals: whole <= FACTOR * engine + MORE for the median page, and a p95 over copies, in ms.
FACTOR, MORE, MOST = 2.0, 3.0, 150.0
_REQUESTS = 20  # of each page
_FIRST = "/search?q=a"  # loads what many pages need
_PATHS = (
    "/", "/projects", "/projects?country=Thailand", "/targets", "/countries", "/documents",
    "/coverage", "/coverage?rows=areas", "/coverage?country=THA", "/timeline",
    "/timeline?scale=history", "/timeline?group=area", "/trace", "/browse",
    "/browse/Evidence", "/search?q=gender", "/dataset", "/ontology", "/questions",
    "/coverage.svg", "/sources", "/quality", "/quality/issues",
    "/doc/source/001?from=101&to=150",
)  # fmt: skip
#: The classes of things with documents to measure, and of those with traces.
_DOCUMENTS = (
    "Project", "StrategicMeasure", "ActionLine", "Country", "PriorityArea", "WorkPlan",
    "SourceText", "Occurrence", "Evidence", "KeyResultArea", "ActionLineElement", "Blueprint",
    "CountryGroup", "PriorityAreaVersion", "ThematicArea", "ResourceCentre", "SupportLink",
    "Document", "Clause", "Body", "Meeting", "Person", "Indicator", "CurationIssue",
    "ReportedStatement", "Event",
)  # fmt: skip
_TRACES = ("Project", "ActionLine", "Country")


@dataclass(frozen=True)
class Page:
    """What a page takes, in ms: its queries alone, and the whole request; medians of requests."""

    name: str
    engine: float
    whole: float
    over_copies: float = float("nan")
    """The 95th percentile of the whole request over a dataset of several copies."""
    slow: float = float("nan")
    """The share of its requests over the copies that take `MOST` and more."""

    @property
    def allowed(self) -> float:
        """Return what the whole request may take."""
        return FACTOR * self.engine + MORE


class _Engine:
    """An engine that keeps the texts of the queries that it is asked."""

    def __init__(self, pool: Pool) -> None:
        self._pool, self.asked = pool, list[str]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pool, name)

    async def answer(self, query: Query) -> AnswerStream:
        self.asked.append(query.text)
        return await self._pool.answer(query)


def measure(path: Path, copies: Path) -> list[Page]:
    """Return what pages take over the dataset at ``path``, and over that of ``copies``."""
    store = dataset.load(path, CONVENTIONS)
    kinds = {name: [name] for name in _PATHS} | _documents(store)
    gc.set_threshold(10_000)  # and uvloop: as the server does
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        pages = runner.run(_measure(path, store, kinds))
        return runner.run(_add_copies(copies, kinds, pages))


def _documents(store: Store) -> dict[str, list[str]]:
    """Return documents and traces of some things of each class."""
    found = {}
    for folder, classes in (("doc", _DOCUMENTS), ("trace", _TRACES)):
        for name in classes:
            of_class = store.quads_for_pattern(None, term("rdf:type"), term(f"accsm:{name}"))
            iris = sorted({str(quad.subject)[1:-1] for quad in of_class})
            chosen = Random(0).sample(iris, min(len(iris), _REQUESTS))
            found[f"/{folder}/ {name}"] = [
                iri.replace(f"{BASE}id/", f"/{folder}/") for iri in chosen
            ]
    return found


async def _measure(path: Path, store: Store, kinds: dict[str, list[str]]) -> list[Page]:
    found = []
    async with _running(path) as engine:
        for name, paths in kinds.items():
            app = await _fresh(engine)  # which has loaded nothing for this page
            times = [await _first(app, engine, store, target) for target in paths]
            whole = [await _seconds(app, target) for target in _repeated(paths)]
            found.append(Page(name, median(times) * 1e3, median(whole) * 1e3))
    return found


async def _add_copies(path: Path, kinds: dict[str, list[str]], pages: list[Page]) -> list[Page]:
    found = []
    async with _running(path) as engine:
        app = await _fresh(engine)
        for page in pages:
            for target in kinds[page.name]:  # what is read of each thing once
                await _seconds(app, target)
            times = [await _seconds(app, target) for target in _repeated(kinds[page.name])]
            p95 = quantiles(times, n=20)[-1]
            slow = sum(each * 1e3 >= MOST for each in times) / len(times)
            found.append(Page(page.name, page.engine, page.whole, p95 * 1e3, slow))
    return found


@asynccontextmanager
async def _running(path: Path) -> AsyncIterator[_Engine]:
    pool = await Pool.start([path], CONVENTIONS, Settings(cache=0))
    try:
        yield _Engine(pool)
    finally:
        await pool.close()


async def _fresh(engine: _Engine) -> ASGIApp:
    app, _, _ = create_dataset_app(engine, Settings(cache=0))
    await _seconds(app, _FIRST)
    return app


async def _first(app: ASGIApp, engine: _Engine, store: Store, target: str) -> float:
    """Return the seconds that the queries of the first request take alone."""
    engine.asked.clear()
    await _seconds(app, target)
    return sum(_alone(store, text) for text in engine.asked if text)


def _alone(store: Store, text: str) -> float:
    start = time.perf_counter()
    results = store.query(text)
    if not isinstance(results, QueryTriples):
        results.serialize(format=QueryResultsFormat.JSON)
    return time.perf_counter() - start


def _repeated(paths: list[str]) -> list[str]:
    return paths * -(-_REQUESTS // len(paths))


async def _seconds(app: ASGIApp, target: str) -> float:
    """Return the seconds of a request, or of that to which it is redirected.

    Raises RuntimeError if it is not answered with 200.
    """
    began = time.perf_counter()
    reply = await ask(app, target)
    seconds = time.perf_counter() - began
    if reply.status == 303:
        return await _seconds(app, reply.headers["location"])
    if reply.status != 200:
        raise RuntimeError(f"{target}: {reply.status}")
    return seconds
