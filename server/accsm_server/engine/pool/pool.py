"""Turn queries into answers by handing them to worker processes.

A query that outlives its deadline, takes too much memory or crashes its worker costs that worker,
which is replaced; nobody else notices. Pages have workers of their own, and so have queries that
ask other endpoints: only those workers can reach the network, and each serves one query.
"""

import asyncio
import logging
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from accsm_server.engine.interface import CLIENT, Begun, Query, QueryError
from accsm_server.engine.pool.answer_stream import Stream
from accsm_server.engine.pool.fair_queue import Lane
from accsm_server.engine.pool.fork_client import Zygote
from accsm_server.engine.pool.lasting import Lasting
from accsm_server.engine.pool.worker_handle import Worker
from accsm_server.settings import Settings

_LOG = logging.getLogger(__name__)
_OWN = 4  # workers of the pages: one client alone gets half of them


class Pool:
    """An engine (see `interface.Engine`) of worker processes over one dataset."""

    def __init__(self, zygote: Zygote, settings: Settings) -> None:
        """Use `start` instead."""
        self.settings = settings
        self._visitors: Lane[Worker] = Lane(2 * settings.queue)
        self._own: Lane[Worker] = Lane(2 * settings.queue)
        self._outbound: Lane[Worker] = Lane(2 * settings.queue)
        self._zygote = zygote
        self._workers: set[Worker] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended = 0
        self._closed = False
        self._loop = asyncio.get_running_loop()

    @classmethod
    async def start(cls, path: Path, settings: Settings) -> Self:
        """Load the dataset and return a pool that is ready; raises ValueError or OSError."""
        pool = cls(await Zygote.start(path, settings.memory << 20), settings)
        outbound = settings.workers if settings.service else 0
        sizes = (
            (pool._own, _OWN),
            (pool._visitors, 2 * settings.workers),
            (pool._outbound, outbound),
        )
        for lane, size in sizes:
            for _ in range(size):
                lane.add(await pool._spawn(lane))
        return pool

    @property
    def base(self) -> str:
        """Return the base of the dataset."""
        return self._zygote.base

    @property
    def version(self) -> str:
        """Return the fingerprint of the dataset."""
        return self._zygote.version

    @property
    def load(self) -> Mapping[str, float]:
        """Return how many workers there are and what they do."""
        lanes = (self._visitors, self._own, self._outbound)
        return {
            "workers": len(self._workers),
            "busy": sum(lane.busy for lane in lanes),
            "waiting": sum(lane.waiting for lane in lanes),
            "ended": self._ended,
            "bytes_ahead": Stream.held,
        }

    def fail_all(self) -> None:
        """Give up every query that runs or waits, because the server is stopping."""
        error = QueryError("stopping", "the server is stopping")
        for lane in (self._visitors, self._own, self._outbound):
            lane.fail(error)
        for worker in list(self._workers):
            worker.give_up(error)

    async def close(self) -> None:
        """End every worker."""
        if self._closed:
            return
        self._closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for worker in self._workers:
            worker.transport.close()
        await self._zygote.close()

    def begin(self, query: Query, client: str) -> Stream | None:
        """Ask a worker that is free now; see `accsm_server.engine.interface.Engine`."""
        worker = self._lane(query).take(client)
        return worker.ask(query, *self._times(query)) if worker else None

    async def answer(self, query: Query, begun: Begun | None = None) -> Lasting:
        """Return the answer once its first piece is there, or raise QueryError."""
        assert begun is None or isinstance(begun, Stream)
        deadline, until = self._times(query)

        async def ask() -> Stream:
            worker = await self._lane(query).acquire(CLIENT.get(), until)
            return worker.ask(query, deadline, until)

        return await Lasting.start(query, ask, begun)

    def _lane(self, query: Query) -> Lane[Worker]:
        return self._own if query.own else self._outbound if query.service else self._visitors

    def _times(self, query: Query) -> tuple[float, float]:
        """Return the seconds that ``query`` may take, and when they are over."""
        limit = self.settings.timeout
        deadline = min(query.timeout or limit, limit)
        return deadline, self._loop.time() + deadline

    def finished(self, worker: Worker, retire: bool) -> None:
        """Take back a worker that answered; one that grew too large is replaced."""
        if retire or worker.lane is self._outbound:
            self.replace(worker)
        else:
            worker.lane.release(worker)

    def replace(self, worker: Worker) -> None:
        """End ``worker``, if it has not ended, and put a new one in its place."""
        if not worker.ended and not self._closed:
            worker.ended = True
            self._ended += 1
            self._workers.discard(worker)
            worker.lane.drop(worker)
            task = asyncio.create_task(self._replace(worker))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _replace(self, worker: Worker) -> None:
        worker.explain(await self._zygote.reap(worker.pid))
        worker.transport.close()
        worker.lane.add(await self._spawn(worker.lane))

    async def _spawn(self, lane: Lane[Worker]) -> Worker:
        pid, channel = await self._fork(lane is self._outbound)
        worker = Worker(pid, self, lane)
        self._workers.add(worker)
        await self._loop.create_unix_connection(lambda: worker, sock=channel)
        return worker

    async def _fork(self, outbound: bool) -> tuple[int, socket.socket]:
        while True:
            try:
                return await self._zygote.fork(outbound)
            except (OSError, ValueError) as error:
                _LOG.error("no new worker, trying again in a second: %s", error)
                await asyncio.sleep(1)
