"""Turn an HTTP request into what it asks of the endpoint (SPARQL 1.1 Protocol, section 2.1)."""

import asyncio
import math
import re
from binascii import a2b_qp
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from pyoxigraph import NamedNode
from starlette.requests import Request

from accsm_server.http import negotiation
from accsm_server.http.negotiation import Format
from accsm_server.http.problems import Trouble

MAX_URL = 32 << 10
MAX_BODY = 1 << 20
MAX_FIELDS = 1000
_MALFORMED = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_PATIENCE = 20.0  # seconds for a body to arrive, where a query may take no less
_FORM, _QUERY = "application/x-www-form-urlencoded", "application/sparql-query"
_UPDATE = "application/sparql-update"
_READ_ONLY = "This endpoint is read-only: updates (INSERT, DELETE, LOAD, …) are refused."
_ALLOW = {"Allow": "GET, HEAD, POST, OPTIONS"}
_CLOSE = {"Connection": "close"}

Pairs = list[tuple[str, str]]


@dataclass(slots=True)
class Asked:
    """The parameters of one request."""

    query: str | None
    format: str | None
    default_graphs: tuple[str, ...]
    named_graphs: tuple[str, ...]
    timeout: float | None
    """Seconds that the client is willing to wait."""


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


def asked(query_string: bytes) -> Asked:
    """Return what a GET asks; raises Trouble when it breaks the protocol."""
    return _asked(_pairs(query_string), False)


def choose(
    request: Request, wish: str | None, offers: Sequence[Format], page: bool = True
) -> Format:
    """Return the format, or page, that `format=` or Accept asks for; raises Trouble (406)."""
    found = find(wish, negotiation.field(request.headers, "accept"), offers, page)
    if found is None:
        offers = (*offers, negotiation.HTML) if page else offers
        known = ", ".join(f"{offer.media_type} (format={offer.name})" for offer in offers)
        raise Trouble(406, "None of the formats asked for", f"This can be had as: {known}.")
    return found


def find(
    wish: str | None, accept: str, offers: Sequence[Format], page: bool = True
) -> Format | None:
    """Return the format, or page, that `format=` or else an Accept header asks for."""
    offers = (*offers, negotiation.HTML) if page else offers
    return negotiation.named(wish, offers) if wish else negotiation.negotiate(accept, offers)


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
        _timeout(values.get("timeout", [])),
    )


def _timeout(values: list[str]) -> float | None:
    try:
        seconds = float(values[0]) if values and values[0] else None
    except ValueError:
        seconds = 0.0
    if seconds is not None and not 0 < seconds < math.inf:
        raise Trouble(400, "Not a time", f"timeout={values[0]!r}: write seconds, such as 2.5.")
    return seconds


def _graphs(values: dict[str, list[str]], name: str) -> tuple[str, ...]:
    graphs = tuple(value for value in values.get(name, []) if value)
    for graph in graphs:
        try:
            NamedNode(graph)
        except ValueError as error:
            raise Trouble(400, "Not an IRI", f"{name}={graph!r}: {error}") from None
    return graphs


def _pairs(data: bytes) -> Pairs:
    if data.count(b"&") >= MAX_FIELDS:
        raise Trouble(400, "The parameters cannot be read", f"At most {MAX_FIELDS} can be given.")
    fields = [field.partition(b"=") for field in data.split(b"&") if field]
    try:
        return [(_plain(name), _plain(value)) for name, _, value in fields]
    except UnicodeDecodeError:
        raise Trouble(400, "Not UTF-8", "Percent-encode the parameters as UTF-8.") from None


def _plain(data: bytes) -> str:
    """Return the text that a part of a form stands for.

    Where nothing is malformed, percent-encoding is quoted-printable with another sign, and the
    decoder of that is 20 times as fast as `urllib.parse`.

    >>> _plain(b"a+%3D+%22%C3%A9%22;%")
    'a = "é";%'
    """
    data = data.replace(b"+", b" ")
    if b"%" not in data:
        return data.decode()
    if _MALFORMED.search(data):
        return unquote_to_bytes(data).decode()
    return a2b_qp(data.replace(b"=", b"=3D").replace(b"%", b"=")).decode()


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
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Trouble(
            415, "Unsupported coding", "Send the query unpacked.",
            headers={"Accept-Encoding": "identity"},
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
        async with asyncio.timeout(min(_PATIENCE, request.app.state.site.settings.timeout)):
            async for piece in request.stream():
                body += piece
                if len(body) > MAX_BODY:
                    raise Trouble(
                        413, "The query is too large", f"At most {MAX_BODY} bytes.", headers=_CLOSE
                    )
    except TimeoutError:
        raise Trouble(
            408, "The request came too slowly", "Send the whole body at once.", headers=_CLOSE
        ) from None
    return bytes(body)
