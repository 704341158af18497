"""A graph that answers questions, over a dataset in memory or over a server, with equal answers."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property, partial
from itertools import chain, islice
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urljoin

from pyoxigraph import DefaultGraph, Literal, Quad, Store

from accsm_kg import coverage, lookups, namespaces, resources
from accsm_kg.coverage.model import coverage as covered
from accsm_kg.diff.model import between
from accsm_kg.errors import (
    AmbiguousNameError,
    DatasetError,
    QueryError,
    QueryKindError,
    ServerError,
    UnknownNameError,
)
from accsm_kg.graph import results
from accsm_kg.graph.results import Diff, Passage, Report, Thing, Trace
from accsm_kg.graph.rows import Picture, Rows, Triples
from accsm_kg.graph.sources import Served, Source, Stored, Table
from accsm_kg.graph.values import IRI, Value, bind, value_of
from accsm_kg.lookups import Ask, Lookup, T, read_rows
from accsm_kg.namespaces import BASE, CONVENTIONS, term
from accsm_kg.questions import model, rdf
from accsm_kg.questions.model import Question
from accsm_kg.rdf import dataset
from accsm_kg.rdf.query_scanner import scan
from accsm_kg.rdf.terms import iris, is_iri, short
from accsm_kg.search.index import Index as SearchIndex
from accsm_kg.search.index import unmarked
from accsm_kg.search.things import read
from accsm_kg.trace import chain as chains
from accsm_kg.trace.index import Index, UnknownKeyError, index
from accsm_kg.trace.model import trace_thing
from accsm_kg.trace.render import drawing

if TYPE_CHECKING:
    import rdflib

_QUERIES: Final = Path(__file__).parent / "queries"
_TYPE = term("rdf:type").value
_AT_ONCE = 500  # things whose labels are asked for together
_VIEW = "chain"
_SCHEMES = ("http://", "https://")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
#: The method for each form of query.
_METHODS = {"SELECT": "query", "ASK": "holds", "CONSTRUCT": "construct", "DESCRIBE": "construct"}


class Graph:
    """A dataset that can be asked; `accsm_kg.open` returns one.

    >>> import accsm_kg
    >>> kg = accsm_kg.open()
    >>> [project.number for project in kg.trace("A.2.2.iv").projects]
    [6, 17, 30, 33, 35, 40]
    >>> kg.evidence(33, "A.2.2.iv")[0].locator
    'Work plan table, project 33, column ASCC Strategic Measures'
    >>> for number, title in kg.query('''
    ...     SELECT ?number ?title WHERE {
    ...       ?project accsm:supports action-line-apsc-2025:A.2.2.iv ;
    ...         accsm:projectNumber ?number ; skos:prefLabel ?title
    ...     } ORDER BY DESC(?number) LIMIT 1'''):
    ...     print(number, title)
    40 Local Authority in Sustainable Development

    Errors are kinds of `AccsmError`: see `accsm_kg.errors`. Queries know the prefixes of the
    dataset and its base. Variables of a query get values by name: ``query("… ?n …", n=33)``.
    """

    base: str
    """What all IRIs of the dataset begin with."""
    version: str
    """The version of the dataset; empty if it states none."""
    prefixes: Mapping[str, str]
    """Namespaces by prefix, which queries need not declare."""

    def __init__(self, source: Source, name: str = "") -> None:
        """Take what answers, and what it is called; use `accsm_kg.open` instead."""
        self._source, self._name = source, name or source.address
        described = Store()
        sparql = Ask(_QUERIES / "description.rq").text(BASE)
        described.extend(_quads(source.construct(sparql).triples))
        self.base = dataset.base_iri(described, BASE)
        known = {**namespaces.prefixes(self.base), **dataset.prefixes(described)}
        self.prefixes = MappingProxyType(known)
        self.version = _version(described, self.base)
        self._labels: dict[str, str] = {}

    def __repr__(self) -> str:
        """Return what the graph was opened from."""
        return f"<Graph of {self._name}>"

    def query(self, sparql: str, /, **values: Value) -> Rows:
        """Return the answer to a SELECT; ``values`` are those of its variables.

        Its ``note`` says what is probably wrong, if anything is. Raises QueryError, or
        QueryKindError for another form of query.
        """
        text = self._checked(sparql, values, "query")
        found = self._source.select(text)
        return self._rows(found, text)

    def construct(self, sparql: str, /, **values: Value) -> Triples:
        """Return the answer to a CONSTRUCT or DESCRIBE, each triple once, sorted."""
        text = self._checked(sparql, values, "construct")
        found = self._source.construct(text)
        names = self._names(iris(part for triple in found.triples for part in triple))
        value = partial(value_of, names=names)
        shown = namespaces.shown(self.prefixes)
        return Triples(found.triples, value, text, found.truncated, shown)

    def holds(self, sparql: str, /, **values: Value) -> bool:
        """Return the answer to an ASK."""
        return self._source.holds(self._checked(sparql, values, "holds"))

    @cached_property
    def questions(self) -> Mapping[str, Question]:
        """Return the stored questions by name."""
        sparql = Ask(_QUERIES / "questions.rq").text(self.base)
        quads = _quads(self._source.construct(sparql).triples)
        return MappingProxyType({one.name: one for one in rdf.read(quads)})

    def ask(self, question: str, /, **parameters: Value) -> Rows:
        """Return the answer to a stored question; other parameters have their defaults.

        That of an ASK is one row with the column ``answer``, that of a CONSTRUCT is `Triples`.
        Raises UnknownNameError for an unknown question or parameter, and for a value that is not on
        the list of its parameter: see `choices`.
        """
        asked = self._question(question)
        given = {name: _text(value) for name, value in parameters.items() if value is not None}
        text = model.bind(asked, given)
        for parameter in asked.parameters:
            if parameter.name in given and parameter.options:
                options = model.labels(self._source.select(parameter.options).rows)
                model.check_choice(parameter.name, given[parameter.name], options)
        match model.form(asked):
            case "ask":
                return Rows(("answer",), [(self.holds(text),)], text)
            case "construct":
                return self.construct(text)
        return self.query(text)

    def choices(self, question: str, parameter: str) -> Rows:
        """Return the values that a parameter of a question may have: columns value and label.

        There are none if it takes any text. Raises UnknownNameError.
        """
        known = {one.name: one for one in self._question(question).parameters}
        if parameter not in known:
            raise _unknown(f"parameter of {question}", parameter, known)
        options = known[parameter].options
        found = model.labels(self._source.select(options).rows) if options else {}
        return Rows(("value", "label"), found.items(), options)

    def trace(self, key: str | int) -> Trace:
        """Return the line of sight of a code, number, name, short name or IRI.

        Down from a line, measure, area, blueprint or country to projects; up from a project. Raises
        UnknownNameError, or AmbiguousNameError with the choices.
        """
        known = self._index
        found = self._look_up(trace_thing(known.find(str(key)), known))

        def picture() -> Picture:
            drawn = drawing(found, chains.columns(found, known)).decode()
            return Picture(drawn, found.thing.question, _VIEW, (_VIEW,))

        resources = [row["resource"] for row in (*found.above, *found.rows)]
        return results.trace(found, self._naming([found.thing.resource, *resources]), picture)

    def describe(self, key: str | int) -> Thing:
        """Return what is stated about a thing, which is named as in `trace` or by its label.

        Raises UnknownNameError or AmbiguousNameError.
        """
        iri = self._find(key)
        statements = self._select("thing", iri)
        if not statements:
            raise self._unknown_thing(str(key))
        types = [row.value for row in statements if row.property == _TYPE]
        kinds = [kind for kind in types if kind.startswith(self.base)] or types
        named = self._naming([iri])(iri)
        referrers = self._select("referrers", iri)
        return Thing(named, named.label, tuple(one.label for one in kinds), statements, referrers)

    def evidence(self, key: str | int, about: str | int | None = None) -> list[Passage]:
        """Return the passages of the sources that tell of a thing.

        Those ``about`` another thing state what links it to the first; ``about`` may also be a
        property, such as ``accsm:countryCoordinator``. Raises as `describe`.
        """
        iri = self._find(key)
        if about is None:
            found = self._select("evidence", iri)
        else:
            both = iri, self._find(about)
            found = self._select("evidence-of-link", *both) or self._select("evidence-about", *both)
        return [
            Passage(
                row.words or "", row.locator, row.line, row.last or row.line, row.source,
                row.evidence,
            )
            for row in found
        ]  # fmt: skip

    def coverage(self, rows: str = coverage.ROWS[0]) -> Rows:
        """Return a row for each project behind each target, and for each target without one.

        ``rows`` are the targets (measures and action lines), or areas or themes. Raises
        UnknownNameError.
        """
        found = self._look_up(covered(coverage.Selection(rows)))
        named = [line.iri for line in found.lines] + [one.iri for one in found.projects]
        return results.coverage(found, self._naming(named))

    def search(self, words: str, limit: int = 20) -> Rows:
        """Return things by code, name or words: columns thing, kind, label and snippet.

        ``note`` says if other words were sought in their place. The first search takes half a
        second. Raises MissingModuleError if SQLite lacks FTS5.
        """
        found = self._search_index.search(words)
        hits = self._search_index.hits(found, 0, limit)
        name = self._naming([hit.iri for hit in hits])
        rows = (
            (name(hit.iri), hit.kind, unmarked(hit.label), unmarked(hit.text) or None)
            for hit in hits
        )
        return Rows(("thing", "kind", "label", "snippet"), rows, note=unmarked(found.note))

    def diff(self, since: "Graph | Path | str") -> Diff:
        """Return what changed since an earlier dataset: a graph, a file or an address.

        Raises DatasetError or ServerError.
        """
        if not isinstance(since, Graph):
            since = open(since)
        found = between(list(since._raw()), list(self._raw()))
        changed = (*found.changes, *found.summaries)
        return results.diff(found, self._naming([change.resource for change in changed]))

    def validate(self) -> Report:
        """Return what the shapes of the dataset find in it; takes seconds.

        Raises DatasetError for a dataset without shapes.
        """
        from accsm_kg.quality import validate  # rdflib and pySHACL take a second to import

        raw = Store()
        raw.bulk_extend(self._raw())
        try:
            data, shapes, base = validate.split(raw, self._name)
        except ValueError as error:
            raise DatasetError(str(error)) from None
        return results.report(validate.judged(data, shapes, base), base, self._naming)

    def with_data(self, *paths: Path | str) -> "Graph":
        """Return a graph in memory with the statements of RDF files added; this one stays.

        Relative IRIs in them are below the base of the dataset. Raises DatasetError.
        """
        store = Store()
        store.bulk_extend(self._raw())
        try:
            found = [file for path in paths for file in dataset.files(Path(path))]
            dataset.fill(store, [(file, None) for file in found], self.base)
        except (OSError, ValueError, SyntaxError) as error:
            raise DatasetError(str(error)) from None
        dataset.merge(store, CONVENTIONS)
        return Graph(Stored(store), f"{self._name} with {', '.join(map(str, paths))}")

    def to_rdflib(self) -> "rdflib.Graph":
        """Return the default graph, the merge of the data, as a graph of rdflib.

        Raises ServerError if the server cuts it.
        """
        found = self.construct(Ask(_QUERIES / "everything.rq").text(self.base))
        self._check_whole(found.truncated)
        return found.to_rdflib()

    def _checked(self, sparql: str, values: Mapping[str, Value], method: str) -> str:
        """Return a query with values; raises QueryKindError unless ``method`` is for its form."""
        if _SURROGATE.search(sparql):
            raise QueryError("The query has half a character (a lone surrogate of UTF-16).")
        scanned = scan(sparql)
        if scanned.update:
            raise QueryKindError("This is an update, but a graph is only read; send a query.")
        if scanned.form and _METHODS[scanned.form] != method:
            other = _METHODS[scanned.form]
            raise QueryKindError(f"This is a query of the form {scanned.form}; use {other}().")
        return bind(sparql, values)

    def _select(self, name: str, *these: str) -> Rows:
        text = Ask(_QUERIES / f"{name}.rq", these).text(self.base)
        return self._rows(self._source.select(text), text)

    def _rows(self, found: Table, text: str) -> Rows:
        names = self._names(iris(part for row in found.rows for part in row))
        rows = ([value_of(part, names) for part in row] for row in found.rows)
        return Rows(found.variables, rows, text, found.truncated, found.hint)

    def _names(self, these: Iterable[str]) -> "_Names":
        return _Names(self, dict.fromkeys(these))

    def _naming(self, these: Iterable[str]) -> Callable[[str], IRI]:
        return partial(IRI, names=self._names(these))

    def _look_up(self, lookup: Lookup[T]) -> T:
        return lookups.run(lookup, self._answer)

    def _answer(self, ask: Ask) -> lookups.Rows:
        found = self._source.select(ask.text(self.base))
        self._check_whole(found.truncated)
        return read_rows(found.variables, found.rows)

    def _check_whole(self, truncated: str) -> None:
        if truncated:
            hint = f"download {self._name}accsm.nq and open that file"
            told = f"{self._name} cuts an answer after {truncated}; {hint}"
            raise ServerError(told, self._name)

    @cached_property
    def _index(self) -> Index:
        return self._look_up(index(self.base))

    @cached_property
    def _search_index(self) -> SearchIndex:
        return SearchIndex.make(self._look_up(read()), self.base)

    def _raw(self) -> Iterator[Quad]:
        """Yield all statements, each in its named graph."""
        return dataset.statements(self._source.load(), CONVENTIONS)

    def _question(self, name: str) -> Question:
        if name not in self.questions:
            raise _unknown("stored question", name, self.questions)
        return self.questions[name]

    def _find(self, key: str | int) -> str:
        """Return the IRI of what is called ``key``."""
        text = str(key).strip()
        if found := self._expanded(text):
            return found
        try:
            return self._index.find(text).resource
        except UnknownKeyError:
            found_things = self._search_index.search(text, exactly=True)
        exact = [hit for hit in self._search_index.hits(found_things) if hit.is_exact]
        if not exact:
            raise self._unknown_thing(text)
        if len(exact) > 1:
            choices = [self._short(hit.iri) for hit in exact]
            told = f"'{text}' names several things; use one of: {', '.join(choices)}"
            raise AmbiguousNameError(told, text, choices)
        return exact[0].iri

    def _expanded(self, text: str) -> str:
        """Return the IRI that is written in full, relative to the base or as a short name."""
        prefix, colon, local = text.partition(":")
        if colon and prefix in self.prefixes and is_iri(self.prefixes[prefix] + local):
            return self.prefixes[prefix] + local
        is_bracketed = text.startswith("<") and text.endswith(">")
        try:
            iri = urljoin(self.base, text[1:-1]) if is_bracketed else text
        except ValueError:  # a host that is none
            return ""
        return iri if (is_bracketed or "://" in iri) and is_iri(iri) else ""

    def _unknown_thing(self, key: str) -> UnknownNameError:
        near = [self._short(hit.iri) for hit in self._search_index.nearest(key)]
        hint = f"these are found for it: {', '.join(near)}" if near else "try search()"
        return UnknownNameError(f"nothing is called '{key}'; {hint}", key, near)

    def _short(self, iri: str) -> str:
        return short(iri, namespaces.shown(self.prefixes), self.base)

    def _page(self, iri: str) -> str:
        address = self._source.address
        if not address or not iri.startswith(self.base):
            return ""
        return address + quote(iri.removeprefix(self.base), safe="/:#%~,()'!*;=@+$")

    def _label(self, iri: str, others: Iterable[str]) -> str:
        """Return a label, after asking for those of ``others`` as well."""
        if iri not in self._labels:
            missing = (one for one in chain([iri], others) if one not in self._labels)
            wanted = list(dict.fromkeys(islice(missing, _AT_ONCE)))
            found = self._answer(Ask(_QUERIES / "labels.rq", tuple(wanted)))
            labels = {row["thing"]: row["label"] for row in reversed(found)}
            self._labels |= {one: labels.get(one, "") for one in wanted}
        return self._labels[iri]


def open(source: Path | str | None = None, *, timeout: float = 30.0) -> Graph:
    """Open a dataset: by default build/accsm.nq if it exists, else the one of this version.

    ``source`` is an RDF file, a folder of such, or the address of a server, whose answers may take
    ``timeout`` seconds. Files are read at once. Raises DatasetError, and ServerError or
    QueryTimeoutError for a server.
    """
    if isinstance(source, str) and source.startswith(_SCHEMES):
        return Graph(Served(source, timeout))
    try:
        with resources.dataset(Path(source) if source else None, lambda told: None) as (path, name):
            return Graph(Stored(dataset.load(path, CONVENTIONS)), name)
    except (OSError, ValueError, SyntaxError) as error:
        raise DatasetError(str(error)) from error


class _Names:
    """What the things of one answer are called; their labels are asked for together."""

    def __init__(self, graph: Graph, these: Mapping[str, None]) -> None:
        self._graph, self._these = graph, these

    def label(self, iri: str) -> str:
        """Return the label of a thing, empty if it has none."""
        return self._graph._label(iri, self._these)

    def short(self, iri: str) -> str:
        """Return an IRI as it can be pasted into a query."""
        return self._graph._short(iri)

    def page(self, iri: str) -> str:
        """Return the address of the page about a thing, empty without a server."""
        return self._graph._page(iri)


def _quads(triples: Iterable[object]) -> Iterator[Quad]:
    return dataset.place(triples, DefaultGraph())  # type: ignore[arg-type]


def _version(described: Store, base: str) -> str:
    found = described.quads_for_pattern(None, term("dcat:version"), None, None)
    values = [
        quad.object.value
        for quad in found
        if isinstance(quad.object, Literal) and str(quad.subject) == f"<{base}dataset>"
    ]
    return min(values, default="")


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _unknown(what: str, name: str, names: Iterable[str]) -> UnknownNameError:
    known: Sequence[str] = sorted(names)
    close = get_close_matches(name, known, n=3, cutoff=0.4)
    near = close or known
    start = "similar" if close else "there are"
    listed = f"{start}: {', '.join(near[:12])}" if near else "there is none"
    return UnknownNameError(f"no {what} is called '{name}'; {listed}", name, near)
