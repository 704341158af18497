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
    """The title of the page about a graph, and the label of the graph beside statements."""

    title: str
    label: str


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
class Profile:
    """The contents of profile.toml."""

    home_classes: tuple[str, ...]
    home_question: str
    """The name of a stored question."""
    resource: ResourceProfile
    graphs: Mapping[str, GraphTitle]
    """By the path of the graph below graph/."""
    ontology: OntologyProfile
    sparql: SparqlProfile


def read_profile(prefixes: Mapping[str, str]) -> Profile:
    """Read profile.toml, expanding prefixed names with ``prefixes``."""
    tables: dict[str, Any] = tomllib.loads(_FILE.read_text(encoding="utf-8"))

    def iris(names: Iterable[str]) -> tuple[str, ...]:
        return tuple(expand(name, prefixes) for name in names)

    home, terms, sparql = tables["home"], tables["ontology"], tables["sparql"]
    resource = {key: iris(names) for key, names in tables["resource"].items()}
    return Profile(
        iris(home["classes"]),
        home["question"],
        ResourceProfile(resource.pop("first"), **{k: _pattern(v) for k, v in resource.items()}),
        {path: GraphTitle(**graph) for path, graph in tables["graphs"].items()},
        OntologyProfile(
            iris(terms["facts"]),
            iris(terms["notes"]),
            dict(zip(terms["sections"], iris(terms["sections"].values()), strict=True)),
        ),
        SparqlProfile(**sparql),
    )


def _pattern(iris: Iterable[str]) -> Properties:
    """Return a pattern that matches ``iris``, in which `*` stands for any characters.

    >>> bool(_pattern(["ex:verbatim*", "ex:title"]).fullmatch("ex:verbatimTitle"))
    True
    """
    return re.compile("|".join(map(translate, iris)))
