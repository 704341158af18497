"""Answers that are sent as they come."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from typing import Protocol

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from accsm_server.errors import QueryError
from accsm_server.http.headers import Headers
from accsm_server.http.middleware.compression import IDENTITY, Packer
from accsm_server.http.middleware.response_cache import reuse

_PLAIN = IDENTITY.start(0)
_MUTE = (b"text/csv", b"text/tab-separated-values")  # they have no comments


class Answer(Protocol):
    """The bytes of an answer as they come; iterating may raise QueryError."""

    @property
    def complete(self) -> bool:
        """Return whether everything has come already, so that iterating will not wait."""

    @property
    def truncated(self) -> str:
        """Return what it was cut after, such as "1000 rows"; known when it is complete."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Iterate over the pieces."""

    def whole(self) -> bytes:
        """Return all of an answer that is complete; raises QueryError."""

    def close(self) -> None:
        """Give back what the answer holds; stops the query if it still runs."""


class AnswerResponse(Response):
    """The response that consists of one answer."""

    def __init__(
        self,
        ask: Callable[[], Awaitable[Answer]],
        headers: Mapping[str, str],
        tag: str,
        packer: Packer = _PLAIN,
        limits: Iterable[tuple[bytes, bytes]] = (),
    ) -> None:
        """Send what ``ask`` returns, as `send_answer` does, under ``headers`` and its ``tag``."""
        super().__init__(headers={**headers, "ETag": f'"{tag}"'})
        self._ask, self._tag = ask, tag
        self._packer, self._limits = packer, limits
        self._head = [header for header in self.raw_headers if header[0] != b"content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask and send it; raises QueryError where there is nothing to send."""
        if not await reuse(scope, self._tag, self._head):
            await send_answer(await self._ask(), self._head, send, self._packer, self._limits)


async def send_answer(
    answer: Answer,
    headers: Headers,
    send: Send,
    packer: Packer = _PLAIN,
    limits: Iterable[tuple[bytes, bytes]] = (),
) -> str:
    """Send an answer, whole if it is complete, else in pieces; return the outcome.

    That is "ok", "cut" where a limit cut it, or the reason of the error that ended it. A failure
    after the first piece cannot become a status any more: the response is left unfinished, and
    the server closes the connection so that the client sees that it is not whole. The same is done
    where an answer in pieces was cut and its format has no comments to say so. The headers
    ``limits`` go before an answer of which it is not yet known whether it will be cut.
    """
    pack, rest = packer
    try:
        if answer.complete:
            body = pack(answer.whole()) + rest()
            cut = [(b"x-truncated", f"after {answer.truncated}".encode())] * bool(answer.truncated)
            head = [*headers, *cut, (b"content-length", str(len(body)).encode())]
            await send({"type": "http.response.start", "status": 200, "headers": head})
            await send(_piece(body, more=False))
            return "cut" if cut else "ok"
        await send({"type": "http.response.start", "status": 200, "headers": [*headers, *limits]})
        try:
            async for piece in answer:
                await send(_piece(pack(piece), more=True))
        except QueryError as error:
            return error.reason
        if not (answer.truncated and dict(headers)[b"content-type"].startswith(_MUTE)):
            await send(_piece(rest(), more=False))
        return "cut" if answer.truncated else "ok"
    finally:
        answer.close()


def _piece(body: bytes, more: bool) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}
