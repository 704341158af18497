"""Reloads the dataset when its files change, without dropping a request.

The old dataset is served until the new one is loaded, and is closed when its last request has
ended. If the new one cannot be loaded or is much smaller, the old one remains.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

from accsm_kg.namespaces import CONVENTIONS, MERGED
from accsm_kg.quality import report
from accsm_kg.rdf import dataset
from accsm_kg.rdf.dataset import Progress
from accsm_kg.terminal import Told
from accsm_server.engine import disk
from accsm_server.engine.disk import OpenStore
from accsm_server.engine.interface import CLIENT, Engine
from accsm_server.engine.pool.budget import Budget
from accsm_server.engine.pool.long_queries import LongQueries
from accsm_server.engine.pool.pool import Pool
from accsm_server.engine.pool.worker_handle import WorkerHandle
from accsm_server.engine.prepared import Prepared
from accsm_server.engine.remote.exchange import Credentials
from accsm_server.engine.remote.remote import RemoteEngine
from accsm_server.errors import Loading, QueryError, ServerError, UnreadableStore
from accsm_server.http import problems
from accsm_server.http.middleware.metrics import Counts
from accsm_server.http.middleware.response_cache import ResponseStore
from accsm_server.pages.queries import Site
from accsm_server.settings import Settings

_LOG = logging.getLogger(__name__)
_INTERVAL = 1.0  # seconds between two checks of the files
_PARSING_MEMORY = 1024  # MiB for workers that only parse, as another engine answers
_PROBED = 60.0  # seconds between two looks at an engine elsewhere
_SHRUNK = (
    "the new dataset has %d statements, still serving the old one with %d: check the build, or set "
    "ACCSM_KEEP=0 and restart"
)

#: Path, modification time in ns, size and inode of the files of the dataset and its report.
Stamp = list[tuple[str, int, int, int]]


@dataclass(eq=False)
class LoadedDataset:
    """A loaded dataset: its engine, application, cache and pages, and its number of requests."""

    engine: Engine
    app: ASGIApp
    cache: ResponseStore
    site: Site
    store: OpenStore | None = None
    in_flight: int = 0
    idle: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the last request in flight has ended."""

    @contextmanager
    def in_use(self) -> Iterator[Site]:
        """Provide the site for one request; the dataset is not closed meanwhile."""
        self.in_flight += 1
        try:
            yield self.site
        finally:
            self.in_flight -= 1
            if not self.in_flight:
                self.idle.set()


@dataclass(frozen=True)
class Endpoint:
    """An engine elsewhere: its URL, and the graph there that holds the merge of the data graphs."""

    url: str
    merged: str = MERGED


