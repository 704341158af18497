"""Workbooks of answers, read back by openpyxl."""

from io import BytesIO
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.escape import unescape
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from accsm_kg.rdf import xlsx
from accsm_kg.rdf.terms import Term

XSD = "http://www.w3.org/2001/XMLSchema#"


def written(rows: list[tuple[Term | None, ...]], variables: list[str], query: str = "") -> Any:
    file = BytesIO()
    workbook = xlsx.Workbook(file)
    workbook.add_answer(variables, rows)
    workbook.close(query)
    return openpyxl.load_workbook(file)


def typed(text: str, kind: str) -> Literal:
    return Literal(text, datatype=NamedNode(XSD + kind))


TEXTS = [
    "=1+1", "=HYPERLINK(\"http://example.org\")", "+1", "-1", "@SUM(A1)", "\t=1", "#N/A", "TRUE",
    "007", "1E5", "2017-01-02", "", " a  b ", "a\nb", "<&>\"'", "_x0041_", "x_x000D_y", "x_xyz_",
    "\u202emoc", "مرحبا", "\U0001f600", "a\x00b\x08\x1fc\rd\ufffe",
]  # fmt: skip


def test_a_text_stays_the_text_that_it_is() -> None:
    sheet = written([(Literal(text),) for text in TEXTS], ["t"])["Answer"]
    cells = [row[0] for row in sheet.iter_rows(min_row=2)]
    assert [unescape(cell.value or "") for cell in cells] == TEXTS
    assert {cell.data_type for cell in cells if cell.value} == {"s"}
    assert {cell.number_format for cell in cells} == {"@"}
    assert all(cell.quotePrefix for cell in cells)


@pytest.mark.parametrize(
    ("term", "value"),
    [
        (Literal(41), 41),
        (typed("-0.50", "decimal"), -0.5),
        (typed("123456789012345", "integer"), 123456789012345),
        (typed("1234567890123456", "integer"), "1234567890123456"),
        (typed("0.1234567890123456", "decimal"), "0.1234567890123456"),
        (typed("1.5E3", "double"), 1500.0),
        (typed("NaN", "double"), "NaN"),
        (typed("-INF", "double"), "-INF"),
        (typed("x", "integer"), "x"),
        (typed("1e400", "double"), "1e400"),
        (typed("true", "boolean"), True),
        (typed("2017-01-02", "date"), "2017-01-02"),
        (typed("2017", "gYear"), "2017"),
        (Literal("5", datatype=NamedNode("ex:integer")), "5"),
        (Literal("chat", language="fr"), "chat"),
        (NamedNode("https://example.org/a"), "https://example.org/a"),
        (BlankNode("b"), "_:b"),
        (Triple(NamedNode("ex:a"), NamedNode("ex:b"), Literal(1)), None),
        (None, None),
    ],
)
def test_values_are_numbers_and_booleans_if_a_spreadsheet_keeps_them(
    term: Term | None, value: object
) -> None:
    cell = written([(term, Literal("end"))], ["a", "b"])["Answer"]["A2"]
    if isinstance(term, Triple):
        assert cell.value.startswith("<ex:a> <ex:b> ")
    else:
        assert cell.value == value
        assert type(cell.value) is type(value)


def test_the_first_row_names_the_variables_and_stays_in_sight() -> None:
    sheet = written([(Literal(1), None)], ["number", "=name"])["Answer"]
    assert [cell.value for cell in sheet[1]] == ["number", "=name"]
    assert sheet["A1"].font.bold
    assert sheet.freeze_panes == "A2"


def test_the_second_sheet_has_the_query() -> None:
    query = "# =cmd()\nSELECT *\n\n{ }"
    sheet = written([], ["a"], query)["Query"]
    assert "\n".join(row[0].value or "" for row in sheet.iter_rows()) == query


@pytest.mark.parametrize("letter", ["x", "\U0001f600"])
def test_a_text_is_cut_at_what_a_cell_can_hold(letter: str) -> None:
    cell = written([(Literal(letter * 100_000),)], ["a"])["Answer"]["A2"]
    assert cell.value.endswith("x…" if letter == "x" else "\U0001f600…")
    assert 32_765 <= len(cell.value.encode("utf-16-le")) // 2 <= 32_767


def test_more_columns_than_a_sheet_has_are_refused() -> None:
    with pytest.raises(OverflowError, match=r"at most 16,384 columns: ask for CSV"):
        written([], [f"v{n}" for n in range(16_385)])
