"""Fixtures with the dataset, built once per session: as a file, a store and an rdflib dataset."""

import fcntl
import gc
import os
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from accsm_server.export import write
from project import ROOT
from pyoxigraph import RdfFormat, Store
from rdflib import Dataset
from scope import KNOWN, record

from accsm_kg.build import assemble
from accsm_kg.namespaces import BASE, CONVENTIONS, META, VOCAB
from accsm_kg.rdf import dataset


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One worker more than cores, as many tests wait for a server or a limit."""
    return (os.cpu_count() or 1) + 1


#: Where static copies say that they are served.
COPY_URL = "https://kg.example.org/kg/"
#: The files that take 25 s or more: a worker runs a whole file, and would end after the others.
LONGEST = {
    "test_budget", "test_wheel", "test_cli", "test_connection", "test_hostile_queries",
    "test_export", "test_lost_cells", "test_new_plan", "test_ontology", "test_operations",
    "test_pool",
    "test_questions", "test_serve_mcp", "test_validate",
}  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files."""
    items.sort(key=lambda item: item.path.stem not in LONGEST)


def pytest_collection_finish() -> None:
    """Spare the garbage collector the thousands of collected tests, which takes a fifth longer."""
    gc.freeze()
    gc.set_threshold(200_000, 50, 100)


def _written(folder: Path, make: Callable[[], Store]) -> Path:
    """Return the N-Quads file of a dataset that is made once for all workers of a run."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent.parent / folder.name
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        path = folder / assemble.FILES[0]
        return path if path.exists() else assemble.write(make(), folder)[0]


@pytest.fixture(scope="session")
def dataset_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.getbasetemp() / "build"
    return _written(folder, lambda: assemble.assemble(ROOT))


@pytest.fixture(scope="session")
def small_path(dataset_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A part of the dataset with which a server starts in half the time: graph/vocab and meta."""
    path = tmp_path_factory.mktemp("small") / "small.nq"
    ends = tuple(f" <{BASE}{name}> .\n" for name in (VOCAB, META))
    with dataset_path.open() as whole, path.open("w") as part:
        part.writelines(line for line in whole if line.endswith(ends))
    return path


@pytest.fixture(scope="session")
def store(dataset_path: Path) -> Store:
    return dataset.load(dataset_path, CONVENTIONS)


@pytest.fixture(scope="session")
def known_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The record that tests quote from: it stays the same when sources and plans are added."""
    return _written(tmp_path_factory.getbasetemp() / "known", lambda: record(KNOWN))


@pytest.fixture(scope="session")
def known(known_path: Path) -> Store:
    return dataset.load(known_path, CONVENTIONS)


@pytest.fixture(scope="session")
def copy_path(known_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A static copy of that record, in the folder `kg`."""
    folder = tmp_path_factory.getbasetemp() / "copy"
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent.parent / folder.name
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        path = folder / "kg"
        if not path.exists():
            with ThreadPoolExecutor() as other:  # Playwright has an event loop in this thread
                made = other.submit(write.export, path, known_path, "", COPY_URL, lambda *_: None)
                made.result()
        return path


@pytest.fixture(scope="session")
def rdflib_graph(store: Store) -> Dataset:
    """The default and named graphs of ``store`` in rdflib."""
    quads = store.dump(format=RdfFormat.N_QUADS)
    assert quads is not None
    found = Dataset()
    found.parse(data=quads, format="nquads")
    return found


@pytest.fixture(scope="session")
def sources() -> dict[str, list[str]]:
    """The lines of each source text, by the number of the source; skips without ACCSM_SOURCES."""
    folder = os.environ.get("ACCSM_SOURCES")
    if not folder:
        pytest.skip("ACCSM_SOURCES is not set: the source texts are not part of the project")
    texts = {path.name[:3]: path.read_text(encoding="utf-8") for path in Path(folder).glob("*.txt")}
    return {name: text.split("\n") for name, text in texts.items()}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Report a skipped test as failed where ACCSM_NO_SKIP is set."""
    report = yield
    if report.skipped and os.environ.get("ACCSM_NO_SKIP"):
        report.outcome = "failed"
    return report
