"""The buffer between a worker that sends an answer and the response that consumes it."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import ClassVar, Self

from accsm_server.errors import ClientDisconnected, QueryError

#: Bytes buffered for one slow client, so that its worker is free soon, and for all of them.
MAX_BUFFER, MAX_TOTAL = 8 << 20, 256 << 20
_MIN_BUFFER = 64 << 10


class AnswerStream:
    """The answer of a worker to one query: see `engine.interface.Answer`."""

    __slots__ = ("_abandon", "_buffered", "_loop", "_paused", "_pieces", "_set_reading",
                 "_waiter", "complete", "rows", "truncated")  # fmt: skip

    buffered: ClassVar[int] = 0
    """Bytes buffered in all streams."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        abandon: Callable[[], None],
        set_reading: Callable[[bool], None],
    ) -> None:
        """Start empty; ``abandon`` stops the query, ``set_reading`` pauses its worker."""
        self.complete = False
        self.truncated = ""
        self.rows = 0
        self._buffered = 0
        self._paused = False
        self._pieces: deque[bytes | QueryError] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._loop, self._abandon, self._set_reading = loop, abandon, set_reading

    def __aiter__(self) -> Self:
        """Iterate over the pieces as they arrive."""
        return self

    async def __anext__(self) -> bytes:
        """Return the next piece; raises QueryError."""
        while not self._pieces:
            if self.complete:
                raise StopAsyncIteration
            await self._next_event()
        piece = self._pieces.popleft()
        if isinstance(piece, QueryError):
            raise piece
        self._count_buffered(-len(piece))
        return piece

    def whole(self) -> bytes:
        """Return all bytes of an answer that is complete; raises QueryError."""
        pieces = []
        for piece in self._pieces:
            if isinstance(piece, QueryError):
                raise piece
            pieces.append(piece)
        return b"".join(pieces)

    async def wait_for_first_piece(self) -> None:
        """Wait until the answer begins; raises QueryError if it fails instead."""
        while not (self._pieces or self.complete):
            await self._next_event()
        if self._pieces and isinstance(self._pieces[0], QueryError):
            raise self._pieces[0]

    def put(self, piece: bytes) -> None:
        """Add a piece; `wake` must follow."""
        self._pieces.append(piece)
        self._count_buffered(len(piece))

    def end(self, truncated: str, rows: int) -> None:
        """Mark the answer as complete; `wake` must follow."""
        self.complete, self.truncated, self.rows = True, truncated, rows

    def fail(self, error: QueryError) -> None:
        """End the answer with ``error``, and wake the consumer."""
        if not self.complete:
            self.complete = True
            self._pieces.append(error)
            self.wake()

    def wake(self) -> None:
        """Wake the consumer if it is waiting."""
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    def close(self) -> None:
        """Free the buffer, and stop the query if it is still running."""
        self._pieces.clear()
        self._count_buffered(-self._buffered)
        if not self.complete:
            self.fail(ClientDisconnected("The client has disconnected."))
            self._abandon()

    def _next_event(self) -> asyncio.Future[None]:
        """Return a future that `wake` completes."""
        self._waiter = self._loop.create_future()
        return self._waiter

    def _count_buffered(self, more: int) -> None:
        """Count buffered bytes, and pause or resume the worker accordingly."""
        self._buffered += more
        AnswerStream.buffered += more
        full = self._buffered > (MAX_BUFFER if AnswerStream.buffered < MAX_TOTAL else _MIN_BUFFER)
        if full != self._paused and not self.complete:
            self._paused = full
            self._set_reading(not full)
