"""Find common mistakes in the text of a SPARQL query that does not parse.

The engine reports how far it got, which for a misspelt word may be some words off, so the text
itself is searched. The patterns see it with strings, IRIs and comments masked.
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
#: What to write for words of other query languages.
_FOREIGN = {
    "AND": "Write `&&` between conditions; patterns are joined by `.` alone.",
    "OR": "Write `||` between conditions, or UNION between patterns.",
    "LIKE": "Write FILTER(CONTAINS(?text, \"…\")) or REGEX.",
    "NULL": "Ask with BOUND(?name) whether a variable has a value.",
    "JOIN": "Patterns in the same braces are joined by themselves.",
    "TOP": "Write `LIMIT 10` at the end.",
    "IS": "Write `=`, or ask with BOUND(?name) whether a variable has a value.",
}  # fmt: skip
_SUMS = "COUNT|SUM|AVG|MIN|MAX|SAMPLE|GROUP_CONCAT"
_TERM = (
    r"(?:[?$]\w++|\x02++|[A-Za-z][\w.-]*+:[\w.%:\\/-]*+|:[\w.%-]++|\d[\d.]*+"
    rf"|{STRING}++(?:@[\w-]++|\^\^(?:\x02++|[\w:]++))?+|a\b|_:\w++)"
)
#: A pattern whose group `at`, or else the whole, is `{met}`; what is wrong with it; what to do.
_MISTAKES = tuple(
    (re.compile(pattern, re.IGNORECASE), detail, hint)
    for pattern, detail, hint in (
        (
            r"[\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb]",
            "`{met}` is a typographic quotation mark.",
            "Write a straight \" or '.",
        ),
        (
            r"[\u00a0\u2007\u200b\u202f\ufeff]",
            "an invisible character stands here.",
            "Put a plain space in its place; it may come from a web page or a word processor.",
        ),
        ("@prefix", "`@prefix` is Turtle.", "Write `PREFIX name: <…>`, without a dot after it."),
        (
            r"\bPREFIX\s++(?P<at>[\w-]++)\s*+\x02",
            "the prefix `{met}` lacks its colon.",
            "Write `PREFIX {met}: <…>`.",
        ),
        (
            r"\bPREFIX\s++[\w.-]*+:\s*+(?P<at>[^\s\x02]\S*+)",
            "`{met}` is not between < and >.",
            "Write `PREFIX name: <…>`.",
        ),
        (
            r"\bPREFIX\s++[\w.-]*+:\s*+\x02++\s*+(?P<at>\.)",
            "a `.` stands behind PREFIX.",
            "Leave it out: that is Turtle.",
        ),
        (
            r"(?P<at><https?:[^\s<>\"{}|\\^`]*+(?P<bad>[^>])[^>\n]*+>?)",
            "`{met}` is no IRI: it has {bad!r}, which must be encoded.",
            "Write %20 for a space, and other characters likewise.",
        ),
        (r"https?://[^\s>;,)]++", "`{met}` is an IRI without its brackets.", "Write `<{met}>`."),
        ("(?<!:)//", "`//` has no property between.", "Write `/` once between properties."),
        ("==", "`==` is no operator of SPARQL.", "Write `=`."),
        (r"(?<!&)&(?!&)", "`&` is no operator of SPARQL.", "Write `&&`."),
        (
            r"\bSELECT\b(?:\s++(?:DISTINCT|REDUCED)\b)?+"
            r"(?:\s*+(?:[?$]\w++|\((?:[^()]|\([^()]*+\))*+\)))++\s*+(?P<at>,)",
            "`,` does not belong between the variables of SELECT.",
            "Separate them by spaces.",
        ),
        (
            rf"\bSELECT\b(?:\s++DISTINCT\b)?+(?:\s*+[?$]\w++)*+\s*+(?P<at>(?:{_SUMS})\s*+\()",
            "`{met}…)` in SELECT needs brackets and a name.",
            "Write `(COUNT(?thing) AS ?number)`.",
        ),
        (
            rf"\bSELECT\b[^{{}}]{{0,400}}?\(\s*+(?:{_SUMS})\s*+\([^()]*+\)\s*+"
            r"(?P<at>\)(?!\s*+(?:AS\b|[,)*/+=<>!&|-]))|[?$]\w++)",
            "the value before `{met}` is given no name.",
            "Write `(COUNT(?thing) AS ?number)`.",
        ),
        (
            r"(?P<at>bif:\w++)",
            "`{met}` is a function of Virtuoso.",
            'Write `FILTER(CONTAINS(LCASE(?t), "x"))`.',
        ),
        (
            r"(?P<at>\d{4}-\d\d?-\d\d?[\w:.]*+)\^\^",
            "`{met}` is not in quotes.",
            'Write `"{met}"^^…`.',
        ),
        (
            r"\bLIMIT\s++\d++(?P<at>,)\d{3}\b",
            "`,` does not belong into a number.",
            "Write `1000`.",
        ),
        (
            r"\bLIMIT\s++\d++\s*+(?P<at>,)(?!\d{3})",
            "`,` does not belong behind LIMIT.",
            "What others call LIMIT 10, 5 is `LIMIT 5 OFFSET 10`.",
        ),
        (
            r"(?<![\w?$:-])(?:LIMIT|OFFSET)\b\s*+(?P<at>(?!\d)\S*+)",
            "a whole number belongs here.",
            "Write `LIMIT 10`, `OFFSET 20`.",
        ),
        (
            r"\}\s*+(?P<at>;)\s*+$",
            "`;` stands behind the query.",
            "Leave it out, and send one query at a time.",
        ),
        (
            r",\s*+(?P<at>[}.;])",
            "`{met}` stands where the `,` before it wants one more value.",
            "Write the value, or leave the `,` out.",
        ),
        (
            r"\bFILTER\s++(?P<at>[?$!\d]\S*+)",
            "the condition of FILTER is not in brackets.",
            "Write `FILTER(…)`.",
        ),
        (
            r"\b(?:LIMIT|OFFSET)\s++\d++\s++(?P<at>ORDER|GROUP|HAVING)\b",
            "`{met}` comes too late.",
            "The order is GROUP BY, HAVING, ORDER BY, LIMIT and OFFSET.",
        ),
        (
            r"(?<![\w:/.-])(?P<at>[A-Za-z][\w.-]*+:[\w.%-]++/(?=\w)(?![\w.-]*:|a\b)[\w./-]++)",
            "`{met}`: a name after a prefix may not have a `/`.",
            "Write the whole IRI between < and >, or `\\/`.",
        ),
        (
            rf"(?:[{{}}]|(?<![\w:])\.(?!\w))\s*+{_TERM}\s++{_TERM}\s++{_TERM}\s++(?P<at>{_TERM})",
            "a fourth term, `{met}`, follows the three of a triple.",
            "End the triple with `.` before it, or with `;` to say more of the same subject.",
        ),
        (
            rf"(?:[{{}}]|(?<![\w:])\.(?!\w))\s*+{_TERM}\s++{_TERM}\s*+(?P<at>[}}.;])",
            "`{met}` ends a triple that has only two terms.",
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
    """A mistake: where it is, what is wrong there and what to do."""

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
        yield Mistake(0, "there is no query here.", "Send SELECT, ASK, CONSTRUCT or DESCRIBE.")
        return
    start = unclosed_string(query)
    if start is not None:
        yield Mistake(
            start, "the string that begins here is never closed.", "Close it on its line."
        )
    for pattern, detail, hint in _MISTAKES:
        for match in pattern.finditer(text):
            group = "at" if "at" in pattern.groupindex else 0
            first, last = match.span(group)
            if not _VALUES.search(text, 0, match.start()):
                met = query[first:last][:60]
                said = {**match.groupdict(), "met": met}
                yield Mistake(first, detail.format(**said), hint.format(**said))
                break
    yield from _words(text)
    yield from _misplaced(text)


def _words(text: str) -> Iterator[Mistake]:
    """Yield the first word that is no keyword of SPARQL."""
    for match in _WORD.finditer(text):
        word = match[0]
        if word.upper() in _WORDS and word not in ("TRUE", "FALSE", "True", "False"):
            continue
        near = get_close_matches(word.upper(), _WORDS, n=1, cutoff=0.8)
        guess = near[0].lower() if near and near[0] in ("TRUE", "FALSE") else "".join(near)
        hint = f"Did you mean `{guess}`?" if guess else 'Write ?name, prefix:name or "text".'
        hint = _FOREIGN.get(word.upper(), hint)
        detail = f"`{word[:60]}` is no word of SPARQL{foreign_letter(word)}."
        yield Mistake(match.start(), detail, hint)
        return


def foreign_letter(word: str) -> str:
    """Return a remark on the first letter of ``word`` outside ASCII, empty if there is none."""
    letter = next((letter for letter in word if not letter.isascii()), "")
    return letter and f": its `{letter}` is {unicodedata.name(letter, 'no letter')}"


def _misplaced(text: str) -> Iterator[Mistake]:
    """Yield the first keyword inside the braces that belongs after them, or the reverse."""
    opened: list[int] = []
    closed = False
    for spot in _PLACED.finditer(text):
        if spot[0] == "{":
            opened.append(spot.end())
        elif spot[0] == "}":
            opened, closed = opened[:-1], True
        elif spot["late"] and opened and not _SUBSELECT.match(text, opened[-1]):
            detail = f"`{spot[0]}` stands inside the braces."
            yield Mistake(spot.start(), detail, "Put it after the `}` that closes WHERE.")
            return
        elif spot["inner"] and closed and not opened:
            detail = f"`{spot[0]}` stands outside the braces."
            yield Mistake(spot.start(), detail, "Put it before the `}` that closes WHERE.")
            return


def ungrouped(query: str) -> Mistake | None:
    """Return the variable that SELECT names and GROUP BY does not, None if that is unclear."""
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
    for met in re.finditer(r"[(){]|[?$]\w++", text[start:]):
        depth += {"(": 1, ")": -1}.get(met[0], 0)
        if met[0] == "{":
            break
        if not depth and met[0] != ")" and met[0] not in names:
            name = met[0][:60]
            detail = f"`{name}` is neither grouped nor in an aggregate."
            hint = f"Write GROUP BY {' '.join([*names, name])}, or `(SAMPLE({name}) AS ?any)`."
            return Mistake(start + met.start(), detail, hint)
    return None
