"""Fixtures with validation results and a quality report, made once per session."""

from pathlib import Path

import pytest
from project import ROOT

from accsm_kg.quality import validate
from accsm_kg.quality.report import write
from accsm_kg.quality.results import Result


@pytest.fixture(scope="session")
def results(dataset_path: Path) -> list[Result]:
    """The results of two rules only, to save time."""
    data, shapes, base = validate.load(dataset_path)
    found = validate.check(data, validate.only_rules(shapes, "R-X-02", "R-I-01"), base)
    expected = validate.read_baseline(ROOT / "shapes" / "baseline.csv", base)
    return validate.apply_baseline(found, expected, base)


@pytest.fixture(scope="session")
def report(
    dataset_path: Path, results: list[Result], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder of a report that was made without the source texts."""
    folder = tmp_path_factory.mktemp("report")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("ACCSM_SOURCES", raising=False)
        write(dataset_path, results, folder)
    return folder
