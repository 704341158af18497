"""Map a curated CSV table to triples with the CONSTRUCT query of the same name.

Each column of the table is a variable of the query (the Tarql convention): `_construct` runs the
query over the rows, which `_solutions` makes of the cells. The header of the query states rules for
the cells of a column, such as a pattern, which `accsm_kg.build.cell_rules` checks; `unique`
(columns that no two rows may share) and `reference` (the resource that an item names must exist)
are checked here. A column with `separator` gives one solution for each item, counted by
`?<column>_n`.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pyoxigraph import NamedNode, QueryTriples, Store, Triple

from accsm_kg.build.cell_rules import Row, Rules, check_cell, items
from accsm_kg.namespaces import BASE, remint, reminter
from accsm_kg.rdf import query_files

_RULES: Final = {
    "type", "required", "pattern", "enum", "separator", "with", "reference", "description",
}  # fmt: skip


@dataclass(frozen=True)
class Reference:
    """A resource that a cell names: it has to exist once the whole dataset is assembled."""

    iri: NamedNode
    where: str


@dataclass(frozen=True)
class Table:
    """The triples of a CSV file, and the resources that it names but does not describe."""

    triples: list[Triple]
    references: list[Reference]


@dataclass
class _Reader:
    """A table that is being read: ``location`` are the values that its path adds to each row."""

    path: Path
    columns: dict[str, Rules]
    location: dict[str, str]
    base: str
    faults: list[str] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)


def read(path: Path, data: Path, base: str = BASE) -> Table:
    """Return the triples of the table at ``path``, somewhere under the folder ``data``.

    Raises ValueError with one line a fault: file, row, column, what is wrong and what to do.
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
    raise ValueError(f"{path}: no {path.stem}.rq beside it or above it says what its columns mean")


def _location(path: Path, data: Path) -> dict[str, str]:
    """Return the name of the table's folder and, under source/, the number of the source."""
    parts = path.relative_to(data).parts
    source = {"source": parts[1]} if parts[0] == "source" else {}
    return {**source, "folder": path.parent.name}


def _check_rules(reader: _Reader) -> None:
    for column, rules in reader.columns.items():
        for unknown in sorted(set(rules) - _RULES):
            raise ValueError(f"{reader.path}: column {column}: its .rq has no rule '{unknown}'")


def _checked_rows(reader: _Reader) -> Iterator[tuple[int, Row]]:
    """Yield the number (the header is row 1) and the cells of every row; faults are collected."""
    records = csv.reader(_text(reader).splitlines(keepends=True), strict=True)
    try:
        names = next(records, [])
        _check_header(reader, names)
        for number, cells in enumerate(records, start=2):
            if len(cells) != len(names):
                wrong = f"{len(cells)} cells where the header has {len(names)}"
                reader.faults.append(f"{reader.path}:{number}: {wrong}; mend the row's commas")
                continue
            row = dict(zip(names, cells, strict=True))
            _check_row(reader, number, row)
            yield number, row
    except csv.Error as error:
        raise ValueError(f"{reader.path}:{records.line_num}: not CSV: {error}") from None


def _text(reader: _Reader) -> str:
    try:
        return remint(reader.path.read_bytes().decode("utf-8-sig"), reader.base)
    except UnicodeDecodeError as error:
        raise ValueError(f"{reader.path}: not UTF-8 ({error}); save it as CSV UTF-8") from None


def _check_header(reader: _Reader, names: Sequence[str]) -> None:
    wanted = list(reader.columns)
    if sorted(names) != sorted(wanted):
        missing, extra = set(wanted) - set(names), set(names) - set(wanted)
        faults = [f"column {name} is missing" for name in sorted(missing)]
        faults += [f"column {name!r} is unknown" for name in sorted(extra)]
        fault = "; ".join(faults) or "a column stands twice"
        raise ValueError(f"{reader.path}:1: {fault}; the columns are {', '.join(wanted)}")


def _check_row(reader: _Reader, number: int, row: Row) -> None:
    for column, rules in reader.columns.items():
        where = f"{reader.path}:{number}: column {column}"
        reader.faults += [f"{where}: {fault}" for fault in check_cell(row, column, rules)]
        if "reference" in rules:
            for item in filter(None, items(row[column], rules)):
                path = rules["reference"].format(item, **reader.location, **row)
                reader.references.append(_reference(f"{reader.base}id/{path}", where, item))


def _reference(iri: str, where: str, item: str) -> Reference:
    try:
        node = NamedNode(iri)
    except ValueError:
        raise ValueError(f"{where}: <{iri}> is no IRI; take out spaces and brackets") from None
    return Reference(node, f"{where}: {item!r} names no resource (there is no <{iri}>)")


def _check_unique(reader: _Reader, rows: Sequence[tuple[int, Row]], columns: Sequence[str]) -> None:
    first: dict[tuple[str, ...], int] = {}
    for number, row in rows if columns else ():
        key = tuple(row[column] for column in columns)
        if key in first:
            fault = f"{', '.join(columns)} {' '.join(key)!r} stands in row {first[key]} already"
            reader.faults.append(f"{reader.path}:{number}: {fault}; give each row its own")
        first.setdefault(key, number)


def _variables(reader: _Reader) -> list[str]:
    counters = [f"{name}_n" for name, rules in reader.columns.items() if rules.get("separator")]
    return [*reader.columns, *counters]


def _solutions(reader: _Reader, row: Row) -> Iterator[list[str | int | None]]:
    """Yield the row without its many-valued cells, then once for each item of each of them."""
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
