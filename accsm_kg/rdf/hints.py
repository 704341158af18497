"""Hints about valid queries that are probably wrong, and about what was supplied to them.

`find` asks for what it needs to know of the dataset: it yields the name of a file in queries/ with
the IRIs to put into it, and is sent the rows, or `Unavailable` is thrown into it. What it has been
told is kept in `Facts`.
"""

import re
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from pyoxigraph import Literal, NamedNode, QuerySolution

from accsm_kg.rdf import patterns
from accsm_kg.rdf.patterns import TYPE, Group
from accsm_kg.rdf.prologue import SuppliedQuery
from accsm_kg.rdf.query_scanner import SHORT, masked
from accsm_kg.rdf.terms import short

FOLDER = Path(__file__).parent / "queries"

_MAX_HINTS = 3  # of one kind, for one query
_MAX_NAME = 80  # characters of a name, as similar names take time to find
_MAX_SOUND = 10_000  # IRIs of queries that are kept
_MAX_PATTERNS = 100  # of a query, as each is compared with the others
#: Each begins with a literal that is found fast, as every query is searched.
_DATE = re.compile(r"20\d\d-\d\d?-\d\d?(?![\w-])")
_AGGREGATE = re.compile(r"FILTER\s*+\(\s*+(?:COUNT|SUM|AVG|MIN|MAX|SAMPLE|GROUP_CONCAT)\s*+\(")
_SHORT_DATE = re.compile(r"""["']20\d\d-(?:\d-\d\d?|\d\d-\d)["'](?=\^\^\S*date)""")
_OTHER_GRAPHS = re.compile(r"\b(?:GRAPH|SERVICE)\b", re.IGNORECASE)

Request = tuple[str, dict[str, Collection[str]]]
Rows = Sequence[QuerySolution]
Lookup = Generator[Request, Rows, list[str]]


class Unavailable(Exception):  # noqa: N818 - an answer
    """Thrown into `find` when a request cannot be answered."""


class Uses(NamedTuple):
    """The classes of the subjects and of the values of a property; "" stands for no class."""

    subjects: frozenset[str]
    values: frozenset[str]


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
    languages: dict[str, str] = field(default_factory=dict)
    replaced: dict[str, str] = field(default_factory=dict)
    shared: dict[str, list[str]] = field(default_factory=dict)
    uses: dict[str, Uses | None] = field(default_factory=dict)
    """By property; None where they could not be found out."""
    sound: set[str] = field(default_factory=set)
    """IRIs whose namespace needs no hint."""
    loaded: bool = False

    def __post_init__(self) -> None:
        """Note the namespaces with http for https, and the reverse."""
        self.spaces = tuple(self.checked.values())
        self.known = (self.base, *self.prefixes.values())
        self.swapped = tuple(map(_swap, self.known))

    def name(self, iri: str) -> str:
        """Return an IRI as it is written in a query, as code."""
        return f"`{short(iri[:200], self.prefixes, self.base)}`"


def find(
    facts: Facts, query: SuppliedQuery, graphs: Sequence[str] = (), *, thorough: bool = True
) -> Lookup:
    """Return the hints about ``query`` over ``graphs``, or over the whole dataset.

    Unless ``thorough``, the patterns of the query are not read.
    """
    hints = _syntax_hints(query.scanned.text)
    is_short = len(query.scanned.text) < SHORT
    if query.iris or graphs:
        yield from _load(facts)
        hints += _replaced(facts, query)
        hints += (yield from _schemes(facts, query)) if is_short else []
        hints += _unknown(facts, query, graphs)
        hints += _shared(facts, query)
        if thorough and is_short and not graphs:
            hints += yield from _patterns(facts, query)
    return [_one_line(hint) for hint in dict.fromkeys((*hints, *supplied(query)))]


def supplied(query: SuppliedQuery) -> list[str]:
    """Return the hint about what was supplied to ``query``, if anything was."""
    lines = query.declarations
    more = f" and {len(lines) - _MAX_HINTS} more" if len(lines) > _MAX_HINTS else ""
    written = ", ".join(f"`{line}`" for line in lines[:_MAX_HINTS])
    return [f"Supplied to the query: {written}{more}."] if lines else []


