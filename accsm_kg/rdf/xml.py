"""What XML 1.0 can hold: the characters of texts, and the IRIs that can be names of elements.

The engine writes any character and any IRI into XML results and RDF/XML, of which a parser would
then read another text, or nothing.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from pyoxigraph import BlankNode, NamedNode, Triple

from accsm_kg.rdf.terms import RDF, TYPE, Term

#: Bytes that are no characters of XML (section 2.2); neither are U+FFFE and U+FFFF.
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r"))
_NONCHARACTER = re.compile(rb"\xef\xbf[\xbe\xbf]")
_NOT_XML = re.compile(b"[" + re.escape(_CONTROL) + rb"]|\xef\xbf[\xbe\xbf]")
#: The characters with which a name may begin, and those which it may have (section 2.3, no colon).
_START = (
    "A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d"
    "\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_PART = rf"{_START}\-.0-9\u00b7\u0300-\u036f\u203f\u2040"
_NAME = re.compile(f"[{_START}][{_PART}]*")
_STARTS, _BREAK = re.compile(f"[{_START}]"), re.compile(f"[^{_PART}]")
_TYPE = NamedNode(TYPE)
#: Words of RDF/XML that are names of no property, or of no class either (its section 6.1).
_WITHDRAWN = frozenset(RDF + name for name in ("aboutEach", "aboutEachPrefix", "bagID"))
_SYNTAX = _WITHDRAWN.union(
    f"{RDF}{name}"
    for name in (
        *("RDF", "ID", "about", "parseType", "resource", "nodeID", "datatype"),
        *("Description", "li"),
    )
)
#: Namespaces that cannot be bound to a prefix.
_RESERVED = ("http://www.w3.org/XML/1998/namespace", "http://www.w3.org/2000/xmlns/")


class XmlError(ValueError):
    """A text or a name that XML cannot hold."""


def escaped(data: bytes, before: bytes | bytearray = b"") -> bytes:
    """Return a part of an XML document in UTF-8 with its carriage returns as `&#13;`.

    A parser would read them as line feeds. ``before`` is the end of the part before, of two bytes
    or more, as a character may lie in both. Raises XmlError for a character that XML cannot hold.

    >>> escaped(b"<a>x\\r</a>")
    b'<a>x&#13;</a>'
    """
    if len(data.translate(None, _CONTROL)) < len(data) or _NONCHARACTER.search(before + data):
        found = _NOT_XML.search(before + data)
        assert found is not None
        code = f"U+{ord(found[0].decode()):04X}"
        raise XmlError(f"A text has the character {code}, which XML cannot hold.")
    return data.replace(b"\r", b"&#13;")


def nameable(triples: Iterable[Triple]) -> Iterator[Triple]:
    """Yield ``triples`` as they can be written in RDF/XML, where properties are names of elements.

    Labels of blank nodes become names. Raises XmlError for a property that is no name, and for such
    a class where the engine makes an element of it: as the first that is said of a thing.
    """
    checked = set[NamedNode]()
    subject: object = None
    for triple in triples:
        if triple.predicate == _TYPE and triple.subject != subject:
            _check_class(triple.object)
        subject = triple.subject
        yield _named(triple, checked)


def bindable(prefixes: Mapping[str, str]) -> dict[str, str]:
    """Return those of ``prefixes`` that XML can declare.

    >>> bindable({"xml": "http://a.example/", "ex": "http://a.example/"})
    {'ex': 'http://a.example/'}
    """
    return {
        name: space
        for name, space in prefixes.items()
        if not name.lower().startswith("xml") and space not in _RESERVED
    }


def _check_class(term: Term) -> None:
    if isinstance(term, NamedNode) and (term.value in _WITHDRAWN or not _ends_in_name(term.value)):
        raise XmlError(f"RDF/XML has no name for the class {term}.")


def _named(triple: Triple, checked: set[NamedNode]) -> Triple:
    """Return ``triple`` with names as labels of blank nodes; ``checked`` properties are names."""
    subject, predicate, value = triple
    if predicate not in checked:
        if predicate.value in _SYNTAX or not _ends_in_name(predicate.value):
            raise XmlError(f"RDF/XML has no name for the property {predicate}.")
        checked.add(predicate)
    if isinstance(subject, BlankNode):
        subject = _labelled(subject)
    if isinstance(value, Triple):
        value = _named(value, checked)
    elif isinstance(value, BlankNode):
        value = _labelled(value)
    return Triple(subject, predicate, value)


def _labelled(node: BlankNode) -> BlankNode:
    """Return a blank node whose label is a name: another one for each that is none."""
    is_kept = _NAME.fullmatch(node.value) and not node.value.startswith("_")
    return node if is_kept else BlankNode(f"_{node.value}")


def _ends_in_name(iri: str) -> bool:
    """Return whether an element can be named by a namespace and the end of ``iri``."""
    end = max((found.end() for found in _BREAK.finditer(iri)), default=0)
    return _STARTS.search(iri, end) is not None and not iri.startswith(_RESERVED[1])
