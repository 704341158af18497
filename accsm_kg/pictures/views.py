"""The views that fit an answer, by its shape: the types of its columns and what they fix.

A column fixes another if each of its values stands beside one value of the other.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations, pairwise
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from accsm_kg.pictures import strip
from accsm_kg.pictures.network import MOST, Link, Network, Thing, network
from accsm_kg.rdf.query_scanner import masked
from accsm_kg.rdf.terms import Term, local_name, value_of

#: What each view is called. Those below `PICTURES` are drawn.
NAMES: Final = {
    "sentence": "Sentence",
    "empty": "None",
    "record": "Record",
    "bar": "Bars",
    "line": "Line",
    "heatmap": "Heat map",
    "timeline": "Timeline",
    "tree": "Tree",
    "graph": "Graph",
    "table": "Table",
    "turtle": "Turtle",
}
PICTURES: Final = ("bar", "line", "heatmap", "timeline", "tree", "graph")

_FEWEST, _MOST = 3, 60  # values with a bar or a row of a heat map
_LINE = 12  # points of time from which on a line is drawn
_SERIES = 2  # measures as bars beside each other
_MEASURES = 3  # for a heat map
_COLUMNS = 12  # of a heat map
_DATED = 0.6  # of the rows of a timeline
_TREE_ROWS, _TREE_LEVELS = 6, 3
_MOST_THINGS = 6  # columns of IRIs
_MOST_CONSIDERED = 30  # columns; an answer with more is a table
_MOST_ROWS = 150  # of a timeline or a tree
_YEARS = range(1900, 2101)
_MOST_SAID = 60  # characters of what a card of a graph says
_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_NAMING = {
    "http://www.w3.org/2000/01/rdf-schema#label",
    "http://www.w3.org/2004/02/skos/core#prefLabel",
}

_NUMBERS = {"integer", "decimal", "double", "float", "int", "long", "nonNegativeInteger"}
_MEASURED = {"decimal", "double", "float"}
_DATES = {"date", "dateTime", "gYear", "gYearMonth", "EDTF"}
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_AS = re.compile(r"[()]|(?<![\w?$])AS\s*+[?$](\w+)", re.IGNORECASE)
_COUNTED = re.compile(r"(?<![\w?$:-])(?:COUNT|SUM|AVG)\s*+\(", re.IGNORECASE)
_VARIABLE = re.compile(r"[?$](\w+)")
_WANTED = re.compile(r"^\s*#\s*view:\s*(\w+)\s*$", re.MULTILINE)
_WORDS = re.compile(r"(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_+")
_MOST_COMPUTED = 200  # variables of a query

Row = Sequence[Term | None]


@dataclass(frozen=True)
class Column:
    """A column of an answer: its variable, and the values of all rows."""

    name: str
    values: tuple[Term | None, ...]
    is_computed: bool = False
    """Whether the query counts or sums it up."""

    @cached_property
    def kind(self) -> str:
        """Return what all values are: see `_kind`."""
        terms = [value for value in self.values if value is not None]
        return _kind(terms, self.is_computed) if terms else "none"

    @cached_property
    def texts(self) -> tuple[str | None, ...]:
        """Return the values as texts."""
        return tuple(None if value is None else value_of(value) for value in self.values)

    @cached_property
    def count(self) -> int:
        """Return the number of different values; none is one as well."""
        return len(set(self.texts))

    @cached_property
    def is_full(self) -> bool:
        """Return whether every row has a value."""
        return None not in self.texts

    def fixes(self, other: "Column") -> bool:
        """Return whether each value stands beside one value of ``other``."""
        return len(set(zip(self.texts, other.texts, strict=True))) == self.count

    def matches(self, other: "Column") -> bool:
        """Return whether the values of both stand for each other."""
        return self.count == other.count and self.fixes(other)


@dataclass(frozen=True)
class Answer:
    """The rows of a SELECT, and the text of the query, which says what it computes."""

    variables: Sequence[str]
    rows: Sequence[Row]
    query: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Labels of the IRIs, which name things that no text of the answer names."""

    @cached_property
    def columns(self) -> list[Column]:
        """Return the columns in the order of the query."""
        turned = zip(*self.rows, strict=True) if self.rows else ((),) * len(self.variables)
        counted = computed(self.query)
        return [
            Column(name, tuple(values), name in counted)
            for name, values in zip(self.variables, turned, strict=True)
        ]

    def of_kind(self, *kinds: str) -> list[Column]:
        """Return the columns of a kind."""
        return [column for column in self.columns if column.kind in kinds]

    @cached_property
    def texts(self) -> list[Column]:
        """Return the columns of texts, and the labels of things that none of these names."""
        texts = self.of_kind("text")
        labelled: list[Column] = []
        for iris in self.of_kind("iri"):
            if not any(one.is_full and one.matches(iris) for one in texts):
                labelled += filter(None, [self._labels(iris)])
        return [*texts, *labelled]

    def _labels(self, iris: Column) -> Column | None:
        """Return the labels of a column of IRIs, None unless each has one of its own."""
        found = [self.labels.get(iri) if iri else None for iri in iris.texts]
        labels = Column(iris.name, tuple(None if text is None else Literal(text) for text in found))
        is_known = labels.values.count(None) == iris.values.count(None)
        return labels if is_known and labels.kind == "text" and labels.matches(iris) else None

    @cached_property
    def named(self) -> list[tuple[Column, list[Column]]]:
        """Return each column of IRIs with the texts that stand for them one by one."""
        found = []
        for column in self.of_kind("iri"):
            texts = [one for one in self.texts if one.is_full and one.matches(column)]
            if column.is_full and texts:
                found.append((column, texts))
        return found


