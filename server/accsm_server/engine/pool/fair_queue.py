"""A queue for workers in which no client crowds out others.

Clients are served in turn, the queries of a client in their order. A client gets a worker only if
more are free than it has already: one client alone gets half of them, and the next one that comes
finds one free. The places in the queue are shared out in the same way. A worker goes straight from
the client that is done to the next one, because a pool that anyone may take from starves those
that wait.
"""

import asyncio
from collections import deque
from typing import Generic, Protocol, TypeVar

from accsm_server.errors import Overloaded, QueryError


class Member(Protocol):
    """What a queue must know of a worker."""

    client: str
    """Whom it works for, or worked for last."""
    ended: bool
    """Whether it was dropped."""


W = TypeVar("W", bound=Member)


class FairQueue(Generic[W]):
    """The workers of one kind and the queries that wait for them."""

    def __init__(self, places: int) -> None:
        """Let ``places`` queries wait."""
        self.waiting = 0
        self._places = places
        self._free: list[W] = []
        self._busy: dict[str, int] = {}
        self._lines: dict[str, deque[asyncio.Future[W]]] = {}

    @property
    def busy(self) -> int:
        """Return how many workers are at work."""
        return sum(self._busy.values())

    def take(self, client: str) -> W | None:
        """Return a worker for ``client`` if it may have one now."""
        return self._hand_out(client) if self._may(client) else None

    async def acquire(self, client: str, until: float) -> W:
        """Return a worker for ``client``; raises QueryError when there is none ``until`` then."""
        if worker := self.take(client):
            return worker
        line = self._lines.get(client, ())
        if self.waiting + len(line) >= self._places:
            raise Overloaded(f"{self.waiting} queries are waiting for a worker already")
        loop = asyncio.get_running_loop()
        place: asyncio.Future[W] = loop.create_future()
        late = Overloaded("no worker became free in time")
        timer = loop.call_at(until, _fail, place, late)
        self._lines.setdefault(client, deque()).append(place)
        self.waiting += 1
        try:
            return await place
        except BaseException:
            self._leave(client, place)
            raise
        finally:
            timer.cancel()

    def release(self, worker: W) -> None:
        """Take back a worker that has answered."""
        self._forget(worker)
        self.add(worker)

    def add(self, worker: W) -> None:
        """Take a worker that is new."""
        self._free.append(worker)
        self._serve()

    def _serve(self) -> None:
        while (client := next(filter(self._may, self._lines), None)) is not None:
            place = self._next(client)
            if not place.done():
                place.set_result(self._hand_out(client))

    def drop(self, worker: W) -> None:
        """Forget a worker that has ended."""
        if worker in self._free:
            self._free.remove(worker)
        else:
            self._forget(worker)
            self._serve()

    def fail(self, error: QueryError) -> None:
        """Fail every query that waits."""
        for client in list(self._lines):
            while client in self._lines:
                _fail(self._next(client), error)

    def _may(self, client: str) -> bool:
        return len(self._free) > self._busy.get(client, 0)

    def _hand_out(self, client: str) -> W:
        worker = self._free.pop()  # the one that worked last: its memory is warm
        worker.client = client
        self._busy[client] = self._busy.get(client, 0) + 1
        return worker

    def _forget(self, worker: W) -> None:
        left = self._busy.pop(worker.client) - 1
        if left:
            self._busy[worker.client] = left

    def _next(self, client: str) -> asyncio.Future[W]:
        """Take the oldest query of ``client``, whose turn comes again after the others'."""
        line = self._lines.pop(client)
        place = line.popleft()
        self.waiting -= 1
        if line:
            self._lines[client] = line
        return place

    def _leave(self, client: str, place: asyncio.Future[W]) -> None:
        line = self._lines.get(client, deque())
        if place in line:
            line.remove(place)
            self.waiting -= 1
            if not line:
                del self._lines[client]
        elif not place.cancelled() and not place.exception():  # handed to who has just left
            worker = place.result()
            if not worker.ended:
                self.release(worker)


def _fail(place: asyncio.Future[W], error: QueryError) -> None:
    if not place.done():
        place.set_exception(error)
