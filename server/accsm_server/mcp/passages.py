"""The passages of sources behind the rows of an answer."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from accsm_kg.lookups import Ask, Lookup, Row, Rows
from accsm_kg.namespaces import term
from accsm_server.mcp.text import Line, passage
from accsm_server.pages.queries import Site, look_up
from accsm_server.pages.terms import short_name

QUERIES = Path(__file__).parent / "queries"
_NAMING = {"", *(term(name).value for name in ("skos:prefLabel", "dcterms:title", "rdfs:label"))}
_MOST_THINGS = 400  # whose evidence is looked up for one answer


@dataclass(frozen=True)
class _Evidence:
    """The evidence for some things: rows of evidence.rq by thing."""

    by_thing: dict[str, Rows]
    names: Collection[str] | None
    """The IRIs in the query that is answered; None: only what relates things is of interest."""

    def of(self, things: Sequence[str]) -> list[str]:
        """Return the evidence for what a row says of ``things``.

        It is about the relation of two of them, or else about a property that the query names; if
        there is none, that which names the first thing that has any.
        """
        found = [one["evidence"] for thing in things for one in self._about(thing, {*things})]
        if not found and self.names is not None:
            found = [*self._naming(next((one for one in things if one in self.by_thing), ""))]
        return list(dict.fromkeys(found))

    def _about(self, thing: str, things: Collection[str]) -> Iterator[Row]:
        rows = self.by_thing.get(thing, [])
        related = [one for one in rows if one["other"] != thing and one["other"] in things]
        told = {one["property"] for one in related}
        shared = [one for one in related if self._is_shared(one)]
        yield from shared or [one for one in related if one["meets"] == "true"] or related
        for one in rows:
            is_named = one["property"] in (self.names or ()) and one["property"] not in told
            if is_named and not one["other"]:
                yield one

    def _is_shared(self, one: Row) -> bool:
        """Return whether a piece of evidence is for the other thing as well.

        A property may have several values and a passage for each.
        """
        return any(
            one["evidence"] == own["evidence"] for own in self.by_thing.get(one["other"], ())
        )

    def _naming(self, thing: str) -> Iterator[str]:
        """Yield the evidence for the name of a thing that is about most of its properties."""
        rows = self.by_thing.get(thing, [])
        counts = Counter(one["evidence"] for one in rows)
        naming = [one["evidence"] for one in rows if one["property"] in _NAMING]
        if naming:
            yield max(naming, key=counts.__getitem__)


async def quoted(
    site: Site, lines: Sequence[Line], names: Collection[str] | None = None
) -> list[Line]:
    """Return the lines of rows with the passages behind them; those that have some keep them.

    ``names`` are the IRIs in the query. Without them, only passages that relate the things of a
    line are behind it.
    """
    things = dict.fromkeys(iri for line in lines for iri in line.things)
    if not things:
        return list(lines)
    found, _ = await look_up(site, _evidence([*things][:_MOST_THINGS]))
    by_thing: dict[str, Rows] = defaultdict(list)
    for one in found:
        by_thing[one["thing"]].append(one)
    await site.prepare()
    evidence = _Evidence(by_thing, names)
    behind = [[] if line.passages else evidence.of(line.things) for line in lines]
    wanted = dict.fromkeys(iri for one in behind for iri in one)
    texts = await _texts(site, [*wanted])
    return [
        replace(line, passages=[*line.passages, *(texts[iri] for iri in one if iri in texts)])
        for line, one in zip(lines, behind, strict=True)
    ]


def source_name(site: Site, iri: str) -> str:
    """Return the name of a source, and how reliable it is once the contents are loaded."""
    if not iri:
        return ""
    badge = site.profile.badges.get(site.contents.reliability.get(iri, ""))
    return f"{short_name(iri, site)} ({badge.words})" if badge else short_name(iri, site)


async def _texts(site: Site, evidence: Sequence[str]) -> dict[str, str]:
    """Return the passage of each piece of evidence."""
    found = (await look_up(site, _passages(evidence)))[0] if evidence else []
    return {one["evidence"]: _told(one, site) for one in found}


def _told(one: Row, site: Site) -> str:
    name = source_name(site, one["source"] and f"{site.base}id/source/{one['source']}")
    return passage(name, one["line"], one["locator"], one["words"])


def _evidence(things: Sequence[str]) -> Lookup[Rows]:
    return (yield Ask(QUERIES / "evidence.rq", tuple(things)))


def _passages(evidence: Sequence[str]) -> Lookup[Rows]:
    return (yield Ask(QUERIES / "passages.rq", tuple(evidence)))
