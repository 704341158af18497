"""Read the cells of a table as spreadsheets save it: CSV in several dialects, or .xlsx.

CSV may be UTF-8 with a byte order mark or UTF-16, have semicolons or tabs between its cells, or
begin with a line such as `sep=;`. What is ambiguous, such as another encoding or merged cells, is
refused.
"""

import csv
import datetime
import io
import re
import warnings
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from accsm_kg.rdf.query_files import decode

if TYPE_CHECKING:
    from openpyxl.cell import Cell, MergedCell
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

SUFFIXES: Final = (".csv", ".xlsx")
_DIVIDERS: Final = ",;\t"
_EXACT = 10**15  # a spreadsheet keeps 15 digits of a number
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)

Rows = list[tuple[int, list[str]]]


@dataclass(frozen=True)
class Sheet:
    """The rows of a table: the number of each in the file, and its cells as text."""

    path: Path
    rows: Rows
    name: str = ""
    """The name of the sheet of a workbook; empty for CSV."""
    guessed: dict[tuple[int, int], str] = field(default_factory=dict)
    """What a workbook may have made of a cell that was typed otherwise, by row and position."""

    def where(self, row: int, position: int) -> str:
        """Return how a message names a cell; ``position`` counts from 0."""
        if not self.name:
            return f"{self.path}:{row}"
        from openpyxl.utils import get_column_letter

        return f"{self.path}: sheet {self.name}, cell {get_column_letter(position + 1)}{row}"


def read(path: Path, columns: Collection[str]) -> Sheet:
    """Return the cells of a table, without empty rows and empty columns after the last named one.

    The first row names ``columns``, by which it is seen what divides the cells of a CSV file.
    Raises ValueError with file, row and fault.
    """
    sheet = _workbook(path) if path.suffix == ".xlsx" else Sheet(path, _csv(path, columns))
    rows = [(number, cells) for number, cells in sheet.rows if any(cells)]
    names = rows[0][1] if rows else []
    width = max((number for number, name in enumerate(names, 1) if name), default=0)
    cut = [(number, cells if any(cells[width:]) else cells[:width]) for number, cells in rows]
    return replace(sheet, rows=cut)


def _csv(path: Path, columns: Collection[str]) -> Rows:
    text, first = _decoded(path), 1
    if line := _SEPARATOR_LINE.match(text):
        divider, text, first = line[1], text[line.end() :], 2
    else:
        named = {divider: _named(text, divider, columns) for divider in _DIVIDERS}
        divider = max(named, key=lambda divider: named[divider])
    records = _records(text, divider)
    try:
        return list(enumerate(records, first))
    except csv.Error as error:
        line_number = records.line_num + first - 1  # type: ignore[attr-defined]
        raise ValueError(f"{path}:{line_number}: not valid CSV: {error}") from None


def _records(text: str, divider: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=divider, strict=True)


def _named(text: str, divider: str, columns: Collection[str]) -> int:
    """Return how many ``columns`` the first row names if ``divider`` divides its cells."""
    head = text.partition("\n")[0].rstrip("\r")
    return len({name.strip('"') for name in head.split(divider)} & set(columns))


def _decoded(path: Path) -> str:
    raw = path.read_bytes()
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return decode(raw, str(path), encoding, "save it as CSV UTF-8").replace("\r\n", "\n")


def _workbook(path: Path) -> Sheet:
    """Return the one sheet of a workbook that has cells."""
    found = [_sheet(path, worksheet) for worksheet in _loaded(path).worksheets]
    found = [sheet for sheet in found if any(any(cells) for _, cells in sheet.rows)]
    if len(found) != 1:
        raise ValueError(f"{path}: {len(found)} sheets have cells; keep the one with the table")
    return found[0]


def _loaded(path: Path) -> "Workbook":
    import openpyxl  # takes half as long as the start of a command

    with path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and menus that are not read
        try:
            return openpyxl.load_workbook(file)
        except Exception as error:  # of the archive, of XML or of what stands in it
            raise ValueError(f"{path}: not an .xlsx workbook: {error}") from None


def _sheet(path: Path, worksheet: "Worksheet") -> Sheet:
    for merged in worksheet.merged_cells.ranges:
        fault = f"the cells {merged} are merged; split them, and fill each"
        raise ValueError(f"{path}: sheet {worksheet.title}: {fault}")
    rows = list(enumerate(worksheet.iter_rows(), 1))
    return Sheet(
        path,
        [(number, [_text(cell.value) for cell in cells]) for number, cells in rows],
        worksheet.title,
        {
            (number, position): kind
            for number, cells in rows
            for position, cell in enumerate(cells)
            if (kind := _guessed(cell))
        },
    )


def _guessed(cell: "Cell | MergedCell") -> str:
    """Return what a spreadsheet makes of some texts that are typed: a type, or a formula."""
    match cell.value:
        case _ if cell.data_type == "f":
            return "formula"
        case bool():
            return "boolean"
        case datetime.date() | datetime.time() | datetime.timedelta():
            return "date"
        case int() | float() as number if number % 1 or abs(number) >= _EXACT:
            return "decimal"
    return ""


def _text(value: object) -> str:
    """Return the value of a cell as it would stand in CSV."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float() if value.is_integer():
            return str(int(value))
        case datetime.datetime(hour=0, minute=0, second=0):
            return value.date().isoformat()
        case str():
            from openpyxl.utils.escape import unescape

            return unescape(value).replace("\r\n", "\n")
    return str(value)
