"""Reading tables: the triples of valid rows, and the messages for invalid cells."""

import datetime
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pytest
from pyoxigraph import Literal, NamedNode, Triple

from accsm_kg.build import tables

HEADER = """\
#+ unique: [name]
#+ columns:
#+   name: {required: true, pattern: '[a-z]+'}
#+   size: {type: integer}
#+   day: {type: date, with: size}
#+   colours: {separator: true, enum: [red, green], reference: 'colour/{}'}
CONSTRUCT {
  ?thing <x:name> ?name ; <x:size> ?number ; <x:day> ?day ;
    <x:colour> ?colours ; <x:order> ?colours_n .
}
WHERE {
  BIND(IRI(CONCAT("x:", ?name)) AS ?thing)
  BIND(STRDT(?size, <http://www.w3.org/2001/XMLSchema#integer>) AS ?number)
}
"""


def _table(folder: Path, *rows: str, columns: str = "name,size,day,colours") -> Path:
    (folder / "things.rq").write_text(HEADER)
    table = folder / "things.csv"
    table.write_text("\n".join([columns, *rows, ""]))
    return table


def _refused(table: Path, *messages: str) -> None:
    with pytest.raises(ValueError) as caught:
        tables.read(table, table.parent)
    for message in messages:
        assert message in str(caught.value)


BALL = {
    Triple(NamedNode("x:ball"), NamedNode("x:name"), Literal("ball")),
    Triple(NamedNode("x:ball"), NamedNode("x:size"), Literal(3)),
    Triple(NamedNode("x:ball"), NamedNode("x:day"), Literal("2020-01-31")),
}


def test_a_row_gives_triples_and_an_empty_cell_gives_none(tmp_path: Path) -> None:
    found = tables.read(_table(tmp_path, "ball,3,2020-01-31,", "cube,,,"), tmp_path)
    cube = Triple(NamedNode("x:cube"), NamedNode("x:name"), Literal("cube"))
    assert set(found.triples) == BALL | {cube}


def test_a_table_may_do_without_a_column_that_is_not_required(tmp_path: Path) -> None:
    found = tables.read(_table(tmp_path, "ball,3,2020-01-31", columns="name,size,day"), tmp_path)
    assert set(found.triples) == BALL


def test_items_of_a_cell_are_counted_and_checked_as_references(tmp_path: Path) -> None:
    found = tables.read(_table(tmp_path, "ball,,,red | green"), tmp_path)
    orders = {t.object.value for t in found.triples if t.predicate == NamedNode("x:order")}
    assert orders == {"1", "2"}
    assert found.references[1].iri.value.endswith("/id/colour/green")
    assert "column colours: 'green' names a resource" in found.references[1].where


def test_quotes_backslashes_and_line_breaks_are_kept(tmp_path: Path) -> None:
    query = "CONSTRUCT { <x:s> <x:p> ?text }\nWHERE {\n}\n"
    (tmp_path / "things.rq").write_text("#+ columns:\n#+   text: {}\n" + query)
    (tmp_path / "things.csv").write_text('text\n"a ""b"" \\ {c}\nd"\n')
    assert (
        tables.read(tmp_path / "things.csv", tmp_path).triples[0].object.value == 'a "b" \\ {c}\nd'
    )


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (",3,2020-01-31,", "things.csv:2: column name: the cell is empty; every row must fill"),
        ("Ball,,,", "things.csv:2: column name: 'Ball' does not match [a-z]+"),
        ("ball,03,2020-01-31,", "column size: '03' is not a whole number; write digits"),
        ("ball,3,2020-1-31,", "column day: '2020-1-31' is not a date; write YYYY-MM-DD"),
        ("ball,3,2020-02-30,", "column day: '2020-02-30' is not a date"),
        (
            "ball,9223372036854775808,2020-01-31,",
            "column size: '9223372036854775808' is not a whole",
        ),
        (
            "ball,,,red | gr\u00adeen",
            "column colours: the cell has a soft hyphen (U+00AD) after 'red |",
        ),
        ("#REF!,,,", "column name: the cell has '#REF!', which a program wrote in place of text"),
        ("ball,3,,", "column day: the cell is empty but size is filled"),
        ("ball,,2020-01-31,", "column day: the cell is filled but size is empty"),
        ("ball,,,blue", "column colours: 'blue' is not allowed; write one of red, green"),
        ("ball,,,red | ", "column colours: an item is empty"),
        ("ball,,,red | red", "column colours: 'red' stands 2 times in the cell; once is enough"),
        ("ball,,", "things.csv:2: the row has 3 cells but the header has 4"),
        ('ball,,,"red', "things.csv:2: not valid CSV"),
    ],
)
def test_an_invalid_cell_is_refused(tmp_path: Path, row: str, message: str) -> None:
    _refused(_table(tmp_path, row), message)


