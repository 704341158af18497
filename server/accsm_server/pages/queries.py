"""Turn the files of server/queries into answers, for the pages."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

from pyoxigraph import Literal, NamedNode

from accsm_kg.namespaces import prefixes, remint
from accsm_kg.questions.model import Question
from accsm_server.engine.interface import Engine, Query, Table, fetch, table
from accsm_server.http.middleware.response_cache import Cache, Headers, Tagger
from accsm_server.settings import Settings

_QUERIES = Path(__file__).parent / "queries"
_AT_ONCE = 1000


@dataclass(frozen=True)
class Site:
    """What every handler needs: who answers, under which base, with which settings."""

    engine: Engine
    base: str
    settings: Settings = field(default_factory=Settings)
    questions: list[Question] = field(default_factory=list)
    """The stored questions, once they were read."""
    names: set[str] = field(default_factory=set)
    """The names of ours that the dataset knows, once they were read."""

    @cached_property
    def cache(self) -> Cache:
        """Return the answers that are kept."""
        return Cache(self.settings.cache << 20)

    @cached_property
    def limits(self) -> Headers:
        """Return the header for an answer that may be cut while it is sent."""
        said = f"rows={self.settings.rows}, MiB={self.settings.size}"
        return [(b"x-limits", said.encode())]

    def tag(self, *asked: str) -> str:
        """Return the entity tag of what is answered to ``asked``: see `response_cache`."""
        return self._tagger.tag(*asked)

    @cached_property
    def _tagger(self) -> Tagger:
        caps = f"{self.settings.rows} {self.settings.size}"
        return Tagger(self.engine.version, caps)

    @cached_property
    def prefixes(self) -> dict[str, str]:
        """Return the prefixes of the dataset."""
        return prefixes(self.base)


@lru_cache
def _text(name: str, base: str) -> str:
    return remint((_QUERIES / f"{name}.rq").read_text(encoding="utf-8"), base)


def page_query(site: Site, name: str, page: int = 0, **iris: str | Iterable[str]) -> str:
    """Return the text of server/queries/NAME.rq with `<urn:KEY>` replaced by the IRI(s) of KEY.

    ``page`` turns the pages of a query that ends with LIMIT. Raises ValueError for a string that is
    no IRI, so that no path can smuggle anything into a query.
    """
    text = _text(name, site.base)
    for key, value in iris.items():
        values = [value] if isinstance(value, str) else value
        text = text.replace(f"<urn:{key}>", " ".join(str(NamedNode(iri)) for iri in values))
    return f"{text}\nOFFSET {page * PAGE}" if page else text


#: Rows on one page of a long list: the LIMIT in incoming.rq and instances.rq.
PAGE = 100


async def rows(site: Site, name: str, page: int = 0, **iris: str | Iterable[str]) -> Table:
    """Return the answer of a SELECT of our own."""
    query = Query(page_query(site, name, page, **iris), "json", own=True)
    found = table((await fetch(site.engine, query))[0])
    assert isinstance(found, Table)
    return found


async def exists(site: Site, iri: str) -> bool:
    """Return whether anything is said of ``iri``."""
    return await ask(site, "exists", this=iri)


async def is_graph(site: Site, iri: str) -> bool:
    """Return whether ``iri`` names a graph."""
    return await ask(site, "is-graph", this=iri)


async def ask(site: Site, name: str, **iris: str) -> bool:
    """Return the answer of an ASK of our own."""
    query = Query(page_query(site, name, 0, **iris), "json", own=True)
    return table((await fetch(site.engine, query))[0]) is True


async def graph(site: Site, name: str, form: str, **iris: str) -> bytes:
    """Return a graph described by a CONSTRUCT of our own, tidy and in the format ``form``."""
    query = Query(
        page_query(site, name, 0, **iris), form, prefixes=site.prefixes, tidy=True, own=True
    )
    body, _ = await fetch(site.engine, query)
    return body


async def words(site: Site, name: str, iris: Iterable[str]) -> dict[str, str]:
    """Return the first text that the query ``name`` (labels, definitions) finds for each IRI."""
    wanted = sorted(set(iris))
    found: dict[str, str] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        answer = await rows(site, name, these=wanted[start : start + _AT_ONCE])
        for thing, text in (row for row in answer.rows):
            if isinstance(thing, NamedNode) and isinstance(text, Literal):
                found.setdefault(thing.value, text.value)
    return found