@dataclass(frozen=True)
class Graph:
    """The triples of a CONSTRUCT or a DESCRIBE, and labels of the IRIs in them."""

    triples: Sequence[Triple]
    labels: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def network(self) -> Network:
        """Return the things and their links; literals and classes are said of a thing."""
        things: dict[str, Thing] = {}
        facts: dict[str, list[str]] = {}
        names: dict[str, str] = {}
        kinds: dict[str, str] = {}
        links: list[Link] = []
        for subject, predicate, value in self.triples:
            start, said = str(subject), self._name(predicate)
            things.setdefault(start, Thing(start, self._name(subject)))
            if predicate.value == _TYPE:
                kinds.setdefault(start, self._name(value))
            elif isinstance(value, NamedNode | BlankNode | Triple):
                end = str(value)
                things.setdefault(end, Thing(end, self._name(value)))
                links.append(Link(start, end, said))
            elif predicate.value in _NAMING:
                names.setdefault(start, value.value)
            else:
                facts.setdefault(start, []).append(f"{said}: {value.value[:_MOST_SAID]}")
        made = {
            key: Thing(
                key,
                self._known(key) or names.get(key, thing.name),
                kinds.get(key, ""),
                facts.get(key, ()),
            )
            for key, thing in things.items()
        }
        return network(made, links)

    def _known(self, key: str) -> str:
        return self.labels.get(key[1:-1], "")

    def _name(self, term: Term) -> str:
        if isinstance(term, NamedNode):
            return self.labels.get(term.value) or local_name(term.value) or term.value
        if isinstance(term, Triple):
            return " ".join(self._name(part) for part in term)
        return value_of(term) if isinstance(term, Literal) else str(term)


@dataclass(frozen=True)
class View:
    """A view of an answer: ``by`` are the columns that name what is shown, then the ``values``.

    In a tree, each of ``levels`` has the columns that name it.
    """

    name: str
    by: Sequence[Column] = ()
    values: Sequence[Column] = ()
    levels: Sequence[Sequence[Column]] = ()
    network: Network | None = None
    """Of a graph."""
    of: str = ""
    """The variable of what is shown, which is of the IRIs that ``by`` names if there are such."""
    across: str = ""
    """That of the columns of a heat map which are things as well."""

    @property
    def is_picture(self) -> bool:
        """Return whether it is drawn."""
        return self.name in PICTURES


def views(answer: Answer | Graph | bool) -> list[View]:
    """Return the views that fit an answer, first the one to pick.

    ``answer`` is a boolean for an ASK.
    """
    if isinstance(answer, Graph):
        drawn = [View("graph", network=answer.network)] if answer.triples else []
        return [*drawn, View("turtle")]
    if isinstance(answer, bool):
        return [View("sentence")]
    if not answer.rows:
        return [View("empty")]
    is_narrow = len(answer.variables) <= _MOST_CONSIDERED
    found, offered = ([*_fitting(answer)], [*_offered(answer)]) if is_narrow else ([], [])
    first = [View("record")] if len(answer.rows) == 1 else []
    each = {view.name: view for view in (*first, *found, View("table"), *offered)}
    return [*each.values()]


def wanted(query: str) -> str:
    """Return the view that a comment of a query asks for; empty if none does.

    >>> wanted("# view: bar\\nSELECT …")
    'bar'
    """
    found = _WANTED.search(query)
    return found[1].lower() if found else ""


