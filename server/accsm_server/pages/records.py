"""Turn what the page of a resource shows into names: the records that its template reads."""

from collections.abc import Mapping
from dataclasses import dataclass

from accsm_server.pages.terms import Shown


@dataclass(frozen=True)
class Evidence:
    """Words of a source that justify a statement."""

    words: str
    locator: str
    record: Shown
    source: Shown


@dataclass(frozen=True)
class Value:
    """One thing that is said, with who says it."""

    shown: Shown
    graphs: tuple[Shown, ...]
    evidence: tuple[Evidence, ...]
    gloss: str = ""


@dataclass(frozen=True)
class Row:
    """All that is said by one property; what is the same for all values is said once."""

    property: Shown
    values: list[Value]
    graphs: tuple[Shown, ...]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class Group:
    """Resources that refer to this one by one property."""

    property: Shown
    count: int
    subjects: list[Shown]
    rest: int
    """How many of them are not listed."""


@dataclass(frozen=True)
class Issue:
    """What is unclear in the record and how it was read."""

    record: Shown
    facts: Mapping[str, list[Shown]]

    @property
    def certain(self) -> bool:
        """Return whether nobody need wonder."""
        return [value.text for value in self.facts.get("confidence", [])] == ["certain"]


@dataclass(frozen=True)
class Description:
    """Everything the page of a resource shows."""

    iri: str
    title: str
    kinds: list[Shown]
    issues: list[Issue]
    stated: list[Row]
    printed: list[Row]
    computed: list[Row]
    records: list[Row]
    evidence: list[Evidence]
    incoming: list[Group]
    incoming_computed: list[Group]
