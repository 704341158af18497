"""Hints about valid syntax that is probably not meant."""

import re

from accsm_kg.rdf.query_scanner import STRING, masked

#: Each begins with a literal that is found fast, as every query is searched.
_DATE = re.compile(r"20\d\d-\d\d?-\d\d?(?![\w-])")
_AGGREGATE = re.compile(r"FILTER\s*+\(\s*+(?:COUNT|SUM|AVG|MIN|MAX|SAMPLE|GROUP_CONCAT)\s*+\(")
_LANG = ("LANG(", "lang(", "Lang(")
#: A comparison of a language with strings, or of a string with a language, in masked text.
_COMPARED_LANG = re.compile(
    rf"\bLANG\(\s*+[?$](\w++)\s*+\)\s*+(?:!?=|(?:NOT\s++)?IN\s*+\()"
    rf"\s*+({STRING}++(?:\s*+,\s*+{STRING}++)*+)"
    rf"|({STRING}++)\s*+!?=\s*+LANG\(\s*+[?$](\w++)\s*+\)",
    re.IGNORECASE,
)
_CAPITAL_TAG = re.compile(r"""["']((?=[a-z\d_-]*+[A-Z])[\w-]++)["']""", re.ASCII)
_SHORT_DATE = re.compile(r"""["']20\d\d-(?:\d-\d\d?|\d\d-\d)["'](?=\^\^\S{0,80}date)""")


def find(query: str) -> list[str]:
    """Return the first hint about the syntax of ``query``, if there is one."""
    if not (_DATE.search(query) or _AGGREGATE.search(query) or any(w in query for w in _LANG)):
        return []
    text = masked(query)
    hints = [
        f'`{match[0]}` is a subtraction; write "{match[0]}"^^xsd:date.'
        for match in _DATE.finditer(text)
        if text[match.start() - 1] in " \n(<>=,"
    ]
    hints += [f"{match[0]} is not an xsd:date; write two digits for month and day."
              for match in _SHORT_DATE.finditer(query)]  # fmt: skip
    if _AGGREGATE.search(text):
        hints.append("An aggregate has no value in FILTER; write HAVING after GROUP BY.")
    return (hints + _languages(query, text))[:1]


def _languages(query: str, text: str) -> list[str]:
    """Return the hints about language tags with capitals, which LANG never returns here."""
    hints = []
    for match in _COMPARED_LANG.finditer(text):
        name, strings = (match[1], 2) if match[1] else (match[4], 3)
        if tag := _CAPITAL_TAG.search(query, *match.span(strings)):
            hints.append(
                f'Languages are in small letters here: write "{tag[1].lower()}", '
                f'or LANGMATCHES(LANG(?{name}), "{tag[1]}").'
            )
    return hints
