"""The hints about queries of one dataset, for the Hint header and the pages."""

import asyncio
from contextlib import nullcontext

from accsm_kg.rdf import hints
from accsm_kg.rdf.hints import Facts, Lookup, Unavailable
from accsm_kg.rdf.prologue import SuppliedQuery
from accsm_kg.rdf.query_scanner import SHORT
from accsm_server.engine.interface import Engine, Query
from accsm_server.errors import QueryError
from accsm_server.sparql.queries import QueryFiles

_TIMEOUT = 5.0  # seconds for a query about the dataset, as hints are optional
_KEPT = 1024  # queries whose hints are kept


class Hints:
    """Finds hints; see `accsm_kg.rdf.hints`."""

    def __init__(self, engine: Engine, facts: Facts) -> None:
        """Learn ``facts`` about the dataset of ``engine`` as they are needed."""
        self._facts = facts
        self._queries = QueryFiles(engine, hints.FOLDER, timeout=_TIMEOUT)
        self._loading = asyncio.Lock()
        self._found: dict[tuple[str, tuple[str, ...], bool], list[str]] = {}

    async def find(
        self, query: Query, supplied: SuppliedQuery, *, thorough: bool = True
    ) -> list[str]:
        """Return the hints about ``query``; its patterns are read if ``thorough``."""
        graphs = query.default_graphs + query.named_graphs
        key = supplied.scanned.text, graphs, thorough
        if (known := self._found.get(key)) is not None:
            return known
        lookup = hints.find(self._facts, supplied, graphs, thorough=thorough)
        async with nullcontext() if self._facts.loaded else self._loading:
            found = await self._answer(lookup)
        if len(supplied.scanned.text) < SHORT:
            if len(self._found) >= _KEPT:
                self._found.clear()
            self._found[key] = found
        return found

    async def _answer(self, lookup: Lookup) -> list[str]:
        try:
            name, iris = next(lookup)
            while True:
                try:
                    rows = (await self._queries.rows(name, **iris)).rows
                except (QueryError, ValueError):  # the query may make IRIs that are none
                    name, iris = lookup.throw(Unavailable)
                else:
                    name, iris = lookup.send(rows)
        except StopIteration as end:
            found: list[str] = end.value
            return found
