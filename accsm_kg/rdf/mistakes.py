"""Find common mistakes in the text of a SPARQL query that does not parse.

The engine reports the position at which it gave up, which may be some words after a misspelt one.
The patterns are therefore matched against the text, with strings, IRIs and comments masked.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from accsm_kg.rdf.query_scanner import STRING, masked, unclosed_string

_LONGEST = 6 << 10  # characters that are searched: some patterns take quadratic time
_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
    A ABS ADJUST AS ASC ASK AVG BASE BIND BNODE BOUND BY CEIL COALESCE CONCAT CONSTRUCT CONTAINS
    COUNT DATATYPE DAY DESC DESCRIBE DISTINCT ENCODE_FOR_URI EXISTS FALSE FILTER FLOOR FROM GRAPH
    GROUP GROUP_CONCAT HASLANG HASLANGDIR HAVING HOURS IF IN IRI ISBLANK ISIRI ISLITERAL ISNUMERIC
    ISTRIPLE ISURI LANG LANGDIR LANGMATCHES LATERAL LCASE LIMIT MAX MD5 MIN MINUS MINUTES MONTH
    NAMED NOT NOW OBJECT OFFSET OPTIONAL ORDER PREDICATE PREFIX RAND REDUCED REGEX REPLACE ROUND
    SAMETERM SAMPLE SECONDS SELECT SEPARATOR SERVICE SHA1 SHA256 SHA384 SHA512 SILENT STR STRAFTER
    STRBEFORE STRDT STRENDS STRLANG STRLANGDIR STRLEN STRSTARTS STRUUID SUBJECT SUBSTR SUM TIMEZONE
    TRIPLE TRUE TZ UCASE UNDEF UNION URI UUID VALUES VERSION WHERE YEAR
    """,
    )
)
#: Keywords of other query languages, and what to write instead.
_FOREIGN = {
    "AND": "Write `&&` between conditions; patterns are joined by `.` alone.",
    "OR": "Write `||` between conditions, or UNION between patterns.",
    "LIKE": "Write FILTER(CONTAINS(?text, \"…\")) or REGEX.",
    "NULL": "Ask with BOUND(?name) whether a variable has a value.",
    "JOIN": "Patterns in the same braces are joined by themselves.",
    "TOP": "Write `LIMIT 10` at the end.",
    "IS": "Write `=`, or ask with BOUND(?name) whether a variable has a value.",
}  # fmt: skip
_AGGREGATES = "COUNT|SUM|AVG|MIN|MAX|SAMPLE|GROUP_CONCAT"
_TERM = (
    r"(?:[?$]\w++|\x02++|[A-Za-z][\w.-]*+:[\w.%:\\/-]*+|:[\w.%-]++|\d[\d.]*+"
    rf"|{STRING}++(?:@[\w-]++|\^\^(?:\x02++|[\w:]++))?+|a\b|_:\w++)"
)
#: A pattern, what is wrong and what to do; `{token}` is the match or its group `at`.
_MISTAKES = tuple(
    (re.compile(pattern, re.IGNORECASE), detail, hint)
    for pattern, detail, hint in (
        (
            r"[\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb]",
            "`{token}` is a typographic quotation mark.",
            "Write a straight \" or '.",
        ),
        (
            r"[\u00a0\u2007\u200b\u202f\ufeff]",
            "there is an invisible character here.",
            "Replace it with a plain space; it may come from a web page or a word processor.",
        ),
        ("@prefix", "`@prefix` is Turtle.", "Write `PREFIX name: <…>`, without a dot after it."),
        (
            r"\bPREFIX\s++(?P<at>[\w-]++)\s*+\x02",
            "the prefix `{token}` has no colon.",
            "Write `PREFIX {token}: <…>`.",
        ),
        (
            r"\bPREFIX\s++[\w.-]*+:\s*+(?P<at>[^\s\x02]\S*+)",
            "`{token}` is not between < and >.",
            "Write `PREFIX name: <…>`.",
        ),
        (
            r"\bPREFIX\s++[\w.-]*+:\s*+\x02++\s*+(?P<at>\.)",
            "there is a `.` after PREFIX.",
            "Remove it: it is Turtle syntax.",
        ),
        (
            r"(?P<at><https?:[^\s<>\"{}|\\^`]*+(?P<bad>[^>])[^>\n]*+>?)",
            "`{token}` is not an IRI: it has {bad!r}, which must be encoded.",
            "Write %20 for a space, and encode other characters likewise.",
        ),
        (r"https?://[^\s>;,)]++", "`{token}` is an IRI without brackets.", "Write `<{token}>`."),
        ("(?<!:)//", "`//` has no property in between.", "Write `/` once between properties."),
        ("==", "`==` is not a SPARQL operator.", "Write `=`."),
        (r"(?<!&)&(?!&)", "`&` is not a SPARQL operator.", "Write `&&`."),
        (
            r"\bSELECT\b(?:\s++(?:DISTINCT|REDUCED)\b)?+"
            r"(?:\s*+(?:[?$]\w++|\((?:[^()]|\([^()]*+\))*+\)))++\s*+(?P<at>,)",
            "SELECT does not allow `,` between its variables.",
            "Separate them with spaces.",
        ),
        (
            rf"\bSELECT\b(?:\s++DISTINCT\b)?+(?:\s*+[?$]\w++)*+\s*+(?P<at>(?:{_AGGREGATES})\s*+\()",
            "`{token}…)` in SELECT needs brackets and a name.",
            "Write `(COUNT(?thing) AS ?number)`.",
        ),
        (
            rf"\bSELECT\b[^{{}}]{{0,400}}?\(\s*+(?:{_AGGREGATES})\s*+\([^()]*+\)\s*+"
            r"(?P<at>\)(?!\s*+(?:AS\b|[,)*/+=<>!&|-]))|[?$]\w++)",
            "the value before `{token}` has no name.",
            "Write `(COUNT(?thing) AS ?number)`.",
        ),
        (
            r"(?P<at>bif:\w++)",
            "`{token}` is a function of Virtuoso.",
            'Write `FILTER(CONTAINS(LCASE(?t), "x"))`.',
        ),
        (
            r"(?P<at>\d{4}-\d\d?-\d\d?[\w:.]*+)\^\^",
            "`{token}` is not in quotes.",
            'Write `"{token}"^^…`.',
        ),
        (
            r"\bLIMIT\s++\d++(?P<at>,)\d{3}\b",
            "a number must not contain `,`.",
            "Write `1000`.",
        ),
        (
            r"\bLIMIT\s++\d++\s*+(?P<at>,)(?!\d{3})",
            "`,` must not follow the number of LIMIT.",
            "Write `LIMIT 5 OFFSET 10` for the LIMIT 10, 5 of SQL.",
        ),
        (
            r"(?<![\w?$:-])(?:LIMIT|OFFSET)\b\s*+(?P<at>(?!\d)\S*+)",
            "a whole number is needed here.",
            "Write `LIMIT 10`, `OFFSET 20`.",
        ),
        (
            r"\}\s*+(?P<at>;)\s*+$",
            "there is a `;` after the query.",
            "Remove it, and send one query at a time.",
        ),
        (
            r",\s*+(?P<at>[}.;])",
            "a value is missing between `,` and `{token}`.",
            "Write the value, or remove the `,`.",
        ),
        (
            r"\bFILTER\s++(?P<at>[?$!\d]\S*+)",
            "the condition of FILTER is not in brackets.",
            "Write `FILTER(…)`.",
        ),
        (
            r"\b(?:LIMIT|OFFSET)\s++\d++\s++(?P<at>ORDER|GROUP|HAVING)\b",
            "`{token}` is in the wrong place.",
            "The order is GROUP BY, HAVING, ORDER BY, LIMIT and OFFSET.",
        ),
        (
            r"(?<![\w:/.-])(?P<at>[A-Za-z][\w.-]*+:[\w.%-]++/(?=\w)(?![\w.-]*:|a\b)[\w./-]++)",
            "`{token}`: a prefixed name must not contain `/`.",
            "Write the whole IRI between < and >, or `\\/`.",
        ),
        (
            rf"(?:[{{}}]|(?<![\w:])\.(?!\w))\s*+{_TERM}\s++{_TERM}\s++{_TERM}\s++(?P<at>{_TERM})",
            "the triple has a fourth term, `{token}`.",
            "End the triple with `.` before it, or with `;` to continue with the same subject.",
        ),
        (
            rf"(?:[{{}}]|(?<![\w:])\.(?!\w))\s*+{_TERM}\s++{_TERM}\s*+(?P<at>[}}.;])",
            "`{token}` ends a triple that has only two terms.",
            "A triple has a subject, a property and an object.",
        ),
    )
)
_SUBSELECT = re.compile(r"\s*+SELECT\b", re.IGNORECASE)
_PLACED = re.compile(
    r"[{}]|(?<![\w?$:])(?:(?P<late>LIMIT|OFFSET|ORDER|GROUP|HAVING)|"
    r"(?P<inner>FILTER|BIND|OPTIONAL|MINUS|UNION|GRAPH))\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"(?<![\w?$:@%/.\\^-])[^\W\d_][\w-]*+(?![\w-]*+:)")
_SELECT = re.compile(r"\bSELECT\b", re.IGNORECASE)
_GROUPED = re.compile(r"\bGROUP\s++BY\b(.*?)(?:\b(?:HAVING|ORDER|LIMIT|OFFSET|VALUES)\b|$)",
                      re.IGNORECASE | re.DOTALL)  # fmt: skip
_VARIABLE = re.compile(r"[?$]\w++")
_VALUES = re.compile(r"\bVALUES\s++(?:[?$]\w++|\([^()]*+\))\s*+$", re.IGNORECASE)


@dataclass(frozen=True)
class Mistake:
    """A mistake at a character offset: ``detail`` is what is wrong, ``hint`` what to do."""

    offset: int
    detail: str
    hint: str


def find(query: str) -> Mistake | None:
    """Return the first common mistake in ``query``; none in a text of more than 6 KiB."""
    if len(query) > _LONGEST:
        return None
    return min(_all(query), key=lambda mistake: mistake.offset, default=None)


def _all(query: str) -> Iterator[Mistake]:
    text = masked(query)
    if not text.strip():
        yield Mistake(0, "the query is empty.", "Send SELECT, ASK, CONSTRUCT or DESCRIBE.")
        return
    start = unclosed_string(query)
    if start is not None:
        yield Mistake(
            start, "the string that begins here is never closed.", "Close it on the same line."
        )
    for pattern, detail, hint in _MISTAKES:
        for match in pattern.finditer(text):
            group = "at" if "at" in pattern.groupindex else 0
            first, last = match.span(group)
            if not _VALUES.search(text, 0, match.start()):
                values = {**match.groupdict(), "token": query[first:last][:60]}
                yield Mistake(first, detail.format(**values), hint.format(**values))
                break
    yield from _words(text)
    yield from _misplaced(text)


def _words(text: str) -> Iterator[Mistake]:
    """Yield the first word that is not a SPARQL keyword."""
    for match in _WORD.finditer(text):
        word = match[0]
        if word.upper() in _WORDS and word not in ("TRUE", "FALSE", "True", "False"):
            continue
        near = get_close_matches(word.upper(), _WORDS, n=1, cutoff=0.8)
        guess = near[0].lower() if near and near[0] in ("TRUE", "FALSE") else "".join(near)
        hint = f"Did you mean `{guess}`?" if guess else 'Write ?name, prefix:name or "text".'
        hint = _FOREIGN.get(word.upper(), hint)
        detail = f"`{word[:60]}` is not a SPARQL keyword{foreign_letter(word)}."
        yield Mistake(match.start(), detail, hint)
        return


def foreign_letter(word: str) -> str:
    """Return a remark on the first non-ASCII letter of ``word``, empty if there is none."""
    letter = next((letter for letter in word if not letter.isascii()), "")
    return letter and f": its `{letter}` is {unicodedata.name(letter, 'no letter')}"


def _misplaced(text: str) -> Iterator[Mistake]:
    """Yield the first keyword that is inside the braces but belongs after them, or vice versa."""
    opened: list[int] = []
    closed = False
    for spot in _PLACED.finditer(text):
        if spot[0] == "{":
            opened.append(spot.end())
        elif spot[0] == "}":
            opened, closed = opened[:-1], True
        elif spot["late"] and opened and not _SUBSELECT.match(text, opened[-1]):
            detail = f"`{spot[0]}` is inside the braces."
            yield Mistake(spot.start(), detail, "Put it after the `}` that closes WHERE.")
            return
        elif spot["inner"] and closed and not opened:
            detail = f"`{spot[0]}` is outside the braces."
            yield Mistake(spot.start(), detail, "Put it before the `}` that closes WHERE.")
            return


def ungrouped(query: str) -> Mistake | None:
    """Return a variable of SELECT that is not in GROUP BY, None if there are several SELECTs."""
    if len(query) > _LONGEST:
        return None
    text = masked(query)
    selects = list(_SELECT.finditer(text))
    if len(selects) != 1:
        return None
    start = selects[0].end()
    grouped = _GROUPED.search(text)
    names = _VARIABLE.findall(grouped[1]) if grouped else []
    depth = 0
    for match in re.finditer(r"[(){]|[?$]\w++", text[start:]):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if match[0] == "{":
            break
        if not depth and match[0] != ")" and match[0] not in names:
            name = match[0][:60]
            detail = f"`{name}` is neither in GROUP BY nor in an aggregate."
            hint = f"Write GROUP BY {' '.join([*names, name])}, or `(SAMPLE({name}) AS ?any)`."
            return Mistake(start + match.start(), detail, hint)
    return None
