"""Stores on disk: they answer as a dataset in memory, and survive whatever happens."""

import os
import random
import resource
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import httpx
import pytest
from accsm_server.engine import disk
from accsm_server.engine.disk import DamagedStoreError
from accsm_server.engine.pool.dataset_view import DatasetView
from accsm_server.load import load
from project import COMMAND, ROOT, run
from pyoxigraph import QueryBoolean, Store
from serving import children, running, until

from accsm_kg.namespaces import CONVENTIONS
from accsm_kg.questions.files import read
from accsm_kg.questions.model import bind

QUESTIONS = {question.name: question for question in read(ROOT / "data/queries")}
LINES = '<urn:s{0}> <urn:p{0}> "{0}" <urn:g> .\n'


def made(folder: Path, *numbers: int, add: Callable[..., None] = lambda made: None) -> disk.Marker:
    """Make a store of a statement for each number in ``folder``/store."""
    path = folder / "data.nq"
    path.write_text("".join(map(LINES.format, numbers)))
    return disk.make(folder / "store", [path], CONVENTIONS, lambda *progress: None, add)


def count(folder: Path) -> int:
    """Return the number of statements of the current store, with those of the default graph."""
    opened = disk.open_current(folder / "store")
    try:
        return len(Store.read_only(str(opened.data)))
    finally:
        opened.close()


def stores(folder: Path) -> list[Path]:
    return [path for path in (folder / "store").iterdir() if path.is_dir()]