def _load(facts: Facts) -> Generator[Request, Rows, None]:
    if facts.loaded:
        return
    for property, language in (yield from _texts("languages")):
        facts.languages[property] = language
    for term, by, version in (yield from _texts("replaced")):
        since = f" in {version}" if version else ""
        before = facts.replaced.get(term)
        write = f"{before} or {facts.name(by)}" if before else f"{since}: write {facts.name(by)}"
        facts.replaced[term] = write
    for property, other in (yield from _texts("shared")):
        facts.shared.setdefault(property, []).append(other)
    facts.names.update(name for (name,) in (yield from _texts("names")))
    facts.loaded = True


def _texts(name: str, **iris: Collection[str]) -> Generator[Request, Rows, list[tuple[str, ...]]]:
    """Return the rows of a query as texts; none if they are unavailable."""
    try:
        rows = yield name, iris
    except Unavailable:
        return []
    return [
        tuple(term.value if isinstance(term, NamedNode | Literal) else "" for term in row)
        for row in rows
    ]


def _replaced(facts: Facts, query: SuppliedQuery) -> list[str]:
    found = sorted(facts.replaced.keys() & query.iris)
    return [f"{facts.name(iri)} was renamed{facts.replaced[iri]}." for iri in found[:_MAX_HINTS]]


def _shared(facts: Facts, query: SuppliedQuery) -> list[str]:
    iris = query.iris
    found = sorted(iri for iri in facts.shared.keys() & iris if iris.isdisjoint(facts.shared[iri]))
    return [
        f"{facts.name(iri)} has only some of these facts; "
        f"see {' and '.join(map(facts.name, facts.shared[iri]))}."
        for iri in found[:_MAX_HINTS]
    ]


def _schemes(facts: Facts, query: SuppliedQuery) -> Lookup:
    """Return hints about namespaces with https for http, and the reverse."""
    unseen = query.iris - facts.names - facts.sound
    doubtful = {
        iri: _swap(iri)
        for iri in sorted(unseen)
        if iri.startswith(facts.swapped) and not iri.startswith(facts.known)
    }
    if len(facts.sound) < _MAX_SOUND:
        facts.sound |= unseen - doubtful.keys()
    if not doubtful:
        return []
    used = {iri for (iri,) in (yield from _texts("written", these=doubtful.keys()))}
    hints = {}
    for iri, right in doubtful.items():
        if iri not in used:
            space, write = _right(right, facts, query)
            scheme = space.partition(":")[0]
            hints[space] = f"`{space}` begins with {scheme}: in this dataset; write `{write}`."
    return list(hints.values())[:_MAX_HINTS]


def _right(iri: str, facts: Facts, query: SuppliedQuery) -> tuple[str, str]:
    """Return the namespace of ``iri``, and the declaration or the IRI to write."""
    space = max((known for known in facts.known if iri.startswith(known)), key=len)
    declared = query.scanned.prefixes.items()
    prefix = next((name for name, written in declared if written == _swap(space)), None)
    return space, f"<{iri[:_MAX_NAME]}>" if prefix is None else f"PREFIX {prefix}: <{space}>"


def _swap(iri: str) -> str:
    scheme, separator, rest = iri.partition("://")
    return {"http": "https", "https": "http"}.get(scheme, "?") + separator + rest


def _unknown(facts: Facts, query: SuppliedQuery, graphs: Sequence[str]) -> list[str]:
    """Return hints about names in the namespaces of the dataset that are not in it."""
    if not facts.names:
        return []
    unknown = {iri for iri in query.iris - facts.names if iri.startswith(facts.spaces)}
    unknown = (unknown | set(graphs) - facts.names) - {*facts.spaces} - facts.replaced.keys()
    return [_unknown_name(iri, facts) for iri in sorted(unknown)[:_MAX_HINTS]]


