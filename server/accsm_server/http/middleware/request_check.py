"""Checks of Host and Transfer-Encoding (RFC 9112, sections 3.2 and 6.1)."""

from collections.abc import Awaitable

from starlette.types import ASGIApp, Receive, Scope, Send

from accsm_server.errors import BadRequest, RequestError, UnknownTransferCoding
from accsm_server.http import problems
from accsm_server.http.headers import HOST


class RequestCheck:
    """ASGI middleware that rejects an invalid Host, and transfer codings other than chunked."""

    def __init__(self, app: ASGIApp) -> None:
        """Check the requests to ``app``."""
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass a request on, or answer 400 or 501."""
        error = _find_error(scope["request_context"].headers, scope["http_version"])
        if error:
            return problems.send_error(error, scope, receive, send)
        return self._app(scope, receive, send)


def _find_error(fields: dict[bytes, bytes], version: str) -> RequestError | None:
    if fields.get(b"transfer-encoding", b"chunked").lower() != b"chunked":
        return UnknownTransferCoding("Unknown transfer coding", "Use chunked, or Content-Length.")
    host = fields.get(b"host")
    if (host is None and version == "1.0") or HOST.fullmatch((host or b"").decode("latin-1")):
        return None
    return BadRequest("Invalid Host header", "Send the name or address of this server.")
