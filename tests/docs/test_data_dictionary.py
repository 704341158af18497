import re

from docs.data_dictionary import PAGE, page


def test_the_committed_page_is_that_of_the_headers() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"


def test_every_column_has_a_meaning_and_every_row_the_cells_of_its_table() -> None:
    rows = [re.split(r"(?<!\\)\|", line) for line in page().splitlines() if line.startswith("|")]
    columns = [row[1:-1] for row in rows if row[1].startswith(" `")]
    assert len(columns) > 200
    assert [row for row in columns if len(row) != 4 or not row[3].strip()] == []