def _unknown_name(iri: str, facts: Facts) -> str:
    checked = facts.checked.items()
    prefix, namespace = next(((p, s) for p, s in checked if iri.startswith(s)), ("", ""))
    if not prefix:
        return f"`<{iri[:_MAX_NAME]}>` is not a graph of this dataset."
    what = "not a graph of this dataset" if prefix == facts.graphs else "not in the vocabulary"
    local = _printable(iri.removeprefix(namespace))
    matches = get_close_matches(local, _local_names(facts.names, namespace), n=1)
    guess = f"; did you mean `{prefix}:{matches[0]}`?" if matches else "."
    return f"`{prefix}:{local}` is {what}{guess}"


def _local_names(names: Iterable[str], namespace: str) -> list[str]:
    return [name.removeprefix(namespace) for name in names if name.startswith(namespace)]


def _printable(text: str) -> str:
    return _one_line(text[:_MAX_NAME])


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)


def _patterns(facts: Facts, query: SuppliedQuery) -> Lookup:
    """Return hints about plain strings, and about patterns that no thing can match."""
    text, scanned = query.scanned.text, query.scanned
    if scanned.dataset_clause or _OTHER_GRAPHS.search(text):
        return []
    groups = patterns.read(text, {**query.prefixes, **scanned.prefixes})
    found = [pattern for group in groups for pattern in group.patterns]
    if len(found) > _MAX_PATTERNS:
        return []
    hints = list(_plain_strings(facts, text, found))
    yield from _load_uses(facts, {iri for _, iri, _ in found})
    unused = list(_unused(facts, found))
    conflict = None if unused else _conflict(facts, groups)
    if conflict:
        unused.append((yield from _explained(facts, *conflict)))
    return hints[:_MAX_HINTS] + unused[:_MAX_HINTS]


def _plain_strings(facts: Facts, text: str, found: Iterable[patterns.Pattern]) -> Iterator[str]:
    """Yield hints about plain strings where all values have a language."""
    variables: dict[str, str] = {}
    for _, iri, value in found:
        language = facts.languages.get(iri)
        if language and value.kind == "string":
            written = _printable(value.text)
            yield f"All values of {facts.name(iri)} have a language: write `{written}@{language}`."
        elif language and value.kind == "variable":
            variables[value.text] = iri
    for name, string in patterns.compared(text):
        if name in variables:
            iri = variables[name]
            write = f"`{_printable(string)}@{facts.languages[iri]}`, or use `STR(?{name})`"
            yield f"All values of {facts.name(iri)} have a language: write {write}."


def _load_uses(facts: Facts, properties: set[str]) -> Generator[Request, Rows, None]:
    missing = properties - facts.uses.keys()
    if not missing:
        return
    subjects: dict[str, set[str]] = {iri: set() for iri in missing}
    values: dict[str, set[str]] = {iri: set() for iri in missing}
    try:
        rows = yield "uses", {"these": missing}
    except Unavailable:
        facts.uses.update(dict.fromkeys(missing))
        return
    for row in rows:
        iri, subject, value = (getattr(term, "value", "") for term in row)
        subjects[iri].add(subject)
        values[iri].add(value)
    for iri in missing:
        facts.uses[iri] = Uses(frozenset(subjects[iri]), frozenset(values[iri]))


def _unused(facts: Facts, found: Iterable[patterns.Pattern]) -> Iterator[str]:
    """Yield hints about properties without values and classes without instances."""
    types = facts.uses.get(TYPE)
    for _, iri, value in found:
        uses = facts.uses.get(iri)
        if uses and not uses.subjects and _is_checked(facts, iri):
            yield f"{facts.name(iri)} has no values in this dataset."
        kind = value.text if iri == TYPE and value.kind == "iri" else ""
        if kind and types and kind not in types.subjects and _is_checked(facts, kind):
            yield f"{facts.name(kind)} has no instances in this dataset."


def _is_checked(facts: Facts, iri: str) -> bool:
    """Return whether ``iri`` is in a known namespace, and has no other hint."""
    if iri in facts.replaced or (iri.startswith(facts.spaces) and iri not in facts.names):
        return False
    return iri.startswith(facts.known)


