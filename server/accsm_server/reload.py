"""Turn each new build of the dataset into the edition that is served from then on.

The old one is served until the new one is ready, and is kept open until the requests that it still
answers are done: none is dropped. A build that cannot be read changes nothing.
"""

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path

from accsm_kg.quality import report
from accsm_server.app import create_app
from accsm_server.engine.pool.pool import Pool
from accsm_server.gate import Gate
from accsm_server.http.visit import Edition
from accsm_server.pages.queries import Site
from accsm_server.settings import Settings

_LOG = logging.getLogger(__name__)
_PAUSE = 1.0  # seconds between looks at the files

#: Name, time, size and number of each file of the dataset and of the report on it.
Stamp = list[tuple[str, int, int, int]]


class Editions:
    """The edition that is served, and those before it that still have guests."""

    def __init__(self, path: Path, settings: Settings) -> None:
        """Serve what is at ``path``."""
        self._path, self._settings = path, settings
        self._seen: Stamp = []
        self._order = asyncio.Lock()
        self._pools: set[Pool] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> Edition:
        """Load the dataset and return its edition; raises ValueError or OSError."""
        self._seen = _stamp(self._path)
        pool = await Pool.start(self._path, self._settings)
        self._pools.add(pool)
        site = Site(pool, pool.base, self._settings)
        return Edition(create_app(site), site)

    async def renew(self, gate: Gate) -> None:
        """Serve what the files say now, if that is anything new."""
        async with self._order:
            try:
                edition = await self.open()
            except (OSError, ValueError) as error:
                _LOG.error("still serving the former dataset: %s", error)
                gate.metrics.reloads["failed"] += 1
                return
            if edition.site.engine.version == gate.edition.site.engine.version:
                gate.metrics.reloads["unchanged"] += 1
            else:
                gate.metrics.reloads["done"] += 1
                gate.edition, edition = edition, gate.edition
            self.start(self._retire(edition))

    async def watch(self, gate: Gate) -> None:
        """Renew the edition whenever the files have changed and come to rest."""
        before = self._seen
        while True:
            await asyncio.sleep(_PAUSE)
            now = await asyncio.to_thread(_stamp, self._path)
            if now == before and now != self._seen and now:
                await self.renew(gate)
            before = now

    def start(self, work: Coroutine[None, None, None]) -> None:
        """Do ``work`` in the background until `close`."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def fail_all(self) -> None:
        """Give up every query that runs or waits, because the server is stopping."""
        for pool in self._pools:
            pool.fail_all()

    async def close(self) -> None:
        """End everything."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for pool in self._pools:
            await pool.close()

    async def _retire(self, edition: Edition) -> None:
        """Close an edition when the last of its guests has gone, or can only wait in vain."""
        with suppress(TimeoutError):
            async with asyncio.timeout(2 * self._settings.timeout):
                while edition.guests:
                    edition.empty.clear()
                    await edition.empty.wait()
        for pool in [pool for pool in self._pools if pool is edition.site.engine]:
            self._pools.discard(pool)
            await pool.close()


def _stamp(path: Path) -> Stamp:
    stamp = []
    beside = path.with_name(report.FILES[0])
    for file in [path, beside] if path.is_file() else sorted(path.rglob("*")):
        with suppress(OSError):
            found = file.stat()
            stamp.append((str(file), found.st_mtime_ns, found.st_size, found.st_ino))
    return stamp
