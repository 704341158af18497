"""Tables that LibreOffice opened and saved build the same bytes, or are refused with the reason."""

import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from project import ROOT, copy_inputs

from accsm_kg.build import assemble

DATA = ROOT / "data"
#: Names of filters and their tokens: separator, quotation mark, encoding, first row, formats.
WORKBOOK = "Calc MS Excel 2007 XML"
COMMAS_IN_UTF8 = "CSV:44,34,76,1"
AS_TEXT = f"{COMMAS_IN_UTF8},{'/'.join(f'{column}/2' for column in range(1, 61))}"
DIALECTS = {
    "commas in UTF-8": "44,34,76",
    "semicolons in UTF-8": "59,34,76",
    "tabs in UTF-16": "9,34,65535",
}
WINDOWS_1252 = "59,34,1"
PROJECTS = Path("source/001/2016-2020/projects")

Convert = Callable[[Iterable[Path], str, str], dict[str, Path]]
"""Files, the filter that opens them and the one that saves them; what is saved by its name."""


@pytest.fixture(scope="module")
def convert(tmp_path_factory: pytest.TempPathFactory) -> Convert:
    command = shutil.which("soffice")
    if command is None:
        pytest.skip("soffice is not on the path: install libreoffice-calc")
    profile = tmp_path_factory.mktemp("profile").as_uri()

    def run(files: Iterable[Path], opened: str, saved: str) -> dict[str, Path]:
        folder = tmp_path_factory.mktemp("saved")
        settings = [f"-env:UserInstallation={profile}", "--headless", f"--infilter={opened}"]
        words = [*settings, "--convert-to", saved, "--outdir", folder, *files]
        subprocess.run([command, *words], check=True, capture_output=True, timeout=300)
        return {path.stem: path for path in folder.iterdir()}

    return run


def _name(table: Path) -> str:
    """Return the path of a table below data/ as the name of a file."""
    return "+".join(table.with_suffix("").parts)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The tables of the record in one folder, by name."""
    folder = tmp_path_factory.mktemp("tables")
    found = {_name(path.relative_to(DATA)): path for path in DATA.rglob("*.csv")}
    return {name: Path(shutil.copy(path, folder / f"{name}.csv")) for name, path in found.items()}


@pytest.fixture(scope="module")
def workbooks(convert: Convert, tables: dict[str, Path]) -> dict[str, Path]:
    """The tables as workbooks, opened with all columns as text."""
    return convert(tables.values(), AS_TEXT, "xlsx")


def _saved(convert: Convert, workbooks: Iterable[Path], dialect: str) -> dict[str, Path]:
    export = f"csv:Text - txt - csv (StarCalc):{dialect},1,,0,false,true,false"
    return convert(workbooks, WORKBOOK, export)


def _inputs(folder: Path, saved: dict[str, Path]) -> Path:
    """Return a copy of the inputs of a build, with tables in place of those of the same name."""
    clone = copy_inputs(folder)
    for path in list((clone / "data").rglob("*.csv")):
        if table := saved.get(_name(path.relative_to(clone / "data"))):
            path.unlink()
            shutil.copy(table, path.with_suffix(table.suffix))
    return clone


def _refused(folder: Path, saved: dict[str, Path], *messages: str) -> None:
    with pytest.raises(ValueError) as caught:
        assemble.assemble(_inputs(folder, saved))
    for message in messages:
        assert f"/data/{PROJECTS}{message}" in str(caught.value)


@pytest.mark.parametrize("dialect", ["", *DIALECTS])
def test_all_tables_opened_as_text_and_saved_build_the_same_bytes(
    convert: Convert,
    workbooks: dict[str, Path],
    dialect: str,
    dataset_path: Path,
    tmp_path: Path,
) -> None:
    saved = workbooks
    if dialect:
        saved = _saved(convert, workbooks.values(), DIALECTS[dialect])
    assert len(saved) == len(list(DATA.rglob("*.csv")))
    store = assemble.assemble(_inputs(tmp_path / "clone", saved))
    built, *_ = assemble.write(store, tmp_path / "build")
    assert built.read_bytes() == dataset_path.read_bytes()


def test_windows_1252_is_refused(
    convert: Convert, workbooks: dict[str, Path], tmp_path: Path
) -> None:
    saved = _saved(convert, [workbooks[_name(PROJECTS)]], WINDOWS_1252)
    _refused(tmp_path, saved, ".csv:12: not UTF-8 (byte 0x96); save it as CSV UTF-8")


def test_a_table_opened_without_care_is_refused(
    convert: Convert, tables: dict[str, Path], tmp_path: Path
) -> None:
    """LibreOffice takes `1.` for a number and `July 2017` for a date."""
    number = "column number_printed: '1' does not match"
    date = "column timeline_printed: the spreadsheet made a date of what was typed"
    workbook = convert([tables[_name(PROJECTS)]], COMMAS_IN_UTF8, "xlsx")
    sheet = f".xlsx: sheet {_name(PROJECTS)[:31]}, cell"
    _refused(tmp_path / "xlsx", workbook, f"{sheet} O2: {number}", f"{sheet} U6: {date}")
    saved = _saved(convert, workbook.values(), DIALECTS["commas in UTF-8"])
    _refused(tmp_path / "csv", saved, f".csv:2: {number}")