class Role(NamedTuple):
    """What a variable is in one pattern, and the classes that its values may have."""

    what: str
    """is a (class), is a value of (property), or has (property)."""
    iri: str
    classes: frozenset[str]


_IS, _VALUE, _HAS = "is a", "is a value of", "has"


def _conflict(facts: Facts, groups: Iterable[Group]) -> tuple[Role, Role] | None:
    """Return two roles of one variable that no thing has, None if there are none."""
    roles = {id(group): _roles(facts, group) for group in groups}
    for group in groups:
        for name, own in roles[id(group)].items():
            others = list(chain(own, *_inherited(name, group, roles)))
            for place, role in enumerate(own):
                for other in others[place + 1 :]:
                    if role.what == other.what == _IS or not role.classes.isdisjoint(other.classes):
                        continue
                    first, second = sorted((role, other), key=lambda r: _is_last(r, role, other))
                    return first, second
    return None


def _is_last(role: Role, *pair: Role) -> int:
    """Return the place of a role in a sentence about a pair."""
    if {one.what for one in pair} == {_IS, _VALUE}:
        return (_VALUE, _IS).index(role.what)
    return (_IS, _VALUE, _HAS).index(role.what)


def _inherited(
    name: str, group: Group, roles: Mapping[int, Mapping[str, list[Role]]]
) -> Iterator[list[Role]]:
    above = group.parent
    while above is not None:
        if id(above) in roles:
            yield roles[id(above)].get(name, [])
        above = above.parent


def _roles(facts: Facts, group: Group) -> dict[str, list[Role]]:
    """Return the roles of each variable in the patterns of ``group``."""
    roles: dict[str, list[Role]] = {}
    for subject, iri, value in group.patterns:
        uses = facts.uses.get(iri)
        if iri == TYPE:
            if subject.kind == "variable" and value.kind == "iri":
                role = Role(_IS, value.text, frozenset({value.text}))
                roles.setdefault(subject.text, []).append(role)
        elif uses:
            for node, what, classes in (
                (subject, _HAS, uses.subjects),
                (value, _VALUE, uses.values),
            ):
                if node.kind == "variable":
                    roles.setdefault(node.text, []).append(Role(what, iri, classes))
    return roles


def _explained(facts: Facts, first: Role, second: Role) -> Generator[Request, Rows, str]:
    """Return the sentence about two roles that no thing has, with a way that leads on."""
    hint = (
        f"Nothing that {first.what} {facts.name(first.iri)} {second.what} {facts.name(second.iri)}"
    )
    if second.what == _HAS:
        classes = sorted(filter(None, first.classes))
        links = yield from _texts("links", classes=classes, property=[second.iri])
        own = [row for row in links if row[1].startswith(facts.spaces)] or links
        if own:
            link, other = own[0]
            return f"{hint}; go by {facts.name(link)} to the {facts.name(other)} that has it."
    classes = _own(facts, second.classes if second.what == _HAS else first.classes)
    verb = "it is on" if second.what == _HAS else "these are"
    return f"{hint}; {verb} {' or '.join(map(facts.name, classes))}." if classes else f"{hint}."


def _own(facts: Facts, classes: Iterable[str]) -> list[str]:
    """Return the first classes of the dataset's vocabulary among ``classes``."""
    return sorted(name for name in classes if name.startswith(facts.spaces))[:2]


def _syntax_hints(query: str) -> list[str]:
    """Return hints about valid syntax that is probably not meant."""
    if len(query) > SHORT or not (_DATE.search(query) or _AGGREGATE.search(query)):
        return []
    text = masked(query)
    hints = [
        f'`{match[0]}` is a subtraction; write "{match[0]}"^^xsd:date.'
        for match in _DATE.finditer(text)
        if text[match.start() - 1] in " \n(<>=,"
    ]
    hints += [f"{match[0]} is not an xsd:date; write two digits for month and day."
              for match in _SHORT_DATE.finditer(query)]  # fmt: skip
    if _AGGREGATE.search(text):
        hints.append("An aggregate has no value in FILTER; write HAVING after GROUP BY.")
    return hints[:1]
