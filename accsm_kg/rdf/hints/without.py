"""Hints about patterns that match nothing together, and conditions that leave none of the matches.

The patterns are tried without each of them, then one after the other.
"""

import re
from collections.abc import Sequence

from pyoxigraph import NamedNode

from accsm_kg.rdf.hints import advice
from accsm_kg.rdf.hints.facts import NO_THINGS, Asking, Facts, Texts, Things, tried
from accsm_kg.rdf.patterns import NEW, UPWARD, Group, Node, Pattern, written
from accsm_kg.rdf.query_scanner import STRING, masked
from accsm_kg.rdf.terms import LANGUAGE_STRING, RDFS, TYPE, XSD

_MAX_HINTS = 2
_MAX_PATTERNS = 10
_MAX_VALUES = 2
_VALUE = Node("variable", "__value")
_WHOLE, _WITHOUT, _FIRST = "whole", "without", "first"
_UPWARD = f"<{TYPE}>/<{RDFS}subClassOf>*"
_IRI = "an IRI"
_CONDITION = re.compile(r"\b(?:FILTER|MINUS|HAVING)\b", re.IGNORECASE)
_TEXT = re.compile(
    rf"""(?ix) \bFILTER \s*+ \(?+ \s*+ (?: CONTAINS | REGEX | STRSTARTS | STRENDS ) \s*+
    \( \s*+ (?: (?: STR | LCASE | UCASE ) \s*+ \( \s*+ )*+ [?$] (?P<name> \w++ ) [\s)]*+
    , \s*+ (?: [LU]CASE \s*+ \( \s*+ )?+ (?P<constant> {STRING}++ )"""
)

#: A variable in a function that takes texts alone.
_CALL = re.compile(
    r"\b(?:CONTAINS|REGEX|REPLACE|STRAFTER|STRBEFORE|STRENDS|STRLEN|STRSTARTS|SUBSTR|[LU]CASE)"
    r"\s*+\(\s*+[?$](\w++)",
    re.IGNORECASE,
)


def find(facts: Facts, text: str, groups: Sequence[Group]) -> Asking[list[str]]:
    """Return the hints about ``groups`` of the query ``text``, whose answer is empty."""
    for group in groups:
        whole = _whole(facts, group)
        patterns = _linked(whole)
        if not 0 < len(patterns) <= _MAX_PATTERNS:
            continue
        rows = yield from _tried(patterns)
        if rows and (_WHOLE, "0") not in rows:
            return (yield from _apart(facts, patterns, rows))
        alone = sum(one.needed for one in groups) == 1 and not any(one.data for one in groups)
        if rows and alone and len(patterns) == len(whole):
            return (yield from _conditions(facts, text, patterns))
    return []


def _whole(facts: Facts, group: Group | None) -> list[Pattern]:
    """Return the patterns of ``group`` and around it; none if one is not known or not needed."""
    found: list[Pattern] = []
    while group is not None:
        if group.unread or not group.needed:
            return []
        found = [*group.patterns, *found]
        group = group.parent
    known = all(iri == TYPE or facts.used(iri).pairs for _, iri, _ in found)
    own = any(name.startswith("__") for pattern in found for name in _variables(pattern))
    return found if known and not own else []


def _tried(patterns: Sequence[Pattern]) -> Asking[Texts]:
    """Return which of the patterns match: the whole, without number n, or the first n."""
    sets = [(_WHOLE, 0, [*patterns])]
    sets += [(_WITHOUT, n, [*patterns[:n], *patterns[n + 1 :]]) for n in range(len(patterns))]
    sets += [(_FIRST, n, [*patterns[:n]]) for n in range(1, len(patterns))]
    try:
        parts = [_part(*one) for one in sets if _is_joined(one[2])]
    except ValueError:  # an IRI that is none
        return []
    return (yield from tried(f"SELECT ?__set ?__n {{ {' UNION '.join(parts)} }}")) if parts else []


def _part(name: str, number: int, patterns: Sequence[Pattern]) -> str:
    """Return a query with one row if ``patterns`` match."""
    return (
        f'{{ SELECT ("{name}" AS ?__set) ({number} AS ?__n) {{ {_written(patterns)} }} LIMIT 1 }}'
    )


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


def _written(patterns: Sequence[Pattern]) -> str:
    """Return patterns as they stand in a query."""
    return " . ".join(
        f"{written(subject)} {_UPWARD if iri == UPWARD else NamedNode(iri)} {written(value)}"
        for subject, iri, value in patterns
    )


