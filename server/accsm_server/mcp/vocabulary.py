"""The vocabulary as the data use it: classes with their properties, and each term by itself."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from accsm_kg.english import counted
from accsm_kg.errors import UnknownNameError
from accsm_kg.rdf.terms import expand
from accsm_server.mcp.text import Line, answer, row
from accsm_server.pages.queries import Site
from accsm_server.pages.terms import short_name
from accsm_server.pages.workbench import load_terms, load_things

_OWN = "accsm:"
_CORE = 32  # classes that a first look needs
_MOST_PROPERTIES = 9  # of a class in the overview
_MOST_VALUES = 12
_NEAREST = 3
_HEAD = (
    "class | things | example | properties of these things: how many have it, class of the values"
)
_Entry = Mapping[str, Any]


async def vocabulary(site: Site, name: str, start: int) -> str:
    """Return the core classes with their properties, or what is known of the term ``name``.

    Raises UnknownNameError with the nearest terms.
    """
    if name.strip():
        lines = [*_term(await site.load(load_terms), _name(site, name.strip()))]
        return answer([lines[0].text], lines[1:], start, "line")
    lines = (await _classes(site))[:_CORE]
    head = ["The core classes; vocabulary(NAME) tells of any class or property.", _HEAD]
    return answer(head, lines, start, "line")


async def all_classes(site: Site) -> str:
    """Return all classes of the dataset's own vocabulary that have things, as one text."""
    return "\n".join([_HEAD, *(line.text for line in await _classes(site))])


async def _classes(site: Site) -> list[Line]:
    """Return a line for each class with things, those of the home page and of questions first."""
    terms = await site.load(load_terms)
    examples = _examples(await site.load(load_things))
    first = [short_name(iri, site) for iri in site.profile.home_classes]
    used = {name: entry for name, entry in terms["classes"].items()
            if entry["n"] and name.startswith(_OWN)}  # fmt: skip

    def order(name: str) -> tuple[int, int, int]:
        place = first.index(name) if name in first else len(first)
        return place, -used[name].get("q", 0), -used[name]["n"]

    return [
        Line(row([name, str(used[name]["n"]), examples.get(name, ""), _of_class(terms, name)]))
        for name in sorted(used, key=order)
    ]


def _examples(things: _Entry) -> dict[str, str]:
    """Return the name of the first thing of each class."""
    found: dict[str, str] = {}
    for name, _, _, kinds in things["things"]:
        for kind in things["kinds"][kinds]:
            found.setdefault(kind, name)
    return found


def _of_class(terms: _Entry, name: str, most: int = _MOST_PROPERTIES) -> str:
    """Return the properties of a class, those of stored questions and of most things first."""
    uses = {
        one: (entry["in"][name], entry)
        for one, entry in terms["properties"].items()
        if name in entry.get("in", {}) and not entry.get("last") and not entry.get("old")
    }
    order = sorted(uses, key=lambda one: (-uses[one][1].get("q", 0), -uses[one][0][0], one))
    said = (f"{one} {uses[one][0][0]}{_range(uses[one][1], uses[one][0][2])}" for one in order)
    more = len(order) - most
    return ", ".join([*said][:most]) + (f" and {more} more" if more > 0 else "")


def _range(entry: _Entry, ranges: list[str]) -> str:
    """Return the class of the values of a property: the declared one, else one of the data."""
    own = [one for one in (*entry.get("range", ()), *ranges) if one.startswith(_OWN)]
    found = [*own, *entry.get("range", ()), *ranges]
    return f" → {found[0]}" if found else ""


def _name(site: Site, name: str) -> str:
    """Return the name of a term as it is written in queries, whichever way it was given."""
    plain = name[:300].removeprefix("<").removesuffix(">")
    return short_name(expand(plain, site.prefixes), site) if ":" in plain else _OWN + plain


def _term(terms: _Entry, name: str) -> Iterator[Line]:
    """Yield the lines about a class or property; raises UnknownNameError."""
    if entry := terms["classes"].get(name):
        yield Line(f"{name}: class of {counted(entry['n'], 'thing')}")
        yield from _common(entry)
        if above := entry.get("above"):
            yield Line(f"kind of: {', '.join(above)}")
        for one in _of_class(terms, name, 1000).split(", "):
            yield Line(f"property: {one}")
    elif entry := terms["properties"].get(name):
        yield Line(f"{name}: property in {counted(entry['n'], 'statement')}")
        yield from _common(entry)
        yield from _property(entry)
    else:
        near = _near(terms, name)
        raise UnknownNameError(f"there is no term {name}; the nearest are {', '.join(near)}")


def _common(entry: _Entry) -> Iterator[Line]:
    if label := entry.get("label"):
        yield Line(f"label: {label}")
    if text := entry.get("text"):
        yield Line(f"definition: {text}")
    if entry.get("old"):
        yield Line("deprecated: use another term")


def _property(entry: _Entry) -> Iterator[Line]:
    if ranges := entry.get("range"):
        yield Line(f"class of values: {', '.join(ranges)}")
    if inverse := entry.get("inverse"):
        yield Line(f"inverse: {', '.join(inverse)}")
    for kind, (things, triples, _) in sorted(
        entry.get("in", {}).items(), key=lambda one: -one[1][0]
    ):
        yield Line(f"of {kind}: {counted(things, 'thing')}, {counted(triples, 'statement')}")
    listed = entry.get("values", [])[:_MOST_VALUES]
    what = "value" if entry.get("all") else "example of a value"
    for value, count, *label in listed:
        told = f" “{label[0]}”" if label else ""
        yield Line(f"{what}: {value}{told}{f', {count} times' if count else ''}")


def _near(terms: _Entry, name: str) -> list[str]:
    """Return the names of the terms that are most similar, whatever their capitals."""
    names = {one.casefold(): one for one in (*terms["classes"], *terms["properties"])}
    close = get_close_matches(name.casefold(), names, n=_NEAREST, cutoff=0)
    return [names[one] for one in close]
