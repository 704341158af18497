"""Responses that are kept to be sent again, and 304 for clients that have them already.

A response is kept where it says `Cache-Control: public`: it depends on the dataset and the request
alone. So nothing here is ever stale, and a new dataset starts with a cache of its own.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from accsm_server.http.context import RequestContext, context_of, in_task
from accsm_server.http.headers import Headers
from accsm_server.http.middleware import compression
from accsm_server.http.middleware.entity_tags import matching

_OF_BODY = (b"content-type", b"content-length", b"content-encoding", b"etag")
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


class Store:
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
        self.store = Store(limit)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from the store, or pass the request on and look at the response."""
        context = context_of(scope)
        coding = _coding(context)
        key = _key(scope, context, coding)
        if key and (entry := self.store.find(key)):
            await _send_entry(entry, _known(context, entry.tag), send)
            return
        await in_task()
        if scope["method"] == "HEAD":  # the HTTP server leaves the body out
            scope = {**scope, "method": "GET"}
        exchange = scope["exchange"] = _Exchange(self.store, key, coding, context, send)
        try:
            await self._app(scope, receive, exchange)
        finally:
            del scope["exchange"]  # a cycle would keep both until the garbage is collected


async def reuse(scope: Scope, tag: str, headers: Headers) -> bool:
    """Answer a request without work where that is possible; return whether it was answered.

    It is where the client has the response with ``tag`` (304, under ``headers``), or where that
    response is kept, however it was asked for.
    """
    exchange: _Exchange | None = scope.get("exchange")
    return bool(exchange and tag and await exchange.reuse(tag, headers))


def _coding(context: RequestContext) -> str:
    accepted = context.fields.get(b"accept-encoding")
    coding = compression.choose(accepted.decode("latin-1")) if accepted else compression.IDENTITY
    return coding.name if coding else ""


def _key(scope: Scope, context: RequestContext, coding: str) -> bytes:
    """Return what a response depends on besides the dataset; empty where it is not kept."""
    host = context.fields.get(b"host")
    if not (host and coding) or scope["method"] not in ("GET", "HEAD"):
        return b""
    where = scope["scheme"].encode(), host, scope["raw_path"], scope["query_string"]
    return b"\0".join((*where, context.fields.get(b"accept", b""), coding.encode()))


class _Exchange:
    """One request and its response: the `send` that the application is given."""

    __slots__ = ("_body", "_coding", "_context", "_ended", "_headers", "_key", "_send", "_start",
                 "_store", "_tag")  # fmt: skip

    def __init__(
        self, store: Store, key: bytes, coding: str, context: RequestContext, send: Send
    ) -> None:
        self._store, self._key, self._coding = store, key, coding
        self._context, self._send = context, send
        self._start: Message | None = None
        self._headers: Headers = []
        self._tag = ""
        self._body: bytearray | None = None
        """What was sent of a response that may be kept."""
        self._ended = False

    async def __call__(self, message: Message) -> None:
        """Take one message of the application."""
        if message["type"] == "http.response.start":
            self._start = message
        elif self._start is not None:
            start, self._start = self._start, None
            await self._open(start, message)
        elif not self._ended:
            await self._next(message)

    async def reuse(self, tag: str, headers: Headers) -> bool:
        """See the function of this name."""
        if self._key and (found := _known(self._context, tag)):
            _, kept = _head_to_keep({"status": 200, "headers": headers})
            await _send_unchanged(kept or headers, found, self._send)
            return True
        if entry := self._store.tagged(tag, self._coding):
            self._store.keep(self._key, self._coding, entry)
            await _send_entry(entry, None, self._send)
            return True
        return False

    async def _open(self, start: Message, first: Message) -> None:
        """Take the head and the first piece, which decide whether the response is kept."""
        tag, headers = _head_to_keep(start)
        if headers is None:
            await self._send(start)
            await self._next(first)
            return
        self._tag, self._headers = tag, headers
        if tag and self._key and (found := _known(self._context, tag)):
            self._ended = True
            await _send_unchanged(headers, found, self._send)
            return
        start["headers"] = headers
        await self._send(start)
        if tag and not first.get("more_body", False):
            self._store.keep(self._key, self._coding, Entry(tag, headers, first["body"]))
            await self._send(first)
            return
        self._body = bytearray() if tag else None
        await self._next(first)

    async def _next(self, message: Message) -> None:
        """Send one piece, and keep the response at its end."""
        if self._body is not None:
            self._body += message.get("body", b"")
            if len(self._body) > self._store.largest:
                self._body = None
            elif not message.get("more_body", False):
                length = b"content-length", str(len(self._body)).encode()
                entry = Entry(self._tag, [*self._headers, length], bytes(self._body))
                self._store.keep(self._key, self._coding, entry)
        await self._send(message)


def _known(context: RequestContext, tag: str) -> str | None:
    """Return the tag under which the client has what ``tag`` stands for."""
    given = context.fields.get(b"if-none-match")
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


def _head_to_keep(start: Message) -> tuple[str, Headers | None]:
    """Return the tag of a response that may be kept and its headers; None where it may not.

    The headers say that another client may get another coding, and the tag in them ends in the
    name of the coding.
    """
    tag, vary, coding, public, kept = "", b"Accept-Encoding", "", False, []
    for header in start["headers"]:
        name, value = header
        if name == b"etag":
            tag = value.decode("latin-1").strip('"')
        elif name == b"vary":
            vary = value + b", Accept-Encoding"
        else:
            kept.append(header)
            if name == b"cache-control":
                public = value.startswith(b"public")
            elif name == b"content-encoding":
                coding = f"-{value.decode()}"
    if not public or start["status"] != 200:
        return "", None
    kept.append((b"vary", vary))
    if tag:
        kept.append((b"etag", f'"{tag}{coding}"'.encode()))
    return tag, kept
