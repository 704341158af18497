"""Writing a report as RDF, Markdown and HTML, and finding it beside its dataset."""

import gzip
import re
from dataclasses import replace
from pathlib import Path

import pytest
from quality.reading import measured, tables, written

from accsm_kg.namespaces import BASE
from accsm_kg.quality import report as reports
from accsm_kg.quality.report import FILES, write
from accsm_kg.quality.results import Result

DATASET = f"{BASE}dataset"


def test_equal_input_gives_equal_bytes(
    dataset_path: Path, results: list[Result], report: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.delenv("ACCSM_SOURCES", raising=False)
    paths = write(dataset_path, results, tmp_path)
    assert [path.name for path in paths] == list(FILES)
    assert [p.read_bytes() for p in paths] == [(report / p.name).read_bytes() for p in paths]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)


def test_the_report_on_a_failing_dataset_says_so(
    dataset_path: Path, results: list[Result], tmp_path: Path
) -> None:
    new = [replace(result, reason="") for result in results]
    folder = written(tmp_path, dataset_path, new)
    warnings = sum(result.severity == "Warning" for result in results)
    assert measured(folder)["unexpected", DATASET] == str(warnings) != "0"
    for name in FILES[1:]:
        assert "The dataset fails: 0 violations" in (folder / name).read_text(encoding="utf-8")


def test_the_page_and_the_markdown_have_the_same_tables(report: Path) -> None:
    page = (report / "quality.html").read_text(encoding="utf-8")
    assert re.findall(r"<h2>(.*)</h2>", page) == list(tables(report))
    assert page.count("<tr>") == sum(map(len, tables(report).values()))
    assert 'src="' not in page and 'href="' not in page


def test_cells_are_escaped(dataset_path: Path, results: list[Result], tmp_path: Path) -> None:
    odd = replace(results[0], message="a | b <script>\nc\\d & e")
    folder = written(tmp_path, dataset_path, [odd])
    assert r"a \| b &lt;script> c\\d & e" in (folder / "quality.md").read_text(encoding="utf-8")
    assert "a | b &lt;script&gt;\nc\\d &amp; e" in (folder / "quality.html").read_text("utf-8")
    assert len(tables(folder)["Results by resource"][1]) == 6


def test_a_report_is_found_only_beside_a_dataset_with_its_digest(
    dataset_path: Path, results: list[Result], tmp_path: Path
) -> None:
    path = written(tmp_path, dataset_path, results) / "accsm.nq"
    assert reports.beside(path) == tmp_path / "quality.nq"
    with path.open("a", encoding="utf-8") as file:
        file.write("<x:a> <x:b> <x:c> .\n")
    assert reports.beside(path) is None
    assert reports.beside(dataset_path) is None
    assert reports.beside(tmp_path / "nowhere.nq") is None


def test_a_packed_dataset_has_the_same_report(
    dataset_path: Path, results: list[Result], report: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.delenv("ACCSM_SOURCES", raising=False)
    path = tmp_path / "accsm.nq.gz"
    path.write_bytes(gzip.compress(dataset_path.read_bytes(), 1))
    for file in write(path, results, tmp_path):
        assert file.read_bytes() == (report / file.name).read_bytes()
    assert reports.beside(path) == tmp_path / "quality.nq"


def test_a_missing_dataset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        write(tmp_path / "nowhere.nq", [], tmp_path)
    assert not list(tmp_path.iterdir())
