"""The queries of the pages, and what every page needs of the dataset that it shows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

from pyoxigraph import Literal, NamedNode

from accsm_kg.namespaces import remint
from accsm_kg.questions.model import Question
from accsm_kg.rdf.terms import iris
from accsm_server.engine.interface import Engine, Query, Table, fetch
from accsm_server.pages.profile import Profile, read_profile
from accsm_server.sparql.queries import QueryFiles
from accsm_server.sparql.served import ServedDataset

_QUERIES = Path(__file__).parent / "queries"
_AT_ONCE = 1000


@dataclass(frozen=True)
class Site:
    """The dataset that the pages show."""

    served: ServedDataset
    root: str = ""
    """The path prefix under which the server is reached."""
    questions: list[Question] = field(default_factory=list)
    """The stored questions, once they were read."""

    @property
    def engine(self) -> Engine:
        """Return the engine that answers for the dataset."""
        return self.served.engine

    @property
    def base(self) -> str:
        """Return the base of the dataset's IRIs."""
        return self.served.engine.base

    @property
    def prefixes(self) -> Mapping[str, str]:
        """Return the prefixes of the dataset."""
        return self.served.prefixes

    @cached_property
    def profile(self) -> Profile:
        """Return what the pages show of the vocabulary, and in which order."""
        return read_profile(self.prefixes)

    @cached_property
    def queries(self) -> QueryFiles:
        """Return the queries of this package, for the base of the dataset."""
        return QueryFiles(self.engine, _QUERIES, partial(remint, base=self.base))


async def rows(site: Site, name: str, page: int = 0, **iris: str | Iterable[str]) -> Table:
    """Return the answer of a SELECT of this package."""
    return await site.queries.rows(name, page, **iris)


async def exists(site: Site, iri: str) -> bool:
    """Return whether any statement is about ``iri``, or any graph is named so."""
    return await site.queries.ask("exists", this=iri)


async def is_graph(site: Site, iri: str) -> bool:
    """Return whether ``iri`` names a graph."""
    return await site.served.queries.ask("is-graph", this=iri)


async def construct(site: Site, text: str, form: str) -> bytes:
    """Return the answer of a CONSTRUCT, sorted, in the format ``form``."""
    query = Query(text, form, prefixes=site.prefixes, sorted=True, internal=True)
    return (await fetch(site.engine, query))[0]


async def named_graph(site: Site, iri: str) -> bytes:
    """Return what the graph ``iri`` holds, as sorted N-Triples."""
    return await construct(site, site.served.queries.text("graph", this=iri), "nt")


async def known_names(site: Site) -> set[str]:
    """Return the terms, controlled values and graphs that a query can name."""
    found = await rows(site, "names")
    return iris(row["name"] for row in found.rows)


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
