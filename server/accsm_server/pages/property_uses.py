"""The classes whose things have a property, for the page of the vocabulary."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from accsm_server.pages.queries import Site, rows
from accsm_server.pages.terms import TermView, iri_of, load_labels, text_of


@dataclass(frozen=True)
class Use:
    """How many things of a class, of all its things, have a property."""

    kind: TermView
    count: int
    total: int


async def load_uses(
    site: Site, totals: Mapping[str, int], above: Mapping[str, list[str]]
) -> dict[str, list[Use]]:
    """Return the uses of each property, the most frequent first.

    ``totals`` are the numbers of things by class, ``above`` its superclasses. A class stands for
    its subclasses, unless one of them has all its uses.
    """
    found = (await rows(site, "property-uses")).rows
    labels = await load_labels(site, [row["class"] for row in found])
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for row in found:
        counts[iri_of(row["property"])][iri_of(row["class"])] = int(text_of(row["count"]))
    return {
        iri: [
            Use(labels.iri(kind), by_class[kind], totals.get(kind, 0))
            for kind in _listed(by_class, above)
        ]
        for iri, by_class in counts.items()
    }


def _listed(counts: Mapping[str, int], above: Mapping[str, list[str]]) -> list[str]:
    """Return the classes to list, by their ``counts`` of things with one property.

    They have no subclass with the same count, and no superclass that is listed.
    """
    equalled = {
        high
        for kind, count in counts.items()
        for high in _upward(kind, above)
        if counts.get(high) == count
    }
    kept = [kind for kind in counts if kind not in equalled]
    return [kind for kind in kept if not set(_upward(kind, above)) & set(kept)]


def _upward(kind: str, above: Mapping[str, list[str]]) -> Iterator[str]:
    for high in above.get(kind, ()):
        yield high
        yield from _upward(high, above)
