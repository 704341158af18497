"""Turn a curated CSV table into triples with the CONSTRUCT query of the same name.

Each column of the table is a variable of the query (the Tarql convention). The query's header says
what a cell may hold, in the words of Frictionless Table Schema: required, pattern, enum, type,
unique. Three words are ours: `separator` (items divided by ` | `, one solution an item, counted by
`?<column>_n`), `with` (filled exactly when another column is) and `reference` (the resource that an
item names must exist).
"""

import csv
import datetime
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from pyoxigraph import NamedNode, QueryTriples, Store, Triple

from accsm_kg.namespaces import BASE, remint, reminter
from accsm_kg.rdf import query_files

SEPARATOR = " | "
_RULES = {"type", "required", "pattern", "enum", "separator", "with", "reference", "description"}


@dataclass(frozen=True)
class Reference:
    """A resource that a cell names: it has to exist once the whole dataset is assembled."""

    iri: NamedNode
    where: str


@dataclass(frozen=True)
class Table:
    """What a CSV file says: its triples, and the resources it takes for granted."""

    triples: list[Triple]
    references: list[Reference]


@dataclass
class _Reader:
    path: Path
    columns: dict[str, dict[str, Any]]
    place: dict[str, str]
    base: str
    faults: list[str] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)


def read(path: Path, data: Path, base: str = BASE) -> Table:
    """Return what the table at ``path``, somewhere under the folder ``data``, says.

    Raises ValueError with one line a fault: file, row, column, what is wrong and what to do.
    """
    query, head = query_files.read(_mapping(path, data), reminter(base))
    reader = _Reader(path, head.get("columns", {}), _place(path, data), base)
    _check_rules(reader)
    rows = list(_rows(reader))
    _check_unique(reader, rows, head.get("unique", []))
    _stop(reader)
    names = [*reader.place, "row", *_variables(reader)]
    place = reader.place.values()
    solutions = [[*place, number, *cells] for number, row in rows for cells in _spread(reader, row)]
    return Table(_construct(path, query_files.bind(query, names, solutions)), reader.references)


def _mapping(path: Path, data: Path) -> Path:
    """Return the query of the table's name in its folder or the nearest one above it."""
    for folder in path.parents:
        if (folder / f"{path.stem}.rq").is_file():
            return folder / f"{path.stem}.rq"
        if folder == data:
            break
    raise ValueError(f"{path}: no {path.stem}.rq beside it or above it says what its columns mean")


def _place(path: Path, data: Path) -> dict[str, str]:
    """Return what the table's place says: its folder and, under source/, the source."""
    parts = path.relative_to(data).parts
    source = {"source": parts[1]} if parts[0] == "source" else {}
    return {**source, "folder": path.parent.name}


def _construct(path: Path, query: str) -> list[Triple]:
    try:
        results = Store().query(query)
    except SyntaxError as error:
        raise ValueError(f"{path}: its .rq does not parse: {error}") from None
    if not isinstance(results, QueryTriples):
        raise ValueError(f"{path}: its .rq must be a CONSTRUCT query")
    return list(results)


def _check_rules(reader: _Reader) -> None:
    for column, rules in reader.columns.items():
        for unknown in sorted(set(rules) - _RULES):
            raise ValueError(f"{reader.path}: column {column}: its .rq has no rule '{unknown}'")


