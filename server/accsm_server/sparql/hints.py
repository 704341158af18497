"""The hints about queries of one dataset, for the Hint header and the pages."""

import asyncio
from contextlib import nullcontext

from accsm_kg.rdf import hints
from accsm_kg.rdf.hints import Facts, Lookup, Request, Rows, Unavailable
from accsm_kg.rdf.prologue import SuppliedQuery
from accsm_kg.rdf.query_scanner import SHORT
from accsm_server.engine.interface import Engine, Query, Table, fetch, table
from accsm_server.errors import QueryError
from accsm_server.sparql.queries import QueryFiles

_TIMEOUT = 5.0  # seconds for a query about the dataset, as hints are optional
_TRIED_TIMEOUT = 1.0  # seconds for a query made from that of a client
_KEPT = 1024  # queries whose hints are kept


class Hints:
    """Finds hints; see `accsm_kg.rdf.hints`."""

    def __init__(self, engine: Engine, facts: Facts) -> None:
        """Learn ``facts`` about the dataset of ``engine`` as they are needed."""
        self._engine, self._facts = engine, facts
        self._queries = QueryFiles(engine, hints.FOLDER, timeout=_TIMEOUT)
        self._loading = asyncio.Lock()
        self._found: dict[tuple[str, tuple[str, ...], bool], list[str]] = {}

    async def find(
        self, query: Query, supplied: SuppliedQuery, *, thorough: bool = True
    ) -> list[str]:
        """Return the hints about ``query``; its patterns are read if ``thorough``.

        They take time in which no client is served, so that there are none about a long query.
        """
        text, graphs = supplied.scanned.text, query.default_graphs + query.named_graphs
        if len(text) + sum(map(len, graphs)) >= SHORT:
            return hints.supplied(supplied)
        key = text, graphs, thorough
        if (known := self._found.get(key)) is not None:
            return known
        lookup = hints.find(self._facts, supplied, graphs, thorough=thorough)
        async with nullcontext() if self._facts.loaded else self._loading:
            found = await self._answer(lookup)
        if len(self._found) >= _KEPT:
            self._found.clear()
        self._found[key] = found
        return found

    async def _answer(self, lookup: Lookup) -> list[str]:
        try:
            request = next(lookup)
            while True:
                try:
                    rows = await self._rows(request)
                except (QueryError, ValueError):  # the query may make IRIs that are none
                    request = lookup.throw(Unavailable)
                else:
                    request = lookup.send(rows)
        except StopIteration as end:
            found: list[str] = end.value
            return found

    async def _rows(self, request: Request) -> Rows:
        """Return the rows of a request; a query made from that of a client is one of the client."""
        if not isinstance(request, str):
            return (await self._queries.rows(request[0], **request[1])).rows
        found = table(
            (await fetch(self._engine, Query(request, "json", timeout=_TRIED_TIMEOUT)))[0]
        )
        assert isinstance(found, Table)
        return found.rows
