"""The errors of the server, each class with its HTTP status.

ServerError
├── RequestError                    the request cannot be served as it is
│   ├── BadRequest             400
│   ├── Forbidden              403
│   ├── NotFound               404
│   ├── MethodNotAllowed       405
│   ├── NotAcceptable          406
│   ├── RequestTimeout         408
│   ├── PreconditionFailed     412
│   ├── ContentTooLarge        413
│   ├── UriTooLong             414
│   ├── UnsupportedMediaType   415
│   ├── RangeNotSatisfiable    416
│   ├── TooManyRequests        429
│   └── UnknownTransferCoding  501
├── NotSupported               501  this installation lacks what a page needs
├── Loading                    503  the dataset is not loaded yet
└── QueryError                      a query cannot be answered
    ├── QuerySyntaxError       400  it cannot be parsed
    ├── EvaluationError        400  it cannot be evaluated
    ├── NestingError           400  its nesting exhausts the stack of the engine
    ├── AnswerTooLarge         400  its answer is too large for a page
    ├── NotWritable            406  its answer does not fit the format
    ├── AccessRefused          403  it needs files or the network
    ├── RemoteError            502  a SERVICE endpoint did not answer
    ├── EngineError            502  the engine elsewhere failed, or broke off its answer
    ├── AnswerCut              502  the engine elsewhere cuts answers as long as this one
    ├── OutOfMemory            503  it exceeded the memory limit
    ├── StorageFull            503  its answer cannot be stored
    ├── UnreadableStore        503  the store of the dataset cannot be read
    ├── Overloaded             503  no worker became free
    ├── GaveWay                503  it ran long, and gave way to other queries
    ├── Stopping               503  the server is stopping
    ├── WorkerCrashed          503  its worker process ended
    ├── ClientDisconnected     503  its client has disconnected
    └── DeadlineExceeded       504  it exceeded the time limit
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import ClassVar

_RETRY: Mapping[str, str] = {"Retry-After": "5"}


class ServerError(Exception):
    """An error response, sent as HTML, problem+json or text as the client accepts."""

    status: ClassVar[int] = 500
    title: str = ""
    hint: str = ""
    headers: Mapping[str, str] = {}
    line: int | None = None
    """Line and column of the mistake in a query, counted from 1."""
    column: int | None = None
    excerpt: str = ""
    """That line of the query, with a mark below the mistake."""

    def __init__(
        self,
        title: str = "",
        detail: str = "",
        hint: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Take a short title, a sentence on what is wrong, and a sentence on what to do."""
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
    """An operation that this server does not allow."""

    status = 403


class NotFound(RequestError):
    """A URL without a resource."""

    status = 404


class MethodNotAllowed(RequestError):
    """A method that the resource does not support."""

    status = 405


class NotAcceptable(RequestError):
    """An Accept, `format=` or Accept-Encoding without an available value."""

    status = 406


class RequestTimeout(RequestError):
    """A request body that arrives too slowly."""

    status = 408


class PreconditionFailed(RequestError):
    """An If-Match or If-Unmodified-Since that does not hold."""

    status = 412


class ContentTooLarge(RequestError):
    """A request body above the size limit."""

    status = 413


class UriTooLong(RequestError):
    """A query string above the size limit."""

    status = 414


class UnsupportedMediaType(RequestError):
    """A request body whose media type, charset or content coding is not supported."""

    status = 415


class RangeNotSatisfiable(RequestError):
    """A range beyond the end of a file."""

    status = 416


class TooManyRequests(RequestError):
    """More requests from one client than the rate limit allows."""

    status = 429


class UnknownTransferCoding(RequestError):
    """A transfer coding other than chunked."""

    status = 501


class NotSupported(ServerError):
    """A page that needs what this installation lacks."""

    status = 501
    title = "This server cannot do this"


class Loading(ServerError):
    """A request that comes before the dataset is loaded."""

    status, headers = 503, {"Retry-After": "2"}
    title = "The dataset is being loaded"


