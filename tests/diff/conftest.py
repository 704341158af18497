"""Fixtures for a part of the dataset and for edited copies of it."""

import re
from pathlib import Path

import pytest
from diff.edits import Edited

from accsm_kg.namespaces import BASE, ONTOLOGY, QUERIES, SHAPES, VOCAB

_WHOLE = "|".join(re.escape(BASE + name) for name in (ONTOLOGY, QUERIES, SHAPES, VOCAB))
_KEPT = re.compile(
    rf"^<{re.escape(BASE)}(graph/\w+|dataset)?> |id/(project/2016-2020|measure|evidence/001/L170)/"
    rf"|<({_WHOLE})> \.$"
)


@pytest.fixture(scope="session")
def part(dataset_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A third of the dataset, which is compared in a third of the time: the projects above all."""
    path = tmp_path_factory.mktemp("part") / "part.nq"
    with dataset_path.open(encoding="utf-8") as whole, path.open("w", encoding="utf-8") as kept:
        kept.writelines(line for line in whole if _KEPT.search(line))
    return path


@pytest.fixture
def edited(part: Path, tmp_path: Path) -> Edited:
    """Return a copy of the part in which each (old, new) pair of texts is replaced once."""

    def edit(*changes: tuple[str, str]) -> Path:
        text = part.read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        path = tmp_path / "new.nq"
        path.write_text(text, encoding="utf-8")
        return path

    return edit