def test_all_faults_are_listed_at_once(tmp_path: Path) -> None:
    _refused(
        _table(tmp_path, ",3,2020-01-31,", "ball,x,2020-01-31,blue"),
        ":2: column name",
        ":3: column size",
        "blue",
    )


def test_a_repeated_key_is_refused(tmp_path: Path) -> None:
    _refused(_table(tmp_path, "ball,,,", "ball,,,"), "things.csv:3: row 2 already has name 'ball'")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ("size,day,colours", "things.csv:1: column name is missing"),
        ("name,size,day,colours,price", "things.csv:1: column 'price' is unknown"),
        ("name,size,day,colours,name", "things.csv:1: a column is named twice"),
        ("name,siez,day", "things.csv:1: column 'siez' is unknown; write 'size'"),
        ("", "things.csv:1: column name is missing"),
        ("name,size,,day", "things.csv:1: column '' is unknown"),
        ("a,b,c,d", "things.csv:1: the first row, 'a, b, c, d', does not name the columns"),
        ("name,size", "things.csv: the table has no rows; fill it or delete the file"),
    ],
)
def test_an_invalid_header_is_refused(tmp_path: Path, columns: str, message: str) -> None:
    _refused(_table(tmp_path, columns=columns), message)


def test_a_table_without_a_query_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "orphans.csv"
    table.write_text("name\n")
    _refused(table, "orphans.csv: no orphans.rq in its folder or above it")


def test_a_table_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    table = _table(tmp_path)
    table.write_bytes(b"name,size,day,colours\nbl\xe9,,,\n")
    _refused(table, "things.csv:2: not UTF-8 (byte 0xe9); save it as CSV UTF-8")


ROWS = [["name", "size", "day", "colours"], ["ball", "3", "2020-01-31", "red | green"]]
TEXT = "\n".join(",".join(row) for row in ROWS) + "\n"


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
        TEXT.replace(",", ";").encode(),
        TEXT.replace(",", "\t").encode(),
        b"sep=;\r\n" + TEXT.replace(",", ";").replace("\n", "\r\n").encode(),
        TEXT.replace(",", '","').replace("\n", '"\n"').removesuffix('"').join('"\n').encode(),
        TEXT.replace("\n", ",,\n").encode() + b",,,,,\n\n",
    ],
    ids=["mark", "UTF-16", "big UTF-16", "semicolons", "tabs", "sep=", "quotes", "empty cells"],
)
def test_a_table_is_read_as_spreadsheets_save_it(tmp_path: Path, content: bytes) -> None:
    table = _table(tmp_path)
    table.write_text(TEXT)
    expected = tables.read(table, tmp_path)
    table.write_bytes(content)
    assert tables.read(table, tmp_path).triples == expected.triples != []


def _workbook(folder: Path, *rows: list[object], more: str = "") -> Path:
    workbook = openpyxl.Workbook()
    for row in (ROWS[0], *rows):
        workbook.active.append(row)
    workbook.create_sheet("Other")["B2"] = more
    (folder / "things.rq").write_text(HEADER)
    workbook.save(folder / "things.xlsx")
    return folder / "things.xlsx"


