"""Turn what went wrong into a response in the caller's media type (RFC 9457 for programs)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from accsm_kg.rdf.explain import Explanation
from accsm_server.engine.interface import QueryError, Reason
from accsm_server.http import negotiation
from accsm_server.http.middleware.response_cache import NEVER
from accsm_server.http.middleware.security_headers import Headers
from accsm_server.http.negotiation import Format

_STATUS: dict[Reason, tuple[int, str]] = {
    "syntax": (400, "The query cannot be read"),
    "evaluation": (400, "The query cannot be answered"),
    "refused": (403, "The query asks for what this endpoint does not do"),
    "remote": (502, "Another endpoint did not answer"),
    "depth": (400, "The query is nested too deeply"),
    "memory": (503, "The query needed too much memory"),
    "deadline": (504, "The query took too long"),
    "busy": (503, "Too many queries at once"),
    "stopping": (503, "The server is stopping"),
    "crash": (503, "The query stopped its worker"),
    "size": (400, "The answer is too large for a page"),
    "gone": (503, "The client is gone"),
}
_ADVICE: dict[Reason, str] = {
    "deadline": "Ask for less: add LIMIT, bind more variables, or join the patterns.",
    "memory": "Ask for less: add LIMIT, or sort and group fewer rows.",
    "depth": "Write the query with fewer brackets inside brackets.",
    "size": "Ask for less, or for one of the formats, which are sent whole.",
    "busy": "Try again in a few seconds.",
    "refused": "Only data held here can be queried; nothing is fetched from other places.",
}
_READING = "GET, HEAD, OPTIONS"
_READ_ONLY = "The data here are only read: send GET or HEAD."
_OFFERS = (negotiation.PROBLEM, negotiation.HTML, negotiation.TEXT)


@dataclass(frozen=True)
class Problem:
    """What went wrong and what to do, for any kind of reader."""

    status: int
    title: str
    detail: str = ""
    hint: str = ""
    line: int | None = None
    column: int | None = None
    excerpt: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def content(self) -> dict[str, object]:
        """Return the members of the problem+json object that are filled."""
        members = {
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "hint": self.hint,
            "line": self.line,
            "column": self.column,
        }
        return {name: value for name, value in members.items() if value}

    def text(self) -> str:
        """Return the problem as a few lines to read."""
        lines = (f"{self.status} {self.title}", self.detail, self.excerpt, self.hint)
        return "\n\n".join(line for line in lines if line) + "\n"


class Trouble(HTTPException):
    """A problem on its way to the handler that renders it."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str = "",
        hint: str = "",
        headers: Mapping[str, str] | None = None,
        finding: Explanation | None = None,
    ) -> None:
        """Make the problem; ``finding`` is what is wrong with a query and where."""
        place = finding or Explanation(detail, hint)
        self.problem = Problem(
            status, title, place.detail, place.hint, place.line, place.column, place.excerpt,
            headers or {},
        )  # fmt: skip
        super().__init__(status, place.detail)


def of(error: HTTPException | QueryError) -> Problem:
    """Return the problem that an exception stands for."""
    if isinstance(error, QueryError):
        error = of_failure(error)
    if isinstance(error, Trouble):
        return error.problem
    if error.status_code == 405:
        return Problem(405, "Method not allowed", _READ_ONLY, headers={"Allow": _READING})
    phrase = HTTPStatus(error.status_code).phrase
    detail = "" if error.detail == phrase else str(error.detail)
    return Problem(error.status_code, phrase, detail, headers=error.headers or {})


def of_failure(failure: QueryError) -> Trouble:
    """Return the trouble for a query that has no answer."""
    status, title = _STATUS[failure.reason]
    headers = {"Retry-After": "5"} if failure.reason in ("busy", "stopping") else {}
    return Trouble(
        status, title, str(failure), hint=_ADVICE.get(failure.reason, ""), headers=headers
    )


def wanted(request: Request) -> Format:
    """Return the format in which ``request`` wants to be told of a problem."""
    known = (negotiation.HTML, *negotiation.RESULTS, *negotiation.GRAPHS)
    wish = negotiation.named(request.query_params.get("format", ""), known)
    accept = wish.media_type if wish else negotiation.field(request.headers, "accept")
    plain = negotiation.PROBLEM if "json" in accept else negotiation.TEXT
    return negotiation.negotiate(accept, _OFFERS) or plain


def respond(problem: Problem, form: Format) -> Response:
    """Return the response for a program or a terminal."""
    headers = {**problem.headers, "Vary": "Accept", "Cache-Control": NEVER}
    if form == negotiation.PROBLEM:
        return JSONResponse(
            problem.content(), problem.status, headers, media_type=negotiation.PROBLEM.media_type
        )
    return Response(problem.text(), problem.status, headers, media_type="text/plain")


async def refuse(problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
    """Send a problem where no application is asked."""
    response = respond(problem, wanted(Request(scope)))
    await Headers(response)(scope, receive, send)
