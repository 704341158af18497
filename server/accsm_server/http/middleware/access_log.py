"""The access log: one line of JSON on standard output for each request."""

import json
import sys
import time
from contextlib import suppress
from hashlib import sha256
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Receive, Scope, Send

from accsm_server.http.context import RequestContext


class AccessLog:
    """ASGI middleware that logs requests, without the client and with only a hash of the query."""

    def __init__(self, app: ASGIApp) -> None:
        """Log requests to ``app``."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and log it when the response has ended."""
        try:
            await self._app(scope, receive, send)
        finally:
            line = json.dumps(_line(scope, scope["request_context"]))
            with suppress(OSError):  # a closed pipe or a full disk must not fail requests
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
    """Return the query of a GET, which the endpoint does not see if its response is cached."""
    with suppress(ValueError):  # too many parameters
        found = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=1000)
        return "".join(found.get("query", []))
    return ""
