"""Counts over the graph equal the counts made by hand in the sources, one test per row."""

import csv
from pathlib import Path

import pytest
from pyoxigraph import Store

from accsm_kg.namespaces import prefixes

with (Path(__file__).parent / "counts.tsv").open(newline="", encoding="utf-8") as file:
    ROWS = list(csv.DictReader(file, delimiter="\t"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["row"])
def test_the_count_equals_that_in_the_sources(store: Store, row: dict[str, str]) -> None:
    (found,) = store.query(row["query"], prefixes=prefixes())
    assert found[0].value == row["expected"]
