"""Blocks of a page about a thing: answers of queries, as tables, sentences, links or facts.

A block is a file in blocks/, a SELECT in which `$this` is the thing. Its header has a ``heading``,
if it is no fact, and may have:

- a ``note`` below the heading;
- what an ``empty`` answer says, without which the block is left out;
- a ``layout``: ``sentences``, or ``links``, in which a number after the link is a count;
- the column by whose values the lines are in ``groups``;
- the column of which each ``line`` has one value; its other cells have all values of their columns.

Columns are named by their variables. A column X with X_text shows that text as a link; stated_by is
a named graph; words with source and line are a quotation.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from accsm_kg.lookups import Ask
from accsm_kg.rdf import query_files
from accsm_kg.rdf.terms import Term
from accsm_server.engine.interface import Query, Table, fetch, table
from accsm_server.pages.queries import Site
from accsm_server.pages.statements import Evidence, Quotations, Row, Value
from accsm_server.pages.terms import Labels, TermView, iri_of, load_labels, source_of, text_of

_FOLDER = Path(__file__).parent / "blocks"
_MOST = 200  # lines of a block that a page shows
_QUOTED = ("words", "source", "line")
_GRAPH = "stated_by"

Cells = dict[str, Term | None]


@dataclass(frozen=True)
class Line:
    """A line of a block: the values of each cell, and the words of the source behind it."""

    cells: Sequence[Sequence[TermView]]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class Block:
    """Lines on a page, in groups, each with a title that may be empty."""

    name: str
    heading: str
    layout: str
    note: str
    empty: str
    columns: Sequence[str]
    groups: Sequence[tuple[TermView, Sequence[Line]]]
    has_words: bool
    count: int
    """The number of all lines; a page shows the first."""
    query: str

    @property
    def lines(self) -> Sequence[Line]:
        """Return the lines of all groups."""
        return [line for _, lines in self.groups for line in lines]


@dataclass(frozen=True)
class Answers:
    """The answers of the queries of the blocks of one page, by name of the block."""

    asked: Mapping[str, Ask]
    texts: Mapping[str, str]
    variables: Mapping[str, Sequence[str]]
    lines: Mapping[str, Sequence[Sequence[Cells]]]
    """The rows of each line."""
    labels: Labels

    def blocks(self, names: Sequence[str], quotations: Quotations) -> list[Block]:
        """Return the blocks that have lines, or words for none."""
        found = [self.block(name, quotations) for name in names]
        return [block for block in found if block.count or block.empty]

    def block(self, name: str, quotations: Quotations) -> Block:
        """Return a block, with its quotations numbered."""
        header, variables, lines = self.header(name), self.variables[name], self.lines[name]
        by = header.get("groups", "")
        columns = [one for one in variables if one not in (by, *_QUOTED)]
        columns = [one for one in columns if not one.endswith("_text")]
        groups: dict[TermView, list[Line]] = {}
        for rows in lines[:_MOST]:
            title = _cell(rows[0], by, self.labels) if by else TermView("")
            cells = [_values(rows, column, self.labels) for column in columns]
            evidence = _evidence(rows, self.labels, quotations)
            groups.setdefault(title, []).append(Line(cells, evidence))
        return Block(
            name,
            header.get("heading", "").format(count=len(lines)),
            header.get("layout", "table"),
            header.get("note", ""),
            header.get("empty", ""),
            [column.replace("_", " ") for column in columns],
            [*groups.items()],
            "words" in variables,
            len(lines),
            self.texts[name],
        )

    def header(self, name: str) -> Mapping[str, Any]:
        """Return what the header of a block says."""
        return query_files.header(self.texts[name])

    def fact(self, name: str, quotations: Quotations) -> Row | None:
        """Return a block as one row: each line is a value, what follows its first cell a remark."""
        block = self.block(name, quotations)
        place = block.columns.index(_GRAPH.replace("_", " "))
        graphs = tuple(dict.fromkeys(graph for line in block.lines for graph in line.cells[place]))
        values = [_fact_value(line, place) for line in block.lines]
        return Row(TermView(name), values, graphs, ()) if values else None


async def ask_blocks(site: Site, names: Sequence[str], iri: str) -> Answers:
    """Return the answers of the queries of blocks about ``iri``; raises QueryError."""
    asked = {name: Ask(_FOLDER / f"{name}.rq", iri) for name in names}
    texts = {name: ask.text(site.base) for name, ask in asked.items()}
    answers = await asyncio.gather(*(_fetch(site, text) for text in texts.values()))
    tables = dict(zip(asked, answers, strict=True))
    lines = {
        name: _lines(_cells(answer), query_files.header(texts[name]).get("line", ""))
        for name, answer in tables.items()
    }
    shown = (row for found in lines.values() for rows in found[:_MOST] for row in rows)
    labels = await load_labels(site, (term for row in shown for term in row.values()))
    variables = {name: answer.variables for name, answer in tables.items()}
    return Answers(asked, texts, variables, lines, labels)


async def _fetch(site: Site, text: str) -> Table:
    answer = table((await fetch(site.engine, Query(text, "json", internal=True)))[0])
    assert isinstance(answer, Table)
    return answer


def _cells(answer: Table) -> list[Cells]:
    return [{name: row[name] for name in answer.variables} for row in answer.rows]


def _lines(rows: Sequence[Cells], column: str) -> list[list[Cells]]:
    """Return rows by their value in ``column``, else those that differ only in the words."""
    found: dict[tuple[Term | None, ...], list[Cells]] = {}
    for row in rows:
        names = [column] if column else [name for name in row if name not in _QUOTED]
        found.setdefault(tuple(row[name] for name in names), []).append(row)
    return [*found.values()]


def _values(rows: Sequence[Cells], name: str, labels: Labels) -> list[TermView]:
    shown = (_cell(row, name, labels) for row in rows if row[name] is not None)
    return list(dict.fromkeys(shown))


def _cell(row: Cells, name: str, labels: Labels) -> TermView:
    if name == _GRAPH:
        graph = iri_of(row[name])
        is_there = iri_of(row.get("source")) in ("", source_of(graph, labels.site))
        return labels.graph(graph, text_of(row.get("line")) if is_there else "")
    shown, text = labels.show(row[name]), text_of(row.get(f"{name}_text"))
    return replace(shown, text=text) if text else shown


def _fact_value(line: Line, place: int) -> Value:
    first, *others = line.cells[:place]
    remark = " · ".join(cell.text for cells in others for cell in cells)
    return Value(first[0], (), line.evidence, remark)


def _evidence(
    rows: Sequence[Cells], labels: Labels, quotations: Quotations
) -> tuple[Evidence, ...]:
    found = [
        Evidence(text_of(row["words"]), f"line {text_of(row.get('line'))}", TermView(""),
                 labels.source(row.get("source"), text_of(row.get("line"))),
                 line=text_of(row.get("line")))
        for row in rows
        if text_of(row.get("words"))
    ]  # fmt: skip
    return quotations.number(dict.fromkeys(found))