def choose(fitting: Sequence[View], name: str) -> View | None:
    """Return the view ``name``, or the first without a name; None if it does not fit."""
    return next((view for view in fitting if name in ("", view.name)), None)


def computed(query: str) -> frozenset[str]:
    """Return the variables that a query counts or sums up, or computes from such.

    The smallest or greatest of some numbers is one only if these are computed.

    >>> sorted(computed("SELECT (COUNT(?x) AS ?n) (MIN(?line) AS ?first) (?n / 2 AS ?half) {}"))
    ['half', 'n']
    """
    defined = [*_defined(masked(query))]
    found = {name for name, text in defined if _COUNTED.search(text)}
    while True:
        more = {name for name, text in defined if found.intersection(_VARIABLE.findall(text))}
        if more <= found:
            return frozenset(found)
        found |= more


def words(variable: str) -> str:
    """Return the name of a variable in words.

    >>> words("countryName"), words("areaA"), words("kraCode"), words("printedKRA")
    ('country name', 'area A', 'kra code', 'printed KRA')
    """
    parts = [part for part in _WORDS.split(variable) if part]
    return " ".join(part if part.isupper() else part.lower() for part in parts)


def _defined(text: str) -> Iterator[tuple[str, str]]:
    """Yield each variable that an expression defines, with the expression."""
    opened: list[int] = []
    count = 0
    for found in _AS.finditer(text):
        if found[0] == "(":
            opened.append(found.end())
        elif found[0] == ")":
            del opened[-1:]
        elif opened and count < _MOST_COMPUTED:
            count += 1
            yield found[1], text[opened[-1] : found.start()]


def _kind(terms: Sequence[Term], is_computed: bool) -> str:
    """Return iri, measure, year, number, boolean, date, text or other."""
    if all(isinstance(term, NamedNode) for term in terms):
        return "iri"
    literals = [term for term in terms if isinstance(term, Literal)]
    if len(literals) < len(terms):
        return "other"
    types = {local_name(literal.datatype.value) for literal in literals}
    if types <= _NUMBERS:
        return _kind_of_numbers([literal.value for literal in literals], types, is_computed)
    if types == {"boolean"}:
        return "boolean"
    if types <= _DATES | {"string"} and all(_time(literal.value) for literal in literals):
        return "year" if all(len(literal.value) == 4 for literal in literals) else "date"
    return "text"


def _kind_of_numbers(values: Sequence[str], types: set[str], is_computed: bool) -> str:
    if is_computed or types & _MEASURED:
        return "measure" if all(math.isfinite(number(value)) for value in values) else "text"
    return "year" if all(number(value) in _YEARS for value in values) else "number"


def number(text: str | None) -> float:
    """Return the value of a number; that of a text which is none is not a number."""
    try:
        return float(text or "nan")
    except ValueError:
        return math.nan


def _time(text: str) -> strip.Time | None:
    return strip.read_edtf(text.partition("T")[0])


def _fitting(answer: Answer) -> Iterator[View]:
    """Yield the views that can be picked, in the order of the rule."""
    measures = [one for one in answer.of_kind("measure") if one.is_full and one.count > 1]
    yield from _over_time(answer, measures)
    yield from _heat_of_measures(answer, measures)
    yield from _heat_of_pairs(answer, measures)
    yield from _bars(answer, measures)
    yield from (view for view in _dated(answer) if len(answer.rows) >= _FEWEST)
    for view in _trees(answer):
        if len(view.levels) >= _TREE_LEVELS and len(answer.rows) >= _TREE_ROWS:
            yield view


def _offered(answer: Answer) -> Iterator[View]:
    """Yield the views that fit less well."""
    yield from (view for view in _dated(answer) if len(answer.rows) > 1)
    for view in _trees(answer):
        if len(answer.rows) >= _FEWEST and view.levels[0][0].count > 1:
            yield view
    yield from _linked(answer)


def _linked(answer: Answer) -> Iterator[View]:
    """Yield a graph of two columns of things, if some of both stand beside several of the other."""
    things = [column for column in answer.of_kind("iri") if column.is_full][:_MOST_THINGS]
    for starts, ends in combinations(things, 2):
        count = len({*starts.texts, *ends.texts})
        if count <= MOST and not starts.fixes(ends) and not ends.fixes(starts):
            of = f"{words(starts.name)} {words(ends.name)}"
            yield View("graph", network=_network(answer, starts, ends), of=of)
            return


def _network(answer: Answer, starts: Column, ends: Column) -> Network:
    names = {**_names(answer, ends), **_names(answer, starts)}
    pairs = dict.fromkeys(zip(starts.texts, ends.texts, strict=True))
    things = {key: Thing(key, names[key]) for key in names}
    return network(things, (Link(start or "", end or "") for start, end in pairs))


