"""A query engine of worker processes that share one dataset in memory.

A query that exceeds its timeout or memory, or crashes its worker, ends that worker, which is
replaced; no other query is affected. Pages have workers of their own. So have queries with SERVICE:
only those workers can connect to other servers, and each of them runs a single query.

A public query that runs long leaves its place: a fresh worker takes that at once, and the query
goes on behind the others, among a bounded number of such. See `long_queries` for who gives way.
"""

import asyncio
import logging
import socket
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Self

from accsm_kg.rdf.dataset import Conventions, Progress
from accsm_server.engine.disk import OpenStore
from accsm_server.engine.interface import CLIENT, Query
from accsm_server.engine.pool.answer_stream import AnswerStream
from accsm_server.engine.pool.budget import INTERNAL, Budget
from accsm_server.engine.pool.fair_queue import FairQueue
from accsm_server.engine.pool.fork_client import ForkClient
from accsm_server.engine.pool.long_queries import LongQueries
from accsm_server.engine.pool.worker_handle import WorkerHandle
from accsm_server.errors import Stopping
from accsm_server.settings import Settings

_LOG = logging.getLogger(__name__)
_DUMPING = 900.0  # seconds at most for a file with the whole dataset
_LONG = 0.1  # seconds after which a public query leaves its place
_LONG_ELSEWHERE = 0.25  # seconds after which another query gets less processor time
_WAITING = 512  # queries that may wait, of which one client gets half
_PAGES = 4096  # the same for queries of pages


