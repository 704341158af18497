"""Heads of requests that HTTP forbids (RFC 9112, sections 3.2 and 6.1)."""

import re
from collections.abc import Awaitable

from starlette.types import ASGIApp, Receive, Scope, Send

from accsm_server.errors import BadRequest, RequestError, UnknownTransferCoding
from accsm_server.http import problems

_HOST = re.compile(rb"[A-Za-z0-9._~:\[\]-]+")


class RequestCheck:
    """ASGI middleware that refuses requests without a valid Host, or in a coding but chunked."""

    def __init__(self, app: ASGIApp) -> None:
        """Check the requests to ``app``."""
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass a request on, or refuse it."""
        error = _fault(scope["request_context"].fields, scope["http_version"])
        if error:
            return problems.refuse(error, scope, receive, send)
        return self._app(scope, receive, send)


def _fault(fields: dict[bytes, bytes], version: str) -> RequestError | None:
    if fields.get(b"transfer-encoding", b"chunked").lower() != b"chunked":
        return UnknownTransferCoding("Unknown transfer coding", "Send the body whole or chunked.")
    host = fields.get(b"host")
    if (host is None and version == "1.0") or _HOST.fullmatch(host or b""):
        return None
    return BadRequest("Not a host", "Send the name or address of this server as Host.")
