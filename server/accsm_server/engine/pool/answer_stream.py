"""The answer of one worker: pieces that arrive at its pace and are read at their reader's."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import ClassVar, Self

from accsm_server.errors import ClientGone, QueryError

#: Bytes read ahead of a slow client, so that it does not hold its worker; and of all together.
AHEAD, AHEAD_OF_ALL = 8 << 20, 256 << 20
_LITTLE = 64 << 10


class AnswerStream:
    """The answer of one worker to one query; see `engine.interface.Answer`."""

    __slots__ = ("_abandon", "_flow", "_loop", "_paused", "_pieces", "_reader", "_waiting",
                 "complete", "rows", "truncated")  # fmt: skip

    held: ClassVar[int] = 0
    """Bytes that wait in all streams."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        abandon: Callable[[], None],
        flow: Callable[[bool], None],
    ) -> None:
        """Start without any piece; ``abandon`` ends the query, ``flow`` stops or starts it."""
        self.complete = False
        self.truncated = ""
        self.rows = 0
        self._waiting = 0
        self._paused = False
        self._pieces: deque[bytes | QueryError] = deque()
        self._reader: asyncio.Future[None] | None = None
        self._loop, self._abandon, self._flow = loop, abandon, flow

    def __aiter__(self) -> Self:
        """Iterate over the pieces."""
        return self

    async def __anext__(self) -> bytes:
        """Return the next piece; raises QueryError."""
        while not self._pieces:
            if self.complete:
                raise StopAsyncIteration
            await self._arrival()
        piece = self._pieces.popleft()
        if isinstance(piece, QueryError):
            raise piece
        self._hold(-len(piece))
        return piece

    def whole(self) -> bytes:
        """Return all of an answer that is complete; raises QueryError."""
        pieces = []
        for piece in self._pieces:
            if isinstance(piece, QueryError):
                raise piece
            pieces.append(piece)
        return b"".join(pieces)

    async def opened(self) -> None:
        """Wait for the first piece; raises QueryError when there is none."""
        while not (self._pieces or self.complete):
            await self._arrival()
        if self._pieces and isinstance(self._pieces[0], QueryError):
            raise self._pieces[0]

    def put(self, piece: bytes) -> None:
        """Add a piece that arrived; `wake` must follow."""
        self._pieces.append(piece)
        self._hold(len(piece))

    def end(self, truncated: str, rows: int) -> None:
        """Note that all pieces are there; `wake` must follow."""
        self.complete, self.truncated, self.rows = True, truncated, rows

    def fail(self, error: QueryError) -> None:
        """Note that nothing more will come, and wake the reader."""
        if not self.complete:
            self.complete = True
            self._pieces.append(error)
            self.wake()

    def wake(self) -> None:
        """Wake the reader that waits for something to arrive."""
        if self._reader and not self._reader.done():
            self._reader.set_result(None)

    def close(self) -> None:
        """Stop the query if it still runs."""
        self._pieces.clear()
        self._hold(-self._waiting)
        if not self.complete:
            self.fail(ClientGone("the client is gone"))
            self._abandon()

    def _arrival(self) -> asyncio.Future[None]:
        """Return what is done when something arrives."""
        self._reader = self._loop.create_future()
        return self._reader

    def _hold(self, more: int) -> None:
        """Count the bytes that wait, and stop or start the worker accordingly."""
        self._waiting += more
        AnswerStream.held += more
        full = self._waiting > (AHEAD if AnswerStream.held < AHEAD_OF_ALL else _LITTLE)
        if full != self._paused and not self.complete:
            self._paused = full
            self._flow(not full)
