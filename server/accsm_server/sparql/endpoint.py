"""The SPARQL endpoint: an ASGI application that answers queries over one dataset."""

import asyncio
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from accsm_kg.rdf import explain
from accsm_kg.rdf.query_scanner import SHORT, ScannedQuery, scan
from accsm_server.engine.interface import Query
from accsm_server.errors import QueryError, QuerySyntaxError, RequestError, ServerError
from accsm_server.http import negotiation, problems
from accsm_server.http.context import RequestContext, context_of
from accsm_server.http.headers import NEVER, REVALIDATE, Headers
from accsm_server.http.middleware.entity_tags import tagging
from accsm_server.http.middleware.response_cache import reuse
from accsm_server.http.negotiation import GRAPHS, HTML, RESULTS, Format
from accsm_server.http.streaming import send_answer
from accsm_server.sparql import federation, protocol, service_description
from accsm_server.sparql.hints import Hints
from accsm_server.sparql.protocol import SparqlRequest
from accsm_server.sparql.served import Served

_EXAMPLE = "See the form at this address for a query that works."
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
        request = Request(scope, receive)
        asked: SparqlRequest | None = None
        try:
            asked = await protocol.read(request, self._patience)
            await self._respond(request, asked, send)
        except ClientDisconnect:  # it hung up amid its body
            pass
        except ServerError as error:
            form = problems.format_of(request)
            response = self._views.error(error, form, asked.query if asked else None)
            await response(scope, receive, send)

    async def _respond(self, request: Request, asked: SparqlRequest, send: Send) -> None:
        context = context_of(request.scope)
        if asked.query is None:
            response = await self._without_query(request, context, asked)
            await response(request.scope, request.receive, tagging(send))
            return
        context.query = asked.query
        seen = await _scan(asked.query)
        self._check(asked.query, seen)
        try:
            form = await self._format(context, asked, seen)
            query = _query(asked, seen, form)
            if form is HTML:
                await self._send_page(request, query, seen, send)
            else:
                await self._send_answer(request.scope, context, query, seen, form, send)
        except QueryError as error:
            context.query_outcome = error.reason
            if isinstance(error, QuerySyntaxError):
                await self._explain(error, asked.query)
            raise

    def _check(self, query: str, seen: ScannedQuery) -> None:
        """Raise Forbidden for what this endpoint does not do."""
        if seen.update:
            raise protocol.read_only()
        if seen.service:
            federation.check(query, self._served.settings.service)

    async def _format(
        self, context: RequestContext, asked: SparqlRequest, seen: ScannedQuery
    ) -> Format:
        """Return the format of the answer; raises NotAcceptable, or what is wrong with the query.

        That a query cannot be read is what its sender should hear of first.
        """
        offers = GRAPHS if _is_graph(seen) else RESULTS
        try:
            return negotiation.choose(asked.format, context.field(b"accept"), (*offers, HTML))
        except RequestError:
            query = replace(_query(asked, seen, offers[0]), timeout=_READING)
            try:
                (await self._served.engine.answer(query)).close()
            except QuerySyntaxError:
                raise
            except QueryError:
                pass
            raise

    async def _send_page(
        self, request: Request, query: Query, seen: ScannedQuery, send: Send
    ) -> None:
        notes = await self._hints.of(query, seen)
        response = await self._views.answer(query, notes)
        if seen.volatile:
            response.headers["Cache-Control"] = NEVER
        await response(request.scope, request.receive, tagging(send))

    async def _send_answer(
        self, scope: Scope, context: RequestContext, query: Query, seen: ScannedQuery, form: Format,
        send: Send,
    ) -> None:  # fmt: skip
        """Send the answer in one of the formats, without asking when it is known already."""
        headers: Headers = [
            (b"content-type", form.content_type.encode()),
            (b"cache-control", (NEVER if seen.volatile else REVALIDATE).encode()),
            (b"vary", b"Accept"),
        ]
        if tag := self._tag(query, seen):
            headers.append((b"etag", f'"{tag}"'.encode()))
            if await reuse(scope, tag, headers):
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
        graphs = (*query.default_graphs, "", *query.named_graphs)
        return self._served.tag(query.text, query.format, *graphs)

    async def _explain(self, error: QuerySyntaxError, query: str) -> None:
        """Add to ``error`` where the mistake is and what to do about it."""
        async with _explaining:
            known = self._served.prefixes
            work = partial(explain.explain, query, str(error), known, otherwise=_EXAMPLE)
            found = await asyncio.to_thread(work)
        error.detail, error.hint, error.excerpt = found.detail, found.hint, found.excerpt
        error.line, error.column = found.line, found.column

    async def _without_query(
        self, request: Request, context: RequestContext, asked: SparqlRequest
    ) -> Response:
        """Return the form for a query, or the service description."""
        accept = context.field(b"accept")
        form = negotiation.choose(asked.format, accept, (*GRAPHS, HTML))
        if form is HTML:
            return self._views.form()
        url = str(request.url.replace(query=""))
        body = await service_description.describe(self._served, url, form)
        headers = {"Vary": "Accept", "Cache-Control": REVALIDATE}
        return Response(body, media_type=form.content_type, headers=headers)


def _query(asked: SparqlRequest, seen: ScannedQuery, form: Format) -> Query:
    graph = _is_graph(seen)
    name = form.name if form is not HTML else "ttl" if graph else "json"
    return Query(
        asked.query or "",
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


async def _scan(text: str) -> ScannedQuery:
    return scan(text) if len(text) < SHORT else await asyncio.to_thread(scan, text)


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
