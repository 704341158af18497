"""Addresses on this server: where each thing is described, and which things an address stands for.

- The page of a thing below `id/` has the same path below `doc/`; the stored questions, the dataset
  with its parts, graphs, the ontology and the shapes have pages of their own (`_page`).
- The address of a thing is that of its page if clients send its IRI unchanged and no other thing
  has that address (`_is_plain`), else `/describe?iri=` (`describing`), which any IRI has.
- A client of HTTP sends an IRI as a URI, without its fragment and perhaps normalized (RFC 3986,
  section 6.2.2; RFC 3987, section 3.1), so that several IRIs can have one address: `é` and
  `%C3%A9`, `%7E` and `~`, `h` and `h#part`, `a/../b` and `b`. An address stands for the first of
  its `candidates` that the dataset has, and its page links to the `others`.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cached_property
from urllib.parse import quote, urlencode

from accsm_kg.namespaces import QUERIES
from accsm_server.remembering import remembering

_ASCII = "".join(map(chr, range(0x21, 0x7F)))
_ESCAPE = re.compile("%[0-9A-Fa-f]{2}")
_ESCAPED_LETTERS = re.compile("(?:%[89A-F][0-9A-F])+")
_UNRESERVED = re.compile("[A-Za-z0-9._~-]", re.ASCII)
_RESERVED = re.compile("[!$&'()*+,;=:@]")
#: The parameters of documents, which are not part of an IRI.
PARAMETER_NAMES = ("format", "output", "property", "page", "topic", "find")
_PARAMETERS = tuple(f"{name}=" for name in PARAMETER_NAMES)
_PAGES = ("dataset", QUERIES)
_VOCABULARIES = ("ontology", "shapes")
_FOLDERS = ("dataset/class/", "dataset/property/", "graph/", "ontology/", "shapes/")
_REMEMBERED, _LONGEST = 1 << 14, 200  # addresses, and characters of their IRIs
_QUESTION = re.compile(rf"{re.escape(QUERIES)}/([\w.~-]+)", re.ASCII)


class Addresses:
    """The addresses of the things of a dataset, whose IRIs begin with ``base``."""

    def __init__(self, base: str, irregular: Iterable[str] = ()) -> None:
        """Take the IRIs below ``base`` that have `#`, `%`, `?` or a segment with a dot first."""
        self._base = base
        self._irregular: dict[str, list[str]] = defaultdict(list)
        for iri in sorted(irregular):
            self._irregular[normalized(iri.removeprefix(base))].append(iri)
        queries = (key.partition("?") for key in self._irregular)
        self._taken = {path for path, _, query in queries if query.startswith(_PARAMETERS)}
        """The addresses that with some parameter are those of other things."""

    @cached_property
    def of(self) -> Callable[[str], str]:
        """Return `_of`, which remembers what it has returned: a page shows most IRIs repeatedly."""
        return remembering(_REMEMBERED, _LONGEST)(self._of)

    def _of(self, iri: str) -> str:
        """Return the path, query and fragment at which the thing ``iri`` is described.

        >>> addresses = Addresses("https://example.org/")
        >>> addresses.of("https://example.org/id/caf\N{LATIN SMALL LETTER E WITH ACUTE}")
        '/doc/caf%C3%A9'
        >>> addresses.of("https://example.org/other")
        '/describe?iri=https%3A%2F%2Fexample.org%2Fother'
        """
        path, mark, fragment = iri.removeprefix(self._base).partition("#")
        page = _page(path) if iri.startswith(self._base) else None
        if page is None or not (path in _VOCABULARIES or self._is_plain(iri)):
            return describing(iri)
        return to_uri(f"/{page}{mark}{fragment}")

    def candidates(self, path: str) -> list[str]:
        """Return the IRIs for which ``path``, a path and query below the base, is the address.

        ``path`` is as a client has sent it. The first of these IRIs in the dataset is the one that
        the address stands for, the others (`others`) share it.
        """
        key = normalized(path)
        return list(dict.fromkeys(self._base + form for form in (path, key, _lettered(key))))

    def others(self, path: str) -> list[str]:
        """Return the irregular IRIs of the dataset whose address is ``path``."""
        return self._irregular.get(normalized(path), [])

    def document(self, path: str) -> str:
        """Return the address of the document about what has ``path``, to which to add parameters.

        ``path`` is that of a URI below the base. A parameter could make the address of its page
        that of another thing.
        """
        is_safe = "?" not in path and normalized(path) not in self._taken
        page = _page(path) if is_safe and not _is_changed(path) else None
        return describing(self._base + path) if page is None else f"/{page}"

    def _is_plain(self, iri: str) -> bool:
        """Return whether the address that clients make of ``iri`` stands for no other thing."""
        path, mark, _ = iri.removeprefix(self._base).partition("#")
        key, others = normalized(path), self.others(path)
        if _is_changed(path) or (mark and (others != [iri] or path in _PAGES)):
            return False
        return path.isascii() or (path == _lettered(key) and self._base + key not in others)


def to_uri(iri: str) -> str:
    """Return the URI of an IRI (RFC 3987, section 3.1)."""
    return quote(iri, safe=_ASCII)


def describing(iri: str) -> str:
    """Return the address at which any ``iri`` is described."""
    return f"/describe?{urlencode({'iri': iri})}"


def with_query(address: str, parameters: str) -> str:
    """Return ``address`` with ``parameters``, a query string, added to its query."""
    return f"{address}{'&' if '?' in address else '?'}{parameters}" if parameters else address


def at_line(address: str, line: int) -> str:
    """Return the address of a line of the source that has an ``address``.

    >>> at_line("/doc/source/001", 158)
    '/doc/source/001?line=158#L158'
    """
    return f"{with_query(address, f'line={line}')}#L{line}"


def selected(address: str, selection: object) -> str:
    """Return ``address`` with those fields of a dataclass of texts that differ from its defaults.

    The names of the parameters are those of the fields.
    """
    usual = vars(type(selection)())
    chosen = {name: text for name, text in vars(selection).items() if text != usual[name]}
    return with_query(address, urlencode(chosen))


def normalized(path: str) -> str:
    """Return the path and query of an IRI as a normalized URI, without fragment and empty query.

    >>> normalized("a/./%7e%c3%a9?#x")
    'a/~%C3%A9'
    """
    uri = _ESCAPE.sub(_normalized_escape, to_uri(path.partition("#")[0]))
    path, mark, query = uri.partition("?")
    return _without_dots(path) + (mark + query if query else "")


def unescaped(path: str) -> str:
    """Return a path and query without needless escapes, such as `%2C` for a comma."""
    return _ESCAPE.sub(
        lambda escape: char if _RESERVED.fullmatch(char := _character(escape)) else escape[0], path
    )


def _page(path: str) -> str | None:
    """Return the path of the page about what has ``path`` below the base, None if there is none."""
    if path.startswith("id/"):
        return "doc/" + path.removeprefix("id/")
    if path == QUERIES:
        return "questions"
    if path in _PAGES or path in _VOCABULARIES or path.startswith(_FOLDERS):
        return path
    question = _QUESTION.fullmatch(path)
    return f"questions/{question[1]}" if question else None


def _normalized_escape(escape: re.Match[str]) -> str:
    char = _character(escape)
    return char if _UNRESERVED.fullmatch(char) else escape[0].upper()


def _character(escape: re.Match[str]) -> str:
    return chr(int(escape[0][1:], 16))


def _lettered(uri: str) -> str:
    """Return a normalized URI with letters for their escapes (RFC 3987, section 3.2)."""

    def letters(escapes: re.Match[str]) -> str:
        try:
            return bytes.fromhex(escapes[0].replace("%", "")).decode()
        except UnicodeDecodeError:
            return escapes[0]

    return _ESCAPED_LETTERS.sub(letters, uri)


def _is_changed(path: str) -> bool:
    """Return whether clients or this server change ``path``, the path and query of an IRI."""
    path, mark, query = path.partition("?")
    plain = path.replace("%2e", ".").replace("%2E", ".")
    has_dots = not {".", ".."}.isdisjoint(plain.split("/"))
    return has_dots or "%0a" in path.lower() or (mark != "" and (not query or "'" in query))


def _without_dots(path: str) -> str:
    """Return a path without the segments `.` and `..` (RFC 3986, section 5.2.4)."""
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/".join(kept)
