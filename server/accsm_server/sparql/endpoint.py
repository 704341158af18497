"""The SPARQL endpoint: an ASGI application that answers queries of one dataset."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache
from typing import Any, Protocol

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from accsm_kg.rdf.prologue import SuppliedQuery, supply
from accsm_kg.rdf.query_scanner import SHORT, ScannedQuery, scan
from accsm_server.engine.interface import Answer, Query
from accsm_server.errors import QueryError, QuerySyntaxError, ServerError
from accsm_server.http import negotiation, problems
from accsm_server.http.context import RequestContext
from accsm_server.http.headers import NEVER, REVALIDATE, Header, Headers, filename
from accsm_server.http.middleware.entity_tags import tagging
from accsm_server.http.middleware.response_cache import try_cache
from accsm_server.http.negotiation import GRAPHS, HTML, RESULTS, SVG, Format
from accsm_server.http.streaming import send_answer
from accsm_server.sparql import protocol, service_description
from accsm_server.sparql.hints import Hints
from accsm_server.sparql.protocol import SparqlRequest
from accsm_server.sparql.served import ServedDataset
from accsm_server.sparql.syntax import Syntax

#: In an answer with one row: the number 0, or a row without values in JSON, CSV, TSV and XML.
_NO_VALUE = re.compile(rb"(?<![\w.-])0(?![\w.-])|\{\}|\n\r?\n|<result></result>")
_RESULTS, _GRAPHS = (*RESULTS, HTML, SVG), (*GRAPHS, HTML, SVG)
_DESCRIPTIONS = (*GRAPHS, HTML)


#: Returns the hints about a query, given whether its answer seems empty.
Hinting = Callable[[bool], Awaitable[Sequence[str]]]


class Views(Protocol):
    """The HTML pages of the endpoint."""

    def at(self, root_path: str) -> "Views":
        """Return the pages with links below ``root_path``."""

    async def form(self) -> Response:
        """Return the page with a form for a query."""

    async def answer(self, query: Query, shown: str, view: str, hints: Hinting) -> Response:
        """Return the page with the answer to ``query`` in a ``view``; raises QueryError.

        ``shown`` is its text with all that it needs to run elsewhere. An empty name of a view is
        that which fits.
        """

    async def picture(self, query: Query, view: str) -> Response:
        """Return the answer to ``query`` as a picture; raises QueryError, BadRequest if a ``view``
        does not fit, and NotAcceptable if none does.
        """

    def error(self, error: ServerError, format: Format, query: str | None) -> Response:
        """Return the response for ``error``; its page has the form with ``query``."""


class Endpoint:
    """The ASGI application for /sparql."""

    def __init__(self, served: ServedDataset, hints: Hints, views: Views) -> None:
        """Answer queries of ``served``, with its ``hints`` and pages (``views``)."""
        self._served, self._hints, self._views = served, hints, views
        self._syntax = Syntax(served)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        request: SparqlRequest | None = None
        try:
            if scope["method"] == "POST":
                request = await protocol.read_post(scope, receive, self._served.settings.arrival)
            else:
                request = protocol.read(scope)
            if request.query is None:
                await self._describe(scope, receive, request.format, send)
            else:
                await self._answer(scope, receive, request, request.query, send)
        except ClientDisconnect:
            pass
        except ServerError as error:
            format = problems.error_format(Request(scope))
            query = request.query if request else protocol.unread_query(scope)
            response = self._views.at(scope["root_path"]).error(error, format, query)
            await response(scope, receive, send)

    async def _answer(
        self, scope: Scope, receive: Receive, request: SparqlRequest, text: str, send: Send
    ) -> None:
        context: RequestContext = scope["request_context"]
        context.query = text
        scanned = scan(text) if len(text) < SHORT else await asyncio.to_thread(scan, text)
        self._syntax.check_allowed(text, scanned)
        supplied = supply(scanned, self._served.supplied, self._served.engine.base)
        offers = _GRAPHS if _is_graph(scanned) else _RESULTS
        try:
            format = negotiation.find(request.format, context.header(b"accept"), offers)
            if format is None:
                await self._syntax.check(supplied)
                raise negotiation.not_acceptable(offers)
            query = _query(request, supplied, format)
            if format in (HTML, SVG):
                page = self._page if format is HTML else self._picture
                views = self._views.at(scope["root_path"])
                response = await page(views, query, supplied, request.view)
                if scanned.volatile:
                    response.headers["Cache-Control"] = NEVER
                await response(scope, receive, tagging(send))
            else:
                await self._send_answer(scope, context, query, supplied, format, send)
        except QueryError as error:
            context.query_outcome = error.reason
            if isinstance(error, QuerySyntaxError):
                await self._syntax.explain(error, supplied)
            raise

    async def _page(
        self, views: Views, query: Query, supplied: SuppliedQuery, view: str
    ) -> Response:
        are_all = True

        async def hints(is_empty: bool) -> Sequence[str]:
            nonlocal are_all
            found, are_all = await self._hints.find(query, supplied, thorough=is_empty)
            return found

        response = await views.answer(query, supplied.shown, view, hints)
        if not are_all:
            response.headers["Cache-Control"] = NEVER
        return response

    async def _picture(
        self, views: Views, query: Query, _supplied: SuppliedQuery, view: str
    ) -> Response:
        return await views.picture(query, view)

    async def _send_answer(
        self, scope: Scope, context: RequestContext, query: Query, supplied: SuppliedQuery,
        format: Format, send: Send,
    ) -> None:  # fmt: skip
        """Send the answer, without running the query if its entity tag suffices."""
        headers = [*_headers(format, supplied.scanned.volatile)]
        if tag := self._tag(query, supplied.scanned):
            headers.append((b"etag", f'"{tag}"'.encode()))
            if await try_cache(scope, tag, headers):
                return
        else:
            send = tagging(send)
        answer = await self._served.engine.answer(query)
        try:
            hints, are_all = await self._hint(query, supplied, answer)
        except BaseException:
            answer.close()
            raise
        if not are_all:  # the next one may have more hints
            headers = [*_headers(format, volatile=True)]
        headers += hints
        context.query_outcome = await send_answer(answer, headers, send, limits=self._served.limits)
        context.rows = answer.rows

    async def _hint(
        self, query: Query, supplied: SuppliedQuery, answer: Answer
    ) -> tuple[Headers, bool]:
        """Return the header with hints, and whether none was left out.

        The patterns are read if the answer may be empty.
        """
        hints, are_all = await self._hints.find(query, supplied, thorough=_seems_empty(answer))
        text = " ".join(hints).encode("ascii", "backslashreplace")
        return [(b"hint", text)] if hints else [], are_all

    def _tag(self, query: Query, scanned: ScannedQuery) -> str:
        """Return the entity tag of the answer; empty if the same query may have other bytes."""
        if scanned.volatile or scanned.makes_blank_nodes:
            return ""
        graphs = query.default_graphs, query.named_graphs
        return self._served.tag(scanned.text, query.format, graphs)

    async def _describe(self, scope: Scope, receive: Receive, name: str, send: Send) -> None:
        """Send the page with the form, or the service description as RDF."""
        format = negotiation.choose(name, scope["request_context"].header(b"accept"), _DESCRIPTIONS)
        views = self._views.at(scope["root_path"])
        describe = views.form() if format is HTML else self._description(scope, format)
        response = await describe
        await response(scope, receive, tagging(send))

    async def _description(self, scope: Scope, format: Format) -> Response:
        url = str(Request(scope).url.replace(query=""))
        body = await service_description.describe(self._served, url, format)
        headers = {"Vary": "Accept", "Cache-Control": REVALIDATE}
        return Response(body, media_type=format.content_type, headers=headers)


@lru_cache
def _headers(format: Format, volatile: bool) -> tuple[Header, ...]:
    """Return the headers that all answers in ``format`` have."""
    return (
        (b"content-type", format.content_type.encode()),
        (b"content-disposition", filename("answer", format.name).encode()),
        (b"cache-control", (NEVER if volatile else REVALIDATE).encode()),
        (b"vary", b"Accept"),
    )


def _query(request: SparqlRequest, supplied: SuppliedQuery, format: Format) -> Query:
    scanned = supplied.scanned
    graph = _is_graph(scanned)
    name = ("ttl" if graph else "json") if format in (HTML, SVG) else format.name
    return Query(
        supplied.text,
        name,
        request.default_graphs,
        request.named_graphs,
        {**supplied.prefixes, **_prefixes(scanned)} if graph else {},
        timeout=request.timeout,
        service=scanned.service,
    )


def _seems_empty(answer: Answer) -> bool:
    """Return whether an answer has no rows, is false, or is one row with 0 or without a value."""
    if not answer.complete or answer.rows > 1:
        return False
    body = answer.whole()
    return bool(_NO_VALUE.search(body)) if answer.rows else b"true" not in body[-40:]


def _is_graph(scanned: ScannedQuery) -> bool:
    return scanned.form in ("CONSTRUCT", "DESCRIBE")


def _prefixes(scanned: ScannedQuery) -> dict[str, str]:
    """Return the prefixes with absolute IRIs without escapes, which a serializer accepts."""
    return {name: iri for name, iri in scanned.prefixes.items() if ":" in iri and "\\" not in iri}


_PARAMETERS: dict[str, tuple[str, dict[str, Any]]] = {
    "query": ("A SPARQL 1.1 query; without it, the service description or a form is returned",
              {"type": "string"}),
    "default-graph-uri": ("The IRI of a graph to use as default graph",
                          {"type": "array", "items": {"type": "string"}}),
    "named-graph-uri": ("The IRI of a graph to make available to GRAPH",
                        {"type": "array", "items": {"type": "string"}}),
    "format": ("The short name of a format, instead of Accept", {"type": "string"}),
    "output": ("The same as `format`, which goes first", {"type": "string"}),
    "view": ("The view of a page or of a picture: bar, line, heatmap, timeline, tree, graph, "
             "table, record or turtle; by default that which fits", {"type": "string"}),
    "timeout": ("Seconds the query may take, up to the limit of the server; 0: that limit",
                {"type": "number", "minimum": 0}),
}  # fmt: skip


def openapi(responses: dict[str, Any]) -> dict[str, Any]:
    """Return the path item of the endpoint for an OpenAPI description, given its ``responses``.

    FastAPI cannot generate it, as the body of a POST may be a query or a form.
    """
    parameters = [
        {"name": name, "in": "query", "description": text, "schema": schema}
        for name, (text, schema) in _PARAMETERS.items()
    ]
    fields = {name: {**schema, "description": text} for name, (text, schema) in _PARAMETERS.items()}
    form = {"schema": {"type": "object", "required": ["query"], "properties": fields}}
    query = {"schema": {"type": "string"}}
    content = {protocol.FORM: form, protocol.MULTIPART: form, protocol.QUERY: query}
    common = {"tags": ["SPARQL"], "responses": responses}
    return {
        "get": {
            "summary": "Query by GET", "operationId": "query_by_get",
            "parameters": parameters, **common,
        },
        "post": {
            "summary": "Query by POST", "operationId": "query_by_post",
            "requestBody": {"required": True, "content": content}, **common,
        },
    }  # fmt: skip
