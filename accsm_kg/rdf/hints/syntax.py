"""Hints about valid syntax that is probably not meant."""

import re

from accsm_kg.rdf.query_scanner import SHORT, masked

#: Each begins with a literal that is found fast, as every query is searched.
_DATE = re.compile(r"20\d\d-\d\d?-\d\d?(?![\w-])")
_AGGREGATE = re.compile(r"FILTER\s*+\(\s*+(?:COUNT|SUM|AVG|MIN|MAX|SAMPLE|GROUP_CONCAT)\s*+\(")
_SHORT_DATE = re.compile(r"""["']20\d\d-(?:\d-\d\d?|\d\d-\d)["'](?=\^\^\S*date)""")


def find(query: str) -> list[str]:
    """Return the first hint about the syntax of ``query``, if there is one."""
    if len(query) > SHORT or not (_DATE.search(query) or _AGGREGATE.search(query)):
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
    return hints[:1]
