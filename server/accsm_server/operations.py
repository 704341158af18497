"""Endpoints for operators: the health check /healthz, and /metrics for Prometheus."""

import asyncio
import time
from collections.abc import Awaitable
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from accsm_kg import __version__
from accsm_server.engine.interface import CLIENT, Query, fetch
from accsm_server.errors import Loading, QueryError, ServerError, UnreadableStore
from accsm_server.http import problems
from accsm_server.http.context import ensure_task
from accsm_server.http.headers import NEVER
from accsm_server.http.middleware.metrics import Counts
from accsm_server.reload import Reloader

PATHS = ("/healthz", "/metrics")
_HEALTH_TIMEOUT = 5.0  # seconds for the query of the health check


class Operations:
    """ASGI application that answers `PATHS`, and passes other requests on."""

    def __init__(self, app: ASGIApp, reloader: Reloader, counts: Counts) -> None:
        """Report on the dataset of ``reloader``, and ``counts``; ``app`` answers the rest."""
        self._others, self._reloader, self._counts = app, reloader, counts
        self._cached_until = 0.0
        self._error: QueryError | None = None
        self._app = Starlette(
            routes=[Route("/healthz", self._health), Route("/metrics", self._report)],
            exception_handlers=_EXCEPTION_HANDLERS,
        )

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Handle one request."""
        answer = self._answer if scope["request_context"].path in PATHS else self._others
        return answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        CLIENT.set("")  # a health check must not wait behind a client
        await ensure_task()
        await self._app(scope, receive, send)

    async def _health(self, request: Request) -> Response:
        """Return 200 if a query for pages is answered, else 503; the result is cached for 1 s."""
        try:
            engine = self._reloader.current.engine
        except Loading as error:
            return JSONResponse({"status": "loading", "detail": error.detail}, 503, error.headers)
        except UnreadableStore as error:
            return JSONResponse({"status": error.reason, "detail": error.detail}, 503)
        now = time.monotonic()
        if now >= self._cached_until:
            self._cached_until = now + 1
            try:
                await fetch(engine, Query("ASK {}", "json", internal=True, timeout=_HEALTH_TIMEOUT))
                self._error = None
            except QueryError as error:
                self._error = error
            except asyncio.CancelledError:  # the result is unknown
                self._cached_until = 0.0
                raise
        if self._error:
            return JSONResponse({"status": self._error.reason, "detail": str(self._error)}, 503)
        return JSONResponse({"status": "ok", "version": __version__, "dataset": engine.version})

    async def _report(self, request: Request) -> Response:
        """Return the metrics in a format of Prometheus."""
        loaded = self._reloader.current
        engine, cache = loaded.engine, loaded.cache
        stats = {
            **engine.stats,
            "cache_bytes": cache.size,
            "cache_hits": cache.hits,
            "cache_misses": cache.misses,
        }
        accept = request.scope["request_context"].header(b"accept")
        body, media_type = self._counts.report(accept, stats, engine.version)
        return Response(body, headers={"Content-Type": media_type, "Cache-Control": NEVER})


async def _on_http_exception(request: Request, error: Any) -> Response:
    return await _on_error(request, problems.from_http_exception(error))


async def _on_error(request: Request, error: Any) -> Response:
    return problems.error_response(error, problems.error_format(request))


_EXCEPTION_HANDLERS: dict[Any, Any] = {ServerError: _on_error, HTTPException: _on_http_exception}

_JSON: dict[str, Any] = {"application/json": {}}
#: The path items of `PATHS` for the OpenAPI description.
OPENAPI: dict[str, Any] = {
    path: {"get": {"summary": summary, "tags": ["operations"], "responses": responses}}
    for path, summary, responses in (
        (
            "/healthz",
            "Health check",
            {
                "200": {"description": "The server answers queries", "content": _JSON},
                "503": {
                    "description": "It is loading, or answers no queries",
                    "content": _JSON,
                },
            },
        ),
        (
            "/metrics",
            "Metrics",
            {"200": {"description": "Metrics for Prometheus", "content": {"text/plain": {}}}},
        ),
    )
}
