"""Hints about variables in FILTER and BIND to which no pattern gives a value."""

import re
from difflib import get_close_matches

from accsm_kg.rdf.query_scanner import masked

_MAX_HINTS = 3
_MAX_NAME = 80  # characters of a name, as similar names take time to find
_MAX_GIVEN = 100  # names that are compared
_TOKEN = re.compile(
    r"[{}()]|[?$](?P<name>\w++)|(?<![\w?$:-])(?P<word>AS|BIND|FILTER)\b(?!:)", re.IGNORECASE
)
#: A variable of a condition that allows for one without a value.
_ALLOWED = re.compile(r"\b(?:BOUND|COALESCE)\s*+\(\s*+[?$](\w++)", re.IGNORECASE)
_BRACE, _BRACKET, _EXPRESSION = "{", "(", "expression"


def find(text: str) -> list[str]:
    """Return the hints about variables that a query only has in expressions, or in SELECT."""
    hidden = masked(text)
    asked, given = _variables(hidden)
    known = {*given, *_ALLOWED.findall(hidden)}
    hints = []
    for name in [name for name in asked if name not in known][:_MAX_HINTS]:
        near = get_close_matches(name[:_MAX_NAME], [*given][:_MAX_GIVEN], n=1)
        guess = f"; did you mean `?{near[0]}`?" if near else "."
        hints.append(f"No pattern gives a value to `?{name[:_MAX_NAME]}`{guess}")
    return hints


def _variables(text: str) -> tuple[dict[str, None], dict[str, None]]:
    """Return the variables in the expressions of FILTER and BIND, and those in patterns."""
    asked: dict[str, None] = {}
    given: dict[str, None] = {}
    opened: list[str] = []
    word, braces = "", 0
    for match in _TOKEN.finditer(text):
        token, name, last = match[0], match["name"], opened[-1] if opened else ""
        if token == "(":
            inner = word in ("FILTER", "BIND") or last == _EXPRESSION
            opened.append(_EXPRESSION if inner else _BRACKET)
        elif token == "{":
            opened.append(_BRACE)
            braces += 1
        elif token in ")}":
            braces -= last == _BRACE
            del opened[-1:]
        elif name and last == _EXPRESSION and word != "AS":
            asked[name] = None
        elif name and braces:
            given[name] = None
        word = (match["word"] or "").upper()
    return asked, given
