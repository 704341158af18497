"""Hints about aggregates without a value, as one row of a group has none that they take.

The engine follows SPARQL here; others leave such a row out, or take any value as a string.
"""

import re
from collections.abc import Sequence

from accsm_kg.rdf import selects
from accsm_kg.rdf.hints.facts import Asking, Facts, tried
from accsm_kg.rdf.hints.names import printable
from accsm_kg.rdf.prologue import SuppliedQuery
from accsm_kg.rdf.query_scanner import masked
from accsm_kg.rdf.selects import Aggregate, Select
from accsm_kg.rdf.terms import XSD

_MAX_SELECTS = 10  # of a query
_MAX_ASKED = 2  # arguments of a query, as each takes as long as its pattern
_VARIABLE = re.compile(r"[?$](\w++)")
#: Words by which a variable of a pattern may be without a value.
_UNSURE = re.compile(r"\b(?:OPTIONAL|UNION|UNDEF|AS)\b", re.IGNORECASE)
_NAMED = re.compile(r"\bAS\s*+[?$](\w++)", re.IGNORECASE)
_VALUES = re.compile(r"\bVALUES\b", re.IGNORECASE)
#: What reads other graphs than the default graph of the dataset.
OTHER_GRAPHS = re.compile(r"(?<![?$:\w.-])(?:GRAPH|SERVICE)\b(?!:)", re.IGNORECASE)
_NO_STRING = f'!(ISLITERAL(?__v) && (LANG(?__v) != "" || DATATYPE(?__v) = <{XSD}string>))'
#: The condition under which an aggregate does not take a value, besides having none.
_REFUSED = {
    "GROUP_CONCAT": _NO_STRING,
    "SUM": "!ISNUMERIC(?__v)",
    "AVG": "!ISNUMERIC(?__v)",
    "MIN": "false",
    "MAX": "false",
}
_UNBOUND, _IRI, _BLANK = "unbound", "an IRI", "a blank node"
_KIND = (
    f'IF(!BOUND(?__v), "{_UNBOUND}", IF(ISIRI(?__v), "{_IRI}", '
    f'IF(ISBLANK(?__v), "{_BLANK}", STR(DATATYPE(?__v)))))'
)


def find(facts: Facts, query: SuppliedQuery) -> Asking[list[str]]:
    """Return the hints about aggregates of ``query`` that have no value for a group."""
    text, scanned = query.scanned.text, query.scanned
    capitals = text.upper()
    if not any(name in capitals for name in _REFUSED) or scanned.dataset_clause or scanned.service:
        return []
    asked: dict[str, list[Aggregate]] = {}
    graphs = _other_graphs(masked(text))
    for select in selects.read(text)[:_MAX_SELECTS]:
        if _other_graphs(select.masked_pattern) == graphs:
            for aggregate in dict.fromkeys(select.aggregates):
                if _may_lack(select, aggregate):
                    asked.setdefault(_probe(select, aggregate), []).append(aggregate)
    hints = []
    for probe, aggregates in list(asked.items())[:_MAX_ASKED]:
        rows = yield from tried(query.beside(probe))
        hints += [_hint(facts, aggregates, kind) for (kind,) in rows]
    return hints


def _other_graphs(hidden: str) -> int:
    return len(OTHER_GRAPHS.findall(hidden))


def _may_lack(select: Select, aggregate: Aggregate) -> bool:
    """Return whether ``aggregate`` may have no value, and can be tried on the pattern alone."""
    if aggregate.name not in _REFUSED or not aggregate.argument:
        return False
    made = set(_NAMED.findall(select.masked_tail)) & set(_VARIABLE.findall(aggregate.argument))
    if made or _VALUES.search(select.masked_tail):
        return False
    is_sure = _is_variable(aggregate) and not _UNSURE.search(select.masked_pattern)
    return not is_sure or aggregate.name not in ("MIN", "MAX")


def _is_variable(aggregate: Aggregate) -> bool:
    return _VARIABLE.fullmatch(aggregate.argument) is not None


def _probe(select: Select, aggregate: Aggregate) -> str:
    """Return a query for the kind of a value that ``aggregate`` does not take."""
    refused = f"!BOUND(?__v) || {_REFUSED[aggregate.name]}"
    value = f"BIND((\n{aggregate.argument}\n) AS ?__v)"
    return f"SELECT ({_KIND} AS ?__kind) {{ {select.pattern}\n{value} FILTER({refused}) }} LIMIT 1"


def _hint(facts: Facts, aggregates: Sequence[Aggregate], kind: str) -> str:
    """Return the hint about aggregates of one argument that refuse a value of a kind."""
    first, argument = aggregates[0], printable(aggregates[0].argument)
    calls = " and ".join(dict.fromkeys(f"`{one.name}({argument})`" for one in aggregates))
    start = f"{calls} {'has' if len(aggregates) == 1 else 'have'} no value for a group with"
    if kind == _UNBOUND:
        return f"{start} a row without `{argument}`; {_way(first)}."
    found = kind if kind in (_IRI, _BLANK) else f"a value that is {facts.name(kind)}"
    return f"{start} {found}; {_conversion(facts, first, kind)}."


def _conversion(facts: Facts, aggregate: Aggregate, kind: str) -> str:
    """Return what to write for an argument of a kind that ``aggregate`` does not take."""
    argument = printable(aggregate.argument)
    if aggregate.name == "GROUP_CONCAT":
        return f"write `STR({argument})`" if kind != _BLANK else "it takes strings"
    if kind == f"{XSD}string":
        return f"write `{facts.name(f'{XSD}decimal')[1:-1]}({argument})`"
    return f"add `FILTER(ISNUMERIC({argument}))`"


def _way(aggregate: Aggregate) -> str:
    """Return what to write for an argument without a value."""
    argument = printable(aggregate.argument)
    bound = f"`FILTER(BOUND({argument}))`"
    if not _is_variable(aggregate):
        bound = f"`BIND({argument} AS ?value) FILTER(BOUND(?value))`"
    instead = {"SUM": "0", "GROUP_CONCAT": '""'}.get(aggregate.name)
    return f"add {bound}" + (f", or write `COALESCE({argument}, {instead})`" if instead else "")
