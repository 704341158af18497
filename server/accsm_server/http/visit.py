"""Turn the head of a request into a visit: who asks what of which edition, and how it is sent."""

import asyncio
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Scope

from accsm_server.engine.interface import Begun
from accsm_server.http.middleware import compression
from accsm_server.http.middleware.compression import IDENTITY, Coding
from accsm_server.http.middleware.response_cache import Entry
from accsm_server.pages.queries import Site

_READ = frozenset(
    [b"accept", b"accept-encoding", b"content-length", b"expect", b"host", b"if-none-match",
     b"transfer-encoding", b"x-forwarded-for", b"x-forwarded-proto"]
)  # fmt: skip


@dataclass(eq=False)
class Edition:
    """A dataset that is served, and how many requests it still answers."""

    app: ASGIApp
    site: Site
    guests: int = 0
    empty: asyncio.Event = field(default_factory=asyncio.Event)
    """Set whenever the last guest leaves."""


@dataclass(slots=True, eq=False)
class Visit:
    """A request that is being answered."""

    edition: Edition
    path: str
    started: float
    fields: dict[bytes, bytes]
    """The headers of which more is to be known."""
    coding: Coding | None
    key: bytes
    """What the response depends on besides the program; empty where it is never sent again."""
    client: str = ""
    wait: float = 0.0
    """Seconds that the client must wait before it is served."""
    entry: Entry | None = None
    """The answer, where it is known."""
    begun: Begun | None = None
    """The answer, where it has been asked for already."""
    query: str = ""
    outcome: str = ""
    """How it ended, as the log and the metrics call it."""
    rows: int | None = None

    def leave(self) -> None:
        """Let go of what is held for it."""
        if self.begun:
            self.begun.close()
        self.edition.guests -= 1
        if not self.edition.guests:
            self.edition.empty.set()


def read(scope: Scope) -> dict[bytes, bytes]:
    """Return the headers of which more is to be known."""
    found: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name in _READ:
            found[name] = found[name] + b"," + value if name in found else value
    return found


def enter(
    scope: Scope, path: str, edition: Edition, fields: dict[bytes, bytes], started: float
) -> Visit:
    """Let in a request for ``path`` that came when it ``started``; ``scope`` holds the visit."""
    encodings = fields.get(b"accept-encoding")
    coding = compression.choose(encodings.decode("latin-1")) if encodings else IDENTITY
    key = _key(scope, edition.site.engine.version, fields)
    visit = scope["visit"] = Visit(edition, path, started, fields, coding, key)
    edition.guests += 1
    return visit


def _key(scope: Scope, version: str, fields: dict[bytes, bytes]) -> bytes:
    host = fields.get(b"host")
    if not host or scope["method"] not in ("GET", "HEAD"):
        return b""
    path = scope.get("raw_path") or scope["path"].encode()
    where = (version.encode(), scope["scheme"].encode(), host, path)
    return b"\0".join((*where, scope["query_string"], fields.get(b"accept", b"")))
