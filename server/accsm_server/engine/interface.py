"""The seam between the server and whatever answers queries.

Endpoint and pages know `Query`, `Answer` and `Engine` only. `engine.pool` implements an engine by
worker processes over a dataset in memory.
"""

from collections.abc import AsyncIterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol

from pyoxigraph import QueryResultsFormat, QuerySolution, QuerySolutions, parse_query_results

from accsm_server.errors import AnswerTooLarge


@dataclass(slots=True)
class Query:
    """One query and how its answer is wanted."""

    text: str
    format: str
    """The short name of the format, such as json or ttl: see `http.negotiation`."""
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    prefixes: Mapping[str, str] = field(default_factory=dict)
    """Prefixes for an answer that is a graph."""
    limit: int | None = None
    """Rows or triples after which the answer is cut, and says so."""
    sorted: bool = False
    """Whether a graph is wanted sorted and with only the prefixes it uses."""
    internal: bool = False
    """Whether a page asks: workers are kept for pages, and no limit cuts the answer."""
    dump: bool = False
    """Whether the whole dataset is wanted, as N-Quads or TriG; there is no text then."""
    timeout: float | None = None
    """Seconds it may take, up to the limit of the engine."""
    service: bool = False
    """Whether it asks other endpoints, each of which is allowed."""


#: Who sent the request that is being answered: clients that wait are served in turn.
CLIENT: ContextVar[str] = ContextVar("client", default="")

#: Bytes of an answer that a page may hold.
PAGE_BYTES = 8 << 20


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

    def whole(self) -> bytes:
        """Return all of an answer that is complete; raises QueryError."""

    def close(self) -> None:
        """Give back what the answer holds; stops the query if it still runs."""


class Engine(Protocol):
    """Whatever answers queries over one dataset."""

    @property
    def base(self) -> str:
        """Return the base of the dataset's IRIs."""

    @property
    def version(self) -> str:
        """Return the fingerprint of the dataset."""

    @property
    def load(self) -> Mapping[str, float]:
        """Return what an operator wants to know, such as how many queries wait."""

    async def answer(self, query: Query) -> Answer:
        """Return the answer once its first piece is there, or raise QueryError."""

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
                raise AnswerTooLarge(f"a page shows at most {PAGE_BYTES >> 20} MiB")
        return bytes(body), bool(answer.truncated)
    finally:
        answer.close()


def table(body: bytes) -> Table | bool:
    """Return what SPARQL JSON says: the rows of a SELECT or the truth value of an ASK."""
    results = parse_query_results(body, format=QueryResultsFormat.JSON)
    if isinstance(results, QuerySolutions):
        return Table([v.value for v in results.variables], list(results))
    return bool(results)
