"""The page about one resource: statements, issues, and what refers to it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from accsm_kg.namespaces import INFERRED
from accsm_kg.rdf.terms import Term, expand, iris, local_name
from accsm_server.engine.interface import Table
from accsm_server.pages.queries import Site, rows, words
from accsm_server.pages.statements import (
    Row,
    Statements,
    partition,
    read_evidence,
    read_statements,
    split_computed,
    table_rows,
)
from accsm_server.pages.terms import (
    Names,
    Shown,
    by_text,
    iri_of,
    load_names,
    text_of,
)
from accsm_server.sparql.queries import PAGE

_QUERIES = ("statements", "evidence", "issues", "incoming-counts", "incoming-first")
#: The first resources that refer to a resource, by property.
Referrers = Mapping[str, Sequence[Term]]


@dataclass(frozen=True)
class Issue:
    """What is unclear in the record and how it was read: its values by local name."""

    record: Shown
    facts: Mapping[str, list[Shown]]

    @property
    def certain(self) -> bool:
        """Return whether the reading is certain."""
        return [value.text for value in self.facts.get("confidence", [])] == ["certain"]


@dataclass(frozen=True)
class Group:
    """The resources that refer to this one by one property."""

    property: Shown
    count: int
    stated: int
    """How many of them do so by a statement that is not only computed."""
    subjects: list[Shown]
    """The first of them."""
    rest: int
    """How many of them are not listed."""


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
    incoming: list[Group]
    incoming_computed: list[Group]


async def describe(site: Site, iri: str) -> Description:
    """Return what the page about ``iri`` shows."""
    answers = {name: await rows(site, name, this=iri) for name in _QUERIES}
    referrers = _referrers(answers.pop("incoming-first"))
    found = chain.from_iterable(answer.rows for answer in answers.values())
    names = await load_names(site, chain(*found, *referrers.values()), iri)
    statements = read_statements(answers["statements"])
    definitions = await words(site, "definitions", _codes(statements, site))
    evidence = read_evidence(answers["evidence"], names)
    sections = _sections(statements, site)
    shown = _iris(sections["stated"]) | _iris(sections["printed"])
    groups = _groups(answers["incoming-counts"], referrers, names)
    return Description(
        iri=iri,
        title=names.iri(iri).text,
        kinds=_kinds(statements, names),
        issues=_issues(answers["issues"], names),
        **{name: table_rows(part, names, evidence, definitions) for name, part in sections.items()},
        incoming=[group for group in groups if _is_news(group, shown, site)],
        incoming_computed=[group for group in groups if not _is_news(group, shown, site)],
    )


def _referrers(incoming: Table) -> Referrers:
    subjects: dict[str, list[Term]] = defaultdict(list)
    for row in incoming.rows:
        about, subject = iri_of(row["property"]), row["subject"]
        if about and subject is not None and len(subjects[about]) < PAGE:
            subjects[about].append(subject)
    return subjects


def _codes(statements: Statements, site: Site) -> set[str]:
    """Return the IRIs of the values that are shown with their definitions."""
    return _iris(partition(statements, site.profile.resource.defined)[0])


def _iris(statements: Statements) -> set[str]:
    return iris(chain.from_iterable(statements.values()))


def _sections(statements: Statements, site: Site) -> dict[str, Statements]:
    """Return the statements by the section of the page that shows them."""
    profile = site.profile.resource
    records, others = partition(statements, profile.records)
    stated, computed = split_computed(partition(others, profile.hidden)[1], site.base + INFERRED)
    printed, rest = partition(stated, profile.printed)
    if len(printed) < 2:
        printed, rest = {}, stated
    return {"stated": rest, "printed": printed, "computed": computed, "records": records}


def _kinds(statements: Statements, names: Names) -> list[Shown]:
    """Return the stated types, or the computed ones where none is stated."""
    types = statements.get(expand("rdf:type", names.site.prefixes), {})
    inferred = {names.site.base + INFERRED}
    stated = [kind for kind, graphs in types.items() if graphs != inferred]
    return sorted(map(names.show, stated or types), key=lambda kind: kind.text)


def _issues(table: Table, names: Names) -> list[Issue]:
    facts: dict[str, dict[str, list[Shown]]] = defaultdict(lambda: defaultdict(list))
    for row in table.rows:
        issue, about = iri_of(row["issue"]), iri_of(row["property"])
        if issue and about:
            facts[issue][local_name(about)].append(names.show(row["value"]))
    issues = [Issue(names.iri(iri), found) for iri, found in facts.items()]
    return sorted(issues, key=lambda issue: issue.certain)


def _groups(counts: Table, referrers: Referrers, names: Names) -> list[Group]:
    groups = []
    for row in counts.rows:
        if about := iri_of(row["property"]):
            subjects = [names.show(subject) for subject in referrers.get(about, ())]
            count, stated = int(text_of(row["count"])), int(text_of(row["stated"]))
            groups.append(Group(names.iri(about), count, stated, subjects, count - len(subjects)))
    return sorted(groups, key=lambda group: by_text(group.property))


def _is_news(group: Group, shown: set[str], site: Site) -> bool:
    """Return whether somebody states what refers to this, and it is not ``shown`` above."""
    if site.profile.resource.back_links.fullmatch(group.property.iri) or not group.stated:
        return False
    return any(subject.iri not in shown for subject in group.subjects)
