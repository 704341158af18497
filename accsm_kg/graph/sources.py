"""What answers the queries of a graph: a store in memory, or a server over HTTP."""

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse, IncompleteRead
from typing import Any, Final, Protocol
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    QueryBoolean,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    Triple,
    parse,
)

from accsm_kg import __version__, query
from accsm_kg.errors import QueryError, QuerySyntaxError, QueryTimeoutError, ServerError
from accsm_kg.lookups import Solution
from accsm_kg.namespaces import CONVENTIONS
from accsm_kg.rdf import dataset
from accsm_kg.rdf.explain import Explanation
from accsm_kg.rdf.terms import Term, seem_empty
from accsm_kg.terminal import visible

_RESULTS, _TRIPLES = "application/sparql-results+json", "application/n-triples"
_PROBLEM: Final = "application/problem+json"
_MOST = 256 << 20  # bytes of an answer or of a dataset
_MOST_CELLS = 1 << 26  # of a table, which may have more of them than bytes
_MOST_OF_PROBLEM = 64 << 10
_PIECE = 1 << 16
_AGENT: Final = f"accsm-kg/{__version__}"
_NO_HEADERS: Final[Mapping[str, str]] = {}
_FORM = "application/x-www-form-urlencoded"
_DEEPEST = 100  # triples within triples
_CUT = "# cut after "  # begins the last line of a graph that the server has cut
#: A character of a header, which is ASCII; half a character (a surrogate) and more is none.
_ESCAPE = re.compile(
    r"\\(?:x([\da-f]{2})|u((?!d[89a-f])[\da-f]{4})|U(00(?:0[\da-f]|10)[\da-f]{4}))"
)
#: The statuses of a query that cannot be answered, and of one that took too long.
_REFUSED, _TIMEOUT = (400, 403), 504


@dataclass(frozen=True)
class Table:
    """The solutions of a SELECT; ``truncated`` says after how many the server has cut them.

    ``hint`` returns what is probably wrong with the query.
    """

    variables: Sequence[str]
    rows: Sequence[Solution]
    truncated: str = ""
    hint: Callable[[], str] = str


@dataclass(frozen=True)
class Statements:
    """The triples of a CONSTRUCT or DESCRIBE, each once, sorted; ``truncated`` as in `Table`."""

    triples: Sequence[Triple]
    truncated: str = ""


class Source(Protocol):
    """A dataset that answers queries; each method is for the forms of query that it names."""

    address: str
    """The address of the server with a final slash; empty without one."""

    def select(self, sparql: str) -> Table:
        """Return the answer to a SELECT."""

    def construct(self, sparql: str) -> Statements:
        """Return the answer to a CONSTRUCT or DESCRIBE."""

    def holds(self, sparql: str) -> bool:
        """Return the answer to an ASK."""

    def load(self) -> Store:
        """Return all statements as a store whose default graph is the merge of the data graphs."""


class Stored:
    """A store in memory."""

    address = ""

    def __init__(self, store: Store) -> None:
        """Take a store whose default graph is the merge of the data graphs."""
        self._store = store

    def select(self, sparql: str) -> Table:
        """Return the answer to a SELECT."""
        found = query.run(self._store, sparql)
        assert isinstance(found, QuerySolutions)
        names, rows = [one.value for one in found.variables], _listed(found)

        def hint() -> str:
            return _plain(" ".join(query.hints(self._store, sparql, empty=seem_empty(rows))))

        return Table(names, rows, hint=hint)

    def construct(self, sparql: str) -> Statements:
        """Return the answer to a CONSTRUCT or DESCRIBE."""
        found = query.run(self._store, sparql)
        assert isinstance(found, QueryTriples)
        return Statements(_sorted(list(found)))

    def holds(self, sparql: str) -> bool:
        """Return the answer to an ASK."""
        found = query.run(self._store, sparql)
        assert isinstance(found, QueryBoolean)
        return bool(found)

    def load(self) -> Store:
        """Return the store itself."""
        return self._store


