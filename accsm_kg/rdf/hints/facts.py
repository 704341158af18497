"""What is known of a dataset, and how more is asked for.

A hint that needs to know more of the dataset yields the name of a file in queries/ with the IRIs to
put into it, or a query that is as costly as that of the client. It is sent the rows, or None if
they are unavailable. Answers about the dataset are kept.
"""

from collections import Counter
from collections.abc import Collection, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple, TypeVar

from pyoxigraph import QuerySolution

from accsm_kg.rdf.terms import RDFS, TYPE, short, value_of

_MAX_KEPT = 1000  # answers

T = TypeVar("T")
Request = str | tuple[str, Mapping[str, Collection[str]]]
Rows = Sequence[QuerySolution]
Asking = Generator[Request, Rows | None, T]
"""What asks for facts on the way to its result."""
Texts = list[tuple[str, ...]]
Kind = frozenset[str]
"""All classes of one thing; `LITERAL` for a literal."""
Kinds = dict[Kind, None]
Things = dict[str, list[str]]
"""The class of some things, the property whose values they are, the one they have, or one thing."""
NO_THINGS: Things = {"class": [], "of": [], "has": [], "this": []}
LITERAL: Kind = frozenset({f"{RDFS}Literal"})


class Uses(NamedTuple):
    """The kinds of the subjects and of the values of a property, the most frequent first."""

    pairs: Sequence[tuple[Kind, Kind]]
    subjects: Kinds
    values: Kinds


@dataclass
class Facts:
    """What is known of one dataset: how to write its names, and the answers to requests."""

    prefixes: Mapping[str, str]
    base: str
    checked: Mapping[str, str]
    """The namespaces, by prefix, in which all names are known."""
    graphs: str
    """The prefix of the named graphs."""
    names: set[str] = field(default_factory=set)
    replaced: dict[str, list[str]] = field(default_factory=dict)
    """The terms to use in place of a deprecated one."""
    versions: dict[str, str] = field(default_factory=dict)
    """The version since which a term is deprecated."""
    shared: dict[str, list[str]] = field(default_factory=dict)
    properties: set[str] = field(default_factory=set)
    """Those that the dataset uses."""
    uses: dict[str, Uses | None] = field(default_factory=dict)
    """By one of ``properties``; None where they could not be found out."""
    kinds: list[Kind] = field(default_factory=list)
    several: dict[str, frozenset[str]] = field(default_factory=dict)
    """The classes of things with several values, by one of ``properties``."""
    sharing: dict[str, frozenset[str]] = field(default_factory=dict)
    """The classes of things that share a value with another such thing, likewise."""
    answers: dict[tuple[object, ...], Texts] = field(default_factory=dict)
    loaded: bool = False

    def __post_init__(self) -> None:
        """Note the namespaces with http for https, and the reverse."""
        self.spaces = tuple(self.checked.values())
        self.known = (self.base, *self.prefixes.values())
        self.swapped = tuple(map(swap, self.known))

    def name(self, iri: str) -> str:
        """Return an IRI as it is written in a query, as code."""
        return f"`{short(iri[:200], self.prefixes, self.base)}`"

    def used(self, property: str) -> Uses:
        """Return the kinds of the subjects and values of a property, none if unknown."""
        return self.uses.get(property) or Uses((), {}, {})

    def lacks(self, property: str) -> bool:
        """Return whether the dataset is known not to use a property."""
        return bool(self.properties) and property not in self.properties

    def either(self, iris: Iterable[str]) -> str:
        """Return IRIs as alternatives in a sentence."""
        return " or ".join(map(self.name, iris))

    def clauses(self, graphs: Sequence[str]) -> str:
        """Return the clauses for patterns in one of ``graphs``, three at most, as alternatives."""
        return " or ".join(f"`GRAPH {self.name(graph)[1:-1]}`" for graph in graphs[:3])


def swap(iri: str) -> str:
    """Return an IRI with http for https, and the reverse."""
    scheme, separator, rest = iri.partition("://")
    return {"http": "https", "https": "http"}.get(scheme, "?") + separator + rest


