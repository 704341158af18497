"""Reading query files with a `#+` header, and binding values to queries."""

from pathlib import Path

import pytest
from pyoxigraph import Literal, QuerySolutions, Store

from accsm_kg.rdf import query_files

TEXT = """#+ summary: Which things?
#+ parameters:
#+   name: {default: <http://a/x>}
SELECT ?a
WHERE {
}
"""


def test_the_text_is_read_with_its_header(tmp_path: Path) -> None:
    (tmp_path / "q.rq").write_text(TEXT)
    text, header = query_files.read(tmp_path / "q.rq")
    assert text == TEXT
    assert header == {
        "summary": "Which things?", "parameters": {"name": {"default": "<http://a/x>"}}
    }  # fmt: skip


def test_the_text_is_edited_before_its_header_is_read(tmp_path: Path) -> None:
    (tmp_path / "q.rq").write_text(TEXT)
    text, header = query_files.read(tmp_path / "q.rq", lambda text: text.replace("//a/", "//b/"))
    assert "<http://b/x>" in text
    assert header["parameters"]["name"]["default"] == "<http://b/x>"


@pytest.mark.parametrize(
    ("head", "fault"), [("#+ a: [", "is not YAML"), ("#+ a list", "must be a mapping")]
)
def test_a_faulty_header_is_refused_with_its_file(tmp_path: Path, head: str, fault: str) -> None:
    (tmp_path / "q.rq").write_text(f"{head}\nASK {{}}\n")
    with pytest.raises(ValueError, match=rf"q\.rq: the #\+ header {fault}"):
        query_files.read(tmp_path / "q.rq")


def test_a_query_without_a_header_has_an_empty_one() -> None:
    assert query_files.header("# a comment\nASK {}") == {}


def test_values_are_strings_integers_and_unbound() -> None:
    hard = 'a "quoted" \\ text\r\nof two lines'
    found = Store().query(
        query_files.bind("SELECT ?a ?b\nWHERE {\n}", "ab", [[hard, 1], [None, 2]])
    )
    assert isinstance(found, QuerySolutions)
    assert [list(row) for row in found] == [[Literal(hard), Literal(1)], [None, Literal(2)]]


def test_values_need_a_line_that_begins_with_where() -> None:
    with pytest.raises(ValueError, match=r"begins `WHERE \{`"):
        query_files.bind("SELECT ?a { }", ["a"], [["x"]])
