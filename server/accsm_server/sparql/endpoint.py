"""The SPARQL endpoint: an ASGI application that answers queries over one dataset."""

import asyncio
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any, Protocol

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from accsm_kg.rdf import explain
from accsm_kg.rdf.query_scanner import SHORT, ScannedQuery, scan
from accsm_server.engine.interface import Query
from accsm_server.errors import QueryError, QuerySyntaxError, ServerError
from accsm_server.http import negotiation, problems
from accsm_server.http.context import RequestContext
from accsm_server.http.headers import NEVER, REVALIDATE, Header
from accsm_server.http.middleware.entity_tags import tagging
from accsm_server.http.middleware.response_cache import try_cache
from accsm_server.http.negotiation import GRAPHS, HTML, RESULTS, Format
from accsm_server.http.streaming import send_answer
from accsm_server.sparql import federation, protocol, service_description
from accsm_server.sparql.hints import Hints
from accsm_server.sparql.protocol import SparqlRequest
from accsm_server.sparql.served import Served

_EXAMPLE = "See the form at this address for a query that works."
_RESULTS, _GRAPHS = (*RESULTS, HTML), (*GRAPHS, HTML)
_READING = 1.0  # seconds in which any query is read
_PATIENCE = 20.0  # seconds for a body to arrive, where a query may take no less
_explaining = asyncio.Semaphore()  # one at a time, as each holds up the event loop a little


class Views(Protocol):
    """What people see at the address of the endpoint."""

    def form(self) -> Response:
        """Return the page on which a query is written."""

    async def answer(self, query: Query, notes: list[str]) -> Response:
        """Return the page of the answer of ``query``; raises QueryError."""

    def error(self, error: ServerError, form: Format, query: str | None) -> Response:
        """Return an error in the format ``form``."""


class Endpoint:
    """The endpoint of one dataset."""

    def __init__(self, served: Served, hints: Hints, views: Views) -> None:
        """Answer queries over ``served``."""
        self._served, self._hints, self._views = served, hints, views
        self._patience = min(_PATIENCE, served.settings.timeout)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        asked: SparqlRequest | None = None
        try:
            if scope["method"] == "POST":
                asked = await protocol.read_posted(scope, receive, self._patience)
            else:
                asked = protocol.read(scope)
            if asked.query is None:
                await self._describe(scope, receive, asked.format, send)
            else:
                await self._answer(scope, receive, asked, asked.query, send)
        except ClientDisconnect:  # it hung up amid its body
            pass
        except ServerError as error:
            form = problems.error_format(Request(scope))
            response = self._views.error(error, form, asked.query if asked else None)
            await response(scope, receive, send)

    async def _answer(
        self, scope: Scope, receive: Receive, asked: SparqlRequest, text: str, send: Send
    ) -> None:
        context: RequestContext = scope["request_context"]
        context.query = text
        seen = scan(text) if len(text) < SHORT else await asyncio.to_thread(scan, text)
        self._check(text, seen)
        offers = _GRAPHS if _is_graph(seen) else _RESULTS
        try:
            form = negotiation.find(asked.format, context.header(b"accept"), offers)
            if form is None:
                await self._check_syntax(_query(asked, seen, offers[0]))
                raise negotiation.not_acceptable(offers)
            query = _query(asked, seen, form)
            if form is HTML:
                await self._send_page(scope, receive, query, seen, send)
            else:
                await self._send_answer(scope, context, query, seen, form, send)
        except QueryError as error:
            context.query_outcome = error.reason
            if isinstance(error, QuerySyntaxError):
                await self._explain(error, text)
            raise

    def _check(self, query: str, seen: ScannedQuery) -> None:
        """Raise Forbidden for what this endpoint does not do."""
        if seen.update:
            raise protocol.read_only()
        if seen.service:
            federation.check(query, self._served.settings.service)

    async def _check_syntax(self, query: Query) -> None:
        """Raise QuerySyntaxError where ``query`` cannot be read: it is the first to be told."""
        try:
            (await self._served.engine.answer(replace(query, timeout=_READING))).close()
        except QuerySyntaxError:
            raise
        except QueryError:
            pass

    async def _send_page(
        self, scope: Scope, receive: Receive, query: Query, seen: ScannedQuery, send: Send
    ) -> None:
        notes = await self._hints.of(query, seen)
        response = await self._views.answer(query, notes)
        if seen.volatile:
            response.headers["Cache-Control"] = NEVER
        await response(scope, receive, tagging(send))

    async def _send_answer(
        self, scope: Scope, context: RequestContext, query: Query, seen: ScannedQuery, form: Format,
        send: Send,
    ) -> None:  # fmt: skip
        """Send the answer in one of the formats, without asking when it is known already."""
        headers = [*_headers(form, seen.volatile)]
        if tag := self._tag(query, seen):
            headers.append((b"etag", f'"{tag}"'.encode()))
            if await try_cache(scope, tag, headers):
                return
        else:
            send = tagging(send)
        if notes := await self._hints.of(query, seen):
            headers.append((b"hint", " ".join(notes).encode("ascii", "backslashreplace")))
        answer = await self._served.engine.answer(query)
        context.query_outcome = await send_answer(answer, headers, send, limits=self._served.limits)
        context.rows = answer.rows

    def _tag(self, query: Query, seen: ScannedQuery) -> str:
        """Return the tag of the answer; nothing where the same query may get other bytes."""
        if seen.volatile or seen.makes_blank_nodes:
            return ""
        graphs = query.default_graphs, query.named_graphs
        return self._served.tag(query.text, query.format, graphs)

    async def _explain(self, error: QuerySyntaxError, query: str) -> None:
        """Add to ``error`` where the mistake is and what to do about it."""
        async with _explaining:
            known = self._served.prefixes
            work = partial(explain.explain, query, str(error), known, otherwise=_EXAMPLE)
            found = await asyncio.to_thread(work)
        error.detail, error.hint, error.excerpt = found.detail, found.hint, found.excerpt
        error.line, error.column = found.line, found.column

    async def _describe(self, scope: Scope, receive: Receive, wish: str, send: Send) -> None:
        """Send the form for a query, or the service description."""
        form = negotiation.choose(wish, scope["request_context"].header(b"accept"), _GRAPHS)
        response = self._views.form() if form is HTML else await self._description(scope, form)
        await response(scope, receive, tagging(send))

    async def _description(self, scope: Scope, form: Format) -> Response:
        url = str(Request(scope).url.replace(query=""))
        body = await service_description.describe(self._served, url, form)
        headers = {"Vary": "Accept", "Cache-Control": REVALIDATE}
        return Response(body, media_type=form.content_type, headers=headers)


