"""The syntax of queries: what is wrong with one, and the check of one that is being written."""

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from accsm_kg.rdf.explain import Explanation, explain
from accsm_kg.rdf.mistakes import Mistake
from accsm_kg.rdf.prologue import SuppliedQuery, supply
from accsm_kg.rdf.query_scanner import ScannedQuery, masked, scan
from accsm_server.engine.interface import Query
from accsm_server.errors import (
    Forbidden,
    MethodNotAllowed,
    QueryError,
    QuerySyntaxError,
    ServerError,
)
from accsm_server.http import negotiation, problems
from accsm_server.http.headers import NEVER
from accsm_server.sparql import federation, protocol
from accsm_server.sparql.served import ServedDataset

#: The path of the check.
CHECK = "/query/check"
_EXAMPLE = "Open this address in a browser for an example query."
_TIMEOUT = 1.0  # seconds, enough to parse any query
_LONGEST = 32 << 10  # characters of a query that is checked while it is written
_SERVICE = re.compile(r"\bSERVICE\b", re.IGNORECASE)
_ALLOW = {"Allow": "POST, OPTIONS"}
_explaining = asyncio.Semaphore()  # one at a time, as threads slow down the event loop


class Syntax:
    """Checks and explains queries of one dataset."""

    def __init__(self, served: ServedDataset, example: str = _EXAMPLE) -> None:
        """Check queries of ``served``; ``example`` says where to see one that is right."""
        self._served, self._example = served, example

    def check_allowed(self, query: str, scanned: ScannedQuery) -> None:
        """Raise Forbidden for updates, and for SERVICE with endpoints that are not allowed."""
        if scanned.update:
            raise protocol.update_refused()
        if scanned.service:
            federation.check(query, self._served.settings.service)

    async def check(self, query: SuppliedQuery) -> None:
        """Raise QuerySyntaxError if a query does not parse; nothing is evaluated."""
        parsed = Query(query.text, "json", timeout=_TIMEOUT, parse=True)
        try:
            (await self._served.engine.answer(parsed)).close()
        except QuerySyntaxError:
            raise
        except QueryError:
            pass

    async def explain(self, error: QuerySyntaxError, query: SuppliedQuery) -> Explanation:
        """Add to ``error`` the place of the mistake and advice, and return them."""
        message, known = query.relocated(str(error)), self._served.supplied
        async with _explaining:
            work = partial(explain, query.scanned.text, message, known, otherwise=self._example)
            found = await asyncio.to_thread(work)
        error.detail, error.hint, error.excerpt = found.detail, found.hint, found.excerpt
        error.line, error.column = found.line, found.column
        return found

    async def mistake(self, text: str) -> Explanation | None:
        """Return why a query would not be answered, None if it would be parsed and run."""
        scanned = scan(text)
        try:
            self.check_allowed(text, scanned)
        except Forbidden as error:
            return _refused(error, scanned)
        supplied = supply(scanned, self._served.supplied, self._served.engine.base)
        try:
            await self.check(supplied)
        except QuerySyntaxError as error:
            found = await self.explain(error, supplied)
            return replace(found, hint="") if found.hint == self._example else found
        return None


class Check:
    """The ASGI application for POST /query/check: the mistakes in a query, which is not run."""

    def __init__(self, served: ServedDataset) -> None:
        """Check queries of ``served``."""
        self._served, self._syntax = served, Syntax(served)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        try:
            if scope["method"] != "POST":
                detail = "Send the query by POST, as to /sparql."
                raise MethodNotAllowed("Method not allowed", detail, headers=_ALLOW)
            request = await protocol.read_post(scope, receive, self._served.settings.arrival)
            errors = await self._errors(request.query or "")
        except ClientDisconnect:
            return
        except ServerError as error:
            await problems.error_response(error, negotiation.PROBLEM)(scope, receive, send)
            return
        body, kind = json.dumps({"errors": errors}), negotiation.JSON.media_type
        response = Response(body, headers={"Cache-Control": NEVER}, media_type=kind)
        await response(scope, receive, send)

    async def _errors(self, text: str) -> list[Mapping[str, Any]]:
        found = await self._syntax.mistake(text) if len(text) <= _LONGEST else None
        return [await self._described(text, found)] if found else []

    async def _described(self, text: str, found: Explanation) -> dict[str, Any]:
        """Return a mistake for an editor, which counts offsets in UTF-16."""
        offset, length = (found.mistake.offset, found.mistake.length) if found.mistake else (0, 0)
        start, end = _units(text, offset), _units(text, offset + length)
        return {
            "line": found.line,
            "column": found.column,
            "length": length,
            "from": start,
            "to": end,
            "detail": found.detail,
            "hint": found.hint,
            "fix": {"from": start, "to": end, "insert": found.mistake.instead}
            if found.mistake and await self._mends(text, found)
            else None,
        }

    async def _mends(self, text: str, found: Explanation) -> bool:
        """Return whether there is a fix after which the query parses up to a later line."""
        mistake = found.mistake
        if mistake is None or mistake.instead is None:
            return False
        before, after = text[: mistake.offset], text[mistake.offset + mistake.length :]
        left = await self._syntax.mistake(before + mistake.instead + after)
        return left is None or (left.line or 0) > (found.line or 0)


def _refused(error: Forbidden, scanned: ScannedQuery) -> Explanation:
    """Return why a query is not allowed, with the place of its keyword."""
    service = None if scanned.update else _SERVICE.search(masked(scanned.text))
    offset = service.start() if service else scanned.form_offset
    line = scanned.text.count("\n", 0, offset) + 1
    column = offset - scanned.text.rfind("\n", 0, offset)
    length = len(service[0]) if service else 1
    sentence = f"Line {line}, column {column}: {error.detail or error.title}"
    return Explanation(sentence, error.hint, line, column, "", Mistake(offset, "", "", length))


def _units(text: str, offset: int) -> int:
    """Return an offset in characters as one in units of UTF-16."""
    return len(text[:offset].encode("utf-16-le", "surrogatepass")) // 2


def openapi(responses: dict[str, Any]) -> dict[str, Any]:
    """Return the path item of the check for an OpenAPI description, given its ``responses``."""
    query = {"schema": {"type": "string"}}
    return {
        "post": {
            "tags": ["SPARQL"],
            "summary": "The mistakes in a query, which is parsed and not run",
            "operationId": "check",
            "requestBody": {"required": True, "content": {protocol.QUERY: query}},
            "responses": responses,
        }
    }
