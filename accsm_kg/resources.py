"""Where the files of the project are: its sources, and a built dataset."""

from pathlib import Path

#: Where a build is, unless another place is named.
BUILT = Path("build") / "accsm.nq"
_PACKAGE = Path(__file__).parent


def root() -> Path:
    """Return the folder that holds ontology/, shapes/ and data/: the wheel's, else the clone's."""
    bundled = _PACKAGE / "resources"
    return bundled if bundled.is_dir() else _PACKAGE.parent


def existing(dataset: Path) -> Path:
    """Return ``dataset``; raises FileNotFoundError that says how to make one."""
    if not dataset.exists():
        raise FileNotFoundError(f"{dataset} does not exist; run `accsm-kg build` or name a dataset")
    return dataset
