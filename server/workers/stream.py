"""Turn pieces that arrive when they like into an answer that is read when its reader likes."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Self

from server.engine import QueryError

#: Bytes read ahead of a slow client, so that it does not hold its worker.
AHEAD = 8 << 20


class Stream:
    """The answer of one worker to one query; see `server.engine.Answer`."""

    def __init__(self, abandon: Callable[[], None], resume: Callable[[], None]) -> None:
        """Start without any piece."""
        self.complete = self.truncated = self.paused = False
        self.waiting = 0
        self._pieces: deque[bytes | QueryError] = deque()
        self._news = asyncio.Event()
        self._abandon, self._resume = abandon, resume

    def __aiter__(self) -> Self:
        """Iterate over the pieces."""
        return self

    async def __anext__(self) -> bytes:
        """Return the next piece; raises QueryError."""
        while not self._pieces:
            if self.complete:
                raise StopAsyncIteration
            self._news.clear()
            await self._news.wait()
        piece = self._pieces.popleft()
        if isinstance(piece, QueryError):
            raise piece
        self.waiting -= len(piece)
        if self.paused and self.waiting < AHEAD:
            self.paused = False
            self._resume()
        return piece

    async def opened(self) -> None:
        """Wait for the first piece; raises QueryError when there is none."""
        while not (self._pieces or self.complete):
            self._news.clear()
            await self._news.wait()
        if self._pieces and isinstance(self._pieces[0], QueryError):
            raise self._pieces[0]

    def put(self, piece: bytes) -> None:
        """Add a piece that arrived."""
        self.waiting += len(piece)
        self._pieces.append(piece)
        self._news.set()

    def end(self, truncated: bool) -> None:
        """Note that all pieces are there."""
        self.complete, self.truncated = True, truncated
        self._news.set()

    def fail(self, error: QueryError) -> None:
        """Note that nothing more will come."""
        if not self.complete:
            self.complete = True
            self._pieces.append(error)
            self._news.set()

    def close(self) -> None:
        """Stop the query if it still runs."""
        if not self.complete:
            self.fail(QueryError("gone", "the client is gone"))
            self._abandon()
