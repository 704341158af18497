"""Turn the streams of several workers into one answer, where workers are killed from outside.

The same query over the same dataset is the same bytes (unless it calls RAND and the like), so that
another worker can go on where one was killed. What it says again must have the same checksum.
"""

import asyncio
import zlib
from collections.abc import Awaitable, Callable
from typing import Self

from accsm_kg.rdf.query_scanner import scan
from accsm_server.engine.interface import Query, QueryError
from accsm_server.engine.pool.answer_stream import Stream

_ATTEMPTS = 5  # times a query is tried whose worker was killed by no fault of its own

Ask = Callable[[], Awaitable[Stream]]


class Lasting:
    """An answer that outlives its worker; see `accsm_server.engine.interface.Answer`."""

    def __init__(self, query: Query, ask: Ask) -> None:
        """Use `start` instead."""
        self._query, self._ask = query, ask
        self._left = _ATTEMPTS
        self._sent = self._sum = 0

    @classmethod
    async def start(cls, query: Query, ask: Ask, begun: Stream | None = None) -> Self:
        """Return the answer to ``query`` once its first piece is there; raises QueryError.

        The first worker is the one of ``begun``, if that is given, the others are got by ``ask``.
        """
        answer = cls(query, ask)
        await answer._begin(begun)
        return answer

    @property
    def complete(self) -> bool:
        """Return whether everything has come already."""
        return self._stream.complete

    @property
    def truncated(self) -> str:
        """Return what it was cut after."""
        return self._stream.truncated

    @property
    def rows(self) -> int:
        """Return how many rows it has."""
        return self._stream.rows

    def close(self) -> None:
        """Stop the query if it still runs."""
        self._stream.close()

    def __aiter__(self) -> Self:
        """Iterate over the pieces."""
        return self

    async def __anext__(self) -> bytes:
        """Return the next piece; raises QueryError."""
        while True:
            try:
                piece = await anext(self._stream)
                break
            except QueryError as failure:
                await self._begin_again(failure)
        self._sent += len(piece)
        self._sum = zlib.crc32(piece, self._sum)
        return piece

    async def _begin(self, begun: Stream | None = None) -> None:
        while True:
            self._left -= 1
            stream, begun = begun or await self._ask(), None
            try:
                await stream.opened()
            except QueryError as failure:
                if failure.reason != "crash" or not self._left:
                    raise
            except BaseException:
                stream.close()
                raise
            else:
                self._stream = stream
                return

    async def _begin_again(self, failure: QueryError) -> None:
        """Bring another worker to where the last one was killed; raises why that cannot be."""
        while failure.reason == "crash" and self._left and await self._is_steady():
            await self._begin()
            try:
                return await self._skip(failure)
            except QueryError as again:
                failure = again
        raise failure

    async def _is_steady(self) -> bool:
        """Return whether the query is answered with the same bytes each time."""
        seen = await asyncio.to_thread(scan, self._query.text)
        return not (seen.volatile or seen.makes_blank_nodes)

    async def _skip(self, failure: QueryError) -> None:
        """Pass over what has been sent; raises ``failure`` if that is not said again."""
        sent = checksum = 0
        while sent < self._sent and (piece := await anext(self._stream, b"")):
            sent += len(piece)
            checksum = zlib.crc32(piece, checksum)
        if (sent, checksum) != (self._sent, self._sum):
            self._left = 0
            raise failure
