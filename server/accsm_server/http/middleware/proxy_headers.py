"""Who asks and by which scheme, where a proxy in front says so."""

from collections.abc import Awaitable

from starlette.types import Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

_NAMES = frozenset([b"x-forwarded-for", b"x-forwarded-proto"])


class ProxyHeaders(ProxyHeadersMiddleware):
    """ASGI middleware that believes X-Forwarded-For and X-Forwarded-Proto of trusted proxies."""

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:  # type: ignore[override]
        """Pass a request on with the client and the scheme that its proxy names."""
        app = self.app if _NAMES.isdisjoint(scope["request_context"].fields) else super().__call__
        return app(scope, receive, send)  # type: ignore[arg-type]
