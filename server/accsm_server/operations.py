"""What an operator asks: /healthz for a supervisor, /metrics for Prometheus."""

import asyncio
import time
from collections.abc import Awaitable
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from accsm_kg import __version__
from accsm_server.engine.interface import CLIENT, Query, fetch
from accsm_server.errors import QueryError
from accsm_server.http import problems
from accsm_server.http.context import ensure_task
from accsm_server.http.headers import NEVER
from accsm_server.http.middleware.metrics import Counts
from accsm_server.reload import Reloader

PATHS = ("/healthz", "/metrics")
_PATIENCE = 5.0  # seconds after which a server that does not answer is not well


class Operations:
    """ASGI application that answers `PATHS` itself and passes all else to the served dataset."""

    def __init__(self, reloader: Reloader, counts: Counts) -> None:
        """Report on ``reloader`` and ``counts``."""
        self._reloader, self._counts = reloader, counts
        self._known_until = 0.0
        self._error: QueryError | None = None
        self._app = Starlette(
            routes=[Route("/healthz", self._health), Route("/metrics", self._report)],
            exception_handlers={HTTPException: _on_error},  # type: ignore[dict-item]
        )

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer one request."""
        answer = self._answer if scope["request_context"].path in PATHS else self._reloader
        return answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        CLIENT.set("")  # a supervisor is no client: it is not kept waiting behind one
        await ensure_task()
        await self._app(scope, receive, send)

    async def _health(self, request: Request) -> Response:
        """Say whether pages are answered; the engine is asked at most once a second."""
        engine, now = self._reloader.current.engine, time.monotonic()
        if now >= self._known_until:
            self._known_until = now + 1
            try:
                await fetch(engine, Query("ASK {}", "json", internal=True, timeout=_PATIENCE))
                self._error = None
            except QueryError as error:
                self._error = error
            except asyncio.CancelledError:  # the next one who asks must not take it for well
                self._known_until = 0.0
                raise
        if self._error:
            return JSONResponse({"status": self._error.reason, "detail": str(self._error)}, 503)
        return JSONResponse({"status": "ok", "version": __version__, "dataset": engine.version})

    async def _report(self, request: Request) -> Response:
        """Return the metrics."""
        engine, cache = self._reloader.current.engine, self._reloader.current.cache
        stats = {
            **engine.stats,
            "cache_bytes": cache.size,
            "cache_hits": cache.hits,
            "cache_misses": cache.misses,
        }
        accept = request.scope["request_context"].header(b"accept")
        body, kind = self._counts.report(accept, stats, engine.version)
        return Response(body, headers={"Content-Type": kind, "Cache-Control": NEVER})


async def _on_error(request: Request, error: HTTPException) -> Response:
    found = problems.from_http_exception(error)
    return problems.error_response(found, problems.error_format(request))


#: The entries of `PATHS` in the OpenAPI description.
_JSON: dict[str, Any] = {"application/json": {}}
OPENAPI: dict[str, Any] = {
    path: {"get": {"summary": summary, "tags": ["operations"], "responses": responses}}
    for path, summary, responses in (
        (
            "/healthz",
            "Whether the server is well",
            {
                "200": {"description": "Queries are answered", "content": _JSON},
                "503": {"description": "They are not", "content": _JSON},
            },
        ),
        (
            "/metrics",
            "What the server has counted",
            {"200": {"description": "What Prometheus reads", "content": {"text/plain": {}}}},
        ),
    )
}