def answer(facts: Facts, name: str, **iris: Collection[str]) -> Asking[Texts]:
    """Return the rows of a query as texts; none if they are unavailable."""
    key = name, *((place, *sorted(values)) for place, values in sorted(iris.items()))
    if key not in facts.answers:
        if len(facts.answers) >= _MAX_KEPT:
            facts.answers.clear()
        facts.answers[key] = yield from asked(name, iris)
    return facts.answers[key]


def asked(name: str, iris: Mapping[str, Collection[str]]) -> Asking[Texts]:
    """Return the rows of a query as texts, without keeping them; none if they are unavailable."""
    return (yield from _texts((name, iris)))


def tried(query: str) -> Asking[Texts]:
    """Return the rows of a query made from that of a client; none if they are unavailable."""
    return (yield from _texts(query))


def _texts(request: Request) -> Asking[Texts]:
    rows = yield request
    return [tuple(map(value_of, row)) for row in rows or ()]


def load(facts: Facts) -> Asking[None]:
    """Load what the names in a query are compared with."""
    if facts.loaded:
        return
    replaced = yield from asked("replaced", {})
    shared = yield from asked("shared", {})
    names = yield from asked("names", {})
    for term, by, version in replaced:
        facts.replaced.setdefault(term, []).append(by)
        facts.versions[term] = version
    for property, other in shared:
        facts.shared.setdefault(property, []).append(other)
    facts.names.update(name for (name,) in names)
    facts.loaded = True


def _in_dataset(facts: Facts, properties: Iterable[str]) -> Asking[set[str]]:
    """Return those of ``properties`` that the dataset uses."""
    yield from load_properties(facts)
    return facts.properties.intersection(properties)


def load_properties(facts: Facts) -> Asking[None]:
    """Load which properties the dataset uses."""
    if not facts.properties:
        facts.properties = {iri for (iri,) in (yield from answer(facts, "properties"))}


def load_uses(facts: Facts, properties: Iterable[str]) -> Asking[None]:
    """Load of which kinds the subjects and the values of ``properties`` are."""
    missing = (yield from _in_dataset(facts, properties)) - facts.uses.keys() - {TYPE}
    if not missing:
        return
    rows = yield "uses", {"these": missing}
    if rows is None:
        facts.uses.update(dict.fromkeys(missing))
        return
    pairs: dict[str, list[tuple[Kind, Kind]]] = {iri: [] for iri in missing}
    for row in rows:
        iri, subject, value = map(value_of, row)
        pairs[iri].append((frozenset(subject.split()), frozenset(value.split())))
    facts.uses.update({iri: _uses(found) for iri, found in pairs.items()})


def _uses(pairs: Sequence[tuple[Kind, Kind]]) -> Uses:
    subjects, values = (dict.fromkeys(pair[side] for pair in pairs) for side in (0, 1))
    return Uses(pairs, subjects, values)


def load_several(facts: Facts, properties: Iterable[str]) -> Asking[None]:
    """Load which things have several values of ``properties``, or share a value."""
    missing = (yield from _in_dataset(facts, properties)) - facts.several.keys()
    rows = (yield from asked("several", {"these": missing})) if missing else []
    for iri in missing:
        found = [(what, name) for property, what, name in rows if property == iri]
        facts.several[iri] = frozenset(name for what, name in found if what == "several")
        facts.sharing[iri] = frozenset(name for what, name in found if what == "shared")


def load_kinds(facts: Facts) -> Asking[None]:
    """Load of which kinds things are."""
    if not facts.kinds:
        rows = yield from answer(facts, "kinds")
        facts.kinds = [frozenset(classes.split()) for (classes,) in rows]


def typical(facts: Facts, found: Iterable[Kind]) -> list[str]:
    """Return the class of the dataset's own vocabulary that tells most of each kind.

    That is the class which the fewest kinds have.
    """
    number = Counter(chain.from_iterable(facts.kinds))
    own = ([name for name in kind if name.startswith(facts.spaces)] for kind in found)
    best = (min(names, key=lambda name: (number[name], name)) for names in own if names)
    return list(dict.fromkeys(best))
