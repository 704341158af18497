"""The query files (*.rq) of the server, evaluated by one engine."""

from collections.abc import Callable, Iterable
from pathlib import Path

from pyoxigraph import NamedNode

from accsm_kg.rdf.terms import is_iri
from accsm_server.engine.interface import Engine, Query, Table, fetch, select, table

#: The queries of this package, for any dataset.
FOLDER = Path(__file__).parent / "queries"
#: Rows on one page of a long list.
PAGE = 100


class QueryFiles:
    """The query files of one folder."""

    def __init__(
        self,
        engine: Engine,
        folder: Path = FOLDER,
        rewrite: Callable[[str], str] = str,
        timeout: float | None = None,
        optional: bool = False,
    ) -> None:
        """Evaluate the files in ``folder``; ``rewrite`` adapts their text to the dataset.

        They are ``optional`` if they may be refused: see `interface.Query`.
        """
        self._engine, self._folder, self._rewrite = engine, folder, rewrite
        self._timeout, self._optional = timeout, optional
        self._texts: dict[str, str] = {}

    def text(self, name: str, /, **iris: str | Iterable[str]) -> str:
        """Return the query NAME.rq with `<urn:KEY>` replaced by the IRI(s) given for KEY.

        Of several values, those that are no IRI are left out. Raises ValueError for a single one,
        which prevents injection from the path of a request.
        """
        if name not in self._texts:
            path = self._folder / f"{name}.rq"
            self._texts[name] = self._rewrite(path.read_text(encoding="utf-8"))
        text = self._texts[name]
        for key, value in iris.items():
            values = [value] if isinstance(value, str) else filter(is_iri, value)
            text = text.replace(f"<urn:{key}>", " ".join(str(NamedNode(iri)) for iri in values))
        return text

    async def rows(self, name: str, /, **iris: str | Iterable[str]) -> Table:
        """Return the rows of a SELECT; raises QueryError."""
        return await select(self._engine, self._query(name, iris))

    async def ask(self, name: str, **iris: str | Iterable[str]) -> bool:
        """Return the answer to an ASK; raises QueryError."""
        return table((await fetch(self._engine, self._query(name, iris)))[0]) is True

    def _query(self, name: str, iris: dict[str, str | Iterable[str]]) -> Query:
        text = self.text(name, **iris)
        return Query(text, "json", internal=True, optional=self._optional, timeout=self._timeout)