def test_a_workbook_is_read_as_the_same_csv(tmp_path: Path) -> None:
    table = _table(tmp_path)
    table.write_text(TEXT)
    row = ["ball", 3, datetime.date(2020, 1, 31), "red | green"]
    assert (
        tables.read(_workbook(tmp_path, row), tmp_path).triples
        == tables.read(table, tmp_path).triples
    )


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (["Ball", 3, "2020-01-31", ""], "cell A2: column name: 'Ball' does not match"),
        ([datetime.date(2020, 1, 31)], "cell A2: column name: the spreadsheet made a date of what"),
        (["ball", 3.5, "2020-01-31", ""], "cell B2: column size: the spreadsheet made a decimal"),
        (["ball", "#N/A", "2020-01-31", ""], "cell B2: column size: the cell has '#N/A', which a"),
        (
            ["ball", "=1+2", "2020-01-31", ""],
            "cell B2: column size: the spreadsheet made a formula",
        ),
        (
            ["ball", 10**15, "2020-01-31", ""],
            "cell B2: column size: the spreadsheet made a decimal",
        ),
        ([True, "", "", ""], "cell A2: column name: the spreadsheet made a boolean of what was"),
        (
            ["a_x000D_", "", "", ""],
            "cell A2: column name: the cell has a control character (U+000D)",
        ),
    ],
)
def test_an_invalid_cell_of_a_workbook_is_refused(
    tmp_path: Path, row: list[object], message: str
) -> None:
    _refused(_workbook(tmp_path, row), f"things.xlsx: sheet Sheet, {message}")


def test_a_workbook_with_cells_on_two_sheets_or_none_is_refused(tmp_path: Path) -> None:
    _refused(_workbook(tmp_path, ["ball"], more="x"), "things.xlsx: 2 sheets have cells; keep")
    (tmp_path / "things.xlsx").write_bytes(b"no workbook")
    _refused(tmp_path / "things.xlsx", "things.xlsx: not an .xlsx workbook: ")


def test_merged_cells_are_refused(tmp_path: Path) -> None:
    path = _workbook(tmp_path, ["ball"], ["cube"])
    workbook = openpyxl.load_workbook(path)
    workbook.active.merge_cells("A2:A3")
    workbook.save(path)
    _refused(path, "things.xlsx: sheet Sheet: the cells A2:A3 are merged; split them, and fill")


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml"])
def test_a_damaged_workbook_is_refused_with_its_file(tmp_path: Path, part: str) -> None:
    path = _workbook(tmp_path, ["ball"])
    with ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content[:-20] if name == part else content)
    _refused(path, "things.xlsx: not an .xlsx workbook: ")


def test_a_cell_after_the_last_named_column_is_refused(tmp_path: Path) -> None:
    table = _table(tmp_path, "ball,,,,,x", columns="name,size,day,colours,,")
    _refused(table, "things.csv:2: the row has 6 cells but the header has 4")


def test_a_name_that_makes_no_iri_does_not_hide_other_faults(tmp_path: Path) -> None:
    text = HEADER.replace("enum: [red, green], ", "")
    table = _table(tmp_path, "ball,x,2020-01-31,a b")
    (tmp_path / "things.rq").write_text(text)
    _refused(table, "column size: 'x' is not a whole number", "column colours: 'a b' makes 'http")


