"""Hints about IRIs of things that no statement has, with those that are probably meant."""

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from accsm_kg.rdf.hints.facts import Asking, Facts, answer
from accsm_kg.rdf.patterns import Pattern
from accsm_kg.rdf.prologue import SuppliedQuery
from accsm_kg.rdf.terms import TYPE, iris, short

_MAX_HINTS = 3
_MAX_ASKED = 10  # IRIs about which more is asked
_MAX_NAME = 80  # characters of a name, as similar names take time to find
_HOST = re.compile(r"https?://[^/]*+/")


def find(facts: Facts, query: SuppliedQuery, found: Sequence[Pattern]) -> Asking[list[str]]:
    """Return the hints about the IRIs in ``query`` except the known terms in its patterns."""
    near = {iri: [*meant(facts, iri)] for iri in _doubtful(facts, query, found)[:_MAX_ASKED]}
    if not near:
        return []
    rows = yield "written", {"these": {*near, *(iri for one in near.values() for iri in one)}}
    if rows is None:
        return []
    used = iris(row[0] for row in rows)
    hints = []
    for iri in [iri for iri in near if iri not in used]:
        right = next((other for other in near[iri] if other in used), None)
        if right:
            written = _written(facts, query, right)
            hints.append(f"{facts.name(iri)} is not in this dataset; write `{written}`.")
        elif iri.startswith(facts.base):
            hints.append((yield from _absent(facts, iri)))
    return hints[:_MAX_HINTS]


def _doubtful(facts: Facts, query: SuppliedQuery, found: Sequence[Pattern]) -> list[str]:
    """Return the IRIs in ``query`` that may be things, or terms, but have no other hint."""
    terms = {iri for _, iri, _ in found} | {value.text for _, iri, value in found if iri == TYPE}
    named = set(map(query.resolved, query.iris))
    return [
        iri
        for iri in sorted(named - facts.names)
        if _HOST.match(iri)
        and not iri.startswith((*facts.spaces, *facts.swapped))
        and not iri.endswith(("/", "#"))
        and (iri.startswith(facts.base) or not iri.startswith(facts.known))
        and not (iri in terms and iri.startswith(facts.base))
    ]


def meant(facts: Facts, iri: str) -> Iterator[str]:
    """Yield the IRIs below the base that may be meant: at its path on this host, or nearly so."""
    path = _HOST.sub("", iri, count=1).removeprefix(_HOST.sub("", facts.base, count=1))
    below = [space.removeprefix(facts.base) for space in facts.known if space != facts.base]
    folders = [space for space in below if space.endswith("/") and not _HOST.match(space)]
    tops = sorted({folder.partition("/")[0] for folder in folders})
    folder, _, name = path.rpartition("/")
    near = get_close_matches(f"{folder[:_MAX_NAME]}/", folders, n=1, cutoff=0.8)
    paths = [path, *(space + name for space in near)]
    paths += [f"{folder}#{name}"] if folder and "#" not in name else []
    paths += [f"{top}/{rest}" for top in tops for rest in (path.partition("/")[2], path)]
    yield from (facts.base + one for one in dict.fromkeys(paths) if facts.base + one != iri)


def _written(facts: Facts, query: SuppliedQuery, iri: str) -> str:
    """Return ``iri`` as ``query`` can have it, whose prefixes may have other namespaces."""
    declared = query.scanned.prefixes
    known = {name: space for name, space in facts.prefixes.items()
             if declared.get(name, space) == space}  # fmt: skip
    return short(iri, known, facts.base)


def _absent(facts: Facts, iri: str) -> Asking[str]:
    """Return the hint about an IRI below the base that is not in the default graph."""
    graphs = [graph for (graph,) in (yield from answer(facts, "mentioning", these=[iri]))]
    if graphs:
        return f"{facts.name(iri)} is not in the default graph; it is in {facts.clauses(graphs)}."
    folder, slash, name = iri.rpartition("/")
    rows = yield from answer(facts, "below", folder=[folder + slash])
    names = {thing.removeprefix(folder + slash).casefold(): thing for (thing,) in rows}
    near = get_close_matches(name[:_MAX_NAME].casefold(), names, n=1)
    guess = f"; did you mean {facts.name(names[near[0]])}?" if near else "."
    return f"Nothing is said about {facts.name(iri)} in this dataset{guess}"