def _names(answer: Answer, things: Column) -> dict[str, str]:
    """Return what the things of a column are called, by their IRIs."""
    naming = next((texts[0] for iris, texts in answer.named if iris is things), None)
    found = naming.texts if naming else [answer.labels.get(iri or "") for iri in things.texts]
    return {
        iri or "": name or local_name(iri or "") or iri or ""
        for iri, name in zip(things.texts, found, strict=True)
    }


def _over_time(answer: Answer, measures: Sequence[Column]) -> Iterator[View]:
    for time in answer.of_kind("year", "date"):
        fixed = [measure for measure in measures if time.fixes(measure)]
        if fixed and time.is_full and time.count >= _FEWEST:
            if time.count >= _LINE:
                yield View("line", [time], fixed[:1], of=time.name)
            if time.count <= _MOST:
                yield View("bar", [time], fixed[:_SERIES], of=time.name)
            return


def _heat_of_measures(answer: Answer, measures: Sequence[Column]) -> Iterator[View]:
    """Yield a heat map of several measures of each text."""
    rows = len(answer.rows)
    for text in answer.texts:
        is_fit = text.is_full and text.count == rows and _FEWEST <= rows <= _MOST
        if is_fit and _MEASURES <= len(measures) <= _COLUMNS:
            yield View("heatmap", [text], measures, of=_thing(answer, text))
            return


def _heat_of_pairs(answer: Answer, measures: Sequence[Column]) -> Iterator[View]:
    """Yield a heat map of one measure of two texts, of which neither fixes it by itself."""
    texts = [one for one in answer.texts if one.is_full]
    if len(measures) != 1 or len(texts) != 2:
        return
    down, across = sorted(texts, key=lambda text: text.count > _COLUMNS, reverse=True)
    pairs = set(zip(down.texts, across.texts, strict=True))
    is_fixed_by_one = down.fixes(measures[0]) or across.fixes(measures[0])
    is_small = down.count <= _MOST and across.count <= _COLUMNS
    if len(pairs) == len(answer.rows) and is_small and not is_fixed_by_one:
        names = _thing(answer, down), _thing(answer, across)
        yield View("heatmap", [down, across], measures, of=names[0], across=names[1])


def _bars(answer: Answer, measures: Sequence[Column]) -> Iterator[View]:
    """Yield bars by the text with the fewest values of those that fix a measure."""
    texts = [one for one in answer.texts if one.is_full]
    for measure in measures:
        fixing = [text for text in texts if text.fixes(measure)]
        if fixing:
            name = min(fixing, key=lambda text: text.count)
            values = [one for one in measures if name.fixes(one)]
            if _FEWEST <= name.count <= _MOST and len(values) <= _SERIES:
                also = [one for one in fixing if one is not name and one.matches(name)]
                yield View("bar", [name, *also], values, of=_thing(answer, name))
            return


def _thing(answer: Answer, name: Column) -> str:
    """Return the variable of the IRIs that a column names, or else its own."""
    return next((iri.name for iri in answer.of_kind("iri") if iri.matches(name)), name.name)


def _dated(answer: Answer) -> Iterator[View]:
    """Yield a timeline of things with a name in which no year stands."""
    dates = [
        column
        for column in answer.of_kind("date")
        if len(column.values) - column.values.count(None) >= _DATED * len(answer.rows)
    ]
    for _, texts in answer.named if dates and len(answer.rows) <= _MOST_ROWS else ():
        plain = [text for text in texts if not all(_YEAR.search(one or "") for one in text.texts)]
        if plain:
            yield View("timeline", plain[:1], dates[:2], of=_thing(answer, plain[0]))
            return


def _trees(answer: Answer) -> Iterator[View]:
    """Yield a tree of the longest series of things in which each fixes the one above it."""
    things = sorted(answer.named[:_MOST_THINGS], key=lambda named: named[0].count)
    chosen: list[tuple[Column, list[Column]]] = []
    for size in range(len(things), 1, -1):
        chosen = next((list(each) for each in combinations(things, size) if _nested(each)), [])
        if chosen:
            break
    if chosen and len(answer.rows) <= _MOST_ROWS:
        of = ", ".join(words(iri.name) for iri, _ in chosen)
        yield View("tree", levels=[texts[:2] for _, texts in chosen], of=of)


def _nested(things: Sequence[tuple[Column, list[Column]]]) -> bool:
    return all(
        below.count > above.count and below.fixes(above)
        for (above, _), (below, _) in pairwise(things)
    )
