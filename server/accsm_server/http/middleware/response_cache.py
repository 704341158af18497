"""Responses that are kept to be sent again, and 304 for clients that have them already.

A response is kept where it says `Cache-Control: public`: it depends on the dataset and the request
alone. So nothing here is ever stale, and a new dataset starts with a cache of its own.
"""

from collections import OrderedDict
from collections.abc import Awaitable
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from accsm_server.http.context import RequestContext
from accsm_server.http.headers import Headers
from accsm_server.http.middleware import compression
from accsm_server.http.middleware.entity_tags import matching

_OF_BODY = (b"content-type", b"content-length", b"content-encoding", b"etag")
_REPLACED = (b"etag", b"vary")
_OVERHEAD = 512  # bytes that an entry takes besides what it holds
_SHARE = 8  # an entry takes at most this part of the cache


@dataclass(slots=True, eq=False)
class Entry:
    """A response that is kept: its tag without quotes or coding, and what is sent."""

    tag: str
    headers: Headers
    body: bytes
    keys: list[bytes] = field(default_factory=list)
    """The requests whose answer it is."""
    size: int = 0


class ResponseStore:
    """The responses asked for last, up to a number of bytes."""

    def __init__(self, limit: int) -> None:
        """Hold up to ``limit`` bytes; 0 holds nothing."""
        self.limit, self.largest = limit, limit // _SHARE
        self.size = self.hits = self.misses = 0
        self._entries: OrderedDict[tuple[str, str], Entry] = OrderedDict()
        self._keys: dict[bytes, tuple[str, str]] = {}

    def __len__(self) -> int:
        """Return the number of responses held."""
        return len(self._entries)

    def find(self, key: bytes) -> Entry | None:
        """Return the answer to the request ``key``."""
        name = self._keys.get(key)
        if name is None:
            self.misses += 1
            return None
        self.hits += 1
        self._entries.move_to_end(name)
        return self._entries[name]

    def tagged(self, tag: str, coding: str) -> Entry | None:
        """Return the response with ``tag`` for clients that are sent ``coding``."""
        return self._entries.get((tag, coding))

    def keep(self, key: bytes, coding: str, entry: Entry) -> None:
        """Hold ``entry``, or its like that is held already, as the answer to ``key``."""
        if len(entry.body) + _OVERHEAD > self.largest:
            return
        name = entry.tag, coding
        held = self._entries.setdefault(name, entry)
        more = len(entry.body) + _OVERHEAD if held is entry else 0
        if key and key not in self._keys:
            held.keys.append(key)
            self._keys[key] = name
            more += len(key) + _OVERHEAD
        held.size += more
        self.size += more
        self._entries.move_to_end(name)
        while self.size > self.limit:
            self._drop(self._entries.popitem(last=False)[1])

    def _drop(self, entry: Entry) -> None:
        self.size -= entry.size
        for key in entry.keys:
            del self._keys[key]


class ResponseCache:
    """ASGI middleware that tags and keeps responses, and answers 304 to who has them already."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        """Keep up to ``limit`` bytes of the responses of ``app``, which serves one dataset."""
        self._app = app
        self.store = ResponseStore(limit)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer from the store, or pass the request on and look at the response."""
        context: RequestContext = scope["request_context"]
        chosen, given = compression.coding_of(context), context.fields.get(b"if-none-match")
        coding = chosen.name if chosen else ""
        key = _key(scope, context, coding)
        if key and (entry := self.store.find(key)):
            return _send_entry(entry, _known(given, entry.tag), send)
        if scope["method"] == "HEAD":  # the HTTP server leaves the body out
            scope = {**scope, "method": "GET"}
        context.exchange = exchange = _Exchange(self.store, key, coding, given, send)
        return self._app(scope, receive, exchange)


async def reuse(scope: Scope, tag: str, headers: Headers) -> bool:
    """Answer a request without work where that is possible; return whether it was answered.

    It is where the client has the response with ``tag`` (304, under ``headers``), or where that
    response is kept, however it was asked for.
    """
    exchange = scope["request_context"].exchange
    answer = exchange and exchange.reuse(tag, headers)
    if answer:
        await answer
    return bool(answer)


