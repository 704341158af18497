"""Hints about aggregates that take a thing several times.

A variable has one value in the rows of a counted thing if it is grouped, or if a property with one
value leads to it from such a variable. Any other variable multiplies the rows.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from accsm_kg.rdf.hints.facts import (
    LITERAL,
    Asking,
    Facts,
    Kind,
    load_kinds,
    load_several,
    load_uses,
)
from accsm_kg.rdf.hints.roles import read
from accsm_kg.rdf.patterns import NEW, Group, Pattern
from accsm_kg.rdf.query_scanner import masked
from accsm_kg.rdf.terms import LANGUAGE_STRING, TYPE, XSD

_AGGREGATE = re.compile(r"\b(COUNT|SUM|AVG)\s*+\(\s*+[?$](\w++)\s*+\)", re.IGNORECASE)
_GROUP_BY = re.compile(r"\bGROUP\s++BY\b", re.IGNORECASE)
_NEXT = re.compile(r"\b(?:HAVING|ORDER|LIMIT|OFFSET|VALUES)\b|[{}]", re.IGNORECASE)
_SELECT = re.compile(r"\bSELECT\b", re.IGNORECASE)
_VARIABLE = re.compile(r"[?$](\w++)")
#: A variable that an expression or VALUES may fix.
_FIXED = re.compile(
    r"[?$](\w++)\s*+(?:=|(?:NOT\s++)?IN\b)"
    r"|(?<![!<>])=\s*+[?$](\w++)"
    r"|\b(?!(?:COUNT|SUM|AVG|MIN|MAX|SAMPLE|GROUP_CONCAT|FILTER|HAVING|BIND)\b)\w++\(\s*+[?$](\w++)"
    r"|\bVALUES\s++\(?\s*+[?$](\w++)",
    re.IGNORECASE,
)
_MAX_AGGREGATES = 10  # of a query


@dataclass
class _Rows:
    """What is known of the rows of a query that counts."""

    patterns: list[Pattern]
    grouped: set[str]
    fixed: set[str]
    kinds: dict[str, frozenset[Kind]]
    """Of each variable."""

    @property
    def variables(self) -> list[str]:
        """Return the variables in the patterns, those that are written first."""
        nodes = [node for subject, _, value in self.patterns for node in (subject, value)]
        names = dict.fromkeys(node.text for node in nodes if node.kind == "variable")
        return sorted(names, key=lambda name: name.startswith(NEW))


def find(facts: Facts, text: str, groups: Sequence[Group]) -> Asking[list[str]]:
    """Return the hints about aggregates in a query with the patterns ``groups``."""
    text = masked(text)
    aggregates = list(dict.fromkeys(_AGGREGATE.findall(text)))[:_MAX_AGGREGATES]
    if not aggregates or len(_SELECT.findall(text)) > 1 or any(group.unread for group in groups):
        return []
    shown = [group for group in groups if not group.hidden]
    rows = yield from _rows(facts, text, shown)
    if not rows.grouped.issubset(rows.variables):
        return []
    hints = [_hint(facts, rows, name.upper(), variable) for name, variable in aggregates]
    return [hint for hint in hints if hint][:2]


def _rows(facts: Facts, text: str, groups: Sequence[Group]) -> Asking[_Rows]:
    patterns = [pattern for group in groups for pattern in group.patterns]
    yield from load_uses(facts, {iri for _, iri, _ in patterns})
    yield from load_several(facts, {iri for _, iri, _ in patterns if iri != TYPE})
    found: dict[str, frozenset[Kind]] = {}
    yield from load_kinds(facts)
    for roles in read(facts, groups):
        for name, known in roles.accepted.items():
            of_role = frozenset.intersection(*(frozenset(role.kinds) for role in known))
            found[name] = found.get(name, of_role) & of_role
    after = _GROUP_BY.split(text)[1:]
    grouped = {*_VARIABLE.findall(_NEXT.split(after[-1], maxsplit=1)[0])} if after else set()
    fixed = {name for names in _FIXED.findall(text) for name in names if name}
    return _Rows(patterns, grouped, fixed, found)


def _hint(facts: Facts, rows: _Rows, aggregate: str, variable: str) -> str:
    """Return the hint about one aggregate, empty if it needs none."""
    if variable in rows.grouped or variable not in rows.variables:
        return ""
    owner = _owner(facts, rows, variable)
    known = _reached(facts, rows, rows.grouped | {variable, owner})
    more = [name for name in rows.variables if name not in known | rows.fixed]
    if not more:
        return ""
    each = f"each `?{more[0]}`" if not more[0].startswith(NEW) else _each(facts, rows, more[0])
    written = f"`{aggregate}(?{variable})`"
    if aggregate == "COUNT":
        distinct = f"`COUNT(DISTINCT ?{owner})`"
        return f"{written} counts a thing once for {each}; write {distinct} to count it once."
    names = " ".join(f"?{name}" for name in dict.fromkeys((*sorted(rows.grouped), owner, variable)))
    query = f"`{{ SELECT DISTINCT {names} WHERE {{ … }} }}`"
    return f"{written} takes a value once for {each}; take it of a subquery {query}."


def _owner(facts: Facts, rows: _Rows, variable: str) -> str:
    """Return the variable whose value a literal is; otherwise ``variable`` itself."""
    for subject, iri, value in rows.patterns:
        literal = [*facts.used(iri).values] == [LITERAL]
        if value.text == variable and subject.kind == "variable" and literal:
            return subject.text
    return variable


def _each(facts: Facts, rows: _Rows, node: str) -> str:
    iri = next(iri for subject, iri, value in rows.patterns if node in (subject.text, value.text))
    return f"each value of {facts.name(iri)}"


def _reached(facts: Facts, rows: _Rows, known: set[str]) -> set[str]:
    """Return the variables that have one value where those in ``known`` have."""
    before = set[str]()
    while known != before:
        before = known
        known = known | {
            name for pattern in rows.patterns for name in _next(facts, rows, pattern, known)
        }
    return known


def _next(facts: Facts, rows: _Rows, pattern: Pattern, known: set[str]) -> Iterator[str]:
    """Yield the variables of a pattern that have one value, as its other node has."""
    subject, iri, value = pattern
    if value.kind == "variable" and (
        subject.kind != "variable"
        or (subject.text in known and _is_one(rows, subject.text, iri, facts.several))
    ):
        yield value.text
    if subject.kind == "variable" and (
        value.datatype in (f"{XSD}string", LANGUAGE_STRING)
        or ((value.kind != "variable" or value.text in known)
            and _is_one(rows, subject.text, iri, facts.sharing))
    ):  # fmt: skip
        yield subject.text


def _is_one(rows: _Rows, name: str, property: str, several: Mapping[str, frozenset[str]]) -> bool:
    """Return whether no thing that ``name`` may be has all its classes in ``several``."""
    classes = several.get(property)
    if not classes:
        return property != TYPE
    return not any(kind <= classes for kind in rows.kinds.get(name, ()))
