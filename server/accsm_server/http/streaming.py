"""Responses that send the answer of a query while it is being evaluated."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from typing import Protocol

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from accsm_server.errors import QueryError
from accsm_server.http.headers import Headers
from accsm_server.http.middleware.response_cache import try_cache

#: Formats that cannot say that they were cut, as strict parsers refuse what follows the last row.
_SILENT = (b"application/sparql-results+json", b"text/csv", b"text/tab-separated-values")


class Answer(Protocol):
    """An asynchronous iterator over the bytes of an answer; iterating may raise QueryError."""

    @property
    def complete(self) -> bool:
        """Return whether all bytes have arrived, so that iterating does not wait."""

    @property
    def truncated(self) -> str:
        """Return where a limit cut the answer, such as "1000 rows"; set when it is complete."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Iterate over the bytes as they arrive."""

    def whole(self) -> bytes:
        """Return all bytes of an answer that is complete; raises QueryError."""

    def close(self) -> None:
        """Free the answer, and stop its query if it is still running."""


class AnswerResponse(Response):
    """A Starlette response that sends one answer, or 304 or a cached response instead."""

    def __init__(
        self,
        start: Callable[[], Awaitable[Answer]],
        headers: Mapping[str, str],
        tag: str,
        limits: Iterable[tuple[bytes, bytes]] = (),
    ) -> None:
        """Send the answer that ``start`` returns, with ``headers`` and the entity tag ``tag``.

        The tag is empty if the same request may have another answer.
        """
        super().__init__(headers={**headers, **({"ETag": f'"{tag}"'} if tag else {})})
        self._start, self._tag, self._limits = start, tag, limits
        self._head = [header for header in self.raw_headers if header[0] != b"content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response; raises QueryError if the query fails before its first bytes."""
        if not (self._tag and await try_cache(scope, self._tag, self._head)):
            await send_answer(await self._start(), self._head, send, self._limits)


async def send_answer(
    answer: Answer,
    headers: Headers,
    send: Send,
    limits: Iterable[tuple[bytes, bytes]] = (),
) -> str:
    """Send an answer, in one message if it is complete, else streamed; return the outcome.

    The outcome is "ok", "cut" (by a limit) or the reason of the QueryError that ended it. A query
    that fails during streaming leaves the response unfinished: the server closes the connection,
    so that the client notices. So does an answer that was cut, if its format has no place to say
    so. The headers ``limits`` are added to answers that are streamed or cut.
    """
    try:
        if answer.complete and not _is_cut_silently(answer, headers):
            body, more = answer.whole(), limits if answer.truncated else ()
            head = [*headers, *more, (b"content-length", str(len(body)).encode())]
            await send({"type": "http.response.start", "status": 200, "headers": head})
            await send(_piece(body, more=False))
            return "cut" if answer.truncated else "ok"
        await send({"type": "http.response.start", "status": 200, "headers": [*headers, *limits]})
        try:
            async for piece in answer:
                await send(_piece(piece, more=True))
        except QueryError as error:
            return error.reason
        if not _is_cut_silently(answer, headers):
            await send(_piece(b"", more=False))
        return "cut" if answer.truncated else "ok"
    finally:
        answer.close()


def _is_cut_silently(answer: Answer, headers: Headers) -> bool:
    return bool(answer.truncated) and dict(headers)[b"content-type"].startswith(_SILENT)


def _piece(body: bytes, more: bool) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}