def _key(scope: Scope, context: RequestContext, coding: str) -> bytes:
    """Return what a response depends on besides the dataset; empty where it is not kept."""
    host = context.fields.get(b"host")
    if not (host and coding) or scope["method"] not in ("GET", "HEAD"):
        return b""
    where = scope["scheme"].encode(), host, scope["raw_path"], scope["query_string"]
    return b"\0".join((*where, context.fields.get(b"accept", b""), coding.encode()))


class _Exchange:
    """One request and its response: the `send` that the application is given."""

    __slots__ = ("_coding", "_ended", "_given", "_headers", "_key", "_pieces", "_send", "_size",
                 "_store", "_tag")  # fmt: skip

    def __init__(
        self, store: ResponseStore, key: bytes, coding: str, given: bytes | None, send: Send
    ) -> None:
        self._store, self._key, self._coding = store, key, coding
        self._given, self._send = given, send
        self._ended = False
        self._pieces: list[bytes] | None = None
        """What was sent of a response that may be kept, which has so many bytes."""
        self._size = 0

    async def __call__(self, message: Message) -> None:
        """Take one message of the application."""
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif not self._ended:
            if self._pieces is not None:
                self._keep(self._pieces, message)
            await self._send(message)

    def reuse(self, tag: str, headers: Headers) -> Awaitable[None] | None:
        """See the function of this name: return what answers the request."""
        if self._key and (found := _known(self._given, tag)):
            _, kept = _head_to_keep({"status": 200, "headers": headers})
            return _send_unchanged(kept or headers, found, self._send)
        if entry := self._store.tagged(tag, self._coding):
            self._store.keep(self._key, self._coding, entry)
            return _send_entry(entry, None, self._send)
        return None

    async def _begin(self, start: Message) -> None:
        """Take the head, which decides whether the response is kept."""
        tag, headers = _head_to_keep(start)
        if headers:
            if tag and self._key and (found := _known(self._given, tag)):
                self._ended = True
                await _send_unchanged(headers, found, self._send)
                return
            start["headers"] = headers
            if tag and self._store.limit:
                self._tag, self._headers, self._pieces = tag, headers, []
        await self._send(start)

    def _keep(self, pieces: list[bytes], message: Message) -> None:
        """Take one piece, and keep the response at its end."""
        body = message.get("body", b"")
        pieces.append(body)
        self._size += len(body)
        if self._size > self._store.largest:
            self._pieces = None
        elif not message.get("more_body", False):
            headers = self._headers
            if len(pieces) > 1:  # a response that comes whole says how long it is
                headers = [*headers, (b"content-length", str(self._size).encode())]
            entry = Entry(self._tag, headers, b"".join(pieces))
            self._store.keep(self._key, self._coding, entry)


def _known(given: bytes | None, tag: str) -> str | None:
    """Return the tag of If-None-Match (``given``) that stands for what has ``tag``."""
    return matching(given.decode("latin-1"), tag) if given else None


async def _send_entry(entry: Entry, known: str | None, send: Send) -> None:
    """Send a response that is kept, or 304 where the client has it under the tag ``known``."""
    if known:
        await _send_unchanged(entry.headers, known, send)
        return
    await send({"type": "http.response.start", "status": 200, "headers": entry.headers})
    await send({"type": "http.response.body", "body": entry.body})


async def _send_unchanged(headers: Headers, tag: str, send: Send) -> None:
    kept = [header for header in headers if header[0] not in _OF_BODY]
    kept.append((b"etag", f'"{tag}"'.encode()))
    await send({"type": "http.response.start", "status": 304, "headers": kept})
    await send({"type": "http.response.body", "body": b""})


def _head_to_keep(start: Message) -> tuple[str, Headers]:
    """Return the tag of a response that may be kept and its headers; no headers if it may not.

    The headers say that another client may get another coding, and the tag in them ends in the
    name of the coding.
    """
    headers: Headers = start["headers"]
    given = dict(headers)
    if start["status"] != 200 or not given.get(b"cache-control", b"").startswith(b"public"):
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
