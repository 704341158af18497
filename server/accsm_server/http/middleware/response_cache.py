"""A cache of responses in memory, and 304 for clients that have the current response.

It stores responses with `Cache-Control: public`, except files (see `http.files`). They depend on
nothing but the dataset and the request, and each dataset has its own cache, so that no cached
response is ever stale.
"""

from collections import OrderedDict
from collections.abc import Awaitable
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from accsm_server.http.context import RequestContext
from accsm_server.http.headers import NO_TRANSFORM, Headers
from accsm_server.http.middleware import compression
from accsm_server.http.middleware.entity_tags import matching

_BODY_HEADERS = (b"content-type", b"content-length", b"content-encoding", b"etag")
_REPLACED = (b"etag", b"vary")
_NO_TRANSFORM = NO_TRANSFORM.encode()
_OVERHEAD = 512  # bytes added to the size of each entry and key
_MAX_SHARE = 8  # the largest response takes 1/8 of the cache


@dataclass(slots=True, eq=False)
class CachedResponse:
    """A cached response; its tag is without quotes and without the name of the coding."""

    tag: str
    headers: Headers
    body: bytes
    keys: list[bytes] = field(default_factory=list)
    """The keys of the requests that it answers."""
    size: int = 0


class ResponseStore:
    """An LRU cache of responses, limited by their size in bytes."""

    def __init__(self, limit: int) -> None:
        """Store up to ``limit`` bytes; 0 stores nothing."""
        self.limit, self.largest = limit, limit // _MAX_SHARE
        self.size = self.hits = self.misses = 0
        self._entries: OrderedDict[tuple[str, str], CachedResponse] = OrderedDict()
        self._keys: dict[bytes, tuple[str, str]] = {}

    def __len__(self) -> int:
        """Return the number of cached responses."""
        return len(self._entries)

    def find(self, key: bytes) -> CachedResponse | None:
        """Return the response to the request ``key``, if cached, and count a hit or a miss."""
        name = self._keys.get(key)
        if name is None:
            self.misses += 1
            return None
        self.hits += 1
        self._entries.move_to_end(name)
        return self._entries[name]

    def find_by_tag(self, tag: str, coding: str) -> CachedResponse | None:
        """Return the cached response with ``tag`` for clients that accept ``coding``."""
        return self._entries.get((tag, coding))

    def add(self, key: bytes, coding: str, entry: CachedResponse) -> None:
        """Store ``entry`` for the request ``key``, or reuse the entry of its tag and coding."""
        size = len(entry.body) + sum(len(name) + len(value) for name, value in entry.headers)
        if size + _OVERHEAD > self.largest:
            return
        name = entry.tag, coding
        stored = self._entries.setdefault(name, entry)
        more = size + _OVERHEAD if stored is entry else 0
        if key and key not in self._keys:
            stored.keys.append(key)
            self._keys[key] = name
            more += len(key) + _OVERHEAD
        stored.size += more
        self.size += more
        self._entries.move_to_end(name)
        while self.size > self.limit:
            self._forget_keys(self._entries.popitem(last=False)[1])

    def _forget_keys(self, entry: CachedResponse) -> None:
        self.size -= entry.size
        for key in entry.keys:
            del self._keys[key]


class ResponseCache:
    """ASGI middleware that caches responses, and answers 304 if the ETag matches."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        """Cache up to ``limit`` bytes of responses of ``app``, which serves one dataset."""
        self._app = app
        self.store = ResponseStore(limit)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Respond from the cache, or pass the request on and cache its response."""
        context: RequestContext = scope["request_context"]
        negotiated, given = compression.coding_of(context), context.headers.get(b"if-none-match")
        coding = negotiated.name if negotiated else ""
        key = _key(scope, context, coding)
        if key and (entry := self.store.find(key)):
            return _send_entry(entry, _match(given, entry.tag), send)
        if scope["method"] == "HEAD":  # the protocol omits the body
            scope = {**scope, "method": "GET"}
        context.caching_send = caching_send = _CachingSend(self.store, key, coding, given, send)
        return self._app(scope, receive, caching_send)


async def try_cache(scope: Scope, tag: str, headers: Headers) -> bool:
    """Respond if the entity tag ``tag`` of the response suffices; return whether it did.

    It does if the client has that response (304, with ``headers``), or if it is cached for
    another request, such as a POST of the same query.
    """
    caching_send = scope["request_context"].caching_send
    answer = caching_send and caching_send.try_cache(tag, headers)
    if answer:
        await answer
    return bool(answer)


