"""Turn requests to /sparql into answers: an ASGI application of its own, to keep the path short."""

import asyncio
import re
from collections.abc import Sequence
from contextlib import suppress

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from server import formats, hints, pages, problems, protocol
from server.description import describe
from server.engine import Answer, Query, QueryError, Table, fetch, table
from server.formats import Format
from server.lexer import SHORT, Outline, outline
from server.problems import Trouble
from server.protocol import Asked

SHOWN = 1000  # rows or triples on a page; the formats give all of them
_STAR = re.compile(r"\bSELECT\s+(?:(?:DISTINCT|REDUCED)\s+)?\*", re.IGNORECASE)
_VARY = {"Vary": "Accept"}
_NO_SERVICE = "SERVICE asks another server, and this one asks none on behalf of strangers."
_DECLARED = ("accsm", "accsm-v", "dcterms", "graph", "id", "rdfs", "schema", "skos", "xsd")
_SAMPLE = """SELECT ?project ?title
WHERE {
  ?project a accsm:Project ;
    skos:prefLabel ?title .
}
ORDER BY ?project
LIMIT 50
"""


class Sparql:
    """The SPARQL endpoint."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; stop working on it when the client hangs up."""
        request = Request(scope, receive)
        asked: Asked | None = None
        try:
            asked = await protocol.read(request)
            work = asyncio.create_task(self._serve(request, asked, send))
            await _unless_gone(work, receive)
        except HTTPException as error:
            query = asked.query if asked else None
            response = pages.problem(request, problems.of(error), query)
            await response(scope, receive, send)

    async def _serve(self, request: Request, asked: Asked, send: Send) -> None:
        if asked.query is None:
            response = await _without_query(request, asked)
        else:
            seen = await _outline(asked.query)
            form = _format(request, asked, seen)
            query = _query(asked, seen, form)
            try:
                if form != formats.HTML:
                    await _stream(await pages.site_of(request).engine.answer(query), form, send)
                    return
                response = await _results_page(request, query)
            except QueryError as failure:
                raise await _trouble(request, asked.query, failure) from None
        await response(request.scope, request.receive, send)


async def _unless_gone(work: asyncio.Task[None], receive: Receive) -> None:
    """Wait for ``work``, or cancel it when the client hangs up first."""
    watch = asyncio.ensure_future(_hang_up(receive))
    try:
        await asyncio.wait((work, watch), return_when=asyncio.FIRST_COMPLETED)
    finally:
        watch.cancel()
        if not work.done():
            work.cancel()
    if not work.cancelled() and work.done():
        work.result()


async def _hang_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _format(request: Request, asked: Asked, seen: Outline) -> Format:
    """Return the format of the answer; raises Trouble (406, 403) before any work is done."""
    if seen.update:
        raise protocol.read_only()
    if seen.service:
        raise Trouble(403, "SERVICE is refused", _NO_SERVICE)
    graph = seen.form in ("CONSTRUCT", "DESCRIBE")
    return choose(request, asked.format, formats.GRAPHS if graph else formats.RESULTS)


def choose(request: Request, wish: str | None, offers: Sequence[Format]) -> Format:
    """Return the format that `format=` or Accept asks for; raises Trouble (406)."""
    offers = (*offers, formats.HTML)
    found = (
        formats.named(wish, offers)
        if wish
        else formats.negotiate(request.headers.get("accept", ""), offers)
    )
    if found is None:
        known = ", ".join(f"{offer.media_type} (format={offer.name})" for offer in offers)
        raise Trouble(406, "None of the formats asked for", f"This can be had as: {known}.")
    return found


def _query(asked: Asked, seen: Outline, form: Format) -> Query:
    graph = seen.form in ("CONSTRUCT", "DESCRIBE")
    page = form == formats.HTML
    return Query(
        asked.query or "",
        ("ttl" if graph else "json") if page else form.name,
        asked.default_graphs,
        asked.named_graphs,
        {name: iri for name, iri in seen.prefixes.items() if ":" in iri},
        SHOWN if page else None,
    )


async def _outline(text: str) -> Outline:
    return outline(text) if len(text) < SHORT else await asyncio.to_thread(outline, text)


async def _trouble(request: Request, query: str, failure: QueryError) -> Trouble:
    if failure.reason != "syntax":
        return problems.of_failure(failure)
    known = pages.site_of(request).prefixes
    found = await asyncio.to_thread(hints.explain, query, str(failure), known)
    return Trouble(400, "The query cannot be read", finding=found)


async def _stream(answer: Answer, form: Format, send: Send) -> None:
    """Send an answer: whole when it is all there, else piece by piece.

    A failure after the first piece cannot become a status any more: the response is left
    unfinished, and the server closes the connection so that the client sees the cut.
    """
    headers = [(b"content-type", form.content_type.encode()), (b"vary", b"Accept")]
    try:
        if answer.complete:
            body = b"".join([piece async for piece in answer])
            headers.append((b"content-length", str(len(body)).encode()))
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})
            return
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        with suppress(QueryError):
            async for piece in answer:
                await send(_piece(piece, more=True))
            await send(_piece(b"", more=False))
    finally:
        answer.close()


def _piece(body: bytes, more: bool) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}


async def _without_query(request: Request, asked: Asked) -> Response:
    form = choose(request, asked.format, formats.GRAPHS)
    if form == formats.HTML:
        return pages.page(request, "sparql.html", query=_default_query(request), result=None)
    url = str(request.url.replace(query=""))
    body = await describe(pages.site_of(request), url, form)
    return Response(body, media_type=form.content_type, headers=_VARY)


def _default_query(request: Request) -> str:
    declared = pages.site_of(request).prefixes
    lines = [f"PREFIX {name}: <{declared[name]}>" for name in _DECLARED]
    return "\n".join(lines) + "\n\n" + _SAMPLE


async def _results_page(request: Request, query: Query) -> Response:
    body, truncated = await fetch(pages.site_of(request).engine, query)
    offers = formats.RESULTS if query.format == "json" else formats.GRAPHS
    result = (
        await tabulate(request, query.text, body, truncated)
        if query.format == "json"
        else {"graph": body.decode(), "truncated": truncated}
    )
    return pages.page(
        request, "sparql.html", query=query.text, result=result, offers=offers, shown=SHOWN
    )


async def tabulate(request: Request, query: str, body: bytes, truncated: bool) -> dict[str, object]:
    """Return what a page shows of a SELECT or ASK answered in JSON."""
    found = table(body, truncated)
    if not isinstance(found, Table):
        return {"boolean": found}
    names = await pages.names(request, (term for row in found.rows for term in row))
    columns = _columns(query, found.variables)
    rows = [names.row([row[name] for name in columns]) for row in found.rows]
    return {"variables": columns, "rows": rows, "truncated": truncated}


def _columns(query: str, variables: list[str]) -> list[str]:
    """Return the variables in the order of the text where `SELECT *` leaves them in none."""
    if not _STAR.search(query):
        return variables
    place = {name: re.search(rf"[?$]{name}\b", query) for name in variables}
    return sorted(variables, key=lambda name: found.start() if (found := place[name]) else 0)
