"""The profile of the pages: the classes and properties that they show, and in which order.

It is read from profile.toml, with prefixed names expanded to IRIs.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import translate
from pathlib import Path
from typing import Any

from accsm_kg.rdf.terms import expand

_FILE = Path(__file__).with_suffix(".toml")

Properties = re.Pattern[str]
"""A pattern of IRIs."""


@dataclass(frozen=True)
class ResourceProfile:
    """The properties of resources and the kinds of issues, by section of the page."""

    first: tuple[str, ...]
    last: Properties
    hidden: Properties
    records: Properties
    minor: Properties
    printed: Properties
    defined: Properties
    back_links: Properties


@dataclass(frozen=True)
class GraphTitle:
    """The title of the page about a graph, and its badge beside statements: a label and a sign."""

    title: str
    label: str
    sign: str = ""


@dataclass(frozen=True)
class Badge:
    """The sign and the words for the reliability of a source."""

    sign: str
    words: str


@dataclass(frozen=True)
class OntologyProfile:
    """The properties of terms on the page of the ontology, and its sections by title."""

    facts: tuple[str, ...]
    notes: tuple[str, ...]
    sections: Mapping[str, str]


@dataclass(frozen=True)
class SparqlProfile:
    """The prefixes and the sample query of /sparql: see profile.toml."""

    declared: Sequence[str]
    sample: str


@dataclass(frozen=True)
class NavigationLink:
    """A link in the head or the foot of every page, left out without the class ``needs``."""

    path: str
    label: str
    needs: str = ""


@dataclass(frozen=True)
class Fact:
    """A row of facts: its name, the property, and that of the status if nothing is stated.

    ``block`` is the name of a query in blocks/ whose lines are shown instead of the values.
    """

    name: str
    property: str
    status: str = ""
    block: str = ""


def is_block(name: str) -> bool:
    """Return whether a name in the profile is that of a query in blocks/, not an IRI."""
    return ":" not in name


@dataclass(frozen=True)
class PageProfile:
    """The page about a member of a class: see profile.toml."""

    list: str = ""
    title: str = "{label}"
    lead: str = ""
    up: Sequence[str] = ()
    is_traced: bool = False
    facts: Sequence[Fact] = ()
    blocks: Sequence[str] = ()
    expected: Sequence[str] = ()
    """The names of facts that are shown as not stated where nothing is stated."""
    text: Sequence[str] = ()
    """The names of the queries in blocks/ of the text of a document."""
    is_part: bool = False
    """Whether it is a part of the text of the first thing above it."""
    template: str = "resource.html"

    @property
    def queries(self) -> Sequence[str]:
        """Return the names of the queries in blocks/ of the page, in its order."""
        facts = (fact.block for fact in self.facts if fact.block)
        return [*facts, *(name for name in self.up if is_block(name)), *self.text, *self.blocks]


@dataclass(frozen=True)
class ListProfile:
    """The list of the members of some classes: see profile.toml."""

    title: str
    one: str
    many: str
    classes: Sequence[str]
    facets: Mapping[str, str]
    related: Sequence[str] = ()
    """The paths of other lists, to which it has links."""
    up: str = ""
    """The path of the page above it in the foot of every page."""


@dataclass(frozen=True)
class Profile:
    """The contents of profile.toml."""

    navigation: Sequence[NavigationLink]
    footer: Sequence[NavigationLink]
    home_classes: tuple[str, ...]
    home_question: str
    """The name of a stored question."""
    examples: Sequence[str]
    """Examples of what to search."""
    resource: ResourceProfile
    graphs: Mapping[str, GraphTitle]
    """By the path of the graph below graph/."""
    badges: Mapping[str, Badge]
    """By the IRI of the reliability."""
    labels: Mapping[str, str]
    """What terms of other vocabularies are called, by IRI."""
    lists: Mapping[str, ListProfile]
    """By path."""
    pages: Mapping[str, PageProfile]
    """By the IRI of the class."""
    ontology: OntologyProfile
    sparql: SparqlProfile


def list_paths() -> Sequence[str]:
    """Return the paths of the lists."""
    return tuple(_tables()["lists"])


def read_profile(prefixes: Mapping[str, str]) -> Profile:
    """Read profile.toml, expanding prefixed names with ``prefixes``."""
    tables = _tables()

    def iris(names: Iterable[str]) -> tuple[str, ...]:
        return tuple(expand(name, prefixes) for name in names)

    home, terms, sparql = tables["home"], tables["ontology"], tables["sparql"]
    resource = {key: iris(names) for key, names in tables["resource"].items()}
    return Profile(
        [_link(path, link, prefixes) for path, link in tables["navigation"].items()],
        [_link(path, link, prefixes) for path, link in tables["footer"].items()],
        iris(home["classes"]),
        home["question"],
        tables["search"]["examples"],
        ResourceProfile(resource.pop("first"), **{k: _pattern(v) for k, v in resource.items()}),
        {path: GraphTitle(**graph) for path, graph in tables["graphs"].items()},
        {expand(name, prefixes): Badge(**badge) for name, badge in tables["badges"].items()},
        {expand(name, prefixes): label for name, label in tables["labels"].items()},
        {path: _list(one, prefixes) for path, one in tables["lists"].items()},
        {expand(name, prefixes): _page(page, prefixes) for name, page in tables["pages"].items()},
        OntologyProfile(
            iris(terms["facts"]),
            iris(terms["notes"]),
            dict(zip(terms["sections"], iris(terms["sections"].values()), strict=True)),
        ),
        SparqlProfile(**sparql),
    )


def _tables() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def _page(page: Mapping[str, Any], prefixes: Mapping[str, str]) -> PageProfile:
    lead = page.get("lead", "")
    return PageProfile(
        page.get("list", ""),
        page.get("title", "{label}"),
        expand(lead, prefixes) if lead else "",
        [one if is_block(one) else expand(one, prefixes) for one in page.get("up", ())],
        page.get("trace", False),
        [_fact(name, names, prefixes) for name, names in page.get("facts", {}).items()],
        page.get("blocks", ()),
        page.get("expected", ()),
        page.get("text", ()),
        page.get("part", False),
        page.get("template", PageProfile.template),
    )


def _fact(name: str, names: Sequence[str], prefixes: Mapping[str, str]) -> Fact:
    properties = [expand(one, prefixes) for one in names if not is_block(one)]
    block = next(filter(is_block, names), "")
    return Fact(name, properties[0], (*properties[1:], "")[0], block)


def _list(one: Mapping[str, Any], prefixes: Mapping[str, str]) -> ListProfile:
    return ListProfile(**{**one, "classes": [expand(name, prefixes) for name in one["classes"]]})


def _link(path: str, link: Mapping[str, str], prefixes: Mapping[str, str]) -> NavigationLink:
    needs = link.get("needs", "")
    return NavigationLink(path, link["label"], expand(needs, prefixes) if needs else "")


def _pattern(iris: Iterable[str]) -> Properties:
    """Return a pattern that matches ``iris``, in which `*` stands for any characters.

    >>> bool(_pattern(["ex:verbatim*", "ex:title"]).fullmatch("ex:verbatimTitle"))
    True
    """
    return re.compile("|".join(map(translate, iris)))
