"""Hints about patterns that match nothing, alone or together, and conditions that leave no match.

The patterns are tried without each of them, then one after the other.
"""

import re
from collections.abc import Mapping, Sequence
from operator import itemgetter

from pyoxigraph import NamedNode

from accsm_kg.rdf.hints import advice
from accsm_kg.rdf.hints.facts import NO_THINGS, Asking, Facts, Texts, Things, tried
from accsm_kg.rdf.patterns import NEW, UPWARD, Group, Node, Pattern, written
from accsm_kg.rdf.query_scanner import STRING, masked
from accsm_kg.rdf.terms import LANGUAGE_STRING, RDFS, TYPE, XSD

_MAX_HINTS = 2
_MAX_ASKED = 3  # patterns about whose values more is asked
_MAX_PATTERNS = 10
_MAX_VALUES = 2
_MAX_NUMBERS = 6  # or times, above which the least and the greatest are told
_VALUE = Node("variable", "__value")
_ASKED, _WHOLE, _WITHOUT, _FIRST = "asked", "whole", "without", "first"
_TIMES = ", ".join(f"<{XSD}{kind}>" for kind in ("date", "dateTime", "gYear", "gYearMonth"))
_UPWARD = f"<{TYPE}>/<{RDFS}subClassOf>*"
_IRI = "an IRI"
_CONDITION = re.compile(r"\b(?:FILTER|MINUS|HAVING)\b", re.IGNORECASE)
#: Words of a query that often asks for what is rightly not there.
_ABSENT = re.compile(r"\b(?:ASK|EXISTS)\b", re.IGNORECASE)
#: What may leave no rows of those that match, without a condition.
_PART = re.compile(r"\b(?:OFFSET\s+0*[1-9]\d*+|LIMIT\s+0+)\b", re.IGNORECASE)
_GIVEN = re.compile(r"\b(?:VALUES|BIND)\b", re.IGNORECASE)
_VARIABLE = re.compile(r"[?$](\w++)")
_TEXT = re.compile(
    rf"""(?ix) \bFILTER \s*+ \(?+ \s*+ (?: CONTAINS | REGEX | STRSTARTS | STRENDS ) \s*+
    \( \s*+ (?: (?: STR | LCASE | UCASE ) \s*+ \( \s*+ )*+ [?$] (?P<name> \w++ ) [\s)]*+
    , \s*+ (?: [LU]CASE \s*+ \( \s*+ )?+ (?P<constant> {STRING}++ )"""
)

#: A variable in a function that takes texts alone.
_CALL = re.compile(
    r"\b(?:CONTAINS|REGEX|REPLACE|STRAFTER|STRBEFORE|STRENDS|STRLEN|STRSTARTS|SUBSTR|[LU]CASE)"
    r"\s*+\(\s*+[?$](\w++)",
    re.IGNORECASE,
)


def find(facts: Facts, text: str, groups: Sequence[Group]) -> Asking[list[str]]:
    """Return the hints about ``groups`` of the query ``text``, whose answer is empty."""
    for group in groups:
        whole = _whole(facts, group)
        patterns = _linked(whole)
        if not 0 < len(patterns) <= _MAX_PATTERNS:
            continue
        rows = yield from _tried(patterns)
        if rows and (_WHOLE, "0") not in rows:
            return (yield from _apart(facts, patterns, rows))
        alone = sum(one.needed for one in groups) == 1 and len(patterns) == len(whole)
        if rows and alone:
            return (yield from _conditions(facts, text, patterns, group.data))
    return []


def _whole(facts: Facts, group: Group | None) -> list[Pattern]:
    """Return the patterns of ``group`` and around it; none if one is not known or not needed."""
    found: list[Pattern] = []
    while group is not None:
        if group.unread or not group.needed:
            return []
        found = [*group.patterns, *found]
        group = group.parent
    known = all(iri == TYPE or facts.used(iri).pairs for _, iri, _ in found)
    own = any(name.startswith("__") for pattern in found for name in _variables(pattern))
    return found if known and not own else []


def _tried(patterns: Sequence[Pattern]) -> Asking[Texts]:
    """Return which of the patterns match: the whole, without number n, or the first n.

    One more row tells that there is an answer.
    """
    sets = [(_WHOLE, 0, [*patterns])]
    sets += [(_WITHOUT, n, [*patterns[:n], *patterns[n + 1 :]]) for n in range(len(patterns))]
    sets += [(_FIRST, n, [*patterns[:n]]) for n in range(1, len(patterns))]
    try:
        parts = [_part(*one) for one in sets if _is_joined(one[2])]
    except ValueError:  # an IRI that is none
        return []
    parts += [f'{{ SELECT ("{_ASKED}" AS ?__set) (0 AS ?__n) {{}} }}'] if parts else []
    return (yield from tried(f"SELECT ?__set ?__n {{ {' UNION '.join(parts)} }}")) if parts else []


