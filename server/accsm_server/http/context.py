"""The state of one request that middlewares and applications share: `scope["request_context"]`."""

import asyncio
import time
from typing import Any

from starlette.types import Scope


class RequestContext:
    """The parsed head of a request, and what middlewares and applications add to it."""

    client: str = ""
    """The address or network of the client: see `rate_limit.client_of`."""
    query: str = ""
    """The text of the SPARQL query, for the log."""
    rows: int | None = None
    """The number of rows or triples in the answer."""
    status: int = 0
    """The status of the response; 0 before it is started."""
    size: int = 0
    """The bytes of the response body sent so far."""
    complete: bool = False
    """Whether the whole response was sent."""
    caching_send: Any = None
    """The `send` of `response_cache` for this request."""
    query_outcome: str = ""
    """How the query ended: ok, cut, deadline, syntax, …; empty if there was none."""

    def __init__(self, scope: Scope) -> None:
        """Read the head of a request from ``scope``; its time is measured from now on."""
        self.started = time.perf_counter()
        self.method = str(scope["method"])
        """The method of the client; applications see GET instead of HEAD."""
        self.path = str(scope["path"]).removeprefix(scope.get("root_path", ""))
        """The path without the root path."""
        self.headers = _headers(scope)
        """Header values by name; repeated headers are joined by commas (RFC 9110, section 5.3)."""

    @property
    def outcome(self) -> str:
        """Return how the request ended, for logs and metrics.

        This is `query_outcome` if set; else ok, refused (4xx), failed (5xx), unfinished (not sent
        to the end) or gone (not started).
        """
        if self.query_outcome:
            return self.query_outcome
        if not self.complete:
            return "unfinished" if self.status else "gone"
        return "ok" if self.status < 400 else "refused" if self.status < 500 else "failed"

    def mark_failed(self) -> None:
        """Record that an unexpected exception ended the request."""
        self.status, self.query_outcome = self.status or 500, "failed"

    def header(self, name: bytes) -> str:
        """Return the value of a header, empty if there is none."""
        return self.headers.get(name, b"").decode("latin-1")


async def ensure_task() -> None:
    """Continue in an asyncio task, which timeouts and the like need.

    Requests start without one: see `connection`.
    """
    await asyncio.sleep(0)


def _headers(scope: Scope) -> dict[bytes, bytes]:
    headers: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        headers[name] = headers[name] + b", " + value if name in headers else value
    return headers
