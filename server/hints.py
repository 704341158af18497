"""Turn a parse error of the engine into the place, the line itself and what to do about it."""

import re
from dataclasses import dataclass
from difflib import get_close_matches

from server import mistakes
from server.lexer import masked, outline
from server.mistakes import Mistake

_PLACE = re.compile(r"error at (\d+):(\d+): ?(.*)", re.DOTALL)
_SEE = "See the form at this address for a query that works."
#: What the engine finds wrong with a query that it could read, in other words.
_SAID = {
    "contains a variable that is unbound": (
        "SELECT has a variable that is neither grouped nor counted.",
        "Add it to GROUP BY, or put it into an aggregate: `(SAMPLE(?x) AS ?any)`.",
    ),
    "not authorized with GROUP BY": (
        "`SELECT *` does not go with GROUP BY.",
        "Name the variables: those of GROUP BY, and aggregates.",
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
    found = _undeclared(query, prefixes)
    slip = mistakes.find(query)
    if slip and (found is None or slip.offset <= found.offset):
        found = slip
    if not found:
        found = _reported(query, message)
    line, column = _position(query, found.offset)
    detail = f"Line {line}, column {column}: {found.detail}"
    hint = _unclosed(query) or found.hint if found.hint in ("", _SEE) else found.hint
    return Finding(detail, hint, line, column, _excerpt(query, line, column))


def _reported(query: str, message: str) -> Mistake:
    """Return what the engine says, with what stands where it says it."""
    place = _PLACE.match(message)
    if not place:
        return Mistake(0, message, _SEE)
    reached = min(_offset(query, int(place[1]), int(place[2])), len(query))
    for key, said in _SAID.items():
        if key in place[3]:
            return Mistake(reached, *said)
    offset = _start(query, reached, place[3])
    met = _TOKEN.match(query, offset)
    token = f"`{met[0][:60]}`" if met else "the end of the query"
    if offset != reached:
        return Mistake(offset, f"what begins with {token} cannot be read.", _SEE)
    return Mistake(offset, f"met {token}, {_expected(place[3])}", _SEE)


def _start(query: str, reached: int, expected: str) -> int:
    """Return where the engine was: it takes the length of a word that it tried for read."""
    if '"' in expected or "['" in expected:  # it tried a single character there
        return reached
    tried = [reached - len(word) for word in re.findall(r"\b[A-Z][A-Z_]+\b", expected)]
    starts = {match.start() for match in _TOKEN.finditer(query, 0, reached)}
    return min(starts.intersection(tried), default=reached)


def _undeclared(query: str, prefixes: dict[str, str]) -> Mistake | None:
    seen = outline(query)
    for name, offset in seen.used.items():
        if name in seen.prefixes:
            continue
        detail = f"the prefix `{name}:` is not declared."
        if name in prefixes:
            return Mistake(
                offset, detail, f"Add this line at the top: PREFIX {name}: <{prefixes[name]}>"
            )
        near = get_close_matches(name, [*seen.prefixes, *prefixes], n=1)
        hint = f"Did you mean `{near[0]}:`?" if near else f"Add a line PREFIX {name}: <…>"
        return Mistake(offset, detail, hint)
    return None


def _unclosed(query: str) -> str:
    """Return a hint about brackets that do not match, else nothing."""
    stack: list[tuple[str, int]] = []
    last = ""
    for offset, character in _brackets(query):
        if character in _BRACKETS:
            stack.append((character, offset))
        elif not stack or _BRACKETS[stack.pop()[0]] != character:
            line, column = _position(query, offset)
            return f"The `{character}` at line {line}, column {column} closes nothing."
        last = character
    if stack and last:
        line, column = _position(query, stack[-1][1])
        return f"The `{stack[-1][0]}` at line {line}, column {column} is never closed."
    return ""


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
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    return starts[min(line, len(starts)) - 1] + column - 1


def _excerpt(query: str, line: int, column: int) -> str:
    lines = query.splitlines() or [""]
    shown = lines[min(line, len(lines)) - 1]
    start = max(0, column - 60)
    return f"{shown[start : start + 100]}\n{' ' * (column - 1 - start)}^"
