"""Compare two datasets: the statements that each resource gained, lost or changed.

A statement is a triple with its named graph. For inferred triples and the dataset description only
counts are given, for stored questions and shapes only names.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Any, Final

from pyoxigraph import Literal, Quad, Store

from accsm_kg.diff.statements import (
    Statement,
    base_of,
    iri_or_text,
    load,
    reminted,
    statements,
)
from accsm_kg.namespaces import INFERRED, META, QUERIES, SHAPES, VERSIONS, prefixes, shown
from accsm_kg.rdf import dataset
from accsm_kg.rdf.terms import natural, short

#: Graphs for which only counts are given, and graphs for which only names are given.
_COUNTED: Final = {
    INFERRED: "Inferred statements",
    META: "Description of the dataset",
    **{version: f"Earlier version {version}" for version in VERSIONS},
}
_NAMED: Final = {QUERIES: "Stored questions", SHAPES: "Shapes"}

_P = prefixes()
_TYPE = f"{_P['rdf']}type"
_LABELS = (f"{_P['skos']}prefLabel", f"{_P['rdfs']}label")

#: The attributes by which the changes of a resource are sorted.
_SORTED_BY: Final = ("property", "statement", "old", "new", "old_graph", "new_graph")
#: The lost and the gained statements.
_Pair = tuple[list[Statement], list[Statement]]


@dataclass(frozen=True)
class Change:
    """A statement that a resource gained, lost or changed, with values in N-Triples syntax.

    ``kind`` is the label of the resource's class; ``evidence_of`` is the resource that an evidence
    belongs to. ``change`` is the change of the resource: new, gone or changed.
    """

    kind: str
    resource: str
    label: str
    evidence_of: str
    change: str
    statement: str = ""
    property: str = ""
    old: str = ""
    new: str = ""
    old_graph: str = ""
    new_graph: str = ""


@dataclass
class Comparison:
    """The changes with labels for them; all IRIs are under the base of the old dataset.

    ``summaries`` holds the counts of graphs and the names of questions and shapes. ``owners`` maps
    evidence to the resource it belongs to, ``classes`` maps a resource to its class.
    """

    base: str
    new_base: str
    prefixes: Mapping[str, str]
    changes: list[Change] = field(default_factory=list)
    summaries: list[Change] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    classes: dict[str, str] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)

    def name(self, iri: str) -> str:
        """Return the label of a resource or a term, else its short name."""
        return self.labels.get(iri) or self.short(iri)

    def short(self, iri: str) -> str:
        """Return an IRI as it can be pasted into a query."""
        return short(iri, self.prefixes, self.base)

    def kind(self, iri: str) -> str:
        """Return the label of the class of a resource."""
        return self.name(self.classes[iri]) if iri in self.classes else "other"


def compare(old: Path, new: Path, relative: str = "") -> Comparison:
    """Compare two dataset files; the base of ``new`` is replaced by that of ``old``.

    Relative IRIs in the files are resolved against ``relative``.
    """
    return between(load(old, relative), load(new, relative))


def between(before: Sequence[Quad], after: Sequence[Quad]) -> Comparison:
    """Compare the quads of two datasets, as `compare` does."""
    base, new_base = base_of(before), base_of(after)
    if base != new_base:
        after = reminted(after, new_base, base)
    known = {**prefixes(base), **dataset.prefixes(_declarations(*before, *after))}
    comparison = Comparison(base, new_base, shown(known))
    old_statements, new_statements = (set(statements(quads, base)) for quads in (before, after))
    old_graphs, new_graphs = _by_graph(old_statements), _by_graph(new_statements)
    lost = _by_graph(old_statements - new_statements)
    gained = _by_graph(new_statements - old_statements)
    for graphs in (old_graphs, new_graphs):
        _collect_labels(graphs[""], comparison)
    for graph in ("", *_NAMED):
        changed = _grouped(lost[graph], gained[graph], itemgetter(0))
        subjects = [{one.subject for one in graphs[graph]} for graphs in (old_graphs, new_graphs)]
        found = _changes(comparison, graph, changed, *subjects)
        (comparison.summaries if graph else comparison.changes).extend(found)
    for graph in _COUNTED:
        comparison.summaries += _counts(graph, lost[graph], gained[graph])
    return comparison


def _declarations(*quads: Quad) -> Store:
    """Return a store of the declarations of prefixes."""
    declared = Store()
    declared.extend(quad for quad in quads if quad.predicate in dataset.DECLARATION)
    return declared


def _by_graph(found: Iterable[Statement]) -> dict[str, list[Statement]]:
    """Group statements by graph; the graphs that are compared in full share the key ""."""
    groups: dict[str, list[Statement]] = defaultdict(list)
    for one in found:
        groups[one.graph if one.graph in _COUNTED or one.graph in _NAMED else ""].append(one)
    return groups


def _collect_labels(found: Iterable[Statement], comparison: Comparison) -> None:
    """Add the preferred label, class and owner of each resource to ``comparison``."""
    ranked = (candidate for one in found for candidate in _candidates(one, comparison))
    for _, iri, _, value, values in sorted(ranked, key=itemgetter(0, 1, 2, 3), reverse=True):
        values[iri] = value  # the lowest rank comes last and remains


def _candidates(
    one: Statement, comparison: Comparison
) -> Iterator[tuple[str, str, int, str, dict[str, str]]]:
    """Yield the labels, classes and owners in a statement: kind, IRI, rank, value and target."""
    base, value = comparison.base, iri_or_text(one.value)
    if one.property in _LABELS and isinstance(one.value, Literal):
        foreign = not (one.value.language or "").startswith("en")
        rank = _LABELS.index(one.property) + foreign * len(_LABELS)
        yield "label", one.subject, rank, one.value.value, comparison.labels
    elif one.property == _TYPE:
        yield "class", one.subject, not value.startswith(base), value, comparison.classes
    elif one.property == f"{base}ontology#hasEvidence":
        rank = 1000 if one.subject.startswith(f"{base}id/issue/") else 0
        yield "owner", value, rank + len(one.subject), one.subject, comparison.owners


def _changes(
    comparison: Comparison, graph: str, changed: dict[str, _Pair], old: set[str], new: set[str]
) -> Iterator[Change]:
    """Yield the changes of each resource in ``changed``, or its name alone for `_NAMED` graphs."""
    for iri in sorted(changed, key=order):
        change = "new" if iri not in old else "gone" if iri not in new else "changed"
        if graph:
            yield Change(_NAMED[graph], iri, "", "", change)
        else:
            yield from _statement_changes(comparison, iri, change, _paired(*changed[iri]))


def _counts(graph: str, lost: Sequence[Statement], gained: Sequence[Statement]) -> list[Change]:
    return [
        Change(_COUNTED[graph], graph, "", "", "changed", statement, new=str(len(found)))
        for statement, found in (("gained", gained), ("lost", lost))
        if found
    ]


def _grouped(
    lost: Iterable[Statement], gained: Iterable[Statement], key: Callable[[Statement], Any]
) -> dict[Any, _Pair]:
    groups: dict[Any, _Pair] = defaultdict(lambda: ([], []))
    for side, found in enumerate((lost, gained)):
        for one in found:
            groups[key(one)][side].append(one)
    return groups


def _paired(
    lost: list[Statement], gained: list[Statement]
) -> Iterator[tuple[Statement | None, Statement | None]]:
    """Pair equal values in different graphs, then different values of one property and graph.

    A pair needs exactly one candidate on each side; the other statements are paired with None.
    """
    for key in (itemgetter(1, 2), itemgetter(1, 3)):
        pairs = _grouped(lost, gained, key).values()
        yield from ((old[0], new[0]) for old, new in pairs if len(old) == len(new) == 1)
        rest = [pair for pair in pairs if not len(pair[0]) == len(pair[1]) == 1]
        lost, gained = ([one for pair in rest for one in pair[side]] for side in (0, 1))
    yield from ((one, None) for one in lost)
    yield from ((None, one) for one in gained)


def _statement_changes(
    comparison: Comparison, iri: str, change: str, pairs: Iterable[Sequence[Statement | None]]
) -> list[Change]:
    label, owner = comparison.labels.get(iri, ""), comparison.owners.get(iri, "")
    resource = comparison.kind(iri), iri, label, owner, change
    changes = []
    for old, new in pairs:
        statement = "lost" if new is None else "gained" if old is None else "changed"
        changed_property = next(side.property for side in (old, new) if side)
        values = (str(side.value) if side else "" for side in (old, new))
        graphs = (side.graph.removeprefix("graph/") if side else "" for side in (old, new))
        changes.append(Change(*resource, statement, changed_property, *values, *graphs))
    return sorted(changes, key=attrgetter(*_SORTED_BY))


def order(iri: str) -> list[tuple[int, str]]:
    """Return a sort key for IRIs: 2 before 10, upper case before lower case."""
    return natural(iri, ignore_case=False)
