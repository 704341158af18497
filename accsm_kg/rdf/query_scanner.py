"""Scan the text of a SPARQL query for its form, prefixes, IRIs and keywords before it runs.

Strings, IRIs, comments, variables and prefixed names are skipped, so that their words are not taken
for keywords. The grammar requires no space around a keyword, so keywords are also searched within
words. All patterns are possessive: the time is linear in the length of the text.
"""

import re
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Form = Literal["SELECT", "ASK", "CONSTRUCT", "DESCRIBE"]

_FORMS: dict[str, Form] = {
    "SELECT": "SELECT", "ASK": "ASK", "CONSTRUCT": "CONSTRUCT", "DESCRIBE": "DESCRIBE",
}  # fmt: skip
#: The keyword of a query form or an update, at the start of a word or after a dot in it.
_VERB = re.compile(
    rf"(?:[\w-]*+\.)*?({'|'.join(_FORMS)}"
    "|INSERT|DELETE|LOAD|CLEAR|CREATE|DROP|COPY|MOVE|ADD|WITH)"
)
#: Functions whose value may differ from call to call.
_VOLATILE = re.compile("NOW|RAND|UUID|BNODE")
_BLANK = re.compile(r"[\[(]|_:")
#: A relative IRI; what may be a comparison, as in ?a<?b&&?c>?d, is left out.
_RELATIVE = re.compile(r"(?![A-Za-z][\w+.-]*+:)[\w./#~:@%-]*+\Z")
_DOT = re.compile(r"\\.|(\.)", re.DOTALL)
_STAR = re.compile(r"SELECT\s*+(?:(?:DISTINCT|REDUCED)\s*+)?\*", re.IGNORECASE)
#: A prefixed name from its colon on; a dot at its end belongs to the triple.
LOCAL = r":(?:[\w:%-]|\\.|\.++(?=[\w:%\\-]))*+"
_GLUED = 40  # longest text of keywords written before a prefix without a space, in characters
#: Length in characters below which the scan of a query is cached.
SHORT = 16 << 10
#: Characters of the IRIs that are made of the prefixed names of a query; the rest is left out.
_MOST_EXPANDED = 64 << 10