class QueryError(ServerError):
    """A query that cannot be answered; ``reason`` is its outcome in logs and metrics."""

    reason: ClassVar[str]

    def __init__(self, detail: str) -> None:
        """Take a sentence on what is wrong."""
        super().__init__(detail=detail)

    def of_page(self) -> "QueryError":
        """Return the error in words for the reader of a page, who wrote no query."""
        if isinstance(self, AnswerTooLarge | OutOfMemory | DeadlineExceeded):
            self.title = "The page cannot be made"
            self.hint = "It is about too much of the dataset: search, or ask for parts in a query."
        return self


class QuerySyntaxError(QueryError):
    """A query that the engine cannot parse."""

    reason, status = "syntax", 400
    title = "The query cannot be read"


class EvaluationError(QueryError):
    """A query that the engine cannot evaluate."""

    reason, status = "evaluation", 400
    title = "The query cannot be evaluated"


class NestingError(QueryError):
    """A query whose nesting exhausts the stack of the engine."""

    reason, status = "depth", 400
    title = "The query is nested too deeply"
    hint = "Use fewer nested braces and parentheses."


class AnswerTooLarge(QueryError):
    """An answer above the size limit of a page."""

    reason, status = "size", 400
    title = "The answer is too large for a page"
    hint = "Add LIMIT to the query, or download the answer in one of the formats."


class NotWritable(QueryError):
    """An answer with what its format cannot hold."""

    reason, status = "format", 406
    title = "The answer does not fit this format"
    hint = "Ask for another: JSON, CSV or TSV for a table, Turtle or JSON-LD for a graph."


class AccessRefused(QueryError):
    """A query that needs files or the network."""

    reason, status = "refused", 403
    title = "The query uses files or other servers"
    hint = "Query the data of this endpoint only; it opens no files and no connections."


class RemoteError(QueryError):
    """A query whose SERVICE endpoint did not answer."""

    reason, status = "remote", 502
    title = "The endpoint in SERVICE did not answer"


class EngineError(QueryError):
    """A query that the engine elsewhere did not answer, or not to the end."""

    reason, status, headers = "engine", 502, _RETRY
    title = "The engine behind this server failed"
    hint = "Try again; if it lasts, tell the operator of this server."


class AnswerCut(QueryError):
    """A query whose answer the engine elsewhere has cut, or may have cut without saying so."""

    reason, status = "capped", 502
    title = "The engine behind this server cuts answers as long as this one"
    hint = "Ask for parts of it, with ORDER BY, LIMIT and OFFSET."


class OutOfMemory(QueryError):
    """A query that exceeded the memory limit of its worker."""

    reason, status = "memory", 503
    title = "The query needed too much memory"
    hint = "Add LIMIT, or sort and group fewer rows."


class StorageFull(QueryError):
    """A query whose answer cannot be stored as a file."""

    reason, status = "storage", 503
    title = "The answer cannot be stored"


class UnreadableStore(QueryError):
    """A query of a store on disk that cannot be read, such as a damaged one."""

    reason, status = "unreadable", 503
    title = "The dataset cannot be read"
    hint = "Its operator has to load it again."


class Overloaded(QueryError):
    """A query for which no worker was free in time."""

    reason, status, headers = "busy", 503, _RETRY
    title = "Too many queries at once"
    hint = "Try again in a few seconds."


class GaveWay(QueryError):
    """A long query that was ended for the sake of others."""

    reason, status, headers = "gave way", 503, _RETRY
    title = "The query gave way to others"
    hint = "Ask for less, or again later."


class Stopping(QueryError):
    """A query that was running or waiting when the server stopped."""

    reason, status, headers = "stopping", 503, _RETRY
    title = "The server is stopping"


class WorkerCrashed(QueryError):
    """A query whose worker process ended before its answer was complete."""

    reason, status, headers = "crash", 503, _RETRY
    title = "The query was interrupted"
    hint = "Try again in a few seconds."


class ClientDisconnected(QueryError):
    """A query whose client has disconnected."""

    reason, status = "gone", 503
    title = "The client has disconnected"


class DeadlineExceeded(QueryError):
    """A query that exceeded the time limit."""

    reason, status = "deadline", 504
    title = "The query took too long"
    hint = "Add LIMIT, replace variables by names, or connect the patterns by shared variables."


#: The classes by ``reason``, which worker processes send.
QUERY_ERRORS: Mapping[str, type[QueryError]] = {
    kind.reason: kind for kind in QueryError.__subclasses__()
}
