"""Hints about patterns that no thing matches."""

from collections.abc import Sequence

from accsm_kg.rdf.hints import advice
from accsm_kg.rdf.hints.advice import things
from accsm_kg.rdf.hints.facts import (
    NO_THINGS,
    Asking,
    Facts,
    Things,
    answer,
    load_kinds,
    load_uses,
    typical,
)
from accsm_kg.rdf.hints.kin import is_generic, namesakes
from accsm_kg.rdf.hints.roles import HAS, IS, VALUE, Role, Roles, read
from accsm_kg.rdf.patterns import Group, Pattern
from accsm_kg.rdf.terms import TYPE

_MAX_HINTS = 3
_MAX_ASKED = 20  # patterns of a group about which more is asked
_MAX_ROLES = 5  # of a variable that are compared with those of another


def find(facts: Facts, groups: Sequence[Group], *, empty: bool, needed: bool) -> Asking[list[str]]:
    """Return the hints about patterns of ``groups`` that no thing matches.

    The groups are those that are ``needed`` for an answer, or the others. Values are only looked
    for if the answer is ``empty``.
    """
    yield from load_kinds(facts)
    yield from load_uses(facts, {iri for group in groups for _, iri, _ in group.patterns})
    hints: dict[str, None] = {}
    for group, roles in zip(groups, read(facts, groups), strict=True):
        if group.needed != needed:
            continue
        asked = [_unused(facts, pattern, roles) for pattern in group.patterns]
        asked += [_clash(facts, *clash, roles) for clash in roles.clashes]
        clashing = [role.pattern for clash in roles.clashes for role in clash]
        for pattern in group.patterns[:_MAX_ASKED]:
            if pattern not in clashing and facts.used(pattern[1]).pairs:
                asked.append(_pair(facts, pattern, roles))
                asked += [_constants(facts, pattern, roles)] if empty else []
        for ask in asked:
            if len(hints) < _MAX_HINTS:
                hints |= dict.fromkeys((yield from ask))
    return list(hints)[:_MAX_HINTS]


def _unused(facts: Facts, pattern: Pattern, roles: Roles) -> Asking[list[str]]:
    """Return the hint about a property without values or a class without instances."""
    _, iri, value = pattern
    if facts.lacks(iri) and _is_checked(facts, iri):
        near = _subject(pattern, roles)
        way = yield from advice.way(facts, iri, near, roles.of(value.text))
        apart = yield from advice.graphs(facts, "property", iri)
        return [f"{facts.name(iri)} has no values {_absence(facts, apart, way)}"]
    kind = value.text if iri == TYPE and value.kind == "iri" else ""
    known = not facts.kinds or any(kind in each for each in facts.kinds)
    if kind and not known and _is_checked(facts, kind):
        apart = yield from advice.graphs(facts, "class", kind)
        others = [iri for iri in namesakes(facts, kind) if any(iri in each for each in facts.kinds)]
        way = f"; write {facts.either(others[:2])}." if others else ""
        return [f"{facts.name(kind)} has no instances {_absence(facts, apart, way)}"]
    return []


def _absence(facts: Facts, apart: Sequence[str], way: str = "") -> str:
    """Return the end of a sentence on what only the graphs ``apart`` have, if there are such."""
    if not apart:
        return f"in this dataset{way or '.'}"
    return f"in the default graph{way or f'; they are in {facts.clauses(apart)}.'}"


def _is_checked(facts: Facts, iri: str) -> bool:
    """Return whether ``iri`` is in a known namespace, and has no other hint."""
    if iri in facts.replaced or (iri.startswith(facts.spaces) and iri not in facts.names):
        return False
    return iri.startswith(facts.known)


def _clash(facts: Facts, one: Role, other: Role, roles: Roles) -> Asking[list[str]]:
    """Return the sentence about two roles that no thing has, with a way that leads on."""
    first, second = sorted((one, other), key=lambda role: (IS, VALUE, HAS).index(role.what))
    if (first.what, second.what) == (IS, VALUE):
        first, second = second, first
    if second.what == HAS:
        values = roles.of(second.pattern[2].text, second.pattern)
        way = yield from advice.way(facts, second.iri, things([first]), values)
        own = [] if is_generic(second.iri) else typical(facts, second.kinds)
        found = "it is on", own
    elif first.what == IS:
        way, found = "", ("", [])
    else:
        leading, wanted = (first, second) if second.what == IS else (second, first)
        way = yield from _leading(facts, leading.pattern, roles, wanted)
        found = "these are", typical(facts, leading.kinds) if second.what == IS else []
    hint = f"{_that(facts, first)} {second.what} {facts.name(second.iri)}"
    return [hint + (way or _remark(facts, *found))]


def _that(facts: Facts, role: Role) -> str:
    return f"Nothing that {role.what} {facts.name(role.iri)}"


