"""The roles of a variable in the patterns of a query, and pairs of roles that no thing has."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from accsm_kg.rdf.hints.facts import Facts, Kinds
from accsm_kg.rdf.hints.kin import is_generic
from accsm_kg.rdf.patterns import Group, Pattern
from accsm_kg.rdf.terms import TYPE

IS, VALUE, HAS = "is a", "is a value of", "has"


class Role(NamedTuple):
    """What a variable is in one pattern."""

    what: str
    """is a (class), is a value of (property), or has (property)."""
    iri: str
    kinds: Kinds
    """Of the things that have this role, the most frequent first."""
    pattern: Pattern


@dataclass
class Roles:
    """The roles of each variable in a group and around it that go together."""

    accepted: dict[str, list[Role]] = field(default_factory=dict)
    clashes: list[tuple[Role, Role]] = field(default_factory=list)
    """Roles of one variable that no thing has: one that is accepted, and one that is not."""

    def of(self, name: str, but: Pattern | None = None) -> list[Role]:
        """Return the roles of a variable in other patterns than ``but``."""
        return [role for role in self.accepted.get(name, ()) if role.pattern != but]


def read(facts: Facts, groups: Sequence[Group]) -> list[Roles]:
    """Return the roles in each of ``groups``, of which the outer ones come first."""
    found: dict[int, Roles] = {}
    for group in groups:
        around = _around(group, found)
        roles = Roles({name: [*known] for name, known in around.accepted.items()})
        for name, role in sorted(_roles(facts, group), key=lambda pair: _rank(pair[1])):
            known = roles.accepted.setdefault(name, [])
            clash = next((one for one in known if one.kinds.keys().isdisjoint(role.kinds)), None)
            if clash is None:
                known.append(role)
            else:
                roles.clashes.append((clash, role))
        found[id(group)] = roles
    return list(found.values())


def _around(group: Group, found: dict[int, Roles]) -> Roles:
    above = group.parent
    while above is not None and id(above) not in found:
        above = above.parent
    return Roles() if above is None else found[id(above)]


def _rank(role: Role) -> int:
    """Return how far a role is to be doubted if it does not go together with others."""
    if role.what == HAS and is_generic(role.iri):
        return 3
    return (IS, VALUE, HAS).index(role.what)


def _roles(facts: Facts, group: Group) -> Iterator[tuple[str, Role]]:
    """Yield the variables in the patterns of ``group`` with their roles."""
    for pattern in group.patterns:
        subject, iri, value = pattern
        uses = facts.used(iri)
        if iri == TYPE and subject.kind == "variable" and value.kind == "iri":
            kinds = dict.fromkeys(kind for kind in facts.kinds if value.text in kind)
            if kinds:
                yield subject.text, Role(IS, value.text, kinds, pattern)
        elif uses.pairs:
            if subject.kind == "variable":
                yield subject.text, Role(HAS, iri, uses.subjects, pattern)
            if value.kind == "variable":
                yield value.text, Role(VALUE, iri, uses.values, pattern)
