"""A passage of a source: the statements that it supports, and how to cite one with its words."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from accsm_kg.lookups import Ask, Lookup, Row, Rows
from accsm_server.errors import NotFound
from accsm_server.pages.addresses import with_query
from accsm_server.pages.citation import Claim
from accsm_server.pages.parameters import page_number
from accsm_server.pages.queries import Site, look_up
from accsm_server.pages.render import cite
from accsm_server.pages.resource import Description
from accsm_server.pages.sources import QUERIES
from accsm_server.pages.terms import Labels, TermView, load_labels

_LONGEST = 200  # characters of a value in a citation


@dataclass(frozen=True)
class Statement:
    """A statement that a passage supports; without a relation the passage is about the thing."""

    thing: TermView
    relation: TermView | None
    value: TermView | None
    href: str
    """The address of the page that tells how to cite it."""

    @property
    def text(self) -> str:
        """Return the statement in words."""
        if self.relation is None or self.value is None:
            return self.thing.text
        value = textwrap.shorten(self.value.text, _LONGEST, placeholder=" …") or self.value.text
        return f"{self.thing.text}: {self.relation.text}: {value}"


async def content(
    site: Site, shown: Description, given: Mapping[str, str]
) -> tuple[dict[str, Any], Sequence[Ask]]:
    """Return what the template of a passage shows beside its description, and the queries."""
    (claims, places), asked = await look_up(site, _ask(shown.iri))
    iris = {row[name] for row in claims for name in ("thing", "property", "value")}
    labels = await load_labels(site, [], *(iri for iri in iris if iri.startswith("http")))
    here = labels.iri(shown.iri).href
    statements = [_statement(row, labels, here, n) for n, row in enumerate(claims, start=1)]
    number = page_number(given.get("claim") or "1")
    if statements and number > len(statements):
        raise NotFound("No such claim", f"The passage supports {len(statements)} claims.")
    place = next(iter(places), {})
    start = place.get("start", "")
    return {
        "claims": statements,
        "number": number,
        "claim": _cited(site, shown, statements, number, place),
        "in_source": labels.place(place["source"], start) if place else "",
        "first": start,
    }, asked


def _ask(iri: str) -> Lookup[tuple[Rows, Rows]]:
    claims = yield Ask(QUERIES / "claims.rq", iri)
    places = yield Ask(QUERIES / "citation.rq", iri)
    return claims, places


def _statement(row: Row, labels: Labels, here: str, number: int) -> Statement:
    value = row["value"]
    shown = labels.iri(value) if value.startswith("http") else TermView(value)
    return Statement(
        labels.iri(row["thing"]),
        labels.iri(row["property"]) if row["property"] else None,
        shown if row["property"] else None,
        with_query(here, urlencode({"claim": number})) + "#cite",
    )


def _cited(
    site: Site, shown: Description, statements: Sequence[Statement], number: int, place: Row
) -> Claim | None:
    """Return how to cite a statement, None for a passage without source or statement."""
    if not statements or not place:
        return None
    start, end = place["start"], place["end"] or place["start"]
    text = statements[number - 1].text
    return Claim(
        cite(site, text, shown.iri),
        place["words"],
        place["place"],
        start if start == end else f"{start}-{end}",
        place["title"] or place["name"],
        place["publisher"],
        place["issued"],
        place["reliability"],
    )
