"""The address of the client and the scheme, as a trusted reverse proxy reports them."""

from collections.abc import Awaitable

from starlette.types import Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

_NAMES = frozenset([b"x-forwarded-for", b"x-forwarded-proto"])


class ProxyHeaders(ProxyHeadersMiddleware):
    """uvicorn's middleware for X-Forwarded-For and -Proto, skipped for requests without them."""

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:  # type: ignore[override]
        """Pass a request on, with client and scheme replaced if a trusted proxy sent it."""
        app = self.app if _NAMES.isdisjoint(scope["request_context"].headers) else super().__call__
        return app(scope, receive, send)  # type: ignore[arg-type]
