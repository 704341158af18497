"""Errors as responses in `application/problem+json` (RFC 9457) or plain text.

Error pages in HTML are made by `pages.render`.
"""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from accsm_server.errors import MethodNotAllowed, NotFound, ServerError
from accsm_server.http import negotiation
from accsm_server.http.headers import NEVER
from accsm_server.http.negotiation import Format

_OFFERS = (negotiation.PROBLEM, negotiation.HTML, negotiation.TEXT)
_ALLOWED = {"Allow": "GET, HEAD, OPTIONS"}


def from_http_exception(error: HTTPException) -> ServerError:
    """Return the ServerError for an unknown path or method; raises ``error`` if it is another."""
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        detail = "This data is read-only: send GET or HEAD."
        return MethodNotAllowed(detail=detail, headers=_ALLOWED)
    if error.status_code == HTTPStatus.NOT_FOUND:
        return NotFound(headers=error.headers)
    raise error


def error_format(request: Request) -> Format:
    """Return the format for an error: JSON, HTML or text, as `format=` or Accept suggests."""
    known = (negotiation.HTML, *negotiation.RESULTS, *negotiation.GRAPHS)
    named = negotiation.by_name(request.query_params.get("format", ""), known)
    accept = named.media_type if named else request.scope["request_context"].header(b"accept")
    plain = negotiation.PROBLEM if "json" in accept else negotiation.TEXT
    return negotiation.negotiate(accept, _OFFERS) or plain


def error_response(error: ServerError, format: Format) -> Response:
    """Return ``error`` as problem+json if ``format`` is that, else as plain text."""
    headers = {**error.headers, "Vary": "Accept", "Cache-Control": NEVER}
    if format == negotiation.PROBLEM:
        kind = negotiation.PROBLEM.media_type
        return JSONResponse(_members(error), error.status, headers, media_type=kind)
    return Response(_text(error), error.status, headers, media_type="text/plain")


async def send_error(error: ServerError, scope: Scope, receive: Receive, send: Send) -> None:
    """Respond with an error outside of the applications that can make a page of it."""
    await error_response(error, error_format(Request(scope)))(scope, receive, send)


def _members(error: ServerError) -> dict[str, object]:
    """Return the members of the problem+json object, without empty ones."""
    names = ("title", "status", "detail", "hint", "line", "column")
    return {name: value for name in names if (value := getattr(error, name))}


def _text(error: ServerError) -> str:
    lines = (f"{error.status} {error.title}", error.detail, error.excerpt, error.hint)
    return "\n\n".join(line for line in lines if line) + "\n"
