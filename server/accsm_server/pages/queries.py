"""The queries of the pages, and the site: the dataset and settings that pages share."""

import logging
from asyncio import Lock
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

from pyoxigraph import Literal, NamedNode

from accsm_kg.lookups import Ask, Lookup, T, read_rows
from accsm_kg.namespaces import remint
from accsm_kg.questions.model import Question
from accsm_kg.rdf.terms import is_iri
from accsm_server.engine.interface import Engine, Query, Table, fetch, table
from accsm_server.errors import DeadlineExceeded, OutOfMemory
from accsm_server.pages.addresses import Addresses
from accsm_server.pages.dumps import Dumps
from accsm_server.pages.profile import Profile, read_profile
from accsm_server.sparql.queries import QueryFiles
from accsm_server.sparql.served import ServedDataset

_QUERIES = Path(__file__).parent / "queries"
_BATCH = 1000

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Site:
    """The dataset that the pages show, and where they are served."""

    served: ServedDataset
    root: str = ""
    """The root path, without a trailing slash."""
    questions: list[Question] = field(default_factory=list)
    """A cache of the stored questions: see `questions.stored`."""
    _addresses: list[Addresses] = field(default_factory=list)
    """A cache: see `addresses`."""
    _lock: Lock = field(default_factory=Lock)
    """Held while the addresses are loaded."""

    @property
    def engine(self) -> Engine:
        """Return the query engine of the dataset."""
        return self.served.engine

    @property
    def base(self) -> str:
        """Return the base IRI of the dataset."""
        return self.served.engine.base

    @property
    def prefixes(self) -> Mapping[str, str]:
        """Return namespace IRIs by prefix."""
        return self.served.prefixes

    @cached_property
    def profile(self) -> Profile:
        """Return the profile of the pages."""
        return read_profile(self.prefixes)

    @cached_property
    def dumps(self) -> Dumps:
        """Return the files of the dataset."""
        return Dumps(self.engine, self.prefixes)

    @cached_property
    def queries(self) -> QueryFiles:
        """Return the queries of this package, with the base IRI of the dataset."""
        return QueryFiles(self.engine, _QUERIES, partial(remint, base=self.base))

    async def addresses(self) -> Addresses:
        """Return the addresses of the things of the dataset; they are read once."""
        async with self._lock:
            if not self._addresses:
                self._addresses.append(Addresses(self.base, await _irregular(self)))
        return self._addresses[0]


async def rows(site: Site, name: str, page: int = 0, **iris: str | Iterable[str]) -> Table:
    """Return the rows of a SELECT in queries/; raises QueryError."""
    return await site.queries.rows(name, page, **iris)


async def look_up(site: Site, lookup: Lookup[T]) -> tuple[T, list[Ask]]:
    """Return the result of a lookup, and the queries that it asked; raises QueryError."""
    asked: list[Ask] = []
    try:
        ask = next(lookup)
        while True:
            asked.append(ask)
            query = Query(ask.text(site.base), "json", internal=True)
            found = table((await fetch(site.engine, query))[0])
            assert isinstance(found, Table)
            ask = lookup.send(read_rows(found.variables, found.rows))
    except StopIteration as end:
        return end.value, asked


async def _irregular(site: Site) -> list[str]:
    """Return the IRIs for `Addresses`; none if the dataset is too large to look for them."""
    try:
        return await load_iris(site, site.queries.text("irregular"))
    except (DeadlineExceeded, OutOfMemory) as error:
        _log.warning("IRIs with #, %% or ? have no addresses of their own: %s", error)
        return []


async def load_iris(site: Site, text: str) -> list[str]:
    """Return the IRIs that ``text`` finds, a SELECT of one variable with IRIs only."""
    answer = await site.engine.answer(Query(text, "tsv", internal=True))
    lines = b"".join([piece async for piece in answer]).decode().split("\n")
    return [line[1:-1] for line in lines[1:] if line]


async def known(site: Site, iris: Iterable[str]) -> set[str]:
    """Return those of ``iris`` that occur in a statement or name a graph."""
    found = await rows(site, "known", these=filter(is_iri, sorted(set(iris))))
    return {row["iri"].value for row in found.rows if isinstance(row["iri"], NamedNode)}


async def is_graph(site: Site, iri: str) -> bool:
    """Return whether ``iri`` names a graph."""
    return await site.served.queries.ask("is-graph", this=iri)


async def construct(site: Site, text: str, format: str) -> bytes:
    """Return the answer to a CONSTRUCT, sorted, in ``format``."""
    query = Query(text, format, prefixes=site.prefixes, sorted=True, internal=True)
    return (await fetch(site.engine, query))[0]


async def named_graph(site: Site, iri: str) -> bytes:
    """Return the graph ``iri`` as sorted N-Triples."""
    return await construct(site, site.served.queries.text("graph", this=iri), "nt")


async def load_texts(site: Site, name: str, iris: Iterable[str]) -> dict[str, str]:
    """Return the first text of each IRI that the query ``name`` (labels, definitions) finds."""
    sorted_iris = sorted(set(iris))
    found: dict[str, str] = {}
    for start in range(0, len(sorted_iris), _BATCH):
        answer = await rows(site, name, these=sorted_iris[start : start + _BATCH])
        for thing, text in answer.rows:
            if isinstance(thing, NamedNode) and isinstance(text, Literal):
                found.setdefault(thing.value, text.value)
    return found
