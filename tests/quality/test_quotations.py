"""Checking quotations against the source texts, where these are available."""

import hashlib
from pathlib import Path

import pytest
from pyoxigraph import Store
from quality.reading import measured, tables, written

from accsm_kg.namespaces import BASE, prefixes
from accsm_kg.quality.report import FILES
from accsm_kg.quality.results import Result

ACCSM = f"{BASE}ontology#"
DATASET = f"{BASE}dataset"
SOURCE = f"{BASE}id/source/002"


@pytest.fixture
def digests(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """The digest of source 002, and that of a text file with the quotations from it only."""
    lines: dict[int, str] = {}
    found = store.query(
        f"""SELECT ?line ?words WHERE {{
        ?e dcterms:source <{SOURCE}> ; accsm:lineStart ?line ; accsm:verbatim ?words }}""",
        prefixes=prefixes(),
    )
    for line, words in found:
        number = int(line.value)
        lines[number] = f"{lines.get(number, '')} {words.value.replace(' ', '  ')}"
    path = tmp_path / "texts" / "002_quotations.txt"
    path.parent.mkdir()
    text = "\n".join(lines.get(number, "") for number in range(1, max(lines) + 1))
    path.write_text(text, encoding="utf-8")
    monkeypatch.setenv("ACCSM_SOURCES", str(path.parent))
    (row,) = store.query(f"SELECT ?digest WHERE {{ <{SOURCE}> <{ACCSM}sha256> ?digest }}")
    return row[0].value, hashlib.sha256(path.read_bytes()).hexdigest()


def test_quotations_are_not_measured_without_the_source_texts(report: Path) -> None:
    assert not [key for key in measured(report) if key[0] == "proved"]
    for name in FILES[1:]:
        text = (report / name).read_text(encoding="utf-8")
        assert "Quotations from source/000, source/001, source/002" in text


def test_quotations_are_found_in_their_lines(
    dataset_path: Path, results: list[Result], tmp_path: Path, digests: tuple[str, str]
) -> None:
    folder = written(tmp_path, dataset_path, results, digests)
    found = measured(folder)
    assert found["proved", SOURCE] == found["verbatims", SOURCE]
    assert ("proved", DATASET) not in found, "the texts of other sources are not available"
    assert "Quotations not found" not in tables(folder)
    report = (folder / "quality.md").read_text(encoding="utf-8").partition("\n## ")[0]
    assert "Quotations from source/000, source/001" in report
    assert "source/002" not in report


def test_a_quotation_that_is_not_in_its_lines_is_listed(
    dataset_path: Path, results: list[Result], tmp_path: Path, digests: tuple[str, str]
) -> None:
    words = f'<{BASE}id/evidence/002/L24> <{ACCSM}verbatim> "'
    folder = written(tmp_path, dataset_path, results, digests, (words, f"{words}Not there: "))
    found = measured(folder)
    assert int(found["proved", SOURCE]) == int(found["verbatims", SOURCE]) - 1
    ((evidence, start, end, quoted),) = tables(folder)["Quotations not found"][1:]
    assert (evidence, start, end) == ("evidence/002/L24", "24", "24")
    assert quoted.startswith("Not there: ")


def test_a_text_with_another_digest_is_not_used(
    dataset_path: Path, results: list[Result], tmp_path: Path, digests: tuple[str, str]
) -> None:
    assert digests[0] != digests[1]
    assert not [
        key for key in measured(written(tmp_path, dataset_path, results)) if "proved" in key
    ]


def test_all_quotations_are_found_in_the_sources_at_hand(
    dataset_path: Path, results: list[Result], tmp_path: Path, sources: dict[str, list[str]]
) -> None:
    folder = written(tmp_path, dataset_path, results)
    found = measured(folder)
    for number in sources:
        source = f"{BASE}id/source/{number}"
        quoted = found["verbatims", source]
        assert found.get(("proved", source), "0") == quoted
    assert "Quotations not found" not in tables(folder)
