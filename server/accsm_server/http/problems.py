"""Errors as responses in `application/problem+json` (RFC 9457) or plain text.

Error pages in HTML are made by `pages.render`.
"""

import json
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from accsm_server.errors import MethodNotAllowed, NotFound, ServerError
from accsm_server.http import negotiation
from accsm_server.http.headers import NEVER
from accsm_server.http.negotiation import Format

_OFFERS = (negotiation.TEXT, negotiation.HTML, negotiation.PROBLEM)
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
    asked = negotiation.requested(request.query_params)
    named = negotiation.by_name(asked, known)
    accept = named.media_type if named else request.scope["request_context"].header(b"accept")
    return negotiation.negotiate(accept, _OFFERS) or negotiation.TEXT


def error_response(error: ServerError, format: Format) -> Response:
    """Return ``error`` as problem+json if ``format`` is that, else as plain text."""
    headers = {**error.headers, "Vary": "Accept", "Cache-Control": NEVER}
    if format == negotiation.PROBLEM:
        kind = negotiation.PROBLEM.media_type
        return Response(_json(error), error.status, headers, media_type=kind)
    return Response(_text(error), error.status, headers, media_type="text/plain")


async def send_error(error: ServerError, scope: Scope, receive: Receive, send: Send) -> None:
    """Respond with an error outside of the applications that can make a page of it."""
    await error_response(error, error_format(Request(scope)))(scope, receive, send)


def _json(error: ServerError) -> str:
    """Return the problem+json object in ASCII, a line for each member that is not empty."""
    names = ("detail", "hint", "title", "status", "line", "column")
    found = [(name, value) for name in names if (value := getattr(error, name))]
    return "{\n" + ",\n".join(f'  "{name}": {json.dumps(value)}' for name, value in found) + "\n}\n"


def _text(error: ServerError) -> str:
    sentence = f"{error.title}: {error.detail}" if error.detail else error.title
    lines = (sentence, error.excerpt, error.hint, f"HTTP status {error.status}")
    return "\n\n".join(line for line in lines if line) + "\n"
