"""What a trusted reverse proxy reports: the client, the scheme, the host and the path prefix."""

from collections.abc import Awaitable

from starlette.types import Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from accsm_server.errors import BadRequest
from accsm_server.http import problems
from accsm_server.http.context import RequestContext
from accsm_server.http.headers import HOST
from accsm_server.settings import read_root_path

_HOST, _PREFIX = b"x-forwarded-host", b"x-forwarded-prefix"
_NAMES = frozenset([b"x-forwarded-for", b"x-forwarded-proto", _HOST, _PREFIX])
_LONGEST = 255  # characters of a prefix


class ProxyHeaders(ProxyHeadersMiddleware):
    """uvicorn's middleware for X-Forwarded-For and -Proto, with X-Forwarded-Host and -Prefix.

    The prefix replaces the root path of the server. Requests without these headers skip it.
    """

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:  # type: ignore[override]
        """Pass a request on as a trusted proxy reports it; answer 400 to what cannot be."""
        context: RequestContext = scope["request_context"]
        if _NAMES.isdisjoint(context.headers):
            return self.app(scope, receive, send)  # type: ignore[arg-type]
        client = scope.get("client")
        if (client[0] if client else None) in self.trusted_hosts:
            try:
                _replace_host(scope, context)
                _replace_prefix(scope, context)
            except BadRequest as error:
                return problems.send_error(error, scope, receive, send)
        return super().__call__(scope, receive, send)  # type: ignore[arg-type]


def _replace_host(scope: Scope, context: RequestContext) -> None:
    if not (host := _last(context, _HOST)):
        return
    if not HOST.fullmatch(host):
        raise BadRequest(
            "Invalid X-Forwarded-Host", "The proxy must send one name or address, with its port."
        )
    others = [header for header in scope["headers"] if header[0] != b"host"]
    context.headers[b"host"] = host.encode()
    scope["headers"] = [*others, (b"host", host.encode())]


def _replace_prefix(scope: Scope, context: RequestContext) -> None:
    if not (prefix := _last(context, _PREFIX)):
        return
    try:
        root_path = read_root_path(prefix)
    except ValueError:
        root_path = None
    if root_path is None or len(root_path) > _LONGEST:
        raise BadRequest("Invalid X-Forwarded-Prefix", "The proxy must send a path such as /kg.")
    below = scope["raw_path"].removeprefix(scope["root_path"].encode())
    scope["root_path"] = root_path
    scope["path"], scope["raw_path"] = root_path + context.path, root_path.encode() + below


def _last(context: RequestContext, name: bytes) -> str:
    """Return the last value of a header: a proxy may add its own to those of a client."""
    return context.header(name).rpartition(",")[2].strip(" \t")
