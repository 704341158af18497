"""The things that can be traced: their keys and names, what is above each, and its projects."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from rapidfuzz import fuzz, process

from accsm_kg.errors import AmbiguousNameError, UnknownNameError
from accsm_kg.lookups import Ask, Lookup, Rows
from accsm_kg.namespaces import BASE
from accsm_kg.rdf.terms import natural

QUERIES: Final = Path(__file__).parent / "queries"
_LONGEST = 200  # characters of a key that are compared with names
_SIMILAR = 50  # of 100


@dataclass(frozen=True)
class Thing:
    """Something that can be traced.

    ``key`` is the shortest name that no other thing has as its key, ``code`` what people call it,
    ``question`` asks for its trace, ``verb`` says what a project that is linked to it does. A
    measure or line has the label of its blueprint as ``group``. ``parent`` is the IRI of the thing
    above it, and ``projects`` the number of projects linked to it.
    """

    resource: str
    path: str
    kind: str
    key: str
    code: str
    label: str
    text: str
    question: str
    verb: str
    group: str
    parent: str
    projects: int


class UnknownKeyError(UnknownNameError):
    """A key names nothing; ``near`` are things with similar names."""

    def __init__(self, key: str, near: Sequence[Thing]) -> None:
        """Take the key and the things."""
        hint = f"similar: {_choices(near)}" if near else "try the code of a line or a number"
        text = f"nothing that can be traced is called '{key}'; {hint}"
        super().__init__(text, key, [thing.path for thing in near])
        self.key, self.near = key, near


class AmbiguousKeyError(AmbiguousNameError):
    """A key names several ``things``."""

    def __init__(self, key: str, things: Sequence[Thing]) -> None:
        """Take the key and the things."""
        text = f"'{key}' names several things; use one of: {_choices(things)}"
        super().__init__(text, key, [thing.path for thing in things])
        self.key, self.things = key, things


@dataclass(frozen=True)
class Index:
    """All ``things`` by IRI, and the IRIs by their names in lower case."""

    base: str
    things: dict[str, Thing] = field(default_factory=dict)
    names: dict[str, dict[str, Thing]] = field(default_factory=dict)

    def find(self, key: str) -> Thing:
        """Return the one thing that ``key`` names; raises UnknownKeyError or AmbiguousKeyError.

        A key of a thing goes before other names: `33` is a project, `KHM` a country. One that is
        written alike goes before one with other capitals.
        """
        wanted = _plain(key, self.base)
        named = sorted(self.names.get(wanted, {}).values(), key=lambda thing: thing.path)
        keyed = [thing for thing in named if thing.key.casefold() == wanted]
        found = [thing for thing in keyed if thing.key == key.strip()] or keyed or named
        if len(found) == 1:
            return found[0]
        if found:
            raise AmbiguousKeyError(key, found)
        raise UnknownKeyError(key, self.near(wanted))

    def near(self, wanted: str, most: int = 4) -> list[Thing]:
        """Return things with names that are similar to ``wanted``."""
        close = process.extract(
            wanted[:_LONGEST],
            list(self.names),
            scorer=fuzz.ratio,
            limit=most,
            score_cutoff=_SIMILAR,
        )
        near = {t.resource: t for name, _, _ in close for t in self.names[name].values()}
        return list(near.values())

    def above(self, thing: Thing) -> list[Thing]:
        """Return the things above ``thing``, the nearest first."""
        found: list[Thing] = []
        while (parent := self.things.get(thing.parent)) and parent not in found:
            found.append(thing := parent)
        return found

    def below(self, thing: Thing) -> list[Thing]:
        """Return ``thing`` and the things below it."""
        found, seen = [thing], {thing.resource}
        for each in found:
            new = [t for t in self._children.get(each.resource, []) if t.resource not in seen]
            found += new
            seen.update(child.resource for child in new)
        return found

    @cached_property
    def _children(self) -> dict[str, list[Thing]]:
        children: dict[str, list[Thing]] = {}
        for thing in self.things.values():
            if thing.parent in self.things:
                children.setdefault(thing.parent, []).append(thing)
        return children

    def siblings(self, thing: Thing) -> list[Thing]:
        """Return the things of the same kind, ``thing`` among them.

        They are those below the same parent, if there are others.
        """
        kin = [other for other in self.things.values() if other.kind == thing.kind]
        near = [other for other in kin if other.parent == thing.parent]
        return near if len(near) > 1 else kin


def index(base: str = BASE) -> Lookup[Index]:
    """Return the index of a dataset with ``base``."""
    rows = yield Ask(QUERIES / "things.rq")
    names = yield Ask(QUERIES / "names.rq")
    things = {thing.resource: thing for thing in _things(rows, base)}
    return Index(base, things, _by_name(things, names))


def _things(rows: Rows, base: str) -> Iterator[Thing]:
    """Yield a thing for each resource; its key is its path if others have the same short key."""
    first = {row["resource"]: row for row in reversed(rows) if row["resource"]}
    uses = Counter(row["key"].casefold() for row in first.values())
    for row in sorted(first.values(), key=lambda row: (int(row["rank"]), natural(row["resource"]))):
        path = row["resource"].removeprefix(base).removeprefix("id/")
        yield Thing(
            resource=row["resource"],
            path=path,
            kind=row["kind"],
            key=row["key"] if row["key"] and uses[row["key"].casefold()] == 1 else path,
            code=row["code"],
            label=row["label"],
            text=row["text"],
            question=row["question"],
            verb=row["verb"],
            group=row["group"],
            parent=row["parent"],
            projects=int(row["projects"] or 0),
        )


def _by_name(things: dict[str, Thing], rows: Rows) -> dict[str, dict[str, Thing]]:
    found: dict[str, dict[str, Thing]] = {}
    given = ((things[row["resource"]], row["name"]) for row in rows if row["resource"] in things)
    own = ((thing, name) for thing in things.values() for name in _own_names(thing))
    for thing, name in (*own, *given):
        found.setdefault(name.casefold(), {})[thing.resource] = thing
    return found


def _own_names(thing: Thing) -> Iterator[str]:
    """Yield the key of a thing, its label, its path, each end of the path and its short name."""
    parts = thing.path.split("/")
    yield from ("/".join(parts[start:]) for start in range(len(parts)))
    yield from (thing.key, thing.label, f"{thing.kind} {parts[-1]}")
    yield f"{'-'.join(parts[:-1])}:{parts[-1]}"


def _plain(key: str, base: str) -> str:
    plain = key.strip().removeprefix("<").removesuffix(">").removeprefix(base)
    return plain.removeprefix("id/").casefold()


def _choices(things: Sequence[Thing]) -> str:
    return "; ".join(f"{thing.path} ({thing.kind} {thing.label})" for thing in things)
