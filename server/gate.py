"""Turn each request into one that the current dataset answers, and account for it.

The gate is the outermost layer of the application and outlives the datasets. A request is answered
by the edition that was current when it came, which stays open until the last of them is answered.
"""

import asyncio
import math
import time
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from accsm_kg import __version__
from server import access, formats, problems
from server.engine import CLIENT, Query, QueryError, fetch
from server.headers import Headers, path_of
from server.metrics import Metrics
from server.problems import Problem
from server.rate import Limiter, client_of
from server.site import Site

_PATIENCE = 5.0  # seconds after which a server that does not answer is not well
_OPERATIONS = ("/healthz", "/metrics")


@dataclass(eq=False)
class Edition:
    """A dataset that is served, and how many requests it still answers."""

    app: ASGIApp
    site: Site
    version: str
    guests: int = 0
    empty: asyncio.Event = field(default_factory=asyncio.Event)
    """Set whenever the last guest leaves."""


class Gate:
    """The application as the HTTP server sees it."""

    def __init__(self, edition: Edition, rate: float | None, log: bool) -> None:
        """Start with ``edition``; see `Limiter` for the ``rate``."""
        self.edition = edition
        self.metrics = Metrics()
        self._limiter, self._log = Limiter(rate), log
        self._known_until = 0.0
        self._ill: QueryError | None = None
        self._operations = Headers(
            Starlette(routes=[Route("/healthz", self._health), Route("/metrics", self._report)])
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request and account for it."""
        started = time.perf_counter()
        path = path_of(scope)
        note: dict[str, Any] = {}
        scope["note"] = note
        watch = _Watch(send)
        CLIENT.set("" if path in _OPERATIONS else client_of(scope))
        edition = self.edition
        edition.guests += 1
        try:
            await self._app(edition, path, started)(scope, receive, watch)
        finally:
            edition.guests -= 1
            if not edition.guests:
                edition.empty.set()
            note.setdefault("outcome", watch.outcome())
            self.metrics.count(path, watch.status, watch.size, time.perf_counter() - started, note)
            if self._log:
                access.log(scope, path, watch.status, watch.size, started, note)

    def _app(self, edition: Edition, path: str, now: float) -> ASGIApp:
        """Return who answers the request."""
        if path in _OPERATIONS:
            return self._operations
        if path.startswith("/static/"):
            return edition.app
        wait = self._limiter.wait(CLIENT.get(), now)
        return partial(problems.refuse, _too_many(wait)) if wait else edition.app

    async def _health(self, request: Request) -> Response:
        """Say whether queries are answered; not more than one a second is asked to know it."""
        engine, now = self.edition.site.engine, time.monotonic()
        if now >= self._known_until:
            self._known_until = now + 1
            try:
                await fetch(engine, Query("ASK {}", "json", own=True, timeout=_PATIENCE))
                self._ill = None
            except QueryError as failure:
                self._ill = failure
        if self._ill:
            return JSONResponse({"status": self._ill.reason, "detail": str(self._ill)}, 503)
        return JSONResponse({"status": "ok", "version": __version__, "dataset": engine.version})

    async def _report(self, request: Request) -> Response:
        """Return the metrics."""
        site = self.edition.site
        cache = site.cache
        held = {"cache_bytes": cache.size, "cache_hits": cache.hits, "cache_misses": cache.misses}
        accept, load = formats.field(request.headers, "accept"), {**site.engine.load, **held}
        body, kind = self.metrics.report(accept, load, site.engine.version)
        return Response(body, headers={"Content-Type": kind, "Cache-Control": "no-store"})


def _too_many(wait: float) -> Problem:
    seconds = math.ceil(wait)
    return Problem(
        429, "Too many requests", f"This client may go on in {seconds} s.",
        headers={"Retry-After": str(seconds)},
    )  # fmt: skip


class _Watch:
    """Passes a response on and sees how it ends."""

    __slots__ = ("_send", "complete", "size", "status")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = self.size = 0
        self.complete = False

    async def __call__(self, message: Message) -> None:
        """Send one message."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.size += len(message.get("body", b""))
            self.complete = not message.get("more_body", False)
        await self._send(message)

    def outcome(self) -> str:
        """Return how the response ended, as far as it shows."""
        if not self.complete:
            return "unfinished" if self.status else "gone"
        return "ok" if self.status < 400 else "refused" if self.status < 500 else "failed"
