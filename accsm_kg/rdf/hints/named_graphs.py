"""Hints about terms that are not in the named graphs in which a query looks for them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from accsm_kg.rdf import patterns
from accsm_kg.rdf.hints import advice
from accsm_kg.rdf.hints.absent import meant
from accsm_kg.rdf.hints.aggregates import OTHER_GRAPHS
from accsm_kg.rdf.hints.facts import Asking, Facts, load_kinds, load_uses
from accsm_kg.rdf.patterns import UPWARD, Group
from accsm_kg.rdf.prologue import SuppliedQuery
from accsm_kg.rdf.query_scanner import IRI, LOCAL, masked
from accsm_kg.rdf.terms import TYPE, expand

_MAX_HINTS = 3
_MAX_ASKED = 20  # terms about which more is asked
_MAX_SHOWN = 3  # graphs
_FROM = re.compile(rf"\bFROM\s*+(?:NAMED\b\s*+)?+({IRI}++|[\w.-]*+{LOCAL})", re.IGNORECASE)


def find(facts: Facts, query: SuppliedQuery, graphs: Sequence[str]) -> Asking[list[str]]:
    """Return the hints about terms of ``query`` over the ``graphs`` of the request, or of FROM."""
    text, scanned = query.scanned.text, query.scanned
    hidden = masked(text)
    if scanned.service or not (graphs or scanned.dataset_clause or OTHER_GRAPHS.search(hidden)):
        return []
    known = {**query.prefixes, **scanned.prefixes}
    written = [text[slice(*match.span(1))].strip("<>") for match in _FROM.finditer(hidden)]
    chosen = graphs or [query.resolved(expand(name, known)) for name in written]
    groups = patterns.read(text, known, query.base)
    named = {group.graph.text for group in groups if group.graph and group.graph.kind == "iri"}
    hints = [*_unknown(facts, sorted(named.union(chosen).difference(graphs)))]
    terms = dict.fromkeys(_terms(groups, tuple(chosen)))
    for what, iri, within in islice(terms, _MAX_ASKED):
        found = yield from advice.graphs(facts, what, iri)
        if found and facts.names.issuperset(within) and not {*within} & {*found}:
            places = (yield from _default(facts, what, iri)) + [facts.clauses(found)]
            missing = f"{facts.name(iri)} has no {advice.USES[what]} in"
            hints.append(f"{missing} {facts.either(within[:_MAX_SHOWN])}; they are in "
                         f"{' or '.join(places)}.")  # fmt: skip
    return hints[:_MAX_HINTS]


def _unknown(facts: Facts, named: Iterable[str]) -> Iterator[str]:
    """Yield the hints about absolute names of graphs that are none and have no other hint."""
    for iri in [iri for iri in named if facts.names and ":" in iri]:
        if iri not in facts.names and not iri.startswith(facts.spaces):
            right = next((near for near in meant(facts, iri) if near in facts.names), None)
            way = f"; write {facts.name(right)}." if right else "."
            yield f"{facts.name(iri)} is not a graph of this dataset{way}"


def _terms(
    groups: Sequence[Group], default: tuple[str, ...]
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield the properties and classes in ``groups``, each with the graphs that may have it."""
    for group in groups:
        named = group.graph
        within = default if named is None else (named.text,) if named.kind == "iri" else ()
        for _, iri, value in group.patterns if group.needed and within else ():
            if iri == TYPE and value.kind == "iri":
                yield "class", value.text, within
            elif iri not in (TYPE, UPWARD):
                yield "property", iri, within


def _default(facts: Facts, what: str, iri: str) -> Asking[list[str]]:
    """Return the default graph, as a part of a sentence, if it has such a term."""
    yield from load_kinds(facts)
    yield from load_uses(facts, [iri] if what == "property" else [])
    has = facts.used(iri).pairs or any(iri in kind for kind in facts.kinds)
    return ["the default graph"] if has else []
