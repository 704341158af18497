"""Turn queries into answers by handing them to worker processes, first come, first served.

A query that outlives its deadline, takes too much memory or crashes its worker costs that worker,
which is replaced; nobody else notices. A worker is handed from who is done straight to who has
waited longest, because a queue that anyone may take from starves those who wait.
"""

import asyncio
import logging
import socket
from collections import deque
from pathlib import Path
from typing import Self

from server.engine import Query, QueryError
from server.settings import Settings
from server.workers.process import Worker
from server.workers.stream import Stream
from server.workers.zygote_client import Zygote

_LOG = logging.getLogger(__name__)


class Pool:
    """An engine (see `server.engine.Engine`) of worker processes over one dataset."""

    def __init__(self, zygote: Zygote, settings: Settings) -> None:
        """Use `start` instead."""
        self.base = zygote.base
        self._zygote, self._settings = zygote, settings
        self._free: list[Worker] = []
        self._workers: set[Worker] = set()
        self._visitors = 0
        self._own_line: deque[asyncio.Future[Worker]] = deque()
        self._line: deque[asyncio.Future[Worker]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    @classmethod
    async def start(cls, path: Path, settings: Settings) -> Self:
        """Load the dataset and return a pool that is ready; raises ValueError or OSError."""
        pool = cls(await Zygote.start(path, settings.memory << 20), settings)
        for _ in range(settings.workers + 1):
            pool._release(await pool._spawn())
        return pool

    def fail_all(self) -> None:
        """Give up every query that runs or waits, because the server is stopping."""
        error = QueryError("stopping", "the server is stopping")
        for place in (*self._line, *self._own_line):
            if not place.done():
                place.set_exception(error)
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

    async def answer(self, query: Query) -> Stream:
        """Return the answer once its first piece is there, or raise QueryError."""
        try:
            return await self._attempt(query)
        except QueryError as failure:
            if failure.reason != "crash":
                raise
        return await self._attempt(query)  # its worker was killed from outside: no fault of its own

    async def _attempt(self, query: Query) -> Stream:
        worker = await self._acquire(query.own)
        stream = worker.ask(query, self._settings.timeout)
        try:
            await stream.opened()
        except BaseException:
            stream.close()
            raise
        return stream

    async def _acquire(self, own: bool) -> Worker:
        if self._free and (own or self._visitors < self._settings.workers):
            return self._hand_out(own)
        line = self._own_line if own else self._line
        if len(line) >= self._settings.queue:
            raise QueryError("busy", "too many queries are waiting")
        place: asyncio.Future[Worker] = asyncio.get_running_loop().create_future()
        line.append(place)
        try:
            async with asyncio.timeout(self._settings.timeout):
                return await place
        except BaseException as error:
            if place in line:
                line.remove(place)
            elif (
                not place.cancelled() and not place.exception()
            ):  # a worker was handed to who just left
                self.finished(place.result(), retire=False)
            if isinstance(error, TimeoutError):
                raise QueryError("busy", "no worker became free in time") from None
            raise

    def _hand_out(self, own: bool) -> Worker:
        worker = self._free.pop()
        worker.own = own
        self._visitors += not own
        return worker

    def _release(self, worker: Worker) -> None:
        self._free.append(worker)
        self._serve(self._own_line, own=True)
        if self._visitors < self._settings.workers:
            self._serve(self._line, own=False)

    def _serve(self, line: deque[asyncio.Future[Worker]], own: bool) -> None:
        while self._free and line:
            place = line.popleft()
            if not place.done():
                place.set_result(self._hand_out(own))
                return

    def finished(self, worker: Worker, retire: bool) -> None:
        """Take back a worker that answered; one that grew too large is replaced."""
        if retire:
            self.replace(worker)
        else:
            self._visitors -= not worker.own
            self._release(worker)

    def replace(self, worker: Worker) -> None:
        """End ``worker``, if it has not ended, and put a new one in its place."""
        if not worker.ended and not self._closed:
            worker.ended = True
            self._workers.discard(worker)
            if worker in self._free:
                self._free.remove(worker)
            else:
                self._visitors -= not worker.own
            task = asyncio.create_task(self._replace(worker))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _replace(self, worker: Worker) -> None:
        worker.explain(await self._zygote.reap(worker.pid))
        worker.transport.close()
        self._release(await self._spawn())

    async def _spawn(self) -> Worker:
        pid, channel = await self._fork()
        worker = Worker(pid, self)
        self._workers.add(worker)
        loop = asyncio.get_running_loop()
        await loop.create_unix_connection(lambda: worker, sock=channel)
        return worker

    async def _fork(self) -> tuple[int, socket.socket]:
        while True:
            try:
                return await self._zygote.fork()
            except (OSError, ValueError) as error:
                _LOG.error("no new worker, trying again in a second: %s", error)
                await asyncio.sleep(1)
