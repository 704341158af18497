"""Turn an HTTP request into what it asks of the endpoint (SPARQL 1.1 Protocol, section 2.1)."""

import asyncio
from dataclasses import dataclass
from urllib.parse import parse_qsl

from pyoxigraph import NamedNode
from starlette.requests import Request

from server.problems import Trouble

MAX_URL = 32 << 10
MAX_BODY = 1 << 20
_PATIENCE = 20  # seconds for a body to arrive
_FORM, _QUERY = "application/x-www-form-urlencoded", "application/sparql-query"
_UPDATE = "application/sparql-update"
_READ_ONLY = "This endpoint is read-only: updates (INSERT, DELETE, LOAD, …) are refused."
_ALLOW = {"Allow": "GET, HEAD, POST, OPTIONS"}

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Asked:
    """The parameters of one request."""

    query: str | None
    format: str | None
    default_graphs: tuple[str, ...]
    named_graphs: tuple[str, ...]


async def read(request: Request) -> Asked:
    """Return what ``request`` asks; raises Trouble when it breaks the protocol."""
    if len(request.scope["query_string"]) > MAX_URL:
        raise Trouble(414, "The URL is too long", f"At most {MAX_URL} bytes; send a POST instead.")
    pairs = _pairs(request.scope["query_string"])
    if request.method == "POST":
        pairs += await _posted(request)
    elif request.method != "GET":
        raise Trouble(405, "Method not allowed", "Send GET or POST.", headers=_ALLOW)
    return _asked(pairs, request.method == "POST")


def read_only() -> Trouble:
    """Return the refusal of an update."""
    return Trouble(403, "Updates are refused", _READ_ONLY)


def _asked(pairs: Pairs, must_query: bool) -> Asked:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    if "update" in values:
        raise read_only()
    queries = values.get("query", [])
    if len(queries) > 1:
        raise Trouble(400, "More than one query", "Send exactly one `query`.")
    if must_query and not queries:
        raise Trouble(400, "No query", "Send the query as `query=` or as the body.")
    return Asked(
        queries[0] if queries else None,
        next(iter(values.get("format", [])), None) or None,
        _graphs(values, "default-graph-uri"),
        _graphs(values, "named-graph-uri"),
    )


def _graphs(values: dict[str, list[str]], name: str) -> tuple[str, ...]:
    graphs = tuple(value for value in values.get(name, []) if value)
    for graph in graphs:
        try:
            NamedNode(graph)
        except ValueError as error:
            raise Trouble(400, "Not an IRI", f"{name}={graph!r}: {error}") from None
    return graphs


def _pairs(data: bytes) -> Pairs:
    try:
        return parse_qsl(
            data.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=1000
        )
    except UnicodeDecodeError:
        raise Trouble(400, "Not UTF-8", "Percent-encode the parameters as UTF-8.") from None
    except ValueError as error:
        raise Trouble(400, "The parameters cannot be read", str(error)) from None


async def _posted(request: Request) -> Pairs:
    kind, _, parameters = request.headers.get("content-type", "").partition(";")
    kind = kind.strip().lower()
    if kind == _UPDATE:
        raise read_only()
    if kind not in (_FORM, _QUERY):
        raise Trouble(
            415, "Unsupported media type", f"Send the query as {_QUERY} or {_FORM}.",
            headers={"Accept-Post": f"{_QUERY}, {_FORM}"},
        )  # fmt: skip
    _check_charset(parameters)
    body = await _body(request)
    if kind == _FORM:
        return _pairs(body)
    try:
        return [("query", body.decode("utf-8"))]
    except UnicodeDecodeError:
        raise Trouble(400, "Not UTF-8", "Send the query in UTF-8.") from None


def _check_charset(parameters: str) -> None:
    for parameter in parameters.lower().split(";"):
        name, _, value = parameter.strip().partition("=")
        if name == "charset" and value.strip('"') not in ("utf-8", "utf8", "us-ascii"):
            raise Trouble(415, "Unsupported charset", f"{value!r}: send UTF-8.")


async def _body(request: Request) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(_PATIENCE):
            async for piece in request.stream():
                body += piece
                if len(body) > MAX_BODY:
                    raise Trouble(413, "The query is too large", f"At most {MAX_BODY} bytes.")
    except TimeoutError:
        raise Trouble(408, "The request came too slowly", "Send the whole body at once.") from None
    return bytes(body)
