"""Turn each request into one that the current dataset answers, and account for it.

The gate is the outermost layer of the application and outlives the datasets. A request is answered
by the edition that was current when it came, which stays open until the last of them is answered.
"""

import math
import time
from contextlib import suppress
from functools import partial

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from accsm_kg import __version__
from accsm_server.engine.interface import CLIENT, Query, QueryError, fetch
from accsm_server.http import negotiation, problems
from accsm_server.http.middleware import access_log
from accsm_server.http.middleware.metrics import Metrics
from accsm_server.http.middleware.rate_limit import Limiter, client_of
from accsm_server.http.middleware.security_headers import Headers, path_of
from accsm_server.http.problems import Problem
from accsm_server.http.visit import Edition, Visit, enter, read
from accsm_server.settings import Settings

_PATIENCE = 5.0  # seconds after which a server that does not answer is not well
_OPERATIONS = ("/healthz", "/metrics")
_FORWARDED = frozenset([b"x-forwarded-for", b"x-forwarded-proto"])


class Gate:
    """The application as the HTTP server sees it."""

    def __init__(self, edition: Edition, settings: Settings) -> None:
        """Start with ``edition``."""
        self.edition = edition
        self.metrics = Metrics()
        self._limiter, self._log = Limiter(settings.rate), settings.access_log
        self._proxies = ProxyHeadersMiddleware(_nothing, settings.proxies)
        self._known_until = 0.0
        self._ill: QueryError | None = None
        self._operations = Headers(
            Starlette(routes=[Route("/healthz", self._health), Route("/metrics", self._report)])
        )

    def admit(self, scope: Scope) -> Visit:
        """Let a request in, which must end in `dismiss` or be passed on to `__call__`."""
        started, path, fields = time.perf_counter(), path_of(scope), read(scope)
        if not _FORWARDED.isdisjoint(fields):
            with suppress(StopIteration):  # it ends at once, as `_nothing` does
                self._proxies(scope, _nothing, _nothing).send(None)  # type: ignore[arg-type]
        visit = enter(scope, path, self.edition, fields, started)
        if path not in _OPERATIONS:
            visit.client = client_of(scope)
            if not path.startswith("/static/"):
                visit.wait = self._limiter.wait(visit.client, started)
            if visit.key and not visit.wait:
                visit.entry = visit.edition.site.cache.find(visit.key)
        return visit

    def dismiss(self, scope: Scope, status: int, size: int, outcome: str = "ok") -> None:
        """Account for a request that was answered with ``size`` bytes."""
        visit: Visit = scope["visit"]
        visit.outcome = visit.outcome or outcome
        visit.leave()
        seconds = time.perf_counter() - visit.started
        self.metrics.count(visit, status, size, seconds)
        if self._log:
            access_log.log(scope, visit, status, size, seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request that was admitted, and account for it."""
        visit: Visit = scope["visit"]
        CLIENT.set(visit.client)
        watch = _Watch(send)
        try:
            await self._app(visit)(scope, receive, watch)
        finally:
            self.dismiss(scope, watch.status, watch.size, watch.outcome())

    def _app(self, visit: Visit) -> ASGIApp:
        """Return who answers the request."""
        if visit.path in _OPERATIONS:
            return self._operations
        return partial(problems.refuse, _too_many(visit.wait)) if visit.wait else visit.edition.app

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
        accept, load = negotiation.field(request.headers, "accept"), {**site.engine.load, **held}
        body, kind = self.metrics.report(accept, load, site.engine.version)
        return Response(body, headers={"Content-Type": kind, "Cache-Control": "no-store"})


async def _nothing(*_: object) -> None:
    """Answer nothing."""


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
