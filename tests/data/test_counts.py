"""Counts over the graph equal the counts made by hand in the sources, one test per row.

The counts of a source or a plan are in its folder. Those of several sources are in data/curation/
with a column that names the sources, and those of no source in data/vocab/.
"""

import csv
from pathlib import Path

import pytest
from pyoxigraph import QuerySolutions
from scope import DATA, record, scope_of

from accsm_kg.namespaces import prefixes


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return [{"sources": scope_of(path), **row} for row in csv.DictReader(file, delimiter="\t")]


FILES = sorted(DATA.rglob("counts.tsv"))
ROWS = [
    pytest.param(row, id=f"{path.parent.relative_to(DATA)}: {row['row']}")
    for path in FILES
    for row in _rows(path)
]


@pytest.mark.parametrize("row", ROWS)
def test_the_count_equals_that_in_the_sources(row: dict[str, str]) -> None:
    results = record(row["sources"]).query(row["query"], prefixes=prefixes())
    assert isinstance(results, QuerySolutions)
    ((found,),) = results
    assert found is not None
    assert found.value == row["expected"]
