"""Check table cells: their characters, and the column rules in the header of the table's query.

The rules are those of Frictionless Table Schema (required, pattern, enum, type, and minimum and
maximum of an integer or a date) and two more: `separator` (a cell holds items separated by ` | `,
and each is checked) and `with` (the cell is filled exactly when the cell of another column is).
"""

import datetime
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

SEPARATOR: Final = " | "

_ERRORS = "REF!|N/A|NAME[?]|VALUE!|DIV/0!|NUM!|NULL!|SPILL!|CALC!"
#: What a spreadsheet writes for an error, and UTF-8 that was read as Windows-1252.
_BROKEN = re.compile(f"#(?:{_ERRORS})|\u00c3[\x80-\xbf]|\u00e2\u20ac")

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
    if fault := characters(cell):
        yield f"the cell {fault}"
    found = items(cell, rules)
    for item, times in Counter(found).items():
        yield from _check_item(item, rules)
        if times > 1:
            yield f"{item!r} stands {times} times in the cell; once is enough"


def characters(text: str) -> str:
    """Return what is wrong with the characters of ``text``, and what to do; empty if nothing is.

    Refused are those that no reader sees, those that XML cannot say, those that stand for lost
    ones, and what spreadsheets write in place of a value. Spaces, tabs and line feeds are text.

    >>> characters("one\u200btwo")
    "has a zero width space (U+200B) after 'one'; write what was meant, such as a plain space"
    """
    for place, character in enumerate(text):
        if character == "\ufffd" or not (character.isprintable() or character in "\n\t"):
            name = unicodedata.name(character, "control character").lower()
            there = f"has a {name} (U+{ord(character):04X}) after {text[:place][-20:]!r}"
            return f"{there}; write what was meant, such as a plain space"
    if broken := _BROKEN.search(text):
        return f"has {broken[0]!r}, which a program wrote in place of text; write the text"
    return ""


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
    if kind != "string":
        yield from _check_value(item, kind, rules)


def _check_value(item: str, kind: str, rules: Rules) -> Iterator[str]:
    try:
        value = _PARSERS[kind](item)
    except ValueError:
        value = None
    if value is None or str(value) != item:
        yield f"{item!r} is {_HINTS[kind]}"
    elif value < (minimum := rules.get("minimum", value)):
        yield f"{item!r} is less than {minimum}; correct it"
    elif value > (maximum := rules.get("maximum", value)):
        yield f"{item!r} is more than {maximum}; correct it"


def _integer(item: str) -> int:
    """Return a number that the engine keeps: one of 64 bits."""
    if not -(2**63) <= (number := int(item)) < 2**63:
        raise ValueError
    return number


def _decimal(item: str) -> str:
    """Return a number that the engine keeps as written: 128 bits, 18 digits after the point."""
    if item == "-0" or not _DECIMAL.fullmatch(item) or abs(Decimal(item)) * 10**18 >= 2**127:
        raise ValueError
    return item


def _edtf(item: str) -> str:
    """Return a date of EDTF level 1, or an interval of which one end may be open."""
    ends = [end for end in item.split("/") if end not in ("", "..")]
    if not ends or item.count("/") > 1:
        raise ValueError
    for end in ends:
        if not (found := _EDTF.fullmatch(end)):
            raise ValueError
        year, month, day = (int(part or 1) for part in found.groups())
        if found[3] or not 21 <= month <= 41:  # seasons, quarters and halves of a year
            datetime.date(year, month, day)
    return item


_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]{0,17}[1-9])?")
_EDTF = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?[?~%]?")
_PARSERS: Final[dict[str, Callable[[str], Any]]] = {
    "integer": _integer,
    "decimal": _decimal,
    "date": datetime.date.fromisoformat,
    "edtf": _edtf,
}
_HINTS: Final = {
    "integer": "not a whole number; write digits without leading zeros, at most 18",
    "decimal": "not a plain number; write it like 10000 or 0.5, with at most 20 digits before the "
    "point and no zero at the end after it",
    "date": "not a date; write YYYY-MM-DD",
    "edtf": "not a time in EDTF; write it like 2017, 2017-07, 2017-07-04/2017-07-06 or 2017/..",
}
