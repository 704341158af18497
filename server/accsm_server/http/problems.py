"""Errors as responses for programs: RFC 9457 (problem+json) or plain text.

Pages are made elsewhere; where none can be made, a browser gets text.
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
_READING = {"Allow": "GET, HEAD, OPTIONS"}


def from_http_exception(error: HTTPException) -> ServerError:
    """Return the error that Starlette or FastAPI raises for an address or a method."""
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        detail = "The data here are only read: send GET or HEAD."
        return MethodNotAllowed(detail=detail, headers=_READING)
    if error.status_code == HTTPStatus.NOT_FOUND:
        return NotFound(headers=error.headers)
    raise error


def format_of(request: Request) -> Format:
    """Return the format in which the client of ``request`` reads an error."""
    known = (negotiation.HTML, *negotiation.RESULTS, *negotiation.GRAPHS)
    wish = negotiation.named(request.query_params.get("format", ""), known)
    accept = wish.media_type if wish else request.scope["request_context"].field(b"accept")
    plain = negotiation.PROBLEM if "json" in accept else negotiation.TEXT
    return negotiation.negotiate(accept, _OFFERS) or plain


def respond(error: ServerError, form: Format) -> Response:
    """Return the response for a program or a terminal."""
    headers = {**error.headers, "Vary": "Accept", "Cache-Control": NEVER}
    if form == negotiation.PROBLEM:
        kind = negotiation.PROBLEM.media_type
        return JSONResponse(_members(error), error.status, headers, media_type=kind)
    return Response(_text(error), error.status, headers, media_type="text/plain")


async def refuse(error: ServerError, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request with an error, where no page is made of it."""
    await respond(error, format_of(Request(scope)))(scope, receive, send)


def _members(error: ServerError) -> dict[str, object]:
    """Return the members of the problem+json object that are filled."""
    names = ("title", "status", "detail", "hint", "line", "column")
    return {name: value for name in names if (value := getattr(error, name))}


def _text(error: ServerError) -> str:
    lines = (f"{error.status} {error.title}", error.detail, error.excerpt, error.hint)
    return "\n\n".join(line for line in lines if line) + "\n"
