"""A cell deleted from a table of the work plan fails the build or the validation.

Cells are deleted in batches, each of another project, so that a message leads to its cell.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest
from project import ROOT, copy_inputs
from pyoxigraph import Store

from accsm_kg.build import assemble
from accsm_kg.quality import validate

PLAN = Path("data/source/001/2016-2020")
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


@cache
def filled(loss: Loss) -> list[int]:
    table, column = loss
    return [number for number, row in enumerate(rows(table)) if row[column]]


def rules() -> set[str]:
    """Return the rules whose messages name one of the tables: no other rule can name a cell."""
    texts = (path.read_text(encoding="utf-8") for path in (ROOT / "shapes").glob("*.ttl"))
    shapes = (shape for text in texts for shape in re.split(r"^\.$", text, flags=re.MULTILINE))
    naming = (shape for shape in shapes if any(f"{table}.csv" in shape for table in TABLES))
    return {found[0] for shape in naming if (found := re.search("R-[A-Z]+-[0-9]+", shape))}


def batch(waiting: Iterable[Loss]) -> dict[Loss, int]:
    """Return cells to delete, each of another column and another project."""
    chosen: dict[Loss, int] = {}
    taken: set[str] = set()
    for loss in waiting:
        free = (row for row in filled(loss) if _project(loss, row) not in taken)
        if (row := next(free, None)) is not None:
            chosen[loss] = row
            taken.add(_project(loss, row))
    return chosen


def _project(loss: Loss, row: int) -> str:
    table, _ = loss
    return rows(table)[row][TABLES[table]]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[Loss, list[str]]:
    """The messages of the build or the validation for each deleted cell."""
    clone = copy_inputs(tmp_path_factory.mktemp("clone"))
    found: dict[Loss, list[str]] = {}
    waiting = sorted(losses(), key=lambda loss: len(filled(loss)))
    while waiting:
        found |= _messages(clone, batch(waiting))
        waiting = [loss for loss in waiting if loss not in found]
    return found


def _messages(clone: Path, lost: dict[Loss, int]) -> dict[Loss, list[str]]:
    """Return the messages for the deleted cells that stop the build, or for all if none does."""
    _write(clone / PLAN, lost)
    try:
        store = assemble.assemble(clone)
    except ValueError as error:
        faults = str(error).splitlines()
        found = {loss: _of_row(faults, loss, row) for loss, row in lost.items()}
        stopped = {loss: its for loss, its in found.items() if its}
        assert stopped, faults
        return stopped
    results = list(_results(store))
    return {
        loss: [result for result in results if _is_of(result, loss, row)]
        for loss, row in lost.items()
    }


def _results(store: Store) -> Iterator[str]:
    data, shapes, base = validate.split(store)
    expected = validate.read_baseline(ROOT / "shapes" / "baseline.csv", base)
    found = validate.check(data, validate.only_rules(shapes, *rules()), base)
    for result in validate.apply_baseline(found, expected, base):
        if not result.reason:
            yield f"{result.focus} {result.value} {result.message}"


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


def _is_of(result: str, loss: Loss, row: int) -> bool:
    """Return whether a result names the project of the row or the evidence of its cells."""
    project = rf"project/2016-2020/{_project(loss, row)}\b"
    return bool(re.search(project, result)) or _cell(loss, row) in result


def _cell(loss: Loss, row: int) -> str:
    """Return the start of the IRI paths of the evidence for the printed cells of the row."""
    cells = rows(loss[0])[row]
    return f"001/L{cells['line']}/c" if "line" in cells else f"001/{cells['evidence']}"


@pytest.mark.parametrize("loss", losses(), ids="-".join)
def test_a_deleted_cell_is_reported(said: dict[Loss, list[str]], loss: Loss) -> None:
    table, _ = loss
    assert any(f"{table}.csv" in fault or "evidence/001/L" in fault for fault in said[loss])
