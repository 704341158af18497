"""Turn the text of a SPARQL query into what must be known before it runs.

Strings, IRIs, comments, variables and prefixed names are skipped, so that a word is taken for a
keyword only where it can be one. Every pattern is possessive: the time is linear in the text.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Form = Literal["SELECT", "ASK", "CONSTRUCT", "DESCRIBE"]

_FORMS: dict[str, Form] = {
    "SELECT": "SELECT", "ASK": "ASK", "CONSTRUCT": "CONSTRUCT", "DESCRIBE": "DESCRIBE",
}  # fmt: skip
_UPDATES = frozenset(
    ["INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH"]
)
#: Functions that need not give the same twice.
_VOLATILE = frozenset(["NOW", "RAND", "UUID", "STRUUID", "BNODE"])
_BLANK = re.compile(r"[\[(]|_:")
_SERVICE = frozenset(["SERVICE", "SERVICESILENT"])
#: Characters below which the outline of a query is a matter of some microseconds.
SHORT = 16 << 10

_TOKEN = re.compile(
    r"""
      (?P<comment> \#[^\n\r]*+ )
    | (?P<iri> <[^<>"{}|^`\\\x00-\x20]*+> )
    | (?P<string> \"{3}(?:[^"\\]|\\.|"(?!""))*+\"{3} | '{3}(?:[^'\\]|\\.|'(?!''))*+'{3}
                | "(?!"")(?:[^"\\\n\r]|\\.)*+" | '(?!'')(?:[^'\\\n\r]|\\.)*+' )
    | (?P<open> ["'] )
    | (?P<skip> [?$]\w++ | @[A-Za-z][\w-]*+ | _:[\w.-]*+ | :(?:[\w:.%-]|\\.)*+ | \d++(?:\.\d++)?+ )
    | (?P<name> [^\W\d_][\w.-]*+ ) (?P<local> :(?:[\w:.%-]|\\.)*+ )?+
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Outline:
    """What a query declares and asks for."""

    form: Form | None
    update: bool
    service: bool
    prefixes: dict[str, str]
    used: dict[str, int]
    """Each prefix used in a prefixed name, with the offset of its first use."""
    names: frozenset[tuple[str, str]]
    """The prefixed names, as prefix and local part."""
    iris: frozenset[str]
    volatile: bool
    """Whether it may be answered differently each time: it calls NOW, RAND, UUID, SERVICE …"""
    fresh: bool
    """Whether it makes blank nodes, which are labelled anew each time."""


def outline(text: str) -> Outline:
    """Return the outline of ``text``, which need not be a valid query.

    A short one is remembered; a long one takes up to a microsecond a character.

    >>> outline('ASK { ?s ?p "SERVICE <x>" # SERVICE').service
    False
    >>> outline('select * { service <x> {} }').service
    True
    """
    return _remembered(text) if len(text) < SHORT else _outline(text)


def _outline(text: str) -> Outline:
    words: list[str] = []
    prefixes: dict[str, str] = {}
    used: dict[str, int] = {}
    names: set[tuple[str, str]] = set()
    iris: set[str] = set()
    declared: str | None = None
    for match in _TOKEN.finditer(text):
        prefix = _prefix(match)
        if match["open"]:
            break
        if match["iri"] and declared is not None:
            prefixes[declared], declared = match[0][1:-1], None
        elif prefix is not None and words[-1:] == ["PREFIX"]:
            declared = prefix
            words.append("")
        elif prefix is not None:
            used.setdefault(prefix, match.start())
            names.add((prefix, match[0].partition(":")[2].replace("\\", "")))
        elif match["iri"]:
            iris.add(match[0][1:-1])
        elif match["name"]:
            words.extend(match[0].upper().split("."))
    form, update, service = _verdict(words, prefixes, used)
    return Outline(
        form, update, service, prefixes, used, frozenset(names), frozenset(iris),
        volatile=service or not _VOLATILE.isdisjoint(words),
        fresh=form == "CONSTRUCT" and _makes_blanks(text),
    )  # fmt: skip


_remembered = lru_cache(maxsize=1024)(_outline)


def _prefix(match: re.Match[str]) -> str | None:
    """Return the prefix of a prefixed name, "" for the empty one, else None."""
    if match["local"]:
        return match["name"]
    return "" if match[0].startswith(":") else None


def _verdict(
    words: list[str], prefixes: dict[str, str], used: dict[str, int]
) -> tuple[Form | None, bool, bool]:
    first = next((word for word in words if word in _FORMS or word in _UPDATES), "")
    glued = {name for name in used if name.upper() in _SERVICE and name not in prefixes}
    return _FORMS.get(first), first in _UPDATES, bool(glued or _SERVICE.intersection(words))


def _makes_blanks(text: str) -> bool:
    """Return whether the template of a CONSTRUCT may hold a blank node."""
    words = (match for match in _TOKEN.finditer(text) if match["name"])
    where = next((word.start() for word in words if word[0].upper() == "WHERE"), len(text))
    template = text[:where]
    return bool(_BLANK.search(template if "{" in template else text))


#: What `masked` puts in the place of strings and IRIs.
STRING, IRI = "\x01", "\x02"


def masked(text: str) -> str:
    """Return ``text`` with strings, IRIs and comments replaced by as many fillers."""
    fillers = {"string": STRING, "iri": IRI, "comment": " "}

    def fill(match: re.Match[str]) -> str:
        filler = next((filler for kind, filler in fillers.items() if match[kind]), None)
        return match[0] if filler is None else filler * len(match[0])

    return _TOKEN.sub(fill, text)


def unclosed_string(text: str) -> int | None:
    """Return where a string begins that is never closed, None if there is none."""
    return next((match.start() for match in _TOKEN.finditer(text) if match["open"]), None)
