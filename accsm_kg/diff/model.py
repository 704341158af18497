"""Turn two built datasets into the statements that each resource gained, lost or changed.

What counts is a triple with the named graph that says it. Inferred triples and the description of
the dataset are only counted; of stored questions and shapes the names are told. A blank node
stands for what it says, so that a list is the same list under another label.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, parse

from accsm_kg.namespaces import BASE, INFERRED, META, QUERIES, SHAPES, prefixes
from accsm_kg.rdf.dataset import read
from accsm_kg.rdf.terms import Term, natural, shorten

#: Graphs computed from the others, and graphs whose resources are files of their own.
_COUNTED: Final = {INFERRED: "Inferred statements", META: "Description of the dataset"}
_NAMED: Final = {QUERIES: "Stored questions", SHAPES: "Shapes"}

_P = prefixes()
_TYPE, _FIRST, _REST = (NamedNode(_P["rdf"] + name) for name in ("type", "first", "rest"))
_LABELS = (f"{_P['skos']}prefLabel", f"{_P['rdfs']}label")
_SPACE = NamedNode(_P["void"] + "uriSpace")


class Statement(NamedTuple):
    """A triple and the graph that says it; the graph is named without the base."""

    subject: str
    property: str
    value: Term
    graph: str


_Pair = tuple[list[Statement], list[Statement]]


@dataclass(frozen=True)
class Row:
    """A statement that a resource gained, lost or changed; its values are as in N-Triples.

    ``change`` is that of the resource: new, gone or changed; ``evidence_of`` is what it backs.
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
    """What changed and the words for it; every IRI is under the base of the old dataset."""

    base: str
    new_base: str
    rows: list[Row] = field(default_factory=list)
    summaries: list[Row] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    classes: dict[str, str] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)

    def name(self, iri: str) -> str:
        """Return the label of a resource or a term, else its IRI with a prefix."""
        return self.labels.get(iri) or shorten(iri, prefixes(self.base))

    def kind(self, iri: str) -> str:
        """Return the label of the class of a resource."""
        return self.name(self.classes.get(iri, "")) or "other"


def compare(old: Path, new: Path) -> Comparison:
    """Return what changed; a dataset with another base is compared as if it had that of ``old``."""
    before, after = _read(old), _read(new)
    found = Comparison(_base(before), _base(after))
    if found.base != found.new_base:
        after = _reminted(new, found.new_base, found.base)
    sides = [set(_statements(quads, found.base)) for quads in (before, after)]
    groups = [_by_graph(side) for side in sides]
    lost, gained = (_by_graph(a - b) for a, b in (sides, sides[::-1]))
    for group in groups:
        _learn(group[""], found)
    for graph in ("", *_NAMED):
        described = [{said.subject for said in group[graph]} for group in groups]
        rows = _compared(found, graph, _grouped(lost[graph], gained[graph]), *described)
        (found.summaries if graph else found.rows).extend(rows)
    for graph, kind in _COUNTED.items():
        for change, quads in (("gained", gained[graph]), ("lost", lost[graph])):
            row = Row(kind, graph, "", "", "changed", change, new=str(len(quads)))
            found.summaries += [row] if quads else []
    return found


def _compared(
    found: Comparison, graph: str, touched: dict[str, _Pair], old: set[str], new: set[str]
) -> Iterator[Row]:
    """Yield the rows of the resources that are touched; one row of a question or a shape."""
    for iri in sorted(touched, key=order):
        change = "new" if iri not in old else "gone" if iri not in new else "changed"
        if graph:
            yield Row(_NAMED[graph], iri, "", "", change)
        else:
            yield from _rows(found, iri, change, _paired(*touched[iri]))


def _read(path: Path) -> list[Quad]:
    if not path.is_file():
        raise FileNotFoundError(f"{path} is no file; name a built dataset such as build/accsm.nq")
    return list(read(path))


def _base(quads: Iterable[Quad]) -> str:
    """Return the base that a dataset says its IRIs are minted with, else the canonical one."""
    said = _value(quads, _SPACE)
    return said.value.removesuffix("id/") if isinstance(said, Literal) else BASE


def _reminted(path: Path, base: str, wanted: str) -> list[Quad]:
    """Return the quads of a file with ``base`` replaced in its text, as the build replaces it."""
    text = path.read_text(encoding="utf-8").replace(base, wanted)
    text = text.replace(quote(base, safe=""), quote(wanted, safe=""))
    return list(parse(text, format=RdfFormat.from_extension(path.suffix[1:])))


_Facts = dict[object, list[Quad]]