@pytest.mark.parametrize(
    ("rules", "cell", "fault"),
    [
        ("type: decimal", "0.5", ""),
        ("type: decimal", "-12", ""),
        ("type: decimal", "0.50", "'0.50' is not a plain number; write it like 10000 or 0.5"),
        ("type: decimal", "-0", "'-0' is not a plain number"),
        ("type: decimal", "NaN", "'NaN' is not a plain number"),
        ("type: integer, minimum: 1, maximum: 12", "12", ""),
        ("type: integer, minimum: 1, maximum: 12", "13", "'13' is more than 12; correct it"),
        ("type: integer, minimum: 1, maximum: 12", "0", "'0' is less than 1; correct it"),
        ("type: date, maximum: 2100-12-31", "2918-01-01", "'2918-01-01' is more than 2100-12-31"),
        ("type: edtf", "2017-12", ""),
        ("type: edtf", "2017-36", ""),
        ("type: edtf", "2016-02-29/2017", ""),
        ("type: edtf", "2017~/..", ""),
        ("type: edtf", "2017-13", "'2017-13' is not a time in EDTF; write it like 2017, 2017-07"),
        ("type: edtf", "2017-02-29", "'2017-02-29' is not a time in EDTF"),
        ("type: edtf", "2017-36-01", "'2017-36-01' is not a time in EDTF"),
        ("type: edtf", "..", "'..' is not a time in EDTF"),
        ("type: edtf", "2017/2018/2019", "'2017/2018/2019' is not a time in EDTF"),
        ("type: edtf", "May 2017", "'May 2017' is not a time in EDTF"),
    ],
)
def test_a_value_is_one_that_the_graph_keeps(
    tmp_path: Path, rules: str, cell: str, fault: str
) -> None:
    query = "CONSTRUCT { <x:s> <x:p> ?size }\nWHERE {\n}\n"
    (tmp_path / "things.rq").write_text(f"#+ columns:\n#+   size: {{{rules}}}\n{query}")
    (tmp_path / "things.csv").write_text(f"size\n{cell}\n")
    if fault:
        _refused(tmp_path / "things.csv", f"things.csv:2: column size: {fault}")
    else:
        assert tables.read(tmp_path / "things.csv", tmp_path).triples[0].object.value == cell


KINDS = """\
#+ columns:
#+   kind: {required: true, enum: [ball, box]}
#+   radius: {}
#+   unit: {}
#+   colours: {separator: true}
#+   page: {}
CONSTRUCT {
  ?thing a ?class ; <x:radius> ?size ; <x:unit> ?its_unit ; <x:colour> ?colour ; <x:page> ?link .
}
WHERE {
  VALUES (?kind ?class) { ("ball" <x:Ball>) ("box" <x:Box>) }
  BIND(IRI(CONCAT("x:", STR(?row))) AS ?thing)
  BIND(IF(?kind = "ball", ?radius, ?none) AS ?size)
  BIND(IF(BOUND(?radius), ?unit, ?none) AS ?its_unit)
  BIND(IF(STRSTARTS(?colours, "#"), ?colours, ?none) AS ?colour)
  BIND(IRI(?page) AS ?link)
}
"""
LOST = "would be lost: no statement is made of it"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("box,3,,,", f":3: column radius: '3' {LOST} in a row like this; correct the row, or"),
        ("box,,cm,,", f":3: column unit: 'cm' {LOST} while radius is empty; fill that too, or"),
        ("box,,,#f00 | red,", f":3: column colours: 'red' {LOST} in a row like this"),
        ("box,,,,x:a b", f":3: column page: 'x:a b' {LOST} in a row like this"),
    ],
)
def test_a_cell_that_leaves_no_triple_is_refused(tmp_path: Path, row: str, message: str) -> None:
    (tmp_path / "things.rq").write_text(KINDS)
    (tmp_path / "things.csv").write_text(
        f"kind,radius,unit,colours,page\nball,3,cm,#f00,x:a\n{row}\nbell,,,,\n"
    )
    _refused(tmp_path / "things.csv", message, ":4: column kind: 'bell' is not allowed")
    with pytest.raises(ValueError) as caught:
        tables.read(tmp_path / "things.csv", tmp_path)
    assert str(caught.value).count(LOST) == 1


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("CONSTRUCT { <x:s> <x:p> ?other }\nWHERE {\n}", "nothing is made of column size; use ?si"),
        ("SELECT ?size\nWHERE {\n}", "the query of a table must be a CONSTRUCT query"),
        ("CONSTRUCT { <x:s> <x:p> }\nWHERE {\n}", "error at 3:25"),
        ("CONSTRUCT { <x:s> <x:p> ?size } WHERE {}", "a line that begins `WHERE {`"),
    ],
)
def test_a_query_that_cannot_map_a_table_is_refused(tmp_path: Path, query: str, fault: str) -> None:
    (tmp_path / "things.rq").write_text(f"#+ columns:\n#+   size: {{}}\n{query}\n")
    (tmp_path / "things.csv").write_text("size\n3\n")
    _refused(tmp_path / "things.csv", "things.rq: ", fault)
