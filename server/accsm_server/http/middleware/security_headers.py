"""Turn any response into one that is safe for browsers and open to scripts of other sites.

Answers OPTIONS everywhere.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
ALWAYS = [
    (b"access-control-allow-origin", b"*"),
    (
        b"access-control-expose-headers",
        b"Allow, Content-Location, ETag, Hint, Link, Retry-After, X-Limits, X-Truncated",
    ),
    (b"content-security-policy", _POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
]
_OPTIONS = [
    (b"access-control-allow-methods", b"GET, HEAD, POST, OPTIONS"),
    (b"access-control-allow-headers", b"Accept, Content-Type, If-None-Match"),
    (b"access-control-max-age", b"86400"),
]


class Headers:
    """The layer around the application."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap ``app``."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on and add the headers to its response."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *ALWAYS]
            await send(message)

        if scope["method"] == "OPTIONS":
            allowed = (
                b"GET, HEAD, POST, OPTIONS"
                if path_of(scope) == "/sparql"
                else b"GET, HEAD, OPTIONS"
            )
            headers = [(b"allow", allowed), *_OPTIONS]
            await send_with_headers(
                {"type": "http.response.start", "status": 204, "headers": headers}
            )
            await send({"type": "http.response.body", "body": b""})
            return
        await self._app(scope, receive, send_with_headers)


def path_of(scope: Scope) -> str:
    """Return the path of a request below the prefix under which the server is reached."""
    return str(scope["path"]).removeprefix(scope.get("root_path", ""))
