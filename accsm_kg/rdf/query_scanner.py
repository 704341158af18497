"""Scan the text of a SPARQL query once for all that must be known before it runs.

Strings, IRIs, comments, variables and prefixed names are skipped, so that a word is taken for a
keyword only where it can be one. The grammar wants no space around a keyword, so keywords are also
looked for within words. Every pattern is possessive: the time is linear in the text.
"""

import re
from collections.abc import Iterable, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Form = Literal["SELECT", "ASK", "CONSTRUCT", "DESCRIBE"]

_FORMS: dict[str, Form] = {
    "SELECT": "SELECT", "ASK": "ASK", "CONSTRUCT": "CONSTRUCT", "DESCRIBE": "DESCRIBE",
}  # fmt: skip
#: A form or an update at the start of a word or after a dot in it.
_VERB = re.compile(
    rf"(?:[\w-]*+\.)*?({'|'.join(_FORMS)}"
    "|INSERT|DELETE|LOAD|CLEAR|CREATE|DROP|COPY|MOVE|ADD|WITH)"
)
#: Functions that need not return the same value twice.
_VOLATILE = re.compile("NOW|RAND|UUID|BNODE")
_BLANK = re.compile(r"[\[(]|_:")
_STAR = re.compile(r"SELECT\s*+(?:(?:DISTINCT|REDUCED)\s*+)?\*", re.IGNORECASE)
_GLUED = 40  # characters, at least, of the keywords that can stand before a prefix without a space
#: Characters below which a query is scanned within microseconds.
SHORT = 16 << 10

_TOKEN = re.compile(
    r"""
      (?= [\w\#<"'?$@:] )  # what none of these begins with is passed over fast
      (?:
      (?P<comment> \#[^\n\r]*+ )
    | (?P<iri> <(?:[^<>"{}|^`\\\x00-\x20]|\\[uU][0-9A-Fa-f]{4,8})*+> )
    | (?P<string> \"{3}(?:[^"\\]|\\.|"(?!""))*+\"{3} | '{3}(?:[^'\\]|\\.|'(?!''))*+'{3}
                | "(?!"")(?:[^"\\\n\r]|\\.)*+" | '(?!'')(?:[^'\\\n\r]|\\.)*+' )
    | (?P<open> ["'] )
    | (?P<skip> [?$]\w++ | @[A-Za-z][\w-]*+ | _:[\w.-]*+ | \d++(?:\.\d++)?+ )
    | (?P<name> [^\W\d_][\w.-]*+ ) (?P<prefixed> :(?:[\w:.%-]|\\.)*+ )?+
    | (?P<unnamed> :(?:[\w:.%-]|\\.)*+ )
      )
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class ScannedQuery:
    """What a query declares, names and asks for."""

    text: str
    form: Form | None
    form_offset: int
    """Where the keyword of the form (else of the update) stands; 0 if there is none."""
    update: bool
    service: bool
    """Whether the keyword SERVICE may occur."""
    dataset_clause: bool
    """Whether the keyword FROM may occur."""
    prefixes: dict[str, str]
    used: dict[str, int]
    """Each prefix used in a prefixed name, with the offset of its first use."""
    iris: Set[str]
    """The IRIs it names, in full or by a prefixed name."""
    volatile: bool
    """Whether the answer may differ each time: it calls NOW, RAND, UUID, SERVICE …"""
    makes_blank_nodes: bool
    """Whether its template makes blank nodes, which are labelled anew each time."""

    @property
    def selects_all(self) -> bool:
        """Whether it is `SELECT *`; a SELECT * inside braces does not count."""
        return self.form == "SELECT" and _STAR.match(self.text, self.form_offset) is not None


def scan(text: str) -> ScannedQuery:
    """Scan ``text``, which need not be a valid query.

    The results for the latest short queries are kept; a long one takes up to 1 µs a character.

    >>> scan('ASK { ?s ?p "SERVICE <x>" # SERVICE').service
    False
    >>> scan('select * { service <x> {} }').service
    True
    """
    return _kept(text) if len(text) < SHORT else _scan(text)


def _scan(text: str) -> ScannedQuery:
    words, prefixes, names, iris = _tokens(text)
    used: dict[str, int] = {}
    named = set(iris)
    for name, offset in names.items():
        prefix, _, local = name.partition(":")
        used.setdefault(prefix, offset)
        named.add(prefixes.get(prefix, "") + local.replace("\\", ""))
    words += [(_before(name, prefixes), used[name]) for name in used if name not in prefixes]
    verbs = ((met[1], at + met.start(1)) for word, at in words if (met := _VERB.match(word)))
    verb, offset = next(verbs, ("", 0))
    form = _FORMS.get(verb)
    said = " ".join([word for word, _ in words])
    service = "SERVICE" in said
    calls = said + "".join(iri.upper() for iri in iris if "(" in iri)  # it may be ?a<NOW()&&?b>1
    return ScannedQuery(
        text, form, offset, bool(verb and not form), service, "FROM" in said, prefixes, used, named,
        volatile=service or _VOLATILE.search(calls) is not None,
        makes_blank_nodes=form == "CONSTRUCT" and _makes_blank_nodes(text, words),
    )  # fmt: skip


_kept = lru_cache(maxsize=1024)(_scan)

_Words = list[tuple[str, int]]
_Tokens = tuple[_Words, dict[str, str], dict[str, int], set[str]]


def _tokens(text: str) -> _Tokens:
    """Return words in capitals, declared prefixes, prefixed names and IRIs.

    Words and prefixed names come with their offsets, names with that of their first use.
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


def _before(prefix: str, prefixes: dict[str, str]) -> str:
    """Return the keywords that stand, without a space, before a prefix that is declared."""
    ends = range(1, min(len(prefix), _GLUED) + 1)
    return next((prefix[:end].upper() for end in ends if prefix[end:] in prefixes), "")


def _unread(text: str) -> str:
    """Return what may hold keywords where three quotes are not closed: two may be a string."""
    return text.upper() if text.startswith(text[0] * 3) and text.count(text[0]) > 3 else ""


def _makes_blank_nodes(text: str, words: Iterable[tuple[str, int]]) -> bool:
    """Return whether the template of a CONSTRUCT may hold a blank node."""
    where = next((offset for word, offset in words if word == "WHERE"), len(text))
    template = text[:where]
    return bool(_BLANK.search(template if "{" in template else text))


#: The fillers that `masked` puts in the place of strings and IRIs.
STRING, IRI = "\x01", "\x02"


def masked(text: str) -> str:
    """Return ``text`` with strings, IRIs and comments replaced by as many fillers."""
    fillers = {"string": STRING, "iri": IRI, "comment": " "}

    def fill(match: re.Match[str]) -> str:
        filler = fillers.get(match.lastgroup or "")
        return filler * len(match[0]) if filler else match[0]

    return _TOKEN.sub(fill, text)


def unclosed_string(text: str) -> int | None:
    """Return where a string begins that is never closed, None if there is none."""
    return next((match.start() for match in _TOKEN.finditer(text) if match["open"]), None)
