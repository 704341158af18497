"""Hints about numbers in texts, which ORDER BY sorts as texts."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from accsm_kg.rdf.hints.facts import Asking, Facts, answer
from accsm_kg.rdf.patterns import Group, Pattern
from accsm_kg.rdf.query_scanner import masked
from accsm_kg.rdf.terms import TYPE

_ORDER_BY = re.compile(r"\bORDER\s++BY\b", re.IGNORECASE)
_END = re.compile(r"\b(?:LIMIT|OFFSET|VALUES)\b|[{}]", re.IGNORECASE)
_KEY = re.compile(r"(?:\b(?:ASC|DESC)\s*+\(|(?<![\s(]))\s*+[?$](\w++)", re.IGNORECASE)
_VARIABLE = re.compile(r"[?$](\w++)")
_MAX_KEYS = 3  # of a query, about which more is asked


def is_sorted(text: str) -> bool:
    """Return whether a query may have ORDER BY."""
    return _ORDER_BY.search(text) is not None


def find(facts: Facts, text: str, groups: Sequence[Group]) -> Asking[list[str]]:
    """Return the hint about the first variable that is sorted as text but has numbers."""
    found = [pattern for group in groups for pattern in group.patterns]
    used = {iri for _, iri, _ in found}
    for name in islice(_keys(masked(text)), _MAX_KEYS):
        for pattern in [pattern for pattern in found if pattern[2].text == name]:
            iris = _known(pattern, found) | {"property": [pattern[1]]}
            rows = [] if pattern[1] == TYPE else (yield from answer(facts, "digits", **iris))
            if rows and rows[0][1] not in used:
                return [_hint(facts, name, *rows[0])]
    return []


def _known(pattern: Pattern, found: Sequence[Pattern]) -> dict[str, list[str]]:
    """Return the first thing that the subject of ``pattern`` leads to, and that leads to it.

    A class only counts if there is no other thing.
    """
    name = pattern[0].text
    to = [(iri, value.text) for subject, iri, value in found
          if subject.text == name and value.kind == "iri"]  # fmt: skip
    by = [(subject.text, iri) for subject, iri, value in found
          if value.text == name and subject.kind == "iri"]  # fmt: skip
    to.sort(key=lambda pair: pair[0] == TYPE)
    return {
        "link": [iri for iri, _ in to[:1]],
        "to": [end for _, end in to[:1]],
        "from": [start for start, _ in by[:1]],
        "by": [iri for _, iri in by[:1]],
    }


def _keys(text: str) -> Iterator[str]:
    """Yield the variables by which a query is sorted, and by nothing else of them."""
    for part in _ORDER_BY.split(text)[1:]:
        clause = _END.split(part, maxsplit=1)[0]
        named = Counter(_VARIABLE.findall(clause))
        yield from (name for name in _KEY.findall(clause) if named[name] == 1)


def _hint(facts: Facts, name: str, property: str, integer: str) -> str:
    """Return the hint about a variable with the values of ``property``."""
    instead = facts.name(integer) if integer else f"`xsd:integer(?{name})`"
    return f"{facts.name(property)} is sorted as text (1, 10, 2); sort by {instead}."
