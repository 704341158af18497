"""RDF terms as text: IRIs and CURIEs, local names, and natural sort order."""

import re
from collections.abc import Iterable, Mapping, Sequence

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

Term = NamedNode | BlankNode | Literal | Triple

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
XSD = "http://www.w3.org/2001/XMLSchema#"
TYPE, LANGUAGE_STRING = f"{RDF}type", f"{RDF}langString"

#: A local name that needs no escapes, and a path that stays below a base IRI.
_LOCAL = re.compile(r"\w(?:[\w.-]*[\w-])?", re.ASCII)
_RELATIVE = re.compile(r"[^/:?#.][^/:?#]*(?:[/#][^/.][^/]*)*/?")
_NUMBER = re.compile(r"(\d{1,4000})")  # int() refuses more than 4300 digits


def named_node(curie: str, prefixes: Mapping[str, str]) -> NamedNode:
    """Return the IRI of a CURIE; raises KeyError for an unknown prefix.

    >>> named_node("ex:a", {"ex": "http://example.org/"})
    <NamedNode value=http://example.org/a>
    """
    prefix, _, local = curie.partition(":")
    return NamedNode(prefixes[prefix] + local)


def expand(name: str, prefixes: Mapping[str, str]) -> str:
    """Return the IRI of a CURIE; text with an unknown prefix, such as an IRI, is unchanged.

    >>> expand("ex:a", {"ex": "http://example.org/"}), expand("urn:a", {})
    ('http://example.org/a', 'urn:a')
    """
    prefix, _, local = name.partition(":")
    return prefixes[prefix] + local if prefix in prefixes else name


def shorten(iri: str, prefixes: Mapping[str, str]) -> str:
    """Return ``iri`` as a CURIE with the longest matching namespace, else unchanged.

    >>> shorten("http://schema.org/name", {"schema": "http://schema.org/"})
    'schema:name'
    """
    fitting = [(len(space), name) for name, space in prefixes.items() if iri.startswith(space)]
    if not fitting:
        return iri
    length, name = max(fitting)
    return f"{name}:{iri[length:]}"


def short(iri: str, prefixes: Mapping[str, str], base: str) -> str:
    """Return ``iri`` as it can be pasted into a query that knows ``prefixes`` and ``base``.

    >>> short("http://schema.org/name", {"schema": "http://schema.org/"}, "")
    'schema:name'
    >>> short("http://example.org/id/a/1", {}, "http://example.org/")
    '<id/a/1>'
    """
    fitting = [
        (len(space), name)
        for name, space in prefixes.items()
        if iri.startswith(space) and _LOCAL.fullmatch(iri, len(space))
    ]
    if fitting:
        length, name = max(fitting)
        return f"{name}:{iri[length:]}"
    path = iri.removeprefix(base) if base else iri
    return f"<{path if _RELATIVE.fullmatch(path) else iri}>"


def local_name(iri: str) -> str:
    """Return the part of ``iri`` after its last `#` or `/`.

    >>> local_name("http://www.w3.org/2001/XMLSchema#date")
    'date'
    """
    return re.split(r"[#/]", iri)[-1]


def is_iri(text: str) -> bool:
    """Return whether ``text`` is an absolute IRI."""
    try:
        return bool(NamedNode(text))
    except ValueError:
        return False


def value_of(term: object) -> str:
    """Return the IRI of a named node or the lexical form of a literal, empty for anything else."""
    return term.value if isinstance(term, NamedNode | Literal) else ""


def seem_empty(rows: Sequence[Sequence[Term | None]]) -> bool:
    """Return whether there are no rows, or one in which each value is 0 or missing."""
    return not rows or (len(rows) == 1 and all(value_of(term) in ("", "0") for term in rows[0]))


def iris(terms: Iterable[Term | None]) -> set[str]:
    """Return the IRIs among ``terms``."""
    return {term.value for term in terms if isinstance(term, NamedNode)}


def natural(text: str, *, ignore_case: bool = True) -> list[tuple[int, str]]:
    """Return a sort key that orders numbers within texts by value.

    >>> sorted(["project 10", "Project 9"], key=natural)
    ['Project 9', 'project 10']
    """
    folded = text.casefold() if ignore_case else text
    return [
        (int(part), "") if part.isdecimal() else (-1, part)
        for part in _NUMBER.split(folded)
        if part
    ]