class Served:
    """A server of this package, asked by HTTP."""

    def __init__(self, address: str, timeout: float) -> None:
        """Take its address, and the seconds that an answer may take.

        Raises ServerError unless a SPARQL endpoint answers at ``address``, after redirects.
        """
        self._timeout = timeout
        self.address = address.partition("#")[0].removesuffix("sparql").rstrip("/") + "/"
        probe = f"{self.address}sparql?query=ASK%7B%7D"
        body = self._fetch(probe, {"Accept": _RESULTS})
        if not isinstance(self._results(body), bool):
            raise self._failed(probe, "its answer is that of no SPARQL endpoint")
        self.address = body.url.partition("sparql?")[0]

    def select(self, sparql: str) -> Table:
        """Return the answer to a SELECT."""
        body = self._ask(sparql, _RESULTS)
        found = self._results(body)
        if isinstance(found, bool):
            raise self._failed(body.url, "its answer is no table")
        return found

    def construct(self, sparql: str) -> Statements:
        """Return the answer to a CONSTRUCT or DESCRIBE."""
        body = self._ask(sparql, _TRIPLES)
        last = body.content[-200:].decode(errors="replace").rstrip().rpartition("\n")[2]
        if body.is_cut and not last.startswith(_CUT):
            raise self._failed(body.url, "its answer broke off")
        try:
            _check_depth(body.content)
            triples = [quad.triple for quad in parse(body.content, format=RdfFormat.N_TRIPLES)]
        except (SyntaxError, ValueError) as error:
            raise self._failed(body.url, f"its answer cannot be read: {error}") from None
        cut = last.removeprefix(_CUT).partition(", the limit")[0] if body.is_cut else ""
        return Statements(_sorted(triples), visible(cut))

    def holds(self, sparql: str) -> bool:
        """Return the answer to an ASK."""
        body = self._ask(sparql, _RESULTS)
        found = self._results(body)
        if not isinstance(found, bool):
            raise self._failed(body.url, "its answer is neither true nor false")
        return bool(found)

    def load(self) -> Store:
        """Return the statements of the file /accsm.nq."""
        body = self._fetch(f"{self.address}accsm.nq")
        store = Store()
        try:
            _check_depth(body.content)
            store.load(body.content, format=RdfFormat.N_QUADS)
        except (SyntaxError, ValueError) as error:
            raise self._failed(body.url, f"the dataset cannot be read: {error}") from None
        if body.is_cut:
            raise self._failed(body.url, "the dataset broke off")
        dataset.merge(store, CONVENTIONS)
        return store

    def _results(self, body: "_Body") -> Table | bool:
        """Return SPARQL results in JSON; hostile ones would end the parser of the engine."""
        try:
            found = json.loads(body.content)
            if isinstance(answer := found.get("boolean"), bool):
                return answer
            names = tuple(map(str, found["head"]["vars"]))
            if len(names) * len(found["results"]["bindings"]) > _MOST_CELLS:
                raise ValueError(f"it has more than {_MOST_CELLS:,} cells")
            rows = [
                tuple(_term(row[name]) if name in row else None for name in names)
                for row in found["results"]["bindings"]
            ]
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            fault = f"its answer cannot be read: {visible(str(error))}"
            raise self._failed(body.url, fault) from None
        hint = _ESCAPE.sub(
            lambda found: chr(int("".join(filter(None, found.groups())), 16)), body.hint
        )
        cut = f"{len(rows)} rows" if body.is_cut else ""
        return Table(names, rows, cut, lambda: _plain(hint))

    def _ask(self, sparql: str, accept: str) -> "_Body":
        content = urlencode({"query": sparql}).encode()
        headers = {"Accept": f"{accept}, {_PROBLEM};q=0.5", "Content-Type": _FORM}
        return self._fetch(f"{self.address}sparql", headers, content)

    def _fetch(
        self, url: str, headers: Mapping[str, str] = _NO_HEADERS, content: bytes | None = None
    ) -> "_Body":
        end = time.monotonic() + self._timeout
        try:
            request = Request(url, content, {"User-Agent": _AGENT, **headers})
            with urlopen(request, timeout=self._timeout) as response:
                return _read(response, end)
        except HTTPError as error:
            with error:
                raise _refused(url, error.code, _problem(error)) from None
        except TimeoutError:
            raise self._late() from None
        except (OSError, HTTPException, ValueError, OverflowError) as error:
            reason = getattr(error, "reason", error)
            if isinstance(reason, TimeoutError):
                raise self._late() from None
            raise self._failed(url, visible(str(reason))) from None

    def _late(self) -> QueryTimeoutError:
        hint = "Ask for less, or open the graph with a longer timeout."
        text = f"{self.address} did not answer within {self._timeout:g} seconds.\n{hint}"
        return QueryTimeoutError(text, hint=hint)

    def _failed(self, url: str, fault: str) -> ServerError:
        return ServerError(f"{url}: {fault}; is this the address of an accsm-kg server?", url)


