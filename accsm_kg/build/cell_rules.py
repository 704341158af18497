"""Check the cells of a table against the rules that the header of its query states for a column.

The rules are those of Frictionless Table Schema (required, pattern, enum, type) and two of ours:
`separator` (a cell holds items divided by ` | `, each of which is checked) and `with` (filled
exactly when another column is).
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
    """Return the items of a cell; a cell of a column without separator is one item."""
    return cell.split(SEPARATOR) if rules.get("separator") else [cell]


def check_cell(row: Row, column: str, rules: Rules) -> Iterator[str]:
    """Yield what is wrong with the cell of ``row`` in ``column`` and what to do."""
    cell, partner = row[column], rules.get("with")
    if not cell:
        if rules.get("required"):
            yield "is empty; every row needs it"
        if partner and row[partner]:
            yield f"is empty though {partner} is filled; fill both or neither"
        return
    if partner and not row[partner]:
        yield f"is filled though {partner} is empty; fill both or neither"
    for item in items(cell, rules):
        yield from _check_item(item, rules)


def _check_item(item: str, rules: Rules) -> Iterator[str]:
    if not item.strip():
        yield f"has an empty item; write items as a{SEPARATOR}b"
        return
    if "pattern" in rules and not re.fullmatch(rules["pattern"], item):
        yield f"{item!r} does not match {rules['pattern']}"
    if "enum" in rules and item not in rules["enum"]:
        yield f"{item!r} is none of {', '.join(rules['enum'])}"
    kind = rules.get("type", "string")
    if kind != "string" and not _is_canonical(item, _PARSERS[kind]):
        yield f"{item!r} is no {kind}; {_HINTS[kind]}"


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
    "integer": "write digits without leading zeros",
    "decimal": "write it like 10000 or 0.5",
    "date": "write YYYY-MM-DD",
}
