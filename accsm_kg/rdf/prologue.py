"""Supply what a query uses without declaring it: prefixes of the dataset, and its base IRI."""

import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urljoin

from accsm_kg.rdf.query_scanner import ScannedQuery, scan

_PLACE = re.compile(r"error at (\d+):(\d+)")


@dataclass(frozen=True)
class SuppliedQuery:
    """A query with the declarations that were supplied to it."""

    scanned: ScannedQuery
    prefixes: Mapping[str, str]
    """The prefixes that were supplied."""
    base: str
    """The base IRI that was supplied, empty if none was needed."""

    @property
    def declarations(self) -> list[str]:
        """Return what was supplied in SPARQL: BASE, and a PREFIX for each prefix."""
        base = [f"BASE <{self.base}>"] if self.base else []
        return base + [f"PREFIX {name}: <{space}>" for name, space in self.prefixes.items()]

    @cached_property
    def iris(self) -> frozenset[str]:
        """Return the IRIs in the query, written in full or as prefixed names."""
        names = self.scanned.undeclared
        supplied = self.prefixes.items()
        expanded = (space + local for prefix, space in supplied for local in names[prefix])
        return frozenset(self.scanned.iris).union(expanded)

    def resolved(self, iri: str) -> str:
        """Return an IRI that may be relative, in full if a base was supplied."""
        return urljoin(self.base, iri) if self.base else iri

    @property
    def shown(self) -> str:
        """Return the query with all that it needs, so that it runs elsewhere."""
        return "".join(f"{line}\n" for line in self.declarations) + self.scanned.text

    @cached_property
    def text(self) -> str:
        """Return the query as pyoxigraph parses it, with equal line numbers.

        Its SPARQL parser refuses a local name with several dots, unless they are escaped.
        """
        text, dots = self.scanned.text, self.scanned.dots
        if dots:
            ends = zip((0, *dots), (*dots, len(text)), strict=True)
            text = "\\".join([text[start:end] for start, end in ends])
        return self._head + text if self._head else text

    def beside(self, text: str) -> str:
        """Return another query, with the prologue of this one, as pyoxigraph parses it."""
        prologue = self.scanned.text[: self.scanned.form_offset]
        base = f"BASE <{self.base}> " if self.base else ""
        return base + supply(scan(prologue + text), self.prefixes, "").text

    def relocated(self, message: str) -> str:
        """Return an error message about `text` with its column in the query as it was written."""
        return _PLACE.sub(lambda place: self._place(int(place[1]), int(place[2])), message, count=1)

    def _place(self, line: int, column: int) -> str:
        above = self.text.split("\n", line - 1)[: line - 1]
        start = sum(map(len, above)) + len(above)
        escapes = [dot + number for number, dot in enumerate(self.scanned.dots, len(self._head))]
        before = bisect_left(escapes, start)
        reached = bisect_left(escapes, start + column - 1)
        head = len(self._head) if line == 1 else 0
        return f"error at {line}:{max(1, column - head - (reached - before))}"

    @cached_property
    def _head(self) -> str:
        return "".join(f"PREFIX {name}: <{space}> " for name, space in self.prefixes.items())


def supply(scanned: ScannedQuery, prefixes: Mapping[str, str], base: str) -> SuppliedQuery:
    """Return a query with those of ``prefixes``, and ``base``, that it uses but does not declare.

    >>> supply(scan("ASK { ?s ex:p ?o }"), {"ex": "http://example.org/"}, "").text
    'PREFIX ex: <http://example.org/> ASK { ?s ex:p ?o }'
    """
    supplied = {name: prefixes[name] for name in sorted(scanned.undeclared) if name in prefixes}
    return SuppliedQuery(scanned, supplied, base if scanned.relative else "")