def _part(name: str, number: int, patterns: Sequence[Pattern]) -> str:
    """Return a query with one row if ``patterns`` match."""
    return (
        f'{{ SELECT ("{name}" AS ?__set) ({number} AS ?__n) {{ {_written(patterns)} }} LIMIT 1 }}'
    )


def _is_joined(patterns: Sequence[Pattern]) -> bool:
    """Return whether variables link the patterns, which might match too often without."""
    return len(_linked(patterns)) == len(patterns) > 0


def _linked(patterns: Sequence[Pattern]) -> list[Pattern]:
    """Return the patterns that variables link to the first, those of known values before others."""
    rest = sorted(patterns, key=lambda pattern: pattern[2].kind == "variable")
    found: list[Pattern] = []
    reached = _variables(rest[0]) if rest else set()
    while pattern := next((one for one in rest if _variables(one) & reached), None):
        found.append(pattern)
        rest.remove(pattern)
        reached |= _variables(pattern)
    return found


def _variables(pattern: Pattern) -> set[str]:
    return {node.text for node in (pattern[0], pattern[2]) if node.kind == "variable"}


def _written(patterns: Sequence[Pattern]) -> str:
    """Return patterns as they stand in a query."""
    return " . ".join(
        f"{written(subject)} {_UPWARD if iri == UPWARD else NamedNode(iri)} {written(value)}"
        for subject, iri, value in patterns
    )


def _apart(facts: Facts, patterns: Sequence[Pattern], rows: Texts) -> Asking[list[str]]:
    """Return the hints about the patterns that match nothing, or nothing together with others."""
    found = [patterns[int(n)] for name, n in rows if name == _WITHOUT]
    first = max((int(n) for name, n in rows if name == _FIRST), default=0)
    others = [*patterns] if found else [*patterns[: first + 1]]
    candidates = found or patterns[first : first + 1]
    hints = []
    for one in [one for one in candidates if one[1] != TYPE][:_MAX_ASKED]:
        around = [pattern for pattern in others if pattern != one]
        start = "Other patterns match, but not together with" if around else "Nothing matches"
        start = f"{start} `{_triple(facts, one)}`"
        if one[2].kind == "variable":
            hints.append((1, f"{start}; put it into OPTIONAL to keep what lacks it."))
        elif one[2].datatype != f"{XSD}boolean":  # which asks whether it is so
            is_text = one[2].datatype in (f"{XSD}string", LANGUAGE_STRING)
            values = yield from _values(facts, [*around, (one[0], one[1], _VALUE)], _VALUE.text)
            end = f"; the value there {values}." if values else "."
            hints.append((3 if not values else 0 if is_text else 2, start + end))
    return [hint for _, hint in sorted(hints, key=itemgetter(0))][:_MAX_HINTS]


def _values(facts: Facts, patterns: Sequence[Pattern], name: str) -> Asking[str]:
    """Return what the values of a variable of ``patterns`` are, as the end of a sentence."""
    ordered = f"ISNUMERIC(?{name}) || DATATYPE(?{name}) IN ({_TIMES})"
    columns = f"?{name} (ISIRI(?{name}) AS ?__iri) (LANG(?{name}) AS ?__lang)"
    query = f"SELECT DISTINCT {columns} (({ordered}) AS ?__ordered) {{ {_written(patterns)} }}"
    rows = yield from tried(f"{query} ORDER BY ?{name} LIMIT {_MAX_NUMBERS + 1}")
    if not rows:
        return ""
    if all(is_ordered == "true" for *_, is_ordered in rows):
        if len(rows) <= _MAX_NUMBERS:
            return f"is {_either([f'`{row[0]}`' for row in rows])}"
        ends = f"SELECT (MIN(?{name}) AS ?__least) (MAX(?{name}) AS ?__most)"
        least = yield from tried(f"{ends} {{ {_written(patterns)} FILTER({ordered}) }}")
        return f"is from `{least[0][0]}` to `{least[0][1]}`" if least else ""
    texts = [_text(facts, *row[:3]) for row in rows]
    return f"is {'for example ' if len(rows) > _MAX_VALUES else ''}{_either(texts[:_MAX_VALUES])}"


def _either(texts: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(texts[:-1]), texts[-1])))


def _text(facts: Facts, value: str, is_iri: str, language: str) -> str:
    """Return a value as it is written in a query, cut if it is long."""
    if is_iri == "true":
        return facts.name(value)
    return f'`"{" ".join(value.split())[:80]}"{f"@{language}" if language else ""}`'


def _triple(facts: Facts, pattern: Pattern) -> str:
    subject, iri, value = pattern
    return f"{_shown(facts, subject)} {facts.name(iri)[1:-1]} {_shown(facts, value)}"


