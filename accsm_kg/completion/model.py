"""What completion knows of a dataset: its terms, how the data use them, its graphs and things.

Names are written as they can be inserted into a query that knows the prefixes of the dataset.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from accsm_kg.lookups import Ask, Lookup, Row, Rows, grouped
from accsm_kg.rdf.query_scanner import scan
from accsm_kg.rdf.terms import LANGUAGE_STRING, XSD, local_name, short
from accsm_kg.search import things

#: Things above this number are not sent to the editor, which asks for them by what is typed.
MOST_THINGS = 5000
#: Kinds of things that are offered as terms, or not at all.
APART = frozenset(("term", "question"))
_FEW, _REPEATED = 12, 60  # values of a property that are all offered; the latter if they repeat
_LONGEST = 80  # characters of a value that is offered
_QUERIES = Path(__file__).parent / "queries"
_PLAIN = re.compile(r"[+-]?\d+|true|false")
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})


class Read(NamedTuple):
    """The rows of the queries of this package."""

    classes: Rows
    uses: Rows
    ranges: Rows
    properties: Rows
    values: Rows
    terms: Rows
    graphs: Rows


@dataclass(frozen=True)
class Naming:
    """How the dataset writes names: its prefixes and its base IRI."""

    prefixes: Mapping[str, str]
    base: str

    def __call__(self, iri: str) -> str:
        """Return the name of an IRI as it can be inserted."""
        return short(iri, self.prefixes, self.base)

    def literal(self, text: str, datatype: str, language: str) -> str:
        """Return a literal as it can be inserted."""
        if _PLAIN.fullmatch(text) and datatype in (f"{XSD}integer", f"{XSD}boolean"):
            return text
        quoted = f'"{text.translate(_ESCAPES)}"'
        if language:
            return f"{quoted}@{language}"
        plain = datatype in ("", f"{XSD}string", LANGUAGE_STRING)
        return quoted if plain else f"{quoted}^^{self(datatype)}"


def read() -> Lookup[Read]:
    """Return the rows of the queries; values are read of the properties that have few.

    Of many things, the classes of the values are those of some things of each class.
    """
    classes, uses = (yield _ask("classes")), (yield _ask("uses"))
    ranges = (yield from _some_ranges(classes)) if _are_many(classes) else (yield _ask("ranges"))
    properties = yield _ask("properties")
    few = {row["property"] for row in properties if _has_few(row)}
    values = (yield Ask(_QUERIES / "values.rq", tuple(sorted(few)))) if few else []
    return Read(
        classes, uses, ranges, properties, values, (yield _ask("terms")), (yield _ask("graphs"))
    )


def read_counts() -> Lookup[Read]:
    """Return the rows of queries that are quick in any dataset: terms, and how many use each."""
    classes, properties = (yield _ask("classes")), (yield _ask("counts"))
    return Read(classes, [], [], properties, [], (yield _ask("terms")), [])


def is_large(found: Read) -> bool:
    """Return whether there are more things than are sent to an editor."""
    return _are_many(found.classes)


def _are_many(classes: Rows) -> bool:
    return max((int(row["count"]) for row in classes), default=0) > MOST_THINGS


def _some_ranges(classes: Rows) -> Lookup[Rows]:
    found: Rows = []
    for iri in (row["class"] for row in classes):
        rows = yield Ask(_QUERIES / "some-ranges.rq", iri)
        found += [{**row, "class": iri} for row in rows]
    return found


def values(found: Read) -> set[str]:
    """Return the IRIs among the values that are offered."""
    return {row["value"] for row in (*found.values, *found.properties) if not row["datatype"]}


def names() -> Lookup[tuple[Rows, Rows]]:
    """Return the rows of the classes and of the names of all things."""
    return (yield things.ask("classes")), (yield things.ask("names"))


def members(iri: str) -> Lookup[Rows]:
    """Return some things of a class."""
    return (yield Ask(_QUERIES / "members.rq", iri))


def classes_of(iris: Sequence[str]) -> Lookup[Rows]:
    """Return the classes of things, by their IRIs."""
    return (yield Ask(_QUERIES / "classes-of.rq", tuple(iris)))


def terms(
    found: Read,
    name: Naming,
    labels: Mapping[str, str],
    questions: Iterable[str],
    is_last: Callable[[str], bool],
) -> dict[str, Any]:
    """Return what the editor knows of classes, properties, prefixes and graphs.

    ``labels`` are those of things and graphs by IRI, ``questions`` the texts of stored queries: a
    term that they use goes before others, and a property that ``is_last`` after them.
    """
    said = _Said(found.terms)
    asked = _asked(questions, name)
    return {
        "base": name.base,
        "prefixes": dict(name.prefixes),
        "classes": _classes(found, name, said, asked),
        "properties": {
            one: {**entry, **({"last": True} if is_last(iri) else {})}
            for iri, one, entry in _properties(found, name, said, labels, asked)
        },
        "graphs": [_graph(row, name, labels) for row in found.graphs],
    }


def things_of(classes: Rows, names: Rows, name: Naming) -> dict[str, Any]:
    """Return the things with their name, label, codes and the place of their classes in a list.

    Terms and questions are left out.
    """
    kinds = {row["class"]: row["label"] for row in classes}
    found = (
        (iri, *_named(own), [row["class"] for row in own if row["class"]])
        for iri, own in grouped(names, "thing").items()
        if APART.isdisjoint(kinds.get(row["class"], "") for row in own)
    )
    return listed(found, name)


def listed(found: Iterable[tuple[str, str, list[str], list[str]]], name: Naming) -> dict[str, Any]:
    """Return things as the editor takes them, given the IRI, label, codes and classes of each."""
    sets: dict[tuple[str, ...], int] = {}
    rows = [
        [name(iri), label, codes, sets.setdefault(tuple(sorted(set(map(name, own)))), len(sets))]
        for iri, label, codes, own in found
    ]
    return {"kinds": [list(one) for one in sets], "things": sorted(rows)}


def dumped(data: Any) -> bytes:
    """Return data as compact JSON."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


