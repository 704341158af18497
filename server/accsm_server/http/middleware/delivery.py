"""Turn a response into what one client gets of it: from the cache, nothing new (304), or packed.

A handler says `Cache-Control: public…` of a response that depends on the dataset and the request
alone: only such a response is tagged and kept. The tag is the handler's own, else a hash of the
response; a packed one has the name of its coding added, as its bytes are others.
"""

import asyncio
import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from accsm_server.http import problems
from accsm_server.http.middleware.compression import IDENTITY, Coding
from accsm_server.http.middleware.response_cache import (
    Cache,
    Entry,
    Headers,
    Variant,
    matching,
    tag_of,
)
from accsm_server.http.problems import Problem
from accsm_server.http.visit import Visit

_SMALL = 860  # bytes that fit in one packet anyhow
_LARGE = 1 << 18  # bytes whose packing would hold up the event loop
_PACKED = (b"application/gzip", b"application/zstd", b"image/png")
_OF_BODY = (b"content-type", b"content-length", b"content-encoding")
_HOST = re.compile(rb"[A-Za-z0-9._~:\[\]-]+")
_NO_HOST = Problem(400, "Not a host", "Send the name or address of this server as Host.")
_NO_CODING = Problem(406, "No coding is acceptable", "Answers come in zstd, br, gzip or identity.")
_NO_TRANSFER = Problem(501, "Unknown transfer coding", "Send the body whole or chunked.")


class Delivery:
    """The outer layer of the application that answers from one dataset."""

    def __init__(self, app: ASGIApp) -> None:
        """Deliver the responses of ``app``."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from the cache, or pass the request on and watch the response."""
        visit: Visit = scope["visit"]
        if visit.coding is None:
            await problems.refuse(_NO_CODING, scope, receive, send)
        elif visit.entry is not None:
            await _deliver(visit.entry, visit, visit.coding, send)
        elif found := refusal(visit, scope["http_version"]):
            await problems.refuse(found, scope, receive, send)
        else:
            head = scope["method"] == "HEAD"
            if head:
                scope = {**scope, "method": "GET"}
            await self._app(scope, receive, _Watch(visit, visit.coding, head, send))


def refusal(visit: Visit, version: str) -> Problem | None:
    """Return what is wrong with the head of a request (RFC 9112, sections 3.2 and 6.1)."""
    fields = visit.fields
    if fields.get(b"transfer-encoding", b"chunked").lower() != b"chunked":
        return _NO_TRANSFER
    if _HOST.fullmatch(fields.get(b"host", b"")) or (version == "1.0" and b"host" not in fields):
        return None
    return _NO_HOST


async def _deliver(entry: Entry, visit: Visit, coding: Coding, send: Send) -> None:
    """Send an answer that is all there."""
    if found := entry.tag and _same(visit, entry.tag):
        await _send_unchanged(entry.headers, found, send)
        return
    cache = visit.edition.site.cache
    variant = at_hand(entry, coding, cache)
    if variant is None:
        packed = await asyncio.to_thread(coding.pack, entry.body)
        variant = _vary(entry, coding, packed, cache)
    headers, body = variant
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def keep(visit: Visit, entry: Entry) -> Entry:
    """Hold the answer to a visit for the next one; return it, or its like that is held already."""
    return visit.edition.site.cache.keep(visit.key, entry)


def at_hand(entry: Entry, coding: Coding, cache: Cache) -> Variant | None:
    """Return the variant of an answer that is sent in ``coding``, unless packing it takes long."""
    size = len(entry.body)
    if size < _SMALL or _is_packed(entry.headers):
        coding = IDENTITY
    if known := entry.variants.get(coding.name):
        return known
    if coding is IDENTITY:
        return _vary(entry, coding, entry.body, cache)
    return _vary(entry, coding, coding.pack(entry.body), cache) if size <= _LARGE else None


def _vary(entry: Entry, coding: Coding, body: bytes, cache: Cache) -> Variant:
    """Return a variant of an answer that was not asked for before, given its bytes."""
    if coding is not IDENTITY:
        cache.grow(entry, len(body))
    length = (b"content-length", str(len(body)).encode())
    variant = [*entry.headers, *_coded(entry.tag, coding), length], body
    entry.variants[coding.name] = variant
    return variant


def _same(visit: Visit, tag: str) -> str | None:
    """Return the tag under which the client has what ``tag`` stands for."""
    given = visit.fields.get(b"if-none-match")
    return matching(given.decode("latin-1"), tag) if given and visit.key else None


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


def take(headers: Headers) -> tuple[Headers, bytes, str]:
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

    def __init__(self, visit: Visit, coding: Coding, head: bool, send: Send) -> None:
        self._visit, self._coding, self._head, self._send = visit, coding, head, send
        self._cache = visit.edition.site.cache
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
        self._headers, fate, self._tag = take(start["headers"])
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
                entry = keep(self._visit, entry)
            await _deliver(entry, self._visit, self._coding, self._send)
            return
        self._kept = bytearray() if public and self._tag else None
        await self._begin()
        if not self._over:
            await self._next(body, more)

    async def _begin(self) -> None:
        """Start an answer that comes in pieces."""
        if found := self._tag and _same(self._visit, self._tag):
            self._over = True
            await _send_unchanged(self._headers, found, self._send)
            return
        coding = IDENTITY if _is_packed(self._headers) else self._coding
        self._pack, self._rest = coding.start(coding.level)
        headers = [*self._headers, *_coded(self._tag, coding)]
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        if self._head:
            self._over = True
            await self._send({"type": "http.response.body", "body": b""})

    async def _next(self, body: bytes, more: bool) -> None:
        """Send one piece, and keep it while the whole may be kept."""
        if self._kept is not None:
            self._kept += body
            if len(self._kept) > self._cache.largest:
                self._kept = None
            elif not more:
                keep(self._visit, Entry(self._tag, self._headers, bytes(self._kept)))
        packed = self._pack(body) if more else self._pack(body) + self._rest()
        await self._send({"type": "http.response.body", "body": packed, "more_body": more})
