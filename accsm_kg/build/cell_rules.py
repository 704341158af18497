"""Check table cells against the column rules in the header of the table's query.

The rules are those of Frictionless Table Schema (required, pattern, enum, type) and two more:
`separator` (a cell holds items separated by ` | `, and each is checked) and `with` (the cell is
filled exactly when the cell of another column is).
"""

import datetime
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

SEPARATOR: Final = " | "

Row = Mapping[str, str]
Rules = Mapping[str, Any]


def items(cell: str, rules: Rules) -> list[str]:
    """Return the items of a cell: one where its column has no `separator`."""
    return cell.split(SEPARATOR) if rules.get("separator") else [cell]


def check_cell(row: Row, column: str, rules: Rules) -> Iterator[str]:
    """Yield a message for each fault of the cell in ``column``: what is wrong, what to do."""
    cell, partner = row[column], rules.get("with")
    if not cell:
        if rules.get("required"):
            yield "the cell is empty; every row must fill this column"
        if partner and row[partner]:
            yield f"the cell is empty but {partner} is filled; fill both or neither"
        return
    if partner and not row[partner]:
        yield f"the cell is filled but {partner} is empty; fill both or neither"
    for item in items(cell, rules):
        yield from _check_item(item, rules)


def _check_item(item: str, rules: Rules) -> Iterator[str]:
    if not item.strip():
        yield f"an item is empty; write items as a{SEPARATOR}b"
        return
    if "pattern" in rules and not re.fullmatch(rules["pattern"], item):
        meaning = rules.get("description", "see its .rq")
        yield f"{item!r} does not match {rules['pattern']}; this column holds: {meaning}"
    if "enum" in rules and item not in rules["enum"]:
        yield f"{item!r} is not allowed; write one of {', '.join(rules['enum'])}"
    kind = rules.get("type", "string")
    if kind != "string" and not _is_canonical(item, _PARSERS[kind]):
        yield f"{item!r} is {_HINTS[kind]}"


def _is_canonical(item: str, parse: Callable[[str], object]) -> bool:
    try:
        return str(parse(item)) == item
    except (ValueError, InvalidOperation):
        return False


_PARSERS: Final[dict[str, Callable[[str], object]]] = {
    "integer": int,
    "decimal": Decimal,
    "date": datetime.date.fromisoformat,
}
_HINTS: Final = {
    "integer": "not a whole number; write digits without leading zeros",
    "decimal": "not a number; write it like 10000 or 0.5",
    "date": "not a date; write YYYY-MM-DD",
}
