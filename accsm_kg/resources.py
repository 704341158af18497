"""Locate the files of the project, and choose the dataset to use."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from accsm_kg import __version__
from accsm_kg.build import assemble

#: The default path of a built dataset.
BUILT = Path("build") / "accsm.nq"
#: The default dataset, as the help of the commands describes it.
DEFAULT = f"Default: {BUILT} if it exists, else the dataset of this version."
#: What the option --base of the commands is for.
RELATIVE = "Base of relative IRIs in RDF files."
_PACKAGE = Path(__file__).parent
_BUNDLED = _PACKAGE / "resources"  # only a wheel has it
_RELEASED = _BUNDLED / "accsm.nq.gz"


def root() -> Path:
    """Return the folder that holds ontology/, shapes/ and data/: the wheel's, else the clone's."""
    return _BUNDLED if _BUNDLED.is_dir() else _PACKAGE.parent


@contextmanager
def dataset(named: Path | None, progress: Callable[[str], None]) -> Iterator[tuple[Path, str]]:
    """Provide the path of the dataset to use, and a description of it for people.

    It is ``named``, else `BUILT` in the current folder, else the file in the wheel. A clone has no
    such file: the dataset is assembled in a temporary folder, and ``progress`` is called with a
    message first. Raises FileNotFoundError for ``named``, ValueError for faulty files of a clone.
    """
    if named:
        yield _existing(named), str(named)
    elif BUILT.is_file():
        yield BUILT, str(BUILT)
    elif _RELEASED.is_file():
        yield _RELEASED, f"the dataset of accsm-kg {__version__}"
    else:
        progress("Assembling the dataset …")
        with TemporaryDirectory(prefix="accsm-kg-") as folder:
            path = assemble.write(assemble.assemble(root()), Path(folder))[0]
            yield path, f"the dataset assembled from {root()}"


def _existing(path: Path) -> Path:
    if not path.exists():
        raise FileNotFoundError(
            f"{path} does not exist; name another file, or none for the default"
        )
    return path
