"""Explain why a SPARQL query does not parse: where the error is, what it is and what to do."""

import re
from collections.abc import Collection, Set
from dataclasses import dataclass
from difflib import get_close_matches

from accsm_kg.rdf import missing, mistakes
from accsm_kg.rdf.mistakes import Mistake
from accsm_kg.rdf.query_scanner import masked, scan

_LONGEST = 32 << 10  # characters; longer queries are explained by the report of the engine alone
_PLACE = re.compile(r"error at (\d+):(\d+): ?(.*)", re.DOTALL)
_UNBOUND = "a variable that is unbound"
_UNREPORTED = "<unreported>"
#: Errors of the engine in a query that follows the grammar, each with our explanation and hint.
_REPORTS = {
    _UNBOUND: (
        "SELECT names a variable that is neither in GROUP BY nor in an aggregate.",
        "Add it to GROUP BY, or use an aggregate such as `(SAMPLE(?x) AS ?any)`.",
    ),
    "not authorized with GROUP BY": (
        "`SELECT *` cannot be used with GROUP BY or an aggregate.",
        "Name the variables of GROUP BY and the aggregates instead.",
    ),
    "Duplicated variable name": (
        "SELECT names a variable twice.",
        "Name each variable once.",
    ),
    "same number of": (
        "a row of VALUES has more or fewer values than there are variables.",
        "Write one value for each variable, and UNDEF for a missing one.",
    ),
    "overrides an existing variable": (
        "the variable after AS already occurs in the pattern.",
        "Use another variable after AS.",
    ),
}
#: Other prefixes in common use for the namespaces of well-known vocabularies.
_ALIASES = {
    "dc": "dcterms", "dct": "dcterms", "sdo": "schema", "so": "schema", "shacl": "sh",
    "rdf-schema": "rdfs", "xs": "xsd",
}  # fmt: skip
_CALL = re.compile(r"[A-Za-z]\w*+\s*+\(")
_TOKEN = re.compile(r"[\w?$:@<-]+|\S")
_BRACKETS = {"{": "}", "(": ")", "[": "]"}


@dataclass(frozen=True)
class Explanation:
    """Why a query does not parse; ``excerpt`` is the line with the error and a `^` below it.

    ``mistake`` has its place in characters, and perhaps what to put there instead.
    """

    detail: str
    hint: str
    line: int | None = None
    column: int | None = None
    excerpt: str = ""
    mistake: Mistake | None = None

    @property
    def parts(self) -> tuple[str, str, str]:
        """The texts in the order in which to show them."""
        return self.detail, self.excerpt, self.hint


def explain(
    query: str,
    message: str,
    prefixes: Collection[str],
    *,
    otherwise: str = "",
) -> Explanation:
    """Explain why the engine refused ``query`` with ``message``.

    ``prefixes`` need no declaration in the query, and similar ones are suggested. ``otherwise`` is
    the hint when there is no better one.
    """
    short = len(query) <= _LONGEST
    found = _likely(query, prefixes) if short else None
    hint = found.hint if found else short and _unclosed(query)
    found = found or _reported(query, message)
    line, column = _position(query, found.offset)
    detail = f"Line {line}, column {column}: {found.detail}"
    hint = hint or found.hint or otherwise
    return Explanation(detail, hint, line, column, _excerpt(query, found.offset), found)


def _likely(query: str, prefixes: Collection[str]) -> Mistake | None:
    """Return the first common mistake or undeclared prefix in the query, if any."""
    found = (mistakes.find(query), missing.find(query), _undeclared(query, prefixes))
    return min(filter(None, found), key=lambda mistake: mistake.offset, default=None)


