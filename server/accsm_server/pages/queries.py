"""The queries of the pages, and the site: the dataset and settings that pages share."""

import logging
from asyncio import Task, create_task, shield, to_thread
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from heapq import nsmallest
from pathlib import Path
from typing import Any

from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    QueryResultsFormat,
    QuerySolutions,
    parse_query_results,
)

from accsm_kg.lookups import Ask, Lookup, Rows, T, read_rows
from accsm_kg.namespaces import remint
from accsm_kg.rdf.terms import Term, is_iri, local_name, value_of
from accsm_server.engine.interface import PAGE_BYTES, Engine, Query, Table, fetch
from accsm_server.errors import AnswerTooLarge, DeadlineExceeded, OutOfMemory
from accsm_server.http.negotiation import Format
from accsm_server.pages.addresses import Addresses
from accsm_server.pages.dumps import Dumps
from accsm_server.pages.profile import Profile, read_profile
from accsm_server.sparql.queries import PAGE, QueryFiles
from accsm_server.sparql.served import ServedDataset

_QUERIES = Path(__file__).parent / "queries"
#: The formats that a static copy has.
STATIC_FORMATS = ("ttl", "jsonld", "json", "csv", "svg", "rq")
_BATCH = 1000
_MOST_ROOTS = 8  # root paths besides that of the server whose pages are remembered
_LARGE = 1 << 20  # bytes of an answer whose rows take long to read

#: Reads something of the dataset: takes the site, and what it is about.
Load = Callable[..., Coroutine[Any, Any, T]]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Contents:
    """What navigation, badges and citations depend on."""

    classes: frozenset[str] = frozenset()
    """The IRIs of the classes of the ontology with members."""
    reliability: Mapping[str, str] = field(default_factory=dict)
    """The IRI of the reliability of each source, by IRI."""
    about: Mapping[str, str] = field(default_factory=dict)
    """What the dataset says of itself: a text, or the name of a value, by local name."""


class _Results:
    """What functions have returned, by the function and its arguments besides the site."""

    def __init__(self) -> None:
        self.found: dict[tuple[Any, ...], Any] = {}
        self._tasks: dict[tuple[Any, ...], Task[Any]] = {}

    async def get(self, site: "Site", load: Load[T], *about: str) -> T:
        """Return the result of ``load``; see `Site.load`."""
        key = (load, *about)
        if key not in self.found:
            if key not in self._tasks:
                self._tasks[key] = create_task(self._keep(site, key))
            await shield(self._tasks[key])
        found: T = self.found[key]
        return found

    async def _keep(self, site: "Site", key: tuple[Any, ...]) -> None:
        load, *about = key
        try:
            self.found[key] = await load(site, *about)
        finally:
            del self._tasks[key]


@dataclass(frozen=True)
class Site:
    """The dataset that the pages show, and where they are served."""

    served: ServedDataset
    root: str = ""
    """The root path, without a trailing slash."""
    kept: Path | None = None
    """The folder with what was made for a store on disk."""
    is_static: bool = False
    """Whether the pages are for a copy without a server: see `accsm_server.export`."""
    opened: ExitStack = field(default_factory=ExitStack)
    """What `close` closes."""
    _loaded: _Results = field(default_factory=_Results)
    _linked: _Results = field(default_factory=_Results)
    """What `load` and `load_links` have returned."""
    _elsewhere: "dict[str, Site]" = field(default_factory=dict)
    """What `at` has returned, by root path; the latest is the last."""

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

    def offered(self, formats: Iterable[Format]) -> list[Format]:
        """Return those of ``formats`` that pages link to: of a static copy, fewer."""
        return [one for one in formats if not self.is_static or one.name in STATIC_FORMATS]

    @cached_property
    def profile(self) -> Profile:
        """Return the profile of the pages."""
        return read_profile(self.prefixes)

    @cached_property
    def dumps(self) -> Dumps:
        """Return the files of the dataset."""
        found = Dumps(self.engine, self.prefixes)
        self.opened.callback(found.close)
        return found

    def close(self) -> None:
        """Close the files that were opened or made for the dataset."""
        self.opened.close()

    @cached_property
    def queries(self) -> QueryFiles:
        """Return the queries of this package, with the base IRI of the dataset."""
        return QueryFiles(self.engine, _QUERIES, partial(remint, base=self.base))

    def at(self, root: str) -> "Site":
        """Return this site with links below ``root``; it shares all but `load_links`."""
        if root == self.root:
            return self
        found = self._elsewhere.pop(root, None)
        if found is None:
            found = replace(self, root=root, _linked=_Results())
            vars(found).update(profile=self.profile, dumps=self.dumps, queries=self.queries)
        self._elsewhere[root] = found
        if len(self._elsewhere) > _MOST_ROOTS:
            del self._elsewhere[next(iter(self._elsewhere))]
        return found

    async def load(self, load: Load[T], *about: str) -> T:
        """Return what ``load``, whose result has no links, returns for this site and ``about``.

        It is called once, as the data are fixed, in a task of its own: that goes on for others
        when a client disconnects. Those that wait for it share its error.
        """
        return await self._loaded.get(self, load, *about)

    async def load_links(self, load: Load[T], *about: str) -> T:
        """Return the same of a ``load`` whose result has links, which begin with the root path."""
        return await self._linked.get(self, load, *about)

    async def addresses(self) -> Addresses:
        """Return the addresses of the things of the dataset."""
        return await self.load(_load_addresses)

    async def prepare(self) -> None:
        """Load the contents."""
        await self.load(_load_contents)

    @property
    def contents(self) -> Contents:
        """Return what `prepare` has loaded."""
        found: Contents = self._loaded.found.get((_load_contents,), Contents())
        return found


