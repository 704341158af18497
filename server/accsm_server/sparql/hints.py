"""Hints about valid queries that are probably wrong, for the Hint header and the pages.

They point out unknown names of the dataset, malformed dates, and aggregates in FILTER.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from difflib import get_close_matches

from accsm_kg.rdf.prologue import SuppliedQuery
from accsm_kg.rdf.query_scanner import SHORT, ScannedQuery, masked
from accsm_server.engine.interface import Query
from accsm_server.errors import QueryError

_MAX_HINTS = 3  # for one query
_MAX_NAME = 80  # characters of a name, as similar names take time to find
#: Each begins with a literal that is found fast, as every query is searched.
_DATE = re.compile(r"20\d\d-\d\d?-\d\d?(?![\w-])")
_AGGREGATE = re.compile(r"FILTER\s*+\(\s*+(?:COUNT|SUM|AVG|MIN|MAX|SAMPLE|GROUP_CONCAT)\s*+\(")
_SHORT_DATE = re.compile(r"""["']20\d\d-(?:\d-\d\d?|\d\d-\d)["'](?=\^\^\S*date)""")


class Hints:
    """The hints about queries of one dataset."""

    def __init__(
        self, namespaces: Mapping[str, str], graphs: str, names: Callable[[], Awaitable[set[str]]]
    ) -> None:
        """Check the names in ``namespaces`` (by prefix) against those that ``names`` returns.

        ``graphs`` is the prefix of the named graphs.
        """
        self._namespaces, self._graphs, self._fetch_names = namespaces, graphs, names
        self._spaces = tuple(namespaces.values())
        self._names: set[str] = set()

    async def find(self, query: Query, supplied: SuppliedQuery) -> list[str]:
        """Return the hints about ``query``: on its syntax, and on unknown names."""
        scanned = supplied.scanned
        hints = _syntax_hints(scanned.text)
        if not self._unknown(query, scanned):
            return hints
        if not self._names:
            try:
                self._names.update(await self._fetch_names())
            except QueryError:  # hints are optional
                return hints
        unknown = sorted(self._unknown(query, scanned)) if self._names else []
        return hints + [self._hint(iri) for iri in unknown[:_MAX_HINTS]]

    def _unknown(self, query: Query, scanned: ScannedQuery) -> list[str]:
        """Return the IRIs in ``query`` that are in the namespaces of the dataset and unknown."""
        unknown = [iri for iri in scanned.iris - self._names if iri.startswith(self._spaces)]
        if graphs := query.default_graphs + query.named_graphs:
            unknown += set(graphs).difference(unknown, self._names)
        return [iri for iri in unknown if iri not in self._spaces]

    def _hint(self, iri: str) -> str:
        namespaces = self._namespaces.items()
        prefix, namespace = next(((p, s) for p, s in namespaces if iri.startswith(s)), ("", ""))
        if not prefix:
            return f"`<{iri[:_MAX_NAME]}>` is not a graph of this dataset."
        what = "not a graph of this dataset" if prefix == self._graphs else "not in the vocabulary"
        name = iri.removeprefix(namespace)[:_MAX_NAME]
        local = "".join(c if c.isprintable() else "?" for c in name)
        matches = get_close_matches(local, _local_names(self._names, namespace), n=1)
        guess = f"; did you mean `{prefix}:{matches[0]}`?" if matches else "."
        return f"`{prefix}:{local}` is {what}{guess}"


def _local_names(names: Iterable[str], namespace: str) -> list[str]:
    return [name.removeprefix(namespace) for name in names if name.startswith(namespace)]


def _syntax_hints(query: str) -> list[str]:
    """Return hints about valid syntax that is probably not meant."""
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
