"""Read the files of a quality report."""

import re
from collections.abc import Sequence
from pathlib import Path

from pyoxigraph import Store

from accsm_kg.namespaces import BASE, CONVENTIONS, prefixes
from accsm_kg.quality.report import write
from accsm_kg.quality.results import Result
from accsm_kg.rdf import dataset


def measured(folder: Path, base: str = BASE) -> dict[tuple[str, str], str]:
    """Return the value of each measurement by metric and measured resource."""
    store = dataset.load(folder / "quality.nq", CONVENTIONS)
    found = store.query(
        """SELECT ?metric ?on ?value WHERE {
        ?m a dqv:QualityMeasurement ; dqv:isMeasurementOf ?metric ;
           dqv:computedOn ?on ; dqv:value ?value }""",
        prefixes=prefixes(base),
        use_default_graph_as_union=True,
    )
    return {(m.value.rpartition("#")[2], on.value): value.value for m, on, value in found}


def written(
    tmp_path: Path, path: Path, results: Sequence[Result], *changes: tuple[str, str]
) -> Path:
    """Write a report on a copy of the dataset in which texts are replaced; return its folder."""
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    copy = tmp_path / "accsm.nq"
    copy.write_text(text, encoding="utf-8")
    write(copy, results, tmp_path)
    return tmp_path


def tables(folder: Path) -> dict[str, list[list[str]]]:
    """Return the rows of each table in the Markdown report, with the headings first."""
    found: dict[str, list[list[str]]] = {}
    for part in (folder / "quality.md").read_text(encoding="utf-8").split("\n## ")[1:]:
        lines = [line for line in part.splitlines() if line.startswith("| ")]
        rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
        found[part.splitlines()[0]] = [rows[0], *rows[2:]]
    return found


def ask(store: Store, pattern: str) -> int:
    query = f"SELECT (COUNT(DISTINCT ?x) AS ?n) WHERE {{ {pattern} }}"
    (row,) = store.query(query, prefixes=prefixes())
    return int(row[0].value)