def _statements(quads: Sequence[Quad], base: str) -> Iterator[Statement]:
    """Yield the quads with what a blank node says, as a literal, in its place.

    What no other node refers to, such as an owl:AllDisjointClasses, is said of its class; all
    that makes up a stored question or a shape is said of the name of that.
    """
    facts: _Facts = defaultdict(list)
    for quad in quads:
        if isinstance(quad.subject, BlankNode):
            facts[quad.subject].append(quad)
    inner = {quad.object for quad in quads if isinstance(quad.object, BlankNode)}
    outer = {node: _value(facts[node], _TYPE) for node in facts.keys() - inner}
    for subject, predicate, value, graph in quads:
        if subject in facts and (subject not in outer or predicate == _TYPE):
            continue
        about = _iri(outer.get(subject, subject))
        said_in = graph.value.removeprefix(base) if isinstance(graph, NamedNode) else ""
        if said_in in _NAMED:
            about = re.sub(r".*(/sparql-examples/|#)", "", about).partition("/")[0]
        if isinstance(value, BlankNode):
            value = Literal(_words(value, facts, base))
        yield Statement(about, predicate.value, value, said_in)


def _iri(term: object) -> str:
    return term.value if isinstance(term, NamedNode) else str(term)


def _value(quads: Iterable[Quad], predicate: NamedNode) -> Any:
    return next((quad.object for quad in quads if quad.predicate == predicate), None)


def _words(term: Term, facts: _Facts, base: str, above: frozenset[Term] = frozenset()) -> str:
    """Return what a term says: a list in round brackets, another blank node in square ones."""
    if not isinstance(term, BlankNode):
        return shorten(term.value, prefixes(base)) if isinstance(term, NamedNode) else str(term)
    items: list[Term] = []
    while term not in above and (item := _value(facts.get(term, ()), _FIRST)) is not None:
        above |= {term}
        items.append(item)
        term = _value(facts[term], _REST)
    if items or term in above:
        return f"({' '.join(_words(item, facts, base, above) for item in items)})"
    above |= {term}
    said = sorted(
        f"{_words(quad.predicate, facts, base)} {_words(quad.object, facts, base, above)}"
        for quad in facts.get(term, ())
    )
    return f"[{' ; '.join(said)}]"


def _by_graph(statements: Iterable[Statement]) -> dict[str, list[Statement]]:
    """Return statements by the graph that is summarised, all those of the data under nothing."""
    groups: dict[str, list[Statement]] = defaultdict(list)
    for said in statements:
        groups[said.graph if said.graph in _COUNTED or said.graph in _NAMED else ""].append(said)
    return groups


def _learn(statements: Iterable[Statement], found: Comparison) -> None:
    """Keep the label and the class of each resource, and what each piece of evidence backs."""
    ranked = (rank for said in statements for rank in _ranked(said, found.base))
    for words, iri, _, word in sorted(ranked, reverse=True):
        getattr(found, words)[iri] = word


def _ranked(said: Statement, base: str) -> Iterator[tuple[str, str, int, str]]:
    """Yield the label, the class or the owner that is stated, after its rank; the least is best."""
    value = _iri(said.value)
    if said.property in _LABELS and isinstance(said.value, Literal):
        yield "labels", said.subject, _LABELS.index(said.property), said.value.value
    elif said.property == _TYPE.value:
        yield "classes", said.subject, not value.startswith(base), value
    elif said.property == f"{base}ontology#hasEvidence":
        far = 1000 if said.subject.startswith(f"{base}id/issue/") else 0
        yield "owners", value, far + len(said.subject), said.subject


def _grouped(
    lost: list[Statement], gained: list[Statement], key: Any = itemgetter(0)
) -> dict[Any, _Pair]:
    """Return what was lost and what was gained by the subject or another key."""
    groups: dict[Any, _Pair] = defaultdict(lambda: ([], []))
    for side, statements in enumerate((lost, gained)):
        for said in statements:
            groups[key(said)][side].append(said)
    return groups


def _paired(
    lost: list[Statement], gained: list[Statement]
) -> Iterator[tuple[Statement | None, Statement | None]]:
    """Pair a value with itself in another graph, then what a graph says with what it said."""
    for key in (itemgetter(1, 2), itemgetter(1, 3)):
        pairs = _grouped(lost, gained, key).values()
        yield from ((old[0], new[0]) for old, new in pairs if len(old) == len(new) == 1)
        rest = [pair for pair in pairs if not len(pair[0]) == len(pair[1]) == 1]
        lost, gained = ([said for pair in rest for said in pair[side]] for side in (0, 1))
    yield from ((said, None) for said in lost)
    yield from ((None, said) for said in gained)


def _rows(
    found: Comparison, iri: str, change: str, pairs: Iterable[Sequence[Statement | None]]
) -> list[Row]:
    words = found.kind(iri), iri, found.labels.get(iri, ""), found.owners.get(iri, ""), change
    rows = []
    for old, new in pairs:
        kind = "lost" if new is None else "gained" if old is None else "changed"
        said = next(said.property for said in (old, new) if said)
        values = (str(side.value) if side else "" for side in (old, new))
        graphs = (side.graph.removeprefix("graph/") if side else "" for side in (old, new))
        rows.append(Row(*words, kind, said, *values, *graphs))
    return sorted(rows, key=lambda row: (row.property, row.statement, row.old, row.new))


def order(iri: str) -> list[tuple[int, str]]:
    """Return a sort key for IRIs: 2 before 10, capitals before small letters."""
    return natural(iri, ignore_case=False)
