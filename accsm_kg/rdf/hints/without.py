"""Hints about patterns that match nothing together, and conditions that leave none of the matches.

The patterns are tried without each of them, then one after the other.
"""

import re
from collections.abc import Iterator, Sequence

from pyoxigraph import NamedNode

from accsm_kg.rdf.hints.facts import Asking, Facts, Texts, tried
from accsm_kg.rdf.patterns import LANGUAGE_STRING, NEW, TYPE, UPWARD, Group, Node, Pattern
from accsm_kg.rdf.query_scanner import masked

_MAX_HINTS = 2
_MAX_PATTERNS = 10
_WHOLE, _WITHOUT, _FIRST = "whole", "without", "first"
_UPWARD = f"<{TYPE}>/<http://www.w3.org/2000/01/rdf-schema#subClassOf>*"
_CONDITION = re.compile(r"\b(?:FILTER|MINUS|HAVING)\b", re.IGNORECASE)
_EXACT = re.compile(
    r"""\bFILTER\s*+\(?+\s*+(CONTAINS|REGEX|STRSTARTS|STRENDS)\s*+\(\s*+(?:STR\s*+\(\s*+)?[?$]\w++\s*+\)?\s*+,\s*+["']""",
    re.IGNORECASE,
)
_FOLDED = re.compile(r"\b[LU]CASE\b|[\"']i[\"']\s*+\)", re.IGNORECASE)


def find(facts: Facts, text: str, groups: Sequence[Group]) -> Asking[list[str]]:
    """Return the hints about ``groups`` of the query ``text``, whose answer is empty."""
    for group in groups:
        patterns = _linked(_whole(facts, group))
        if 0 < len(patterns) <= _MAX_PATTERNS:
            rows = yield from _tried(patterns)
            if rows and (_WHOLE, "0") not in rows:
                return [_hint(facts, pattern) for pattern in _apart(patterns, rows)]
            if (
                rows
                and sum(one.needed for one in groups) == 1
                and not any(one.data for one in groups)
            ):
                return _conditions(text)
    return []


def _whole(facts: Facts, group: Group | None) -> list[Pattern]:
    """Return the patterns of ``group`` and around it; none if one is not known or not needed."""
    found: list[Pattern] = []
    while group is not None:
        if group.unread or not group.needed:
            return []
        found = [*group.patterns, *found]
        group = group.parent
    return found if all(iri == TYPE or facts.used(iri).pairs for _, iri, _ in found) else []


def _tried(patterns: Sequence[Pattern]) -> Asking[Texts]:
    """Return which of the patterns match: the whole, without number n, or the first n."""
    sets = [(_WHOLE, 0, [*patterns])]
    sets += [(_WITHOUT, n, [*patterns[:n], *patterns[n + 1 :]]) for n in range(len(patterns))]
    sets += [(_FIRST, n, [*patterns[:n]]) for n in range(1, len(patterns))]
    try:
        parts = [_part(*one) for one in sets if _is_joined(one[2])]
    except ValueError:  # an IRI that is none
        return []
    return (yield from tried(f"SELECT ?set ?n {{ {' UNION '.join(parts)} }}")) if parts else []


def _part(name: str, number: int, patterns: Sequence[Pattern]) -> str:
    """Return a query with one row if ``patterns`` match."""
    written = " . ".join(map(" ".join, map(_written, patterns)))
    return f'{{ SELECT ("{name}" AS ?set) ({number} AS ?n) {{ {written} }} LIMIT 1 }}'


def _is_joined(patterns: Sequence[Pattern]) -> bool:
    """Return whether variables link the patterns, which might match too often without."""
    return len(_linked(patterns)) == len(patterns) > 0


def _linked(patterns: Sequence[Pattern]) -> list[Pattern]:
    """Return the patterns that variables link to the first, those of known values before others."""
    rest = sorted(patterns, key=lambda pattern: pattern[2].kind == "variable")
    found: list[Pattern] = []
    reached = _variables(rest[0]) if rest else set()
    while pattern := next((one for one in rest if _variables(one) & reached), None):
        found.append(pattern)
        rest.remove(pattern)
        reached |= _variables(pattern)
    return found


def _variables(pattern: Pattern) -> set[str]:
    return {node.text for node in (pattern[0], pattern[2]) if node.kind == "variable"}


def _written(pattern: Pattern) -> Iterator[str]:
    subject, iri, value = pattern
    yield _node(subject)
    yield _UPWARD if iri == UPWARD else str(NamedNode(iri))
    yield _node(value)


def _node(node: Node) -> str:
    if node.kind == "variable":
        return f"?{node.text.replace(NEW, '_')}"
    if node.kind == "iri":
        return str(NamedNode(node.text))
    typed = node.kind == "literal" and node.text[0] in "\"'" and node.datatype != LANGUAGE_STRING
    return f"{node.text}^^{NamedNode(node.datatype)}" if typed else node.text or "[]"


def _apart(patterns: Sequence[Pattern], rows: Texts) -> list[Pattern]:
    """Return the patterns with a free value that do not match together with others."""
    found = [patterns[int(n)] for name, n in rows if name == _WITHOUT]
    found = [pattern for pattern in found if _is_free(pattern)]
    first = max((int(n) for name, n in rows if name == _FIRST), default=0)
    return found[:_MAX_HINTS] or [
        pattern for pattern in patterns[first : first + 1] if _is_free(pattern)
    ]


def _is_free(pattern: Pattern) -> bool:
    return pattern[1] != TYPE and pattern[2].kind == "variable"


def _hint(facts: Facts, pattern: Pattern) -> str:
    subject, iri, value = pattern
    shown = f"`{_shown(facts, subject)} {facts.name(iri)[1:-1]} {_shown(facts, value)}`"
    return (
        f"Other patterns match, but not together with {shown}; "
        "put it into OPTIONAL to keep what lacks it."
    )


def _shown(facts: Facts, node: Node) -> str:
    if node.kind == "iri":
        return facts.name(node.text)[1:-1]
    return "[]" if node.text.startswith(NEW) else _node(node)


def _conditions(text: str) -> list[str]:
    """Return the hint that names the one condition of a query whose patterns match."""
    words = {word.upper() for word in _CONDITION.findall(masked(text))}
    exact = " and ".join(sorted({word.upper() for word in _EXACT.findall(text)}))
    if words == {"FILTER"} and exact and not _FOLDED.search(text):
        folding = f"with {exact}, capitals and small letters differ"
        return [
            f"The patterns match, but no match passes FILTER; {folding}: compare LCASE of both."
        ]
    return ["The patterns match, but MINUS takes all matches away."] if words == {"MINUS"} else []
