"""Run the CONSTRUCT query that maps a table, and find the columns that leave no triple.

A column leaves a triple where the template has one with a variable to which the column flows,
through BIND and VALUES, and a solution binds all variables of that triple. BOUND(?column) tells
that a cell is filled, not what it says: nothing flows through it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain, compress

from pyoxigraph import QuerySolutions, QueryTriples, Store, Triple

from accsm_kg.rdf import query_files
from accsm_kg.rdf.query_scanner import masked, scan

Solution = Sequence[str | int | None]
Names = frozenset[str]
_Sources = Mapping[str, Names]
"""The variables from which each variable is made."""

_VARIABLE = re.compile(r"[?$](\w+)")
_BOUND = re.compile(r"\bBOUND\s*\(\s*[?$]\w+\s*\)", re.IGNORECASE)
_AS = re.compile(r"\(([^{}]*?)\bAS\s*[?$](\w+)\s*\)", re.IGNORECASE)
_VALUES = re.compile(r"\bVALUES\s*\(([^()]*)\)", re.IGNORECASE)
_MARK = "urn:variable:"


@dataclass(frozen=True)
class TableQuery:
    """A CONSTRUCT query in its parts, with what its variables are made from."""

    prologue: str
    template: str
    where: str
    patterns: Sequence[Names]
    """The variables of each triple of the template."""
    flows: Sequence[Names]
    """The variables of each triple of the template and those that flow to them."""
    needs: Sequence[Names]
    """The same, with the variables on which it depends whether a variable is bound."""

    def construct(self, names: Sequence[str], solutions: Sequence[Solution]) -> list[Triple]:
        """Return the triples of ``solutions``, each with a value for each of ``names``."""
        where = query_files.bind(self.where, names, solutions)
        return _triples(self.prologue + self.template + where)

    def kept(self, names: Sequence[str], solutions: Sequence[Solution]) -> list[Names]:
        """Return, for each of ``solutions``, the variables that leave a triple."""
        variables = sorted(frozenset(chain(*self.patterns)))
        flags = ", ".join(f'IF(BOUND(?{name}), "1", "0")' for name in variables)
        numbered = [(number, *solution) for number, solution in enumerate(solutions)]
        where = query_files.bind(self.where, ("_number", *names), numbered)
        query = f"{self.prologue}SELECT DISTINCT ?_number (CONCAT({flags}) AS ?_flags)\n{where}"

        @cache
        def left(flags: str) -> Names:
            bound = frozenset(compress(variables, map(int, flags)))
            made = zip(self.patterns, self.flows, strict=True)
            return frozenset(chain(*(flow for pattern, flow in made if pattern <= bound)))

        kept = [Names() for _ in solutions]
        results = Store().query(query)
        assert isinstance(results, QuerySolutions)
        for number, found in results:
            kept[int(number.value)] |= left(found.value)
        return kept


@lru_cache(maxsize=1)
def read(query: str) -> TableQuery:
    """Return a CONSTRUCT query in its parts.

    Raises SyntaxError, and ValueError for another form of query or one without a line `WHERE {`.
    """
    if not isinstance(Store().query(query), QueryTriples):
        raise ValueError("the query of a table must be a CONSTRUCT query")
    start, end = scan(query).form_offset, query_files.where(query)[0]
    prologue, template, where = query[:start], query[start:end], query[end:]
    patterns = list(_patterns(prologue, template))
    text = masked(where)
    flows, needs = _sources(_BOUND.sub("", text)), _sources(text)
    return TableQuery(
        prologue, template, where, patterns,
        [_origins(pattern, flows) for pattern in patterns],
        [_origins(pattern, needs) for pattern in patterns],
    )  # fmt: skip


def _patterns(prologue: str, template: str) -> Iterator[Names]:
    """Yield the variables of each triple of the template, for which IRIs are put into it."""
    names = sorted(set(_VARIABLE.findall(masked(template))))
    marks = [f"<{_MARK}{name}>" for name in names]
    data = f"VALUES ({' '.join(f'?{name}' for name in names)}) {{ ({' '.join(marks)}) }}"
    for triple in _triples(f"{prologue}{template}WHERE {{ {data} }}"):
        terms = (str(term) for term in triple)
        yield frozenset(term[len(_MARK) + 1 : -1] for term in terms if term[1:].startswith(_MARK))


def _sources(where: str) -> _Sources:
    found: dict[str, Names] = {}
    for expression, name in _AS.findall(where):
        found[name] = found.get(name, Names()) | frozenset(_VARIABLE.findall(expression))
    for head in _VALUES.findall(where):
        names = frozenset(_VARIABLE.findall(head))
        found |= {name: found.get(name, Names()) | names for name in names}
    return found


def _origins(names: Names, sources: _Sources) -> Names:
    """Return ``names`` and the variables from which they are made, directly or not."""
    found, waiting = Names(), names
    while waiting:
        found |= waiting
        waiting = frozenset(chain(*(sources.get(name, ()) for name in waiting))) - found
    return found


def _triples(query: str) -> list[Triple]:
    results = Store().query(query)
    assert isinstance(results, QueryTriples)
    return list(results)
