"""Hints about names: renamed terms, terms of two that share the facts, and unknown names."""

from collections.abc import Sequence
from difflib import get_close_matches

from accsm_kg.rdf import patterns
from accsm_kg.rdf.hints.facts import Asking, Facts, asked, load_properties, swap
from accsm_kg.rdf.hints.kin import similar
from accsm_kg.rdf.prologue import SuppliedQuery
from accsm_kg.rdf.terms import local_name

_MAX_HINTS = 3  # of one kind
_MAX_NAME = 80  # characters of a name, as similar names take time to find
_MAX_ASKED = 100  # IRIs of a query


def find(facts: Facts, query: SuppliedQuery, graphs: Sequence[str]) -> Asking[list[str]]:
    """Return the hints about the names in ``query`` and of ``graphs``."""
    hints = _replaced(facts, query)
    hints += yield from _schemes(facts, query)
    hints += yield from unknown(facts, query, graphs)
    return hints + _shared(facts, query)


def _replaced(facts: Facts, query: SuppliedQuery) -> list[str]:
    hints = []
    for iri in sorted(facts.replaced.keys() & query.iris)[:_MAX_HINTS]:
        terms, version = facts.replaced[iri], facts.versions[iri]
        since = f" in {version}" if version else ""
        hints.append(f"{facts.name(iri)} was renamed{since}: write {facts.either(terms)}.")
    return hints


def _shared(facts: Facts, query: SuppliedQuery) -> list[str]:
    iris = query.iris
    found = sorted(iri for iri in facts.shared.keys() & iris if iris.isdisjoint(facts.shared[iri]))
    optional = _optional(query) if found else set()
    found = [iri for iri in found if iri not in optional]
    return [
        f"{facts.name(iri)} has only some of these facts; "
        f"see {' and '.join(map(facts.name, facts.shared[iri]))}."
        for iri in found[:_MAX_HINTS]
    ]


def _optional(query: SuppliedQuery) -> set[str]:
    """Return the properties in ``query`` that are in OPTIONAL only, where other rows stay."""
    text = query.scanned.text
    if "OPTIONAL" not in text.upper():
        return set()
    groups = patterns.read(text, {**query.prefixes, **query.scanned.prefixes}, query.base)
    inner, outer = (
        {iri for group in groups if group.optional is side for _, iri, _ in group.patterns}
        for side in (True, False)
    )
    return inner - outer


def _schemes(facts: Facts, query: SuppliedQuery) -> Asking[list[str]]:
    """Return hints about namespaces with https for http, and the reverse."""
    unseen = (iri for iri in query.iris - facts.names if iri.startswith(facts.swapped))
    doubtful = {
        iri: swap(iri) for iri in sorted(unseen)[:_MAX_ASKED] if not iri.startswith(facts.known)
    }
    if not doubtful:
        return []
    used = {iri for (iri,) in (yield from asked("written", {"these": doubtful.keys()}))}
    hints = {}
    for iri, right in doubtful.items():
        if iri not in used:
            space, write = _right(right, facts, query)
            scheme = space.partition(":")[0]
            hints[space] = f"`{space}` begins with {scheme}: in this dataset; write `{write}`."
    return list(hints.values())[:_MAX_HINTS]


def _right(iri: str, facts: Facts, query: SuppliedQuery) -> tuple[str, str]:
    """Return the namespace of ``iri``, and the declaration or the IRI to write."""
    space = max((known for known in facts.known if iri.startswith(known)), key=len)
    declared = query.scanned.prefixes.items()
    prefix = next((name for name, written in declared if written == swap(space)), None)
    return space, f"<{iri[:_MAX_NAME]}>" if prefix is None else f"PREFIX {prefix}: <{space}>"


def unknown(
    facts: Facts, query: SuppliedQuery, graphs: Sequence[str] = (), nearest: int = 1
) -> Asking[list[str]]:
    """Return sentences on names in the namespaces of the dataset that are not in it.

    Each offers the ``nearest`` names, so many at most. There are none before facts are loaded.
    """
    if not facts.names:
        return []
    found = {iri for iri in query.iris - facts.names if iri.startswith(facts.spaces)}
    found = (found | set(graphs) - facts.names) - {*facts.spaces} - facts.replaced.keys()
    if found:
        yield from load_properties(facts)
    return [_unknown_name(iri, facts, nearest) for iri in sorted(found)[:_MAX_HINTS]]


def _unknown_name(iri: str, facts: Facts, nearest: int) -> str:
    checked = facts.checked.items()
    prefix, namespace = next(((p, s) for p, s in checked if iri.startswith(s)), ("", ""))
    if not prefix:
        return f"`<{iri[:_MAX_NAME]}>` is not a graph of this dataset."
    what = "not a graph of this dataset" if prefix == facts.graphs else "not in the vocabulary"
    local = printable(iri.removeprefix(namespace))
    names = facts.either(_nearest(local, namespace, facts)[:nearest])
    return f"`{prefix}:{local}` is {what}{f'; did you mean {names}?' if names else '.'}"


def _nearest(local: str, namespace: str, facts: Facts) -> list[str]:
    """Return the names that may be meant, best first: classes for a class, else properties.

    Before other similar names come those with one letter different, a property of another
    vocabulary that is called so, and those that have all words of the name.
    """
    own = {name.removeprefix(namespace): name for name in facts.names if name.startswith(namespace)}
    own = {
        name: iri for name, iri in own.items() if name[:1].isupper() == local[:1].isupper()
    } or own
    apart = {local_name(iri): iri for iri in sorted(facts.properties - facts.names)}
    one_letter = 1 - 1.05 / max(2, len(local))
    found = [own[name] for name in get_close_matches(local, own, cutoff=one_letter)]
    found += [apart[name] for name in get_close_matches(local, apart, n=1, cutoff=0.8)]
    found += sorted(similar(namespace + local, own.values()), key=lambda iri: (len(iri), iri))
    return [*dict.fromkeys((*found, *(own[name] for name in get_close_matches(local, own))))]


def printable(text: str) -> str:
    """Return the start of a text that a query has, as it can be shown in a hint."""
    return one_line(text[:_MAX_NAME])


def one_line(text: str) -> str:
    """Return ``text`` with a question mark for each character that is not printable."""
    return "".join(c if c.isprintable() else "?" for c in text)
