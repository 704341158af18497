"""Emptying one cell of the work plan's tables fails the build or the validation, which names it."""

import csv
import json
import shutil
from pathlib import Path

import pytest

from accsm_kg import build, validate

ROOT = Path(__file__).parents[1]
PLAN = Path("data/source/001/2016-2020")
#: Shapes that look at nothing in these tables and would only take their time.
OTHERS = ("arcs", "documents", "governance", "indicators", "iris", "statements")
TABLES = ("projects", "occurrences", "components", "objectives")


def _rows(table: str) -> list[list[str]]:
    with (ROOT / PLAN / f"{table}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def _columns() -> list[tuple[str, str]]:
    return [(table, column) for table in TABLES for column in _rows(table)[0]]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clone")
    for name in ("ontology", "shapes", "data"):
        shutil.copytree(ROOT / name, folder / name)
    for name in OTHERS:
        (folder / "shapes" / f"{name}.ttl").unlink()
    return folder


@pytest.mark.parametrize(("table", "column"), _columns(), ids=lambda name: name)
def test_a_lost_cell_is_named(clone: Path, table: str, column: str) -> None:
    rows = _rows(table)
    place = rows[0].index(column)
    row = next(row for row in rows[1:] if row[place])
    row[place] = ""
    path = clone / PLAN / f"{table}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    try:
        said = _faults(clone)
    finally:
        shutil.copy(ROOT / PLAN / f"{table}.csv", path)
    cell = f"evidence/001/L{row[rows[0].index('line')]}/c" if "line" in rows[0] else ""
    assert any(f"{table}.csv" in fault or (cell and cell in fault) for fault in said)


def _faults(clone: Path) -> list[str]:
    try:
        store = build.assemble(clone)
    except ValueError as error:
        return str(error).splitlines()
    report, status = validate.run(build.write(store, clone / "build")[0], "json")
    assert status == 1
    return [result["message"] for result in json.loads(report)["results"] if not result["reason"]]
