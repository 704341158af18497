"""Compression of responses as Accept-Encoding asks for (RFC 9110, section 12.5.3)."""

import asyncio
import sys
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import brotli
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from accsm_server.errors import NotAcceptable
from accsm_server.http import problems
from accsm_server.http.context import RequestContext
from accsm_server.http.headers import NO_TRANSFORM
from accsm_server.http.negotiation import weights
from accsm_server.remembering import remembering

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

#: The functions that compress the next bytes and that flush what is left.
Compressor = tuple[Callable[[bytes], bytes], Callable[[], bytes]]

_MIN_SIZE = 860  # bytes; a smaller body fits in one packet uncompressed
_MAX_INLINE = 1 << 18  # bytes; a larger body would block the event loop
_NO_TRANSFORM = NO_TRANSFORM.encode()
_COMPRESSED = (b"application/gzip", b"application/zstd", b"image/png")


@dataclass(frozen=True)
class Coding:
    """A content coding: its token, its compressor by level, and a level that is fast."""

    name: str
    start: Callable[[int], Compressor]
    level: int

    def compress(self, body: bytes) -> bytes:
        """Return ``body`` compressed."""
        compress, flush = self.start(self.level)
        return compress(body) + flush()


def _zstd(level: int) -> Compressor:
    compressor = zstd.ZstdCompressor(level=level)
    return compressor.compress, compressor.flush


def _brotli(level: int) -> Compressor:
    compressor = brotli.Compressor(quality=level)
    return compressor.process, compressor.finish


def _gzip(level: int) -> Compressor:
    compressor = zlib.compressobj(level, wbits=31)
    return compressor.compress, compressor.flush


IDENTITY = Coding("identity", lambda _: (lambda piece: piece, lambda: b""), 0)
ZSTD, BROTLI, GZIP = Coding("zstd", _zstd, 3), Coding("br", _brotli, 3), Coding("gzip", _gzip, 1)
#: In order of preference, for clients that accept several.
CODINGS = (ZSTD, BROTLI, GZIP)


@remembering(256, 200)
def choose(accept: str) -> Coding | None:
    """Return the coding that an Accept-Encoding header prefers, None if it accepts none.

    >>> choose("gzip, deflate, br;q=0.9").name
    'gzip'
    >>> choose("gzip;q=0").name
    'identity'
    """
    qualities = weights(accept)
    default = qualities.get("*")
    for name, other in (("gzip", "x-gzip"), ("br", "br"), ("zstd", "zstd")):
        qualities.setdefault(name, qualities.get(other, default or 0.0))
    best = max(CODINGS, key=lambda coding: qualities[coding.name])
    if qualities[best.name] > 0 and qualities[best.name] >= qualities.get("identity", 0.0):
        return best
    return None if qualities.get("identity", default) == 0 else IDENTITY


def coding_of(context: RequestContext) -> Coding | None:
    """Return the coding for the response to a request, None if it accepts none."""
    accepted = context.headers.get(b"accept-encoding")
    return choose(accepted.decode("latin-1")) if accepted else IDENTITY


class Compression:
    """ASGI middleware that compresses 200 responses, and answers 406 if no coding is acceptable."""

    def __init__(self, app: ASGIApp) -> None:
        """Compress the responses of ``app``."""
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass a request on and compress its response."""
        coding = coding_of(scope["request_context"])
        if coding is None:
            return problems.send_error(_not_acceptable(), scope, receive, send)
        if coding is not IDENTITY:
            send = _CompressedResponse(coding, send)
        return self._app(scope, receive, send)


def _not_acceptable() -> NotAcceptable:
    return NotAcceptable("No acceptable coding", "Accept zstd, br, gzip or identity.")


class _CompressedResponse:
    """A `send` that compresses the messages of a response."""

    def __init__(self, coding: Coding, send: Send) -> None:
        self._coding, self._send = coding, send
        self._start: Message | None = None
        self._compressor: Compressor | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        elif self._start is not None:
            start, self._start = self._start, None
            await self._send_start(start, message)
        elif self._compressor:
            await self._send(_compress_message(message, self._compressor))
        else:
            await self._send(message)

    async def _send_start(self, start: Message, first: Message) -> None:
        """Send the start of the response and the first message of its body."""
        headers = start["headers"]
        body, more = first.get("body", b""), first.get("more_body", False)
        coding = self._coding
        small = not more and len(body) < _MIN_SIZE
        if small or start["status"] != 200 or _is_final(headers):
            await self._send(start)
            await self._send(first)
            return
        headers = [header for header in headers if header[0] != b"content-length"]
        headers.append((b"content-encoding", coding.name.encode()))
        if more:
            self._compressor = coding.start(coding.level)
            await self._send({**start, "headers": headers})
            await self._send(_compress_message(first, self._compressor))
            return
        compress = asyncio.to_thread if len(body) > _MAX_INLINE else _compress_inline
        body = await compress(coding.compress, body)
        headers.append((b"content-length", str(len(body)).encode()))
        await self._send({**start, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})


def _compress_message(message: Message, compressor: Compressor) -> Message:
    compress, flush = compressor
    body, more = compress(message.get("body", b"")), message.get("more_body", False)
    body = body if more else body + flush()
    return {"type": "http.response.body", "body": body, "more_body": more}


async def _compress_inline(compress: Callable[[bytes], bytes], body: bytes) -> bytes:
    return compress(body)


def _is_final(headers: list[tuple[bytes, bytes]]) -> bool:
    """Return whether the body is compressed already, or a file: see `http.files`."""
    return any(
        (name == b"cache-control" and _NO_TRANSFORM in value)
        or (name == b"content-type" and value in _COMPRESSED)
        for name, value in headers
    )
