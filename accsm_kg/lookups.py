"""What asks a dataset for rows on the way to its result, whatever engine answers.

A lookup is a generator that yields queries and is sent their rows: `query.look_up` runs it over a
store, a `Graph` over a server as well, and the server over its engine.
"""

import re
from collections.abc import Callable, Generator, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, TypeVar

from pyoxigraph import NamedNode, QuerySolution

from accsm_kg.namespaces import reminter
from accsm_kg.rdf import query_files
from accsm_kg.rdf.terms import Term, is_iri, value_of

T = TypeVar("T")
_WHOLE = re.compile("[+-]?[0-9]{1,9}")
#: Column names and values; the value of an IRI or literal is its text, else the value is empty.
Row = dict[str, str]
Rows = list[Row]
#: The terms of a solution in the order of the variables.
Solution = Sequence[Term | None]


class Ask(NamedTuple):
    """The query in a file, in which `$this` stands for the IRI or IRIs ``this``, as in SHACL.

    `$numbers` stands for rows of whole numbers for VALUES.
    """

    path: Path
    this: str | tuple[str, ...] = ()
    numbers: tuple[tuple[int, ...], ...] = ()

    def text(self, base: str) -> str:
        """Return the query for a dataset with ``base``; raises ValueError for an invalid IRI.

        Of several, values that are no IRI are left out, such as those of blank nodes.
        """
        text = _read(self.path, base)
        iris = (self.this,) if isinstance(self.this, str) else filter(is_iri, self.this)
        rows = " ".join(f"({' '.join(map(str, row))})" for row in self.numbers)
        text = text.replace("$numbers", rows)
        return text.replace("$this", " ".join(str(NamedNode(iri)) for iri in iris))

    def sample(self, base: str, most: int) -> str:
        """Return the query for the first ``most`` IRIs and rows; comments say so if more are."""
        these = (self.this,) if isinstance(self.this, str) else self.this
        text = Ask(self.path, these[:most], self.numbers[:most]).text(base)
        for name, count in (("resources", len(these)), ("numbers", len(self.numbers))):
            if count > most:
                text = f"{text.rstrip()}\n# It is asked for {count} {name}, here for {most}.\n"
        return text


Lookup = Generator[Ask, Rows, T]


def run(lookup: Lookup[T], answer: Callable[[Ask], Rows]) -> T:
    """Return the result of a lookup whose queries ``answer`` answers."""
    try:
        ask = next(lookup)
        while True:
            ask = lookup.send(answer(ask))
    except StopIteration as end:
        found: T = end.value
        return found


def read_rows(names: Sequence[str], solutions: Iterable[QuerySolution | Solution]) -> Rows:
    """Return the solutions of a query with the variables ``names`` as rows."""
    return [dict(zip(names, map(value_of, one), strict=True)) for one in solutions]


def whole(text: str, otherwise: int = 0) -> int:
    """Return the whole number that a value states, or another one if it states none.

    >>> whole("2017"), whole("about 2017"), whole("", 1)
    (2017, 0, 1)
    """
    return int(text) if _WHOLE.fullmatch(text) else otherwise


def grouped(rows: Iterable[Row], column: str) -> dict[str, Rows]:
    """Return the rows for each value of ``column``, in the order in which the values come."""
    found: dict[str, Rows] = {}
    for row in rows:
        found.setdefault(row[column], []).append(row)
    return found


@lru_cache(maxsize=256)
def _read(path: Path, base: str) -> str:
    return query_files.read(path, reminter(base))[0]
