"""Map a curated table to triples with the CONSTRUCT query of the same name.

Each column of the table is a variable of the query (the Tarql convention). The header of the query
states rules for the columns: `accsm_kg.build.cell_rules` checks single cells, this module checks
`unique` (columns in which no two rows may agree) and `reference` (the resource that an item names
must exist). A column with `separator` gives a solution for each item, with its position in the
variable `?<column>_n`. An item that leaves no triple is an error.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from pyoxigraph import NamedNode, Triple

from accsm_kg.build import sheets, table_query
from accsm_kg.build.cell_rules import Row, Rules, check_cell, items
from accsm_kg.build.table_query import Names, TableQuery
from accsm_kg.errors import TableError
from accsm_kg.namespaces import BASE, remint, reminter
from accsm_kg.rdf import query_files

_RULES: Final = {
    "type", "required", "pattern", "enum", "minimum", "maximum", "separator", "with", "reference",
    "description",
}  # fmt: skip
_PLACED = re.compile(r":(\d+): (.*)", re.DOTALL)
_MAX_FAULTS = 3  # of a header that are named one by one
#: The source and folder of a table that is in no project.
_ELSEWHERE: Final = {"source": "000", "folder": "table"}


@dataclass(frozen=True)
class Reference:
    """A resource that a cell names and the dataset must have; ``where`` is the message if not."""

    iri: NamedNode
    where: str


@dataclass(frozen=True)
class Fault:
    """What is wrong in a table; ``row`` is 0 and ``column`` empty where it is not one cell."""

    where: str
    """The file, with row and column as messages name them."""
    row: int
    column: str
    text: str

    def __str__(self) -> str:
        """Return the message: where, what is wrong and what to do."""
        return f"{self.where}: {self.text}"


@dataclass(frozen=True)
class Table:
    """The triples of a CSV file, and the references in it that are still to be checked."""

    triples: list[Triple]
    references: list[Reference]


@dataclass
class _Reader:
    """A table being read; ``location`` holds the variables `source` and `folder`, from its path."""

    path: Path
    columns: dict[str, Rules]
    location: dict[str, str]
    base: str
    sheet: sheets.Sheet
    faults: list[Fault] = field(default_factory=list)
    faulty: set[int] = field(default_factory=set)
    """The numbers of the rows that have faults."""
    references: list[Reference] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """The cells of the first row."""
        return self.sheet.rows[0][1] if self.sheet.rows else []

    @property
    def many(self) -> list[str]:
        """The columns whose cells hold items."""
        return [name for name, rules in self.columns.items() if rules.get("separator")]

    def position(self, column: str) -> int:
        """Return the position of a column in the table; 0 if the table does without it."""
        return self.names.index(column) if column in self.names else 0

    def guessed(self, row: int, column: str) -> str:
        """Return what a spreadsheet may have made of what was typed into a cell."""
        known = self.sheet.guessed.get((row, self.position(column)), "")
        return known if column in self.names else ""

    def fault(self, row: int, fault: str, column: str = "") -> None:
        """Add what is wrong in a row, or in its cell in ``column``."""
        where = self.where(row, column) if column else f"{self.path}:{row}"
        self.faults.append(Fault(where, row, column, fault))
        self.faulty.add(row)

    def where(self, row: int, column: str) -> str:
        """Return how a message names a cell."""
        return f"{self.sheet.where(row, self.position(column))}: column {column}"


@dataclass(frozen=True)
class _Solution:
    """The values of the variables for the single-valued cells of a row, or with one item."""

    number: int
    row: Row
    cells: dict[str, str]
    """The cells, or the item, of which the query must make a triple."""
    values: Sequence[str | int | None]


def read(path: Path, data: Path, base: str = BASE) -> Table:
    """Return the triples of the table at ``path``, which lies under the folder ``data``.

    Raises ValueError with a line for each fault: file, row, column, what is wrong and what to do.
    """
    reader, query, solutions = _read(path, _query_file(path, data), _location(path, data), base)
    if reader.faults:
        raise TableError(list(map(str, reader.faults)))
    values = [solution.values for solution in solutions]
    return Table(query.construct(_variables(reader), values), reader.references)


def check(path: Path, query_file: Path) -> list[Fault]:
    """Return the faults of a table anywhere, of the columns that ``query_file`` describes.

    Whether what its cells name exists is not checked. Raises OSError for a file that is not there.
    """
    try:
        reader, _, _ = _read(path, query_file, _ELSEWHERE, BASE)
    except ValueError as error:
        told = str(error).removeprefix(str(path))
        placed = _PLACED.fullmatch(told)
        row, text = (placed[1], placed[2]) if placed else ("0", told.removeprefix(": "))
        where = f"{path}:{row}" if placed else str(path)
        return [Fault(where, int(row), "", text)]
    return reader.faults


def _read(
    path: Path, query_file: Path, location: dict[str, str], base: str
) -> tuple[_Reader, TableQuery, list[_Solution]]:
    text, header = query_files.read(query_file, reminter(base))
    columns = header.get("columns", {})
    reader = _Reader(path, columns, location, base, sheets.read(path, columns))
    _check_rules(reader)
    query = _query(query_file, text, columns)
    rows = list(_checked_rows(reader))
    _check_unique(reader, rows, header.get("unique", []))
    sound = [(number, row) for number, row in rows if number not in reader.faulty]
    solutions = [solution for number, row in sound for solution in _solutions(reader, number, row)]
    _check_kept(reader, query, solutions)
    return reader, query, solutions


def _query_file(path: Path, data: Path) -> Path:
    """Return the query of the table's name in its folder or the nearest one above it."""
    for folder in path.parents:
        if (folder / f"{path.stem}.rq").is_file():
            return folder / f"{path.stem}.rq"
        if folder == data:
            break
    fault = f"no {path.stem}.rq in its folder or above it describes the columns"
    raise ValueError(f"{path}: {fault}; add one, or rename the table")


