"""Stores on disk: each is made once, checked, and opened by any number of readers.

FOLDER/
  current      the name of the store that is served
  lock         held by the process that makes a store
  store-…/     a store, which is never changed under this name
    marker     what it holds, and the size and SHA-256 of each of its files
    data/      the files of the engine
    …          what others add, such as a search index

A reader holds a lock of the marker; the next process that makes a store deletes those that are not
current and that nobody reads, and what was left unfinished.
"""

import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from hashlib import file_digest
from pathlib import Path

import pyoxigraph
from pyoxigraph import Store

from accsm_kg.rdf import dataset
from accsm_kg.rdf.dataset import Conventions, Progress

#: The file of prepared answers in a store.
ANSWERS = "answers.sqlite"
_LOCK, _MARKER, _DATA = "lock", "marker", "data"
_PREFIX, _UNFINISHED = "store-", ".unfinished"
_FORMAT = 1


@dataclass(frozen=True)
class Marker:
    """What a store holds."""

    version: str
    """The fingerprint of the dataset."""
    base: str
    prefixes: Mapping[str, str]
    size: int
    """The number of statements of the dataset."""
    count: int
    """The number of statements of the store, which has a merged default graph as well."""
    modified: int
    """When the files of the dataset were last modified, as a Unix time."""
    files: Mapping[str, tuple[int, str]]
    """The size and SHA-256 of each file, by its path in the store."""
    format: int = _FORMAT
    engine: str = pyoxigraph.__version__


class DamagedStoreError(ValueError):
    """A store that is not as it was made."""


@dataclass(frozen=True)
class OpenStore:
    """A store that is read; it is kept until `close`."""

    path: Path
    marker: Marker
    _lock: int = -1

    @property
    def data(self) -> Path:
        """Return the folder that the engine opens."""
        return self.path / _DATA

    def check(self) -> None:
        """Read all files; raises DamagedStoreError that names one that is not as it was made."""
        for name, (size, digest) in self.marker.files.items():
            if _described(self.path / name) != (size, digest):
                raise DamagedStoreError(f"{self.path / name}: damaged; load the dataset again")

    def close(self) -> None:
        """Let the store be deleted once it is not current."""
        if self._lock >= 0:
            os.close(self._lock)


def is_store(path: Path) -> bool:
    """Return whether a path is a folder of stores, one of which is current."""
    return (path / dataset.CURRENT).is_file()


def stamp(folder: Path) -> str:
    """Return the name of the current store."""
    return (folder / dataset.CURRENT).read_text(encoding="ascii").strip()


def open_current(folder: Path) -> OpenStore:
    """Return the current store of a folder.

    Raises DamagedStoreError if a file is missing or has another size, ValueError for a store of
    another version of the engine, and OSError.
    """
    while True:
        path = folder.resolve() / stamp(folder)
        try:
            lock = os.open(path / _MARKER, os.O_RDONLY)
        except FileNotFoundError:
            if path.name != stamp(folder):  # another became current meanwhile
                continue
            raise DamagedStoreError(f"{path}: not complete; load the dataset again") from None
        try:
            fcntl.flock(lock, fcntl.LOCK_SH)
            if (path / _MARKER).exists():
                return OpenStore(path, _read_marker(path), lock)
        except BaseException:
            os.close(lock)
            raise
        os.close(lock)  # deleted meanwhile


def _read_marker(path: Path) -> Marker:
    marker = Marker(**json.loads((path / _MARKER).read_text(encoding="utf-8")))
    if (marker.format, marker.engine) != (_FORMAT, pyoxigraph.__version__):
        raise ValueError(
            f"{path}: made by version {marker.engine} of the engine, this is "
            f"{pyoxigraph.__version__}; load the dataset again"
        )
    for name, (size, _) in marker.files.items():
        file = path / name
        if not file.is_file() or file.stat().st_size != size:
            raise DamagedStoreError(f"{file}: missing or of another size; load the dataset again")
    return marker


def make(
    folder: Path,
    contents: Sequence[Path],
    conventions: Conventions,
    progress: Progress,
    add: Callable[[OpenStore], None] = lambda made: None,
) -> Marker:
    """Load RDF files into a new store of ``folder``, and make it the current one.

    ``add`` may put more files into the store, which the engine has finished. If anything fails,
    nothing has changed. Raises ValueError with file, line and fault, BlockingIOError if
    another process makes a store there, and OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        _delete_unused(folder)
        path = folder / f"{_PREFIX}{secrets.token_hex(6)}{_UNFINISHED}"
        try:
            marker = _fill(path, contents, conventions, progress)
            add(OpenStore(path, marker))
            marker = Marker(**{**asdict(marker), "files": dict(_files(path, progress))})
            _write(path / _MARKER, json.dumps(asdict(marker), indent=1))
            finished = path.rename(path.with_suffix(""))
        except BaseException:
            shutil.rmtree(path, ignore_errors=True)
            raise
        _sync(folder)
        _write(folder / dataset.CURRENT, finished.name)
        _sync(folder)
        _delete_unused(folder)
    return marker


def _fill(
    path: Path, contents: Sequence[Path], conventions: Conventions, progress: Progress
) -> Marker:
    data = path / _DATA
    data.mkdir(parents=True)
    store = Store(str(data))
    version = dataset.fill(
        store, [(file, None) for file in contents], conventions.relative, progress
    )
    base, prefixes, size = (
        dataset.base_iri(store, conventions.base), dataset.prefixes(store), len(store),
    )  # fmt: skip
    dataset.merge(store, conventions, progress)
    progress("sorting", 0, 0)
    store.flush()
    store.optimize()
    count = len(store)
    del store  # which closes it
    if (found := len(Store.read_only(str(data)))) != count:
        raise DamagedStoreError(f"{data}: {found} of {count} statements can be read")
    modified = max(int(file.stat().st_mtime) for file in contents)
    return Marker(version, base, prefixes, size, count, modified, {})


def _files(path: Path, progress: Progress) -> Iterator[tuple[str, tuple[int, str]]]:
    """Yield the name, size and SHA-256 of each file of a store, which is then safe on disk."""
    files = sorted(file for file in path.rglob("*") if file.is_file())
    for place, file in enumerate(files):
        progress("checking", place / len(files), 0)
        _sync(file)
        yield str(file.relative_to(path)), _described(file)
    _sync(path / _DATA)
    _sync(path)


def _described(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        return os.fstat(file.fileno()).st_size, file_digest(file, "sha256").hexdigest()


def _write(path: Path, text: str) -> None:
    """Write a file so that it has either the old or the new content, whatever happens."""
    new = path.with_name(f"{path.name}.new")
    with new.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / _LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            text = "another process is making a store there; wait until it has ended"
            raise BlockingIOError(error.errno, text, str(folder)) from None
        yield


def _delete_unused(folder: Path) -> None:
    """Delete the stores that are neither current nor read, and those that are not finished."""
    current = stamp(folder) if is_store(folder) else ""
    for path in folder.glob(f"{_PREFIX}*"):
        if path.name != current and path.is_dir() and not _is_read(path):
            with suppress(FileNotFoundError):
                (path / _MARKER).unlink()
            shutil.rmtree(path, ignore_errors=True)


def _is_read(path: Path) -> bool:
    try:
        descriptor = os.open(path / _MARKER, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)
