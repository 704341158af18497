"""Turn requests to /sparql into answers: an ASGI application of its own, to keep the path short."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from server import federation, formats, hints, pages, problems, protocol, results, terms
from server.cache import NEVER, REVALIDATE, Headers
from server.description import describe
from server.engine import Query, QueryError
from server.formats import Format
from server.lexer import SHORT, Outline, outline
from server.problems import Trouble
from server.protocol import Asked, choose
from server.rate import client_of
from server.sending import stream, unchanged, unless_gone, whole
from server.site import Site


class Sparql:
    """The SPARQL endpoint."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; stop working on it when the client hangs up."""
        request = Request(scope, receive)
        asked: Asked | None = None
        try:
            asked = await protocol.read(request)
            await unless_gone(_serve(request, asked, send), receive)
        except ClientDisconnect:  # it hung up amid its body
            pass
        except HTTPException as error:
            query = asked.query if asked else None
            response = pages.problem(request, problems.of(error), query)
            await response(scope, receive, send)


async def _serve(request: Request, asked: Asked, send: Send) -> None:
    if asked.query is None:
        await _send(request, await _without_query(request, asked), send)
        return
    request.scope["note"]["query"] = asked.query
    seen = await _outline(asked.query)
    form = _format(request, asked, seen)
    query = _query(request, asked, seen, form)
    site = pages.site_of(request)
    try:
        if form == formats.HTML:
            response = await results.page(request, query, await terms.notes(site, query, seen))
            if seen.volatile:
                response.headers["Cache-Control"] = NEVER
            await _send(request, response, send)
        else:
            await _answer(request, query, seen, _headers(asked, seen, form), send)
    except QueryError as failure:
        request.scope["note"]["outcome"] = failure.reason
        raise await _trouble(request, asked.query, failure) from None


async def _send(request: Request, response: Response, send: Send) -> None:
    await response(request.scope, request.receive, send)


def _format(request: Request, asked: Asked, seen: Outline) -> Format:
    """Return the format of the answer; raises Trouble (406, 403) before any work is done."""
    if seen.update:
        raise protocol.read_only()
    if seen.service:
        federation.check(asked.query or "", pages.site_of(request).settings.service)
    graph = seen.form in ("CONSTRUCT", "DESCRIBE")
    return choose(request, asked.format, formats.GRAPHS if graph else formats.RESULTS)


def _query(request: Request, asked: Asked, seen: Outline, form: Format) -> Query:
    graph = seen.form in ("CONSTRUCT", "DESCRIBE")
    page = form == formats.HTML
    return Query(
        asked.query or "",
        ("ttl" if graph else "json") if page else form.name,
        asked.default_graphs,
        asked.named_graphs,
        {name: iri for name, iri in seen.prefixes.items() if ":" in iri},
        results.SHOWN if page else None,
        client=client_of(request.scope),
        timeout=asked.timeout,
        service=seen.service,
    )


async def _outline(text: str) -> Outline:
    return outline(text) if len(text) < SHORT else await asyncio.to_thread(outline, text)


async def _trouble(request: Request, query: str, failure: QueryError) -> Trouble:
    if failure.reason != "syntax":
        return problems.of_failure(failure)
    known = pages.site_of(request).prefixes
    found = await asyncio.to_thread(hints.explain, query, str(failure), known)
    return Trouble(400, "The query cannot be read", finding=found)


def _headers(asked: Asked, seen: Outline, form: Format) -> Headers:
    fate = NEVER if seen.volatile else REVALIDATE
    headers = [(b"content-type", form.content_type.encode()), (b"cache-control", fate.encode())]
    return headers if asked.format else [*headers, (b"vary", b"Accept")]


async def _answer(
    request: Request, query: Query, seen: Outline, headers: Headers, send: Send
) -> None:
    """Send the answer in one of the formats, without asking when it is known already."""
    site = pages.site_of(request)
    known = _tag(site, query, seen)
    if known and request.method == "GET" and "if-none-match" in request.headers:
        named = {name.decode().title(): value.decode() for name, value in headers}
        if same := unchanged(request, known, named):
            await _send(request, same, send)
            return
    if known:
        headers = [*headers, (b"etag", f'"{known}"'.encode())]
    if held := known and site.cache.tagged(known):
        await whole(held.body, headers, send)
        return
    headers = [*headers, *await _hint(site, query, seen)]
    answer = await site.engine.answer(query)
    limits = f"rows={site.settings.rows}, MiB={site.settings.size}".encode()
    outcome = await stream(answer, headers, send, in_pieces=[(b"x-limits", limits)])
    request.scope["note"].update(outcome=outcome, rows=answer.rows)


def _tag(site: Site, query: Query, seen: Outline) -> str:
    """Return the tag of the answer; nothing where the same query may get other bytes."""
    if seen.volatile or seen.fresh:
        return ""
    graphs = (*query.default_graphs, "", *query.named_graphs)
    return site.tag(query.text, query.format, *graphs)


async def _hint(site: Site, query: Query, seen: Outline) -> Headers:
    notes = await terms.notes(site, query, seen)
    text = " ".join(notes).encode("ascii", "backslashreplace")
    return [(b"hint", text)] if notes else []


async def _without_query(request: Request, asked: Asked) -> Response:
    form = choose(request, asked.format, formats.GRAPHS)
    if form == formats.HTML:
        return results.form(request)
    url = str(request.url.replace(query=""))
    body = await describe(pages.site_of(request), url, form)
    return Response(body, media_type=form.content_type, headers=pages.NEGOTIATED)