def _remark(facts: Facts, words: str, classes: Sequence[str]) -> str:
    if len(classes) > _MAX_HINTS:
        return f"; {words} {facts.name(classes[0])} and {len(classes) - 1} other classes."
    return f"; {words} {facts.either(classes)}." if classes else "."


def _near(pattern: Pattern, roles: Roles) -> Things:
    """Return what the subject of ``pattern`` is, or that it has the property."""
    near = _subject(pattern, roles)
    return near if any(near.values()) else near | {"has": [pattern[1]]}


def _subject(pattern: Pattern, roles: Roles) -> Things:
    """Return what the subject of ``pattern`` is by other patterns."""
    near = things(roles.of(pattern[0].text, pattern))
    return near | {"this": [pattern[0].text]} if pattern[0].kind == "iri" else near


def _leading(facts: Facts, pattern: Pattern, roles: Roles, wanted: Role) -> Asking[str]:
    """Return what to write for a property that does not lead to what is ``wanted``."""
    classes = [wanted.iri] if wanted.what == IS else typical(facts, wanted.kinds)[:1]
    near = _near(pattern, roles)
    for class_ in classes:
        found = yield from advice.leading(facts, pattern[1], near, class_)
        if found:
            return f"; write {facts.either(found)}."
    return ""


def _pair(facts: Facts, pattern: Pattern, roles: Roles) -> Asking[list[str]]:
    """Return the hint about a property that leads elsewhere from such a subject."""
    subject, iri, value = pattern
    pairs = facts.used(iri).pairs
    for first in roles.of(subject.text, pattern)[:_MAX_ROLES]:
        for last in roles.of(value.text, pattern)[:_MAX_ROLES]:
            if any(one in first.kinds and other in last.kinds for one, other in pairs):
                continue
            if (yield from _is_chain(facts, iri, first, last)):
                way = _chain(facts, iri)
            else:
                way = yield from _leading(facts, pattern, roles, last)
            values = [other for one, other in pairs if one in first.kinds]
            way = way or _remark(facts, "its values are", typical(facts, values))
            that = f"that {last.what} {facts.name(last.iri)}"
            return [f"{_that(facts, first)} has a value of {facts.name(iri)} {that}{way}"]
    return []


def _is_chain(facts: Facts, property: str, first: Role, last: Role) -> Asking[bool]:
    """Return whether a chain of ``property`` leads from such a thing to such a value."""
    if last.what == VALUE or is_generic(last.iri):
        return False
    return (yield from advice.chain(facts, property, things([first]), last.iri))


def _chain(facts: Facts, property: str) -> str:
    return f"; write `{facts.name(property)[1:-1]}+`."


def _constants(facts: Facts, pattern: Pattern, roles: Roles) -> Asking[list[str]]:
    """Return the hints about a thing that lacks a property, or that is no value of it."""
    subject, iri, value = pattern
    hints = []
    if subject.kind == "iri" and _is_named(facts, subject.text):
        way = yield from advice.lacks(facts, subject.text, iri, roles.of(value.text, pattern))
        if way is not None:
            hints = [f"{facts.name(subject.text)} has no {facts.name(iri)}{way or '.'}"]
        else:
            hints = yield from _further(facts, pattern, roles)
    if value.kind == "iri" and _is_named(facts, value.text) and not hints:
        hints = yield from _value(facts, pattern, roles)
    return hints


def _further(facts: Facts, pattern: Pattern, roles: Roles) -> Asking[list[str]]:
    """Return the hint about a thing from which only a chain leads to a value of a class."""
    subject, iri, value = pattern
    near = NO_THINGS | {"this": [subject.text]}
    for class_ in [role.iri for role in roles.of(value.text) if role.what == IS]:
        if (yield from advice.chain(facts, iri, near, class_)):
            leading = yield from answer(facts, "leading", **near, value=[class_])
            if (iri,) not in leading:
                start = f"{facts.name(subject.text)} has no value of {facts.name(iri)}"
                return [f"{start} that is a {facts.name(class_)}{_chain(facts, iri)}"]
    return []


def _is_named(facts: Facts, iri: str) -> bool:
    return iri in facts.names or not iri.startswith(facts.spaces)


def _value(facts: Facts, pattern: Pattern, roles: Roles) -> Asking[list[str]]:
    """Return the hint about a thing that is no value of a property."""
    subject, iri, value = pattern
    near = _near(pattern, roles)
    found = yield from advice.holding(facts, iri, near, value.text)
    if found is None:
        return []
    way = f"; write {facts.either(found)}." if found else "."
    if (yield from advice.chain(facts, iri, near, value.text)):
        way = _chain(facts, iri)
    others = (role for role in roles.of(subject.text, pattern) if role.iri != iri)
    role = next(others, None)
    start = f"{_that(facts, role)} has" if role else "Nothing has"
    if subject.kind == "iri":
        start = f"{facts.name(subject.text)} does not have"
    return [f"{start} {facts.name(value.text)} as a value of {facts.name(iri)}{way}"]
