"""The interface of query engines, which the endpoint and the pages use.

`engine.pool` implements it with worker processes over a dataset in memory, `engine.remote` with an
endpoint elsewhere.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol

from pyoxigraph import QueryResultsFormat, QuerySolution, QuerySolutions, parse_query_results

from accsm_server.errors import AnswerTooLarge


@dataclass(slots=True)
class Query:
    """A query, and the form and limits of its answer."""

    text: str
    format: str
    """The short name of a format, such as json or ttl: see `http.negotiation`."""
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    prefixes: Mapping[str, str] = field(default_factory=dict)
    """Prefixes to declare in an answer that is a graph."""
    limit: int | None = None
    """Rows or triples after which the answer is cut."""
    sorted: bool = False
    """Whether to sort a graph, and to declare only the prefixes that it uses."""
    internal: bool = False
    """Whether the server asks, for a page: on a worker for pages, without limits of size."""
    dump: bool = False
    """Whether to return the whole dataset as N-Quads or TriG, or its default graph as N-Triples or
    Turtle; ``text`` is ignored."""
    closure: bool = False
    """Whether a graph also holds what is said about the blank nodes in it: see `pool.closure`."""
    nodes: tuple[str, ...] = ()
    """Labels of blank nodes: return what is said about them as N-Quads; ``text`` is ignored."""
    parse: bool = False
    """Whether to parse it only: the answer is empty, and nothing is evaluated."""
    timeout: float | None = None
    """Seconds that it may take; None or a greater number is the limit of the engine."""
    optional: bool = False
    """Whether it is refused as Overloaded unless most of the places are free at once."""
    service: bool = False
    """Whether it has SERVICE clauses, whose endpoints have been checked."""


#: The client of the current request: waiting clients are served in turn.
CLIENT: ContextVar[str] = ContextVar("client", default="")

#: The largest answer, in bytes, for a page.
PAGE_BYTES = 8 << 20
#: The same of what is read once, to be remembered: a list of the whole dataset.
WHOLE_BYTES = 64 << 20


class Answer(Protocol):
    """An asynchronous iterator over the bytes of an answer; iterating may raise QueryError."""

    @property
    def complete(self) -> bool:
        """Return whether all bytes have arrived, so that iterating does not wait."""

    @property
    def truncated(self) -> str:
        """Return where a limit cut the answer, such as "1000 rows"; set when it is complete."""

    @property
    def rows(self) -> int:
        """Return the number of rows or triples; set when it is complete."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Iterate over the bytes as they arrive."""

    def whole(self) -> bytes:
        """Return all bytes of an answer that is complete; raises QueryError."""

    def close(self) -> None:
        """Free the answer, and stop its query if it is still running."""


class Engine(Protocol):
    """A query engine over one dataset."""

    @property
    def base(self) -> str:
        """Return the base IRI of the dataset."""

    @property
    def version(self) -> str:
        """Return the fingerprint of the dataset, a SHA-256 in hexadecimal."""

    @property
    def modified(self) -> int:
        """Return when the files of the dataset were last modified, as a Unix time."""

    @property
    def prefixes(self) -> Mapping[str, str]:
        """Return the prefixes that the dataset declares: see `rdf.dataset.prefixes`."""

    @property
    def size(self) -> int:
        """Return the number of statements of the dataset."""

    @property
    def remarks(self) -> Sequence[str]:
        """Return in sentences what users should know of an engine elsewhere."""

    @property
    def stats(self) -> Mapping[str, float]:
        """Return figures for the metrics, such as the number of waiting queries."""

    async def answer(self, query: Query) -> Answer:
        """Return the answer as soon as its first bytes have arrived; raises QueryError."""

    def interrupt_all(self) -> None:
        """End all running and waiting queries, because the server is stopping."""

    async def close(self) -> None:
        """Stop all queries and free the dataset."""


@dataclass(frozen=True)
class Table:
    """The answer to a SELECT query."""

    variables: list[str]
    rows: list[QuerySolution]


async def fetch(engine: Engine, query: Query, most: int = PAGE_BYTES) -> tuple[bytes, bool]:
    """Return the whole answer to ``query``, and whether its limit cut it; raises QueryError.

    Raises AnswerTooLarge if it has more than ``most`` bytes.
    """
    answer = await engine.answer(query)
    body = bytearray()
    try:
        async for piece in answer:
            body += piece
            if len(body) > most:
                raise AnswerTooLarge(f"A page shows at most {most >> 20} MiB.")
        return bytes(body), bool(answer.truncated)
    finally:
        answer.close()


async def select(engine: Engine, query: Query) -> Table:
    """Return the rows of a SELECT in JSON; raises QueryError."""
    found = table((await fetch(engine, query))[0])
    assert isinstance(found, Table)
    return found


def table(body: bytes) -> Table | bool:
    """Parse SPARQL JSON results: the rows of a SELECT, or the boolean of an ASK."""
    results = parse_query_results(body, format=QueryResultsFormat.JSON)
    if isinstance(results, QuerySolutions):
        return Table([v.value for v in results.variables], list(results))
    return bool(results)
