"""The relations between the classes of a topic of the vocabulary: their picture and their rows."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from accsm_kg.pictures import boxes
from accsm_kg.pictures.boxes import Box, Row
from accsm_kg.pictures.svg import Address
from accsm_server.pages.terms import TermView
from accsm_server.pages.vocabulary import TermEntry

_ANY = TermView("things of several classes")
_KIND = TermView("is a kind of")


@dataclass(frozen=True)
class Relation:
    """A relation between two classes; a class without an IRI stands for several."""

    start: TermView
    relation: TermView
    end: TermView
    inverse: TermView | None = None
    is_kind: bool = False
    """Whether the one is a subclass of the other."""

    def as_row(self) -> dict[str, str]:
        """Return it as a row of texts."""
        return {
            "from": self.start.text,
            "relation": self.relation.text,
            "to": self.end.text,
            "inverse": self.inverse.text if self.inverse else "",
            "fromIri": self.start.iri,
            "relationIri": self.relation.iri,
            "toIri": self.end.iri,
            "inverseIri": self.inverse.iri if self.inverse else "",
        }


def relations(
    terms: Iterable[str], entries: Mapping[str, TermEntry], between: str
) -> list[Relation]:
    """Return the relations that ``terms`` make, by the class where they start.

    ``between`` is the section of the properties that relate things. Of two inverse properties the
    one is left out that starts at the class with fewer properties. Deprecated terms are left out.
    """
    own = {iri: entries[iri] for iri in terms
           if iri in entries and not entries[iri].is_deprecated}  # fmt: skip
    related = [entry for entry in own.values() if entry.section == between]
    counts = Counter(view.iri for entry in related for view in entry.domain)
    passed = {_fewer(entry, own[other.iri], counts) for entry in related for other in entry.inverse
              if other.iri in own}  # fmt: skip
    found = [
        Relation(_view(entry), _KIND, _view(entries[iri]), is_kind=True)
        for entry in own.values()
        for iri in entry.above
        if iri in entries
    ]
    for entry in related:
        if entry.iri not in passed:
            inverse = next(iter(entry.inverse), None)
            found += [
                Relation(start, _view(entry), end, inverse)
                for start in entry.domain or [_ANY]
                for end in entry.range or [_ANY]
            ]
    return sorted(found, key=_order)


def _fewer(one: TermEntry, other: TermEntry, counts: Mapping[str, int]) -> str:
    """Return the IRI of the one of two properties to leave out."""
    by_count = sorted(
        (one, other),
        key=lambda entry: (sum(counts[view.iri] for view in entry.domain), entry.iri),
    )
    return by_count[0].iri


def draw(found: Sequence[Relation], own: Sequence[str], address: Address, label: str) -> Element:
    """Return the picture: on the left where relations start, on the right where they end.

    The kinds of a class stand in its box. ``own`` are the IRIs of the classes of the topic, which
    have a thicker border.
    """
    kinds, arrows = defaultdict[TermView, list[Row]](list), defaultdict[TermView, list[Row]](list)
    for one in found:
        if one.is_kind:
            kinds[one.end].append(Row(f"kind: {one.start.text}", one.start.iri))
        else:
            inverse = f" (inverse: {one.inverse.text})" if one.inverse else ""
            name = f"{one.relation.text}{inverse}"
            arrows[one.start].append(Row(name, one.relation.iri, one.end.text))
    of_topic = {*own}
    left = [
        Box(start.text, start.iri, [*kinds[start], *arrows[start]], start.iri in of_topic)
        for start in sorted(
            {**kinds, **arrows}, key=lambda start: (not start.iri, start.text, start.iri)
        )
    ]
    ends = dict.fromkeys(one.end for one in found if not one.is_kind)
    right = [Box(end.text, end.iri, (), end.iri in of_topic) for end in ends]
    return boxes.draw(left, right, address, label)


def _view(entry: TermEntry) -> TermView:
    return TermView(entry.label, entry.href, entry.iri)


def _order(one: Relation) -> tuple[bool, str, bool, str, str]:
    """Return the key that sorts relations: by start, several last, and kinds first."""
    return not one.start.iri, one.start.text, not one.is_kind, one.relation.text, one.end.text
