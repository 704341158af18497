"""What the layers of the server know of one request, kept in its ASGI scope."""

import time
from dataclasses import dataclass, field

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
    outcome: str = ""
    """How it ended, as metrics and log call it; empty where the status says it all."""

    def field(self, name: bytes) -> str:
        """Return a header field, empty where it is missing."""
        return self.fields.get(name, b"").decode("latin-1")


def context_of(scope: Scope) -> RequestContext:
    """Return the context of a request; whoever asks first makes it."""
    context: RequestContext | None = scope.get("request_context")
    if context is None:
        path = str(scope["path"]).removeprefix(scope.get("root_path", ""))
        context = scope["request_context"] = RequestContext(path, _fields(scope))
    return context


def _fields(scope: Scope) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        found[name] = found[name] + b", " + value if name in found else value
    return found
