"""Requests of the SPARQL 1.1 Protocol (section 2.1): parameters in the URL or in the body."""

import asyncio
import math
import re
from binascii import a2b_qp
from dataclasses import dataclass
from io import BytesIO
from urllib.parse import unquote_to_bytes

from pyoxigraph import NamedNode
from python_multipart import parse_form
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import File
from starlette.requests import Request
from starlette.types import Receive, Scope

from accsm_server.errors import (
    BadRequest,
    ContentTooLarge,
    Forbidden,
    MethodNotAllowed,
    RequestTimeout,
    UnsupportedMediaType,
    UriTooLong,
)
from accsm_server.http.context import ensure_task
from accsm_server.http.negotiation import requested

MAX_URL = 32 << 10
MAX_BODY = 1 << 20
MAX_FIELDS = 1000
_MIN_TIMEOUT = 0.05  # seconds; a query that reaches its timeout ends the process of its worker
FORM, QUERY = "application/x-www-form-urlencoded", "application/sparql-query"
MULTIPART = "multipart/form-data"
_UPDATE = "application/sparql-update"
_MALFORMED = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_READ_ONLY = "This endpoint is read-only: updates (INSERT, DELETE, LOAD, …) are refused."
_GRAPH_STORE = frozenset(("default", "graph"))  # parameters of the Graph Store HTTP Protocol
_ALLOW = {"Allow": "GET, HEAD, POST, OPTIONS"}
_CLOSE = {"Connection": "close"}

Parameters = list[tuple[str, str]]


@dataclass(slots=True)
class SparqlRequest:
    """The parameters of a request to the endpoint."""

    query: str | None
    format: str
    default_graphs: tuple[str, ...]
    named_graphs: tuple[str, ...]
    view: str
    """The view of the answer on a page or as a picture; empty for the one that fits."""
    timeout: float | None
    """Seconds that the client allows for the query; None: as many as the server allows."""


def read(scope: Scope) -> SparqlRequest:
    """Return the parameters of a GET; raises RequestError if they violate the protocol."""
    if scope["method"] != "GET":
        raise MethodNotAllowed("Method not allowed", "Send GET or POST.", headers=_ALLOW)
    return _from_parameters(_url_parameters(scope), query_required=False)


async def read_post(scope: Scope, receive: Receive, timeout: float) -> SparqlRequest:
    """Return the parameters of a POST, reading its body for ``timeout`` seconds at most.

    Raises RequestError if they violate the protocol.
    """
    request = Request(scope, receive)
    parameters = _url_parameters(scope) + await _body_parameters(request, timeout)
    return _from_parameters(parameters, query_required=True)


def update_refused() -> Forbidden:
    """Return the error for an update."""
    return Forbidden("Updates are refused", _READ_ONLY)


def _from_parameters(parameters: Parameters, query_required: bool) -> SparqlRequest:
    first = dict(reversed(parameters))
    query = first.get("query")
    if "update" in first:
        raise update_refused()
    if len([name for name, _ in parameters if name == "query"]) > 1:
        raise BadRequest("More than one query", "Send a single parameter `query`.")
    if query is None and not _GRAPH_STORE.isdisjoint(first):
        raise BadRequest("No query", "Graphs are at rdf-graph-store, beside this endpoint.")
    if query_required and query is None:
        raise BadRequest("No query", "Send the query as the parameter `query` or as the body.")
    return SparqlRequest(
        query if query is None else query.removeprefix("\ufeff"),
        requested(first),
        _graphs(parameters, "default-graph-uri"),
        _graphs(parameters, "named-graph-uri"),
        first.get("view", ""),
        _timeout(first.get("timeout", "")),
    )


def _timeout(value: str) -> float | None:
    try:
        seconds = float(value) if value else None
    except ValueError:
        seconds = math.inf
    if seconds is not None and not 0 <= seconds < math.inf:
        raise BadRequest("Invalid timeout", f"timeout={value!r}: write seconds, such as 2.5.")
    return max(seconds, _MIN_TIMEOUT) if seconds else None


def _graphs(parameters: Parameters, name: str) -> tuple[str, ...]:
    graphs = tuple([value for key, value in parameters if key == name and value])
    for graph in graphs:
        check_iri(name, graph)
    return graphs


def check_iri(name: str, value: str, hint: str = "") -> None:
    """Raise BadRequest unless the ``value`` of the parameter ``name`` is an absolute IRI."""
    try:
        NamedNode(value)
    except ValueError as error:
        raise BadRequest("Invalid IRI", f"{name}={value!r}: {error}", hint) from None


def _url_parameters(scope: Scope) -> Parameters:
    """Return the parameters in the URL."""
    if len(scope["query_string"]) > MAX_URL:
        raise UriTooLong("The URL is too long", f"Send more than {MAX_URL} bytes by POST.")
    return _parse_form(scope["query_string"])