def _rows(reader: _Reader) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the number (the header is row 1) and the checked cells of every row."""
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


def _check_header(reader: _Reader, names: list[str]) -> None:
    wanted = list(reader.columns)
    if sorted(names) != sorted(wanted):
        missing, extra = set(wanted) - set(names), set(names) - set(wanted)
        parts = [f"column {name} is missing" for name in sorted(missing)]
        parts += [f"column {name!r} is unknown" for name in sorted(extra)]
        said = "; ".join(parts) or "a column stands twice"
        raise ValueError(f"{reader.path}:1: {said}; the columns are {', '.join(wanted)}")


def _check_row(reader: _Reader, number: int, row: dict[str, str]) -> None:
    for column, rules in reader.columns.items():
        where = f"{reader.path}:{number}: column {column}"
        for fault in _cell_faults(row, column, rules):
            reader.faults.append(f"{where}: {fault}")
        for item in _items(row[column], rules):
            if item and "reference" in rules:
                iri = f"{reader.base}id/{rules['reference'].format(item, **reader.place, **row)}"
                said = f"{where}: {item!r} names no resource (there is no <{iri}>)"
                reader.references.append(Reference(_node(iri, where), said))


def _node(iri: str, where: str) -> NamedNode:
    try:
        return NamedNode(iri)
    except ValueError:
        raise ValueError(f"{where}: <{iri}> is no IRI; take out spaces and brackets") from None


def _items(cell: str, rules: dict[str, Any]) -> list[str]:
    return cell.split(SEPARATOR) if rules.get("separator") else [cell]


def _cell_faults(row: dict[str, str], column: str, rules: dict[str, Any]) -> Iterator[str]:
    cell = row[column]
    partner = rules.get("with")
    if not cell:
        if rules.get("required"):
            yield "is empty; every row needs it"
        if partner and row[partner]:
            yield f"is empty though {partner} is filled; fill both or neither"
        return
    if partner and not row[partner]:
        yield f"is filled though {partner} is empty; fill both or neither"
    for item in _items(cell, rules):
        yield from _item_faults(item, rules)


def _item_faults(item: str, rules: dict[str, Any]) -> Iterator[str]:
    if not item.strip():
        yield f"has an empty item; write items as a{SEPARATOR}b"
        return
    if "pattern" in rules and not re.fullmatch(rules["pattern"], item):
        yield f"{item!r} does not match {rules['pattern']}"
    if "enum" in rules and item not in rules["enum"]:
        yield f"{item!r} is none of {', '.join(rules['enum'])}"
    kind = rules.get("type", "string")
    if not _CANONICAL[kind](item):
        yield f"{item!r} is no {kind}; {_HINTS[kind]}"


def _canonical(parse: Callable[[str], object]) -> Callable[[str], bool]:
    def check(item: str) -> bool:
        try:
            return str(parse(item)) == item
        except (ValueError, InvalidOperation):
            return False

    return check


_CANONICAL: dict[str, Callable[[str], bool]] = {
    "string": lambda _: True,
    "integer": _canonical(int),
    "decimal": _canonical(Decimal),
    "date": _canonical(datetime.date.fromisoformat),
}
_HINTS = {
    "integer": "write digits without leading zeros",
    "decimal": "write it like 10000 or 0.5",
    "date": "write YYYY-MM-DD",
}


def _check_unique(
    reader: _Reader, rows: list[tuple[int, dict[str, str]]], columns: list[str]
) -> None:
    seen: dict[tuple[str, ...], int] = {}
    for number, row in rows:
        key = tuple(row[column] for column in columns)
        if columns and key in seen:
            said = f"{', '.join(columns)} {' '.join(key)!r} stands in row {seen[key]} already"
            reader.faults.append(f"{reader.path}:{number}: {said}; give each row its own")
        seen.setdefault(key, number)


def _stop(reader: _Reader) -> None:
    if reader.faults:
        raise ValueError("\n".join(reader.faults))


def _variables(reader: _Reader) -> list[str]:
    many = [f"{name}_n" for name, rules in reader.columns.items() if rules.get("separator")]
    return [*reader.columns, *many]


def _spread(reader: _Reader, row: dict[str, str]) -> Iterator[list[str | int | None]]:
    """Yield the row without its many-valued cells, then once for each item of each of them."""
    many = {name for name, rules in reader.columns.items() if rules.get("separator")}
    single = {name: row[name] or None for name in reader.columns if name not in many}
    names = _variables(reader)
    yield [single.get(name) for name in names]
    for column in reader.columns:
        if column in many and row[column]:
            for order, item in enumerate(row[column].split(SEPARATOR), start=1):
                solution: dict[str, str | int | None] = {**single, column: item}
                solution[f"{column}_n"] = order
                yield [solution.get(name) for name in names]