@dataclass(frozen=True)
class _Body:
    """What a server has sent; ``is_cut`` if the transfer broke off."""

    url: str
    content: bytes
    is_cut: bool
    hint: str = ""
    """What the server says of the query."""


def _read(response: HTTPResponse, end: float) -> _Body:
    """Return the body of a response; raises TimeoutError after ``end``, OverflowError above a size.

    A server breaks off the transfer of an answer that it cuts.
    """
    content = bytearray()
    is_cut = False
    try:
        while piece := response.read1(_PIECE):
            content += piece
            if len(content) > _MOST:
                raise OverflowError(f"the answer has more than {_MOST >> 20} MiB")
            if time.monotonic() > end:
                raise TimeoutError
    except (IncompleteRead, ConnectionResetError):
        is_cut = True
    return _Body(response.url, bytes(content), is_cut, visible(response.headers.get("Hint", "")))


def _term(found: dict[str, Any], depth: int = 0) -> Term:
    """Return a term of SPARQL results in JSON; raises ValueError or a LookupError."""
    value = found["value"]
    match found["type"]:
        case "uri":
            return NamedNode(value)
        case "bnode":
            return BlankNode(value)
        case "literal" | "typed-literal" if "datatype" in found:
            return Literal(value, datatype=NamedNode(found["datatype"]))
        case "literal" | "typed-literal":
            return Literal(value, language=found.get("xml:lang"))
        case "triple" if depth < _DEEPEST:
            parts = (value[name] for name in ("subject", "predicate", "object"))
            return Triple(*(_term(part, depth + 1) for part in parts))  # type: ignore[arg-type]
    raise ValueError(f"a term of the type {found['type']!r}")


def _check_depth(statements: bytes) -> None:
    """Raise ValueError for triples within triples so deep that the engine would not survive it."""
    if b"<<(" in statements:
        deepest = max(line.count(b"<<(") for line in statements.splitlines())
        if deepest > _DEEPEST:
            raise ValueError(f"triples within triples, {deepest} deep")


def _listed(found: QuerySolutions) -> list[Solution]:
    """Return the solutions; the engine may notice a fault only now."""
    try:
        return [tuple(solution) for solution in found]
    except RuntimeError as error:
        raise QueryError(f"The query cannot be evaluated: {error}") from None


def _plain(hint: str) -> str:
    """Return a hint without the marks of code and without what was supplied to the query."""
    return hint.partition("Supplied to the query:")[0].replace("`", "").strip()


def _sorted(triples: Sequence[Triple]) -> list[Triple]:
    return sorted(set(triples), key=str)


def _problem(error: HTTPError) -> dict[str, Any]:
    """Return the members of a problem document (RFC 9457), none if there is no such."""
    if error.headers.get_content_type() != _PROBLEM:
        return {}
    try:
        found = json.loads(error.read(_MOST_OF_PROBLEM))
    except (ValueError, RecursionError, OSError, HTTPException):
        return {}
    return found if isinstance(found, dict) else {}


def _refused(url: str, status: int, problem: dict[str, Any]) -> QueryError | ServerError:
    """Return the error that a response with a status of 400 or more stands for."""
    title, detail, hint = (_text(problem, name) for name in ("title", "detail", "hint"))
    if problem and (status in _REFUSED or status == _TIMEOUT):
        line, column = _number(problem, "line"), _number(problem, "column")
        if line:
            return QuerySyntaxError(Explanation(detail, hint, line, column))
        kind = QueryTimeoutError if status == _TIMEOUT else QueryError
        told = ": ".join(filter(None, (title, detail)))
        return kind("\n".join(filter(None, (told, hint))), hint=hint)
    said = ": ".join(filter(None, (title, detail))) or "no explanation"
    told = " ".join(filter(None, (f"{url} answered with status {status}: {said}", hint)))
    return ServerError(told, url, status)


def _text(problem: dict[str, Any], name: str) -> str:
    value = problem.get(name)
    return visible(value) if isinstance(value, str) else ""


def _number(problem: dict[str, Any], name: str) -> int | None:
    value = problem.get(name)
    return value if isinstance(value, int) and value > 0 else None
