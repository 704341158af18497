"""The terms of an ontology, with what it says of them and how often the data use them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accsm_kg.namespaces import ONTOLOGY
from accsm_kg.rdf.terms import TYPE, Term, expand, local_name, natural
from accsm_server.engine.interface import Table
from accsm_server.pages.browse import class_counts, members_address
from accsm_server.pages.dataset_description import property_counts
from accsm_server.pages.property_uses import Use, load_uses
from accsm_server.pages.queries import Site, rows
from accsm_server.pages.terms import (
    Labels,
    TermView,
    by_text,
    iri_of,
    load_labels,
    short_name,
    text_of,
)
from accsm_server.pages.topics import VOCABULARY, load_topics

#: The values of a term of the ontology, by property IRI.
Facts = Mapping[str, list[Term]]


@dataclass(frozen=True)
class TermEntry:
    """A class, property or datatype of an ontology; ``section`` is the title of its kind."""

    id: str
    iri: str
    section: str
    label: str
    href: str
    """Where its definition is shown."""
    definition: str
    notes: list[str]
    domain: list[TermView]
    range: list[TermView]
    inverse: list[TermView]
    is_inverse: bool
    """Whether the property that it is the inverse of says so, and it does not."""
    above: list[str]
    """The IRIs of its superclasses."""
    facts: list[tuple[str, list[TermView]]]
    count: int
    """The number of its members, or of triples with it."""
    members: str
    """The address of the list of the members of a class, empty for others."""
    uses: list[Use]
    is_deprecated: bool


@dataclass(frozen=True)
class OtherProperty:
    """A property of another vocabulary, and the classes whose things have it."""

    name: str
    property: TermView
    uses: list[Use]


@dataclass(frozen=True)
class Header:
    """What an ontology says of itself: its version, its date, and the version before it."""

    version: str
    issued: str
    prior: TermView
    description: str


@dataclass(frozen=True)
class Vocabulary:
    """An ontology: its terms by IRI, section by section, and the properties of others in use."""

    header: Header
    entries: Mapping[str, TermEntry]
    others: Sequence[OtherProperty]


async def load_vocabulary(site: Site, graph: str) -> Vocabulary:
    """Return the ontology in a graph; one that is not the current has no uses."""
    return await site.load_links(_load, graph)


async def _load(site: Site, graph: str) -> Vocabulary:
    terms = _facts(await rows(site, "terms", graph=graph))
    is_current = graph == site.base + ONTOLOGY
    counts = await class_counts(site) if is_current else {}
    uses = await load_uses(site, counts, _superclasses(terms, site)) if is_current else {}
    triples = await property_counts(site) if is_current else {}
    pages = await _pages(site, terms) if is_current else {}
    values = [term for facts in terms.values() for found in facts.values() for term in found]
    labels = await load_labels(site, values, *terms, *uses)
    describe = _Describer(labels, terms, pages, _inverses(terms, site))
    return Vocabulary(
        header=await load_header(site, graph),
        entries={
            iri: describe.entry(iri, title, counts.get(iri, triples.get(iri, 0)), uses.get(iri, []))
            for title, kind in site.profile.ontology.sections.items()
            for iri in _of_type(terms, kind)
        },
        others=_other_properties(labels, terms, uses),
    )


async def load_header(site: Site, graph: str) -> Header:
    """Return what the ontology in a graph says of itself, empty where it says nothing."""
    found = await rows(site, "ontology-header", graph=graph)
    values = {iri_of(row["property"]): row["value"] for row in found.rows}
    version, issued, prior, description = (
        values.get(expand(name, site.prefixes))
        for name in (
            "owl:versionInfo", "dcterms:issued", "owl:priorVersion", "dcterms:description",
        )
    )  # fmt: skip
    texts = {iri_of(prior): local_name(iri_of(prior))}
    labels = Labels(site, await site.addresses(), texts)
    return Header(
        text_of(version), labels.show(issued).text, labels.show(prior), text_of(description)
    )


def at_page(shown: TermView, pages: Mapping[str, str], site: Site) -> TermView:
    """Return a term with a link to the page that has its definition, if one of ``pages`` does."""
    if shown.iri not in pages:
        return shown
    href = f"{site.root}{pages[shown.iri]}#{local_name(shown.iri)}"
    return TermView(shown.text, href, shown.iri)


async def _pages(site: Site, terms: Mapping[str, Facts]) -> dict[str, str]:
    """Return the path of the page with the definition of each of ``terms``."""
    pages = dict.fromkeys(terms, VOCABULARY)
    for topic in await load_topics(site):
        pages.update(dict.fromkeys(topic.terms, topic.vocabulary))
    return pages


def _superclasses(terms: Mapping[str, Facts], site: Site) -> dict[str, list[str]]:
    above = expand("rdfs:subClassOf", site.prefixes)
    return {iri: [iri_of(value) for value in facts.get(above, [])] for iri, facts in terms.items()}


def _inverses(terms: Mapping[str, Facts], site: Site) -> dict[str, list[str]]:
    """Return the inverse properties of each property, whichever of the two states it."""
    inverse, found = expand("owl:inverseOf", site.prefixes), defaultdict[str, list[str]](list)
    for iri, facts in terms.items():
        for other in map(iri_of, facts.get(inverse, [])):
            found[iri].append(other)
            found[other].append(iri)
    return {iri: sorted(set(others)) for iri, others in found.items()}


def _other_properties(
    labels: Labels, terms: Mapping[str, Facts], uses: Mapping[str, list[Use]]
) -> list[OtherProperty]:
    """Return the properties that are not among ``terms``, by name."""
    names = sorted((short_name(iri, labels.site), iri) for iri in uses if iri not in terms)
    return [OtherProperty(name, labels.iri(iri), uses[iri]) for name, iri in names]


def _facts(table: Table) -> dict[str, Facts]:
    terms: dict[str, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
    for row in table.rows:
        value = row["value"]
        if value is not None:
            terms[iri_of(row["term"])][iri_of(row["property"])].append(value)
    return {iri: dict(facts) for iri, facts in terms.items()}


def _of_type(terms: Mapping[str, Facts], kind: str) -> list[str]:
    found = (iri for iri, facts in terms.items() if kind in map(iri_of, facts.get(TYPE, [])))
    return sorted(found, key=natural)


@dataclass(frozen=True)
class _Describer:
    """What the entries of all terms need: labels, what is said, pages, and inverse properties."""

    labels: Labels
    terms: Mapping[str, Facts]
    pages: Mapping[str, str]
    inverses: Mapping[str, list[str]]

    def entry(self, iri: str, section: str, count: int, uses: list[Use]) -> TermEntry:
        """Return the entry of a term."""
        site, facts = self.labels.site, self.terms[iri]
        profile, prefixes = site.profile.ontology, site.prefixes
        is_class = TYPE in facts and expand("owl:Class", prefixes) in map(iri_of, facts[TYPE])
        named = {name: expand(name, prefixes) for name in ("rdfs:domain", "rdfs:range")}
        above = map(iri_of, facts.get(expand("rdfs:subClassOf", prefixes), []))
        definition = facts.get(expand("skos:definition", prefixes), [])
        return TermEntry(
            id=local_name(iri),
            iri=iri,
            section=section,
            label=self.labels.iri(iri).text,
            href=self._shown(self.labels.iri(iri)).href,
            definition=" ".join(map(text_of, definition)),
            notes=[text_of(value) for note in profile.notes for value in facts.get(note, [])],
            domain=self._views(facts.get(named["rdfs:domain"], [])),
            range=self._views(facts.get(named["rdfs:range"], [])),
            inverse=[self._shown(self.labels.iri(one)) for one in self.inverses.get(iri, [])],
            is_inverse=iri in self.inverses
            and expand("owl:inverseOf", self.labels.site.prefixes) not in facts,
            above=list(filter(None, above)),
            facts=[
                (self.labels.iri(fact).text, self._views(values))
                for fact in profile.facts
                if (values := facts.get(fact, []))
            ],
            count=count,
            members=members_address(site, iri) if is_class else "",
            uses=[self._use(use) for use in uses],
            is_deprecated=expand("owl:deprecated", prefixes) in facts,
        )

    def _views(self, terms: Sequence[Term]) -> list[TermView]:
        return sorted((self._shown(self.labels.show(term)) for term in terms), key=by_text)

    def _use(self, use: Use) -> Use:
        return Use(self._shown(use.kind), use.count, use.total)

    def _shown(self, shown: TermView) -> TermView:
        return at_page(shown, self.pages, self.labels.site)
