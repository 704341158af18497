"""A queue for workers that is fair to clients.

Waiting clients are served in turn, and the queries of one client in order. Every other turn goes to
the client that came last and has not been served yet: one with a light query need not wait behind
many who came at the same moment with heavy ones. A client gets a worker only if more workers are
free than it already has: a single client gets half of them, and the next client still finds one.
The room in the queue is shared in the same way. A released worker is handed directly to a waiting
client: from a pool that is open to all, newcomers could take it first.

A client whose query became a long one gets for a minute only workers that leave some free for
others: many such clients at once do not hold up those with light queries.
"""

import asyncio
from collections import deque
from itertools import chain
from typing import Generic, Protocol, TypeVar

from accsm_server.errors import Overloaded, QueryError

_REMEMBERED = 60.0  # seconds after which a long query of a client is forgotten


class Worker(Protocol):
    """What the queue needs of a worker."""

    client: str
    """The client of its current or last query; set by the queue."""
    ended: bool
    """Whether its process has ended."""


W = TypeVar("W", bound=Worker)


class FairQueue(Generic[W]):
    """The workers of one kind, and the queries that wait for them."""

    def __init__(self, size: int, kept: int = 0) -> None:
        """Let up to ``size`` queries wait; keep ``kept`` workers for clients without long ones."""
        self.waiting = 0
        self._size, self._kept = size, kept
        self._heavy: dict[str, float] = {}
        """The loop time when the last query of a client became a long one, the oldest first."""
        self._free: list[W] = []
        self._busy: dict[str, int] = {}
        self._waiters: dict[str, deque[asyncio.Future[W]]] = {}
        self._new: dict[str, None] = {}
        """The clients that have not been served since they began to wait, in their order."""
        self._newest_next = False

    @property
    def busy(self) -> int:
        """Return the number of workers that are running a query."""
        return sum(self._busy.values())

    def acquire_nowait(self, client: str) -> W | None:
        """Return a worker for ``client`` if it can have one without waiting."""
        return self._assign(client) if self._can_acquire(client) else None

    def acquire_spare(self, client: str) -> W | None:
        """Return a worker for a query that can be left out, if more are free than busy.

        So such queries never hold more than half of the workers.
        """
        return self.acquire_nowait(client) if len(self._free) > self.busy else None

    async def take(self, client: str, deadline: float, is_optional: bool) -> W:
        """Return a worker: for a query that ``is_optional`` at once, else as `acquire` does."""
        if not is_optional:
            return self.acquire_nowait(client) or await self.acquire(client, deadline)
        if worker := self.acquire_spare(client):
            return worker
        raise Overloaded("No worker can be spared.")

    async def acquire(self, client: str, deadline: float) -> W:
        """Wait for a worker until the loop time ``deadline``; raises Overloaded or QueryError."""
        if worker := self.acquire_nowait(client):
            return worker
        waiters = self._waiters.get(client, ())
        if self.waiting + len(waiters) >= self._size:
            raise Overloaded(f"{self.waiting} queries are already waiting for a worker.")
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[W] = loop.create_future()
        timeout = Overloaded("No worker became free in time.")
        timer = loop.call_at(deadline, _fail, waiter, timeout)
        if not waiters:
            self._new[client] = None
        self._waiters.setdefault(client, deque()).append(waiter)
        self.waiting += 1
        try:
            return await waiter
        except BaseException:
            self._remove_waiter(client, waiter)
            raise
        finally:
            timer.cancel()

    def release(self, worker: W) -> None:
        """Take back a worker whose query has ended."""
        self._remove_busy(worker)
        self.add(worker)

    def add(self, worker: W) -> None:
        """Take a new worker."""
        self._free.append(worker)
        self._wake_waiters()

    def _wake_waiters(self) -> None:
        while (client := self._next_client()) is not None:
            self._newest_next = not self._newest_next
            waiter = self._pop_waiter(client)
            if not waiter.done():
                waiter.set_result(self._assign(client))

    def _next_client(self) -> str | None:
        newest = reversed(self._new) if self._newest_next else ()
        return next(filter(self._can_acquire, chain(newest, self._waiters)), None)

    def drop(self, worker: W) -> None:
        """Remove a worker whose process has ended."""
        if worker in self._free:
            self._free.remove(worker)
        else:
            self._remove_busy(worker)
            self._wake_waiters()

    def leave(self, worker: W) -> None:
        """Remove a worker whose query has become a long one."""
        self.remember(worker.client)
        self.drop(worker)

    def remember(self, client: str) -> None:
        """Keep in mind that a query of ``client`` has become a long one."""
        now = asyncio.get_running_loop().time()
        self._heavy.pop(client, None)
        self._heavy[client] = now
        while self._heavy[oldest := next(iter(self._heavy))] < now - _REMEMBERED:
            del self._heavy[oldest]

    def fail(self, error: QueryError) -> None:
        """Fail all waiting queries."""
        for client in list(self._waiters):
            while client in self._waiters:
                _fail(self._pop_waiter(client), error)

    def _can_acquire(self, client: str) -> bool:
        kept = self._kept if self._is_heavy(client) else 0
        return len(self._free) > self._busy.get(client, 0) + kept

    def _is_heavy(self, client: str) -> bool:
        seen = self._heavy.get(client)
        return seen is not None and asyncio.get_running_loop().time() - seen < _REMEMBERED

    def _assign(self, client: str) -> W:
        worker = self._free.pop()  # the last one used: its memory is warm
        worker.client = client
        self._busy[client] = self._busy.get(client, 0) + 1
        return worker

    def _remove_busy(self, worker: W) -> None:
        left = self._busy.pop(worker.client) - 1
        if left:
            self._busy[worker.client] = left

    def _pop_waiter(self, client: str) -> asyncio.Future[W]:
        """Remove the oldest query of ``client``, and put the client behind the others."""
        self._new.pop(client, None)
        waiters = self._waiters.pop(client)
        waiter = waiters.popleft()
        self.waiting -= 1
        if waiters:
            self._waiters[client] = waiters
        return waiter

    def _remove_waiter(self, client: str, waiter: asyncio.Future[W]) -> None:
        waiters = self._waiters.get(client, deque())
        if waiter in waiters:
            waiters.remove(waiter)
            self.waiting -= 1
            if not waiters:
                del self._waiters[client]
                self._new.pop(client, None)
        elif not waiter.cancelled() and not waiter.exception():  # assigned too late
            worker = waiter.result()
            if not worker.ended:
                self.release(worker)


def _fail(waiter: asyncio.Future[W], error: QueryError) -> None:
    if not waiter.done():
        waiter.set_exception(error)