def _location(path: Path, data: Path) -> dict[str, str]:
    """Return the name of the table's folder and, under source/, the number of the source."""
    parts = path.relative_to(data).parts
    source = {"source": parts[1]} if parts[0] == "source" else {}
    return {**source, "folder": path.parent.name}


def _check_rules(reader: _Reader) -> None:
    for column, rules in reader.columns.items():
        for unknown in sorted(set(rules) - _RULES):
            fault = f"its .rq has an unknown rule '{unknown}'; use {', '.join(sorted(_RULES))}"
            raise ValueError(f"{reader.path}: column {column}: {fault}")


def _query(path: Path, text: str, columns: Iterable[str]) -> TableQuery:
    try:
        query = table_query.read(text)
    except (SyntaxError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from None
    for column in sorted(set(columns).difference(*query.flows)):
        fault = f"nothing is made of column {column}; use ?{column} in the CONSTRUCT"
        raise ValueError(f"{path}: {fault}")
    return query


def _checked_rows(reader: _Reader) -> Iterator[tuple[int, Row]]:
    """Yield the number (the header is row 1) and the cells of each row, collecting faults."""
    names, rows = reader.names, reader.sheet.rows[1:]
    _check_header(reader)
    if not rows:
        fault = "the table has no rows; fill it or delete the file"
        reader.faults.append(Fault(str(reader.path), 0, "", fault))
    for number, cells in rows:
        if len(cells) != len(names):
            fault = f"the row has {len(cells)} cells but the header has {len(names)}"
            reader.fault(number, f"{fault}; check what divides its cells")
            continue
        written = (remint(cell, reader.base) for cell in cells)
        row = dict.fromkeys(reader.columns, "") | dict(zip(names, written, strict=True))
        for column in reader.columns:
            _check(reader, number, row, column)
        yield number, row


def _check_header(reader: _Reader) -> None:
    """Raise ValueError for an unknown or repeated column, and for a required one that is missing.

    Any other column may be missing: its cells are empty, so that columns can be added later.
    """
    names = reader.names
    required = {name for name, rules in reader.columns.items() if rules.get("required")}
    missing, unknown = sorted(required - set(names)), sorted(set(names) - set(reader.columns))
    faults = [f"column {name} is missing" for name in missing]
    faults += [f"column {name!r} is unknown{_meant(name, reader.columns)}" for name in unknown]
    if len(set(names)) < len(names):
        faults.append("a column is named twice")
    if len(faults) > _MAX_FAULTS:
        row = f"the first row, {', '.join(names)[:60]!r}, does not name the columns of the table"
        faults = [f"{row}; write their names there, and a comma between two"]
    if faults:
        raise ValueError(f"{reader.path}:1: {'; '.join(faults)}")


def _meant(name: str, columns: Iterable[str]) -> str:
    found = get_close_matches(name, columns, 1)
    return f"; write {found[0]!r}" if found else ""


def _check(reader: _Reader, number: int, row: Row, column: str) -> None:
    rules = reader.columns[column]
    for fault in check_cell(row, column, rules):
        reader.fault(number, fault, column)
    guessed = reader.guessed(number, column)
    if guessed not in ("", rules.get("type")) and row[column] not in rules.get("enum", ()):
        fault = f"the spreadsheet made a {guessed} of what was typed"
        reader.fault(number, f"{fault}; format the column as text and write it again", column)
    if "reference" in rules:
        for item in filter(None, items(row[column], rules)):
            path = rules["reference"].format(item, **reader.location, **row)
            _refer(reader, f"{reader.base}id/{path}", number, column, item)


def _refer(reader: _Reader, iri: str, number: int, column: str, item: str) -> None:
    try:
        node = NamedNode(iri)
    except ValueError:
        fault = f"{item!r} makes {iri!r}, which is no IRI; remove spaces and brackets"
        reader.fault(number, fault, column)
    else:
        missing = f"{item!r} names a resource that does not exist, <{iri}>"
        where = reader.where(number, column)
        reader.references.append(Reference(node, f"{where}: {missing}"))


def _check_unique(reader: _Reader, rows: Sequence[tuple[int, Row]], columns: Sequence[str]) -> None:
    first: dict[tuple[str, ...], int] = {}
    for number, row in rows if columns else ():
        key = tuple(row[column] for column in columns)
        if key in first:
            fault = f"row {first[key]} already has {', '.join(columns)} {' '.join(key)!r}"
            reader.fault(number, f"{fault}; give each row another value")
        first.setdefault(key, number)


def _variables(reader: _Reader) -> list[str]:
    counters = (f"{column}_n" for column in reader.many)
    return [*reader.location, "row", *reader.columns, *counters]


def _solutions(reader: _Reader, number: int, row: Row) -> Iterator[_Solution]:
    """Yield a solution of the single-valued cells, then one for each item of the other cells."""
    names, filled = _variables(reader), [name for name in reader.columns if row[name]]
    single = {name: row[name] for name in filled if name not in reader.many}
    known: dict[str, str | int] = {**reader.location, "row": number, **single}
    yield _Solution(number, row, single, [known.get(name) for name in names])
    for column in (name for name in filled if name in reader.many):
        for position, item in enumerate(items(row[column], reader.columns[column]), start=1):
            bound = {**known, column: item, f"{column}_n": position}
            yield _Solution(number, row, {column: item}, [bound.get(name) for name in names])


def _check_kept(reader: _Reader, query: TableQuery, solutions: Sequence[_Solution]) -> None:
    """Add a fault for each cell or item of which ``query`` makes no triple."""
    kept = query.kept(_variables(reader), [solution.values for solution in solutions])
    of_row: dict[int, Names] = {}
    for solution, left in zip(solutions, kept, strict=True):
        of_row[solution.number] = of_row.get(solution.number, Names()) | left
    for solution, left in zip(solutions, kept, strict=True):
        for column, cell in solution.cells.items():
            if column not in (left if column in reader.many else of_row[solution.number]):
                reader.fault(solution.number, _lost(query, solution.row, column, cell), column)


def _lost(query: TableQuery, row: Row, column: str, cell: str) -> str:
    """Return a message for a cell or an item that is lost, and the empty cells that may be why."""
    needs = [needs for flow, needs in zip(query.flows, query.needs, strict=True) if column in flow]
    empty = [sorted(name for name in own if name in row and not row[name]) for own in needs]
    nearest = min(filter(None, empty), key=len, default=[])
    if nearest:
        why, remedy = f"while {' or '.join(nearest)} is empty", "fill that too"
    else:
        why, remedy = "in a row like this", "correct the row"
    return f"{cell!r} would be lost: no statement is made of it {why}; {remedy}, or empty the cell"
