"""Search a store, and show what is found as a table for people, or as JSON, CSV or TSV."""

import json
from collections.abc import Callable, Iterable
from typing import Final

from pyoxigraph import Store
from rich.table import Column

from accsm_kg.english import counted
from accsm_kg.errors import MissingModuleError, UnknownNameError
from accsm_kg.lookups import Rows
from accsm_kg.namespaces import BASE
from accsm_kg.query import TABLE, look_up, short_names
from accsm_kg.rdf.dataset import base_iri
from accsm_kg.search.index import Found, Hit, Index, unmarked
from accsm_kg.search.things import read
from accsm_kg.terminal import check_format, delimited, draw, table

FORMATS: Final = (TABLE, "json", "csv", "tsv")
#: The columns of `as_rows`.
COLUMNS: Final = ("kind", "code", "label", "text", "source", "name", "iri")
_MOST: Final = 50  # rows of a table for people


def index(store: Store) -> Index:
    """Return the index of the dataset in ``store``."""
    return Index.make(look_up(store, read()), base_iri(store, BASE))


def run(store: Store, words: str, fmt: str = TABLE, kind: str = "") -> tuple[str, list[str]]:
    """Return what is found for ``words`` as text in one of `FORMATS`, and hints for people.

    Raises UnknownNameError for an unknown format or kind.
    """
    check_format(fmt, FORMATS)
    searched, name, base = index(store), short_names(store), base_iri(store, BASE)
    if kind and kind not in searched.kinds:
        raise UnknownNameError(f"no kind '{kind}'; choose one of {', '.join(searched.kinds)}")
    found = searched.search(words, kind)
    hits = searched.hits(found)
    hints = [unmarked(found.note)] if found.note else []
    if fmt == TABLE:
        return _drawn(hits, name), hints + _more(hits)
    rows = as_rows(hits, name, base)
    return as_json(found, rows) if fmt == "json" else delimited(rows, fmt, COLUMNS), hints


def as_rows(hits: Iterable[Hit], name: Callable[[str], str], base: str) -> Rows:
    """Return a row for each thing that was found; ``name`` shortens its IRI."""
    return [
        {
            "kind": hit.kind,
            "code": hit.code,
            "label": unmarked(hit.label),
            "text": unmarked(hit.text),
            "source": " ".join(source(graph, base) for graph in hit.graphs),
            "name": name(hit.iri),
            "iri": hit.iri,
        }
        for hit in hits
    ]


def as_json(found: Found, rows: Rows) -> str:
    """Return what was found as a JSON object."""
    content = {
        "words": found.words,
        "note": unmarked(found.note),
        "count": found.count,
        "kinds": found.kinds,
        "results": rows,
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def source(graph: str, base: str) -> str:
    """Return the name of a graph: the end of its IRI, or the IRI of a graph of others.

    >>> source("https://example.org/graph/source/001", "https://example.org/")
    'source/001'
    """
    return graph.removeprefix(base).removeprefix("graph/")


def offer(store: Store, key: str) -> str:
    """Return a line with the things to trace that are found for a ``key`` that names none."""
    try:
        searched = index(store)
    except MissingModuleError:
        return ""
    near = [hit for hit in searched.nearest(key) if hit.trace]
    if near:
        named = (f"{hit.trace} ({hit.kind} {unmarked(hit.label)})" for hit in near)
        return f"\nthese are found for it: {'; '.join(named)}"
    count = searched.search(key).count
    return f"\n`accsm-kg search {key}` finds what mentions it ({count})" if count else ""


def _drawn(hits: list[Hit], name: Callable[[str], str]) -> str:
    count = counted(len(hits), "result")
    columns = ("Kind", "Code", count, "Text", Column("Name", overflow="fold"))
    rows = (
        (hit.kind, hit.code, unmarked(hit.label), unmarked(hit.text), name(hit.iri))
        for hit in hits[:_MOST]
    )
    return draw(table(columns, rows)) if hits else "no results\n"


def _more(hits: list[Hit]) -> list[str]:
    """Return how to trace the first result, and how to see results beyond the table."""
    keys = [hit.trace for hit in hits if hit.is_exact and hit.trace]
    hints = [f"See what stands behind it with `accsm-kg trace {keys[0]}`."] if keys else []
    if len(hits) > _MOST:
        hints.append(f"The first {_MOST} are shown; `-f csv` writes all.")
    return hints