def _apart(facts: Facts, patterns: Sequence[Pattern], rows: Texts) -> Asking[list[str]]:
    """Return the hints about the patterns that do not match together with others."""
    found = [patterns[int(n)] for name, n in rows if name == _WITHOUT]
    first = max((int(n) for name, n in rows if name == _FIRST), default=0)
    hints = []
    for one in found:
        if one[2].kind == "string" or one[2].datatype == LANGUAGE_STRING:
            others = [pattern for pattern in patterns if pattern != one]
            values = yield from _values([*others, (one[0], one[1], _VALUE)], _VALUE.text)
            hints += [f"{_others(facts, one)}; the value there is {values}."] if values else []
    return hints[:_MAX_HINTS] or [
        f"{_others(facts, one)}; put it into OPTIONAL to keep what lacks it."
        for one in found[:_MAX_HINTS] or patterns[first : first + 1]
        if one[1] != TYPE and one[2].kind == "variable"
    ]


def _values(patterns: Sequence[Pattern], name: str) -> Asking[str]:
    """Return some values of a variable of ``patterns`` as alternatives in a sentence."""
    limit = f"ORDER BY ?{name} LIMIT {_MAX_VALUES + 1}"
    rows = yield from tried(f"SELECT DISTINCT ?{name} {{ {_written(patterns)} }} {limit}")
    shown = " or ".join(f'`"{" ".join(value.split())[:80]}"`' for (value,) in rows[:_MAX_VALUES])
    return f"for example {shown}" if len(rows) > _MAX_VALUES else shown


def _others(facts: Facts, pattern: Pattern) -> str:
    subject, iri, value = pattern
    shown = f"`{_shown(facts, subject)} {facts.name(iri)[1:-1]} {_shown(facts, value)}`"
    return f"Other patterns match, but not together with {shown}"


def _shown(facts: Facts, node: Node) -> str:
    if node.kind == "iri":
        return facts.name(node.text)[1:-1]
    return "[]" if node.text.startswith(NEW) else written(node)


def _conditions(facts: Facts, text: str, patterns: Sequence[Pattern]) -> Asking[list[str]]:
    """Return the hint about the one condition of a query whose patterns match."""
    call = _CALL.search(masked(text))
    if call and (hint := (yield from _argument(facts, call[1], patterns))):
        return [hint]
    words = {word.upper() for word in _CONDITION.findall(masked(text))}
    if words == {"MINUS"}:
        return ["The patterns match, but MINUS takes all matches away."]
    condition = _TEXT.search(masked(text))
    if words != {"FILTER"} or not condition:
        return []
    name, constant = condition["name"], text[slice(*condition.span("constant"))]
    if name not in set().union(*map(_variables, patterns)):
        return []
    folded = f"CONTAINS(LCASE(STR(?{name})), LCASE({constant}))"
    tests = f"{_written(patterns)} FILTER({folded})"
    if (yield from tried(f"SELECT (1 AS ?__n) {{ {tests} }} LIMIT 1")):
        return [f"Capitals and small letters differ: write `{folded}`."]
    values = yield from _values(patterns, name)
    return [f"No value of `?{name}` passes FILTER; it is {values}."] if values else []


def _argument(facts: Facts, name: str, patterns: Sequence[Pattern]) -> Asking[str]:
    """Return the hint about a variable in a function of texts if none of its values is a text."""
    if name not in set().union(*map(_variables, patterns)):
        return ""
    kind = f'IF(ISIRI(?{name}), "{_IRI}", IF(ISLITERAL(?{name}), STR(DATATYPE(?{name})), ""))'
    query = f"SELECT DISTINCT ?__kind {{ {_written(patterns)} BIND({kind} AS ?__kind) }}"
    kinds = [kind for (kind,) in (yield from tried(query))]
    if not kinds or not {"", f"{XSD}string", LANGUAGE_STRING}.isdisjoint(kinds):
        return ""
    found = kinds[0] if kinds[0] == _IRI else facts.name(kinds[0])
    start = f"`?{name}` is {found}, not a text: write `STR(?{name})`"
    naming = (yield from advice.naming(facts, _things(name, patterns))) if _IRI in kinds else ""
    return f"{start}, or take its {facts.name(naming)}." if naming else f"{start}."


def _things(name: str, patterns: Sequence[Pattern]) -> Things:
    """Return what one of ``patterns`` tells of a variable."""
    for subject, iri, value in patterns:
        if value.text == name:
            return NO_THINGS | {"of": [iri]}
        if subject.text == name and iri == TYPE and value.kind == "iri":
            return NO_THINGS | {"class": [value.text]}
    return NO_THINGS | {"has": [iri for subject, iri, _ in patterns if subject.text == name]}
