"""What can go wrong with a request, each kind with its HTTP status.

ServerError
├── RequestError                    the request cannot be served as it is
│   ├── BadRequest             400
│   ├── Forbidden              403
│   ├── NotFound               404
│   ├── MethodNotAllowed       405
│   ├── NotAcceptable          406
│   ├── RequestTimeout         408
│   ├── ContentTooLarge        413
│   ├── UriTooLong             414
│   ├── UnsupportedMediaType   415
│   ├── TooManyRequests        429
│   └── UnknownTransferCoding  501
└── QueryError                      a query has no answer
    ├── QuerySyntaxError       400  it cannot be read
    ├── EvaluationError        400  it cannot be evaluated
    ├── NestingError           400  it is nested too deeply for the engine
    ├── AnswerTooLarge         400  its answer does not fit on a page
    ├── AccessRefused          403  it reaches for files or the network
    ├── RemoteError            502  an endpoint that SERVICE names did not answer
    ├── OutOfMemory            503  it needed more memory than it may use
    ├── Overloaded             503  too many queries are waiting
    ├── Stopping               503  the server is being stopped
    ├── WorkerCrashed          503  the process that ran it ended
    ├── ClientGone             503  nobody waits for the answer any more
    └── DeadlineExceeded       504  it ran longer than it may
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import ClassVar

_RETRY: Mapping[str, str] = {"Retry-After": "5"}


class ServerError(Exception):
    """A request that is answered with an error, in the media type that its client accepts."""

    status: ClassVar[int] = 500
    title: str = ""
    hint: str = ""
    headers: Mapping[str, str] = {}
    line: int | None = None
    """Where in a query the fault is, counted from 1; the column likewise."""
    column: int | None = None
    excerpt: str = ""
    """The line of the query with a mark below the fault."""

    def __init__(
        self,
        title: str = "",
        detail: str = "",
        hint: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Say what is wrong (``detail``) and what to do about it (``hint``)."""
        super().__init__(detail)
        self.title = title or self.title or HTTPStatus(self.status).phrase
        self.detail = detail
        self.hint = hint or self.hint
        self.headers = headers or self.headers


class RequestError(ServerError):
    """A request that cannot be served as it is."""


class BadRequest(RequestError):
    """A parameter, header or body that cannot be read."""

    status = 400


class Forbidden(RequestError):
    """Something that this server does not do for strangers."""

    status = 403


class NotFound(RequestError):
    """An address at which nothing is."""

    status = 404


class MethodNotAllowed(RequestError):
    """A method that the address does not have."""

    status = 405


class NotAcceptable(RequestError):
    """A format or coding that cannot be had."""

    status = 406


class RequestTimeout(RequestError):
    """A body that came too slowly."""

    status = 408


class ContentTooLarge(RequestError):
    """A body beyond the limit."""

    status = 413


class UriTooLong(RequestError):
    """A query string beyond the limit."""

    status = 414


class UnsupportedMediaType(RequestError):
    """A body of a type, charset or coding that is no query."""

    status = 415


class TooManyRequests(RequestError):
    """More requests of one client than its rate allows."""

    status = 429


class UnknownTransferCoding(RequestError):
    """A transfer coding other than chunked."""

    status = 501


class QueryError(ServerError):
    """A query that has no answer; ``reason`` names the kind in logs, metrics and messages."""

    reason: ClassVar[str]

    def __init__(self, detail: str) -> None:
        """Say in a sentence why there is no answer."""
        super().__init__(detail=detail)


class QuerySyntaxError(QueryError):
    """A query that the engine cannot read."""

    reason, status = "syntax", 400
    title = "The query cannot be read"


class EvaluationError(QueryError):
    """A query that the engine cannot evaluate."""

    reason, status = "evaluation", 400
    title = "The query cannot be answered"


class NestingError(QueryError):
    """A query whose nesting exhausts the stack of the engine."""

    reason, status = "depth", 400
    title = "The query is nested too deeply"
    hint = "Write the query with fewer brackets inside brackets."


class AnswerTooLarge(QueryError):
    """An answer beyond what a page shows."""

    reason, status = "size", 400
    title = "The answer is too large for a page"
    hint = "Ask for less, or for one of the formats, which are sent whole."


class AccessRefused(QueryError):
    """A query that reaches for files or the network."""

    reason, status = "refused", 403
    title = "The query asks for what this endpoint does not do"
    hint = "Only data held here can be queried; nothing is fetched from other places."


class RemoteError(QueryError):
    """An endpoint that SERVICE names and that did not answer."""

    reason, status = "remote", 502
    title = "Another endpoint did not answer"


class OutOfMemory(QueryError):
    """A query that needed more memory than it may use."""

    reason, status = "memory", 503
    title = "The query needed too much memory"
    hint = "Ask for less: add LIMIT, or sort and group fewer rows."


class Overloaded(QueryError):
    """A query for which no worker was free in time."""

    reason, status, headers = "busy", 503, _RETRY
    title = "Too many queries at once"
    hint = "Try again in a few seconds."


class Stopping(QueryError):
    """A query that ran when the server was stopped."""

    reason, status, headers = "stopping", 503, _RETRY
    title = "The server is stopping"


class WorkerCrashed(QueryError):
    """A query whose process ended before it had answered."""

    reason, status, headers = "crash", 503, _RETRY
    title = "The process that ran the query ended"
    hint = "Try again in a few seconds."


class ClientGone(QueryError):
    """A query whose client has hung up."""

    reason, status = "gone", 503
    title = "The client is gone"


class DeadlineExceeded(QueryError):
    """A query that ran longer than it may."""

    reason, status = "deadline", 504
    title = "The query took too long"
    hint = "Ask for less: add LIMIT, bind more variables, or join the patterns."


#: The kinds of errors by their reason, which is what a worker process reports.
QUERY_ERRORS: Mapping[str, type[QueryError]] = {
    kind.reason: kind for kind in QueryError.__subclasses__()
}
