"""Where the files of the project are, and which dataset is used."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from accsm_kg import __version__
from accsm_kg.build import assemble

#: Where a build is, unless another place is named.
BUILT = Path("build") / "accsm.nq"
#: Which dataset is used unless one is named, for the help of the commands.
DEFAULT = f"Unless it is given: {BUILT} if there is one, else the dataset of this version."
_PACKAGE = Path(__file__).parent
_BUNDLED = _PACKAGE / "resources"  # only a wheel has it
_RELEASED = _BUNDLED / "accsm.nq.gz"


def root() -> Path:
    """Return the folder that holds ontology/, shapes/ and data/: the wheel's, else the clone's."""
    return _BUNDLED if _BUNDLED.is_dir() else _PACKAGE.parent


@contextmanager
def dataset(named: Path | None, tell: Callable[[str], None]) -> Iterator[tuple[Path, str]]:
    """Give the path of the dataset to use, and what to call it when people are told.

    It is the one that was ``named``, else `BUILT` in the current folder, else that of the wheel. A
    clone has none: there it is assembled, after a word to ``tell``, and is gone afterwards. Raises
    FileNotFoundError, and ValueError when the files of the clone are at fault.
    """
    if named:
        yield _existing(named), str(named)
    elif BUILT.is_file():
        yield BUILT, str(BUILT)
    elif _RELEASED.is_file():
        yield _RELEASED, f"the dataset of accsm-kg {__version__}"
    else:
        tell("Assembling the dataset …")
        with TemporaryDirectory(prefix="accsm-kg-") as folder:
            path = assemble.write(assemble.assemble(root()), Path(folder))[0]
            yield path, f"the dataset assembled from {root()}"


def _existing(path: Path) -> Path:
    if not path.exists():
        raise FileNotFoundError(
            f"{path} does not exist; name another dataset, or none to use the one at hand"
        )
    return path
