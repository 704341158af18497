"""The statements about one resource as table rows, with their graphs and evidence."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TypeVar

from pyoxigraph import BlankNode, NamedNode, QuerySolution

from accsm_kg.rdf.terms import Term, natural
from accsm_server.engine.interface import Table
from accsm_server.pages.nodes import BlankNodes, Statements
from accsm_server.pages.profile import Properties
from accsm_server.pages.terms import Labels, TermView, by_text, iri_of, text_of
from accsm_server.sparql.queries import PAGE

_DEEPEST = 6  # blank nodes within blank nodes
_LONGEST = 200  # characters of a summary
_MOST = 100  # values of a property that the page of a thing shows
T = TypeVar("T")


@dataclass(frozen=True)
class Evidence:
    """The words of a source that support a statement."""

    words: str
    locator: str
    record: TermView
    source: TermView
    number: int = 0
    """The number of its words on the page, from 1; 0 if it has no words."""
    is_repeated: bool = False
    """Whether the page has shown its words before."""
    mark: str = ""
    """The part of its words that carries the statement, such as a code."""
    line: str = ""
    """The first line of its words in the source."""
    last: str = ""
    """The last one."""


@dataclass(frozen=True)
class Line:
    """A line of a block: the values of each cell, and the words of the source behind it."""

    cells: Sequence[tuple[TermView, ...]]
    evidence: tuple[Evidence, ...]
    about: Sequence[str] = ()
    """The IRIs of the properties that it is about."""


@dataclass
class Quotations:
    """Numbers the words of sources on one page in the order in which it shows them."""

    _numbers: dict[tuple[str, str, str], int] = field(default_factory=dict)

    def number(self, pieces: Iterable[Evidence]) -> tuple[Evidence, ...]:
        """Return evidence with the numbers of its words."""
        return tuple(map(self._number, pieces))

    def _number(self, piece: Evidence) -> Evidence:
        key = (piece.words, piece.locator, piece.source.iri)
        next_number = len(self._numbers) + 1
        if not piece.words:
            return piece
        number = self._numbers.setdefault(key, next_number)
        return replace(piece, number=number, is_repeated=number != next_number)


@dataclass(frozen=True)
class EvidenceIndex:
    """The evidence for statements about one resource, by property IRI or by value."""

    by_property: Mapping[str, list[Evidence]]
    by_value: Mapping[Term, list[Evidence]]


@dataclass(frozen=True)
class Value:
    """One value; its graphs and evidence are empty where all values of the row share them."""

    shown: TermView
    graphs: tuple[TermView, ...]
    evidence: tuple[Evidence, ...] = ()
    definition: str = ""
    """The definition of a value that is a code."""
    node: "Node | None" = None
    """What is said about a value that is a blank node."""


@dataclass(frozen=True)
class Row:
    """The values of one property, with the graphs and evidence that they share."""

    property: TermView
    values: list[Value]
    graphs: tuple[TermView, ...]
    evidence: tuple[Evidence, ...]
    rest: int = 0
    """The number of values that the page does not show."""


@dataclass(frozen=True)
class Node:
    """A blank node as a part of a page: its statements as rows, or its items if it is a list."""

    anchor: str
    """Its identifier in the page."""
    rows: Sequence[Row] = ()
    items: Sequence[Value] = ()
    is_repeated: bool = False
    """Whether the page shows it elsewhere, at the anchor."""
    is_cut: bool = False
    """Whether more is said about it, which the page does not show."""


#: A blank node about which the page shows nothing, although more is said.
_CUT = Node("", is_cut=True)


@dataclass(frozen=True)
class Referrer:
    """A subject of a statement; one without an IRI is shown by what leads to it and its rows."""

    shown: TermView
    node: Node | None = None
    owners: Sequence[tuple[TermView, TermView]] = ()
    """The subjects with IRIs that lead to a blank node, with their properties."""


def read_statements(table: Table) -> Statements:
    """Return the rows of statements.rq, grouped."""
    statements: dict[str, dict[Term, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in table.rows:
        predicate, value, graph = row["property"], row["value"], row["graph"]
        if isinstance(predicate, NamedNode) and value is not None:
            graphs = statements[predicate.value][value]
            if isinstance(graph, NamedNode):
                graphs.add(graph.value)
    return statements


def read_evidence(table: Table, labels: Labels) -> EvidenceIndex:
    """Return the rows of evidence.rq, grouped."""
    by_property: dict[str, list[Evidence]] = defaultdict(list)
    by_value: dict[Term, list[Evidence]] = defaultdict(list)
    for row in table.rows:
        predicate, value = iri_of(row["property"]), row["value"]
        evidence = _evidence(row, labels)
        if predicate and evidence not in by_property[predicate]:
            by_property[predicate].append(evidence)
        elif not predicate and value is not None and evidence not in by_value[value]:
            by_value[value].append(evidence)
    return EvidenceIndex(by_property, by_value)


def first_values(statements: Statements) -> tuple[Statements, dict[str, int]]:
    """Return statements with the first values of each property, and how many others it has."""
    cut = {name: values for name, values in statements.items() if len(values) > _MOST}
    first = {
        name: {term: values[term] for term in sorted(values, key=_by_length)[:_MOST]}
        for name, values in cut.items()
    }
    return {**statements, **first}, {name: len(values) - _MOST for name, values in cut.items()}


def _by_length(term: Term) -> tuple[int, str]:
    """Return the key that sorts terms as written, 9 before 10."""
    return len(str(term)), str(term)


def partition(statements: Statements, properties: Properties) -> tuple[Statements, Statements]:
    """Split statements into those whose property matches ``properties``, and the others."""
    parts: tuple[dict[str, Mapping[Term, set[str]]], dict[str, Mapping[Term, set[str]]]] = {}, {}
    for predicate, values in statements.items():
        parts[not properties.fullmatch(predicate)][predicate] = values
    return parts


def split_computed(statements: Statements, inferred: str) -> tuple[Statements, Statements]:
    """Split statements into stated ones, and those that are only in the graph ``inferred``."""
    stated: dict[str, dict[Term, set[str]]] = defaultdict(dict)
    computed: dict[str, dict[Term, set[str]]] = defaultdict(dict)
    for predicate, values in statements.items():
        for value, graphs in values.items():
            part = computed if graphs == {inferred} else stated
            part[predicate][value] = graphs
    return stated, computed


@dataclass(frozen=True)
class Describer:
    """Shows the statements of one page as rows; each blank node is shown once."""

    labels: Labels
    nodes: BlankNodes
    evidence: EvidenceIndex = EvidenceIndex({}, {})
    definitions: Mapping[str, str] = field(default_factory=dict)
    rest: Mapping[str, int] = field(default_factory=dict)
    """The number of values of each property of the thing that the page does not show."""
    quotations: Quotations = field(default_factory=Quotations)
    _anchors: dict[BlankNode, str] = field(default_factory=dict)

    def rows(self, statements: Statements) -> list[Row]:
        """Return ``statements`` as rows, in the order of the profile, then by label."""
        rows = self._rows(statements, self.evidence, 0)
        return [replace(self._quoted(row), rest=self.rest.get(row.property.iri, 0)) for row in rows]

    def _quoted(self, row: Row) -> Row:
        """Return a row whose evidence is numbered in the order of the page."""
        values = [
            replace(value, evidence=self.quotations.number(value.evidence)) for value in row.values
        ]
        return replace(row, values=values, evidence=self.quotations.number(row.evidence))

    def referrer(self, term: Term | None, predicate: str = "", value: str = "") -> Referrer:
        """Return a subject of the statement with ``predicate`` and the IRI ``value``."""
        if not isinstance(term, BlankNode):
            return Referrer(self.labels.show(term))
        head = self.nodes.head(term)
        owners = [
            (self.labels.iri(subject.value), self.labels.iri(relation))
            for subject, relation in self.nodes.owners(head)
        ]
        node = self._node(head, (), 1, () if head != term else (predicate, value))
        return Referrer(TermView(_summary(node)), node, owners)

    def _rows(self, statements: Statements, evidence: EvidenceIndex, depth: int) -> list[Row]:
        profile = self.labels.site.profile.resource

        def order(row: Row) -> tuple[int, bool, list[tuple[int, str]]]:
            iri = row.property.iri
            place = profile.first.index(iri) if iri in profile.first else len(profile.first)
            return place, bool(profile.last.fullmatch(iri)), natural(row.property.text)

        rows = []
        for predicate, terms in statements.items():
            values = [self._value(term, graphs, evidence, depth) for term, graphs in terms.items()]
            shown = [value for value in values if value.node is not _CUT]
            shown += [value for value in values if value.node is _CUT][:1]
            rows.append(_row(self.labels.iri(predicate), shown, evidence, self.labels))
        return sorted(rows, key=order)

    def _value(self, term: Term, graphs: set[str], evidence: EvidenceIndex, depth: int) -> Value:
        where = tuple(map(self.labels.graph, sorted(graphs)))
        words = tuple(evidence.by_value.get(term, ()))
        if isinstance(term, BlankNode):
            node = self._node(term, where, depth + 1)
            return Value(TermView(_summary(node)), where, words, node=node)
        return Value(self.labels.show(term), where, words, self.definitions.get(iri_of(term), ""))

    def _node(
        self, node: BlankNode, graphs: tuple[TermView, ...], depth: int, hidden: Sequence[str] = ()
    ) -> Node:
        """Return a blank node in a statement of ``graphs``, without the statement ``hidden``."""
        if node in self._anchors:
            return Node(self._anchors[node], is_repeated=True)
        statements = self.nodes.statements.get(node, {})
        if depth > _DEEPEST or (self.nodes.is_cut and not statements):
            return _CUT
        anchor = self._anchors[node] = f"node-{len(self._anchors) + 1}"
        no_evidence = EvidenceIndex({}, {})
        items, are_all = self.nodes.items(node)
        if items:
            shown = [self._value(*item, no_evidence, depth) for item in items[:PAGE]]
            values = [_without_graphs(value, graphs) for value in shown]
            return Node(anchor, items=values, is_cut=not are_all or len(items) > PAGE)
        rows = self._rows(_without(statements, hidden), no_evidence, depth)
        rows = [row if row.graphs != graphs else replace(row, graphs=()) for row in rows]
        return Node(anchor, rows)


def _row(property: TermView, values: list[Value], evidence: EvidenceIndex, labels: Labels) -> Row:
    graphs = _shared(value.graphs for value in values)
    shared = _shared(value.evidence for value in values)
    of_property = evidence.by_property.get(property.iri, ())
    pieces = tuple(dict.fromkeys((*of_property, *(shared or ()))))

    def own(value: Value) -> Value:
        """Return a value with what it does not share with the others."""
        words = () if shared is not None else value.evidence
        where = () if graphs is not None else backed(value.graphs, words, labels)
        return replace(value, graphs=placed(where, words or pieces), evidence=words)

    values = [own(value) for value in values]
    behind = pieces or tuple(chain.from_iterable(value.evidence for value in values))
    return Row(
        property,
        sorted(values, key=lambda value: by_text(value.shown)),
        placed(backed(graphs or (), behind, labels), behind),
        pieces,
    )


def backed(
    graphs: Iterable[TermView], pieces: Iterable[Evidence], labels: Labels
) -> tuple[TermView, ...]:
    """Return the graphs with the sources of the evidence in the place of those of sources.

    A statement is in the graph of the source from which it was first taken; the words beside it
    may be those of others, which say it too.
    """
    sources = {piece.source.iri: None for piece in pieces if piece.source.iri}
    found: dict[TermView, None] = {}
    for graph in graphs:
        if sources and labels.is_of_sources(graph.iri):
            found.update((labels.graph_of(source), None) for source in sorted(sources))
        else:
            found[graph] = None
    return tuple(found)


def placed(graphs: Iterable[TermView], pieces: Iterable[Evidence]) -> tuple[TermView, ...]:
    """Return the graphs; those of sources lead to the first line of the evidence from there."""
    lines: dict[str, str] = {}
    for piece in pieces:
        if piece.line:
            lines.setdefault(piece.source.href.partition("?line=")[0], piece.source.href)
    return tuple(replace(graph, href=lines.get(graph.href, graph.href)) for graph in graphs)


def _without(statements: Statements, hidden: Sequence[str]) -> Statements:
    """Return ``statements`` without that of ``hidden``, a property and the IRI of its value."""
    kept = {
        predicate: {
            term: graphs
            for term, graphs in values.items()
            if (predicate, iri_of(term)) != tuple(hidden)
        }
        for predicate, values in statements.items()
    }
    return {predicate: values for predicate, values in kept.items() if values}


def _without_graphs(value: Value, graphs: tuple[TermView, ...]) -> Value:
    return replace(value, graphs=()) if value.graphs == graphs else value


def _summary(node: Node) -> str:
    """Return the beginning of what is said about a blank node, by which it is sorted."""
    said = [value.shown.text for value in node.items]
    said += [value.shown.text for row in node.rows for value in row.values]
    return ", ".join(said)[:_LONGEST]


def _evidence(row: QuerySolution, labels: Labels) -> Evidence:
    return Evidence(
        text_of(row["words"]),
        text_of(row["locator"]),
        labels.show(row["evidence"]),
        labels.source(row["source"], text_of(row["line"])),
        line=text_of(row["line"]),
        last=text_of(row["last"]),
    )


def _shared(items: Iterable[T]) -> T | None:
    distinct = set(items)
    return distinct.pop() if len(distinct) == 1 else None
