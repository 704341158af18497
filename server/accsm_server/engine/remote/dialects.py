"""How engines differ where SPARQL 1.1 leaves room, or where they depart from it.

What is true of one engine is a row of `DIALECTS`. All else is looked for in the answers of any
engine: see `exchange` and `conversion`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import ceil


@dataclass(frozen=True)
class Dialect:
    """The ways of one engine."""

    name: str
    header: str = "server"
    """The header of its responses, in small letters, by which it is known."""
    pattern: str = r"(?!)"
    """What the value of that header begins with."""
    limit: Callable[[float], Mapping[str, str]] = field(default=lambda seconds: {})
    """Returns the parameters that ask for a time limit in seconds; none if it has no such way."""
    keeps_limit: bool = False
    """Whether a query ends at that limit, whatever it does."""
    own_graphs: tuple[str, ...] = ()
    """The beginnings of the names of graphs that are its own and no data."""
    cut_graphs: int = 0
    """Triples at which it cuts a graph without a word, as far as known; 0: it does not."""
    remarks: tuple[str, ...] = ()
    """In sentences, in what its answers differ from SPARQL 1.1."""


#: The engine that is not known: it is asked in nothing but the protocol.
OTHER = Dialect(
    "an unknown engine",
    remarks=("It is not told how long a query may take: one that is given up may go on there.",),
)
DIALECTS = (
    Dialect(
        "Oxigraph",
        pattern="Oxigraph",
        remarks=(
            "It has a time limit of its own only: a query that is given up here goes on there.",
            "Of several FROM clauses, a triple in two graphs counts twice.",
        ),
    ),
    Dialect(
        "Apache Jena Fuseki",
        header="fuseki-request-id",
        pattern="",
        limit=lambda seconds: {"timeout": f"{ceil(seconds)}"},  # it ignores fractions
        keeps_limit=True,
        remarks=(
            "Labels of blank nodes in a table differ from those in other answers.",
            "A store on disk writes numbers in another form, as 10000.0 for 10000.",
        ),
    ),
    Dialect(
        "Virtuoso",
        pattern="Virtuoso",
        limit=lambda seconds: {"timeout": f"{max(1000, seconds * 1000):.0f}"},
        own_graphs=(
            "http://www.openlinksw.com/",
            "http://localuriqaserver/",
            "http://www.w3.org/ns/ldp#",
            "http://www.w3.org/2002/07/owl#",
            "urn:activitystreams-owl:",
            "urn:core:services:",
            "urn:rules.",
            "urn:virtuoso:",
            "virtrdf-",
        ),
        cut_graphs=10_000,
        remarks=(
            "It keeps its time limit for some queries only: others go on there.",
            "Durations, booleans that are computed, division of integers, EXISTS in BIND, "
            "GROUP BY over a UNION with GRAPH and a few other things differ from SPARQL 1.1.",
        ),
    ),
)


def recognise(headers: Mapping[str, str]) -> Dialect:
    """Return the dialect of the engine whose response has ``headers``.

    >>> recognise({"server": "Oxigraph/0.5.13"}).name
    'Oxigraph'
    """
    for dialect in DIALECTS:
        value = headers.get(dialect.header)
        if value is not None and re.match(dialect.pattern, value):
            return dialect
    return OTHER
