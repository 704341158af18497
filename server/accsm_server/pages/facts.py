"""Turn a resource into the answers from which its page is made."""

from collections import defaultdict
from dataclasses import dataclass

from pyoxigraph import NamedNode

from accsm_kg.rdf.terms import Term
from accsm_server.engine.interface import Table
from accsm_server.pages.queries import PAGE, Site, rows, words

#: Properties whose values are codes, so that the page adds what they say.
_GLOSSED = ("supportsMeasure", "alsoSupports", "hasMeasure", "hasActionLine")


@dataclass(frozen=True)
class Facts:
    """The answers from which a description is made."""

    statements: Table
    evidence: Table
    issues: Table
    counts: Table
    subjects: dict[str, list[Term]]
    """The first subjects that refer to the resource, by property."""
    definitions: dict[str, str]

    def terms(self) -> list[Term | None]:
        """Return every term that may be shown."""
        tables = (self.statements, self.evidence, self.issues, self.counts)
        told = [term for table in tables for row in table.rows for term in row]
        return told + [term for subjects in self.subjects.values() for term in subjects]


async def find(site: Site, iri: str) -> Facts:
    """Return the facts about ``iri``."""
    statements = await rows(site, "statements", this=iri)
    glossed = {site.prefixes["accsm"] + name for name in _GLOSSED}
    return Facts(
        statements,
        await rows(site, "evidence", this=iri),
        await rows(site, "issues", this=iri),
        await rows(site, "incoming-counts", this=iri),
        _first(await rows(site, "incoming-first", this=iri)),
        await words(site, "definitions", _objects(statements, glossed)),
    )


def _first(incoming: Table) -> dict[str, list[Term]]:
    subjects: dict[str, list[Term]] = defaultdict(list)
    for about, subject in (row for row in incoming.rows):
        if isinstance(about, NamedNode) and subject is not None:
            subjects[about.value].append(subject)
    return {about: found[:PAGE] for about, found in subjects.items()}


def _objects(statements: Table, properties: set[str]) -> set[str]:
    return {
        value.value
        for about, value, _ in (row for row in statements.rows)
        if isinstance(about, NamedNode) and isinstance(value, NamedNode)
        if about.value in properties
    }