async def rows(site: Site, name: str, **iris: str | Iterable[str]) -> Table:
    """Return the rows of a SELECT in queries/; raises QueryError."""
    return await site.queries.rows(name, **iris)


async def look_up(site: Site, lookup: Lookup[T], most: int = PAGE_BYTES) -> tuple[T, list[Ask]]:
    """Return the result of a lookup, and the queries that it asked; raises QueryError.

    An answer may have ``most`` bytes.
    """
    asked: list[Ask] = []
    try:
        ask = next(lookup)
        while True:
            asked.append(ask)
            query = Query(ask.text(site.base), "json", internal=True)
            body = (await fetch(site.engine, query, most))[0]
            ask = lookup.send(await _read(body))
    except StopIteration as end:
        return end.value, asked


async def _read(body: bytes) -> Rows:
    """Return the rows of an answer; a large one is read in a thread."""
    return _parsed(body) if len(body) < _LARGE else await to_thread(_parsed, body)


def _parsed(body: bytes) -> Rows:
    rows = _rows(body)
    if rows is None:
        raise AnswerTooLarge("A page reads no value of many megabytes.")
    return rows


def _rows(body: bytes) -> Rows | None:
    """Return the rows, None if one is longer than the buffer of the parser.

    The parser may not leave the thread, not even in the frames of an error.
    """
    found = parse_query_results(body, format=QueryResultsFormat.JSON)
    assert isinstance(found, QuerySolutions)
    try:
        return read_rows([variable.value for variable in found.variables], found)
    except MemoryError:
        return None


async def _load_addresses(site: Site) -> Addresses:
    return Addresses(site.base, await _irregular(site))


async def _load_contents(site: Site) -> Contents:
    try:
        classes, sources = await rows(site, "classes"), await rows(site, "reliability")
        about = await rows(site, "about")
    except (DeadlineExceeded, OutOfMemory) as error:
        _log.warning("The pages lack links to lists: %s", error)
        return Contents()
    return Contents(
        frozenset(value_of(row["class"]) for row in classes.rows),
        {value_of(row["source"]): value_of(row["reliability"]) for row in sources.rows},
        {
            local_name(value_of(row["property"])): value_of(row["name"] or row["value"])
            for row in about.rows
        },
    )


async def _irregular(site: Site) -> list[str]:
    """Return the IRIs for `Addresses`; none if the dataset is too large to look for them."""
    try:
        text = site.queries.text("irregular", apart=sorted(site.served.apart))
        return await load_iris(site, text)
    except (DeadlineExceeded, OutOfMemory) as error:
        _log.warning("IRIs with #, %% or ? have no addresses of their own: %s", error)
        return []


async def load_iris(site: Site, text: str) -> list[str]:
    """Return the IRIs that ``text`` finds, a SELECT of one variable with IRIs only."""
    return [line[1:-1] for line in await _lines(site, text)]


async def subjects_by_property(site: Site, text: str) -> dict[str, list[str]]:
    """Return the subjects by property that ``text`` finds, as terms of TSV: see `first_of`.

    It is a SELECT of the subjects, or of properties and their subjects, which may be many.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for line in await _lines(site, text):
        predicate, _, subject = line.rpartition("\t")
        found[predicate[1:-1]].append(subject)
    return found


def first_of(terms: Iterable[str], page: int = 1) -> list[Term]:
    """Return one page of IRIs and blank nodes as terms, the shortest first, so 9 before 10."""
    shortest = nsmallest(page * PAGE, terms, key=lambda term: (len(term), term))
    return [
        NamedNode(term[1:-1]) if term[0] == "<" else BlankNode(term[2:])
        for term in shortest[(page - 1) * PAGE :]
    ]


async def _lines(site: Site, text: str) -> list[str]:
    """Return the rows of a SELECT of IRIs and blank nodes as lines of TSV."""
    answer = await site.engine.answer(Query(text, "tsv", internal=True))
    lines = b"".join([piece async for piece in answer]).decode().split("\n")
    return [line for line in lines[1:] if line]


async def known(site: Site, iris: Iterable[str]) -> set[str]:
    """Return those of ``iris`` that occur in a statement or name a graph."""
    found = await rows(site, "known", these=filter(is_iri, sorted(set(iris))))
    return {row["iri"].value for row in found.rows if isinstance(row["iri"], NamedNode)}


async def is_graph(site: Site, iri: str) -> bool:
    """Return whether ``iri`` names a graph."""
    return bool((await site.served.queries.rows("is-graph", this=iri)).rows)


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
        found = first_texts(answer) | found
    return found


def first_texts(answer: Table) -> dict[str, str]:
    """Return the first text of each IRI in an answer with IRIs and texts."""
    found: dict[str, str] = {}
    for thing, text in answer.rows:
        if isinstance(thing, NamedNode) and isinstance(text, Literal):
            found.setdefault(thing.value, text.value)
    return found
