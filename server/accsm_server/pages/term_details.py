"""An example of each term of the vocabulary in the data, and the rules about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from accsm_kg.rdf.terms import local_name
from accsm_server.pages.queries import Site, rows
from accsm_server.pages.terms import (
    TermView,
    iri_of,
    load_labels,
    short_name,
    text_of,
)
from accsm_server.pages.topics import RULES, load_topics

_MOST = 5  # values of an example


@dataclass(frozen=True)
class Example:
    """A member of a class, or a thing with a property and its first values."""

    thing: TermView
    values: Sequence[TermView]
    rest: int
    """How many values are left out."""


@dataclass(frozen=True)
class Details:
    """What a page says of each term by IRI, beside the ontology."""

    examples: Mapping[str, Example]
    rules: Mapping[str, Sequence[TermView]]
    """A link to each rule, with its message, or its name if it is about a class."""


async def load_details(site: Site, topic: str, terms: Sequence[str]) -> Details:
    """Return the details of ``terms``, which are those of ``topic``."""
    return await site.load_links(_load, topic, *terms)


def try_address(site: Site, iri: str, *, is_class: bool) -> str:
    """Return the address of a query for the members of a class, or for the uses of a property."""
    name = short_name(iri, site)
    if is_class:
        text = f"SELECT ?thing ?label\nWHERE {{\n  ?thing a {name} ;\n    rdfs:label ?label .\n}}"
    else:
        text = f"SELECT ?thing ?value\nWHERE {{\n  ?thing {name} ?value .\n}}"
    query = f"{text}\nORDER BY ?thing\nLIMIT 50"
    return f"{site.root}/sparql?{urlencode({'query': query})}"


async def _load(site: Site, topic: str, *terms: str) -> Details:
    return Details(await _examples(site, terms), await _rules(site, terms))


async def _examples(site: Site, terms: Sequence[str]) -> dict[str, Example]:
    found = (await rows(site, "examples", these=terms)).rows
    things = {iri_of(row["term"]): row["example"] for row in found}
    valued = await rows(
        site, "example-values", things=sorted(set(map(iri_of, things.values())) - {""}),
        properties=terms,
    )  # fmt: skip
    labels = await load_labels(site, [*things.values(), *(row["value"] for row in valued.rows)])
    values: dict[tuple[str, str], list[TermView]] = {}
    for row in valued.rows:
        key = iri_of(row["thing"]), iri_of(row["property"])
        values.setdefault(key, []).append(labels.show(row["value"]))
    return {
        term: Example(labels.show(thing), shown[:_MOST], max(0, len(shown) - _MOST))
        for term, thing in things.items()
        for shown in (values.get((iri_of(thing), term), []),)
    }


async def _rules(site: Site, terms: Sequence[str]) -> dict[str, list[TermView]]:
    pages = {shape: topic.rules for topic in await load_topics(site) for shape in topic.shapes}
    found: dict[str, list[TermView]] = {}
    for row in (await rows(site, "constraints", these=terms)).rows:
        shape = iri_of(row["shape"])
        href = f"{site.root}{pages.get(shape, RULES)}#{local_name(shape)}"
        text = text_of(row["message"]) or text_of(row["name"])
        found.setdefault(iri_of(row["term"]), []).append(TermView(text, href, shape))
    return found
