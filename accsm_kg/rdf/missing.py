"""Find what is missing between patterns: a `.` or `;` after a triple, and braces, by indentation.

The engine reports the place where it gave up, which may be lines below; a query is taken to be
indented as people write it, two lines of a block alike.
"""

import re

from accsm_kg.rdf.mistakes import Mistake
from accsm_kg.rdf.query_scanner import IRI, STRING, masked

_LONGEST = 6 << 10  # characters that are searched
_DEEPEST = 10  # brackets in brackets
_INNERMOST = re.compile(r"[(\[][^()\[\]]*[)\]]")
_BRACKETED = "\x03"
_UNIT = (
    rf"(?:[?$]\w++|{IRI}++|{_BRACKETED}++|_:[\w.-]*\w|[+-]?\d++(?:\.\d++)?+|(?:a|true|false)\b(?!:)"
    rf"|{STRING}++(?:@[\w-]++|\^\^(?:{IRI}++|[\w:-]++))?+"
    r"|(?:[A-Za-z][\w-]*+)?:(?:[\w:%\\-]|\.(?=[\w:%-]))*+)"
)
#: A term or a path; a pattern that is none of triples, and clauses; what ends a triple.
_PART = re.compile(
    rf"(?P<term>[!^]*+{_UNIT}(?:[*+?](?!\w))?+(?:\s*+[/|]\s*+[!^]*+{_UNIT}(?:[*+?](?!\w))?+)*+)"
    rf"|(?P<other>\b(?:VALUES\b[^{{}}]*+\{{[^}}]*+\}}|(?:SELECT|ORDER|GROUP|HAVING|LIMIT|OFFSET)\b[^{{}}]*+"
    rf"|(?:FILTER|BIND)\b\s*+(?:NOT\b|EXISTS\b|\w*+\s*+{_BRACKETED}++)?+|[A-Za-z]++)|[{{}}.])"
    r"|(?P<sign>[;,])",
    re.IGNORECASE,
)
_KEPT = {";": 1, ",": 2}
_LINE = re.compile(r"^([ \t]*+)(\S.*+)", re.MULTILINE)


def find(query: str) -> Mistake | None:
    """Return the first place where a separator or a brace is missing, if that is certain."""
    if len(query) > _LONGEST:
        return None
    text = masked(query)
    found = (_brace(text), _separator(text))
    return min(filter(None, found), key=lambda mistake: mistake.offset, default=None)


def _separator(text: str) -> Mistake | None:
    """Return the end of a triple in a line after which another begins in a later one."""
    flat, terms = _flat(text), list[re.Match[str]]()
    for part in _PART.finditer(flat, max(flat.find("{"), 0)):
        if not part["term"]:
            terms = terms[: _KEPT.get(part["sign"] or "", 0)]
        elif len(terms) < 3:
            terms.append(part)
        elif "\n" in flat[terms[2].end() : part.start()]:
            return _between(text, flat, terms[2], part)
        else:
            return None  # which `mistakes` finds
    return None


def _flat(text: str) -> str:
    """Return ``text`` of the same length with what is in brackets filled in."""
    for _ in range(_DEEPEST):
        filled = _INNERMOST.sub(lambda match: _BRACKETED * len(match[0]), text)
        if filled == text:
            break
        text = filled
    return text


def _between(text: str, flat: str, last: re.Match[str], following: re.Match[str]) -> Mistake:
    """Return what is missing between the ``last`` term of a triple and the ``following`` one."""
    parts = _PART.finditer(flat, following.start())
    count = next((number for number, part in enumerate(parts) if not part["term"]), 3)
    sign = ";" if count == 2 else "."
    said = text[last.start() : last.end()][:60]
    name = "this" if said[0] in (IRI, STRING, "(", "[") else f"`{said}`"
    detail = f"a `{sign}` is missing after {name}."
    hint = "End a triple with `.`, or with `;` to say more of the same subject."
    return Mistake(last.end(), detail, hint, 0, f" {sign}")


def _brace(text: str) -> Mistake | None:
    """Return the line before the first one that is not indented as its braces want."""
    if text.count("{") == text.count("}"):
        return None
    opened: list[tuple[int, int]] = []  # offset of a brace, and indentation of its line
    before = 0  # where the last line with text ends
    for line in _LINE.finditer(text):
        indent, words = len(line[1].expandtabs(4)), line[2]
        closes = words[0] == "}"
        inside = opened[-1][1] if opened else -1
        if indent < inside + (not closes):
            return _unclosed(text, before, opened[-1][0])
        if closes and indent > inside:
            return _unopened(text, line, indent)
        for brace in re.finditer(r"[{}]", line[0]):
            if brace[0] == "{":
                opened.append((line.start() + brace.start(), indent))
            elif opened:
                opened.pop()
        before = line.end()
    return None


def _unclosed(text: str, before: int, opened: int) -> Mistake:
    """Return that the brace at ``opened`` is not closed after the line that ends at ``before``."""
    line, column = text.count("\n", 0, opened) + 1, opened - text.rfind("\n", 0, opened)
    detail = "a `}` is missing here."
    hint = f"The `{{` at line {line}, column {column} is not closed."
    return Mistake(_ending(text, before), detail, hint, 0, " }")


def _unopened(text: str, line: re.Match[str], indent: int) -> Mistake | None:
    """Return that the brace that begins ``line`` has no opening one, which is sought above it."""
    for above in reversed(list(_LINE.finditer(text, 0, line.start()))):
        if len(above[1].expandtabs(4)) <= indent:
            number = text.count("\n", 0, line.start()) + 1
            hint = f"The `}}` in line {number} closes nothing."
            return Mistake(_ending(text, above.end()), "a `{` is missing here.", hint, 0, " {")
    return None


def _ending(text: str, end: int) -> int:
    """Return the end of a line, or of the empty one below it."""
    blank = re.compile(r"\n[ \t]*+(?=\n)").match(text, end)
    return blank.end() if blank else end