def _reported(query: str, message: str) -> Mistake:
    """Return the error that the engine reports, with the token at its place and perhaps no hint."""
    place = _PLACE.match(re.sub(r"\\u\{\w+\}", "", message))
    if not place:
        return Mistake(0, message, "")
    reached = min(_offset(query, int(place[1]), int(place[2])), len(query))
    for key, explained in _REPORTS.items():
        if key in place[3]:
            plain = mistakes.ungrouped(query) if key == _UNBOUND else None
            return plain or Mistake(reached, *explained)
    if _UNREPORTED in place[3] and (shared := mistakes.shared_blank_node(query)):
        return shared
    offset = _start(query, reached, place[3])
    match = _TOKEN.search(query, offset)
    length = len(match[0]) if match and match.start() == offset else 1
    token = f"`{match[0][:60]}`" if match else "the end of the query"
    if offset != reached:
        hint = "Check the number of its arguments." if _CALL.match(query, offset) else ""
        return Mistake(offset, f"the text from {token} on cannot be parsed.", hint, length)
    return Mistake(offset, f"found {token}, {_expected(place[3])}", "", length)


def _start(query: str, reached: int, expected: str) -> int:
    """Return where the token begins: the engine reports a place after a keyword that it tried."""
    if '"' in expected or "['" in expected:  # the engine tried a single character
        return reached
    tried = [reached - len(word) for word in re.findall(r"\b[A-Z][A-Z_]+\b", expected)]
    starts = {match.start() for match in _TOKEN.finditer(query, max(0, reached - 100), reached)}
    return min(starts.intersection(tried), default=reached)


def _undeclared(query: str, prefixes: Collection[str]) -> Mistake | None:
    scanned = scan(query)
    for name, offset in scanned.used.items():
        if name in scanned.prefixes or name in prefixes:
            continue
        foreign = mistakes.foreign_letter(name)
        detail = f"the prefix `{name}:` is not declared{foreign}."
        near = _similar(name, {*scanned.prefixes, *prefixes})
        hint = f"Did you mean `{near}:`?" if near else f"Add a line PREFIX {name}: <…>"
        hint = "Retype it in Latin letters." if foreign else hint
        return Mistake(offset, detail, hint, len(name), near or None)
    return None


def _similar(name: str, prefixes: Set[str]) -> str:
    """Return the prefix that is most likely meant by ``name``, empty if there is none."""
    for known in (_ALIASES.get(name.lower(), ""), name.partition("-")[0]):
        if known in prefixes:
            return known
    return next(iter(get_close_matches(name[:80], sorted(prefixes), n=1)), "")


def _unclosed(query: str) -> str:
    """Return a hint about the first unbalanced bracket, empty if there is none."""
    stack: list[tuple[str, int]] = []
    for offset, character in _brackets(query):
        if character in _BRACKETS:
            stack.append((character, offset))
        elif not stack:
            return f"{_placed(query, character, offset)} has no opening bracket."
        elif _BRACKETS[stack[-1][0]] != character:
            return f"{_placed(query, *stack[-1])} is not closed before `{character}`."
        else:
            stack.pop()
    return f"{_placed(query, *stack[-1])} is never closed." if stack else ""


def _placed(query: str, character: str, offset: int) -> str:
    line, column = _position(query, offset)
    return f"The `{character}` at line {line}, column {column}"


def _brackets(query: str) -> list[tuple[int, str]]:
    return [(m.start(), m[0]) for m in re.finditer(r"[][{}()]", masked(query))]


def _expected(rest: str) -> str:
    """Return the tokens that the engine expected; its character classes are left out."""
    words = re.findall(r'"[^"]+"|\b[A-Z_]{2,}\b', rest)
    if not words:
        return "which is not allowed here."
    return "expected " + ", ".join(words[:8]) + (" …" if len(words) > 8 else "") + "."


def _position(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _offset(text: str, line: int, column: int) -> int:
    before = text.split("\n", line - 1)[: line - 1]
    return sum(map(len, before)) + len(before) + column - 1


def _excerpt(text: str, offset: int) -> str:
    """Return the part of the line around ``offset``, and below it a line with a `^`."""
    start = max(text.rfind("\n", 0, offset) + 1, offset - 59)
    shown = text[start : start + 100].partition("\n")[0]
    return f"{shown}\n{' ' * (offset - start)}^"
