"""Notes on a query that can be read but hardly means what it says: the Hint header.

These are names of the dataset that do not exist, dates that are none, and aggregates out of place.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from difflib import get_close_matches

from accsm_kg.rdf.query_scanner import SHORT, ScannedQuery, masked
from accsm_server.engine.interface import Query
from accsm_server.errors import QueryError

_MOST = 3  # notes on one query
_LONGEST = 80  # characters of a name that is worth a guess
#: Each begins with what is found fast, as every query is looked through.
_DATE = re.compile(r"20\d\d-\d\d?-\d\d?(?![\w-])")
_SUMMED = re.compile(r"FILTER\s*+\(\s*+(?:COUNT|SUM|AVG|MIN|MAX|SAMPLE|GROUP_CONCAT)\s*+\(")
_SHORT_DATE = re.compile(r"""["']20\d\d-(?:\d-\d\d?|\d\d-\d)["'](?=\^\^\S*date)""")


class Hints:
    """What is known of the names of one dataset, and what is said of queries that miss them."""

    def __init__(
        self, namespaces: Mapping[str, str], graphs: str, names: Callable[[], Awaitable[set[str]]]
    ) -> None:
        """Check the names in ``namespaces`` (by prefix) against what ``names`` returns.

        ``graphs`` is the prefix of the named graphs.
        """
        self._namespaces, self._graphs, self._read = namespaces, graphs, names
        self._starts = tuple(namespaces.values())
        self._names: set[str] = set()

    async def of(self, query: Query, seen: ScannedQuery) -> list[str]:
        """Return what to say of ``query``: of its syntax, and of names that do not exist."""
        notes = _traps(query.text)
        if not self._unknown(query, seen):
            return notes
        if not self._names:
            try:
                self._names.update(await self._read())
            except QueryError:  # the answer does not depend on it
                return notes
        unknown = sorted(self._unknown(query, seen)) if self._names else []
        return notes + [self._note(iri) for iri in unknown[:_MOST]]

    def _unknown(self, query: Query, seen: ScannedQuery) -> list[str]:
        """Return what ``query`` names in the namespaces of the dataset and is not known."""
        named = [iri for iri in seen.iris - self._names if iri.startswith(self._starts)]
        if graphs := query.default_graphs + query.named_graphs:
            named += set(graphs).difference(named, self._names)
        return [iri for iri in named if iri not in self._starts]

    def _note(self, iri: str) -> str:
        spaces = self._namespaces.items()
        prefix, space = next(((p, s) for p, s in spaces if iri.startswith(s)), ("", ""))
        if not prefix:
            return f"`<{iri[:_LONGEST]}>` is no graph of this dataset."
        what = "no graph of this dataset" if prefix == self._graphs else "not in the vocabulary"
        local = "".join(c if c.isprintable() else "?" for c in iri.removeprefix(space)[:_LONGEST])
        near = get_close_matches(local, _locals(self._names, space), n=1)
        guess = f"; did you mean `{prefix}:{near[0]}`?" if near else "."
        return f"`{prefix}:{local}` is {what}{guess}"


def _locals(names: Iterable[str], space: str) -> list[str]:
    return [name.removeprefix(space) for name in names if name.startswith(space)]


def _traps(query: str) -> list[str]:
    """Return what to say of syntax that can be read, but not as it is meant."""
    if len(query) > SHORT or not (_DATE.search(query) or _SUMMED.search(query)):
        return []
    text = masked(query)
    notes = [
        f'`{match[0]}` is a subtraction; write "{match[0]}"^^xsd:date.'
        for match in _DATE.finditer(text)
        if text[match.start() - 1] in " \n(<>=,"
    ]
    notes += [f"{match[0]} is no xsd:date; write two digits for month and day."
              for match in _SHORT_DATE.finditer(query)]  # fmt: skip
    if _SUMMED.search(text):
        notes.append("an aggregate has no value in FILTER; write HAVING after GROUP BY.")
    return notes[:1]
