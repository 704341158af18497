"""Parse RDF files; what is wrong with one is said with its line and column, and what to do."""

import re
from collections.abc import Callable, Iterator
from io import BufferedReader, BytesIO, RawIOBase
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final
from xml.parsers import expat

from pyoxigraph import NamedNode, Quad, RdfFormat, Store, parse

#: Relative IRIs of JSON-LD without a base, which the parser would leave out, begin with this.
_NO_BASE: Final = "relative-iri:"
_CHUNK = 1 << 18  # bytes
_SPOOLED = 64 << 20  # bytes that are held in memory
_PLACE = re.compile(r"Parser error at line \d+ (?:column \d+|between .*?): ")
_NO_SCHEME: Final = "No scheme found in an absolute IRI"
_TAG = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")
_TAGGED = re.compile(r"[\"']@([\w-]+)")
_LANGUAGE = re.compile(r'"@language"\s*:\s*"([^"\\]*)"')
_CONTEXT = re.compile(r'"@(?:context|import)"\s*:\s*(?:\[(?:\s*\{[^{}]*\}\s*,)*\s*)?"([^"]*)"')
#: The formats of which each line is a statement.
LINES: Final = (RdfFormat.N_TRIPLES, RdfFormat.N_QUADS)
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
) -> Iterator[Quad]:
    """Yield the quads of a file in the format ``kind``.

    Relative IRIs are resolved against ``base``, for which the user has the option or the statement
    ``remedy``. Raises ValueError with ``name``, line, column, fault and what to do.
    """
    try:
        if kind == RdfFormat.JSON_LD:
            yield from _json_ld(file, base)
        else:
            yield from parse(file, format=kind, base_iri=base or None)
    except SyntaxError as error:
        raise ValueError(name + _fault(error, file, kind, remedy)) from None


def load(
    store: Store,
    file: IO[bytes],
    kind: RdfFormat,
    base: str,
    track: Callable[[bytes], None],
    *,
    keep_labels: bool,
) -> bool:
    """Load a file in the format ``kind`` into ``store``; ``track`` gets its bytes as they are read.

    Returns whether blank nodes have new labels; those of a format of lines stay with
    ``keep_labels``. Raises SyntaxError: see `quads` for where.
    """
    base_iri = base or None
    if kind == RdfFormat.JSON_LD:
        whole = file.read()
        track(whole)
        store.bulk_extend(_json_ld(BytesIO(whole), base, relabel=True))
        return True
    with SpooledTemporaryFile(_SPOOLED) as apart:
        content = _Content(file, track, apart if kind in LINES else None)
        store.bulk_load(BufferedReader(content, _CHUNK), format=kind, base_iri=base_iri)
        is_relabelled = kind not in LINES or (not keep_labels and apart.tell() > 0)
        apart.seek(0)
        store.bulk_extend(
            parse(apart, format=kind, base_iri=base_iri, rename_blank_nodes=not keep_labels)
        )
    return is_relabelled


class _Content(RawIOBase):
    """The bytes of a file, without lines that may name blank nodes, which go to a file ``apart``.

    The engine labels blank nodes anew as it loads a file.
    """

    def __init__(
        self, file: IO[bytes], track: Callable[[bytes], None], apart: IO[bytes] | None
    ) -> None:
        self._file, self._track, self._apart = file, track, apart
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            if self._apart is None:
                piece = self._file.read(_CHUNK)
            else:
                piece = b"".join(self._file.readlines(_CHUNK))
            if not piece:
                return 0
            self._track(piece)
            if self._apart is not None and b"_:" in piece:
                lines = piece.splitlines(keepends=True)
                self._apart.writelines(line for line in lines if b"_:" in line)
                piece = b"".join(line for line in lines if b"_:" not in line)
            self._rest = memoryview(piece)
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


def _json_ld(file: IO[bytes], base: str, *, relabel: bool = False) -> Iterator[Quad]:
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
        fault = _relative(line[start:end], remedy if kind not in LINES else "")
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
