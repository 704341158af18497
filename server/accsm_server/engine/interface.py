"""Turn a query into a stream of bytes: the seam between the server and whatever answers.

Pages and endpoint know only `Query`, `Answer`, `Engine` and `QueryError`. The engine here is the
pool of worker processes (`engine.pool.pool`); a remote endpoint would be another class like it.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Literal, Protocol

from pyoxigraph import QueryResultsFormat, QuerySolution, QuerySolutions, parse_query_results

Reason = Literal[
    "syntax",
    "evaluation",
    "refused",
    "remote",
    "depth",
    "deadline",
    "memory",
    "busy",
    "stopping",
    "crash",
    "gone",
    "size",
]


@dataclass(slots=True)
class Query:
    """One query and how its answer is wanted."""

    text: str
    format: str
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    prefixes: Mapping[str, str] = field(default_factory=dict)
    limit: int | None = None
    """Rows or triples after which the answer is cut (and says so)."""
    tidy: bool = False
    """Whether a graph is wanted sorted and with only the prefixes it uses."""
    own: bool = False
    """Whether one of our pages asks: it is served by the worker kept for them."""
    dump: bool = False
    """Whether the whole dataset is wanted, as N-Quads or TriG; there is no text then."""
    timeout: float | None = None
    """Seconds it may take, up to the limit of the engine."""
    service: bool = False
    """Whether it asks other endpoints, each of which is allowed."""


#: Who sent the request that is being answered: clients that wait are served in turn.
CLIENT: ContextVar[str] = ContextVar("client", default="")

#: What one of our pages will hold of an answer.
PAGE_BYTES = 8 << 20


class QueryError(Exception):
    """Why a query has no answer, in words for who sent it."""

    def __init__(self, reason: Reason, message: str) -> None:
        """Say why in a word for the server and a sentence for the sender."""
        super().__init__(message)
        self.reason = reason


class Answer(Protocol):
    """The bytes of an answer as they come; iterating may raise QueryError."""

    @property
    def complete(self) -> bool:
        """Return whether everything has come already, so that iterating will not wait."""

    @property
    def truncated(self) -> str:
        """Return what it was cut after, such as "1000 rows"; known when it is complete."""

    @property
    def rows(self) -> int:
        """Return how many rows or triples it has; known when it is complete."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Iterate over the pieces."""

    def close(self) -> None:
        """Give back what the answer holds; stops the query if it still runs."""


class Begun(Protocol):
    """An answer that has been asked for."""

    then: Callable[[], None] | None
    """Is called once: when some of the answer is there or none will be, or when it takes long."""

    @property
    def rows(self) -> int:
        """Return how many rows or triples it has; known when it is complete."""

    def drain(self) -> bytes | None:
        """Return all of it, if it is there and neither cut nor failed; nothing is left then."""

    def tell(self) -> None:
        """Call what is to be called with news, whether there are any or not."""

    def close(self) -> None:
        """Give back what the answer holds; stops the query if it still runs."""


class Engine(Protocol):
    """Whatever answers queries."""

    @property
    def version(self) -> str:
        """Return the fingerprint of the dataset it answers from now."""

    @property
    def load(self) -> Mapping[str, float]:
        """Return what an operator wants to know, such as how many queries wait."""

    def begin(self, query: Query, client: str) -> Begun | None:
        """Ask for the answer on behalf of ``client`` if that can be done without waiting."""

    async def answer(self, query: Query, begun: Begun | None = None) -> Answer:
        """Return the answer once its first piece is there, or raise QueryError.

        ``begun`` is what `begin` returned for the same query: it is gone on with.
        """

    async def close(self) -> None:
        """Stop and free everything."""


@dataclass(frozen=True)
class Table:
    """The rows of a SELECT."""

    variables: list[str]
    rows: list[QuerySolution]


async def fetch(engine: Engine, query: Query) -> tuple[bytes, bool]:
    """Return the whole answer of ``query``, for a page, and whether the limit cut it."""
    answer = await engine.answer(query)
    body = bytearray()
    try:
        async for piece in answer:
            body += piece
            if len(body) > PAGE_BYTES:
                raise QueryError("size", f"a page shows at most {PAGE_BYTES >> 20} MiB")
        return bytes(body), bool(answer.truncated)
    finally:
        answer.close()


def table(body: bytes) -> Table | bool:
    """Return what SPARQL JSON says: the rows of a SELECT or the truth value of an ASK."""
    results = parse_query_results(body, format=QueryResultsFormat.JSON)
    if isinstance(results, QuerySolutions):
        return Table([v.value for v in results.variables], list(results))
    return bool(results)
