"""Turn the text of a SPARQL query into what must be known before it runs.

Strings, IRIs, comments, variables and prefixed names are skipped, so that a word is taken for a
keyword only where it can be one. Every pattern is possessive: the time is linear in the text.
"""

import re
from collections.abc import Iterator
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
        elif match["name"]:
            words.extend(match[0].upper().split("."))
    return Outline(*_verdict(words, prefixes, used), prefixes, used)


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


def offsets(text: str) -> Iterator[tuple[int, str]]:
    """Yield each token of ``text`` that is no comment, with its offset."""
    for match in _TOKEN.finditer(text):
        if match.lastgroup != "comment":
            yield match.start(), match[0]
