"""An engine of worker processes over one dataset in memory.

A query that outlives its deadline, takes too much memory or crashes its worker costs that worker,
which is replaced; no other query is affected. Pages have workers of their own, and so have queries
that ask other endpoints: only those workers can reach the network, and each serves one query.
"""

import asyncio
import logging
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from accsm_kg.rdf.dataset import Conventions
from accsm_server.engine.interface import CLIENT, Query
from accsm_server.engine.pool.answer_stream import AnswerStream
from accsm_server.engine.pool.fair_queue import FairQueue
from accsm_server.engine.pool.fork_client import ForkClient
from accsm_server.engine.pool.worker_handle import WorkerHandle
from accsm_server.errors import Stopping
from accsm_server.settings import Settings

_LOG = logging.getLogger(__name__)
_INTERNAL = 4  # workers of the pages: one client alone gets half of them


class Pool:
    """An engine (see `interface.Engine`) of worker processes over one dataset."""

    def __init__(self, fork_server: ForkClient, settings: Settings) -> None:
        """Use `start` instead."""
        self.settings = settings
        self._visitors: FairQueue[WorkerHandle] = FairQueue(2 * settings.queue)
        self._internal: FairQueue[WorkerHandle] = FairQueue(2 * settings.queue)
        self._outbound: FairQueue[WorkerHandle] = FairQueue(2 * settings.queue)
        self._fork_server = fork_server
        self._workers: set[WorkerHandle] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended = 0
        self._closed = False
        self._loop = asyncio.get_running_loop()

    @classmethod
    async def start(
        cls, files: Sequence[Path], conventions: Conventions, settings: Settings
    ) -> Self:
        """Load the dataset of ``files`` and return a pool; raises ValueError or OSError."""
        pool = cls(await ForkClient.start(files, conventions, settings.memory << 20), settings)
        outbound = settings.workers if settings.service else 0
        sizes = (
            (pool._internal, _INTERNAL),
            (pool._visitors, 2 * settings.workers),
            (pool._outbound, outbound),
        )
        for queue, size in sizes:
            for _ in range(size):
                queue.add(await pool._spawn(queue))
        return pool

    @property
    def base(self) -> str:
        """Return the base of the dataset."""
        return self._fork_server.base

    @property
    def version(self) -> str:
        """Return the fingerprint of the dataset."""
        return self._fork_server.version

    @property
    def load(self) -> Mapping[str, float]:
        """Return how many workers there are and what they do."""
        queues = (self._visitors, self._internal, self._outbound)
        return {
            "workers": len(self._workers),
            "busy": sum(queue.busy for queue in queues),
            "waiting": sum(queue.waiting for queue in queues),
            "ended": self._ended,
            "bytes_ahead": AnswerStream.held,
        }

    def fail_all(self) -> None:
        """Give up every query that runs or waits, because the server is stopping."""
        error = Stopping("the server is stopping")
        for queue in (self._visitors, self._internal, self._outbound):
            queue.fail(error)
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
        await self._fork_server.close()

    async def answer(self, query: Query) -> AnswerStream:
        """Return the answer once its first piece is there, or raise QueryError."""
        limit = self.settings.timeout
        deadline = min(query.timeout or limit, limit)
        until = self._loop.time() + deadline
        queue, client = self._queue(query), CLIENT.get()
        worker = queue.take(client) or await queue.acquire(client, until)
        answer = worker.ask(query, deadline, until)
        try:
            await answer.opened()
        except BaseException:
            answer.close()
            raise
        return answer

    def _queue(self, query: Query) -> FairQueue[WorkerHandle]:
        return (
            self._internal
            if query.internal
            else self._outbound
            if query.service
            else self._visitors
        )

    def finished(self, worker: WorkerHandle, retire: bool) -> None:
        """Take back a worker that answered; one that grew too large is replaced."""
        if retire or worker.queue is self._outbound:
            self.replace(worker)
        else:
            worker.queue.release(worker)

    def replace(self, worker: WorkerHandle) -> None:
        """End ``worker``, if it has not ended, and put a new one in its place."""
        if not worker.ended and not self._closed:
            worker.ended = True
            self._ended += 1
            self._workers.discard(worker)
            worker.queue.drop(worker)
            task = asyncio.create_task(self._replace(worker))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _replace(self, worker: WorkerHandle) -> None:
        worker.fail(await self._fork_server.kill(worker.pid))
        worker.transport.close()
        worker.queue.add(await self._spawn(worker.queue))

    async def _spawn(self, queue: FairQueue[WorkerHandle]) -> WorkerHandle:
        pid, channel = await self._fork(queue is self._outbound)
        worker = WorkerHandle(pid, self, queue)
        self._workers.add(worker)
        await self._loop.create_unix_connection(lambda: worker, sock=channel)
        return worker

    async def _fork(self, outbound: bool) -> tuple[int, socket.socket]:
        while True:
            try:
                return await self._fork_server.fork(outbound)
            except (OSError, ValueError) as error:
                _LOG.error("cannot start a worker, retrying in 1 s: %s", error)
                await asyncio.sleep(1)
