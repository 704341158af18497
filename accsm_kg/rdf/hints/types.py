"""Hints about paths up to a class where the dataset has all types of a thing."""

import re
from collections.abc import Sequence

from accsm_kg.rdf.hints.facts import Asking, Facts, answer, load_kinds
from accsm_kg.rdf.patterns import UPWARD, Group, Node
from accsm_kg.rdf.query_scanner import ScannedQuery
from accsm_kg.rdf.terms import TYPE

_DISTINCT = re.compile(r"\bDISTINCT\b", re.IGNORECASE)
_HINT = (
    "Types are inferred in this dataset: write `a` alone, as `a/rdfs:subClassOf*` "
    "repeats a thing for each type."
)


def find(facts: Facts, query: ScannedQuery, groups: Sequence[Group]) -> Asking[list[str]]:
    """Read paths up to a class as types in ``groups``, and return the hint about them."""
    going_up = [group for group in groups if any(iri == UPWARD for _, iri, _ in group.patterns)]
    if not going_up:
        return []
    above = yield from _above(facts)
    shown = [group for group in going_up if not group.hidden]
    values = [value for group in shown for _, iri, value in group.patterns if iri == UPWARD]
    for group in going_up:
        _read(group, inferred=bool(above))
    repeated = above and any(_repeats(facts, above, value) for value in values)
    distinct = query.form != "SELECT" or _DISTINCT.search(query.text)
    return [_HINT] if repeated and not distinct else []


def _above(facts: Facts) -> Asking[dict[str, set[str]]]:
    """Return the super-classes of each class; none if a thing lacks one of its types."""
    yield from load_kinds(facts)
    above: dict[str, set[str]] = {}
    for name, super_ in (yield from answer(facts, "above")):
        above.setdefault(name, set()).add(super_)
    inferred = all(above.get(name, set()) <= kind for kind in facts.kinds for name in kind)
    return above if facts.kinds and inferred else {}


def _read(group: Group, *, inferred: bool) -> None:
    """Replace the paths by types if these are ``inferred``, and leave them out otherwise."""
    group.unread = group.unread or not inferred
    group.patterns = [
        (subject, TYPE if iri == UPWARD else iri, value)
        for subject, iri, value in group.patterns
        if inferred or iri != UPWARD
    ]


def _repeats(facts: Facts, above: dict[str, set[str]], value: Node) -> bool:
    """Return whether a thing may have several types that lead to ``value``."""
    if value.kind != "iri":
        return True
    below = {value.text, *(name for name, supers in above.items() if value.text in supers)}
    return any(len(kind & below) > 1 for kind in facts.kinds)
