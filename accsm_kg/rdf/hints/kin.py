"""Properties of the same meaning: by alignments, by families of vocabularies, by their names."""

import re
from collections.abc import Iterable

from accsm_kg.rdf.hints.facts import Asking, Facts, answer
from accsm_kg.rdf.terms import RDFS, local_name

_DCTERMS, _FOAF = "http://purl.org/dc/terms/", "http://xmlns.com/foaf/0.1/"
_OWL = "http://www.w3.org/2002/07/owl#"
_PROV = "http://www.w3.org/ns/prov#"
_SCHEMA, _SKOS = "http://schema.org/", "http://www.w3.org/2004/02/skos/core#"
#: The properties of names, best first.
NAMES = (
    f"{_SKOS}prefLabel", f"{RDFS}label", f"{_DCTERMS}title", f"{_SCHEMA}name", f"{_FOAF}name",
    f"{_SKOS}altLabel",
)  # fmt: skip
#: Properties that almost anything may have, best first.
_GENERIC = (
    NAMES,
    (f"{_SKOS}definition", f"{_DCTERMS}description", f"{RDFS}comment", f"{_SCHEMA}description",
     f"{_SCHEMA}text"),
    (f"{_DCTERMS}date", f"{_DCTERMS}issued", f"{_SCHEMA}startDate", f"{_SCHEMA}endDate",
     f"{_SCHEMA}datePublished", f"{_SCHEMA}temporalCoverage"),
)  # fmt: skip
_FAMILIES = (*_GENERIC, (f"{_DCTERMS}source", f"{_PROV}wasDerivedFrom", f"{_PROV}hadPrimarySource"))
#: Links to other data; those of one set are equals.
_LINKS = (
    frozenset({f"{_OWL}sameAs", f"{_SCHEMA}sameAs"}),
    frozenset({f"{_SKOS}exactMatch", f"{_SKOS}closeMatch", f"{_SKOS}relatedMatch"}),
)
_EMPTY = {"as", "for", "has", "in", "is", "on", "to"}
_TURNING = {"by", "of"}  # words that turn a property round
_MAX_NAME = 80  # characters of a name that are read
_WORD = re.compile(r"[A-Z]?[a-z]++|[A-Z]++(?![a-z])|\d++")


def is_generic(property: str) -> bool:
    """Return whether ``property`` is a name, a text or a date."""
    return any(property in family for family in _GENERIC)


def kin(facts: Facts, property: str) -> Asking[list[frozenset[str]]]:
    """Return the properties of the same meaning as ``property``, those in one set being equals."""
    pairs = yield from answer(facts, "kin")
    aligned: dict[str, set[str]] = {}
    for one, other in pairs:
        aligned.setdefault(one, set()).add(other)
        aligned.setdefault(other, set()).add(one)
    family = [iri for each in _FAMILIES if property in each for iri in each if iri != property]
    found = [aligned.get(property, set()), *({iri} for iri in family)]
    found.append({other for iri in family for other in aligned.get(iri, ())} - {property})
    found += _links(property)
    return [frozenset(equals) for equals in found if equals]


def _links(property: str) -> list[set[str]]:
    """Return the links to other data if ``property`` is one, those of its own set first."""
    if not any(property in equals for equals in _LINKS):
        return []
    ordered = sorted(_LINKS, key=lambda equals: property not in equals)
    return [{*equals} - {property} for equals in ordered]


def namesakes(facts: Facts, iri: str) -> list[str]:
    """Return the IRIs with the local name of ``iri`` in other known namespaces."""
    local = local_name(iri)
    return [space + local for space in facts.known if local and space + local != iri]


def words(iri: str) -> frozenset[str]:
    """Return the words of a local name such as hasBudgetStatement that say something."""
    name = re.split(r"[/#]", iri)[-1][:_MAX_NAME]
    return frozenset(word.lower() for word in _WORD.findall(name)) - _EMPTY


def similar(property: str, others: Iterable[str]) -> list[str]:
    """Return those of ``others`` whose names have all words of the name of ``property``."""
    own = words(property)
    return [
        iri
        for iri in others
        if iri != property and own and own <= (its := words(iri)) and not (its - own) & _TURNING
    ]


def nearest(property: str, others: Iterable[str]) -> list[str]:
    """Return those of ``others`` that share a word with ``property``, or all: two at most."""
    rest = [iri for iri in others if iri != property]
    own = words(property) - _TURNING
    return ([iri for iri in rest if own & words(iri)] or rest)[:2]
