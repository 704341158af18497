"""A new work plan needs a folder of tables and a row in the table of sources, and no code."""

import csv
import shutil
from pathlib import Path

import pytest
from pyoxigraph import Store

from accsm_kg.build import assemble
from accsm_kg.namespaces import prefixes
from accsm_kg.quality import validate

ROOT = Path(__file__).parents[2]
PLAN = Path(__file__).parents[1] / "new-plan"


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's inputs with the invented plan 2031-2035 among them."""
    folder = tmp_path_factory.mktemp("clone")
    for name in ("ontology", "shapes", "data"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copytree(PLAN / "source", folder / "data/source", dirs_exist_ok=True)
    with (folder / "data/vocab/sources.csv").open("a") as sources:
        sources.write((PLAN / "sources-row.csv").read_text())
    return folder


@pytest.fixture(scope="module")
def new_store(clone: Path) -> Store:
    return assemble.assemble(clone)


def _numbers(store: Store, pattern: str) -> list[int]:
    query = f"SELECT ?n WHERE {{ ?p accsm:projectNumber ?n ; {pattern} }} ORDER BY ?n"
    return [int(row[0].value) for row in store.query(query, prefixes=prefixes())]


def test_the_new_plan_builds_and_passes_the_shapes(new_store: Store, tmp_path: Path) -> None:
    report, status = validate.run(assemble.write(new_store, tmp_path)[0])
    assert status == 0, report


def test_projects_of_the_new_plan_are_found_by_queries(new_store: Store) -> None:
    plan = "accsm:inWorkPlan/accsm:periodStart 2031"
    assert _numbers(new_store, plan) == [1, 2, 3]
    line = "<https://w3id.org/accsm-kg/id/action-line/apsc-2025/A.2.2.iv>"
    assert _numbers(new_store, f"{plan} ; accsm:supports {line}") == [3]
    assert _numbers(new_store, f"accsm:supports {line}") == [3, 6, 17, 30, 33, 35, 40]
    country = "<https://w3id.org/accsm-kg/id/country/VNM>"
    assert _numbers(new_store, f"accsm:countryCoordinator {country}") == [1]


@pytest.mark.parametrize(
    ("table", "row", "column", "cell", "said"),
    [
        ("projects", 2, "measures", "A.2.99", "'A.2.99' does not match"),
        ("projects", 3, "coordinators", "SGP | XXX", "'XXX' names a resource that does not exist"),
        ("projects", 4, "thematic_areas", "8", "'8' names a resource that does not exist"),
        ("projects", 4, "partners", "oecd", "'oecd' names a resource that does not exist"),
        ("projects", 2, "plan", "asean", "'asean' is not allowed; write one of accsm"),
        ("projects", 2, "number", "", "the cell is empty; every row must fill this column"),
        ("occurrences", 2, "earliest_start", "2032-3-12", "'2032-3-12' is not a date"),
        ("occurrences", 3, "project", "9", "'9' names a resource that does not exist"),
        ("occurrences", 4, "precision", "decade", "'decade' is not allowed; write one of day"),
        ("priority-areas", 2, "code", "AA", "'AA' does not match"),
        ("plans", 2, "period_start", "MMXXXI", "'MMXXXI' is not a whole number"),
    ],
)
def test_an_invalid_cell_is_refused_with_its_file_row_and_column(
    clone: Path, table: str, row: int, column: str, cell: str, said: str
) -> None:
    path = clone / "data/source/005/2031-2035" / f"{table}.csv"
    before = path.read_text()
    rows = list(csv.reader(before.splitlines()))
    rows[row - 1][rows[0].index(column)] = cell
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    try:
        with pytest.raises(ValueError) as caught:
            assemble.assemble(clone)
    finally:
        path.write_text(before)
    assert any(
        f"{table}.csv:{row}: column {column}: {said}" in line
        for line in str(caught.value).splitlines()
    )
