"""Turn an answer into the response to one client, piece by piece and no longer than it listens."""

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from accsm_server.engine.interface import Answer, Engine, Query, QueryError
from accsm_server.http.middleware.compression import IDENTITY, Packer
from accsm_server.http.middleware.response_cache import Headers, matching
from accsm_server.http.negotiation import field

SOON = 0.05  # seconds in which it is not worth to notice that a client hangs up
_PLAIN = IDENTITY.start(0)
_MUTE = (b"text/csv", b"text/tab-separated-values")  # they have no comments


class Sending(Response):
    """The response that consists of the answer to a query of ours."""

    def __init__(
        self,
        engine: Engine,
        query: Query,
        headers: Mapping[str, str],
        packer: Packer = _PLAIN,
        in_pieces: Iterable[tuple[bytes, bytes]] = (),
    ) -> None:
        """Send what ``engine`` answers, as `stream` does, under ``headers``, which say its type."""
        super().__init__(headers=headers)
        self._engine, self._query = engine, query
        self._packer, self._in_pieces = packer, in_pieces
        self._raw = [header for header in self.raw_headers if header[0] != b"content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask and send it; raises QueryError where there is nothing to send."""
        await unless_gone(self._answer(send), receive)

    async def _answer(self, send: Send) -> None:
        answer = await self._engine.answer(self._query)
        await stream(answer, self._raw, send, self._packer, self._in_pieces)


async def unless_gone(work: Awaitable[Any], receive: Receive) -> None:
    """Await ``work``, and give it up when the client hangs up first.

    That is watched by a task of its own, which an answer that comes soon is not worth.
    """
    loop, worker = asyncio.get_running_loop(), asyncio.current_task()
    assert worker
    watches: list[asyncio.Task[None]] = []
    timer = loop.call_later(
        SOON, lambda: watches.append(loop.create_task(_hang_up(receive, worker)))
    )
    try:
        await work
    except asyncio.CancelledError:
        if not any(watch.done() for watch in watches) or worker.uncancel():
            raise
    finally:
        timer.cancel()
        for watch in watches:
            watch.cancel()


async def _hang_up(receive: Receive, worker: "asyncio.Task[Any]") -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    worker.cancel()


def unchanged(request: Request, tag: str, headers: Mapping[str, str]) -> Response | None:
    """Return the response 304 if the client has what ``tag`` stands for."""
    given = field(request.headers, "if-none-match")
    found = None if given == "*" else matching(given, tag)
    if not found:
        return None
    kept = {name: value for name, value in headers.items() if name != "Content-Type"}
    vary = ", ".join(filter(None, (headers.get("Vary"), "Accept-Encoding")))
    return Response(status_code=304, headers={**kept, "ETag": f'"{found}"', "Vary": vary})


async def stream(
    answer: Answer,
    headers: Headers,
    send: Send,
    packer: Packer = _PLAIN,
    in_pieces: Iterable[tuple[bytes, bytes]] = (),
) -> str:
    """Send an answer: whole when it is all there, else piece by piece; return how that went.

    A failure after the first piece cannot become a status any more: the response is left
    unfinished, and the server closes the connection so that the client sees the cut. So it is
    where an answer in pieces reached a limit and its format has no way to say that. The headers
    ``in_pieces`` are for an answer of which not even that is known yet.
    """
    pack, rest = packer
    try:
        if answer.complete:
            pieces = [pack(piece) async for piece in answer]
            cut = [(b"x-truncated", f"after {answer.truncated}".encode())] * bool(answer.truncated)
            await whole(b"".join([*pieces, rest()]), [*headers, *cut], send)
            return "cut" if cut else "ok"
        start = {"type": "http.response.start", "status": 200, "headers": [*headers, *in_pieces]}
        await send(start)
        try:
            async for piece in answer:
                await send(_piece(pack(piece), more=True))
        except QueryError as failure:
            return failure.reason
        if not (answer.truncated and dict(headers)[b"content-type"].startswith(_MUTE)):
            await send(_piece(rest(), more=False))
        return "cut" if answer.truncated else "ok"
    finally:
        answer.close()


async def whole(body: bytes, headers: Headers, send: Send) -> None:
    """Send an answer that is all there."""
    headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send(_piece(body, more=False))


def _piece(body: bytes, more: bool) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}
