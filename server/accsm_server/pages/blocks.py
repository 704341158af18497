"""Blocks of a page about a thing: tables that are answers of queries.

A block is a file in blocks/, a SELECT in which `$this` is the thing. Its header has a ``heading``,
optionally a ``note`` below it, what an ``empty`` answer says (without it the block is left out),
and the column by whose values the rows are in ``groups``. Columns are named by their variables. A
column X with X_text shows that text as a link; words with source and line are a quotation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from accsm_kg.lookups import Ask
from accsm_kg.rdf import query_files
from accsm_kg.rdf.terms import Term
from accsm_server.engine.interface import Query, Table, fetch, table
from accsm_server.pages.queries import Site
from accsm_server.pages.statements import Evidence, Quotations
from accsm_server.pages.terms import Labels, TermView, load_labels, text_of

_FOLDER = Path(__file__).parent / "blocks"
_QUOTED = ("words", "source", "line")

Cells = dict[str, Term | None]


@dataclass(frozen=True)
class Line:
    """A row of a block: its cells by column, and the words of the source behind it."""

    cells: Sequence[TermView]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class Block:
    """A table on a page; its rows are in groups, each with a title that may be empty."""

    name: str
    heading: str
    note: str
    empty: str
    columns: Sequence[str]
    groups: Sequence[tuple[TermView, Sequence[Line]]]
    has_words: bool
    count: int


async def load_blocks(
    site: Site, names: Sequence[str], iri: str, quotations: Quotations
) -> tuple[list[Block], list[Ask]]:
    """Return the blocks about ``iri`` with rows or with words for none, and all their queries."""
    asked = [Ask(_FOLDER / f"{name}.rq", iri) for name in names]
    found = [await _load(site, ask, quotations) for ask in asked]
    return [block for block in found if block.count or block.empty], asked


async def _load(site: Site, ask: Ask, quotations: Quotations) -> Block:
    text = ask.text(site.base)
    header = query_files.header(text)
    answer = table((await fetch(site.engine, Query(text, "json", internal=True)))[0])
    assert isinstance(answer, Table)
    rows = [{name: row[name] for name in answer.variables} for row in answer.rows]
    labels = await load_labels(site, (term for row in rows for term in row.values()))
    by = header.get("groups", "")
    columns = [name for name in answer.variables if name not in (by, *_QUOTED)]
    columns = [name for name in columns if not name.endswith("_text")]
    groups: dict[TermView, list[Line]] = {}
    for row in _distinct(rows):
        title = _cell(row[0], by, labels) if by else TermView("")
        cells = [_cell(row[0], name, labels) for name in columns]
        groups.setdefault(title, []).append(Line(cells, _evidence(row, labels, quotations)))
    return Block(
        ask.path.stem,
        header["heading"].format(count=len(_distinct(rows))),
        header.get("note", ""),
        header.get("empty", ""),
        [name.replace("_", " ") for name in columns],
        [*groups.items()],
        "words" in answer.variables,
        len(rows),
    )


def _distinct(rows: Sequence[Cells]) -> list[list[Cells]]:
    """Return the rows in lists of those that differ only in the words of the source."""
    found: dict[tuple[Term | None, ...], list[Cells]] = {}
    for row in rows:
        key = tuple(value for name, value in row.items() if name not in _QUOTED)
        found.setdefault(key, []).append(row)
    return [*found.values()]


def _cell(row: Cells, name: str, labels: Labels) -> TermView:
    shown, text = labels.show(row[name]), text_of(row.get(f"{name}_text"))
    return TermView(text, shown.href, shown.iri) if text else shown


def _evidence(
    rows: Sequence[Cells], labels: Labels, quotations: Quotations
) -> tuple[Evidence, ...]:
    found = [
        Evidence(text_of(row["words"]), f"line {text_of(row.get('line'))}", TermView(""),
                 labels.show(row.get("source")))
        for row in rows
        if text_of(row.get("words"))
    ]  # fmt: skip
    return quotations.number(found)
