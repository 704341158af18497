"""A cell deleted from a table of the work plan fails the build or the validation.

Cells are deleted in batches, each of another project, so that a message leads to its cell.
"""

import csv
import json
import re
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from accsm_kg.build import assemble
from accsm_kg.quality import validate

ROOT = Path(__file__).parents[2]
PLAN = Path("data/source/001/2016-2020")
#: Shapes of other tables; without them the validation takes less time.
OTHERS = ("arcs", "documents", "governance", "indicators", "iris", "statements")
TABLES = {"projects": "number", "occurrences": "project", "components": "project",
          "objectives": "project"}  # fmt: skip

Loss = tuple[str, str]
"""A table and a column."""


@cache
def rows(table: str) -> list[dict[str, str]]:
    with (ROOT / PLAN / f"{table}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def losses() -> list[Loss]:
    return [(table, column) for table in TABLES for column in rows(table)[0]]


def batches() -> list[dict[Loss, int]]:
    """Return batches of cells to delete: one of each column, and of each project at most one."""
    found: list[dict[Loss, int]] = []
    for table, column in sorted(losses(), key=lambda loss: len(rows(loss[0]))):
        filled = [number for number, row in enumerate(rows(table)) if row[column]]
        free = (
            (batch, number)
            for batch in found
            for number in filled
            if _project(table, number) not in {_project(loss[0], n) for loss, n in batch.items()}
        )
        batch, number = next(free, ({}, filled[0]))
        if not batch:
            found.append(batch)
        batch[table, column] = number
    return found


def _project(table: str, row: int) -> str:
    return rows(table)[row][TABLES[table]]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[Loss, list[str]]:
    """The messages of the build or the validation for each deleted cell."""
    clone = tmp_path_factory.mktemp("clone")
    for name in ("ontology", "shapes", "data"):
        shutil.copytree(ROOT / name, clone / name)
    for name in OTHERS:
        (clone / "shapes" / f"{name}.ttl").unlink()
    return {loss: faults for batch in batches() for loss, faults in _lose(clone, batch)}


def _lose(clone: Path, batch: dict[Loss, int]) -> Iterator[tuple[Loss, list[str]]]:
    """Yield the messages for each deleted cell, restoring those that stop the build."""
    while True:
        _write(clone / PLAN, batch)
        try:
            store = assemble.assemble(clone)
            break
        except ValueError as error:
            faults = str(error).splitlines()
        stopped = {loss: _of_row(faults, loss, row) for loss, row in batch.items()}
        stopped = {loss: its for loss, its in stopped.items() if its}
        assert stopped, faults
        yield from stopped.items()
        batch = {loss: row for loss, row in batch.items() if loss not in stopped}
    report, _ = validate.run(assemble.write(store, clone / "build")[0], "json")
    results = [r for r in json.loads(report)["results"] if not r["reason"]]
    for loss, row in batch.items():
        yield loss, [f"{r['focus']} {r['message']}" for r in results if _is_of(r, loss, row)]


def _write(folder: Path, batch: dict[Loss, int]) -> None:
    for table in TABLES:
        lost = [(row, column) for (name, column), row in batch.items() if name == table]
        content = [dict(row) for row in rows(table)]
        for row, column in lost:
            content[row][column] = ""
        with (folder / f"{table}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(content[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(content)


def _of_row(faults: list[str], loss: Loss, row: int) -> list[str]:
    here = f"{loss[0]}.csv:{row + 2}:"
    return [fault for fault in faults if here in fault or _cell(loss, row) in fault]


def _is_of(result: dict[str, str], loss: Loss, row: int) -> bool:
    """Return whether a result names the project of the row or the evidence of its cells."""
    about = f"{result['focus']} {result['value']} {result['message']}"
    project = rf"project/2016-2020/{_project(loss[0], row)}\b"
    return bool(re.search(project, about)) or _cell(loss, row) in about


def _cell(loss: Loss, row: int) -> str:
    """Return the start of the IRI paths of the evidence for the printed cells of the row."""
    cells = rows(loss[0])[row]
    return f"001/L{cells['line']}/c" if "line" in cells else f"001/{cells['evidence']}"


@pytest.mark.parametrize("loss", losses(), ids="-".join)
def test_a_deleted_cell_is_reported(said: dict[Loss, list[str]], loss: Loss) -> None:
    table, _ = loss
    assert any(f"{table}.csv" in fault or "evidence/001/L" in fault for fault in said[loss])