def unread_query(scope: Scope) -> str | None:
    """Return the query in a URL that was refused, such as one that is too long, or None."""
    try:
        return dict(_parse_form(scope["query_string"])).get("query")
    except BadRequest:
        return None


def _parse_form(data: bytes) -> Parameters:
    if data.count(b"&") >= MAX_FIELDS:
        raise _too_many()
    fields = [field.partition(b"=") for field in data.split(b"&") if field]
    try:
        return [(_decode(name), _decode(value)) for name, _, value in fields]
    except UnicodeDecodeError:
        raise BadRequest("Not UTF-8", "Percent-encode the parameters as UTF-8.") from None


def _too_many() -> BadRequest:
    return BadRequest("Too many parameters", f"Send at most {MAX_FIELDS} parameters.")


def _decode(data: bytes) -> str:
    """Decode the percent-encoding and the plus signs of a form.

    Well-formed percent-encoding is quoted-printable with another sign, whose decoder in the
    standard library is 20 times as fast as `urllib.parse`.

    >>> _decode(b"a+%3D+%22%C3%A9%22;%")
    'a = "é";%'
    """
    if b"+" in data:
        data = data.replace(b"+", b" ")
    if b"%" not in data:
        return data.decode()
    if _MALFORMED.search(data):
        return unquote_to_bytes(data).decode()
    return a2b_qp(data.replace(b"=", b"=3D").replace(b"%", b"=")).decode()


async def _body_parameters(request: Request, timeout: float) -> Parameters:
    content_type = request.headers.get("content-type", "")
    media_type, _, parameters = content_type.partition(";")
    media_type = media_type.strip().lower()
    if media_type == _UPDATE:
        raise update_refused()
    if media_type not in (FORM, QUERY, MULTIPART):
        raise UnsupportedMediaType(
            "Unsupported media type", f"Send the query as {QUERY}, {FORM} or {MULTIPART}.",
            headers={"Accept-Post": f"{QUERY}, {FORM}, {MULTIPART}"},
        )  # fmt: skip
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType(
            "Unsupported content coding", "Send the query uncompressed.",
            headers={"Accept-Encoding": "identity"},
        )  # fmt: skip
    _check_charset(parameters)
    body = await _body(request, timeout)
    if media_type == FORM:
        is_long = len(body) > MAX_URL
        return await asyncio.to_thread(_parse_form, body) if is_long else _parse_form(body)
    try:
        if media_type == MULTIPART:
            return await asyncio.to_thread(_parse_multipart, content_type, body)
        return [("query", body.decode("utf-8"))]
    except UnicodeDecodeError:
        raise BadRequest("Not UTF-8", "Send the query in UTF-8.") from None


def _parse_multipart(content_type: str, body: bytes) -> Parameters:
    """Return the fields and files of a form (RFC 7578); raises BadRequest, UnicodeDecodeError."""
    found: list[tuple[bytes, bytes]] = []

    def add(name: bytes | None, value: bytes) -> None:
        found.append((name or b"", value))
        if len(found) > MAX_FIELDS:
            raise _too_many()

    def add_file(file: File) -> None:
        file.file_object.seek(0)
        add(file.field_name, file.file_object.read())

    try:
        parse_form(
            {"Content-Type": content_type.encode("latin-1")}, BytesIO(body),
            lambda field: add(field.field_name, field.value or b""), add_file,
        )  # fmt: skip
    except FormParserError as error:
        raise BadRequest("Not a form", f"The body is no {MULTIPART}: {error}.") from None
    if not body.rstrip().endswith(b"--"):
        raise BadRequest("Not a form", "The body does not end with the boundary of the form.")
    return [(name.decode(), value.decode()) for name, value in found]


def _check_charset(parameters: str) -> None:
    for parameter in parameters.lower().split(";"):
        name, _, value = parameter.strip().partition("=")
        if name == "charset" and value.strip('"') not in ("utf-8", "utf8", "us-ascii"):
            raise UnsupportedMediaType("Unsupported charset", f"{value!r}: send UTF-8.")


async def _body(request: Request, timeout: float) -> bytes:
    body = bytearray()
    await ensure_task()
    try:
        async with asyncio.timeout(timeout):
            async for piece in request.stream():
                body += piece
                if len(body) > MAX_BODY:
                    limit = f"Send at most {MAX_BODY} bytes."
                    raise ContentTooLarge("The query is too large", limit, headers=_CLOSE)
    except TimeoutError:
        raise RequestTimeout(
            "The request body took too long", f"Send it within {timeout:g} s.", headers=_CLOSE
        ) from None
    return bytes(body)
