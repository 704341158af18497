"""Hints about an empty answer whose patterns match things one by one, but leave none together."""

import re
from collections.abc import Sequence
from itertools import combinations

from accsm_kg.rdf.hints.advice import things
from accsm_kg.rdf.hints.facts import Asking, Facts, answer
from accsm_kg.rdf.hints.roles import HAS, IS, VALUE, Role, Roles, read
from accsm_kg.rdf.patterns import NEW, Group, Node
from accsm_kg.rdf.query_scanner import masked
from accsm_kg.rdf.terms import TYPE

_MAX_HINTS = 2
_MAX_ASKED = 5  # variables of a group, and properties of each, about which more is asked
_VARIABLE = re.compile(r"[?$](\w++)")
_EVERY = {IS: "Every {}", VALUE: "Every value of {}", HAS: "Everything that has {}"}


def find(facts: Facts, text: str, groups: Sequence[Group]) -> Asking[list[str]]:
    """Return the hints about ``groups`` whose properties no thing has, or all things have."""
    hints: list[str] = []
    for group, roles in zip(groups, read(facts, groups), strict=True):
        if group.needed:
            hints += yield from _apart(facts, group, roles)
        elif group.word in ("MINUS", "NOT EXISTS") and (
            group.parent is None or group.parent.needed
        ):
            hints += yield from _taken(facts, text, group, roles)
    return hints[:_MAX_HINTS]


def _apart(facts: Facts, group: Group, roles: Roles) -> Asking[list[str]]:
    """Return the hints about two properties of one variable that no thing has together."""
    had: dict[str, dict[str, None]] = {}
    for subject, iri, _ in group.patterns:
        if subject.kind == "variable" and iri != TYPE and facts.used(iri).pairs:
            had.setdefault(subject.text, {})[iri] = None
    hints = []
    for name, properties in list(had.items())[:_MAX_ASKED]:
        class_ = next((role.iri for role in roles.of(name) if role.what == IS), "")
        for one in dict.fromkeys(("", class_)):
            pair = yield from _pair(facts, [*properties][:_MAX_ASKED], one)
            if pair:
                that = f" that is a {facts.name(one)}" if one else ""
                hints.append(f"Nothing{that} has both {' and '.join(map(facts.name, pair))}.")
                break
    return hints


def _pair(facts: Facts, properties: Sequence[str], class_: str) -> Asking[tuple[str, str] | None]:
    """Return the first two of ``properties`` that no thing has, or none of a class."""
    if len(properties) < 2:
        return None
    classes = [class_] if class_ else []
    rows = yield from answer(facts, "together", **{"these": properties, "class": classes})
    had = [set(row[0].split()) for row in rows]
    apart = (pair for pair in combinations(properties, 2) if not any({*pair} <= one for one in had))
    return next(apart, None) if had else None


def _taken(facts: Facts, text: str, group: Group, roles: Roles) -> Asking[list[str]]:
    """Return the hint about a ``group`` that takes away all things, as all have its property."""
    if group.unread or group.expression or len(group.patterns) != 1:
        return []
    subject, iri, value = pattern = group.patterns[0]
    role = _known(roles.of(subject.text, pattern))
    if role is None or iri == TYPE or not _is_free(text, value):
        return []
    near = things([role])
    if not (yield from answer(facts, "every", **near, property=[iri])):
        return []
    every = _EVERY[role.what].format(facts.name(role.iri))
    return [f"{every} has {facts.name(iri)}, so nothing is left."]


def _known(roles: Sequence[Role]) -> Role | None:
    """Return the role that tells most of a variable."""
    return min(roles, key=lambda role: (IS, VALUE, HAS).index(role.what), default=None)


def _is_free(text: str, value: Node) -> bool:
    """Return whether any value will do: a variable that the query does not name again."""
    if value.kind != "variable":
        return False
    return value.text.startswith(NEW) or _VARIABLE.findall(masked(text)).count(value.text) == 1
