"""Turn the ontology and the shapes into pages that list what they define."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, QuerySolution
from starlette.requests import Request
from starlette.responses import Response

from accsm_kg.rdf.terms import Term, natural
from accsm_server.pages import render
from accsm_server.pages.queries import rows
from accsm_server.pages.terms import Names, Shown

_KINDS = (
    ("Classes", "owl:Class"),
    ("Object properties", "owl:ObjectProperty"),
    ("Datatype properties", "owl:DatatypeProperty"),
    ("Annotation properties", "owl:AnnotationProperty"),
    ("Datatypes", "rdfs:Datatype"),
)
_FACTS = ("rdfs:subClassOf", "rdfs:subPropertyOf", "rdfs:domain", "rdfs:range", "owl:inverseOf")
_NOTES = ("skos:example", "skos:scopeNote")

Said = Mapping[str, list[Term]]


@dataclass(frozen=True)
class TermEntry:
    """A class, property or datatype of the ontology."""

    id: str
    iri: str
    label: str
    definition: str
    notes: list[str]
    facts: list[tuple[str, list[Shown]]]
    count: int


async def ontology(request: Request) -> Response:
    """Return the page of all classes and properties with their definitions."""
    site = render.site_of(request)
    said: dict[str, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
    for row in (await rows(site, "terms")).rows:
        value = row["value"]
        if value is not None:
            said[_iri(row["term"])][_iri(row["property"])].append(value)
    counts = {_iri(row["class"]): _text(row["count"]) for row in (await rows(site, "classes")).rows}
    terms = [term for facts in said.values() for values in facts.values() for term in values]
    names = await render.names(request, terms, *said)
    sections = [
        (title, [_entry(names, iri, said[iri], counts.get(iri, "")) for iri in found])
        for title, kind in _KINDS
        if (found := _of_kind(names, said, kind))
    ]
    return render.page(request, "ontology.html", sections=sections)


def _of_kind(names: Names, said: Mapping[str, Said], kind: str) -> list[str]:
    wanted, a = NamedNode(names.expand(kind)), names.expand("rdf:type")
    return sorted((iri for iri, facts in said.items() if wanted in facts[a]), key=natural)


def _entry(names: Names, iri: str, said: Said, count: str) -> TermEntry:
    definition = said.get(names.expand("skos:definition"), [])
    return TermEntry(
        id=iri.rpartition("#")[2],
        iri=iri,
        label=names.iri(iri).text,
        definition=" ".join(map(_text, definition)),
        notes=[_text(value) for name in _NOTES for value in said.get(names.expand(name), [])],
        facts=[
            (names.iri(names.expand(name)).text, sorted(map(names.show, values), key=_by_text))
            for name in _FACTS
            if (values := said.get(names.expand(name), []))
        ],
        count=int(count or 0),
    )


@dataclass(frozen=True)
class ShapeEntry:
    """A shape: what it is about and the rules it checks."""

    id: str
    name: str
    description: str
    targets: list[Shown]
    rules: list[tuple[str, str]]


async def shapes(request: Request) -> Response:
    """Return the page of all shapes with what they check."""
    grouped: dict[str, list[QuerySolution]] = defaultdict(list)
    found = await rows(render.site_of(request), "shapes")
    for row in found.rows:
        grouped[_iri(row["shape"])].append(row)
    names = await render.names(request, [row["target"] for row in found.rows])
    listed = [_shape(names, iri, group) for iri, group in grouped.items()]
    return render.page(request, "shapes.html", shapes=[shape for shape in listed if shape.rules])


def _shape(names: Names, iri: str, group: list[QuerySolution]) -> ShapeEntry:
    targets = {row["target"] for row in group if row["target"] is not None}
    rules = {
        (_iri(row["severity"]).rpartition("#")[2] or "Violation", _text(row["message"]))
        for row in group
        if row["message"] is not None
    }
    return ShapeEntry(
        id=iri.rpartition("#")[2],
        name=_text(group[0]["name"]),
        description=_text(group[0]["description"]),
        targets=sorted(map(names.show, targets), key=_by_text),
        rules=sorted(rules),
    )


def _by_text(shown: Shown) -> list[tuple[int, str]]:
    return natural(shown.text)


def _iri(term: Term | None) -> str:
    return term.value if isinstance(term, NamedNode) else ""


def _text(term: Term | None) -> str:
    return term.value if isinstance(term, Literal) else ""
