"""Hints about valid queries that are probably wrong, and about what was supplied to them.

`find` asks for what it needs to know of the dataset, and keeps the answers in `Facts`: see
`accsm_kg.rdf.hints.facts`.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from accsm_kg.rdf import patterns
from accsm_kg.rdf.hints import (
    absent,
    aggregates,
    constants,
    counts,
    matches,
    named_graphs,
    names,
    order,
    paths,
    syntax,
    together,
    types,
    unbound,
    without,
)
from accsm_kg.rdf.hints.facts import Asking, Facts, Request, Rows, load
from accsm_kg.rdf.patterns import Group, Node
from accsm_kg.rdf.prologue import SuppliedQuery
from accsm_kg.rdf.query_scanner import masked
from accsm_kg.rdf.terms import TYPE

__all__ = ["FOLDER", "Facts", "Lookup", "Request", "Rows", "find", "supplied", "unknown"]

Lookup = Asking[list[str]]

#: The folder with the queries about a dataset.
FOLDER = Path(__file__).parent / "queries"

_MAX_HINTS = 3  # of one kind, for one query
_MAX_TEXT = 4 << 10  # characters of a query whose patterns and aggregates are read
_MAX_PARTS = 100  # patterns, paths and groups of it, as each is compared with the others
_MAX_CLASSES = 10  # in VALUES, for each of which all parts are read again
#: Words of queries whose patterns may match nothing although there are rows, or that count.
_WORDS = ("OPTIONAL", "EXISTS", "MINUS", "UNION", "COUNT", "SUM", "AVG")
_PARTIAL = re.compile(rf"\b(?:{'|'.join(_WORDS)})\b")
_UPWARD = re.compile(r"subClassOf>?\s*+\*")


def find(
    facts: Facts, query: SuppliedQuery, graphs: Sequence[str] = (), *, thorough: bool = True
) -> Lookup:
    """Return the hints about ``query`` over ``graphs``, or over the whole dataset.

    Unless ``thorough``, as for an empty answer, its patterns are only read if some of them may
    match nothing nevertheless, or if it counts, sorts or goes up by rdfs:subClassOf, and its
    variables are not.
    """
    text = query.scanned.text
    hints = syntax.find(text)
    hints += unbound.find(text) if thorough and len(text) <= _MAX_TEXT else []
    if query.iris or graphs:
        yield from load(facts)
        hints += yield from names.find(facts, query, graphs)
        if thorough and len(text) <= _MAX_TEXT:
            hints += yield from named_graphs.find(facts, query, graphs)
    if not graphs and len(text) <= _MAX_TEXT:
        hints += yield from aggregates.find(facts, query)
        if query.iris:
            hints += yield from _patterns(facts, query, empty=thorough)
    return [names.one_line(hint) for hint in dict.fromkeys((*hints, *supplied(query)))]


def unknown(facts: Facts, query: SuppliedQuery, nearest: int) -> Lookup:
    """Return sentences on names in ``query`` that do not exist, each with the ``nearest`` ones."""
    yield from load(facts)
    return (yield from names.unknown(facts, query, nearest=nearest))


def _is_partial(text: str) -> bool:
    capitals = text.upper()  # in which a word is found faster than by a pattern
    partial = any([word in capitals for word in _WORDS]) and _PARTIAL.search(capitals)
    return bool(partial or _UPWARD.search(text))


def supplied(query: SuppliedQuery) -> list[str]:
    """Return the hint about what was supplied to ``query``, if anything was."""
    lines = query.declarations
    more = f" and {len(lines) - _MAX_HINTS} more" if len(lines) > _MAX_HINTS else ""
    written = ", ".join(f"`{line}`" for line in lines[:_MAX_HINTS])
    return [f"Supplied to the query: {written}{more}."] if lines else []


def _patterns(facts: Facts, query: SuppliedQuery, *, empty: bool) -> Lookup:
    """Return the hints about the patterns of ``query``; ``empty`` if nothing matches them."""
    text, scanned = query.scanned.text, query.scanned
    partial, is_sorted = empty or _is_partial(text), order.is_sorted(text)
    has_path = partial or paths.has_alternatives(text)
    if (
        not (has_path or is_sorted)
        or scanned.dataset_clause
        or aggregates.OTHER_GRAPHS.search(masked(text))
    ):
        return []
    groups = patterns.read(text, {**query.prefixes, **scanned.prefixes}, query.base)
    parts = sum(1 + len(group.patterns) + len(group.paths) for group in groups)
    if parts > _MAX_PARTS:
        return []
    _renew(facts, groups)
    hints = (yield from paths.find(facts, query, groups)) if has_path else []
    hints += yield from types.find(facts, scanned, groups)
    hints += (yield from _matches(facts, query, groups, parts, empty=empty)) if partial else []
    return hints + ((yield from order.find(facts, text, groups)) if is_sorted else [])


def _matches(
    facts: Facts, query: SuppliedQuery, groups: Sequence[Group], parts: int, *, empty: bool
) -> Lookup:
    """Return the hints about what ``groups`` of ``query``, of so many ``parts``, match."""
    classes = min(_MAX_CLASSES, _MAX_PARTS // (parts or 1))
    text = query.scanned.text
    found = [pattern for group in groups for pattern in group.patterns]
    hints = (yield from absent.find(facts, query, found)) if empty else []
    hints += (yield from constants.find(facts, text, found)) if empty else []
    for needed in (True, False):
        for _ in patterns.alternatives(groups, classes):
            hints += yield from matches.find(facts, groups, empty=empty, needed=needed)
        if empty and needed and not hints:
            hints += yield from together.find(facts, text, groups)
        if empty and needed and not hints:
            hints += yield from without.find(facts, text, groups)
    return hints[: 2 * _MAX_HINTS] or (yield from counts.find(facts, text, groups))


def _renew(facts: Facts, groups: Iterable[Group]) -> None:
    """Replace the deprecated terms in ``groups``, so that other hints are about the new ones."""
    new = {term: by[0] for term, by in facts.replaced.items() if len(by) == 1}
    for group in groups:
        group.patterns = [
            (
                subject,
                new.get(iri, iri),
                Node("iri", new[value.text]) if iri == TYPE and value.text in new else value,
            )
            for subject, iri, value in group.patterns
        ]
