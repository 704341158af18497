"""Hints about property paths that this engine reads in another way than SPARQL.

A path that may have no step, such as `p*`, leads from each term to itself; here only from the
subjects and values of the graph. And `p|q` gives a pair that both relate twice; here it does once.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain, combinations, islice

from accsm_kg.rdf import selects
from accsm_kg.rdf.hints.facts import Asking, Facts, tried
from accsm_kg.rdf.hints.names import printable
from accsm_kg.rdf.paths import alternatives, may_be_empty
from accsm_kg.rdf.patterns import NEW, Group, Node, written
from accsm_kg.rdf.prologue import SuppliedQuery
from accsm_kg.rdf.selects import Select

_MAX_ASKED = 3  # terms, and alternatives, of a query
_MAX_BRANCHES = 6  # of alternatives
_ALTERNATIVE = re.compile(r"(?<!\|)\|(?!\|)")
_REPEATING = frozenset({"COUNT", "SUM", "AVG", "GROUP_CONCAT"})


def find(facts: Facts, query: SuppliedQuery, groups: Sequence[Group]) -> Asking[list[str]]:
    """Return the hints about the paths in ``groups`` of ``query``."""
    hints = []
    for term, other in islice(dict.fromkeys(_ends(groups)), _MAX_ASKED):
        rows = yield from tried(_use(written(term)))
        hints += [_absent(facts, term, other)] if rows == [("false",)] else []
    for branches in counted(query.scanned.text, groups)[:_MAX_ASKED]:
        rows = yield from tried(query.beside(_both(branches)))
        hints += [_once(branches)] if rows else []
    return hints


def has_alternatives(text: str) -> bool:
    """Return whether a query may have a path such as `p|q`."""
    return _ALTERNATIVE.search(text) is not None


def _ends(groups: Sequence[Group]) -> Iterator[tuple[Node, Node]]:
    """Yield the known ends of paths that may have no step, each with the other end."""
    for path in chain.from_iterable(group.paths for group in groups):
        if may_be_empty(path.written):
            ends = (path.subject, path.value), (path.value, path.subject)
            yield from (pair for pair in ends if _is_term(pair[0]))


def _is_term(node: Node) -> bool:
    try:
        return node.kind in ("iri", "string", "literal") and bool(written(node))
    except ValueError:  # an IRI that is none
        return False


def counted(text: str, groups: Sequence[Group]) -> list[list[str]]:
    """Return the alternatives in ``groups`` of the query ``text`` whose rows an aggregate takes."""
    found = selects.read(text)
    return [
        branches
        for group in groups
        if not group.hidden
        for path in group.paths
        if _is_counted(found, path.start)
        for branches in alternatives(path.written)
    ]


def _is_counted(found: Sequence[Select], offset: int) -> bool:
    """Return whether equal rows of a pattern at ``offset`` change an aggregate around it."""
    for select in reversed(found):
        if 0 <= offset - select.pattern_start < len(select.pattern):
            if any(one.name in _REPEATING and not one.distinct for one in select.aggregates):
                return True
            if select.merges_rows:
                return False
    return False


def _use(term: str) -> str:
    """Return a query whether ``term`` is a subject or a value."""
    used = f"{{ ?__s ?__p {term} }}" + (f" UNION {{ {term} ?__p ?__o }}" if term[0] == "<" else "")
    return f"SELECT (EXISTS {{ {used} }} AS ?__used) {{}}"


def _both(branches: Sequence[str]) -> str:
    """Return a query with a row if two of ``branches`` relate the same pair."""
    pairs = combinations(branches[:_MAX_BRANCHES], 2)
    parts = [f"{{ ?__s {one} ?__o . ?__s {other} ?__o }}" for one, other in pairs]
    return f"SELECT (1 AS ?__n) {{ {' UNION '.join(parts)} }} LIMIT 1"


def _absent(facts: Facts, term: Node, other: Node) -> str:
    name = facts.name(term.text) if term.kind == "iri" else f"`{printable(term.text)}`"
    hint = f"{name} is not in the graph, so that no path of length zero (`*`, `?`) leads to it here"
    if other.kind != "variable" or other.text.startswith(NEW):
        return f"{hint}."
    return f"{hint}; add `UNION {{ BIND({name[1:-1]} AS ?{other.text}) }}`."


def _once(branches: Sequence[str]) -> str:
    return (
        f"An aggregate takes a pair once where two sides of `{printable('|'.join(branches))}` "
        "relate it; write a pattern for each side, joined by UNION, to take it twice."
    )
