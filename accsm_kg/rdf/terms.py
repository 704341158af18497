"""RDF terms as text: prefixed names and natural order."""

import re
from collections.abc import Iterable, Mapping

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

Term = NamedNode | BlankNode | Literal | Triple

_NUMBER = re.compile(r"(\d{1,4000})")  # int() takes no more


def expand(name: str, prefixes: Mapping[str, str]) -> str:
    """Return the IRI that a prefixed name stands for; an IRI stays as it is.

    >>> expand("ex:a", {"ex": "http://example.org/"})
    'http://example.org/a'
    """
    prefix, _, local = name.partition(":")
    return prefixes[prefix] + local if prefix in prefixes else name


def natural(text: str) -> list[tuple[int, str]]:
    """Return a key that sorts numbers in words by value.

    >>> sorted(["project 10", "project 9"], key=natural)
    ['project 9', 'project 10']
    """
    return [
        (int(part), "") if part.isdecimal() else (-1, part.casefold())
        for part in _NUMBER.split(text)
        if part
    ]


def iris(terms: Iterable[Term | None]) -> set[str]:
    """Return the IRIs among ``terms``."""
    return {term.value for term in terms if isinstance(term, NamedNode)}
