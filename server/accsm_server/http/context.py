"""What the layers of the server know of one request: `scope["request_context"]`."""

import asyncio
import time
from typing import Any

from starlette.types import Scope


class RequestContext:
    """One request: what its head says, and what is found out while it is answered."""

    client: str = ""
    """Who asks: see `rate_limit.client_of`."""
    query: str = ""
    """The SPARQL query that it asks, for the log."""
    rows: int | None = None
    """The rows or triples of its answer."""
    status: int = 0
    """The status of the response, once it was begun."""
    size: int = 0
    """The bytes of its body that were sent."""
    complete: bool = False
    """Whether all of it was sent."""
    exchange: Any = None
    """The request and its response as `response_cache` sees them."""
    query_outcome: str = ""
    """How the query ended, where that is more than the status says: cut, deadline, syntax …"""

    def __init__(self, scope: Scope) -> None:
        """Begin with the head of a request."""
        self.started = time.perf_counter()
        self.path = str(scope["path"]).removeprefix(scope.get("root_path", ""))
        """The path below the prefix under which the server is reached."""
        self.fields = _fields(scope)
        """The header fields; the lines of one are joined by commas (RFC 9110, section 5.3)."""

    @property
    def outcome(self) -> str:
        """Return how the request ended: ok, refused, failed, unfinished, gone, or as its query."""
        if self.query_outcome:
            return self.query_outcome
        if not self.complete:
            return "unfinished" if self.status else "gone"
        return "ok" if self.status < 400 else "refused" if self.status < 500 else "failed"

    def fail(self) -> None:
        """Note that a fault of ours has ended the request."""
        self.status, self.query_outcome = self.status or 500, "failed"

    def field(self, name: bytes) -> str:
        """Return a header field, empty where it is missing."""
        return self.fields.get(name, b"").decode("latin-1")


async def in_task() -> None:
    """Go on in a task, before anything that asks which task it runs in, such as a timeout.

    A request begins outside of a task: see `connection`.
    """
    await asyncio.sleep(0)


def _fields(scope: Scope) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        found[name] = found[name] + b", " + value if name in found else value
    return found
