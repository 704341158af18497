"""Turn a parse error of the engine into the place, the line itself and what to do about it."""

import re
from dataclasses import dataclass
from difflib import get_close_matches

from server.lexer import offsets, outline

_PLACE = re.compile(r"error at (\d+):(\d+): ?(.*)", re.DOTALL)
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
    place = _PLACE.match(message)
    line, column = (int(place[1]), int(place[2])) if place else (None, None)
    undeclared = _undeclared(query, prefixes)
    if undeclared:
        offset, detail, hint = undeclared
        line, column = _position(query, offset)
        return Finding(detail, hint, line, column, _excerpt(query, line, column))
    hint = _unclosed(query) or "See the form at this address for a query that works."
    if line is None or column is None:
        return Finding(message, hint)
    detail = f"Line {line}, column {column}: {_expected(place[3]) if place else message}"
    return Finding(detail, hint, line, column, _excerpt(query, line, column))


def _undeclared(query: str, prefixes: dict[str, str]) -> tuple[int, str, str] | None:
    seen = outline(query)
    for name, offset in seen.used.items():
        if name in seen.prefixes:
            continue
        line, column = _position(query, offset)
        detail = f"Line {line}, column {column}: the prefix `{name}:` is not declared."
        if name in prefixes:
            return offset, detail, f"Add this line at the top: PREFIX {name}: <{prefixes[name]}>"
        near = get_close_matches(name, [*seen.prefixes, *prefixes], n=1)
        hint = f"Did you mean `{near[0]}:`?" if near else f"Add a line PREFIX {name}: <…>"
        return offset, detail, hint
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
    masked = list(query)
    for start, token in offsets(query):
        masked[start : start + len(token)] = " " * len(token)
    masked_text = re.sub(r"#[^\n\r]*", lambda m: " " * len(m[0]), "".join(masked))
    return [(m.start(), m[0]) for m in re.finditer(r"[][{}()]", masked_text)]


def _expected(rest: str) -> str:
    """Return what the engine expected, without its character classes."""
    words = re.findall(r'"[^"]+"|[A-Z]{2,}|[A-Z][a-z][\w ,\'-]+', rest.split("['")[0])
    if not words:
        return "this was not expected here."
    return "expected " + ", ".join(words[:8]) + (", …" if len(words) > 8 else "") + "."


def _position(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _excerpt(query: str, line: int, column: int) -> str:
    lines = query.splitlines() or [""]
    shown = lines[min(line, len(lines)) - 1]
    start = max(0, column - 60)
    return f"{shown[start : start + 100]}\n{' ' * (column - 1 - start)}^"
