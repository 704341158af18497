"""Turn the text of a SPARQL query into what must be known before it runs.

Strings, IRIs, comments, variables and prefixed names are skipped, so that a word is taken for a
keyword only where it can be one. The grammar wants no space around a keyword, so a word is looked
through for those in it. Every pattern is possessive: the time is linear in the text.
"""

import re
from collections.abc import Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Form = Literal["SELECT", "ASK", "CONSTRUCT", "DESCRIBE"]

_FORMS: dict[str, Form] = {
    "SELECT": "SELECT", "ASK": "ASK", "CONSTRUCT": "CONSTRUCT", "DESCRIBE": "DESCRIBE",
}  # fmt: skip
_VERB = re.compile(f"({'|'.join(_FORMS)})|INSERT|DELETE|LOAD|CLEAR|CREATE|DROP|COPY|MOVE|ADD|WITH")
#: Functions that need not give the same twice.
_VOLATILE = re.compile("NOW|RAND|UUID|BNODE")
_BLANK = re.compile(r"[\[(]|_:")
_GLUED = 40  # characters, at least, of the keywords that can stand before a prefix without a space
#: Characters below which the outline of a query is a matter of some microseconds.
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
class Outline:
    """What a query declares and asks for."""

    form: Form | None
    update: bool
    service: bool
    prefixes: dict[str, str]
    used: dict[str, int]
    """Each prefix used in a prefixed name, with the offset of its first use."""
    iris: Set[str]
    """What it names, by an IRI or a prefixed name."""
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
        kind, found = match.lastgroup, match[0]
        if kind == "name":
            words.extend(found.upper().split("."))
        elif kind in ("prefixed", "unnamed"):
            prefix, _, local = found.partition(":")
            if words[-1:] == ["PREFIX"]:
                declared = prefix
                words.append("")
            else:
                used.setdefault(prefix, match.start())
                names.add((prefix, local.replace("\\", "")))
        elif kind == "iri" and declared is not None:
            prefixes[declared], declared = found[1:-1], None
        elif kind == "iri":
            iris.add(found[1:-1])
        elif kind == "open":
            words.append(_unread(text[match.start() :]))
            break
    words.extend(_before(name, prefixes) for name in used if name not in prefixes)
    verb = next(filter(None, map(_VERB.match, words)), None)
    form = _FORMS.get(verb[0]) if verb else None
    said = " ".join(words)
    service = "SERVICE" in said
    said += "".join(iri.upper() for iri in iris if "(" in iri)  # it may be ?a<NOW()&&?b>1
    return Outline(
        form, bool(verb and not form), service, prefixes, used,
        iris.union(prefixes.get(prefix, "") + local for prefix, local in names),
        volatile=service or _VOLATILE.search(said) is not None,
        fresh=form == "CONSTRUCT" and _makes_blanks(text),
    )  # fmt: skip


_remembered = lru_cache(maxsize=1024)(_outline)


def _before(prefix: str, prefixes: dict[str, str]) -> str:
    """Return the keywords that stand, without a space, before a prefix that is declared."""
    ends = range(1, min(len(prefix), _GLUED) + 1)
    return next((prefix[:end].upper() for end in ends if prefix[end:] in prefixes), "")


def _unread(text: str) -> str:
    """Return what may hold keywords where three quotes are not closed: two may be a string."""
    return text.upper() if text.startswith(text[0] * 3) and text.count(text[0]) > 3 else ""


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
        filler = fillers.get(match.lastgroup or "")
        return filler * len(match[0]) if filler else match[0]

    return _TOKEN.sub(fill, text)


def unclosed_string(text: str) -> int | None:
    """Return where a string begins that is never closed, None if there is none."""
    return next((match.start() for match in _TOKEN.finditer(text) if match["open"]), None)
