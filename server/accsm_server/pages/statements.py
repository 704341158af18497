"""The statements about one resource as rows: values, the graphs that state them, source words."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from pyoxigraph import NamedNode, QuerySolution

from accsm_kg.rdf.terms import Term, natural
from accsm_server.engine.interface import Table
from accsm_server.pages.profile import Properties
from accsm_server.pages.terms import Names, Shown, by_text, iri_of, text_of

#: The values of each property, with the graphs that state each value.
Statements = Mapping[str, Mapping[Term, set[str]]]
T = TypeVar("T")


@dataclass(frozen=True)
class Evidence:
    """Words of a source that justify a statement."""

    words: str
    locator: str
    record: Shown
    source: Shown


@dataclass(frozen=True)
class EvidenceIndex:
    """The evidence for one resource, by the IRI of a property or by the term that is a value."""

    by_property: Mapping[str, list[Evidence]]
    by_value: Mapping[Term, list[Evidence]]


@dataclass(frozen=True)
class Value:
    """One value, with the graphs that state it and its evidence where the values differ in them."""

    shown: Shown
    graphs: tuple[Shown, ...]
    evidence: tuple[Evidence, ...]
    gloss: str
    """Its definition, where it is a code."""


@dataclass(frozen=True)
class Row:
    """All values of one property; graphs and evidence that all values share stand here."""

    property: Shown
    values: list[Value]
    graphs: tuple[Shown, ...]
    evidence: tuple[Evidence, ...]


def read_statements(table: Table) -> Statements:
    """Return the answer of statements.rq."""
    statements: dict[str, dict[Term, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in table.rows:
        about, value, graph = row["property"], row["value"], row["graph"]
        if isinstance(about, NamedNode) and value is not None:
            graphs = statements[about.value][value]
            if isinstance(graph, NamedNode):
                graphs.add(graph.value)
    return statements


def read_evidence(table: Table, names: Names) -> EvidenceIndex:
    """Return the answer of evidence.rq."""
    by_property: dict[str, list[Evidence]] = defaultdict(list)
    by_value: dict[Term, list[Evidence]] = defaultdict(list)
    for row in table.rows:
        about, value = iri_of(row["property"]), row["value"]
        evidence = _evidence(row, names)
        if about and evidence not in by_property[about]:
            by_property[about].append(evidence)
        elif not about and value is not None and evidence not in by_value[value]:
            by_value[value].append(evidence)
    return EvidenceIndex(by_property, by_value)


def partition(statements: Statements, properties: Properties) -> tuple[Statements, Statements]:
    """Return the statements by ``properties``, and the others."""
    parts: tuple[dict[str, Mapping[Term, set[str]]], dict[str, Mapping[Term, set[str]]]] = {}, {}
    for about, values in statements.items():
        parts[not properties.fullmatch(about)][about] = values
    return parts


def split_computed(statements: Statements, inferred: str) -> tuple[Statements, Statements]:
    """Return what some graph states, and what only the graph ``inferred`` does."""
    stated: dict[str, dict[Term, set[str]]] = defaultdict(dict)
    computed: dict[str, dict[Term, set[str]]] = defaultdict(dict)
    for about, values in statements.items():
        for value, graphs in values.items():
            part = computed if graphs == {inferred} else stated
            part[about][value] = graphs
    return stated, computed


def table_rows(
    statements: Statements, names: Names, evidence: EvidenceIndex, definitions: Mapping[str, str]
) -> list[Row]:
    """Return the rows of ``statements`` in the order of the profile, then by label."""
    profile = names.site.profile.resource

    def order(row: Row) -> tuple[int, bool, list[tuple[int, str]]]:
        iri = row.property.iri
        place = profile.first.index(iri) if iri in profile.first else len(profile.first)
        return place, bool(profile.last.fullmatch(iri)), natural(row.property.text)

    rows = []
    for about, terms in statements.items():
        values = [
            _value(term, graphs, names, evidence, definitions) for term, graphs in terms.items()
        ]
        rows.append(_row(about, values, names, evidence))
    return sorted(rows, key=order)


def _row(about: str, values: list[Value], names: Names, evidence: EvidenceIndex) -> Row:
    graphs = _same(value.graphs for value in values)
    shared = _same(value.evidence for value in values)
    if graphs is not None:
        values = [replace(value, graphs=()) for value in values]
    if shared is not None:
        values = [replace(value, evidence=()) for value in values]
    of_property = evidence.by_property.get(about, ())
    return Row(
        names.iri(about),
        sorted(values, key=lambda value: by_text(value.shown)),
        graphs or (),
        tuple(dict.fromkeys((*of_property, *(shared or ())))),
    )


def _value(
    term: Term,
    graphs: set[str],
    names: Names,
    evidence: EvidenceIndex,
    definitions: Mapping[str, str],
) -> Value:
    return Value(
        names.show(term),
        tuple(map(names.graph, sorted(graphs))),
        tuple(evidence.by_value.get(term, ())),
        definitions.get(iri_of(term), ""),
    )


def _evidence(row: QuerySolution, names: Names) -> Evidence:
    return Evidence(
        text_of(row["words"]),
        text_of(row["locator"]),
        names.show(row["evidence"]),
        names.show(row["source"]),
    )


def _same(items: Iterable[T]) -> T | None:
    distinct = set(items)
    return distinct.pop() if len(distinct) == 1 else None
