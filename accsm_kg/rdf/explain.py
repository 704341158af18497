"""Explain why a SPARQL query does not parse: the place, the likely mistake and what to do."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from accsm_kg.rdf import mistakes
from accsm_kg.rdf.mistakes import Mistake
from accsm_kg.rdf.query_scanner import masked, scan

_LONGEST = 32 << 10  # characters; of a longer query only what the engine reports is told
_PLACE = re.compile(r"error at (\d+):(\d+): ?(.*)", re.DOTALL)
_UNBOUND = "a variable that is unbound"
#: What the engine reports of a query that follows the grammar: the fault and the hint instead.
_REPORTS = {
    _UNBOUND: (
        "SELECT has a variable that is neither grouped nor counted.",
        "Add it to GROUP BY, or put it into an aggregate: `(SAMPLE(?x) AS ?any)`.",
    ),
    "not authorized with GROUP BY": (
        "`SELECT *` does not go with GROUP BY.",
        "Name the variables: those of GROUP BY, and aggregates.",
    ),
    "Duplicated variable name": (
        "SELECT names a variable twice.",
        "Name each variable once.",
    ),
    "same number of": (
        "a row of VALUES has more or fewer values than there are variables.",
        "Write as many, and UNDEF where there is none.",
    ),
    "overrides an existing variable": (
        "the name after AS is a variable of the pattern already.",
        "Give the value a new name.",
    ),
}
_TOKEN = re.compile(r"[\w?$:@<-]+|\S")
_BRACKETS = {"{": "}", "(": ")", "[": "]"}


@dataclass(frozen=True)
class Explanation:
    """Why a query does not parse; ``excerpt`` is the line of the fault with `^` under the place."""

    detail: str
    hint: str
    line: int | None = None
    column: int | None = None
    excerpt: str = ""

    @property
    def parts(self) -> tuple[str, str, str]:
        """The texts in the order in which people read them."""
        return self.detail, self.excerpt, self.hint


def explain(
    query: str,
    message: str,
    prefixes: Mapping[str, str],
    *,
    declared: Collection[str] = (),
    otherwise: str = "",
) -> Explanation:
    """Explain why the engine refused ``query`` with ``message``.

    ``prefixes`` are offered where a query lacks one; those in ``declared`` need no declaration.
    ``otherwise`` is the hint where nothing better is known.
    """
    short = len(query) <= _LONGEST
    found = _likely(query, prefixes, declared) if short else None
    hint = found.hint if found else short and _unclosed(query)
    found = found or _reported(query, message)
    line, column = _position(query, found.offset)
    detail = f"Line {line}, column {column}: {found.detail}"
    hint = hint or found.hint or otherwise
    return Explanation(detail, hint, line, column, _excerpt(query, found.offset))


def _likely(query: str, prefixes: Mapping[str, str], declared: Collection[str]) -> Mistake | None:
    """Return the first known kind of mistake."""
    found = (mistakes.find(query), _undeclared(query, prefixes, declared))
    return min(filter(None, found), key=lambda mistake: mistake.offset, default=None)


def _reported(query: str, message: str) -> Mistake:
    """Return what the engine reports, with the token at its place; the hint may be empty."""
    place = _PLACE.match(re.sub(r"\\u\{\w+\}", "", message))
    if not place:
        return Mistake(0, message, "")
    reached = min(_offset(query, int(place[1]), int(place[2])), len(query))
    for key, said in _REPORTS.items():
        if key in place[3]:
            plain = mistakes.ungrouped(query) if key == _UNBOUND else None
            return plain or Mistake(reached, *said)
    offset = _start(query, reached, place[3])
    met = _TOKEN.search(query, offset)
    token = f"`{met[0][:60]}`" if met else "the end of the query"
    if offset != reached:
        return Mistake(offset, f"what begins with {token} cannot be read.", "")
    return Mistake(offset, f"met {token}, {_expected(place[3])}", "")


def _start(query: str, reached: int, expected: str) -> int:
    """Return where the token begins: the engine counts the length of a word it tried as read."""
    if '"' in expected or "['" in expected:  # it tried a single character there
        return reached
    tried = [reached - len(word) for word in re.findall(r"\b[A-Z][A-Z_]+\b", expected)]
    starts = {match.start() for match in _TOKEN.finditer(query, max(0, reached - 100), reached)}
    return min(starts.intersection(tried), default=reached)


def _undeclared(
    query: str, prefixes: Mapping[str, str], declared: Collection[str]
) -> Mistake | None:
    scanned = scan(query)
    for name, offset in scanned.used.items():
        if name in scanned.prefixes or name in declared:
            continue
        foreign = mistakes.foreign_letter(name)
        detail = f"the prefix `{name}:` is not declared{foreign}."
        if name in prefixes:
            return Mistake(
                offset, detail, f"Add this line at the top: PREFIX {name}: <{prefixes[name]}>"
            )
        near = get_close_matches(name[:80], [*scanned.prefixes, *prefixes], n=1)
        hint = f"Did you mean `{near[0]}:`?" if near else f"Add a line PREFIX {name}: <…>"
        hint = "Type it anew in Latin letters." if foreign else hint
        return Mistake(offset, detail, hint)
    return None


def _unclosed(query: str) -> str:
    """Return a hint about brackets that do not match, empty if they do."""
    stack: list[tuple[str, int]] = []
    for offset, character in _brackets(query):
        if character in _BRACKETS:
            stack.append((character, offset))
        elif not stack:
            return f"{_placed(query, character, offset)} closes nothing."
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
    """Return the tokens that the engine expected, without its character classes."""
    words = re.findall(r'"[^"]+"|\b[A-Z_]{2,}\b', rest)
    if not words:
        return "which does not fit."
    return "expected " + ", ".join(words[:8]) + (" …" if len(words) > 8 else "") + "."


def _position(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _offset(text: str, line: int, column: int) -> int:
    before = text.split("\n", line - 1)[: line - 1]
    return sum(map(len, before)) + len(before) + column - 1


def _excerpt(text: str, offset: int) -> str:
    """Return the part of the line around ``offset`` and a line that marks the place."""
    start = max(text.rfind("\n", 0, offset) + 1, offset - 59)
    shown = text[start : start + 100].partition("\n")[0]
    return f"{shown}\n{' ' * (offset - start)}^"