class Reloader:
    """ASGI application that passes each request to the application of the current dataset."""

    def __init__(
        self,
        path: Path,
        settings: Settings,
        create_app: Callable[[Engine, Path | None], tuple[ASGIApp, ResponseStore, Site]],
        counts: Counts,
        base: str = "",
        tell: Callable[[str], object] = str,
    ) -> None:
        """Serve the dataset at ``path``; ``create_app`` makes the application
        for its engine and the folder of its store.

        Relative IRIs in the files are resolved against ``base``. ``tell`` gets words on how far the
        first load is.
        """
        self._current: LoadedDataset | None = None
        self.damage = ""
        self._told = Told(lambda words: tell(f"Loading … {words}"))
        self._path, self._settings, self._create, self._counts = path, settings, create_app, counts
        self._conventions = replace(CONVENTIONS, relative=base)
        self.budget = Budget.divide(settings.memory, bool(settings.service))
        self._long: LongQueries[WorkerHandle] = LongQueries(self.budget.long)
        self._loaded_stamp: Stamp = []
        self._lock = asyncio.Lock()
        self._engines: set[Engine] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        try:
            loaded = self.current
        except ServerError as error:
            await problems.send_error(error, scope, receive, send)
            return
        CLIENT.set(scope["request_context"].client)
        with loaded.in_use():
            try:
                await loaded.app(scope, receive, send)
            except Exception:
                scope["request_context"].mark_failed()
                raise

    async def open(self) -> None:
        """Load the dataset; raises ValueError or OSError that names the file."""
        self._current = await self._load(self._told)

    @property
    def current(self) -> LoadedDataset:
        """Return the dataset that is served; raises Loading or UnreadableStore if there is none."""
        if self._current is None:
            raise Loading(detail=self._told.words)
        if self.damage:
            raise UnreadableStore(self.damage)
        return self._current

    async def check(self) -> None:
        """Read the store once, if the dataset is one; what is damaged is logged and `damage`."""
        store = self.current.store
        if store:
            try:
                await asyncio.to_thread(store.check)
            except (ValueError, OSError) as error:
                self.damage = str(error)
                _LOG.error("%s", error)

    async def reload(self) -> None:
        """Load the files again, and serve them if the dataset has changed."""
        async with self._lock:
            try:
                loaded = await self._load()
            except (OSError, ValueError) as error:
                _LOG.error("cannot load the new dataset, still serving the old one: %s", error)
                self._counts.reloads["failed"] += 1
                return
            assert self._current
            served, new = self._current.engine, loaded.engine
            if new.version == served.version:
                self._counts.reloads["unchanged"] += 1
            elif new.size < served.size * self._settings.keep:
                _LOG.error(_SHRUNK, new.size, served.size)
                self._counts.reloads["failed"] += 1
            else:
                self._counts.reloads["done"] += 1
                self._current, loaded = loaded, self._current
                self.damage = ""
            self.start(self._retire(loaded))

    @contextmanager
    def use(self) -> Iterator[Site]:
        """Provide the site that is served, which stays open meanwhile.

        Raises Loading or UnreadableStore if there is none.
        """
        with self.current.in_use() as site:
            yield site

    async def watch(self) -> None:
        """Reload when files have changed and then stayed the same for one interval."""
        before = self._loaded_stamp
        while True:
            await asyncio.sleep(_INTERVAL)
            now = await asyncio.to_thread(_stamp, self._path)
            if now == before and now != self._loaded_stamp and now:
                await self.reload()
            before = now

    def start(self, work: Coroutine[None, None, None]) -> None:
        """Run ``work`` in a task, which `close` cancels."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def interrupt_all(self) -> None:
        """End all running and waiting queries, because the server is stopping."""
        for engine in self._engines:
            engine.interrupt_all()

    async def close(self) -> None:
        """Cancel all tasks and close all engines."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for engine in self._engines:
            await engine.close()

    async def _load(self, progress: Progress = lambda what, share, lines: None) -> LoadedDataset:
        engine, store = await self._start(progress)
        kept = store.path if store else None
        if kept and (kept / disk.ANSWERS).exists():
            engine = Prepared(engine, kept / disk.ANSWERS)
        self._engines.add(engine)
        return LoadedDataset(engine, *self._create(engine, kept), store)

    async def _start(self, progress: Progress) -> tuple[Engine, OpenStore | None]:
        """Return an engine for the dataset as it is now, and its store if it is one on disk.

        Raises ValueError or OSError.
        """
        self._loaded_stamp = _stamp(self._path)
        store = await self._open_store() if disk.is_store(self._path) else None
        source = await asyncio.to_thread(files_of, self._path) if store is None else store
        pool = await Pool.start(source, self._conventions, self._settings, progress, self._long)
        return pool, store

    async def _open_store(self) -> OpenStore:
        """Return the current store; one that takes over is read as a whole before."""
        store = await asyncio.to_thread(disk.open_current, self._path)
        if self._current:
            try:
                await asyncio.to_thread(store.check)
            except BaseException:
                store.close()
                raise
        return store

    async def _retire(self, loaded: LoadedDataset) -> None:
        """Close a dataset when its last request has ended, at most two query timeouts later."""
        with suppress(TimeoutError):
            async with asyncio.timeout(2 * self._settings.timeout):
                while loaded.in_flight:
                    loaded.idle.clear()
                    await loaded.idle.wait()
        self._engines.discard(loaded.engine)
        await loaded.engine.close()
        loaded.site.close()


class EndpointReloader(Reloader):
    """Serves the dataset of an engine elsewhere; a change of its graphs is a new dataset."""

    def __init__(
        self,
        endpoint: Endpoint,
        settings: Settings,
        create_app: Callable[[Engine, Path | None], tuple[ASGIApp, ResponseStore, Site]],
        counts: Counts,
        tell: Callable[[str], object] = str,
    ) -> None:
        """Serve the dataset at ``endpoint``: see `Reloader`."""
        own = replace(settings, memory=_PARSING_MEMORY)
        super().__init__(Path(), own, create_app, counts, tell=tell)
        self._endpoint = endpoint

    async def watch(self) -> None:
        """Ask for the sizes of the graphs every minute, or less often if that takes long."""
        pause = _PROBED
        while True:
            await asyncio.sleep(pause)
            started, engine = asyncio.get_running_loop().time(), self.current.engine
            assert isinstance(engine, RemoteEngine)
            try:
                if await engine.has_changed():
                    await self.reload()
            except (QueryError, ValueError) as error:
                _LOG.error("cannot see whether the dataset has changed: %s", error)
            pause = max(_PROBED, 20 * (asyncio.get_running_loop().time() - started))

    async def _start(self, progress: Progress) -> tuple[Engine, OpenStore | None]:
        endpoint = self._endpoint
        if self._settings.service:
            raise ValueError("ACCSM_SERVICE: SERVICE is not sent to an engine elsewhere; unset it")
        credentials = Credentials(self._settings.endpoint_login, self._settings.endpoint_headers)
        engine = await RemoteEngine.start(
            endpoint.url, credentials, self._conventions, endpoint.merged, self._settings
        )
        return engine, None


def files_of(path: Path) -> list[Path]:
    """Return the files of the dataset at ``path``, and its quality report if there is one."""
    beside = report.beside(path)
    for file in dataset.unread(path) if path.is_dir() else ():
        _LOG.warning("not read, as its suffix is of no RDF: %s", file)
    return [*dataset.files(path), *([beside] if beside else [])]


def _stamp(path: Path) -> Stamp:
    stamp, files = [], []
    if disk.is_store(path):
        return [(disk.stamp(path), 0, 0, 0)]
    beside = path.with_name(report.FILES[0])
    with suppress(OSError):  # the folder is being replaced
        files = [path, beside] if path.is_file() else sorted(path.rglob("*"))
    for file in files:
        with suppress(OSError):
            found = file.stat()
            stamp.append((str(file), found.st_mtime_ns, found.st_size, found.st_ino))
    return stamp
