"""Reading questions from query files, and finding and listing them for the command line."""

import json
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest
from pyoxigraph import Store

from accsm_kg import query
from accsm_kg.questions import files

HEADER = "#+ summary: Which?\n#+ description: All.\n#+ tags: [x]\n"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("#+ summary: Which?\n#+ tags: [x]\nSELECT ?s\nWHERE {\n}", r"ask\.rq: .* no description"),
        (f"{HEADER}#+ parameters: {{p: {{default: x}}}}\nASK", r"ask\.rq: parameter p has no desc"),
        (
            f"{HEADER}#+ parameters: {{p: {{description: d, default: x, options: y}}}}\nASK",
            r"ask\.rq: parameter p: 'y' is neither a \.rq nor a SELECT",
        ),
        ("#+ summary: [\nASK", r"ask\.rq: the #\+ header is not YAML"),
        ("#+ just words\nASK", r"ask\.rq: the #\+ header must be a mapping"),
        (
            f"{HEADER}#+ parameters: x\nASK",
            r"ask\.rq: the parameters in the #\+ header must be a map",
        ),
        (f"{HEADER}#+ parameters: {{p: 3}}\nASK", r"ask\.rq: parameter p has no description"),
        (f"{HEADER}#+ parameters: {{p q: {{}}}}\nASK", r"ask\.rq: parameter 'p q' is no name of a"),
        (
            f"{HEADER}#+ parameters: {{p: {{description: d, default: }}}}\nASK",
            r"ask\.rq: parameter p has no default",
        ),
        (HEADER.replace("[x]", "x"), r"ask\.rq: the #\+ header has a tags that is not a list"),
        (
            HEADER.replace("Which?", "2016"),
            r"ask\.rq: the #\+ header has a summary that is not text",
        ),
    ],
)
def test_a_faulty_header_is_refused_with_its_file(tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / "ask.rq").write_text(text)
    with pytest.raises(ValueError, match=fault):
        files.read(tmp_path)


def test_a_question_is_resolved_by_name_and_from_a_file(
    known: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = files.resolve(known, "projects-supporting-action-line", ["line=A.2.2.i"])
    assert query.answer(known, named, "csv").text.splitlines()[1].startswith("7,")
    asked = "#+ parameters: {n: {description: d, default: x}}\nSELECT ?n\nWHERE {\n}\n"
    (tmp_path / "mine.rq").write_text(asked)
    filed = files.resolve(known, str(tmp_path / "mine.rq"), ["n=y"])
    assert query.answer(known, filed, "csv").text.splitlines() == ["n", "y"]
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(asked.encode())))
    assert query.answer(known, files.resolve(known, "-"), "csv").text.splitlines() == ["n", "x"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("#+ parameters: x\nASK {}\n", "the parameters in the #+ header must be a mapping: `line"),
        ("#+ parameters: {n: {description: d, default: x}}\nASK {}\n", "values can only be bound"),
        ("#+ [\nASK {}\n", "the #+ header is not YAML"),
    ],
)
def test_a_faulty_query_file_is_refused_with_its_name(
    known: Store, tmp_path: Path, text: str, fault: str
) -> None:
    (tmp_path / "mine.rq").write_text(text)
    with pytest.raises(ValueError) as caught:
        files.resolve(known, str(tmp_path / "mine.rq"))
    assert f"{tmp_path}/mine.rq: {fault}" in str(caught.value)


@pytest.mark.parametrize(
    ("what", "values", "message"),
    [
        (
            "projects-supporting-line",
            [],
            "neither a query file nor a stored question; similar: projects-s",
        ),
        ("zzz", [], "'zzz' is neither a query file .* lists them"),
        ("projects-supporting-action-line", ["A.2.2.i"], "'A.2.2.i': give a parameter as NAME="),
        ("completed-occurrences", ["year=2017"], "has no parameter 'year'; it has: none"),
        (
            "projects-supporting-action-line",
            ["line=A.9"],
            r"'A.9' is no value of line; its values: A\.2\.2\.i, ",
        ),
        (
            "projects-supporting-action-line",
            ["line=A.2.2.i", "line=A.2.2.i"],
            "parameter line is given twice",
        ),
    ],
)
def test_an_unknown_question_or_parameter_is_refused(
    store: Store, what: str, values: list[str], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        files.resolve(store, what, values)


def test_the_questions_are_listed_in_each_format(store: Store) -> None:
    assert "projects-supporting-action-line" in files.listing(store)
    rows = json.loads(files.listing(store, "json"))
    assert [row["name"] for row in rows] == sorted(row["name"] for row in rows)
    (asked,) = (row for row in rows if row["name"] == "projects-citing-no-measure")
    assert asked["question"].endswith("?")
    assert len(files.listing(store, "csv").splitlines()) == len(rows) + 1
    assert files.listing(store, "tsv").startswith("name\tquestion\tparameters\n")
    with pytest.raises(ValueError, match="unknown format 'xls'"):
        files.listing(store, "xls")
