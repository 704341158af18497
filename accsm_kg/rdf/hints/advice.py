"""What to write in place of a pattern that no thing matches."""

from collections.abc import Iterable

from accsm_kg.rdf.hints.facts import NO_THINGS, Asking, Facts, Things, answer, load_uses
from accsm_kg.rdf.hints.kin import NAMES, is_generic, kin, namesakes, nearest, similar
from accsm_kg.rdf.hints.roles import HAS, IS, VALUE, Role
from accsm_kg.rdf.terms import TYPE

#: What a term may be in a pattern, and what the term then has.
USES = {"property": "values", "class": "instances"}


def things(roles: Iterable[Role]) -> Things:
    """Return what tells most of a variable with ``roles``."""
    for what, key in ((IS, "class"), (VALUE, "of"), (HAS, "has")):
        iri = next((role.iri for role in roles if role.what == what), "")
        if iri:
            return NO_THINGS | {key: [iri]}
    return NO_THINGS


def naming(facts: Facts, near: Things) -> Asking[str]:
    """Return the property of names that such things have, empty if they have none."""
    had = yield from answer(facts, "had", **near)
    return next((name for name in NAMES if (name,) in had), "")


def graphs(facts: Facts, what: str, iri: str) -> Asking[list[str]]:
    """Return the named graphs with a property or with things of a class; ``what`` is a `USES`."""
    rows = yield from answer(facts, "graphs", **{one: [iri] * (one == what) for one in USES})
    return [graph for (graph,) in rows]


def same(facts: Facts, property: str, near: Things, values: Iterable[Role]) -> Asking[list[str]]:
    """Return the properties of the same meaning that such things have, two at most.

    ``values`` are the other roles of the value.
    """
    candidates = yield from kin(facts, property)
    if any(near.values()):
        had = [iri for (iri,) in (yield from answer(facts, "had", **near))]
    else:
        had = sorted(iri for equals in candidates for iri in equals)
    yield from load_uses(facts, {iri for equals in candidates for iri in equals})
    for equals in candidates:
        found = [iri for iri in had if iri in equals and _leads(facts, iri, values)]
        if found:
            return found[:2]
    return []


def _leads(facts: Facts, property: str, values: Iterable[Role]) -> bool:
    """Return whether a value of ``property`` may have the roles ``values``."""
    found = facts.used(property).values
    return bool(found) and all(not found.keys().isdisjoint(role.kinds) for role in values)


def way(facts: Facts, property: str, near: Things, values: Iterable[Role]) -> Asking[str]:
    """Return what to write for a ``property`` that such things lack, as the end of a sentence."""
    found = yield from same(facts, property, near, values)
    found = found or (yield from _namesakes(facts, property, near, values))
    if found:
        return f"; write {facts.either(found)}."
    if not any(near.values()) or is_generic(property):
        return ""
    had = [iri for (iri,) in (yield from answer(facts, "had", **near))]
    own = [iri for iri in had if iri.startswith(facts.spaces)]
    old = [term for term, by in facts.replaced.items() if property in by]
    named = [iri for name in (property, *old) for iri in similar(name, own)]
    yield from load_uses(facts, named)
    named = [iri for iri in named if _leads(facts, iri, values)]
    link = yield from _link(facts, property, near, values)
    if named and link and len(facts.used(link[0]).subjects) > 1:
        link = None
    ways = [f"write {facts.either(named[:2])}"] if named else []
    if link:
        ways.append(f"go by {facts.name(link[0])} to the {facts.name(link[1])} that has it")
    return f"; {', or '.join(ways)}." if ways else ""


def _namesakes(
    facts: Facts, property: str, near: Things, values: Iterable[Role]
) -> Asking[list[str]]:
    """Return the properties of the same local name in another namespace that such things have.

    Those of the same meaning if they have none of these; two at most.
    """
    others = namesakes(facts, property)
    used = [iri for (iri,) in (yield from answer(facts, "valued", these=others))]
    if not used or not any(near.values()):
        return used[:2]
    had = yield from answer(facts, "had", **near)
    found = [iri for iri in used if (iri,) in had]
    return found[:2] or (yield from same(facts, used[0], near, values))


def _link(
    facts: Facts, property: str, near: Things, values: Iterable[Role]
) -> Asking[tuple[str, str] | None]:
    """Return the property that leads from such things to things with ``property``, and their class.

    One that is on few kinds of things says more than one that is on many.
    """
    wanted = {role.iri for role in values if role.what == IS}
    rows = yield from answer(facts, "links", **near, property=[property], value=wanted)
    rows = [row for row in rows if row[0] != TYPE and not is_generic(row[0])]
    yield from load_uses(facts, {link for link, _, _ in rows})

    def rank(row: tuple[str, ...]) -> tuple[bool, bool, float]:
        link, other, number = row
        kinds = len(facts.used(link).subjects) or 1
        foreign = [not iri.startswith(facts.spaces) for iri in (link, other)]
        return foreign[0], foreign[1], -int(number) / kinds

    return next(((link, other) for link, other, _ in sorted(rows, key=rank)), None)


def lacks(facts: Facts, thing: str, property: str, values: Iterable[Role]) -> Asking[str | None]:
    """Return what to write for a ``property`` that ``thing`` lacks; None if it has it."""
    near = NO_THINGS | {"this": [thing]}
    had = yield from answer(facts, "had", **near)
    if not had or (property,) in had:
        return None
    return (yield from way(facts, property, near, values))


def leading(facts: Facts, property: str, near: Things, class_: str) -> Asking[list[str]]:
    """Return the properties that lead from such things to things of a class, two at most."""
    rows = yield from answer(facts, "leading", **near, value=[class_])
    links = [link for (link,) in rows if link != TYPE]
    special = {one for one, other in (yield from answer(facts, "kin")) if other in links}
    return nearest(property, [link for link in links if link not in special])


def holding(facts: Facts, property: str, near: Things, value: str) -> Asking[list[str] | None]:
    """Return the properties of such things with the value ``value``, two at most.

    None if ``property`` is one of them.
    """
    rows = yield from answer(facts, "holding", **near, value=[value])
    links = [link for (link,) in rows if link != TYPE]
    return None if property in links else nearest(property, links)


def chain(facts: Facts, property: str, near: Things, end: str) -> Asking[bool]:
    """Return whether a chain of ``property`` leads from such a thing to ``end``.

    That is a thing, a class of it or a property that it has.
    """
    rows = yield from answer(facts, "chain", **near, property=[property], value=[end])
    return bool(rows)
