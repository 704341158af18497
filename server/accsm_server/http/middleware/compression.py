"""Content codings: responses packed as Accept-Encoding asks for (RFC 9110, section 12.5.3)."""

import asyncio
import sys
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache

import brotli
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from accsm_server.errors import NotAcceptable
from accsm_server.http import problems
from accsm_server.http.context import RequestContext
from accsm_server.http.negotiation import weights

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

#: What takes the next piece, and what gives the rest.
Packer = tuple[Callable[[bytes], bytes], Callable[[], bytes]]

_SMALL = 860  # bytes that fit in one packet anyhow
_LARGE = 1 << 18  # bytes whose packing would hold up the event loop
_PACKED = (b"application/gzip", b"application/zstd", b"image/png")


@dataclass(frozen=True)
class Coding:
    """A content coding: its token, how to start, and a level that costs little on the way out."""

    name: str
    start: Callable[[int], Packer]
    level: int

    def pack(self, body: bytes) -> bytes:
        """Return ``body`` packed in one go."""
        pack, rest = self.start(self.level)
        return pack(body) + rest()


def _zstd(level: int) -> Packer:
    packer = zstd.ZstdCompressor(level=level)
    return packer.compress, packer.flush


def _brotli(level: int) -> Packer:
    packer = brotli.Compressor(quality=level)
    return packer.process, packer.finish


def _gzip(level: int) -> Packer:
    packer = zlib.compressobj(level, wbits=31)
    return packer.compress, packer.flush


IDENTITY = Coding("identity", lambda _: (lambda piece: piece, lambda: b""), 0)
ZSTD, BROTLI, GZIP = Coding("zstd", _zstd, 3), Coding("br", _brotli, 3), Coding("gzip", _gzip, 1)
#: In the order in which they are preferred when the client does not care.
CODINGS = (ZSTD, BROTLI, GZIP)


@lru_cache(maxsize=256)
def choose(accept: str) -> Coding | None:
    """Return the coding that an Accept-Encoding header likes best, None when it takes nothing.

    >>> choose("gzip, deflate, br;q=0.9").name
    'gzip'
    >>> choose("gzip;q=0").name
    'identity'
    """
    liked = weights(accept)
    rest = liked.get("*")
    for name, other in (("gzip", "x-gzip"), ("br", "br"), ("zstd", "zstd")):
        liked.setdefault(name, liked.get(other, rest or 0.0))
    best = max(CODINGS, key=lambda coding: liked[coding.name])
    if liked[best.name] > 0 and liked[best.name] >= liked.get("identity", 0.0):
        return best
    return None if liked.get("identity", rest) == 0 else IDENTITY


def coding_of(context: RequestContext) -> Coding | None:
    """Return the coding in which a request wants its response, None when it takes none."""
    accepted = context.fields.get(b"accept-encoding")
    return choose(accepted.decode("latin-1")) if accepted else IDENTITY


class Compression:
    """ASGI middleware that packs successful responses, and refuses clients that take no coding."""

    def __init__(self, app: ASGIApp) -> None:
        """Pack the responses of ``app``."""
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass a request on and pack its response."""
        coding = coding_of(scope["request_context"])
        if coding is None:
            return problems.refuse(_refusal(), scope, receive, send)
        if coding is not IDENTITY:
            send = _PackedResponse(coding, send)
        return self._app(scope, receive, send)


def _refusal() -> NotAcceptable:
    return NotAcceptable("No coding is acceptable", "Answers come in zstd, br, gzip or identity.")


class _PackedResponse:
    """Takes the messages of a response and sends them packed."""

    def __init__(self, coding: Coding, send: Send) -> None:
        self._coding, self._send = coding, send
        self._start: Message | None = None
        self._packer: Packer | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        elif self._start is not None:
            start, self._start = self._start, None
            await self._open(start, message)
        elif self._packer:
            await self._send(_packed(message, self._packer))
        else:
            await self._send(message)

    async def _open(self, start: Message, first: Message) -> None:
        """Send the head, and the first piece of the body or all of it."""
        headers = start["headers"]
        body, more = first.get("body", b""), first.get("more_body", False)
        coding = self._coding
        small = not more and len(body) < _SMALL
        if small or start["status"] != 200 or _is_packed(headers):
            await self._send(start)
            await self._send(first)
            return
        headers = [header for header in headers if header[0] != b"content-length"]
        headers.append((b"content-encoding", coding.name.encode()))
        if more:
            self._packer = coding.start(coding.level)
            await self._send({**start, "headers": headers})
            await self._send(_packed(first, self._packer))
            return
        pack = asyncio.to_thread if len(body) > _LARGE else _at_once
        body = await pack(coding.pack, body)
        headers.append((b"content-length", str(len(body)).encode()))
        await self._send({**start, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})


def _packed(message: Message, packer: Packer) -> Message:
    pack, rest = packer
    body, more = pack(message.get("body", b"")), message.get("more_body", False)
    body = body if more else body + rest()
    return {"type": "http.response.body", "body": body, "more_body": more}


async def _at_once(pack: Callable[[bytes], bytes], body: bytes) -> bytes:
    return pack(body)


def _is_packed(headers: list[tuple[bytes, bytes]]) -> bool:
    return any(name == b"content-type" and value in _PACKED for name, value in headers)
