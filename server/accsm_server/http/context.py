"""What the layers of the server know of one request, kept in its ASGI scope."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from starlette.types import Scope


@dataclass(slots=True)
class RequestContext:
    """One request: what its head says, and what is found out while it is answered."""

    path: str
    """The path below the prefix under which the server is reached."""
    fields: dict[bytes, bytes]
    """The header fields; the lines of one are joined by commas (RFC 9110, section 5.3)."""
    started: float = field(default_factory=time.perf_counter)
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

    @property
    def outcome(self) -> str:
        """Return how the request ended: ok, refused, failed, unfinished, gone, or as its query."""
        if self.query_outcome:
            return self.query_outcome
        if not self.complete:
            return "unfinished" if self.status else "gone"
        return "ok" if self.status < 400 else "refused" if self.status < 500 else "failed"

    def field(self, name: bytes) -> str:
        """Return a header field, empty where it is missing."""
        return self.fields.get(name, b"").decode("latin-1")


async def in_task() -> None:
    """Go on in a task, before anything that asks which task it runs in, such as a timeout.

    A request begins outside of a task: see `connection`.
    """
    await asyncio.sleep(0)


def context_of(scope: Scope) -> RequestContext:
    """Return the context of a request; whoever asks first makes it."""
    try:
        return scope["request_context"]  # type: ignore[no-any-return]
    except KeyError:
        path = str(scope["path"]).removeprefix(scope.get("root_path", ""))
        context = scope["request_context"] = RequestContext(path, _fields(scope))
        return context


def _fields(scope: Scope) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        found[name] = found[name] + b", " + value if name in found else value
    return found
