"""The hints about queries of one dataset, for the Hint header and the pages.

The queries that they need have no places of their own: a hint is left out when the engine is busy,
so that no answer waits for one, and no page for the hints of others.
"""

import asyncio
from contextlib import nullcontext

from accsm_kg.rdf import hints
from accsm_kg.rdf.hints import Facts, Lookup, Request, Rows
from accsm_kg.rdf.prologue import SuppliedQuery
from accsm_kg.rdf.query_scanner import SHORT
from accsm_server.engine.interface import Engine, Query, select
from accsm_server.errors import Overloaded, QueryError
from accsm_server.sparql.queries import QueryFiles

_TIMEOUT = 5.0  # seconds for a query about the dataset, as hints are optional
_TRIED_TIMEOUT = 1.0  # seconds for a query made from that of a client
_KEPT = 1024  # queries whose hints are kept


class Hints:
    """Finds hints; see `accsm_kg.rdf.hints`."""

    def __init__(self, engine: Engine, facts: Facts) -> None:
        """Learn ``facts`` about the dataset of ``engine`` as they are needed."""
        self._engine, self._facts = engine, facts
        self._queries = QueryFiles(engine, hints.FOLDER, timeout=_TIMEOUT, optional=True)
        self._loading = asyncio.Lock()
        self._found: dict[tuple[str, tuple[str, ...], bool], list[str]] = {}

    async def find(
        self, query: Query, supplied: SuppliedQuery, *, thorough: bool = True
    ) -> tuple[list[str], bool]:
        """Return the hints about ``query``, and whether none was left out.

        Its patterns are read if ``thorough``. They take time in which no client is served, so that
        there are none about a long query.
        """
        text, graphs = supplied.scanned.text, query.default_graphs + query.named_graphs
        if len(text) + sum(map(len, graphs)) >= SHORT:
            return hints.supplied(supplied), True
        key = text, graphs, thorough
        if (known := self._found.get(key)) is not None:
            return known, True
        if self._loading.locked():
            return hints.supplied(supplied), False
        lookup = hints.find(self._facts, supplied, graphs, thorough=thorough)
        try:
            async with nullcontext() if self._facts.loaded else self._loading:
                found = await self._answer(lookup)
        except Overloaded:
            return hints.supplied(supplied), False
        if len(self._found) >= _KEPT:
            self._found.clear()
        self._found[key] = found
        return found, True

    async def unknown(self, supplied: SuppliedQuery, nearest: int) -> list[str]:
        """Return sentences on names in a query that do not exist, each with the ``nearest`` ones.

        There are none about a long query, and none while the engine is busy.
        """
        if len(supplied.scanned.text) >= SHORT or not supplied.iris:
            return []
        lookup = hints.unknown(self._facts, supplied, nearest)
        try:
            async with nullcontext() if self._facts.loaded else self._loading:
                return await self._answer(lookup)
        except Overloaded:
            return []

    async def _answer(self, lookup: Lookup) -> list[str]:
        rows: Rows | None = None
        try:
            while True:
                rows = await self._rows(lookup.send(rows))
        except StopIteration as end:
            found: list[str] = end.value
            return found

    async def _rows(self, request: Request) -> Rows | None:
        """Return the rows of a request, None if they are unavailable; raises Overloaded.

        A query made from that of a client is one of the client.
        """
        try:
            if not isinstance(request, str):
                return (await self._queries.rows(request[0], **request[1])).rows
            query = Query(request, "json", optional=True, timeout=_TRIED_TIMEOUT)
            return (await select(self._engine, query)).rows
        except Overloaded:
            raise
        except (QueryError, ValueError):  # the query may make IRIs that are none
            return None
