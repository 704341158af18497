"""Which dataset is used, where none is named and where one is."""

import tempfile
from pathlib import Path

import pytest

from accsm_kg import resources


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is told of the progress, in an empty folder that is the current one."""
    monkeypatch.chdir(tmp_path)
    return []


def test_the_one_that_is_named(dataset_path: Path, told: list[str]) -> None:
    Path("build").mkdir()
    resources.BUILT.touch()
    with resources.dataset(dataset_path, told.append) as (path, name):
        assert (path, name) == (dataset_path, str(dataset_path))
    assert told == []


def test_the_build_in_the_current_folder(told: list[str]) -> None:
    Path("build").mkdir()
    resources.BUILT.touch()
    with resources.dataset(None, told.append) as (path, name):
        assert (path, name) == (Path("build/accsm.nq"), "build/accsm.nq")
    assert told == []


def test_a_clone_assembles_one_that_is_gone_afterwards(
    dataset_path: Path, told: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with resources.dataset(None, told.append) as (path, name):
        assert path.read_bytes() == dataset_path.read_bytes()
        assert name == f"the dataset assembled from {resources.root()}"
    assert told == ["Assembling the dataset …"]
    assert list(tmp_path.iterdir()) == []


def test_one_that_is_not_there_is_refused(told: list[str]) -> None:
    with (
        pytest.raises(FileNotFoundError, match=r"^none\.nq does not exist; name another file"),
        resources.dataset(Path("none.nq"), told.append),
    ):
        pass
