"""Map a curated table to triples with the CONSTRUCT query of the same name.

Each column of the table is a variable of the query (the Tarql convention). The header of the query
states rules for the columns: `accsm_kg.build.cell_rules` checks single cells, this module checks
`unique` (columns in which no two rows may agree) and `reference` (the resource that an item names
must exist). A column with `separator` gives a solution for each item, with its position in the
variable `?<column>_n`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from pyoxigraph import NamedNode, QueryTriples, Store, Triple

from accsm_kg.build import sheets
from accsm_kg.build.cell_rules import Row, Rules, check_cell, items
from accsm_kg.namespaces import BASE, remint, reminter
from accsm_kg.rdf import query_files

_RULES: Final = {
    "type", "required", "pattern", "enum", "separator", "with", "reference", "description",
}  # fmt: skip
_MAX_FAULTS = 3  # of a header that are told one by one


@dataclass(frozen=True)
class Reference:
    """A resource that a cell names and the dataset must have; ``where`` is the message if not."""

    iri: NamedNode
    where: str


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
    faults: list[str] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)


def read(path: Path, data: Path, base: str = BASE) -> Table:
    """Return the triples of the table at ``path``, which lies under the folder ``data``.

    Raises ValueError with a line for each fault: file, row, column, what is wrong and what to do.
    """
    query, header = query_files.read(_query_file(path, data), reminter(base))
    reader = _Reader(path, header.get("columns", {}), _location(path, data), base)
    _check_rules(reader)
    rows = list(_checked_rows(reader))
    _check_unique(reader, rows, header.get("unique", []))
    if reader.faults:
        raise ValueError("\n".join(reader.faults))
    names = [*reader.location, "row", *_variables(reader)]
    solutions = [
        [*reader.location.values(), number, *cells]
        for number, row in rows
        for cells in _solutions(reader, row)
    ]
    return Table(_construct(path, query_files.bind(query, names, solutions)), reader.references)


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


def _checked_rows(reader: _Reader) -> Iterator[tuple[int, Row]]:
    """Yield the number (the header is row 1) and the cells of each row, collecting faults."""
    sheet = sheets.read(reader.path, reader.columns)
    (_, names), *rows = sheet.rows or [(1, [])]
    _check_header(reader, names)
    if not rows:
        reader.faults.append(f"{reader.path}: the table has no rows; fill it or delete the file")
    for number, cells in rows:
        if len(cells) != len(names):
            fault = f"the row has {len(cells)} cells but the header has {len(names)}"
            reader.faults.append(f"{reader.path}:{number}: {fault}; check what divides its cells")
            continue
        written = (remint(cell, reader.base) for cell in cells)
        row = dict.fromkeys(reader.columns, "") | dict(zip(names, written, strict=True))
        for column in reader.columns:
            position = names.index(column) if column in names else 0
            where = f"{sheet.where(number, position)}: column {column}"
            _check(reader, where, row, column, sheet.guessed.get((number, position), ""))
        yield number, row


def _check_header(reader: _Reader, names: Sequence[str]) -> None:
    """Raise ValueError for an unknown or repeated column, and for a required one that is missing.

    Any other column may be missing: its cells are empty, so that columns can be added later.
    """
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


def _check(reader: _Reader, where: str, row: Row, column: str, guessed: str) -> None:
    rules = reader.columns[column]
    reader.faults += [f"{where}: {fault}" for fault in check_cell(row, column, rules)]
    if guessed and guessed != rules.get("type"):
        fault = f"the spreadsheet made a {guessed} of what was typed"
        reader.faults.append(f"{where}: {fault}; format the column as text and write it again")
    if "reference" in rules:
        for item in filter(None, items(row[column], rules)):
            path = rules["reference"].format(item, **reader.location, **row)
            _refer(reader, f"{reader.base}id/{path}", where, item)


def _refer(reader: _Reader, iri: str, where: str, item: str) -> None:
    try:
        node = NamedNode(iri)
    except ValueError:
        fault = f"{item!r} makes <{iri}>, which is no IRI; remove spaces and brackets"
        reader.faults.append(f"{where}: {fault}")
    else:
        missing = f"{item!r} names a resource that does not exist, <{iri}>"
        reader.references.append(Reference(node, f"{where}: {missing}"))


def _check_unique(reader: _Reader, rows: Sequence[tuple[int, Row]], columns: Sequence[str]) -> None:
    first: dict[tuple[str, ...], int] = {}
    for number, row in rows if columns else ():
        key = tuple(row[column] for column in columns)
        if key in first:
            fault = f"row {first[key]} already has {', '.join(columns)} {' '.join(key)!r}"
            reader.faults.append(f"{reader.path}:{number}: {fault}; give each row another value")
        first.setdefault(key, number)


def _variables(reader: _Reader) -> list[str]:
    counters = [f"{name}_n" for name, rules in reader.columns.items() if rules.get("separator")]
    return [*reader.columns, *counters]


def _solutions(reader: _Reader, row: Row) -> Iterator[list[str | int | None]]:
    """Yield a solution of the single-valued cells, then one for each item of the other cells."""
    many = [name for name, rules in reader.columns.items() if rules.get("separator")]
    single = {name: row[name] or None for name in reader.columns if name not in many}
    names = _variables(reader)
    yield [single.get(name) for name in names]
    for column in many:
        if row[column]:
            for position, item in enumerate(items(row[column], reader.columns[column]), start=1):
                solution = {**single, column: item, f"{column}_n": position}
                yield [solution.get(name) for name in names]


def _construct(path: Path, query: str) -> list[Triple]:
    try:
        results = Store().query(query)
    except SyntaxError as error:
        raise ValueError(f"{path}: its .rq does not parse: {error}") from None
    if not isinstance(results, QueryTriples):
        raise ValueError(f"{path}: its .rq must be a CONSTRUCT query")
    return list(results)
