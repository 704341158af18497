"""Find each SELECT of a query, its pattern and its aggregates, without a full parser."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from accsm_kg.rdf.query_scanner import masked

_TOKEN = re.compile(r"[(){}]|(?<![\w?$@:.-])SELECT(?![\w.-]*:)", re.IGNORECASE)
_AGGREGATE = re.compile(
    r"(?<![\w?$:-])(COUNT|SUM|AVG|MIN|MAX|SAMPLE|GROUP_CONCAT)\s*+\(\s*+(DISTINCT\b\s*+)?+",
    re.IGNORECASE,
)
_SET = re.compile(r"\s*+(?:DISTINCT|REDUCED)\b", re.IGNORECASE)
_GROUP_BY = re.compile(r"(?<![\w?$:-])GROUP\s++BY\b", re.IGNORECASE)
_MAX_AGGREGATES = 10  # of one SELECT


@dataclass(frozen=True)
class Aggregate:
    """A call of an aggregate: its name in capitals, its argument, and whether it has DISTINCT."""

    name: str
    argument: str
    distinct: bool


@dataclass(frozen=True)
class Select:
    """One SELECT; its texts are parts of the query."""

    start: int
    """The offset of the keyword."""
    head: str
    """What stands between the keyword and the pattern: variables, expressions, FROM, WHERE."""
    pattern: str
    """The pattern with its braces."""
    pattern_start: int
    """The offset of the pattern."""
    tail: str
    """What follows the pattern: GROUP BY, HAVING, ORDER BY, VALUES …"""
    masked_pattern: str
    """The pattern with strings, IRIs and comments filled in."""
    masked_tail: str
    """The tail likewise."""
    aggregates: tuple[Aggregate, ...]

    @cached_property
    def merges_rows(self) -> bool:
        """Whether repeated rows of its pattern repeat no row of its answer."""
        grouped = self.aggregates or _GROUP_BY.search(self.masked_tail)
        return bool(grouped or _SET.match(self.head))


@dataclass
class _Bracket:
    """An open bracket, or the whole query, and the SELECT that stands in it."""

    start: int
    select: int | None = None
    pattern: tuple[int, int] | None = None


def read(text: str) -> list[Select]:
    """Return each SELECT in ``text``, the outer before the inner ones.

    >>> [(found.head, found.tail) for found in read("SELECT (MAX(?x) AS ?y) { ?s ?p ?x } LIMIT 1")]
    [(' (MAX(?x) AS ?y) ', ' LIMIT 1')]
    """
    hidden, opened = masked(text), [_Bracket(0)]
    found: list[Select] = []
    for match in _TOKEN.finditer(hidden):
        token = match[0]
        if token in "({":
            opened.append(_Bracket(match.start()))
        elif token not in ")}":
            opened[-1].select = match.start()
        elif len(opened) > 1:
            closed = opened.pop()
            found += _selects(text, hidden, closed, match.start())
            outer = opened[-1]
            if token == "}" and outer.select is not None and outer.pattern is None:
                outer.pattern = closed.start, match.end()
    found += [select for left in opened for select in _selects(text, hidden, left, len(text))]
    return sorted(found, key=lambda select: select.start)


def _selects(text: str, hidden: str, bracket: _Bracket, end: int) -> Iterator[Select]:
    """Yield the SELECT in a ``bracket`` that is closed at ``end``, if it has a pattern."""
    if bracket.select is None or bracket.pattern is None:
        return
    first, last = bracket.pattern
    head = bracket.select + len("SELECT"), first
    spans = head, (last, end)
    aggregates = [one for span in spans for one in _aggregates(text, hidden, *span)]
    yield Select(
        bracket.select, text[slice(*head)], text[first:last], first, text[last:end],
        hidden[first:last], hidden[last:end], tuple(aggregates[:_MAX_AGGREGATES]),
    )  # fmt: skip


def _aggregates(text: str, hidden: str, start: int, end: int) -> Iterator[Aggregate]:
    """Yield the aggregates between two offsets of ``text``, and of ``hidden``, which is masked."""
    for match in islice(_AGGREGATE.finditer(hidden, start, end), _MAX_AGGREGATES):
        argument = text[match.end() : _argument_end(hidden, match.end(), end)].strip()
        yield Aggregate(match[1].upper(), argument, match[2] is not None)


def _argument_end(hidden: str, start: int, end: int) -> int:
    """Return the offset of the `;` or bracket that ends the argument from ``start`` on."""
    depth = 0
    for match in re.compile(r"[();]").finditer(hidden, start, end):
        if not depth and match[0] != "(":
            return match.start()
        depth += {"(": 1, ")": -1}.get(match[0], 0)
    return end
