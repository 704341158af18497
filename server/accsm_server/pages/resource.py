"""Turn what the graph says of one resource into the records its page shows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from pyoxigraph import Literal, NamedNode, QuerySolution
from starlette.requests import Request

from accsm_kg.namespaces import INFERRED
from accsm_kg.rdf.terms import Term, natural
from accsm_server.pages import render
from accsm_server.pages.facts import Facts, find
from accsm_server.pages.graphs import graph_name
from accsm_server.pages.queries import Site
from accsm_server.pages.records import Description, Evidence, Group, Issue, Row, Value
from accsm_server.pages.terms import Names, Shown

T = TypeVar("T")

#: Shown first, in this order; the rest follows by name.
_FIRST = (
    "skos:notation", "accsm:projectNumber", "dcterms:title", "accsm:verbatim", "accsm:locator",
    "dcterms:source", "skos:definition", "dcterms:description",
    "accsm:inWorkPlan", "accsm:supportsMeasure", "accsm:alsoSupports", "accsm:citesKRA",
    "accsm:addressesPriorityArea", "accsm:addressesThematicArea", "accsm:countryCoordinator",
    "accsm:potentialPartner", "accsm:hasOccurrence", "accsm:hasRecurrence",
    "accsm:hasBudgetStatement",
)  # fmt: skip
#: Shown elsewhere on the page.
_ELSEWHERE = ("rdf:type", "rdfs:label", "skos:prefLabel", "accsm:hasIssue")
_RECORDS = ("accsm:hasEvidence", "accsm:hasSupportLink")
_LINKS = ("accsm:aboutResource", "accsm:supportTarget", "accsm:supportLinkOf")
_PRINTED = "accsm:verbatim"
_PRINTED_TITLE = "accsm:printedTitle"


async def describe(request: Request, iri: str) -> Description:
    """Return the description of ``iri``."""
    site = render.site_of(request)
    facts = await find(site, iri)
    names = await render.names(request, facts.terms(), iri)
    return _Page(site, names, iri, facts).describe()


class _Page:
    """The making of one description."""

    def __init__(self, site: Site, names: Names, iri: str, found: Facts) -> None:
        self.site, self.names, self.iri, self.found = site, names, iri, found
        self.inferred = site.base + INFERRED
        self.by_property: dict[str, list[Evidence]] = defaultdict(list)
        self.by_value: dict[str, list[Evidence]] = defaultdict(list)
        self.of_all: list[Evidence] = []
        for row in found.evidence.rows:
            self._file(row)

    def _iris(self, *curies: str) -> list[str]:
        return [self.names.expand(curie) for curie in curies]

    def _file(self, row: QuerySolution) -> None:
        """Put a piece of evidence where it belongs: by property, by value, or by neither."""
        piece = Evidence(
            _text(row["words"]), _text(row["locator"]),
            self.names.show(row["evidence"]), self.names.show(row["source"]),
        )  # fmt: skip
        about, value = row["property"], row["value"]
        if isinstance(about, NamedNode):
            shelf = self.by_property[about.value]
        else:
            shelf = self.by_value[str(value)] if value is not None else self.of_all
        if piece not in shelf:
            shelf.append(piece)

    def describe(self) -> Description:
        """Return the finished description."""
        said = self._statements()
        elsewhere, records = self._iris(*_ELSEWHERE), self._iris(*_RECORDS)
        main = {p: v for p, v in said.items() if p not in (*elsewhere, *records)}
        stated, computed = self._split(main)
        printed = self._printed(stated)
        shown = {str(value)[1:-1] for values in stated.values() for value in values}
        incoming = self._incoming(shown)
        return Description(
            iri=self.iri,
            title=self.names.iri(self.iri).text,
            kinds=self._kinds(said),
            issues=self._issues(),
            stated=self._rows({p: v for p, v in stated.items() if p not in printed}),
            printed=self._rows(printed),
            computed=self._rows(computed),
            records=self._rows({p: said[p] for p in records if p in said}),
            evidence=[] if self.by_property else self.of_all,
            incoming=[group for group, news in incoming if news],
            incoming_computed=[group for group, news in incoming if not news],
        )

    def _statements(self) -> dict[str, dict[Term, set[str]]]:
        said: dict[str, dict[Term, set[str]]] = defaultdict(lambda: defaultdict(set))
        for row in self.found.statements.rows:
            about, value, graph = row["property"], row["value"], row["graph"]
            if isinstance(about, NamedNode) and value is not None:
                graphs = said[about.value][value]
                if isinstance(graph, NamedNode):
                    graphs.add(graph.value)
        return said

    def _split(
        self, said: dict[str, dict[Term, set[str]]]
    ) -> tuple[dict[str, dict[Term, set[str]]], dict[str, dict[Term, set[str]]]]:
        """Return what somebody states and what is only computed."""
        stated: dict[str, dict[Term, set[str]]] = defaultdict(dict)
        computed: dict[str, dict[Term, set[str]]] = defaultdict(dict)
        for about, values in said.items():
            for value, graphs in values.items():
                where = computed if graphs == {self.inferred} else stated
                where[about][value] = graphs
        return stated, computed

    def _printed(self, said: dict[str, dict[Term, set[str]]]) -> dict[str, dict[Term, set[str]]]:
        """Return what repeats the source, if the resource has several such statements."""
        start, title = self._iris(_PRINTED, _PRINTED_TITLE)
        found = {p: v for p, v in said.items() if p.startswith(start) or p == title}
        return found if len(found) > 1 else {}

    def _kinds(self, said: dict[str, dict[Term, set[str]]]) -> list[Shown]:
        kinds = said.get(self.names.expand("rdf:type"), {})
        direct = [kind for kind, graphs in kinds.items() if graphs != {self.inferred}]
        return sorted(map(self.names.show, direct or kinds), key=lambda kind: kind.text)

    def _rows(self, said: Mapping[str, Mapping[Term, set[str]]]) -> list[Row]:
        first = self._iris(*_FIRST)

        def order(row: Row) -> tuple[int, bool, list[tuple[int, str]]]:
            iri = row.property.iri
            place = first.index(iri) if iri in first else len(first)
            return place, iri.endswith("Status"), natural(row.property.text)

        return sorted((self._row(about, values) for about, values in said.items()), key=order)

    def _row(self, about: str, said: Mapping[Term, set[str]]) -> Row:
        values = [
            Value(self.names.show(term), self._graphs(graphs), tuple(self.by_value[str(term)]))
            for term, graphs in said.items()
        ]
        values.sort(key=lambda value: natural(value.shown.text))
        graphs = _same(value.graphs for value in values)
        shared = _same(value.evidence for value in values)
        evidence = tuple(dict.fromkeys((*self.by_property[about], *(shared or ()))))
        return Row(
            self.names.iri(about),
            [
                replace(
                    value,
                    graphs=() if graphs is not None else value.graphs,
                    evidence=() if shared is not None else value.evidence,
                    gloss=self.found.definitions.get(value.shown.iri, ""),
                )
                for value in values
            ],
            graphs or (),
            evidence,
        )

    def _graphs(self, graphs: Iterable[str]) -> tuple[Shown, ...]:
        return tuple(graph_name(self.names, graph) for graph in sorted(graphs))

    def _issues(self) -> list[Issue]:
        facts: dict[str, dict[str, list[Shown]]] = defaultdict(lambda: defaultdict(list))
        for row in self.found.issues.rows:
            issue, about, value = row["issue"], row["property"], row["value"]
            if isinstance(issue, NamedNode) and isinstance(about, NamedNode):
                local = about.value.rpartition("#")[2].rpartition("/")[2]
                facts[issue.value][local].append(self.names.show(value))
        issues = [Issue(self.names.iri(iri), said) for iri, said in facts.items()]
        return sorted(issues, key=lambda issue: issue.certain)

    def _incoming(self, shown: set[str]) -> list[tuple[Group, bool]]:
        """Return who refers to this, and whether that is news: stated and not shown above."""
        groups = []
        links = self._iris(*_LINKS)
        for row in self.found.counts.rows:
            about, count, stated = row["property"], row["count"], row["stated"]
            if not isinstance(about, NamedNode):
                continue
            subjects = [self.names.show(s) for s in self.found.subjects.get(about.value, [])]
            number = int(_text(count))
            group = Group(self.names.iri(about.value), number, subjects, number - len(subjects))
            news = about.value not in links and any(s.iri not in shown for s in subjects)
            groups.append((group, news and int(_text(stated)) > 0))
        return sorted(groups, key=lambda pair: natural(pair[0].property.text))


def _same(items: Iterable[T]) -> T | None:
    distinct = set(items)
    return distinct.pop() if len(distinct) == 1 else None


def _text(term: Term | None) -> str:
    return term.value if isinstance(term, Literal | NamedNode) else ""
