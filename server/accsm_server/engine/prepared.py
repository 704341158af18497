"""Answers to queries about a whole dataset, made once and kept in a file beside its store."""

import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from accsm_server.engine.interface import Answer, Engine, Query, fetch

_SCHEMA = "CREATE TABLE answer (query TEXT PRIMARY KEY, body BLOB) WITHOUT ROWID"
_QUICK = 0.02  # seconds; a quicker answer is not kept
_MOST = 256 << 20  # bytes of an answer


@dataclass(frozen=True)
class PreparedAnswer:
    """An answer that was made before: see `engine.interface.Answer`."""

    body: bytes
    complete = True
    truncated = ""
    rows = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the whole answer."""
        yield self.body

    def whole(self) -> bytes:
        """Return the whole answer."""
        return self.body

    def close(self) -> None:
        """Do nothing: there is nothing to free."""


class _Engine:
    """An engine that answers as another does."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


class Preparing(_Engine):
    """An engine that keeps the answers for pages that take long, for `write`."""

    def __init__(self, engine: Engine) -> None:
        """Answer as ``engine`` does."""
        super().__init__(engine)
        self._answers: dict[str, bytes] = {}

    async def answer(self, query: Query) -> Answer:
        """Return the whole answer; raises QueryError."""
        if not query.internal:
            return await self._engine.answer(query)
        began = time.perf_counter()
        body, is_cut = await fetch(self._engine, query, _MOST)
        if time.perf_counter() - began > _QUICK and not is_cut:
            self._answers[_key(query)] = body
        return PreparedAnswer(body)

    def write(self, path: Path) -> None:
        """Write the answers to a new file."""
        with closing(sqlite3.connect(path)) as database, database:
            database.execute(_SCHEMA)
            database.executemany("INSERT INTO answer VALUES (?, ?)", self._answers.items())


class Prepared(_Engine):
    """An engine that answers from a file of `Preparing` what it has."""

    def __init__(self, engine: Engine, path: Path) -> None:
        """Answer as ``engine`` does, but for the answers in the file at ``path``."""
        super().__init__(engine)
        self._database = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
        self._known = {row[0] for row in self._database.execute("SELECT query FROM answer")}

    async def answer(self, query: Query) -> Answer:
        """Return the answer as soon as its first bytes have arrived; raises QueryError."""
        if query.internal and (key := _key(query)) in self._known:
            found = self._database.execute("SELECT body FROM answer WHERE query = ?", (key,))
            return PreparedAnswer(found.fetchone()[0])
        return await self._engine.answer(query)

    async def close(self) -> None:
        """Close the file and the engine."""
        self._database.close()
        await self._engine.close()


def _key(query: Query) -> str:
    """Return what decides on the answer to a query."""
    return repr(replace(query, timeout=None))
