"""Turn requests to /sparql into answers: an ASGI application of its own, to keep the path short."""

import asyncio
from dataclasses import dataclass, replace

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from accsm_kg.rdf import explain
from accsm_kg.rdf.query_scanner import SHORT, ScannedQuery, scan
from accsm_server.engine.interface import Query, QueryError
from accsm_server.http import negotiation, problems
from accsm_server.http.middleware.response_cache import NEVER, REVALIDATE, Headers
from accsm_server.http.negotiation import Format
from accsm_server.http.problems import Trouble
from accsm_server.http.streaming import stream, unchanged, unless_gone, whole
from accsm_server.http.visit import Visit
from accsm_server.pages import render, results
from accsm_server.pages.queries import Site
from accsm_server.sparql import federation, hints, protocol
from accsm_server.sparql.protocol import Asked, choose
from accsm_server.sparql.service_description import describe

_READING = 1.0  # seconds in which any query is read
_EXAMPLE = "See the form at this address for a query that works."
_explaining = asyncio.Semaphore()  # one at a time, as each holds up the event loop a little


@dataclass(slots=True)
class Plain:
    """A request that is served as soon as its query is answered."""

    query: Query
    form: Format
    tag: str


def plain(site: Site, query_string: bytes, accept: str) -> Plain | None:
    """Return what a GET asks for, if nothing is to be said of it or to be looked up before."""
    if len(query_string) > SHORT:
        return None
    try:
        asked = protocol.asked(query_string)
    except Trouble:
        return None
    seen = scan(asked.query or "")
    form = protocol.find(asked.format, accept, _offers(seen))
    if not seen.form or form in (None, negotiation.HTML):
        return None
    query = _query(asked, seen, form)
    tag = _tag(site, query, seen)
    if not tag or not hints.none(site, query, seen):
        return None
    return Plain(query, form, tag)


class Sparql:
    """The SPARQL endpoint."""

    def __init__(self, app: Starlette) -> None:
        """Answer for ``app``, whose state holds the site."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; stop working on it when the client hangs up."""
        scope["app"] = self._app
        request = Request(scope, receive)
        asked: Asked | None = None
        try:
            asked = await protocol.read(request)
            await unless_gone(_serve(request, asked, send), receive)
        except ClientDisconnect:  # it hung up amid its body
            pass
        except (HTTPException, QueryError) as error:
            query = asked.query if asked else None
            response = render.problem(request, problems.of(error), query)
            await response(scope, receive, send)


async def _serve(request: Request, asked: Asked, send: Send) -> None:
    if asked.query is None:
        await _send(request, await _without_query(request, asked), send)
        return
    visit: Visit = request.scope["visit"]
    visit.query = asked.query
    seen = await _scan(asked.query)
    _check(request, asked.query, seen)
    site = render.site_of(request)
    try:
        form = await _format(request, asked, seen)
        query = _query(asked, seen, form)
        if form == negotiation.HTML:
            response = await results.page(request, query, await hints.notes(site, query, seen))
            if seen.volatile:
                response.headers["Cache-Control"] = NEVER
            await _send(request, response, send)
        else:
            fate = NEVER if seen.volatile else REVALIDATE
            await _answer(request, query, seen, headers_of(form, fate), send)
    except QueryError as failure:
        visit.outcome = failure.reason
        raise await _trouble(request, asked.query, failure) from None


async def _send(request: Request, response: Response, send: Send) -> None:
    await response(request.scope, request.receive, send)


def _check(request: Request, query: str, seen: ScannedQuery) -> None:
    """Raise Trouble (403) for what this endpoint does not do."""
    if seen.update:
        raise protocol.read_only()
    if seen.service:
        federation.check(query, render.site_of(request).settings.service)


async def _format(request: Request, asked: Asked, seen: ScannedQuery) -> Format:
    """Return the format of the answer; raises Trouble (406)."""
    offers = _offers(seen)
    try:
        return choose(request, asked.format, offers)
    except Trouble:
        query = _query(asked, seen, offers[0])
        await _read(render.site_of(request), replace(query, timeout=_READING))
        raise


