"""Answers of SPARQL as a workbook of Office Open XML (ECMA-376, Part 1), written row by row.

Texts are texts, whatever they look like: no cell is a formula, and one that begins with `=` stays a
text when it is edited. Numbers are such if a spreadsheet keeps all of their digits. A second sheet
has the query. Nothing is kept in memory or in files, so that a confined process can write any size.
"""

import codecs
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Final
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from pyoxigraph import Literal, NamedNode

from accsm_kg.rdf.terms import Term, local_name

MOST_ROWS: Final = (1 << 20) - 1  # below the head
MOST_COLUMNS: Final = 1 << 14
_LONGEST = 32_767  # UTF-16 code units of a cell
_UTF_16 = codecs.lookup("utf-16-le")  # its first use opens a file, which a confined process cannot
_DIGITS = 15  # of a number that a spreadsheet keeps
_NUMBERS = {
    "integer", "decimal", "int", "long", "short", "byte", "nonNegativeInteger", "positiveInteger",
    "nonPositiveInteger", "negativeInteger", "unsignedInt", "unsignedLong", "unsignedShort",
    "unsignedByte",
}  # fmt: skip
_REALS = {"double", "float"}
_XSD = "http://www.w3.org/2001/XMLSchema#"
_PLAIN = re.compile(r"[+-]?\d+(?:\.\d*)?|[+-]?\.\d+")
#: What XML or a spreadsheet would change: controls, and what looks like the escape of a character.
_SPECIAL = re.compile("[\0-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_CHUNK = 1 << 16  # characters that are compressed at once

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_HEAD_STYLE, _TEXT_STYLE = 2, 1
_PARTS: Final = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default '
    'Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet2.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
    f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets><sheet '
    'name="Answer" sheetId="1" r:id="r1"/><sheet name="Query" sheetId="2" r:id="r2"/></sheets>'
    "</workbook>",
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship '
    f'Id="r1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" '
    f'Type="{_OFFICE}/worksheet" Target="worksheets/sheet2.xml"/><Relationship Id="r3" '
    f'Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/><name '
    'val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills '
    'count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill '
    'patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs '
    'count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf/><xf numFmtId="49" quotePrefix="1" '
    'applyNumberFormat="1"/><xf numFmtId="49" fontId="1" quotePrefix="1" applyNumberFormat="1" '
    'applyFont="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" '
    'builtinId="0"/></cellStyles></styleSheet>',
}


class Workbook:
    """A workbook that is written to a file which need not be seekable."""

    def __init__(self, output: IO[bytes]) -> None:
        """Write the parts that all workbooks have."""
        self._zip = ZipFile(output, "w")
        for name, text in _PARTS.items():
            self._write(name, [text])

    def add_answer(self, variables: Sequence[str], rows: Iterable[Sequence[Term | None]]) -> None:
        """Write the sheet of the answer; raises OverflowError if it has too many columns."""
        if len(variables) > MOST_COLUMNS:
            raise OverflowError(f"A sheet has at most {MOST_COLUMNS:,} columns: ask for CSV.")
        self._write("xl/worksheets/sheet1.xml", _answer(variables, rows))

    def close(self, query: str, remark: str = "") -> None:
        """Write the sheet with the query, below a ``remark``, and the end of the file."""
        lines = [*filter(None, [remark]), *query.splitlines()]
        self._write("xl/worksheets/sheet2.xml", _sheet(_rows([[line] for line in lines]), 1))
        self._zip.close()

    def _write(self, name: str, pieces: Iterable[str]) -> None:
        """Write a part of the package; its time is always the same, so that its bytes are."""
        part = ZipInfo(name)
        part.compress_type = ZIP_DEFLATED
        with self._zip.open(part, "w") as file:
            held, size = [_DECLARATION], 0
            for piece in pieces:
                held.append(piece)
                size += len(piece)
                if size >= _CHUNK:
                    file.write("".join(held).encode())
                    held, size = [], 0
            file.write("".join(held).encode())


def _answer(variables: Sequence[str], rows: Iterable[Sequence[Term | None]]) -> Iterator[str]:
    head = "".join(_text(name, _HEAD_STYLE) for name in variables)
    pane = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    written = (f"<row>{''.join(map(_cell, row))}</row>" for row in rows)
    yield from _sheet([f"<row>{head}</row>"], len(variables), pane, written)


def _rows(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    for row in rows:
        yield f"<row>{''.join(_text(text) for text in row)}</row>"


def _sheet(
    first: Iterable[str], columns: int, pane: str = "", rows: Iterable[str] = ()
) -> Iterator[str]:
    yield f'<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">{pane}'
    yield "</sheetView></sheetViews>"
    if columns:
        yield f'<cols><col min="1" max="{columns}" width="32" customWidth="1"/></cols>'
    yield "<sheetData>"
    yield from first
    yield from rows
    yield "</sheetData></worksheet>"


def _cell(term: Term | None) -> str:
    if term is None:
        return "<c/>"
    if not isinstance(term, Literal):
        return _text(term.value if isinstance(term, NamedNode) else str(term))
    kind, value = term.datatype.value, term.value
    if kind.startswith(_XSD):
        kind = local_name(kind)
        if kind == "boolean" and value in ("true", "false", "1", "0"):
            return f'<c t="b"><v>{int(value in ("true", "1"))}</v></c>'
        if kind in _NUMBERS and _PLAIN.fullmatch(value) and _is_kept(value):
            return f"<c><v>{value}</v></c>"
        if kind in _REALS and math.isfinite(real := _real(value)):
            return f"<c><v>{real!r}</v></c>"
    return _text(value)


def _is_kept(value: str) -> bool:
    return len(value.replace(".", "").strip("+-").lstrip("0")) <= _DIGITS


def _real(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        return math.nan


def _text(text: str, style: int = _TEXT_STYLE) -> str:
    """Return a cell with a text, which is cut to what a spreadsheet can hold."""
    if len(text) > _LONGEST // 2 and len(units := _UTF_16.encode(text)[0]) > 2 * _LONGEST:
        kept, _ = _UTF_16.decode(units[: 2 * (_LONGEST - 1)], "ignore")
        text = kept + "\N{HORIZONTAL ELLIPSIS}"
    text = escape(_SPECIAL.sub(_escaped, text))
    return f'<c s="{style}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _escaped(found: re.Match[str]) -> str:
    return f"_x{ord(found[0]):04X}_"
