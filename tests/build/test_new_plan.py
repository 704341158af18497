"""A new work plan, source or question needs files in data/, and no change of code or tests.

A copy of the project gets the files of tests/new-plan/ as the README's recipes say: an invented
source with a plan of its own, 2091-2095, and the same plan once more as a second one of source 001,
2081-2085.
"""

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from project import ROOT, copy_inputs, python_path
from pyoxigraph import Store
from scope import KNOWN, record

from accsm_kg.build import assemble
from accsm_kg.namespaces import prefixes

PLAN = ROOT / "tests" / "new-plan"
#: The tests of the record. Tests of programs use a part of it that does not grow, and asking rdflib
#: takes long.
OF_THE_RECORD = (
    "tests/data",
    "tests/questions",
    "tests/quality/test_validate.py::test_the_dataset_has_no_violation_and_only_the_expected_warnings",
    "-k=not engines and not options",
)


def _clone(folder: Path, *others: str) -> Path:
    """Copy the inputs and ``others`` of the project's folders, and add the plans."""
    data = copy_inputs(folder, *others) / "data"
    shutil.copytree(PLAN / "source", data / "source", dirs_exist_ok=True)
    _append(data / "vocab/sources.csv", (PLAN / "sources-row.csv").read_text())
    issue = (PLAN / "issues-row.csv").read_text()
    _append(data / "curation/issues.csv", issue + _second(issue))
    for path in sorted((PLAN / "source/999/2091-2095").rglob("*.*")):
        second = data / "source/001/2081-2085" / path.relative_to(PLAN / "source/999/2091-2095")
        second.parent.mkdir(parents=True, exist_ok=True)
        second.write_text(_second(path.read_text()))
    return folder


def _second(text: str) -> str:
    """Return the text of the plan as that of source 001, ten years earlier."""
    return text.replace("209", "208").replace("999/", "001/")


def _append(path: Path, row: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(row)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _clone(tmp_path_factory.mktemp("clone"), "tests", "accsm_kg", "server")


def test_queries_find_its_projects_beside_those_of_an_earlier_plan(clone: Path) -> None:
    both = record("001/2016-2020 999/2091-2095", clone)
    plan = "accsm:inWorkPlan/accsm:periodStart 2091"
    assert _numbers(both, plan) == [1, 2, 3]
    line = "<https://w3id.org/accsm-kg/id/action-line/apsc-2025/A.2.2.iv>"
    assert _numbers(both, f"{plan} ; accsm:supports {line}") == [3]
    assert _numbers(both, f"accsm:supports {line}") == [3, 6, 17, 30, 33, 35, 40]
    country = "<https://w3id.org/accsm-kg/id/country/VNM>"
    assert _numbers(both, f"accsm:countryCoordinator {country}") == [1]


def _numbers(store: Store, pattern: str) -> list[int]:
    query = f"SELECT ?n WHERE {{ ?p accsm:projectNumber ?n ; {pattern} }} ORDER BY ?n"
    return [int(row[0].value) for row in store.query(query, prefixes=prefixes())]


#: Invalid cells of the tables of the plan: row, column, what is written, and what is said of it.
CELLS = [
    ("projects", 2, "measures", "A.2.99", "'A.2.99' does not match"),
    ("projects", 2, "plan", "asean", "'asean' is not allowed; write one of accsm"),
    ("projects", 2, "number", "", "the cell is empty; every row must fill this column"),
    ("occurrences", 2, "earliest_start", "2092-3-12", "'2092-3-12' is not a date"),
    ("occurrences", 4, "precision", "decade", "'decade' is not allowed; write one of day"),
    ("priority-areas", 2, "code", "AA", "'AA' does not match"),
    ("plans", 2, "period_start", "MMXCI", "'MMXCI' is not a whole number"),
]
REFERENCES = [
    ("projects", 3, "coordinators", "SGP | XXX", "'XXX' names a resource that does not exist"),
    ("projects", 4, "thematic_areas", "8", "'8' names a resource that does not exist"),
    ("projects", 4, "partners", "oecd", "'oecd' names a resource that does not exist"),
    ("occurrences", 3, "project", "9", "'9' names a resource that does not exist"),
]


@pytest.mark.parametrize("cells", [CELLS, REFERENCES], ids=["cells", "references"])
def test_every_invalid_cell_is_named_with_its_file_row_and_column(
    clone: Path, cells: list[tuple[str, int, str, str, str]]
) -> None:
    folder = clone / "data/source/999/2091-2095"
    before = {path: path.read_text() for path in folder.glob("*.csv")}
    for table, row, column, cell, _ in cells:
        _write_cell(folder / f"{table}.csv", row, column, cell)
    try:
        with pytest.raises(ValueError) as caught:
            assemble.assemble(clone)
    finally:
        for path, text in before.items():
            path.write_text(text)
    for table, row, column, _, said in cells:
        assert f"{table}.csv:{row}: column {column}: {said}" in str(caught.value)


def _write_cell(path: Path, row: int, column: str, cell: str) -> None:
    rows = list(csv.reader(path.read_text().splitlines()))
    rows[row - 1][rows[0].index(column)] = cell
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def test_the_record_of_the_earlier_sources_does_not_change(
    clone: Path, known_path: Path, tmp_path: Path
) -> None:
    now = assemble.write(record(KNOWN, clone), tmp_path)[0]
    assert now.read_bytes() == known_path.read_bytes()


def test_the_tests_of_the_record_pass(clone: Path) -> None:
    done = _pytest(clone)
    assert done.returncode == 0, done.stdout
    for plan in ("001/2081-2085", "999/2091-2095"):
        assert f"source/{plan}: Coordinator links] PASSED" in done.stdout
        assert f"{plan[4:]}-projects-of-work-plan-1] PASSED" in done.stdout


def _pytest(clone: Path) -> subprocess.CompletedProcess[str]:
    """Run the tests of the record, without the source texts, which lack the invented words."""
    environment = {
        **os.environ,
        "PYTHONPATH": python_path(clone),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # they take seconds to load
    }
    for name in ("ACCSM_NO_SKIP", "ACCSM_SOURCES", "PYTEST_XDIST_WORKER"):
        environment.pop(name, None)
    shutil.copytree(PLAN / "queries", clone / "data/queries", dirs_exist_ok=True)
    shutil.copy(ROOT / "pyproject.toml", clone)
    command = [sys.executable, "-m", "pytest", "-v", "-o", "addopts=--import-mode=importlib"]
    return subprocess.run(
        [*command, *OF_THE_RECORD],
        cwd=clone,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
