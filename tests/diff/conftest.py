"""A fixture for edited copies of the dataset."""

from pathlib import Path

import pytest
from diff.edits import Edited


@pytest.fixture
def edited(dataset_path: Path, tmp_path: Path) -> Edited:
    """Return a copy of the dataset in which each (old, new) pair of texts is replaced once."""

    def edit(*changes: tuple[str, str]) -> Path:
        text = dataset_path.read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        path = tmp_path / "new.nq"
        path.write_text(text, encoding="utf-8")
        return path

    return edit