class Pool:
    """A pool of worker processes: see `engine.interface.Engine`."""

    def __init__(
        self,
        fork_server: ForkClient,
        settings: Settings,
        budget: Budget,
        long: LongQueries[WorkerHandle],
    ) -> None:
        """Use `start` instead, which loads the dataset."""
        self.settings, self.budget, self._long = settings, budget, long
        self._public: FairQueue[WorkerHandle] = FairQueue(_WAITING, kept=budget.places // 4)
        self._internal: FairQueue[WorkerHandle] = FairQueue(_PAGES)
        self._outbound: FairQueue[WorkerHandle] = FairQueue(_WAITING)
        self._fork_server = fork_server
        self._workers: set[WorkerHandle] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended = 0
        self._closed = False
        self._loop = asyncio.get_running_loop()

    @classmethod
    async def start(
        cls,
        source: Sequence[Path] | OpenStore,
        conventions: Conventions,
        settings: Settings,
        progress: Progress = lambda what, share, lines: None,
        long: LongQueries[WorkerHandle] | None = None,
    ) -> Self:
        """Load files, or open a store, and start workers.

        Its long queries are among ``long``, which pools of one server share. Raises ValueError or
        OSError that names the file.
        """
        budget = Budget.divide(settings.memory, bool(settings.service))
        fork_server = await ForkClient.start(source, conventions, budget.limit << 20, progress)
        shared = LongQueries(budget.long) if long is None else long
        pool = cls(fork_server, settings, budget, shared)
        sizes = (
            (pool._internal, INTERNAL),
            (pool._public, budget.places),
            (pool._outbound, budget.outbound),
        )
        for queue, size in sizes:
            for _ in range(size):
                queue.add(await pool._spawn(queue))
        return pool

    @property
    def base(self) -> str:
        """Return the base IRI of the dataset."""
        return self._fork_server.base

    @property
    def version(self) -> str:
        """Return the fingerprint of the dataset, a SHA-256 in hexadecimal."""
        return self._fork_server.version

    @property
    def modified(self) -> int:
        """Return when the files of the dataset were last modified, as a Unix time."""
        return self._fork_server.modified

    @property
    def prefixes(self) -> Mapping[str, str]:
        """Return the prefixes that the dataset declares: see `rdf.dataset.prefixes`."""
        return self._fork_server.prefixes

    @property
    def size(self) -> int:
        """Return the number of statements of the dataset."""
        return self._fork_server.size

    @property
    def remarks(self) -> Sequence[str]:
        """Return none: answers are those of this version."""
        return ()

    @property
    def stats(self) -> Mapping[str, float]:
        """Return figures for the metrics: see `http.middleware.metrics`."""
        queues = (self._public, self._internal, self._outbound)
        return {
            "workers": len(self._workers),
            "busy": sum(queue.busy for queue in queues) + len(self._long),
            "long": len(self._long),
            "waiting": sum(queue.waiting for queue in queues),
            "ended": self._ended,
            "bytes_ahead": AnswerStream.buffered,
        }

    def interrupt_all(self) -> None:
        """End all running and waiting queries, because the server is stopping."""
        error = Stopping("The query was not finished.")
        for queue in (self._public, self._internal, self._outbound):
            queue.fail(error)
        for worker in list(self._workers):
            worker.interrupt(error)

    async def close(self) -> None:
        """Kill all workers."""
        if self._closed:
            return
        self._closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for worker in self._workers:
            worker.transport.close()
            self._long.discard(worker)
        await self._fork_server.close()

    async def answer(self, query: Query) -> AnswerStream:
        """Return the answer as soon as its first bytes have arrived; raises QueryError."""
        limit = max(_DUMPING, self.settings.timeout) if query.dump else self.settings.timeout
        timeout = min(query.timeout or limit, limit)
        deadline = self._loop.time() + timeout
        queue, client = self._queue(query), CLIENT.get()
        worker = await queue.take(client, deadline, query.optional)
        answer = worker.run(query, timeout, deadline)
        try:
            await answer.wait_for_first_piece()
        except BaseException:
            answer.close()
            raise
        return answer

    def _queue(self, query: Query) -> FairQueue[WorkerHandle]:
        return (
            self._internal if query.internal else self._outbound if query.service else self._public
        )

    def finished(self, worker: WorkerHandle, retire: bool) -> None:
        """Take back a worker whose query has ended; replace it if ``retire``, or after SERVICE."""
        if retire or worker.queue is self._outbound:
            self.replace(worker)
        else:
            worker.queue.release(worker)

    def became_long(self, worker: WorkerHandle) -> None:
        """Give the place of a public ``worker`` to a fresh one; one long query may give way."""
        if worker.queue is self._public and not worker.ended:
            worker.queue.leave(worker)
            self._run(self._fill_place(worker.queue))
            if (last := self._long.admit(worker)) is not None:
                last.give_way(worker)

    def replace(self, worker: WorkerHandle, lost: bool = False) -> None:
        """Kill ``worker``, or reap it if it is ``lost``; start another if it is in a place."""
        if not worker.ended and not self._closed:
            worker.ended = True
            self._ended += 1
            self._workers.discard(worker)
            in_place = not self._long.discard(worker)
            if in_place:
                worker.queue.drop(worker)
            self._run(self._replace(worker, lost, in_place))

    async def _replace(self, worker: WorkerHandle, lost: bool, in_place: bool) -> None:
        try:
            if lost:
                worker.fail(await self._fork_server.reap(worker.pid))
            else:
                await self._fork_server.kill(worker.pid)
        finally:
            worker.transport.close()
        if in_place:
            await self._fill_place(worker.queue)

    async def _fill_place(self, queue: FairQueue[WorkerHandle]) -> None:
        queue.add(await self._spawn(queue))

    def _run(self, work: Coroutine[None, None, None]) -> None:
        """Run ``work`` in a task, which `close` cancels."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _spawn(self, queue: FairQueue[WorkerHandle]) -> WorkerHandle:
        pid, channel = await self._fork(queue is self._outbound)
        long_after = _LONG if queue is self._public else _LONG_ELSEWHERE
        worker = WorkerHandle(pid, self, queue, long_after)
        try:
            await self._loop.create_unix_connection(lambda: worker, sock=channel)
        except BaseException:
            channel.close()
            raise
        self._workers.add(worker)
        return worker

    async def _fork(self, outbound: bool) -> tuple[int, socket.socket]:
        while True:
            try:
                return await self._fork_server.fork(outbound)
            except (OSError, ValueError) as error:
                _LOG.error("cannot start a worker, retrying in 1 s: %s", error)
                await asyncio.sleep(1)
