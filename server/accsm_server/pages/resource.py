"""The page about one resource: its statements, issues and referrers."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from pyoxigraph import BlankNode, NamedNode

from accsm_kg.lookups import Ask
from accsm_kg.namespaces import INFERRED
from accsm_kg.rdf.terms import TYPE, Term, iris, local_name
from accsm_server.engine.interface import Table
from accsm_server.pages.addresses import describing
from accsm_server.pages.blocks import Answers, Block, ask_blocks, draw
from accsm_server.pages.browse import members_address
from accsm_server.pages.nodes import Statements, load_nodes
from accsm_server.pages.profile import PageProfile, Properties, is_block
from accsm_server.pages.queries import (
    Site,
    first_of,
    first_texts,
    load_texts,
    rows,
    subjects_by_property,
)
from accsm_server.pages.reading import Reading, anchor, read
from accsm_server.pages.statements import (
    Describer,
    Referrer,
    Row,
    Value,
    backed,
    first_values,
    partition,
    placed,
    read_evidence,
    read_statements,
    split_computed,
)
from accsm_server.pages.terms import (
    Labels,
    TermView,
    by_text,
    first_text,
    iri_of,
    load_labels,
    plural,
    short_name,
    text_of,
)

_QUERIES = ("statements", "evidence", "issues")
_MOST_OTHERS = 1000


@dataclass(frozen=True)
class Referrers:
    """The referrers of a resource by one property."""

    count: int
    first: Sequence[Term]
    is_stated: bool
    """Whether some of them are so by a statement that is not only computed."""


@dataclass(frozen=True)
class Issue:
    """A curation issue, with its values by local name of the property."""

    record: TermView
    facts: Mapping[str, list[TermView]]

    @property
    def certain(self) -> bool:
        """Return whether the resolution is certain."""
        return [value.text for value in self.facts.get("confidence", [])] == ["certain"]

    def is_minor(self, kinds: Properties) -> bool:
        """Return whether the resolution is certain and the defect of one of the minor ``kinds``."""
        defects = self.facts.get("defectType", [])
        return self.certain and any(kinds.fullmatch(defect.iri) for defect in defects)


@dataclass(frozen=True)
class Group:
    """The referrers of a resource by one property."""

    property: TermView
    count: int
    is_stated: bool
    """Whether some refer to it by a statement that is not only computed."""
    subjects: list[Referrer]
    """The first referrers."""
    rest: int
    """The number of referrers that are not in ``subjects``."""


@dataclass(frozen=True)
class Opening:
    """What the profile of its class lets the page about a resource begin with."""

    title: str
    lead: Row | None
    """The text that opens the page, if the profile names its property."""
    listed: TermView | None
    """The list of the things that its page is one of, if none of its types leads there."""
    up: Sequence[TermView]
    """The things above it, the uppermost first."""
    key: str
    """What the trace of it is called in its address; empty if it is not traced."""
    facts: Sequence[Row]
    text: Reading | None
    """The text of a document, if any of its parts is held."""
    place: str
    """The address of a part in the text of its document."""
    blocks: Sequence[Block]
    asked: Sequence[Ask | str]
    """The queries of the page."""
    template: str


@dataclass(frozen=True)
class Description(Opening):
    """The content of the page about a resource."""

    iri: str
    name: str
    """The IRI as it can be pasted into a query."""
    types: list[TermView]
    """Its classes, with links to the lists of their members."""
    flags: Mapping[str, int]
    """The numbers of the issues that are about a property, by its IRI, from 1."""
    uses: Mapping[str, int]
    """How many statements have it as property, are in the graph of this name, and refer to it in
    any graph, if it has no statements or no referrers of its own."""
    others: list[tuple[str, TermView]]
    """The first other things of the same address, with the fragment of their IRI."""
    rest: int
    """The number of other things that are not in ``others``."""
    is_cut: bool
    """Whether the page leaves out statements about blank nodes."""
    issues: list[Issue]
    """Issues that change what a reader would conclude."""
    minor_issues: list[Issue]
    stated: list[Row]
    printed: list[Row]
    computed: list[Row]
    records: list[Row]
    incoming: list[Group]
    incoming_computed: list[Group]


async def describe(
    site: Site, iri: str, others: Sequence[str] = (), topic: str = "", find: str = ""
) -> Description:
    """Return the content of the page about ``iri``, which has its address with ``others``.

    Blocks with topics show only that named ``topic``, if it is given. In the text of a
    document, the words ``find`` are marked. A source is shown without referrers, as its
    passages are shown in another way.
    """
    is_source = iri in site.contents.reliability
    referrers, tables = await asyncio.gather(
        _load_referrers(site, iri, is_source=is_source),
        asyncio.gather(*(rows(site, name, this=iri) for name in _QUERIES)),
    )
    answers = dict(zip(_QUERIES, tables, strict=True))
    statements, rest = first_values(read_statements(answers.pop("statements")))
    found = [*chain.from_iterable(answer.rows for answer in answers.values())]
    terms = [*_terms(statements), *chain(*found, *(group.first for group in referrers.values()))]
    nodes, shown_others = await load_nodes(site, terms), others[:_MOST_OTHERS]
    labels = await load_labels(site, chain(terms, nodes.terms), iri, *shown_others, *referrers)
    definitions = await load_texts(site, "definitions", _defined_values(statements, site))
    evidence = read_evidence(answers["evidence"], labels)
    sections = _sections(statements, site)
    shown = _iris(sections["stated"]) | _iris(sections["printed"])
    describer = Describer(labels, nodes, evidence, definitions, rest)
    opening = await _open(site, iri, statements, describer, topic, find)
    order = opening.text.places if opening.text else {}
    parts = {name: _in_order(describer.rows(part), order) for name, part in sections.items()}
    groups = await _load_groups(iri, referrers, describer, order)
    issues, minor = _issues(answers["issues"], labels)
    return Description(
        **vars(opening),
        iri=iri,
        name=short_name(iri, site),
        types=_types(statements, labels),
        flags=_flags(issues),
        uses={} if statements and (groups or is_source) else await _uses(site, iri),
        others=[(other.partition("#")[2], _precise(other, labels)) for other in shown_others],
        rest=len(others) - len(shown_others),
        is_cut=nodes.is_cut,
        issues=issues,
        minor_issues=minor,
        stated=parts["stated"],
        printed=parts["printed"],
        computed=parts["computed"],
        records=parts["records"],
        incoming=[group for group in groups if _adds_information(group, shown, site)],
        incoming_computed=[group for group in groups if not _adds_information(group, shown, site)],
    )


async def _open(
    site: Site, iri: str, statements: Statements, describer: Describer, topic: str, find: str
) -> Opening:
    page, labels = _page(statements, site), describer.labels
    asked = await ask_blocks(site, page.queries, iri, topic)
    facts = _facts(statements, page, describer, asked)
    texts = (site.queries.text(name, this=iri) for name in ("statements", "evidence"))
    blocks = asked.blocks(page.blocks, describer.quotations)
    blocks = [await draw(site, block, iri) for block in blocks]
    drawn = chain.from_iterable(block.picture.asked for block in blocks if block.picture)
    up = [*_up(page, statements, describer, asked)]
    is_in_text = page.is_part and up and up[0].iri not in site.contents.reliability
    return Opening(
        title=_title(page, labels.iri(iri).text, statements),
        lead=next((row for row in facts if row.property.iri == page.lead), None),
        listed=_listed(page, statements, labels),
        up=up,
        key=iri.removeprefix(f"{site.base}id/") if page.is_traced else "",
        facts=[row for row in facts if row.property.iri != page.lead],
        text=read(iri, page.text, asked, describer.quotations, find),
        place=f"{up[0].href}#{anchor(iri, up[0].iri)}" if is_in_text else "",
        blocks=blocks,
        asked=[*asked.asked.values(), *drawn, *texts],
        template=page.template,
    )


def _listed(page: PageProfile, statements: Statements, labels: Labels) -> TermView | None:
    site, path = labels.site, page.list.partition("?")[0]
    linked = {kind.href.partition("?")[0] for kind in _types(statements, labels)}
    if not path or site.root + path in linked:
        return None
    return TermView(site.profile.lists[path].title, site.root + path)


def _up(
    page: PageProfile, statements: Statements, describer: Describer, asked: Answers
) -> Iterator[TermView]:
    """Yield what is above a thing: the values of properties, and the lines of blocks."""
    for name in page.up:
        if is_block(name):
            block = asked.block(name, describer.quotations)
            yield from (line.cells[0][0] for line in block.lines)
        else:
            yield from map(describer.labels.iri, iris(statements.get(name, {})))


def _page(statements: Statements, site: Site) -> PageProfile:
    """Return the profile of the page of the first class of a thing that has one."""
    types = iris(statements.get(TYPE, {}))
    pages = site.profile.pages
    return next((page for kind, page in pages.items() if kind in types), PageProfile())


def _facts(
    statements: Statements, page: PageProfile, describer: Describer, asked: Answers
) -> list[Row]:
    """Return the rows that a profile names; where nothing is stated, the status says so."""
    found = []
    for fact in page.facts:
        row = asked.fact(fact.block, describer.quotations) if fact.block else None
        stated = next((name for name in (fact.property, fact.status) if name in statements), None)
        if row is None and stated:
            (row,) = describer.rows({stated: statements[stated]})
        elif row:
            words = describer.evidence.by_property.get(fact.property, ())
            if not any(value.evidence for value in row.values):
                row = replace(row, graphs=backed(row.graphs, words, describer.labels))
                if stated:
                    (same,) = describer.rows({stated: statements[stated]})
                    row = replace(row, evidence=same.evidence)
            row = replace(row, graphs=placed(row.graphs, words))
        elif fact.name in page.expected:
            row = Row(TermView(""), [Value(TermView("not stated"), ())], (), ())
        if row:
            shown = replace(describer.labels.iri(fact.property), text=fact.name)
            found.append(replace(row, property=shown))
    return found


def _title(page: PageProfile, label: str, statements: Statements) -> str:
    """Return the title of a page, which is the label if a value is missing."""
    values = {local_name(name): first_text(terms) for name, terms in statements.items()}
    try:
        return page.title.format_map(values | {"label": label})
    except KeyError:
        return label


def _flags(issues: Sequence[Issue]) -> dict[str, int]:
    """Return the first of the issues about each property, from 1."""
    flags: dict[str, int] = {}
    for number, issue in enumerate(issues, start=1):
        for property in issue.facts.get("aboutProperty", ()):
            flags.setdefault(property.iri, number)
    return flags


def _terms(statements: Statements) -> Iterator[Term]:
    for predicate, values in statements.items():
        yield NamedNode(predicate)
        yield from values
        yield from map(NamedNode, set().union(*values.values()))


async def _load_referrers(site: Site, iri: str, *, is_source: bool) -> dict[str, Referrers]:
    """Return the referrers of a resource by property, none of a source."""
    if is_source:
        return {}
    found, stated = await asyncio.gather(
        subjects_by_property(site, site.queries.text("referrers", this=iri)),
        rows(site, "stated", this=iri),
    )
    properties = {iri_of(row["property"]) for row in stated.rows}
    return {
        name: Referrers(len(subjects), first_of(subjects), name in properties)
        for name, subjects in found.items()
    }


def _defined_values(statements: Statements, site: Site) -> set[str]:
    """Return the IRIs of values whose definitions are shown."""
    return _iris(partition(statements, site.profile.resource.defined)[0])


def _iris(statements: Statements) -> set[str]:
    return iris(chain.from_iterable(statements.values()))


def _sections(statements: Statements, site: Site) -> dict[str, Statements]:
    """Return the statements by section of the page."""
    profile = site.profile.resource
    records, others = partition(statements, profile.records)
    hidden, shown = partition(others, profile.hidden)
    unnamed = {predicate: _unnamed(values) for predicate, values in hidden.items()}
    shown = {**shown, **{predicate: values for predicate, values in unnamed.items() if values}}
    stated, computed = split_computed(shown, site.base + INFERRED)
    printed, rest = partition(stated, profile.printed)
    if len(printed) < 2:
        printed, rest = {}, stated
    return {"stated": rest, "printed": printed, "computed": computed, "records": records}


def _unnamed(values: Mapping[Term, set[str]]) -> dict[Term, set[str]]:
    """Return the values that are blank nodes, which no other part of the page shows."""
    return {term: graphs for term, graphs in values.items() if isinstance(term, BlankNode)}


def _types(statements: Statements, labels: Labels) -> list[TermView]:
    """Return the stated types, or the computed ones if there are none."""
    found = statements.get(TYPE, {})
    inferred = {labels.site.base + INFERRED}
    types = {kind: graphs for kind, graphs in found.items() if not isinstance(kind, BlankNode)}
    stated = [kind for kind, graphs in types.items() if graphs != inferred]
    listed = _page(statements, labels.site).list
    shown = [_kind(labels.show(kind), labels.site, listed) for kind in stated or types]
    return sorted(dict.fromkeys(shown), key=lambda shown: shown.text)


def _kind(shown: TermView, site: Site, listed: str) -> TermView:
    """Return a class with a link to the list of its members, if there is one.

    ``listed`` is the path of a list that has them among others.
    """
    own = shown.iri in site.contents.classes
    one = site.profile.lists.get(listed)
    if one and shown.iri not in one.classes:
        return TermView(one.title, site.root + listed)
    if path := listed or (members_address(site, shown.iri) if own else ""):
        return replace(shown, text=plural(shown.text).capitalize(), href=site.root + path)
    return shown


async def _uses(site: Site, iri: str) -> Mapping[str, int]:
    found = await rows(site, "uses", this=iri)
    return {name: int(text_of(found.rows[0][name])) for name in found.variables}


def _precise(iri: str, labels: Labels) -> TermView:
    """Return a link to the document about ``iri`` alone."""
    return replace(labels.iri(iri), href=labels.site.root + describing(iri))


def _issues(table: Table, labels: Labels) -> tuple[list[Issue], list[Issue]]:
    """Return the issues that matter, those without a certain reading first, and the minor ones."""
    facts: dict[Term, dict[str, list[TermView]]] = defaultdict(lambda: defaultdict(list))
    for row in table.rows:
        issue, predicate = row["issue"], iri_of(row["property"])
        if issue is not None and predicate:
            facts[issue][local_name(predicate)].append(labels.show(row["value"]))
    issues = [Issue(labels.show(issue), found) for issue, found in facts.items()]
    kinds = labels.site.profile.resource.minor
    major = [issue for issue in issues if not issue.is_minor(kinds)]
    minor = [issue for issue in issues if issue.is_minor(kinds)]
    return sorted(major, key=lambda issue: issue.certain), minor


async def load_headings(labels: Labels, properties: Iterable[str]) -> dict[str, TermView]:
    """Return for each property what heads the subjects of its statements about one value.

    It is the label of the inverse property, where the ontology has one.
    """
    texts = await labels.site.load(_load_inverse_labels)
    shown = map(labels.iri, properties)
    return {
        one.iri: replace(one, text=texts.get(one.iri, f"Whose “{one.text}” is this"))
        for one in shown
    }


def _in_order(rows: list[Row], places: Mapping[str, int]) -> list[Row]:
    """Return rows whose values, if they are parts of a text, are in the order of the text."""

    def place(value: Value) -> int:
        return places.get(value.shown.iri, 0)

    return [replace(row, values=sorted(row.values, key=place)) for row in rows]


async def _load_inverse_labels(site: Site) -> dict[str, str]:
    return first_texts(await rows(site, "inverse-labels"))


async def _load_groups(
    this: str,
    referrers: Mapping[str, Referrers],
    describer: Describer,
    places: Mapping[str, int],
) -> list[Group]:
    headings = await load_headings(describer.labels, sorted(referrers))
    groups = []
    for iri, heading in headings.items():
        found = referrers[iri]
        shown = [describer.referrer(subject, iri, this) for subject in found.first]
        rest = found.count - len(shown)
        if not rest:
            shown.sort(key=lambda one: (places.get(one.shown.iri, 0), by_text(one.shown)))
        groups.append(Group(heading, found.count, found.is_stated, shown, rest))
    return sorted(groups, key=lambda group: by_text(group.property))


def _adds_information(group: Group, shown: set[str], site: Site) -> bool:
    """Return whether ``group`` has stated referrers that are not ``shown`` above already."""
    if site.profile.resource.back_links.fullmatch(group.property.iri) or not group.is_stated:
        return False
    return any(subject.shown.iri not in shown for subject in group.subjects)
