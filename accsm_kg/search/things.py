"""What can be found: the things of a dataset with their kinds, names, codes and texts.

The queries decide which things and texts are found, what kinds there are, and which come first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from accsm_kg.lookups import Ask, Lookup, Row, Rows, grouped
from accsm_kg.rdf.terms import local_name

_QUERIES = Path(__file__).parent / "queries"
#: The roles of names in the order in which they are shown.
_ROLES = ("label", "title", "name", "code")
#: A set of strings in the order in which they were added.
_Ordered = dict[str, None]


class Kind(NamedTuple):
    """A kind of things: the label of a class. Kinds with a higher rank come first."""

    rank: int
    label: str
    is_traced: bool = False


_NO_CLASS = Kind(-2, "thing")


@dataclass(slots=True)
class Thing:
    """A thing with what it is found by; its label is one of its names or codes."""

    iri: str
    label: str
    kind: Kind = _NO_CLASS
    names: _Ordered = field(default_factory=dict)
    codes: _Ordered = field(default_factory=dict)
    texts: _Ordered = field(default_factory=dict)
    graphs: _Ordered = field(default_factory=dict)
    """The named graphs that state its names."""


class Read(NamedTuple):
    """The rows of the queries of this package, from which `things` are made."""

    classes: Rows
    names: Rows
    texts: Rows


def read() -> Lookup[Read]:
    """Return the rows of the queries."""
    return Read((yield ask("classes")), (yield ask("names")), (yield ask("texts")))


def things(rows: Read) -> list[Thing]:
    """Return the things that have a name, those of the first kinds first."""
    kinds = {row["class"]: _kind(row) for row in reversed(rows.classes)}
    named = grouped(rows.names, "thing")
    found = {iri: _thing(iri, own, kinds) for iri, own in named.items()}
    for row in rows.texts:
        if row["thing"] in found:
            found[row["thing"]].texts.setdefault(row["value"])
    return sorted(found.values(), key=_order)


def _thing(iri: str, rows: Rows, kinds: Mapping[str, Kind]) -> Thing:
    rows = sorted(rows, key=_place)
    thing = Thing(iri, rows[0]["value"])
    for row in rows:
        (thing.codes if row["role"] == "code" else thing.names).setdefault(row["value"])
        if row["graph"]:
            thing.graphs.setdefault(row["graph"])
        if row["class"]:
            thing.kind = max(thing.kind, kinds.get(row["class"]) or _unknown(row["class"]))
    return thing


def ask(name: str) -> Ask:
    """Return a query of this package."""
    return Ask(_QUERIES / f"{name}.rq")


def _kind(row: Row) -> Kind:
    return Kind(int(row["rank"]), row["label"], row["traced"] == "true")


def _unknown(iri: str) -> Kind:
    """Return the kind of a class of which the dataset says nothing."""
    return Kind(-1, local_name(iri) or iri)


def _order(thing: Thing) -> tuple[int, int, str]:
    """Return the key that sorts by kind and then 9 before 10; a natural order takes too long."""
    return -thing.kind.rank, len(thing.iri), thing.iri


def _place(row: Row) -> tuple[int, str]:
    """Return the key that puts the name of a thing that is shown before others."""
    return _ROLES.index(row["role"]), row["value"]
