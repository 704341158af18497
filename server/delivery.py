"""Turn a response into what one client gets of it: from the cache, nothing new (304), or packed.

A handler says `Cache-Control: public…` of a response that depends on the dataset and the request
alone: only such a response is tagged and kept. The tag is the handler's own, else a hash of the
response; a packed one has the name of its coding added, as its bytes are others.
"""

import asyncio
import re
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server import codings, problems
from server.cache import Cache, Entry, Headers, matching, tag_of
from server.codings import IDENTITY, Coding
from server.problems import Problem
from server.site import Site

_SMALL = 860  # bytes that fit in one packet anyhow
_LARGE = 1 << 18  # bytes whose packing would hold up the event loop
_PACKED = (b"application/gzip", b"application/zstd", b"image/png")
_OF_BODY = (b"content-type", b"content-length", b"content-encoding")
_READ = frozenset([b"accept", b"accept-encoding", b"host", b"if-none-match", b"transfer-encoding"])
_HOST = re.compile(rb"[A-Za-z0-9._~:\[\]-]+")
_NO_HOST = Problem(400, "Not a host", "Send the name or address of this server as Host.")
_NO_CODING = Problem(406, "No coding is acceptable", "Answers come in zstd, br, gzip or identity.")
_NO_TRANSFER = Problem(501, "Unknown transfer coding", "Send the body whole or chunked.")


@dataclass(slots=True)
class Wish:
    """What a request says of the way its response is sent."""

    key: bytes
    """What the response depends on besides the program; empty where it is never sent again."""
    coding: Coding | None
    none_match: str
    head: bool
    fields: dict[bytes, bytes]
    """The headers of which more is to be known."""


class Delivery:
    """The outer layer of the application that answers from one dataset."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        """Deliver the responses of ``app``."""
        self._app, self._site = app, site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from the cache, or pass the request on and watch the response."""
        cache = self._site.cache
        wish = _wish(scope, self._site.engine.version)
        entry = cache.find(wish.key) if wish.key else None
        if wish.coding is None:
            await problems.refuse(_NO_CODING, scope, receive, send)
        elif entry is not None:
            await _deliver(entry, wish, cache, send)
        elif refusal := _refusal(wish.fields, scope["http_version"]):
            await problems.refuse(refusal, scope, receive, send)
        else:
            if wish.head:
                scope = {**scope, "method": "GET"}
            await self._app(scope, receive, _Watch(cache, wish, wish.coding, send))


def _wish(scope: Scope, version: str) -> Wish:
    found: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name in _READ:
            found[name] = found[name] + b"," + value if name in found else value
    encodings = found.get(b"accept-encoding")
    coding = codings.choose(encodings.decode("latin-1")) if encodings else IDENTITY
    method, host = scope["method"], found.get(b"host")
    if not host or method not in ("GET", "HEAD"):
        return Wish(b"", coding, "", method == "HEAD", found)
    path = scope.get("raw_path") or scope["path"].encode()
    where = (version.encode(), scope["scheme"].encode(), host, path)
    key = b"\0".join((*where, scope["query_string"], found.get(b"accept", b"")))
    none_match = found.get(b"if-none-match", b"").decode("latin-1")
    return Wish(key, coding, none_match, method == "HEAD", found)


def _refusal(fields: dict[bytes, bytes], version: str) -> Problem | None:
    """Return what is wrong with the head of a request (RFC 9112, sections 3.2 and 6.1)."""
    if fields.get(b"transfer-encoding", b"chunked").lower() != b"chunked":
        return _NO_TRANSFER
    if _HOST.fullmatch(fields.get(b"host", b"")) or (version == "1.0" and b"host" not in fields):
        return None
    return _NO_HOST


async def _deliver(entry: Entry, wish: Wish, cache: Cache, send: Send) -> None:
    """Send an answer that is all there."""
    if wish.none_match and entry.tag and (found := matching(wish.none_match, entry.tag)):
        await _send_unchanged(entry.headers, found, send)
        return
    coding = wish.coding or IDENTITY
    if len(entry.body) < _SMALL or _is_packed(entry.headers):
        coding = IDENTITY
    headers, body = entry.variants.get(coding.name) or await _vary(entry, coding, cache)
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _vary(entry: Entry, coding: Coding, cache: Cache) -> tuple[Headers, bytes]:
    """Return a variant of an answer that was not asked for before."""
    body = entry.body
    if coding is not IDENTITY:
        large = len(body) > _LARGE
        body = await asyncio.to_thread(coding.pack, body) if large else coding.pack(body)
        cache.grow(entry, len(body))
    length = (b"content-length", str(len(body)).encode())
    variant = [*entry.headers, *_coded(entry.tag, coding), length], body
    entry.variants[coding.name] = variant
    return variant