@pytest.fixture(scope="module")
def loaded(dataset_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of the record, made by the command."""
    folder = tmp_path_factory.mktemp("disk") / "store"
    done = run("load", str(dataset_path), str(folder))
    assert done.returncode == 0, done.stderr
    assert f"Serve them: accsm-kg serve {folder}" in done.stdout
    return folder


def test_a_page_that_fails_does_not_stop_the_load(
    small_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accsm_server.pages.home._load_pictures", None)
    load(small_path, tmp_path / "store", CONVENTIONS.base, lambda *progress: None)
    disk.open_current(tmp_path / "store").close()


def test_a_store_has_the_answers_for_the_pages_of_the_dataset(
    known_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accsm_server.engine.prepared._QUICK", 0)
    load(known_path, tmp_path / "store", CONVENTIONS.base, lambda *progress: None)
    opened = disk.open_current(tmp_path / "store")
    with closing(sqlite3.connect(opened.path / disk.ANSWERS)) as database:
        kept = " ".join(query for (query,) in database.execute("SELECT query FROM answer"))
    opened.close()
    for summary in (
        "Which projects are there, who coordinates them",
        "What is unclear in the sources",
        "Which resources have a page?",
        "In which lines does this source have passages",
    ):
        assert f"#+ summary: {summary}" in kept


@pytest.fixture(scope="module")
def view(loaded: Path) -> Iterator[DatasetView]:
    opened = disk.open_current(loaded)
    store = Store.read_only(str(opened.data))
    yield DatasetView(opened.marker.base, store, CONVENTIONS)
    opened.close()


def _answer(found: object) -> object:
    return bool(found) if isinstance(found, QueryBoolean) else Counter(map(str, found))  # type: ignore[call-overload]


@pytest.mark.parametrize("name", QUESTIONS)
def test_questions_are_answered_as_in_memory(view: DatasetView, store: Store, name: str) -> None:
    text = bind(QUESTIONS[name], {})
    assert _answer(view.query(text)) == _answer(store.query(text, base_iri=view.base))


def test_a_store_has_what_the_files_have(loaded: Path, view: DatasetView, store: Store) -> None:
    opened = disk.open_current(loaded)
    assert (opened.marker.count, len(view.whole)) == (len(store), len(store))
    assert opened.marker.base == CONVENTIONS.base
    opened.check()
    opened.close()


def test_pages_over_a_store_are_those_in_memory(loaded: Path, dataset_path: Path) -> None:
    paths = (
        "/", "/projects?format=csv", "/search?q=gendr&format=json", "/trace/A.2.2.iv?format=json",
        "/doc/project/2016-2020/39", "/dataset", "/quality/issues?format=csv",
        "/coverage?format=csv",
        "/sparql?query=SELECT+*+%7B+?s+a+?o+%7D+ORDER+BY+?s+?o", "/accsm.nq",
    )  # fmt: skip
    with running(loaded) as one, running(dataset_path) as other:
        for path in paths:
            answers = [
                httpx.get(server.url + path, timeout=60)
                .raise_for_status()
                .text.replace(server.url, "")
                for server in (one, other)
            ]
            assert answers[0] == answers[1], path


def test_no_file_of_a_replaced_store_stays_open(small_path: Path, tmp_path: Path) -> None:
    folder, more = tmp_path / "store", tmp_path / "more.nq"
    more.write_text(small_path.read_text() + LINES.format(1))
    assert run("load", str(small_path), str(folder)).returncode == 0

    def opened(pid: int, name: str) -> list[str]:
        files = (os.readlink(file) for file in Path(f"/proc/{pid}/fd").iterdir())  # noqa: PTH115
        return [file for file in files if name in file]

    with running(folder) as server:
        old = disk.stamp(folder)
        httpx.get(f"{server.url}/search?q=accsm", timeout=60).raise_for_status()
        assert {Path(file).suffix for file in opened(server.pid, old)} >= {".sqlite"}
        assert run("load", str(more), str(folder)).returncode == 0
        until(lambda: opened(server.pid, disk.stamp(folder)))
        until(lambda: not opened(server.pid, old))


def test_a_killed_worker_is_replaced(loaded: Path) -> None:
    with running(loaded) as server:
        before = set(children(server.pid))
        fork_server = min(before)
        workers = set(children(fork_server))
        for pid in workers:
            os.kill(pid, signal.SIGKILL)
        answer = partial(httpx.get, f"{server.url}/sparql?query=ASK%7B%7D", timeout=20)
        until(lambda: answer().status_code == 200)
        until(lambda: not workers & set(children(fork_server)))


def test_a_store_is_replaced_by_the_next_and_deleted_when_nobody_reads_it(tmp_path: Path) -> None:
    made(tmp_path, 1)
    reader = disk.open_current(tmp_path / "store")
    made(tmp_path, 1, 2)
    assert (len(stores(tmp_path)), count(tmp_path)) == (2, 4)
    assert len(Store.read_only(str(reader.data))) == 2
    reader.close()
    made(tmp_path, 1, 2, 3)
    assert (len(stores(tmp_path)), count(tmp_path)) == (1, 6)


def test_what_fails_leaves_the_old_store(tmp_path: Path) -> None:
    def fail(store: disk.OpenStore) -> None:
        raise OSError("no space")

    made(tmp_path, 1)
    with pytest.raises(OSError, match="no space"):
        made(tmp_path, 1, 2, add=fail)
    (tmp_path / "bad.nq").write_text("<urn:a> <b> .")
    with pytest.raises(ValueError, match=r"bad\.nq:1:9: relative IRI <b>"):
        disk.make(tmp_path / "store", [tmp_path / "bad.nq"], CONVENTIONS, lambda *progress: None)
    assert (len(stores(tmp_path)), count(tmp_path)) == (1, 2)


def test_only_one_process_makes_a_store(tmp_path: Path) -> None:
    def meanwhile(store: disk.OpenStore) -> None:
        with pytest.raises(BlockingIOError, match="another process is making a store there"):
            made(tmp_path, 3)

    made(tmp_path, 1, add=meanwhile)
    assert count(tmp_path) == 2


def test_killed_at_any_moment_the_old_store_is_served(tmp_path: Path, small_path: Path) -> None:
    folder, command = tmp_path / "store", [*COMMAND, "load", str(small_path)]
    made(tmp_path, 1)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "server")])}
    chance = random.Random(17)
    started = time.monotonic()
    subprocess.run([*command, str(tmp_path / "other")], env=environment, check=True)
    takes = time.monotonic() - started
    for _ in range(10):
        process = subprocess.Popen([*command, str(folder)], env=environment)
        time.sleep(chance.uniform(0.2, 1) * takes)
        process.kill()
        process.wait()
        opened = disk.open_current(folder)
        opened.check()
        opened.close()
    subprocess.run([*command, str(folder)], env=environment, check=True)
    assert len([path for path in folder.iterdir() if path.is_dir()]) == 1
    whole = disk.open_current(tmp_path / "other")
    assert disk.open_current(folder).marker.version == whole.marker.version


def test_a_full_disk_leaves_the_old_store(tmp_path: Path, small_path: Path) -> None:
    made(tmp_path, 1)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "server")])}
    limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (20_000, 20_000))
    done = subprocess.run(
        [*COMMAND, "load", str(small_path), str(tmp_path / "store")],
        env=environment,
        preexec_fn=limit,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "error" in done.stderr
    assert "Traceback" not in done.stderr
    assert count(tmp_path) == 2


def test_a_store_that_was_not_finished_is_not_opened(tmp_path: Path) -> None:
    made(tmp_path, 1)
    (stores(tmp_path)[0] / "marker").unlink()
    with pytest.raises(DamagedStoreError, match="not complete; load the dataset again"):
        disk.open_current(tmp_path / "store")


def test_a_cut_or_missing_file_is_noticed_when_a_store_is_opened(tmp_path: Path) -> None:
    made(tmp_path, *range(1000))
    file = max(stores(tmp_path)[0].rglob("*.sst"), key=lambda path: path.stat().st_size)
    os.truncate(file, file.stat().st_size - 64)
    with pytest.raises(DamagedStoreError, match=rf"{file.name}: missing or of another size"):
        disk.open_current(tmp_path / "store")


def test_another_version_of_the_engine_is_refused(tmp_path: Path) -> None:
    made(tmp_path, 1)
    marker = stores(tmp_path)[0] / "marker"
    marker.write_text(marker.read_text().replace('"engine": "', '"engine": "0.'))
    with pytest.raises(ValueError, match=r"made by version 0\.[\d.]+ of the engine"):
        disk.open_current(tmp_path / "store")


def _zero(path: Path) -> None:
    """Overwrite a part of the largest file of the engine."""
    file = max(path.rglob("*.sst"), key=lambda path: path.stat().st_size)
    with file.open("r+b") as content:
        content.seek(file.stat().st_size // 3)
        content.write(bytes(64))


def test_a_damaged_store_is_told_and_answers_nothing_wrong(tmp_path: Path) -> None:
    made(tmp_path, *range(3000))
    _zero(stores(tmp_path)[0])
    opened = disk.open_current(tmp_path / "store")
    with pytest.raises(DamagedStoreError, match=r"\.sst: damaged; load the dataset again"):
        opened.check()
    with running(tmp_path / "store") as server:
        health = f"{server.url}/healthz"
        until(lambda: httpx.get(health).json()["status"] == "unreadable")
        assert httpx.get(health).status_code == 503
        for path in ("/", "/sparql?query=ASK%7B%7D", "/metrics"):
            answer = httpx.get(server.url + path)
            assert answer.status_code == 503
            assert "The dataset cannot be read" in answer.text


def test_a_damaged_new_store_is_not_taken_over(tmp_path: Path) -> None:
    made(tmp_path, 1)
    query = {"query": "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", "format": "csv"}
    with running(tmp_path / "store", KEEP="0") as server:

        def answer() -> str:
            return httpx.get(f"{server.url}/sparql", params=query).text.split()[-1]

        assert answer() == "1"
        path = tmp_path / "data.nq"
        path.write_text("".join(map(LINES.format, range(3000))))
        name = disk.stamp(tmp_path / "store")
        made(tmp_path, *range(3000), add=lambda made: None)
        # the new store is damaged before the server looks
        _zero(tmp_path / "store" / disk.stamp(tmp_path / "store"))
        assert disk.stamp(tmp_path / "store") != name
        until(lambda: "damaged" in server.log.read_text())
        assert answer() == "1"
        made(tmp_path, 1, 2)
        until(lambda: answer() == "2")
