"""Tables become triples, and a wrong cell is refused with its file, row, column and remedy."""

from pathlib import Path

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
CONSTRUCT { ?thing <x:size> ?number ; <x:colour> ?colours ; <x:order> ?colours_n }
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


def _refused(table: Path, *said: str) -> None:
    with pytest.raises(ValueError) as caught:
        tables.read(table, table.parent)
    for words in said:
        assert words in str(caught.value)


def test_a_row_becomes_triples_and_an_empty_cell_none(tmp_path: Path) -> None:
    found = tables.read(_table(tmp_path, "ball,3,2020-01-31,", "cube,,,"), tmp_path)
    assert found.triples == [Triple(NamedNode("x:ball"), NamedNode("x:size"), Literal(3))]


def test_items_of_a_cell_are_counted_and_checked_as_references(tmp_path: Path) -> None:
    found = tables.read(_table(tmp_path, "ball,,,red | green"), tmp_path)
    orders = {t.object.value for t in found.triples if t.predicate == NamedNode("x:order")}
    assert orders == {"1", "2"}
    assert found.references[1].iri.value.endswith("/id/colour/green")
    assert "things.csv:2: column colours: 'green' names no resource" in found.references[1].where


def test_quotes_backslashes_and_line_breaks_survive(tmp_path: Path) -> None:
    query = "CONSTRUCT { <x:s> <x:p> ?text }\nWHERE {\n}\n"
    (tmp_path / "things.rq").write_text("#+ columns:\n#+   text: {}\n" + query)
    (tmp_path / "things.csv").write_text('text\n"a ""b"" \\ {c}\nd"\n')
    assert (
        tables.read(tmp_path / "things.csv", tmp_path).triples[0].object.value == 'a "b" \\ {c}\nd'
    )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (",,,", "things.csv:2: column name: is empty; every row needs it"),
        ("Ball,,,", "things.csv:2: column name: 'Ball' does not match [a-z]+"),
        ("ball,03,2020-01-31,", "column size: '03' is no integer; write digits"),
        ("ball,3,2020-1-31,", "column day: '2020-1-31' is no date; write YYYY-MM-DD"),
        ("ball,3,2020-02-30,", "column day: '2020-02-30' is no date"),
        ("ball,3,,", "column day: is empty though size is filled"),
        ("ball,,2020-01-31,", "column day: is filled though size is empty"),
        ("ball,,,blue", "column colours: 'blue' is none of red, green"),
        ("ball,,,red | ", "column colours: has an empty item"),
        ("ball,,", "things.csv:2: 3 cells where the header has 4"),
        ('ball,,,"red', "things.csv:2: not CSV"),
    ],
)
def test_a_wrong_cell_is_named(tmp_path: Path, row: str, said: str) -> None:
    _refused(_table(tmp_path, row), said)


def test_all_faults_are_listed_at_once(tmp_path: Path) -> None:
    _refused(
        _table(tmp_path, ",,,", "ball,x,2020-01-31,blue"),
        ":2: column name",
        ":3: column size",
        "blue",
    )


def test_a_repeated_key_is_named(tmp_path: Path) -> None:
    _refused(
        _table(tmp_path, "ball,,,", "ball,,,"), "things.csv:3: name 'ball' stands in row 2 already"
    )


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("name,size,day", "things.csv:1: column colours is missing"),
        ("name,size,day,colours,price", "things.csv:1: column 'price' is unknown"),
        ("name,size,day,colours,name", "things.csv:1: a column stands twice"),
    ],
)
def test_a_wrong_header_is_named(tmp_path: Path, columns: str, said: str) -> None:
    _refused(_table(tmp_path, columns=columns), said)


def test_a_table_without_a_mapping_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "orphans.csv"
    table.write_text("name\n")
    _refused(table, "orphans.csv: no orphans.rq beside it or above it")


def test_a_table_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    table = _table(tmp_path)
    table.write_bytes(b"name,size,day,colours\nbl\xe9,,,\n")
    _refused(table, "things.csv: not UTF-8", "save it as CSV UTF-8")