class _Said:
    """What the dataset says of each term, by its role: label, text, range, inverse, above."""

    def __init__(self, rows: Rows) -> None:
        self.kinds = {row["term"]: row["kind"] for row in rows}
        self._values: dict[tuple[str, str], list[str]] = defaultdict(list)
        for row in rows:
            self._values[row["term"], row["role"]].append(row["value"])

    def all(self, iri: str, role: str) -> list[str]:
        return list(dict.fromkeys(self._values.get((iri, role), ())))

    def first(self, iri: str, role: str) -> str:
        return next(iter(self.all(iri, role)), "")

    def entry(self, iri: str, count: int) -> dict[str, Any]:
        entry = {"n": count, "label": self.first(iri, "label"), "text": self.first(iri, "text")}
        if self.all(iri, "deprecated"):
            entry["old"] = True
        return {key: value for key, value in entry.items() if value or key == "n"}


def _classes(found: Read, name: Naming, said: _Said, asked: Mapping[str, int]) -> dict[str, Any]:
    counts = {row["class"]: int(row["count"]) for row in found.classes}
    declared = (iri for iri, kind in said.kinds.items() if kind == "class")
    entries = {}
    for iri in sorted({*counts, *declared}):
        optional = {"q": asked.get(iri, 0), "above": [name(one) for one in said.all(iri, "above")]}
        entries[name(iri)] = _filled(said.entry(iri, counts.get(iri, 0)), optional)
    return entries


def _properties(
    found: Read, name: Naming, said: _Said, labels: Mapping[str, str], asked: Mapping[str, int]
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the IRI, the name and the entry of each property."""
    inverse = _inverses(said)
    uses = grouped(found.uses, "property")
    ranges: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in found.ranges:
        ranges[row["property"], row["class"]].append(name(row["range"]))
    examples = grouped(found.properties, "property")
    values = grouped(found.values, "property")
    declared = (iri for iri, kind in said.kinds.items() if kind == "property")
    for iri in sorted({*examples, *declared}):
        own = examples.get(iri, [])
        entry = said.entry(iri, int(own[0]["triples"]) if own else 0)
        optional = {
            "q": asked.get(iri, 0),
            "inverse": sorted(map(name, inverse[iri])),
            "range": [name(one) for one in said.all(iri, "range")],
            "distinct": int(own[0]["distinct"]) if own else 0,
            "all": iri in values,
            "values": _values(values.get(iri) or own, name, labels),
            "in": {
                name(row["class"]): [
                    int(row["things"]),
                    int(row["triples"]),
                    ranges[iri, row["class"]],
                ]
                for row in uses.get(iri, [])
            },
        }
        yield iri, name(iri), _filled(entry, optional)


def _filled(entry: dict[str, Any], optional: Mapping[str, Any]) -> dict[str, Any]:
    return entry | {key: value for key, value in optional.items() if value}


def _values(rows: Rows, name: Naming, labels: Mapping[str, str]) -> list[list[Any]]:
    """Return values as they are inserted, each with its count and its label if it is a thing."""
    found: dict[str, list[Any]] = {}
    for row in rows:
        value = row["value"]
        if not value or len(value) > _LONGEST:
            continue
        is_literal = bool(row["datatype"])
        text = name.literal(value, row["datatype"], row["language"]) if is_literal else name(value)
        label = labels.get(value, "") if not is_literal else ""
        found.setdefault(text, [text, int(row.get("count") or 0), *([label] if label else [])])
    return list(found.values())


def _graph(row: Row, name: Naming, labels: Mapping[str, str]) -> dict[str, Any]:
    title = labels.get(row["graph"], "") or row["label"] or local_name(row["graph"])
    words = " ".join(row["words"].split())
    return {"name": name(row["graph"]), "label": title, "n": int(row["triples"]), "words": words}


def _inverses(said: _Said) -> Mapping[str, set[str]]:
    """Return the inverse properties of each, whichever of the two says it."""
    found: dict[str, set[str]] = defaultdict(set)
    for iri in said.kinds:
        for other in said.all(iri, "inverse"):
            found[iri].add(other)
            found[other].add(iri)
    return found


def _asked(questions: Iterable[str], name: Naming) -> Counter[str]:
    """Return in how many stored queries each IRI occurs."""
    found = Counter[str]()
    for text in questions:
        scanned = scan(text)
        supplied = {
            name.prefixes[prefix] + local
            for prefix, locals in scanned.undeclared.items()
            for local in locals
            if prefix in name.prefixes
        }
        found.update({*scanned.iris, *supplied})
    return found


def _has_few(row: Row) -> bool:
    distinct, triples = int(row["distinct"]), int(row["triples"])
    return distinct <= _FEW or (distinct <= _REPEATED and triples > distinct)


def _named(own: Rows) -> tuple[str, list[str]]:
    """Return the label of a thing and its codes and other names, given its rows."""
    order = {"label": 0, "title": 1, "name": 2, "code": 3}
    rows = sorted(own, key=lambda row: (order[row["role"]], row["value"]))
    label = rows[0]["value"]
    return label, list(dict.fromkeys(row["value"] for row in rows if row["value"] != label))


def _ask(query: str) -> Ask:
    return Ask(_QUERIES / f"{query}.rq")
