"""Turn a parse error of the engine into the place, the line itself and what to do about it."""

import re
from dataclasses import dataclass
from difflib import get_close_matches

from accsm_kg.rdf import mistakes
from accsm_kg.rdf.mistakes import Mistake
from accsm_kg.rdf.query_scanner import masked, scan

_LONGEST = 32 << 10  # characters of a query that is looked at; of a longer one, the place is told
_PLACE = re.compile(r"error at (\d+):(\d+): ?(.*)", re.DOTALL)
_SEE = "See the form at this address for a query that works."
_UNBOUND = "a variable that is unbound"
#: What the engine finds wrong with a query that it could read, in other words.
_SAID = {
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
class Finding:
    """Where a query cannot be read and why, as far as can be told."""

    detail: str
    hint: str
    line: int | None = None
    column: int | None = None
    excerpt: str = ""


def explain(query: str, message: str, prefixes: dict[str, str]) -> Finding:
    """Return what is wrong with ``query``, of which the engine says ``message``."""
    short = len(query) <= _LONGEST
    found = _likely(query, prefixes) if short else None
    hint = found.hint if found else short and _unclosed(query)
    found = found or _reported(query, message)
    line, column = _position(query, found.offset)
    detail = f"Line {line}, column {column}: {found.detail}"
    return Finding(detail, hint or found.hint, line, column, _excerpt(query, found.offset))


def _likely(query: str, prefixes: dict[str, str]) -> Mistake | None:
    """Return what people are known to get wrong, else nothing."""
    found = (mistakes.find(query), _undeclared(query, prefixes))
    return min(filter(None, found), key=lambda mistake: mistake.offset, default=None)


def _reported(query: str, message: str) -> Mistake:
    """Return what the engine says, with what stands where it says it."""
    place = _PLACE.match(re.sub(r"\\u\{\w+\}", "", message))
    if not place:
        return Mistake(0, message, _SEE)
    reached = min(_offset(query, int(place[1]), int(place[2])), len(query))
    for key, said in _SAID.items():
        if key in place[3]:
            plain = mistakes.ungrouped(query) if key == _UNBOUND else None
            return plain or Mistake(reached, *said)
    offset = _start(query, reached, place[3])
    met = _TOKEN.search(query, offset)
    token = f"`{met[0][:60]}`" if met else "the end of the query"
    if offset != reached:
        return Mistake(offset, f"what begins with {token} cannot be read.", _SEE)
    return Mistake(offset, f"met {token}, {_expected(place[3])}", _SEE)


def _start(query: str, reached: int, expected: str) -> int:
    """Return where the engine was: it takes the length of a word that it tried for read."""
    if '"' in expected or "['" in expected:  # it tried a single character there
        return reached
    tried = [reached - len(word) for word in re.findall(r"\b[A-Z][A-Z_]+\b", expected)]
    starts = {match.start() for match in _TOKEN.finditer(query, max(0, reached - 100), reached)}
    return min(starts.intersection(tried), default=reached)


def _undeclared(query: str, prefixes: dict[str, str]) -> Mistake | None:
    seen = scan(query)
    for name, offset in seen.used.items():
        if name in seen.prefixes:
            continue
        foreign = mistakes.foreign_letter(name)
        detail = f"the prefix `{name}:` is not declared{foreign}."
        if name in prefixes:
            return Mistake(
                offset, detail, f"Add this line at the top: PREFIX {name}: <{prefixes[name]}>"
            )
        near = get_close_matches(name[:80], [*seen.prefixes, *prefixes], n=1)
        hint = f"Did you mean `{near[0]}:`?" if near else f"Add a line PREFIX {name}: <…>"
        hint = "Type it anew in Latin letters." if foreign else hint
        return Mistake(offset, detail, hint)
    return None


def _unclosed(query: str) -> str:
    """Return a hint about brackets that do not match, else nothing."""
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
    """Return what the engine expected, without its character classes."""
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
    """Return what stands around ``offset`` on its line, which is marked."""
    start = max(text.rfind("\n", 0, offset) + 1, offset - 59)
    shown = text[start : start + 100].partition("\n")[0]
    return f"{shown}\n{' ' * (offset - start)}^"
