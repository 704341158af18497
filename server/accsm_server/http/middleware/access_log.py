"""The access log: a line of JSON on standard output for each request."""

import json
import sys
import time
from contextlib import suppress
from hashlib import sha256
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Receive, Scope, Send

from accsm_server.http.context import RequestContext


class AccessLog:
    """ASGI middleware that logs requests: a query as its hash, and nothing of the client."""

    def __init__(self, app: ASGIApp) -> None:
        """Log the requests to ``app``."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and log it when it is answered."""
        try:
            await self._app(scope, receive, send)
        finally:
            line = json.dumps(_line(scope, scope["request_context"]))
            with suppress(OSError):  # nobody reads it any more, or there is no room for it
                sys.stdout.write(line + "\n")
                sys.stdout.flush()


def _line(scope: Scope, context: RequestContext) -> dict[str, object]:
    query = context.query or _query(scope)
    return {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "method": scope["method"],
        "path": context.path,
        "status": context.status,
        "query": sha256(query.encode("utf-8", "replace")).hexdigest()[:16] if query else None,
        "ms": round((time.perf_counter() - context.started) * 1000, 2),
        "rows": context.rows,
        "bytes": context.size,
        "outcome": context.outcome,
    }


def _query(scope: Scope) -> str:
    """Return the query of a GET that was answered from the cache."""
    with suppress(ValueError):  # more fields than anyone needs
        found = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=1000)
        return "".join(found.get("query", []))
    return ""
