"""The choice of the dataset, with and without a name."""

import tempfile
from pathlib import Path

import pytest

from accsm_kg import resources


@pytest.fixture
def messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The progress messages; the current folder is an empty one."""
    monkeypatch.chdir(tmp_path)
    return []


def test_a_named_dataset_comes_first(dataset_path: Path, messages: list[str]) -> None:
    Path("build").mkdir()
    resources.BUILT.touch()
    with resources.dataset(dataset_path, messages.append) as (path, name):
        assert (path, name) == (dataset_path, str(dataset_path))
    assert messages == []


def test_the_build_in_the_current_folder_comes_second(messages: list[str]) -> None:
    Path("build").mkdir()
    resources.BUILT.touch()
    with resources.dataset(None, messages.append) as (path, name):
        assert (path, name) == (Path("build/accsm.nq"), "build/accsm.nq")
    assert messages == []


def test_a_clone_assembles_a_temporary_dataset(
    dataset_path: Path, messages: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with resources.dataset(None, messages.append) as (path, name):
        assert path.read_bytes() == dataset_path.read_bytes()
        assert name == f"the dataset assembled from {resources.root()}"
    assert messages == ["Assembling the dataset …"]
    assert list(tmp_path.iterdir()) == []


def test_a_missing_dataset_is_refused(messages: list[str]) -> None:
    with (
        pytest.raises(FileNotFoundError, match=r"^none\.nq does not exist; name another file"),
        resources.dataset(Path("none.nq"), messages.append),
    ):
        pass