_TOKEN = re.compile(
    rf"""
      (?= [\w\#<"'?$@:] )  # skips quickly to the start of a token
      (?:
      (?P<comment> \#[^\n\r]*+ )
    | (?P<iri> <(?:[^<>"{{}}|^`\\\x00-\x20]|\\[uU][0-9A-Fa-f]{{4,8}})*+> )
    | (?P<string> \"{{3}}(?:[^"\\]|\\.|"(?!""))*+\"{{3}} | '{{3}}(?:[^'\\]|\\.|'(?!''))*+'{{3}}
                | "(?!"")(?:[^"\\\n\r]|\\.)*+" | '(?!'')(?:[^'\\\n\r]|\\.)*+' )
    | (?P<open> ["'] )
    | (?P<skip> [?$]\w++ | @[A-Za-z][\w-]*+ | _:[\w.-]*+ | \d++(?:\.\d++)?+ )
    | (?P<name> [^\W\d_][\w.-]*+ ) (?P<prefixed> {LOCAL} )?+
    | (?P<unnamed> {LOCAL} )
      )
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class ScannedQuery:
    """The form, prefixes, IRIs and keywords of a query."""

    text: str
    form: Form | None
    form_offset: int
    """The offset of the keyword of the form or the update; 0 if there is none."""
    update: bool
    service: bool
    """Whether the keyword SERVICE may occur."""
    dataset_clause: bool
    """Whether the keyword FROM may occur."""
    prefixes: dict[str, str]
    used: dict[str, int]
    """Each prefix used in a prefixed name, with the offset of its first use."""
    undeclared: dict[str, list[str]]
    """The local names with each prefix that the query does not declare."""
    iris: Set[str]
    """The IRIs in the query, written in full or as prefixed names with a declared prefix.

    Of names that would make 64 KiB of IRIs, only the first are here.
    """
    volatile: bool
    """Whether the answer may differ from run to run, because of NOW, RAND, UUID, SERVICE …"""
    makes_blank_nodes: bool
    """Whether a CONSTRUCT template has blank nodes, whose labels differ from run to run."""
    relative: bool
    """Whether it has relative IRIs and no BASE."""
    dots: tuple[int, ...]
    """The offsets of the dots in local names with several, such as x:A.2.2.iv."""

    @property
    def selects_all(self) -> bool:
        """Whether the query is a `SELECT *`, not only a subquery in it."""
        return self.form == "SELECT" and _STAR.match(self.text, self.form_offset) is not None


def scan(text: str) -> ScannedQuery:
    """Scan ``text``, which need not be a valid query.

    The latest 1024 queries below `SHORT` are cached; a longer one takes up to 1 µs per character.

    >>> scan('ASK { ?s ?p "SERVICE <x>" # SERVICE').service
    False
    >>> scan('select * { service <x> {} }').service
    True
    """
    return _cached_scan(text) if len(text) < SHORT else _scan(text)


def _scan(text: str) -> ScannedQuery:
    words, prefixes, names, iris = _tokens(text)
    used: dict[str, int] = {}
    undeclared: dict[str, list[str]] = {}
    named, room = set(iris), _MOST_EXPANDED
    for name, offset in names.items():
        prefix, _, local = name.partition(":")
        used.setdefault(prefix, offset)
        if prefix in prefixes:
            room -= len(prefixes[prefix]) + len(local)
            if room > 0:
                named.add(prefixes[prefix] + local.replace("\\", ""))
        else:
            undeclared.setdefault(prefix, []).append(local.replace("\\", ""))
    words += [(_before(name, prefixes), used[name]) for name in used if name not in prefixes]
    verbs = ((match[1], at + match.start(1)) for word, at in words if (match := _VERB.match(word)))
    verb, offset = next(verbs, ("", 0))
    form = _FORMS.get(verb)
    caps = " ".join([word for word, _ in words])
    service = "SERVICE" in caps
    calls = caps + "".join(iri.upper() for iri in iris if "(" in iri)  # <…> may be two comparisons
    return ScannedQuery(
        text, form, offset, bool(verb and not form), service, "FROM" in caps, prefixes, used,
        undeclared, named,
        volatile=service or _VOLATILE.search(calls) is not None,
        makes_blank_nodes=form == "CONSTRUCT" and _makes_blank_nodes(text, words),
        relative="BASE" not in caps and any(map(_RELATIVE.match, (*iris, *prefixes.values()))),
        dots=_dots(text) if any(name.count(".") > 1 for name in names) else (),
    )  # fmt: skip


_cached_scan = lru_cache(maxsize=1024)(_scan)

_Words = list[tuple[str, int]]
_Tokens = tuple[_Words, dict[str, str], dict[str, int], set[str]]


def _tokens(text: str) -> _Tokens:
    """Return words in capitals, declared prefixes, prefixed names and IRIs.

    Words have their offsets, prefixed names the offset of their first use.
    """
    words: _Words = []
    prefixes: dict[str, str] = {}
    names: dict[str, int] = {}
    iris: set[str] = set()
    word, declared = "", None
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind in ("prefixed", "unnamed"):
            if word == "PREFIX":
                word, declared = "", match[0].partition(":")[0]
            else:
                names.setdefault(match[0], match.start())
        elif kind == "name":
            word = match[0].upper()
            words.append((word, match.start()))
        elif kind == "iri" and declared is not None:
            prefixes[declared], declared = match[0][1:-1], None
        elif kind == "iri":
            iris.add(match[0][1:-1])
        elif kind == "open":
            words.append((_unread(text[match.start() :]), match.start()))
            break
    return words, prefixes, names, iris


def _dots(text: str) -> tuple[int, ...]:
    """Return the offsets of the dots in local names that have several.

    Those after a backslash are escaped.
    """
    dots: list[int] = []
    for match in _TOKEN.finditer(text):
        if match.lastgroup in ("prefixed", "unnamed"):
            name = match[0]
            found = [dot.start() for dot in _DOT.finditer(name, name.index(":")) if dot[1]]
            dots += [match.start() + dot for dot in found if len(found) > 1]
    return tuple(dots)


def _before(prefix: str, prefixes: dict[str, str]) -> str:
    """Return the keywords written without a space before a declared prefix."""
    ends = range(1, min(len(prefix), _GLUED) + 1)
    return next((prefix[:end].upper() for end in ends if prefix[end:] in prefixes), "")


def _unread(text: str) -> str:
    """Return the text after three unclosed quotes in capitals: two of them may be a string."""
    return text.upper() if text.startswith(text[0] * 3) and text.count(text[0]) > 3 else ""


def _makes_blank_nodes(text: str, words: Iterable[tuple[str, int]]) -> bool:
    """Return whether the template of a CONSTRUCT may hold a blank node."""
    where = next((offset for word, offset in words if word == "WHERE"), len(text))
    template = text[:where]
    return bool(_BLANK.search(template if "{" in template else text))


def tokens(text: str) -> Iterator[re.Match[str]]:
    """Yield the tokens of ``text`` in order, without punctuation.

    The last group of each is its kind: comment, iri, string, open (an unclosed quote), skip (a
    variable, number, language tag or blank node), name (a keyword), prefixed or unnamed (prefixed
    names, the latter with the empty prefix).
    """
    return _TOKEN.finditer(text)


#: The characters with which `masked` fills strings and IRIs.
STRING, IRI = "\x01", "\x02"


def masked(text: str) -> str:
    """Return ``text`` of the same length with strings, IRIs and comments filled in."""
    fillers = {"string": STRING, "iri": IRI, "comment": " "}

    def fill(match: re.Match[str]) -> str:
        filler = fillers.get(match.lastgroup or "")
        return filler * len(match[0]) if filler else match[0]

    return _TOKEN.sub(fill, text)


def unclosed_string(text: str) -> int | None:
    """Return the offset of the first string that is never closed, None if there is none."""
    return next((match.start() for match in _TOKEN.finditer(text) if match["open"]), None)