def _shown(facts: Facts, node: Node) -> str:
    if node.kind == "iri":
        return facts.name(node.text)[1:-1]
    return "[]" if node.text.startswith(NEW) else written(node)


def _conditions(
    facts: Facts, text: str, patterns: Sequence[Pattern], data: Mapping[str, Sequence[Node]]
) -> Asking[list[str]]:
    """Return the hint about what leaves nothing of the matches, if one thing alone can do so."""
    plain = masked(text)
    conditions = [word.upper() for word in _CONDITION.findall(plain)]
    given, part = [word.upper() for word in _GIVEN.findall(plain)], _PART.search(plain)
    if part and not (conditions or given):
        return [f"The patterns match, but `{part[0]}` leaves none of the rows."]
    if part or (given and conditions):
        return []
    if given:
        return (yield from _data(facts, patterns, data)) if given == ["VALUES"] else []
    call = _CALL.search(plain)
    if call and (hint := (yield from _argument(facts, call[1], patterns))):
        return [hint]
    if conditions == ["MINUS"]:
        return ["The patterns match, but MINUS takes all matches away."]
    hint = (yield from _filter(facts, text, patterns)) if conditions == ["FILTER"] else ""
    if not hint and conditions and not _ABSENT.search(plain):
        found = " and ".join(dict.fromkeys(conditions))
        hint = f"The patterns match, but nothing passes {found}."
    return [hint] if hint else []


def _data(
    facts: Facts, patterns: Sequence[Pattern], data: Mapping[str, Sequence[Node]]
) -> Asking[list[str]]:
    """Return the hint about the one VALUES of a query, if it is for one variable of patterns."""
    for name in data:
        if name in set().union(*map(_variables, patterns)):
            values = yield from _values(facts, patterns, name)
            return [f"No value of `?{name}` is one of VALUES; it {values}."] if values else []
    return []


def _filter(facts: Facts, text: str, patterns: Sequence[Pattern]) -> Asking[str]:
    """Return the hint about the one FILTER of a query, empty if it tests more than one variable."""
    plain = masked(text)
    names = set[str]().union(*map(_variables, patterns))
    condition = _TEXT.search(plain)
    if condition and condition["name"] in names:
        name, constant = condition["name"], text[slice(*condition.span("constant"))]
        folded = f"CONTAINS(LCASE(STR(?{name})), LCASE({constant}))"
        tests = f"{_written(patterns)} FILTER({folded})"
        if (yield from tried(f"SELECT (1 AS ?__n) {{ {tests} }} LIMIT 1")):
            return f"Capitals and small letters differ: write `{folded}`."
    tested = [*_tested(plain)]
    if len(tested) != 1 or tested[0] not in names:
        return ""
    values = yield from _values(facts, patterns, tested[0])
    return f"No value of `?{tested[0]}` passes FILTER; it {values}." if values else ""


def _tested(plain: str) -> set[str]:
    """Return the variables in the one FILTER of a query; none if it has patterns of its own."""
    start = re.search(r"\bFILTER\b", plain, re.IGNORECASE)
    depth = 0
    for sign in re.finditer(r"[(){}]", plain[start.end() :] if start else ""):
        if sign[0] in "{}":
            break
        depth += 1 if sign[0] == "(" else -1
        if start and depth == 0:
            return {*_VARIABLE.findall(plain[start.end() :][: sign.end()])}
    return set()


def _argument(facts: Facts, name: str, patterns: Sequence[Pattern]) -> Asking[str]:
    """Return the hint about a variable in a function of texts if none of its values is a text."""
    if name not in set().union(*map(_variables, patterns)):
        return ""
    kind = f'IF(ISIRI(?{name}), "{_IRI}", IF(ISLITERAL(?{name}), STR(DATATYPE(?{name})), ""))'
    query = f"SELECT DISTINCT ?__kind {{ {_written(patterns)} BIND({kind} AS ?__kind) }}"
    kinds = [kind for (kind,) in (yield from tried(query))]
    if not kinds or not {"", f"{XSD}string", LANGUAGE_STRING}.isdisjoint(kinds):
        return ""
    found = kinds[0] if kinds[0] == _IRI else facts.name(kinds[0])
    start = f"`?{name}` is {found}, not a text: write `STR(?{name})`"
    naming = (yield from advice.naming(facts, _things(name, patterns))) if _IRI in kinds else ""
    return f"{start}, or take its {facts.name(naming)}." if naming else f"{start}."


def _things(name: str, patterns: Sequence[Pattern]) -> Things:
    """Return what one of ``patterns`` tells of a variable."""
    for subject, iri, value in patterns:
        if value.text == name:
            return NO_THINGS | {"of": [iri]}
        if subject.text == name and iri == TYPE and value.kind == "iri":
            return NO_THINGS | {"class": [value.text]}
    return NO_THINGS | {"has": [iri for subject, iri, _ in patterns if subject.text == name]}
