"""Locate the files of the project and a built dataset."""

from pathlib import Path

#: The default path of a built dataset.
BUILT = Path("build") / "accsm.nq"
_PACKAGE = Path(__file__).parent


def root() -> Path:
    """Return the folder that holds ontology/, shapes/ and data/: the wheel's, else the clone's."""
    bundled = _PACKAGE / "resources"
    return bundled if bundled.is_dir() else _PACKAGE.parent


def existing(dataset: Path) -> Path:
    """Return ``dataset``; raises FileNotFoundError with what to do if it does not exist."""
    if not dataset.exists():
        raise FileNotFoundError(f"{dataset} does not exist; run `accsm-kg build` or name a dataset")
    return dataset
