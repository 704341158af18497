"""Turn the name of a folder of the project into the place where it is installed or checked out."""

from pathlib import Path

#: Where a build is, unless another place is named.
BUILT = Path("build") / "accsm.nq"
_PACKAGE = Path(__file__).parent


def root() -> Path:
    """Return the folder that holds ontology/, shapes/ and data/: the clone's, else the wheel's."""
    bundled = _PACKAGE / "resources"
    return bundled if bundled.is_dir() else _PACKAGE.parent
