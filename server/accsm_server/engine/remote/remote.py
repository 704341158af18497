"""A query engine elsewhere: any endpoint of the SPARQL 1.1 Protocol.

A query is parsed by a worker of a pool without data, so that one that crashes the parser harms
nothing; then `reading` refuses what engines add to SPARQL. It is sent with the dataset that it is
about, and its answer is received and parsed to its end before the first byte is passed on.

An engine goes on with a query after its client has hung up. So a query holds one of the places of
the engine until the engine is done or the time limit of this server is over, whatever its client
does. The places are shared between clients as the workers of a pool are; pages have their own. For
a minute after a query of it lasted over a second, a client shares a quarter of the places with
others like it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count, islice
from typing import Self

import pyoxigraph
from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, RdfFormat, Store, Triple

from accsm_kg.rdf import dataset
from accsm_kg.rdf.dataset import Conventions
from accsm_kg.rdf.query_scanner import SHORT, scan
from accsm_server.engine.interface import CLIENT, Query, Table, fetch, table
from accsm_server.engine.pool.answer_stream import AnswerStream
from accsm_server.engine.pool.closure import surroundings
from accsm_server.engine.pool.dataset_view import DatasetView
from accsm_server.engine.pool.fair_queue import FairQueue
from accsm_server.engine.pool.messages import task_of
from accsm_server.engine.pool.pool import Pool
from accsm_server.engine.pool.worker import GRAPHS, write_sorted
from accsm_server.engine.remote import conversion
from accsm_server.engine.remote.conversion import Answered, Wanted
from accsm_server.engine.remote.exchange import (
    GRAPH,
    RESULTS,
    Credentials,
    Exchange,
    Parameters,
    Received,
    overtime,
)
from accsm_server.engine.remote.probe import Probe, counts, dataset_parameters, probe
from accsm_server.engine.remote.reading import Reading, read
from accsm_server.errors import (
    AccessRefused,
    AnswerCut,
    ClientDisconnected,
    DeadlineExceeded,
    EngineError,
    EvaluationError,
    QueryError,
    Stopping,
    StorageFull,
)
from accsm_server.settings import Settings

_LOG = logging.getLogger(__name__)
_INTERNAL = 8  # places for pages, of which one client gets half
_PUBLIC, _HEAVY = 8, 2  # queries of clients at once, and those that last
_SHARED = 2  # of the former, for clients with queries that lasted
_WAITING = 256  # queries of clients that may wait
_LIGHT = 1.0  # seconds after which a query leaves its place, at an engine that ends it then
_PAGES = 4096  # queries of pages that may wait
_PARSING = 5.0  # seconds to parse a query
_KEPT = 1024  # queries that need not be parsed again
_GRACE = 1.0  # seconds for an answer to arrive that the engine ended at the time limit
_CHUNK = 1 << 16
_INLINE = 32 << 10  # bytes of an answer that is converted without a thread
_MOST_NODES = 100_000  # statements about blank nodes
_MOST_DUMPED = 2_000_000  # statements in a file
_PAGE = 5000  # triples asked for at once of an engine that cuts answers
#: The formats of graphs; that of JSON-LD is not pyoxigraph's: see `rdf.json_ld`.
_GRAPHS = {**GRAPHS, "jsonld": RdfFormat.JSON_LD}
#: Makes an answer; is given whether it is still wanted.
Make = Callable[[Callable[[], bool]], Awaitable[Answered]]


class Place:
    """The right to ask the engine one query."""

    def __init__(self) -> None:
        """Be free."""
        self.client = ""
        self.ended = False


@dataclass(frozen=True)
class Checked:
    """A query that was parsed: its variables, None for an ASK or a graph, and how it is sent."""

    variables: list[str] | None
    reading: Reading


class RemoteEngine:
    """An engine elsewhere: see `engine.interface.Engine`."""

    def __init__(self, exchange: Exchange, parser: Pool, found: Probe, settings: Settings) -> None:
        """Use `start` instead, which asks the engine what it holds."""
        self.probe = found
        self.settings = settings
        self._exchange, self._parser = exchange, parser
        self._public: FairQueue[Place] = FairQueue(_WAITING, kept=_PUBLIC - _SHARED)
        self._internal: FairQueue[Place] = FairQueue(_PAGES)
        self._heavy: FairQueue[Place] = FairQueue(_WAITING)
        sizes = (
            (self._public, _PUBLIC),
            (self._heavy, _HEAVY),
            (self._internal, _INTERNAL),
        )
        for queue, size in sizes:
            for _ in range(size):
                queue.add(Place())
        self._checked: dict[tuple[str, bool], Checked] = {}
        self._nodes: asyncio.Task[DatasetView] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._streams: set[AnswerStream] = set()
        self._loop = asyncio.get_running_loop()

    @classmethod
    async def start(
        cls,
        url: str,
        credentials: Credentials,
        conventions: Conventions,
        merged: str,
        settings: Settings,
    ) -> Self:
        """Ask the endpoint at ``url`` what it holds; raises ValueError if it cannot be served.

        ``merged`` names the graph that holds the merge of the data graphs, in full or relative to
        the base of the dataset.
        """
        exchange = Exchange(url, credentials, _PUBLIC + _HEAVY + _INTERNAL + 2)
        try:
            async with asyncio.timeout(max(60, settings.timeout)):
                found = await probe(exchange, conventions.base, merged)
            own = replace(conventions, base=found.base)
            parser = await Pool.start([], own, replace(settings, service=()))
        except QueryError as error:
            await exchange.close()
            raise ValueError(f"{url}: {error}") from None
        except TimeoutError:
            await exchange.close()
            raise ValueError(f"{url}: the engine does not answer in time") from None
        except BaseException:
            await exchange.close()
            raise
        return cls(exchange, parser, found, settings)

    @property
    def base(self) -> str:
        """Return the base IRI of the dataset."""
        return self.probe.base

    @property
    def version(self) -> str:
        """Return a fingerprint of what the engine says of its dataset, as `probe.version` makes."""
        return self.probe.version

    @property
    def modified(self) -> int:
        """Return when the dataset says that it was modified, else when it was first asked."""
        return self.probe.modified

    @property
    def prefixes(self) -> Mapping[str, str]:
        """Return the prefixes that the dataset declares: see `rdf.dataset.prefixes`."""
        return self.probe.prefixes

    @property
    def size(self) -> int:
        """Return the number of statements of the dataset."""
        return self.probe.size

    @property
    def remarks(self) -> Sequence[str]:
        """Return in sentences what users should know of the engine."""
        return self.probe.remarks

    @property
    def stats(self) -> Mapping[str, float]:
        """Return figures for the metrics: see `http.middleware.metrics`."""
        queues = (self._public, self._heavy, self._internal)
        return {
            **self._parser.stats,
            "busy": sum(queue.busy for queue in queues),
            "waiting": sum(queue.waiting for queue in queues),
        }

    async def has_changed(self) -> bool:
        """Return whether the graphs of the engine have other sizes than at the start."""
        _, graphs, merged = await counts(self._exchange, self.probe.merged)
        return (graphs, merged) != (self.probe.graphs, self.probe.merged_size)

    def interrupt_all(self) -> None:
        """End all running and waiting queries, because the server is stopping."""
        error = Stopping("The query was not finished.")
        for queue in (self._public, self._heavy, self._internal):
            queue.fail(error)
        for stream in list(self._streams):
            stream.fail(error)
        self._parser.interrupt_all()

    async def close(self) -> None:
        """Give up all queries and close the connections."""
        for task in [*self._tasks, *([self._nodes] if self._nodes else [])]:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._exchange.close()
        await self._parser.close()

    async def answer(self, query: Query) -> AnswerStream:
        """Return the answer when the engine has sent all of it; raises QueryError."""
        limit = self.settings.timeout
        timeout = min(query.timeout or limit, limit)
        deadline = self._loop.time() + timeout
        if query.dump or query.nodes:
            read = self._dump if query.dump else self._surroundings
            return await self._stream(lambda _: read(query), deadline, timeout)
        if query.parse:
            return await self._parser.answer(query)
        if query.service:
            raise AccessRefused("SERVICE is not passed on to an engine elsewhere.")
        checked = await self._check(query)
        wanted = Wanted(
            task_of(query, self.settings),
            checked.variables,
            query.format in _GRAPHS,
            await self._blank_nodes() if query.closure else None,
            self.probe.cut,
        )
        parameters = self._dataset(query, checked.reading)
        queue, client = self._internal if query.internal else self._public, CLIENT.get()
        place = await queue.take(client, deadline, query.optional)
        moves = self.probe.dialect.keeps_limit and not query.internal and timeout > _LIGHT

        async def make(is_wanted: Callable[[], bool]) -> Answered:
            ask = partial(
                self._ask,
                checked.reading.text,
                GRAPH if wanted.is_graph else RESULTS,
                parameters,
                is_wanted=is_wanted,
            )
            lasts = self._loop.call_later(_LIGHT, queue.remember, client)
            try:
                received = await ask(queue, place, _LIGHT if moves else timeout)
            except DeadlineExceeded:
                if not (moves and is_wanted()):
                    raise
                heavy = await self._heavy.acquire(client, deadline)
                received = await ask(self._heavy, heavy, max(_LIGHT, deadline - self._loop.time()))
            finally:
                lasts.cancel()
            if not is_wanted():
                received.file.close()
                raise ClientDisconnected("The client has disconnected.")
            return await _converted(received, wanted)

        return await self._stream(make, deadline, timeout)

    async def _stream(self, make: Make, deadline: float, timeout: float) -> AnswerStream:
        """Return the answer that ``make`` makes, when it begins; raises QueryError.

        What ``make`` does goes on after the deadline, as the engine does.
        """
        flow = asyncio.Event()
        flow.set()
        stream = AnswerStream(
            self._loop, lambda: None, lambda reads: flow.set() if reads else flow.clear()
        )
        late = DeadlineExceeded(f"The query ran longer than {timeout:g} seconds.")
        timer = self._loop.call_at(deadline, stream.fail, late)
        task = asyncio.create_task(self._run(make, stream, flow, timer))
        self._streams.add(stream)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            await stream.wait_for_first_piece()
        except BaseException:
            stream.close()
            raise
        return stream

    async def _run(
        self, make: Make, stream: AnswerStream, flow: asyncio.Event, timer: asyncio.TimerHandle
    ) -> None:
        try:
            answered = await make(lambda: not stream.complete)
            timer.cancel()
            with answered.file as file:
                piece = file.read(_CHUNK)
                while piece and not stream.complete:
                    stream.put(piece)
                    piece = file.read(_CHUNK)
                    if piece:
                        stream.wake()
                        await flow.wait()
            if not stream.complete:
                stream.end(answered.truncated, answered.rows)
                stream.wake()
        except QueryError as error:
            stream.fail(error)
        except OSError as error:
            stream.fail(StorageFull(f"The answer cannot be kept: {error.strerror}"))
        except BaseException:
            stream.fail(EngineError("The query was not finished."))
            raise
        finally:
            timer.cancel()
            self._streams.discard(stream)

    async def _check(self, query: Query) -> Checked:
        """Return what is known of a query before it is sent; raises QueryError."""
        is_graph, text = query.format in _GRAPHS, query.text
        if known := self._checked.get((text, is_graph)):
            return known
        parsed = Query(
            text, "nt" if is_graph else "json", limit=0, internal=query.internal, timeout=_PARSING
        )
        body, _ = await fetch(self._parser, parsed)
        found = None if is_graph else table(body)
        variables = found.variables if isinstance(found, Table) else None
        if len(text) >= SHORT:
            return await asyncio.to_thread(_checked, text, variables, self.base)
        checked = _checked(text, variables, self.base)
        if len(self._checked) >= _KEPT:
            self._checked.clear()
        self._checked[text, is_graph] = checked
        return checked

    def _dataset(self, query: Query, reading: Reading) -> Parameters:
        """Return the parameters for the dataset of a query; raises EvaluationError."""
        merged, default, named = self.probe.merged, query.default_graphs, query.named_graphs
        for graph in (*default, *named, *reading.graphs):
            if graph not in self.probe.graphs and graph != merged:
                raise EvaluationError(f"There is no graph <{graph}>, and none is fetched.")
        if default or named:
            return dataset_parameters(default, named)
        if reading.graphs or not merged:
            return []
        if "GRAPH" in reading.text.upper():
            return dataset_parameters([merged], self.probe.graphs)
        return [("default-graph-uri", merged)]

    async def _ask(
        self,
        text: str,
        accept: str,
        parameters: Parameters,
        queue: FairQueue[Place],
        place: Place,
        seconds: float,
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> Received:
        """Ask a query at a ``place``, which is free when the engine is done or has had its time."""
        limited = [*parameters, *self.probe.dialect.limit(seconds).items()]
        try:
            async with asyncio.timeout(self.settings.timeout + _GRACE):
                return await self._exchange.ask(text, accept, limited, is_wanted)
        except TimeoutError:
            raise overtime() from None
        finally:
            queue.release(place)

    async def _graph(self, text: str, parameters: Parameters = (), cut: int = 0) -> list[Triple]:
        """Return the answer to a CONSTRUCT of this module; raises QueryError."""
        queue, limit = self._internal, self.settings.timeout
        place = await queue.acquire(CLIENT.get(), self._loop.time() + limit)
        received = await self._ask(text, GRAPH, parameters, queue, place, limit)
        return await asyncio.to_thread(conversion.read_graph, received, cut)

    async def _blank_nodes(self) -> DatasetView:
        """Return all that named graphs say about blank nodes, which no query can name.

        It is read once; if it is more than `_MOST_NODES` statements, nothing is returned.
        """
        if self._nodes is None:
            self._nodes = asyncio.create_task(self._load_nodes())
        try:
            return await asyncio.shield(self._nodes)
        except QueryError:
            self._nodes = None
            raise

    async def _load_nodes(self) -> DatasetView:
        store = Store()
        try:
            for graph in self.probe.graphs:
                text = (
                    f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o "
                    f"FILTER(isBlank(?s) || isBlank(?o)) }} }} LIMIT {_MOST_NODES}"
                )
                found = await self._graph(text, cut=self.probe.cut)
                store.bulk_extend(dataset.place(found, NamedNode(graph)))
        except (AnswerCut, DeadlineExceeded) as error:
            _LOG.warning("Blank nodes are shown without what is said about them: %s", error)
            store = Store()
        if len(store) >= _MOST_NODES:
            _LOG.warning("Blank nodes are shown without what is said about them: too many")
            store = Store()
        return DatasetView(self.base, store, Conventions(self.base))

    async def _surroundings(self, query: Query) -> Answered:
        view, most = await self._blank_nodes(), query.limit or _MOST_NODES
        found = list(islice(surroundings(view, map(BlankNode, query.nodes)), most + 1))
        answered = Answered()
        pyoxigraph.serialize(found[:most], answered.file, format=_GRAPHS[query.format])
        answered.file.seek(0)
        answered.rows = min(len(found), most)
        answered.truncated = f"{most} quads" if len(found) > most else ""
        return answered

    async def _dump(self, query: Query) -> Answered:
        """Return the dataset, or its default graph, sorted as the pool does."""
        if self.size > _MOST_DUMPED:
            raise StorageFull(
                f"The dataset has {self.size} statements; files of it are made up to "
                f"{_MOST_DUMPED}. Ask its operator for a dump of the engine."
            )
        format = _GRAPHS[query.format]
        found: list[Quad] = []
        if format.supports_datasets:
            for graph in self.probe.graphs:
                found += dataset.place(await self._whole(f"GRAPH <{graph}>"), NamedNode(graph))
        default = await self._whole("")
        if format.supports_datasets:
            named = {quad.triple for quad in found}
            default = [triple for triple in default if triple not in named]
        found += dataset.place(default, DefaultGraph())
        return await asyncio.to_thread(_sorted_dump, found, query)

    async def _whole(self, graph: str) -> list[Triple]:
        """Return a graph in parts, if the engine cuts long answers."""
        merged = self.probe.merged
        parameters: Parameters = [("default-graph-uri", merged)] if merged and not graph else []
        triples = f"{graph} {{ ?s ?p ?o }}"
        if not self.probe.cut:
            return await self._graph(f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {triples} }}", parameters)
        found: list[Triple] = []
        for start in count(0, _PAGE):
            text = (
                "CONSTRUCT { ?s ?p ?o } WHERE { SELECT ?s ?p ?o "
                f"{{ {{ SELECT ?s ?p ?o {{ {triples} }} ORDER BY ?s ?p ?o }} }} "
                f"LIMIT {_PAGE} OFFSET {start} }}"
            )
            page = await self._graph(text, parameters)
            found += page
            if len(page) < _PAGE:
                return found
        return found


def _checked(text: str, variables: Sequence[str] | None, base: str) -> Checked:
    """Return a query that was parsed as it is sent; raises QueryError for what is refused.

    The variables of a `SELECT *` are named, as engines order them differently.
    """
    scanned = scan(text)
    if variables and scanned.selects_all:
        star = text.index("*", scanned.form_offset)
        named = " ".join(f"?{name}" for name in variables)
        text = f"{text[:star]} {named} {text[star + 1 :]}"
    if scanned.relative:
        text = f"BASE <{base}> {text}"
    return Checked(None if variables is None else list(variables), read(text))


async def _converted(received: Received, wanted: Wanted) -> Answered:
    if received.size <= _INLINE:
        return conversion.convert(received, wanted)
    return await asyncio.to_thread(conversion.convert, received, wanted)


def _sorted_dump(found: list[Quad], query: Query) -> Answered:
    answered = Answered()
    write_sorted(found, query.format, query.prefixes, answered.file)
    answered.file.seek(0)
    answered.rows = len(found)
    return answered
