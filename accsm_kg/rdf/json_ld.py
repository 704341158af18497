"""Graphs in JSON-LD 1.1, written while their triples arrive.

A document has a `@context` of prefixes and a `@graph` of flat nodes, one on each line. It says what
it needs itself, so that it can be read without any request. Names are compacted as in section 5 of
the JSON-LD 1.1 API: types in `@type`, strings, integers and booleans as those of JSON.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import groupby, islice
from operator import attrgetter
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from accsm_kg.rdf.terms import TYPE, XSD, Term

#: The end of every document.
END = "\n]}\n"

_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,14}")  # exact in JSON, and written so again
_NODE = 1000  # triples in one node; a longer one goes on in a node with the same @id

Shorten = Callable[[str], str]


class _AmbiguousError(ValueError):
    """An IRI that a reader would take for a prefixed name, such as `geo:13,100`."""


def serialize(triples: Iterable[Triple], prefixes: Mapping[str, str]) -> Iterator[str]:
    """Yield a JSON-LD document of ``triples`` with the given ``prefixes``, piece by piece.

    Consecutive triples about one subject make one node. Raises ValueError for a triple that has a
    triple as its object, which JSON-LD cannot express.
    """
    names = context(prefixes)
    shorten = _shortener(names)
    yield f'{{"@context": {json.dumps(names)},\n"@graph": ['
    separator = "\n"
    for subject, about in groupby(triples, attrgetter("subject")):
        while batch := list(islice(about, _NODE)):
            yield separator + json.dumps(_node(subject, batch, shorten), ensure_ascii=False)
            separator = ",\n"
    yield END


def context(prefixes: Mapping[str, str]) -> dict[str, str]:
    """Return the prefixes that a `@context` can declare: those of namespaces that end in / or #.

    >>> context({"ex": "http://example.org/", "": "http://example.org/", "obo": "urn:obo:GO_"})
    {'ex': 'http://example.org/'}
    """
    return {
        name: space
        for name, space in prefixes.items()
        if name and space.endswith(("/", "#")) and not _is_prefixed(space, prefixes)
    }


def _is_prefixed(iri: str, names: Mapping[str, str]) -> bool:
    """Return whether a reader takes ``iri`` for a prefixed name."""
    start, _, rest = iri.partition(":")
    return start in names and not rest.startswith("//")


def _shortener(names: Mapping[str, str]) -> Shorten:
    """Return a function that compacts an IRI; it raises _AmbiguousError."""
    by_space = {space: name for name, space in names.items()}

    @lru_cache(maxsize=4096)
    def shorten(iri: str) -> str:
        end = max(iri.rfind("/"), iri.rfind("#")) + 1
        if end < len(iri) and (name := by_space.get(iri[:end])):
            return f"{name}:{iri[end:]}"
        if _is_prefixed(iri, names):
            raise _AmbiguousError(iri)
        return iri

    return shorten


def _node(subject: NamedNode | BlankNode, about: list[Triple], shorten: Shorten) -> dict[str, Any]:
    try:
        return _compacted(subject, about, shorten)
    except _AmbiguousError:
        return {"@context": None, **_compacted(subject, about, str)}


def _compacted(
    subject: NamedNode | BlankNode, about: list[Triple], shorten: Shorten
) -> dict[str, Any]:
    values: dict[str, list[Any]] = {"@type": []}
    for triple in about:
        value = triple.object
        if triple.predicate.value == TYPE and not isinstance(value, Literal):
            values["@type"].append(_id(value, shorten))
        else:
            values.setdefault(shorten(triple.predicate.value), []).append(_value(value, shorten))
    return {
        "@id": _id(subject, shorten),
        **{key: found if len(found) > 1 else found[0] for key, found in values.items() if found},
    }


def _id(term: Term, shorten: Shorten) -> str:
    if isinstance(term, NamedNode):
        return shorten(term.value)
    if isinstance(term, BlankNode):
        return str(term)
    raise ValueError("JSON-LD has no triples about triples; ask for another format")


def _value(term: Term, shorten: Shorten) -> Any:
    if not isinstance(term, Literal):
        return {"@id": _id(term, shorten)}
    text, datatype = term.value, term.datatype.value
    if term.language:
        direction = {"@direction": str(term.direction)} if term.direction else {}
        return {"@language": term.language, **direction, "@value": text}
    if datatype == f"{XSD}boolean" and text in ("true", "false"):
        return text == "true"
    if datatype == f"{XSD}integer" and _INTEGER.fullmatch(text):
        return int(text)
    return text if datatype == f"{XSD}string" else {"@type": shorten(datatype), "@value": text}
