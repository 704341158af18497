"""Responses to OPTIONS, with the permissions of scripts from other origins (CORS)."""

from collections.abc import Awaitable

from starlette.types import ASGIApp, Receive, Scope, Send

from accsm_server.http.headers import Headers

_ALLOWED: Headers = [
    (b"access-control-allow-headers", b"*, Authorization"),
    (b"access-control-max-age", b"86400"),
]


class Preflight:
    """ASGI middleware that answers OPTIONS on every path."""

    def __init__(self, app: ASGIApp, posts: tuple[str, ...]) -> None:
        """Wrap ``app``, in which the paths ``posts`` also accept POST."""
        self._app, self._posts = app, posts

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer OPTIONS, and pass other requests on."""
        if scope["method"] != "OPTIONS":
            return self._app(scope, receive, send)
        return self._allow(scope, send)

    async def _allow(self, scope: Scope, send: Send) -> None:
        posts = scope["request_context"].path in self._posts
        allow = b"GET, HEAD, POST, OPTIONS" if posts else b"GET, HEAD, OPTIONS"
        headers = [(b"allow", allow), (b"access-control-allow-methods", allow), *_ALLOWED]
        await send({"type": "http.response.start", "status": 204, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
