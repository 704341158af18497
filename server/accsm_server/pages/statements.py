"""The statements about one resource as table rows, with their graphs and evidence."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from pyoxigraph import NamedNode, QuerySolution

from accsm_kg.rdf.terms import Term, natural
from accsm_server.engine.interface import Table
from accsm_server.pages.profile import Properties
from accsm_server.pages.terms import Labels, TermView, by_text, iri_of, text_of

#: The graphs of each value, by property IRI and value.
Statements = Mapping[str, Mapping[Term, set[str]]]
T = TypeVar("T")


@dataclass(frozen=True)
class Evidence:
    """The words of a source that support a statement."""

    words: str
    locator: str
    record: TermView
    source: TermView


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
    evidence: tuple[Evidence, ...]
    definition: str
    """The definition of a value that is a code."""


@dataclass(frozen=True)
class Row:
    """The values of one property, with the graphs and evidence that they share."""

    property: TermView
    values: list[Value]
    graphs: tuple[TermView, ...]
    evidence: tuple[Evidence, ...]


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


def table_rows(
    statements: Statements, labels: Labels, evidence: EvidenceIndex, definitions: Mapping[str, str]
) -> list[Row]:
    """Return ``statements`` as rows, in the order of the profile, then by label."""
    profile = labels.site.profile.resource

    def order(row: Row) -> tuple[int, bool, list[tuple[int, str]]]:
        iri = row.property.iri
        place = profile.first.index(iri) if iri in profile.first else len(profile.first)
        return place, bool(profile.last.fullmatch(iri)), natural(row.property.text)

    rows = []
    for predicate, terms in statements.items():
        values = [
            _value(term, graphs, labels, evidence, definitions) for term, graphs in terms.items()
        ]
        rows.append(_row(predicate, values, labels, evidence))
    return sorted(rows, key=order)


def _row(predicate: str, values: list[Value], labels: Labels, evidence: EvidenceIndex) -> Row:
    graphs = _shared(value.graphs for value in values)
    shared = _shared(value.evidence for value in values)
    if graphs is not None:
        values = [replace(value, graphs=()) for value in values]
    if shared is not None:
        values = [replace(value, evidence=()) for value in values]
    of_property = evidence.by_property.get(predicate, ())
    return Row(
        labels.iri(predicate),
        sorted(values, key=lambda value: by_text(value.shown)),
        graphs or (),
        tuple(dict.fromkeys((*of_property, *(shared or ())))),
    )


def _value(
    term: Term,
    graphs: set[str],
    labels: Labels,
    evidence: EvidenceIndex,
    definitions: Mapping[str, str],
) -> Value:
    return Value(
        labels.show(term),
        tuple(map(labels.graph, sorted(graphs))),
        tuple(evidence.by_value.get(term, ())),
        definitions.get(iri_of(term), ""),
    )


def _evidence(row: QuerySolution, labels: Labels) -> Evidence:
    return Evidence(
        text_of(row["words"]),
        text_of(row["locator"]),
        labels.show(row["evidence"]),
        labels.show(row["source"]),
    )


def _shared(items: Iterable[T]) -> T | None:
    distinct = set(items)
    return distinct.pop() if len(distinct) == 1 else None