def _key(scope: Scope, context: RequestContext, coding: str) -> bytes:
    """Return what the response depends on besides the dataset; empty if it is not cacheable."""
    host = context.headers.get(b"host")
    if not (host and coding) or scope["method"] not in ("GET", "HEAD"):
        return b""
    root = scope["root_path"].encode()  # /a and /b/c, or /a/b and /c
    where = scope["scheme"].encode(), host, root, scope["raw_path"], scope["query_string"]
    return b"\0".join((*where, context.headers.get(b"accept", b""), coding.encode()))


class _CachingSend:
    """The `send` for one request: it caches the response, or sends 304 instead."""

    __slots__ = ("_coding", "_headers", "_if_none_match", "_key", "_not_modified", "_pieces",
                 "_send", "_size", "_store", "_tag")  # fmt: skip

    def __init__(
        self, store: ResponseStore, key: bytes, coding: str, given: bytes | None, send: Send
    ) -> None:
        self._store, self._key, self._coding = store, key, coding
        self._if_none_match, self._send = given, send
        self._not_modified = False
        self._pieces: list[bytes] | None = None
        """The body sent so far of a cacheable response; `_size` is its length."""
        self._size = 0

    async def __call__(self, message: Message) -> None:
        """Send one message of the application."""
        if message["type"] == "http.response.start":
            await self._start(message)
        elif not self._not_modified:
            if self._pieces is not None:
                self._collect(self._pieces, message)
            await self._send(message)

    def try_cache(self, tag: str, headers: Headers) -> Awaitable[None] | None:
        """Return the coroutine that sends the response, or None: see the function `try_cache`."""
        if self._key and (matched := _match(self._if_none_match, tag)):
            _, kept = _cacheable_head({"status": 200, "headers": headers})
            return _send_not_modified(kept or headers, matched, self._send)
        if entry := self._store.find_by_tag(tag, self._coding):
            self._store.add(self._key, self._coding, entry)
            return _send_entry(entry, None, self._send)
        return None

    async def _start(self, start: Message) -> None:
        """Send the head, and decide whether to cache the response."""
        tag, headers = _cacheable_head(start)
        if headers:
            if tag and self._key and (matched := _match(self._if_none_match, tag)):
                self._not_modified = True
                await _send_not_modified(headers, matched, self._send)
                return
            start["headers"] = headers
            if tag and self._store.limit:
                self._tag, self._headers, self._pieces = tag, headers, []
        await self._send(start)

    def _collect(self, pieces: list[bytes], message: Message) -> None:
        """Collect one piece of the body, and cache the response after the last one."""
        body = message.get("body", b"")
        pieces.append(body)
        self._size += len(body)
        if self._size > self._store.largest:
            self._pieces = None
        elif not message.get("more_body", False):
            headers = self._headers
            if len(pieces) > 1:  # a body in one piece has its Content-Length already
                headers = [*headers, (b"content-length", str(self._size).encode())]
            entry = CachedResponse(self._tag, headers, b"".join(pieces))
            self._store.add(self._key, self._coding, entry)


def _match(given: bytes | None, tag: str) -> str | None:
    """Return the tag in If-None-Match that matches ``tag``, or None."""
    return matching(given.decode("latin-1"), tag) if given else None


async def _send_entry(entry: CachedResponse, matched: str | None, send: Send) -> None:
    """Send a cached response, or 304 if the client has it under the tag ``matched``."""
    if matched:
        await _send_not_modified(entry.headers, matched, send)
        return
    await send({"type": "http.response.start", "status": 200, "headers": entry.headers})
    await send({"type": "http.response.body", "body": entry.body})


async def _send_not_modified(headers: Headers, tag: str, send: Send) -> None:
    kept = [header for header in headers if header[0] not in _BODY_HEADERS]
    kept.append((b"etag", f'"{tag}"'.encode()))
    await send({"type": "http.response.start", "status": 304, "headers": kept})
    await send({"type": "http.response.body", "body": b""})


def _cacheable_head(start: Message) -> tuple[str, Headers]:
    """Return the tag of a cacheable response and its headers; no headers if it is not cacheable.

    `Accept-Encoding` is added to Vary, and the name of the coding to the ETag.
    """
    headers: Headers = start["headers"]
    given = dict(headers)
    control = given.get(b"cache-control", b"")
    if start["status"] != 200 or not control.startswith(b"public") or _NO_TRANSFORM in control:
        return "", []
    kept = [header for header in headers if header[0] not in _REPLACED]
    vary = given.get(b"vary")
    kept.append((b"vary", vary + b", Accept-Encoding" if vary else b"Accept-Encoding"))
    quoted = given.get(b"etag")
    if quoted is None:
        return "", kept
    coding = given.get(b"content-encoding")
    named = quoted[:-1] + b"-" + coding + b'"' if coding else quoted
    kept.append((b"etag", named))
    return quoted[1:-1].decode("latin-1"), kept
