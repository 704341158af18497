"""Blocks of a page about a thing: answers of queries, as tables, sentences, links or facts.

A block is a file in blocks/, a SELECT in which `$this` is the thing. Its header has a ``heading``,
if it is no fact, and may have:

- a ``note`` below the heading;
- what an ``empty`` answer says, without which the block is left out;
- a ``picture`` above its lines, one of those of pictures.py;
- a ``layout``: ``sentences``; ``links``, in which a number after the link is a count; ``beside``,
  in which the groups stand side by side; or ``tree``, see `chart`;
- the column by whose values the lines are in ``groups``;
- for ``beside``, the column by whose values the lines are in ``rows``, and that of texts to
  ``compare`` with the first one of the group before; of rows by ``topic`` a page can show one;
- the column of which each ``line`` has one value; its other cells have all values of their columns;
- ``optional`` columns, which are left out if they have no value, and blank in lines without one;
- how many lines are shown at once: of more, a group is ``folded``, or else the lines after these;
- the number of lines of which a page shows at ``most`` the first, if not 100.

Columns are named by their variables. A column X with X_text shows that text as a link; X_mark is a
part of the text of X that is marked; stated_by is a named graph; words with source and line are a
quotation, of whose source the badge is; about is a property, whose fact above the blocks is lit
together with the line.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from accsm_kg.lookups import Ask
from accsm_kg.rdf import query_files
from accsm_kg.rdf.terms import Term, natural
from accsm_server.engine.interface import Query, Table, select
from accsm_server.pages.chart import Chart, chart
from accsm_server.pages.pictures import PICTURES, Picture
from accsm_server.pages.queries import Site
from accsm_server.pages.statements import Evidence, Line, Quotations, Row, Value
from accsm_server.pages.terms import Labels, TermView, iri_of, load_labels, text_of

_FOLDER = Path(__file__).parent / "blocks"
_MOST = 100  # lines of a block that a page shows, unless its header says how many
_QUOTED = ("words", "source", "line")
_GRAPH = "stated_by"
_ABOUT = "about"
_MARK = "_mark"

Cells = dict[str, Term | None]


#: A line with the titles of its group and of its row.
Placed = tuple[TermView, TermView, Line]


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
    optional: Sequence[str] = ()
    """The columns that are blank in lines without a value; others say that it is not stated."""
    folded: int = 0
    """How many lines are shown at once: of more, a group is folded, or else the rest; 0: all."""
    rows: Sequence[tuple[TermView, Sequence[Sequence[Line]]]] = ()
    """For the layout `beside`: the lines of each row, by group."""
    topics: Sequence[tuple[str, int, bool]] = ()
    """The topics of all rows, with the number of lines and whether it alone is shown."""
    unknown_topic: str = ""
    """The topic that was asked for, if no row has it."""
    chart: Chart | None = None
    """For the layout `tree`."""
    drawn: str = ""
    """The name of its picture."""
    picture: Picture | None = None

    @property
    def pieces(self) -> Sequence[tuple[str, Sequence[tuple[TermView, Sequence[Line]]]]]:
        """Return the groups of its tables, each with what is said of it where it is folded.

        All lines that are not folded are in the first table.
        """
        if not self.folded:
            return [("", self.groups)]
        if len(self.groups) == 1 and not self.groups[0][0].text:
            ((title, lines),) = self.groups
            first, rest = lines[: self.folded], lines[self.folded :]
            folded = [(f"The other {len(rest)} of {len(lines)}", [(title, rest)])] if rest else []
            return [("", [(title, first)]), *folded]
        long = [group for group in self.groups if len(group[1]) > self.folded]
        short = [group for group in self.groups if group not in long]
        said = [(f"{_told(title)}: {len(lines)}", [(title, lines)]) for title, lines in long]
        return [*([("", short)] if short else []), *said]

    @property
    def lines(self) -> Sequence[Line]:
        """Return the lines of all groups."""
        return [line for _, lines in self.groups for line in lines]


@dataclass(frozen=True)
class Answers:
    """The answers of the queries of the blocks of one page, by name of the block."""

    this: str
    """The IRI of the thing that they are about."""
    topic: str
    """The only row that blocks with rows of topics show; empty for all."""
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
        down = header.get("rows", "")
        columns = [one for one in variables if one not in (by, down) and _is_own(one)]
        columns = [one for one in columns if not one.endswith("_text")]
        unsaid = header.get("optional", ())
        columns = [
            one
            for one in columns
            if one not in unsaid or any(row[one] for rows in self.shown(name) for row in rows)
        ]
        placed: list[Placed] = []
        for rows in self.shown(name):
            cells = [_values(rows, column, self.labels) for column in columns]
            about = dict.fromkeys(iri_of(row.get(_ABOUT)) for row in rows)
            evidence = _evidence(rows, self.labels, quotations)
            line = Line(cells, evidence, [*filter(None, about)])
            placed.append((self._title(rows, by), self._title(rows, down), line))
        block = Block(
            name,
            header.get("heading", "").format(count=len(lines)),
            header.get("layout", "table"),
            header.get("note", ""),
            header.get("empty", ""),
            [column.replace("_", " ") for column in columns],
            _grouped((group, line) for group, _, line in placed),
            "words" in variables,
            len(lines),
            self.texts[name],
            optional=[column.replace("_", " ") for column in unsaid],
            folded=int(header.get("folded", 0)),
            drawn=header.get("picture", ""),
        )
        if block.layout == "tree":
            return replace(block, chart=chart(block.lines, self.this))
        compared = columns.index(header["compare"]) if "compare" in header else None
        block = _beside(block, placed, compared) if down else block
        return _narrowed(block, self.topic) if down == "topic" else block

    def _title(self, rows: Sequence[Cells], column: str) -> TermView:
        if not column:
            return TermView("")
        shown = _cell(rows[0], column, self.labels)
        is_source = shown.sign and not shown.note
        return replace(shown, note=self.labels.graph_of(shown.iri).note) if is_source else shown

    def header(self, name: str) -> Mapping[str, Any]:
        """Return what the header of a block says."""
        return query_files.header(self.texts[name])

    def shown(self, name: str) -> Sequence[Sequence[Cells]]:
        """Return the rows of the lines of a block that a page shows."""
        return _first(self.lines[name], self.header(name))

    def fact(self, name: str, quotations: Quotations) -> Row | None:
        """Return a block as one row: each line is a value, what follows its first cell a remark."""
        block = self.block(name, quotations)
        place = block.columns.index(_GRAPH.replace("_", " "))
        graphs = _distinct(graph for line in block.lines for graph in line.cells[place])
        values = [_fact_value(line, place) for line in block.lines]
        return Row(TermView(name), values, graphs, ()) if values else None


def _told(title: TermView) -> str:
    """Return the title of a group as a text."""
    shown = f"{title.sign} {title.text}" if title.sign else title.text
    return f"{shown} ({title.note})" if title.note else shown


async def ask_blocks(site: Site, names: Sequence[str], iri: str, topic: str = "") -> Answers:
    """Return the answers of the queries of blocks about ``iri``; raises QueryError."""
    asked = {name: Ask(_FOLDER / f"{name}.rq", iri) for name in names}
    texts = {name: ask.text(site.base) for name, ask in asked.items()}
    answers = await asyncio.gather(
        *(select(site.engine, Query(text, "json", internal=True)) for text in texts.values())
    )
    tables = dict(zip(asked, answers, strict=True))
    headers = {name: query_files.header(text) for name, text in texts.items()}
    lines = {
        name: _lines(_cells(answer), headers[name].get("line", ""))
        for name, answer in tables.items()
    }
    first = (_first(found, headers[name]) for name, found in lines.items())
    shown = (row for found in first for rows in found for row in rows)
    labels = await load_labels(site, (term for row in shown for term in row.values()))
    variables = {name: answer.variables for name, answer in tables.items()}
    return Answers(iri, topic, asked, texts, variables, lines, labels)


async def draw(site: Site, block: Block, iri: str) -> Block:
    """Return a block about ``iri`` with its picture, if it has one and there is what to draw."""
    if block.drawn and block.count:
        return replace(block, picture=await PICTURES[block.drawn](site, iri))
    return block


def _cells(answer: Table) -> list[Cells]:
    return [{name: row[name] for name in answer.variables} for row in answer.rows]


def _lines(rows: Sequence[Cells], column: str) -> list[list[Cells]]:
    """Return rows by their value in ``column``, else those that differ only in the words."""
    found: dict[tuple[Term | None, ...], list[Cells]] = {}
    for row in rows:
        names = [column] if column else [name for name in row if _is_own(name)]
        found.setdefault(tuple(row[name] for name in names), []).append(row)
    return [*found.values()]


def _first(
    lines: Sequence[Sequence[Cells]], header: Mapping[str, Any]
) -> Sequence[Sequence[Cells]]:
    return lines[: int(header.get("most", _MOST))]


def _grouped(lines: Iterable[tuple[TermView, Line]]) -> list[tuple[TermView, list[Line]]]:
    """Return lines by the titles of their groups."""
    groups: dict[TermView, list[Line]] = {}
    for title, line in lines:
        groups.setdefault(title, []).append(line)
    return [*groups.items()]


def _beside(block: Block, placed: Sequence[Placed], compared: int | None) -> Block:
    """Return a block whose groups, by IRI, are the columns of a table.

    The texts in the column ``compared`` are compared with the first of the group before.
    """
    groups = sorted(block.groups, key=lambda group: natural(group[0].iri))
    cells: dict[TermView, list[list[Line]]] = {row: [[] for _ in groups] for _, row, _ in placed}
    places = {title: place for place, (title, _) in enumerate(groups)}
    for title, row, line in placed:
        cells[row][places[title]].append(line)
    if compared is not None:
        cells = {row: _compared(found, compared) for row, found in cells.items()}
    return replace(block, groups=groups, rows=[*cells.items()])


def _narrowed(block: Block, topic: str) -> Block:
    """Return a block with its topics, and only the row of ``topic`` if it is one of them."""
    topics = [(row.text, sum(map(len, cells)), row.text == topic) for row, cells in block.rows]
    rows = [one for one in block.rows if one[0].text == topic] or block.rows
    unknown = topic if topic and not any(chosen for _, _, chosen in topics) else ""
    return replace(block, rows=rows, topics=topics, unknown_topic=unknown)


def _compared(cells: Sequence[Sequence[Line]], column: int) -> list[list[Line]]:
    """Return the cells of a row, each with the text of the one before it to compare with."""
    found = [[*cells[0]]]
    for before, lines in pairwise(cells):
        old = next((shown.text for line in before for shown in line.cells[column]), "")
        found.append([_with_before(line, column, old) for line in lines])
    return found


def _with_before(line: Line, column: int, old: str) -> Line:
    cells = [*line.cells]
    cells[column] = tuple(replace(shown, before=old) for shown in cells[column])
    return replace(line, cells=cells)


def _is_own(column: str) -> bool:
    """Return whether rows that differ in a column are different lines."""
    return column not in (*_QUOTED, _ABOUT) and not column.endswith(_MARK)


def _values(rows: Sequence[Cells], name: str, labels: Labels) -> tuple[TermView, ...]:
    if name == _GRAPH:
        return _distinct(_graph(row, labels) for row in rows if row[name] is not None)
    marks = tuple(dict.fromkeys(filter(None, (text_of(row.get(name + _MARK)) for row in rows))))
    shown = (_cell(row, name, labels) for row in rows if row[name] is not None)
    distinct = tuple(dict.fromkeys(shown))
    return tuple(replace(one, marks=marks) for one in distinct) if marks else distinct


def _cell(row: Cells, name: str, labels: Labels) -> TermView:
    if name == _GRAPH:
        return _graph(row, labels)
    shown, text = labels.show(row[name]), text_of(row.get(f"{name}_text"))
    return replace(shown, text=text) if text else shown


def _graph(row: Cells, labels: Labels) -> TermView:
    """Return the badge of a row: of the source of its words, if its graph is not a curator's."""
    graph, source, line = iri_of(row[_GRAPH]), iri_of(row.get("source")), text_of(row.get("line"))
    if source and labels.is_of_sources(graph):
        return labels.graph_of(source, line)
    return labels.graph(graph, "" if source else line)


def _distinct(graphs: Iterable[TermView]) -> tuple[TermView, ...]:
    """Return badges, each once with the first of its lines, in the order of their IRIs."""
    first: dict[str, TermView] = {}
    for graph in graphs:
        first.setdefault(graph.iri, graph)
    return tuple(first[iri] for iri in sorted(first))


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
