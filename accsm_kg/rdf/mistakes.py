"""Find common mistakes in the text of a SPARQL query that does not parse.

The engine reports the position at which it gave up, which may be some words after a misspelt one.
The patterns are therefore matched against the text, with strings, IRIs and comments masked.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from accsm_kg.rdf.query_scanner import IRI, STRING, masked, unclosed_string
from accsm_kg.rdf.scopes import rebound

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
    "LET": "Write `BIND(… AS ?name)`.",
    "BETWEEN": "Write `?x >= 1 && ?x <= 9`.",
    "CASE": "Write `IF(condition, value, other value)`.",
}  # fmt: skip
_UPDATES = frozenset(
    {"INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "WITH"}
)
#: The words with which a query begins.
_FIRST = frozenset({"PREFIX", "BASE", "VERSION", "SELECT", "ASK", "CONSTRUCT", "DESCRIBE"})
_ONLY_QUERIES = "Only queries are answered: SELECT, ASK, CONSTRUCT and DESCRIBE."
_MAX_NUMBER = 2**64 - 1  # of LIMIT and OFFSET
_AGGREGATES = "COUNT|SUM|AVG|MIN|MAX|SAMPLE|GROUP_CONCAT"
_TERM = (
    r"(?:[?$]\w++|\x02++|[A-Za-z][\w.-]*+:[\w.%:\\/-]*+|:[\w.%-]++|\d[\d.]*+"
    rf"|{STRING}++(?:@[\w-]++|\^\^(?:\x02++|[\w:]++))?+|a\b|_:\w++)"
)
#: Brackets with others within, those of SELECT with a name, and without one up to their end.
_BRACKETS = r"\((?:[^()]|\((?:[^()]|\([^()]*+\))*+\))*+\)"
_NAMELESS = rf"\((?:(?!\bAS\b)[^()]|{_BRACKETS})*+"
_NAMED = rf"{_NAMELESS}AS\b[^()]*+\)"
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
            r"(?<![\w?$:-])(?:LIMIT|OFFSET)\b\s*+(?P<at>(?!\d)\S*+|\d++(?:\.\d|e)\S*+)",
            "a whole number is needed here.",
            "Write `LIMIT 10`, `OFFSET 20`.",
        ),
        (
            r"\}(?:\s*+(?:ORDER|GROUP|HAVING|LIMIT|OFFSET)\b[^{}]*?)?\s*+(?P<at>[;.])\s*+$",
            "there is a `{token}` after the query.",
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
            r"\bSELECT\s*+(?:(?:DISTINCT|REDUCED)\b\s*+)?+(?P<at>\{|(?:WHERE|FROM)\b)",
            "SELECT names no variable.",
            "Write `SELECT *`, or the variables.",
        ),
        (r"\bASK\s++(?P<at>[?$*(]\S*+)", "ASK has no variables.", "Write `ASK {{ … }}`."),
        (
            r"\bCONSTRUCT\s*+\{[^{}]*+\}\s*+(?P<at>)\Z",
            "CONSTRUCT has no WHERE.",
            "Write `CONSTRUCT {{ … }} WHERE {{ … }}`, or `CONSTRUCT WHERE {{ … }}`.",
        ),
        (
            rf"\bSELECT\b(?:\s*+(?:DISTINCT|REDUCED)\b)?+(?:\s*+(?:[?$]\w++|{_NAMED}))*+"
            rf"\s*+{_NAMELESS}(?P<at>\))",
            "the value before `{token}` has no name.",
            "Write `(… AS ?name)`, or a variable without brackets.",
        ),
        (
            r"\bSELECT\b[^{}()]{0,400}?[?$]\w++\s++(?P<at>AS)\b",
            "`{token}` is not in brackets.",
            "Write `(?value AS ?name)`.",
        ),
        (
            r"\bORDER\s++BY\b[^{}]*?\b(?P<at>ASC|DESC)\s++[?$]\w",
            "`{token}` is not followed by brackets.",
            "Write `{token}(?name)`.",
        ),
        (
            r"\bORDER\s++BY\b[^{}]*?[?$]\w++\s++(?P<at>ASC|DESC)\b(?!\s*+\()",
            "`{token}` is behind its variable.",
            "Write `{token}(?name)`.",
        ),
        (
            rf"\b(?:ORDER|GROUP)\s++BY\b(?:\s*+(?:[?$]\w++|(?:ASC|DESC)?\s*+{_BRACKETS}))++"
            r"\s*+(?P<at>,)",
            "`{token}` must not stand here.",
            "Separate the variables with spaces.",
        ),
        (
            rf"\bHAVING\s++(?P<at>[?$!\d]\S*+|(?:{_AGGREGATES})\s*+{_BRACKETS}(?=\s*+[<>=!]))",
            "the condition of HAVING is not in brackets.",
            "Write `HAVING(…)`.",
        ),
        (
            rf"\b(?:FILTER|BIND)\s*+\([^(){{}}]*?\b(?P<at>(?:{_AGGREGATES})\s*+\()",
            "`{token}…)` is inside the pattern.",
            "Write `HAVING(…)` after GROUP BY, or `(COUNT(?thing) AS ?number)` after SELECT.",
        ),
        (
            r"\bGROUP_CONCAT\s*+\((?:[^(),;]|\([^()]*+\))*+(?P<at>,)",
            "`,` must not follow the value of GROUP_CONCAT.",
            'Write `GROUP_CONCAT(?name; SEPARATOR=", ")`.',
        ),
        (
            r"\b(?:COUNT|SUM|AVG|MIN|MAX|SAMPLE)\s*+\(\s*+(?:DISTINCT\b\s*+)?+[?$]\w++\s*+"
            r"(?P<at>,|[?$]\w++)",
            "an aggregate takes one value.",
            "Write one for each variable.",
        ),
        (
            r"(?<![\w?$:-])(?P<at>OPTIONAL|MINUS|EXISTS|UNION)\b(?!:)\s*+(?=[^\s{])",
            "`{token}` is not followed by braces.",
            "Write `{token} {{ … }}`.",
        ),
        (
            r"(?<![\w?$:-])(?P<at>GRAPH|SERVICE)\s*+\{",
            "`{token}` has no name.",
            "Write a variable or an IRI before the `{{`.",
        ),
        (
            r"(?<![\w?$:-])(?P<at>BIND)\s++[^\s(]",
            "`{token}` is not followed by brackets.",
            "Write `BIND(… AS ?name)`.",
        ),
        (
            r"(?<![\w?$:-])IN\s++(?P<at>[^\s(]\S*+)",
            "the list after IN is not in brackets.",
            "Write `IN (…)`.",
        ),
        (
            rf"\bVALUES\s++(?:[?$]\w++|{_BRACKETS})\s*+\{{[^{{}}]*?(?P<at>,)",
            "`,` must not stand between values.",
            "Separate them with spaces.",
        ),
        (
            rf"\bVALUES\s++(?:[?$]\w++|{_BRACKETS})\s*+\{{[^{{}}]*?(?P<at>[?$]\w++)",
            "`{token}` is not a value.",
            "Write IRIs, strings and numbers, or UNDEF.",
        ),
        (
            r"\bVALUES\s++[?$]\w++\s*+(?:\{\s*+)?+(?P<at>\()",
            "brackets are for several variables.",
            "Write `VALUES ?name {{ … }}`, or `VALUES (?one ?two) {{ (… …) }}`.",
        ),
        (
            r"\bFILTER\s*+\([^(){}]*?(?P<at>(?<!\x02)\x02\x02(?!\x02))",
            "`{token}` is not a SPARQL operator.",
            "Write `!=`.",
        ),
        (
            r"[{.;][^{}().;]*?(?<![<>=!|&?*+/^])(?P<at>!?=|[<>]=?)(?=\s)",
            "`{token}` is inside a pattern.",
            "Write a variable there, and the condition in FILTER(…).",
        ),
        (
            r"(?P<at>\{\d++,?+\d*+\})",
            "`{token}` is not SPARQL 1.1.",
            "Write `p/p` for two steps, `p+` for one or more.",
        ),
        (
            r"(?P<at>[?$]\w++-[A-Za-z]\w*+)(?![\w(:])",
            "`{token}`: the name of a variable must not contain `-`.",
            "Write `_`.",
        ),
        (rf"{STRING}@[A-Za-z]++(?P<at>_)", "a language has no `_`.", "Write `@en-US`."),
        (rf"{STRING}@(?P<at>{STRING}++)", "a language is not in quotes.", "Write `@en`."),
        (rf"{STRING}(?P<at>\^)(?!\^)", "a datatype follows `^^`.", 'Write `"…"^^xsd:date`.'),
        (
            r"\^\^(?P<at>[A-Za-z]\w*+)(?![\w.-]*+:)",
            "`{token}` is not a datatype.",
            "Write `xsd:{token}`, or the IRI between < and >.",
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
        (
            rf"(?:\{{|(?<![\w:])\.(?!\w))\s*+(?P<at>{_TERM})\s*+(?:[}}.;]|\Z)(?!\w)",
            "`{token}` stands alone.",
            "A triple has a subject, a property and an object.",
        ),
        (
            rf";\s*+(?P<at>{_TERM})\s*+(?:[}}.;]|\Z)(?!\w)",
            "the property `{token}` has no object.",
            "Write a variable or a value after it.",
        ),
        (
            r"(?<![\w?$:-])(?P<at>FILTER|BIND)\b(?!:)\s*+(?:[}}.]|\(\s*+\)|\Z)",
            "`{token}` says nothing.",
            "Write what it is about in brackets after it.",
        ),
        (
            r"(?<![\w?$:@%/.\\^-])(?P<at>(?!\d)\w++(?:\.\w++)++)(?![\w.-]*+[:(])",
            "`{token}` is not a name.",
            'Write prefix:{token}, or "{token}" for a text.',
        ),
        (
            r"(?<![\w?$:-])(?P<at>ORDER|GROUP)\b(?![:-]|\s++BY\b)",
            "`BY` is missing after `{token}`.",
            "Write `{token} BY`.",
        ),
        (
            r"(?<![\w?$:-])(?P<at>(?:ORDER|GROUP)\s++BY|HAVING)\b\s*+(?:\Z|\}|LIMIT\b|OFFSET\b)",
            "`{token}` names nothing.",
            "Write a variable after it, or an expression in brackets.",
        ),
        (
            r"(?P<at>&&|\|\||[<>!]?=|(?<=\s)[<>*/+-])\s*+\)",
            "`{token}` has no value on its right.",
            "Write a value after it.",
        ),
    )
)
_SUBSELECT = re.compile(r"\s*+SELECT\b", re.IGNORECASE)
#: What may not follow the pattern of a subquery.
_AFTER = re.compile(
    r"\s*+(?=[^\s})])(?!(?:LIMIT|OFFSET|ORDER|GROUP|HAVING|VALUES)\b)", re.IGNORECASE
)
_PLACED = re.compile(
    r"[{}]|(?<![\w?$:])(?:(?P<late>LIMIT|OFFSET|ORDER|GROUP|HAVING)|"
    r"(?P<inner>FILTER|BIND|OPTIONAL|MINUS|UNION|GRAPH))\b",
    re.IGNORECASE,
)
#: The token after PREFIX and BASE, except those of Turtle.
_START = re.compile(
    rf"\s*+(?:(?:PREFIX\s++[\w.-]*+:|BASE)\s*+{IRI}++\s*+)*+"
    rf"(?P<token>\w++:?|[!-~{STRING}{IRI}](?<![@.]))",
    re.IGNORECASE,
)
_WORD = re.compile(r"(?<![\w?$:@%/.\\^-])[^\W\d_][\w-]*+(?![\w-]*+:)")
_SELECT = re.compile(r"\bSELECT\b", re.IGNORECASE)
_GROUPED = re.compile(r"\bGROUP\s++BY\b(.*?)(?:\b(?:HAVING|ORDER|LIMIT|OFFSET|VALUES)\b|$)",
                      re.IGNORECASE | re.DOTALL)  # fmt: skip
_VARIABLE = re.compile(r"[?$]\w++")
_VALUES = re.compile(r"\bVALUES\s++(?:[?$]\w++|\([^()]*+\))\s*+$", re.IGNORECASE)


_STRINGS, _NUMBER = re.compile(f"{STRING}++"), re.compile(r"\b(?:LIMIT|OFFSET)\s++(\d++)", re.I)
#: A hint that says what to put in place of what is wrong.
_INSTEAD = re.compile(r"(?:Write|Did you mean) `(?P<text>[^`…?]+)`[.?]|Remove it\b.*")
_ESCAPE = re.compile(r"\\(?:[tbnrf\"'\\uU]|(?P<bad>.))", re.DOTALL)


@dataclass(frozen=True)
class Mistake:
    """A mistake at a character offset: ``detail`` is what is wrong, ``hint`` what to do.

    ``length`` is that of the text that is wrong. ``instead`` is what to put in its place, if that
    is known.
    """

    offset: int
    detail: str
    hint: str
    length: int = 1
    instead: str | None = None


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
    yield from _beginning(text)
    for pattern, detail, hint in _MISTAKES:
        for match in pattern.finditer(text):
            group = "at" if "at" in pattern.groupindex else 0
            first, last = match.span(group)
            if not _VALUES.search(text, 0, match.start()):
                values = {**match.groupdict(), "token": query[first:last][:60]}
                yield _with_fix(first, detail.format(**values), hint.format(**values), last - first)
                break
    yield from _escapes(query, text)
    yield from _large(text)
    yield from _words(text)
    yield from _misplaced(text)
    if bound := rebound(text):
        detail = f"`{bound[0][:60]}` has a value before BIND gives it one."
        yield Mistake(bound.start(), detail, "Write another variable after AS.")


def _with_fix(offset: int, detail: str, hint: str, length: int) -> Mistake:
    """Return a mistake with the text that its hint says to write in place of what is wrong."""
    said = _INSTEAD.fullmatch(hint)
    instead = said["text"] or "" if said else None
    return Mistake(offset, detail, hint, length, instead)


def _beginning(text: str) -> Iterator[Mistake]:
    """Yield the token with which no query begins, unless it is a misspelt word that does."""
    first = _START.match(text)
    known = _FIRST | _UPDATES
    if first and not get_close_matches(first["token"][:60].upper(), known, n=1, cutoff=0.8):
        detail = "the query does not begin with SELECT, ASK, CONSTRUCT or DESCRIBE."
        hint = "Write `SELECT * WHERE { … }`, after PREFIX and BASE."
        yield Mistake(first.start("token"), detail, hint)


def _words(text: str) -> Iterator[Mistake]:
    """Yield the first word that is not a SPARQL keyword."""
    for match in _WORD.finditer(text):
        word = match[0]
        if word.upper() in _WORDS and word not in ("TRUE", "FALSE", "True", "False"):
            continue
        if word.upper() in _UPDATES:
            yield Mistake(match.start(), f"`{word}` begins an update.", _ONLY_QUERIES)
            return
        if text[match.start() - 1 : match.start()] == STRING:
            detail = f"the string ends before `{word[:60]}`."
            yield Mistake(match.start(), detail, "Write \\' for ' in a string, and \\\" for \".")
            return
        if (end := _function_before(word)) and text[match.end() : match.end() + 1] == "(":
            name = word[:end]
            hint = f"Write `{name}({word[end:]}(…))`."
            yield Mistake(match.start() + end, f"a `(` is missing after `{name}`.", hint, 0, "(")
            return
        near = get_close_matches(word.upper(), _WORDS, n=1, cutoff=0.8)
        guess = near[0].lower() if near and near[0] in ("TRUE", "FALSE") else "".join(near)
        hint = f"Did you mean `{guess}`?" if guess else 'Write ?name, prefix:name or "text".'
        hint = _FOREIGN.get(word.upper(), hint)
        detail = f"`{word[:60]}` is not a SPARQL keyword{foreign_letter(word)}."
        yield _with_fix(match.start(), detail, hint, len(word))
        return


def _function_before(word: str) -> int:
    """Return the length of the keyword that ``word`` begins with if another follows, else 0."""
    upper = word.upper()
    ends = range(2, len(word) - 1)
    return next((end for end in ends if upper[:end] in _WORDS and upper[end:] in _WORDS), 0)


def _escapes(query: str, text: str) -> Iterator[Mistake]:
    """Yield the first escape in a string that is none."""
    for string in _STRINGS.finditer(text):
        for match in _ESCAPE.finditer(query, *string.span()):
            if match["bad"]:
                detail = f"`\\{match['bad']}` is not an escape in a string."
                yield Mistake(match.start(), detail, f"Write `\\\\{match['bad']}`.")
                return


def _large(text: str) -> Iterator[Mistake]:
    """Yield the first number of LIMIT or OFFSET that is too large."""
    for match in _NUMBER.finditer(text):
        number = match[1].lstrip("0")
        if len(number) > 20 or int(number or 0) > _MAX_NUMBER:
            detail = f"`{match[0][:60]}` is larger than {_MAX_NUMBER}."
            yield Mistake(match.start(1), detail, "Write a smaller number, or leave it out.")
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
            after = _AFTER.match(text, spot.end())
            if after and opened and _SUBSELECT.match(text, opened[-1]):
                detail = "the subquery before this is not in braces of its own."
                yield Mistake(after.end(), detail, "Write `{ SELECT … }`, then the other patterns.")
                return
        elif spot["late"] and opened and not _SUBSELECT.match(text, opened[-1]):
            detail = f"`{spot[0]}` is inside the braces."
            yield Mistake(spot.start(), detail, "Put it after the `}` that closes WHERE.")
            return
        elif spot["inner"] and closed and not opened:
            detail = f"`{spot[0]}` is outside the braces."
            yield Mistake(spot.start(), detail, "Put it before the `}` that closes WHERE.")
            return


def shared_blank_node(query: str) -> Mistake | None:
    """Return the first label of a blank node that stands between several braces."""
    opened, groups = [0], dict[str, int]()
    for match in re.finditer(r"[{}]|(?<![\w:])_:[\w.-]*\w", masked(query)):
        if match[0] == "{":
            opened.append(match.start())
        elif match[0] == "}":
            opened = opened[:-1] or [0]
        elif groups.setdefault(match[0], opened[-1]) != opened[-1]:
            detail = f"`{match[0][:60]}` is in another group as well."
            return Mistake(match.start(), detail, "Write a variable in place of the blank node.")
    return None


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
