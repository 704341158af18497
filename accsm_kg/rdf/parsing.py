"""Parse RDF files; what is wrong with one is said with its line and column, and what to do."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import IO, Final
from xml.parsers import expat

from pyoxigraph import NamedNode, Quad, RdfFormat, parse

#: Relative IRIs of JSON-LD without a base, which the parser would leave out, begin with this.
_NO_BASE: Final = "relative-iri:"
_PLACE = re.compile(r"Parser error at line \d+ (?:column \d+|between .*?): ")
_NO_SCHEME: Final = "No scheme found in an absolute IRI"
_TAG = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")
_TAGGED = re.compile(r"[\"']@([\w-]+)")
_LANGUAGE = re.compile(r'"@language"\s*:\s*"([^"\\]*)"')
_CONTEXT = re.compile(r'"@(?:context|import)"\s*:\s*(?:\[(?:\s*\{[^{}]*\}\s*,)*\s*)?"([^"]*)"')
_LINES: Final = (RdfFormat.N_TRIPLES, RdfFormat.N_QUADS)
_VALUE = re.compile(r"error while parsing (IRI|language tag) '(.*)': (.*)")
#: How the content of some files begins, the formats that may begin so, and what to do in others.
_BEGINNINGS: Final = (
    ("gzip data", rb"\x1f\x8b", (), "add .gz to its name"),
    ("Zstandard data", rb"\x28\xb5\x2f\xfd", (), "add .zst to its name"),
    ("a zip archive or a workbook", rb"PK\x03\x04", (), "unpack it, or save it as RDF"),
    ("a page of HTML", rb"\s*<(?:!doctype\s+html|html)\b", (), "fetch the data instead"),
    ("XML", rb"\s*<(?:\?xml|rdf:rdf)\b", (RdfFormat.RDF_XML,), "end its name with .rdf"),
    ("JSON", rb'\s*(?:\[\s*)?\{\s*"', (RdfFormat.JSON_LD,), "end its name with .jsonld"),
    (
        "Turtle",
        rb"\s*@?(?:prefix|base)\s",
        (RdfFormat.TURTLE, RdfFormat.TRIG, RdfFormat.N3),
        "end its name with .ttl",
    ),
)


def quads(
    file: IO[bytes],
    kind: RdfFormat,
    name: str,
    base: str = "",
    remedy: str = "--base",
    *,
    relabel: bool = False,
) -> Iterator[Quad]:
    """Yield the quads of a file in the format ``kind``.

    Relative IRIs are resolved against ``base``, for which the user has the option or the statement
    ``remedy``. ``relabel`` labels blank nodes anew. Raises ValueError with ``name``, line, column,
    fault and what to do.
    """
    try:
        if kind == RdfFormat.JSON_LD:
            yield from _json_ld(file, base, relabel)
        else:
            yield from parse(file, format=kind, base_iri=base or None, rename_blank_nodes=relabel)
    except SyntaxError as error:
        raise ValueError(name + _fault(error, file, kind, remedy)) from None


def _json_ld(file: IO[bytes], base: str, relabel: bool) -> Iterator[Quad]:
    """Yield the quads of JSON-LD; raises SyntaxError for what the parser leaves out in silence."""
    content = file.read()
    for tag in _LANGUAGE.findall(content.decode(errors="replace")):
        if not _TAG.fullmatch(tag):
            raise SyntaxError(f"error while parsing language tag '{tag}': none")
    base = base or f"{_NO_BASE}/"
    kind = RdfFormat.JSON_LD
    for quad in parse(content, format=kind, base_iri=base, rename_blank_nodes=relabel):
        for term in quad:
            if isinstance(term, NamedNode) and term.value.startswith(_NO_BASE):
                relative = term.value.removeprefix(_NO_BASE).lstrip("/")
                raise SyntaxError(f"error while parsing IRI '{relative}': {_NO_SCHEME}")
        yield quad


def _fault(error: SyntaxError, file: IO[bytes], kind: RdfFormat, remedy: str) -> str:
    """Return what follows the name of a file: where the parser stopped, why, and what to do."""
    if not file.seekable():
        return f": {error.msg}"
    file.seek(0)
    head = file.read(512)
    for content, beginning, formats, advice in _BEGINNINGS:
        if kind not in formats and re.match(beginning, head, re.IGNORECASE):
            return f": holds {content}, not {kind.name}; {advice}"
    file.seek(0)
    if error.lineno is None:
        return _without_place(error.msg, file.read().decode(errors="replace"), remedy)
    line = next(islice(file, error.lineno - 1, None), b"").decode("utf-8-sig", "replace")
    start, end = (error.offset or 1) - 1, (error.end_offset or 1) - 1
    for tag in _TAGGED.finditer(line):
        if tag.start() <= start <= tag.end() and not _TAG.fullmatch(tag[1]):
            return f":{error.lineno}:{tag.start(1) + 1}: {_no_tag(tag[1])}"
    fault = _PLACE.sub("", error.msg)
    if fault == _NO_SCHEME:
        fault = _relative(line[start:end], remedy if kind not in _LINES else "")
    fault = "not UTF-8; save it as UTF-8" if fault.startswith("Invalid UTF-8") else fault
    return f":{error.lineno}:{start + 1}: {fault}"


def _without_place(fault: str, text: str, remedy: str) -> str:
    """Return a fault of JSON-LD or RDF/XML, with its place where this is certain."""
    if "remote context" in fault:
        context = next(iter(_CONTEXT.findall(text)), "")
        said = f"the context {context} is not fetched; write its terms in place of its address"
        return f"{_place(context, text)}: {said}"
    if not (found := _VALUE.fullmatch(fault)):
        return f"{_place_in_xml(text)}: {fault}"
    what, value, reason = found.groups()
    if what == "language tag":
        said = _no_tag(value)
    else:
        said = _relative(f"<{value}>", remedy) if reason == _NO_SCHEME else f"<{value}>: {reason}"
    return f"{_place(value, text)}: {said}"


def _place(value: str, text: str) -> str:
    """Return the line and column of a quoted value that stands once in ``text``."""
    quoted = re.compile(rf"[\"']{re.escape(value)}[\"']", re.IGNORECASE)
    found = [match.start() for match in quoted.finditer(text)]
    if len(found) != 1:
        return ""
    line, column = text.count("\n", 0, found[0]) + 1, found[0] - text.rfind("\n", 0, found[0]) + 1
    return f":{line}:{column}"


def _place_in_xml(text: str) -> str:
    """Return the line and column where XML is not well-formed."""
    try:
        expat.ParserCreate().Parse(text, True)
    except expat.ExpatError as error:
        return f":{error.lineno}:{error.offset + 1}"
    return ""


def _relative(iri: str, remedy: str) -> str:
    otherwise = f", or name its base with {remedy}" if remedy else ""
    return f"relative IRI {iri}; write it in full{otherwise}"


def _no_tag(tag: str) -> str:
    return f"'{tag}' is no language tag; write it like en-US, with hyphens"