def _coded(tag: str, coding: Coding) -> Headers:
    """Return the headers that differ with the coding."""
    if coding is IDENTITY:
        return [(b"etag", f'"{tag}"'.encode())] if tag else []
    named = [(b"content-encoding", coding.name.encode())]
    return [*named, (b"etag", f'"{tag}-{coding.name}"'.encode())] if tag else named


async def _send_unchanged(headers: Headers, tag: str, send: Send) -> None:
    kept = [header for header in headers if header[0] not in _OF_BODY]
    kept.append((b"etag", f'"{tag}"'.encode()))
    await send({"type": "http.response.start", "status": 304, "headers": kept})
    await send({"type": "http.response.body", "body": b""})


def _is_packed(headers: Headers) -> bool:
    return any(name == b"content-type" and value in _PACKED for name, value in headers)


def _take(headers: Headers) -> tuple[Headers, bytes, str]:
    """Return the headers of any variant, the Cache-Control among them, and the handler's tag."""
    kept, fate, tag, vary = [], b"", "", b"Accept-Encoding"
    for name, value in headers:
        if name == b"etag":
            tag = value.decode("latin-1").strip('"')
        elif name == b"vary":
            vary = value + b", Accept-Encoding"
        elif name != b"content-length":
            kept.append((name, value))
            fate = value if name == b"cache-control" else fate
    return [*kept, (b"vary", vary)], fate, tag


class _Watch:
    """Takes what the application sends, and sends what the client gets."""

    def __init__(self, cache: Cache, wish: Wish, coding: Coding, send: Send) -> None:
        self._cache, self._wish, self._coding, self._send = cache, wish, coding, send
        self._start: Message | None = None
        self._kept: bytearray | None = None
        self._over = False
        self._tag = ""
        self._headers: Headers = []

    async def __call__(self, message: Message) -> None:
        """Take one message of the application."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        body, more = message.get("body", b""), message.get("more_body", False)
        if self._start is not None:
            start, self._start = self._start, None
            await self._open(start, body, more)
        elif not self._over:
            await self._next(body, more)

    async def _open(self, start: Message, body: bytes, more: bool) -> None:
        """Take the first piece, which decides how the rest is sent."""
        self._headers, fate, self._tag = _take(start["headers"])
        if start["status"] != 200 or not fate:
            self._pack, self._rest = IDENTITY.start(0)
            await self._send(start)
            await self._next(body, more)
            return
        public = fate.startswith(b"public")
        if not more:
            self._over = True
            entry = Entry(self._tag, self._headers, body)
            if public:
                entry.tag = entry.tag or tag_of(self._headers, body)
                entry = self._cache.keep(self._wish.key, entry)
            await _deliver(entry, self._wish, self._cache, self._send)
            return
        self._kept = bytearray() if public and self._tag else None
        await self._begin()
        if not self._over:
            await self._next(body, more)

    async def _begin(self) -> None:
        """Start an answer that comes in pieces."""
        found = self._tag and matching(self._wish.none_match, self._tag)
        if found:
            self._over = True
            await _send_unchanged(self._headers, found, self._send)
            return
        coding = IDENTITY if _is_packed(self._headers) else self._coding
        self._pack, self._rest = coding.start(coding.level)
        headers = [*self._headers, *_coded(self._tag, coding)]
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        if self._wish.head:
            self._over = True
            await self._send({"type": "http.response.body", "body": b""})

    async def _next(self, body: bytes, more: bool) -> None:
        """Send one piece, and keep it while the whole may be kept."""
        if self._kept is not None:
            self._kept += body
            if len(self._kept) > self._cache.largest:
                self._kept = None
            elif not more:
                self._cache.keep(self._wish.key, Entry(self._tag, self._headers, bytes(self._kept)))
        packed = self._pack(body) if more else self._pack(body) + self._rest()
        await self._send({"type": "http.response.body", "body": packed, "more_body": more})