async def _read(site: Site, query: Query) -> None:
    """Raise QueryError if ``query`` cannot be read, which its sender should hear of first."""
    try:
        (await site.engine.answer(query)).close()
    except QueryError as failure:
        if failure.reason == "syntax":
            raise


def _is_graph(seen: ScannedQuery) -> bool:
    return seen.form in ("CONSTRUCT", "DESCRIBE")


def _offers(seen: ScannedQuery) -> tuple[Format, ...]:
    return negotiation.GRAPHS if _is_graph(seen) else negotiation.RESULTS


def _query(asked: Asked, seen: ScannedQuery, form: Format) -> Query:
    return Query(
        asked.query or "",
        ("ttl" if _is_graph(seen) else "json") if form == negotiation.HTML else form.name,
        asked.default_graphs,
        asked.named_graphs,
        _prefixes(seen) if _is_graph(seen) else {},
        timeout=asked.timeout,
        service=seen.service,
    )


def _prefixes(seen: ScannedQuery) -> dict[str, str]:
    """Return the prefixes that a serializer can take as they are: absolute, without escapes."""
    return {name: iri for name, iri in seen.prefixes.items() if ":" in iri and "\\" not in iri}


async def _scan(text: str) -> ScannedQuery:
    return scan(text) if len(text) < SHORT else await asyncio.to_thread(scan, text)


async def _trouble(request: Request, query: str, failure: QueryError) -> Trouble:
    if failure.reason != "syntax":
        return problems.of_failure(failure)
    known = render.site_of(request).prefixes
    async with _explaining:
        found = await asyncio.to_thread(
            explain.explain, query, str(failure), known, otherwise=_EXAMPLE
        )
    return Trouble(400, "The query cannot be read", finding=found)


def headers_of(form: Format, fate: str = REVALIDATE) -> Headers:
    """Return the headers of an answer, which are the same however it was asked for."""
    return [
        (b"content-type", form.content_type.encode()),
        (b"cache-control", fate.encode()),
        (b"vary", b"Accept"),
    ]


async def _answer(
    request: Request, query: Query, seen: ScannedQuery, headers: Headers, send: Send
) -> None:
    """Send the answer in one of the formats, without asking when it is known already."""
    site = render.site_of(request)
    known = _tag(site, query, seen)
    if known and request.method == "GET" and "if-none-match" in request.headers:
        named = {name.decode().title(): value.decode() for name, value in headers}
        if same := unchanged(request, known, named):
            await _send(request, same, send)
            return
    if known:
        headers = [*headers, _named(known)]
    visit: Visit = request.scope["visit"]
    if not visit.begun and (held := known and site.cache.tagged(known)):
        await whole(held.body, headers, send)
        return
    headers = [*headers, *await _hint(site, query, seen)]
    begun, visit.begun = visit.begun, None
    answer = await site.engine.answer(query, begun)
    visit.outcome = await stream(answer, headers, send, in_pieces=site.limits)
    visit.rows = answer.rows


def _tag(site: Site, query: Query, seen: ScannedQuery) -> str:
    """Return the tag of the answer; nothing where the same query may get other bytes."""
    if seen.volatile or seen.makes_blank_nodes:
        return ""
    graphs = (*query.default_graphs, "", *query.named_graphs)
    return site.tag(query.text, query.format, *graphs)


def _named(tag: str) -> tuple[bytes, bytes]:
    return b"etag", f'"{tag}"'.encode()


async def _hint(site: Site, query: Query, seen: ScannedQuery) -> Headers:
    notes = await hints.notes(site, query, seen)
    text = " ".join(notes).encode("ascii", "backslashreplace")
    return [(b"hint", text)] if notes else []


async def _without_query(request: Request, asked: Asked) -> Response:
    form = choose(request, asked.format, negotiation.GRAPHS)
    if form == negotiation.HTML:
        return results.form(request)
    url = str(request.url.replace(query=""))
    body = await describe(render.site_of(request), url, form)
    return Response(body, media_type=form.content_type, headers=render.NEGOTIATED)