@lru_cache
def _headers(form: Format, volatile: bool) -> tuple[Header, ...]:
    """Return the headers of every answer in ``form``."""
    return (
        (b"content-type", form.content_type.encode()),
        (b"cache-control", (NEVER if volatile else REVALIDATE).encode()),
        (b"vary", b"Accept"),
    )


def _query(asked: SparqlRequest, seen: ScannedQuery, form: Format) -> Query:
    graph = _is_graph(seen)
    name = form.name if form is not HTML else "ttl" if graph else "json"
    return Query(
        seen.text,
        name,
        asked.default_graphs,
        asked.named_graphs,
        _prefixes(seen) if graph else {},
        timeout=asked.timeout,
        service=seen.service,
    )


def _is_graph(seen: ScannedQuery) -> bool:
    return seen.form in ("CONSTRUCT", "DESCRIBE")


def _prefixes(seen: ScannedQuery) -> dict[str, str]:
    """Return the prefixes that a serializer can take as they are: absolute, without escapes."""
    return {name: iri for name, iri in seen.prefixes.items() if ":" in iri and "\\" not in iri}


_PARAMETERS: dict[str, tuple[str, dict[str, Any]]] = {
    "query": ("A SPARQL 1.1 query; without one, the service description or a form",
              {"type": "string"}),
    "default-graph-uri": ("A graph to query in place of the default graph",
                          {"type": "array", "items": {"type": "string"}}),
    "named-graph-uri": ("A graph to reach with GRAPH",
                        {"type": "array", "items": {"type": "string"}}),
    "format": ("A format by name, in place of Accept", {"type": "string"}),
    "timeout": ("Seconds the query may take, up to the limit of the server",
                {"type": "number", "exclusiveMinimum": 0}),
}  # fmt: skip


def openapi(responses: dict[str, Any]) -> dict[str, Any]:
    """Return the entry of the endpoint in an OpenAPI description, given its ``responses``.

    It is kept by hand, as the body of a POST may be a query or a form.
    """
    parameters = [
        {"name": name, "in": "query", "description": about, "schema": schema}
        for name, (about, schema) in _PARAMETERS.items()
    ]
    fields = {
        name: {**schema, "description": about} for name, (about, schema) in _PARAMETERS.items()
    }
    form = {"schema": {"type": "object", "required": ["query"], "properties": fields}}
    content = {protocol.FORM: form, protocol.QUERY: {"schema": {"type": "string"}}}
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
