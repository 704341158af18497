"""The pool of workers: limits, fairness, disconnects, crashes and the sandbox."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from accsm_server.engine.interface import Query, fetch
from accsm_server.engine.pool.fair_queue import FairQueue
from accsm_server.engine.pool.messages import task_of
from accsm_server.engine.pool.pool import Pool
from accsm_server.engine.pool.worker import answer_query
from accsm_server.errors import QueryError
from accsm_server.serve import serve
from accsm_server.settings import Settings
from project import ROOT
from serving import Server, children, running, until

from accsm_kg.namespaces import CONVENTIONS
from accsm_kg.rdf.dataset import files as rdf_files

CROSS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n0 ?o }"
SORT = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?f ?c"


@pytest.fixture(scope="module")
def server(small_path: Path) -> Iterator[Server]:
    with running(small_path, TIMEOUT="0.5", MEMORY="2048") as server:
        yield server


def is_running(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def ask(server: Server, query: str, **more: str) -> httpx.Response:
    headers = {"Accept": "application/json", **more}
    return httpx.post(f"{server.url}/sparql", data={"query": query}, timeout=30, headers=headers)


def ask_in_vain(server: Server) -> None:
    with suppress(httpx.HTTPError):
        ask(server, CROSS)


@contextmanager
def occupied(
    dataset: Path, number: int, **settings: str
) -> Iterator[tuple[Server, list[threading.Thread]]]:
    """A server to which ``number`` threads send a query that ends with the server only."""
    with running(dataset, TIMEOUT="60", **settings) as server:
        threads = [threading.Thread(target=ask_in_vain, args=(server,)) for _ in range(number)]
        for thread in threads:
            thread.start()
        yield server, threads
    for thread in threads:
        thread.join()


def test_a_timeout_is_answered_with_advice(server: Server) -> None:
    problem = ask(server, CROSS).json()
    assert problem["status"] == 504
    assert "0.5 seconds" in problem["detail"]
    assert "LIMIT" in problem["hint"]


def test_deep_nesting_has_an_error_of_its_own(small_path: Path) -> None:
    with running(small_path) as server:
        answer = ask(server, "SELECT * " + "{" * 300_000)
    assert answer.status_code == 400
    assert answer.json()["title"] == "The query is nested too deeply"


def test_pages_are_served_beside_long_queries(small_path: Path) -> None:
    with occupied(small_path, 2, MEMORY="1024") as (server, threads):
        until(lambda: "\naccsm_queries_long 2.0" in httpx.get(f"{server.url}/metrics").text)
        html = {"Accept": "text/html"}
        page = httpx.get(f"{server.url}/doc/country/KHM", headers=html, timeout=30)
        assert all(thread.is_alive() for thread in threads)
    assert page.status_code == 200


def test_a_full_queue_answers_503_with_retry_after(small_path: Path) -> None:
    async def work(pool: Pool) -> object:
        asked = (fetch(pool, Query("ASK{}", "json")) for _ in range(300))
        return await asyncio.gather(*asked, return_exceptions=True)

    found = in_pool(small_path, work, memory=1024)
    errors = [error for error in found if isinstance(error, QueryError)]  # type: ignore[attr-defined]
    assert len(errors) == 300 - 256 - 1
    assert {(error.reason, error.status) for error in errors} == {("busy", 503)}
    assert all(int(error.headers["Retry-After"]) > 0 for error in errors)


def test_a_client_that_disconnects_frees_the_worker(small_path: Path) -> None:
    with running(small_path, TIMEOUT="20", MEMORY="1024") as server:
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{server.url}/sparql", data={"query": CROSS}, timeout=0.5)
        started = time.monotonic()
        assert ask(server, "ASK{}").status_code == 200
        assert time.monotonic() - started < 2


@pytest.mark.parametrize("behind", [b"", b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"])
@pytest.mark.parametrize("then", [b"", b"garbage\r\n\r\n"])
def test_a_client_that_disconnects_with_a_pipeline_frees_the_worker(
    small_path: Path, behind: bytes, then: bytes
) -> None:
    with running(small_path, TIMEOUT="20", MEMORY="1024") as server:
        host, port = server.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            path = f"/sparql?query={quote(CROSS)}"
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode() + behind + then)
            time.sleep(0.2)
        until(lambda: "\naccsm_workers_busy 0.0" in httpx.get(f"{server.url}/metrics").text)


def test_a_client_that_disconnects_from_a_graph_frees_the_worker(small_path: Path) -> None:
    with running(small_path, MEMORY="1024", CACHE="0") as server:
        address = server.url.removeprefix("http://").split(":")
        for number in range(20):
            path = f"/rdf-graph-store?default&format=jsonld&x={number}"
            with socket.create_connection((address[0], int(address[1]))) as connection:
                connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                time.sleep(0.1)
        started = time.monotonic()
        assert ask(server, "ASK{}").status_code == 200
        assert time.monotonic() - started < 2


def test_the_fork_server_is_restarted_when_it_dies(small_path: Path) -> None:
    with running(small_path) as server:
        (fork_server,) = children(server.pid)
        os.kill(fork_server, signal.SIGKILL)
        assert ask(server, "ASK { ?s ?p ?o }").json()["boolean"] is True
        assert children(server.pid) != [fork_server]


@pytest.mark.parametrize("build", ["<urn:a> <urn:b> ", "<urn:a> <urn:b> 2, 3 .\n"])
@pytest.mark.parametrize("folder", [False, True])
def test_a_restart_loads_the_same_dataset_though_the_files_changed(
    tmp_path: Path, folder: bool, build: str
) -> None:
    file = tmp_path / "data" / "small.ttl"
    file.parent.mkdir()
    file.write_text("<urn:a> <urn:b> [] .\n")
    others = set(children(os.getpid()))

    async def work(pool: Pool) -> object:
        query = Query("SELECT ?s ?p (ISBLANK(?o) AS ?b) { ?s ?p ?o }", "csv")
        before = await fetch(pool, query)
        file.write_text(build)
        (fork_server,) = set(children(os.getpid())) - others
        os.kill(fork_server, signal.SIGKILL)
        await asyncio.sleep(1)
        assert fork_server not in children(os.getpid())
        return before == await fetch(pool, query)

    assert in_pool(file.parent if folder else file, work)


def test_a_cancelled_start_leaves_no_process(small_path: Path) -> None:
    async def main() -> None:
        others = children(os.getpid())
        task = asyncio.create_task(Pool.start([small_path], CONVENTIONS, Settings()))
        while children(os.getpid()) == others:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert children(os.getpid()) == others

    asyncio.run(main())


def test_workers_import_nothing_from_the_working_directory(
    small_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "accsm_server").mkdir()
    (tmp_path / "accsm_server" / "__init__.py").write_text("raise SystemExit('not this one')")
    monkeypatch.chdir(tmp_path)
    with running(small_path) as server:
        assert ask(server, "ASK {}").json()["boolean"] is True


def test_no_process_outlives_the_server(small_path: Path) -> None:
    with running(small_path, TIMEOUT="20") as server:
        (fork_server,) = children(server.pid)
        workers = children(fork_server)
        threading.Thread(target=ask_in_vain, args=(server,)).start()
        time.sleep(0.3)
        os.kill(server.pid, signal.SIGKILL)
        time.sleep(0.5)
        alive = [pid for pid in (fork_server, *workers) if is_running(pid)]
    assert alive == []


def test_a_slow_reader_does_not_hold_a_worker(small_path: Path) -> None:
    query = "SELECT * { ?a ?b ?c . ?d a ?e } LIMIT 30000"
    with (
        running(small_path, MEMORY="1024") as server,
        httpx.stream("POST", f"{server.url}/sparql", data={"query": query}) as slow,
    ):
        assert slow.status_code == 200
        started = time.monotonic()
        assert ask(server, "ASK{}").status_code == 200
        assert time.monotonic() - started < 2
        assert len(slow.read()) > 1 << 20


def test_a_response_that_fails_midway_is_left_unfinished(small_path: Path) -> None:
    query = "SELECT * { ?a ?b ?c . ?d ?e ?f }"
    with (
        running(small_path, TIMEOUT="1") as server,
        httpx.stream("POST", f"{server.url}/sparql", data={"query": query}) as cut,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        for _ in cut.iter_raw():
            pass


def in_pool(dataset: Path, work: Callable[[Pool], Awaitable[object]], **settings: float) -> object:
    async def main() -> object:
        files = rdf_files(dataset)
        pool = await Pool.start(files, CONVENTIONS, Settings(**settings))  # type: ignore[arg-type]
        try:
            return await work(pool)
        finally:
            await pool.close()

    return asyncio.run(main())


async def query_error(pool: Pool, text: str, timeout: float | None = None) -> QueryError:
    with pytest.raises(QueryError) as caught:
        await fetch(pool, Query(text, "json", timeout=timeout))
    return caught.value


@pytest.mark.parametrize("silent", ["", "SILENT "])
def test_a_worker_cannot_open_connections(small_path: Path, silent: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"

        async def work(pool: Pool) -> object:
            query = Query(f"SELECT * {{ SERVICE {silent}<{url}> {{ ?s ?p ?o }} }}", "csv")
            try:
                return await fetch(pool, query)
            except QueryError as error:
                return error.reason

        found = in_pool(small_path, work)
        with pytest.raises(TimeoutError):
            listener.accept()
    assert found == ((b"o,p,s\r\n,,\r\n", False) if silent else "refused")


def test_a_worker_cannot_open_files(small_path: Path) -> None:
    async def work(pool: Pool) -> object:
        text = "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }"
        return await fetch(pool, Query(text, "json"))

    body, _ = in_pool(small_path, work)  # type: ignore[misc]
    assert b'"bindings":[]' in body


def test_an_error_of_a_worker_names_no_file_of_the_machine() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        fault = PermissionError(13, "Permission denied", "/a/path/of/this/machine")
        answer_query(fault, task_of(Query("ASK {}", "json"), Settings()), theirs, 1 << 40)
        told = ours.recv(1 << 16)
    assert b"Permission denied" in told
    assert b"/a/path" not in told


def test_workers_have_different_random_numbers(small_path: Path) -> None:
    async def work(pool: Pool) -> object:
        query = Query("SELECT (STRUUID() AS ?u) {}", "csv")
        return await asyncio.gather(*(fetch(pool, query) for _ in range(8)))

    answers = in_pool(small_path, work)
    assert len(set(answers)) == 8  # type: ignore[call-overload]


def test_running_out_of_memory_has_an_error_of_its_own(small_path: Path) -> None:
    async def work(pool: Pool) -> object:
        return (await query_error(pool, SORT)).reason

    assert in_pool(small_path, work, memory=1024, timeout=20) == "memory"


def test_waiting_queries_are_served_in_order(small_path: Path) -> None:
    async def work(pool: Pool) -> object:
        order: list[int] = []

        async def one(number: int) -> None:
            await fetch(pool, Query("ASK{}", "json"))
            order.append(number)

        await asyncio.gather(*map(one, range(16)))
        return order

    assert in_pool(small_path, work, memory=1024) == list(range(16))


@pytest.mark.parametrize("text", ["*", "(RAND() AS ?x) ?a ?b ?c"], ids=["steady", "volatile"])
def test_an_answer_fails_when_its_worker_is_killed(small_path: Path, text: str) -> None:
    query = Query(f"SELECT {text} {{ ?a ?b ?c . ?d a ?e }} LIMIT 300000", "csv")

    async def work(pool: Pool) -> object:
        answer = await pool.answer(query)
        await anext(answer)
        await asyncio.sleep(0.3)  # the worker waits for its reader: the answer exceeds the buffer
        for worker in list(pool._workers):
            os.kill(worker.pid, signal.SIGKILL)
        with pytest.raises(QueryError) as broken:
            while True:
                await anext(answer)
        return broken.value.reason, broken.value.status

    assert in_pool(small_path, work) == ("crash", 503)


def test_the_timeout_includes_the_time_in_the_queue(small_path: Path) -> None:
    async def work(pool: Pool) -> object:
        first = [asyncio.create_task(page_error(pool, 1)) for _ in range(2)]
        await asyncio.sleep(0)
        started = time.monotonic()
        reason = (await page_error(pool, 1.5)).reason
        taken = time.monotonic() - started
        await asyncio.gather(*first)
        await asyncio.sleep(0.5)  # until there are new workers
        return taken, reason

    async def page_error(pool: Pool, timeout: float) -> QueryError:
        with pytest.raises(QueryError) as caught:
            await fetch(pool, Query(CROSS, "json", timeout=timeout, internal=True))
        return caught.value

    taken, reason = in_pool(small_path, work)  # type: ignore[misc]
    assert (taken < 2.2, reason) == (True, "deadline")


def test_a_query_fails_at_once_when_its_worker_is_killed(small_path: Path) -> None:
    async def work(pool: Pool) -> object:
        task = asyncio.create_task(query_error(pool, CROSS))
        await asyncio.sleep(0.4)
        started = time.monotonic()
        for worker in list(pool._workers):
            os.kill(worker.pid, signal.SIGKILL)
        error = await task
        taken = time.monotonic() - started
        await asyncio.sleep(0.5)  # until there are new workers
        found = await fetch(pool, Query("ASK{}", "json"))
        return taken, error.reason, dict(error.headers), found[0]

    taken, reason, headers, found = in_pool(small_path, work, timeout=10)  # type: ignore[misc]
    assert (taken < 2, reason, headers) == (True, "crash", {"Retry-After": "5"})
    assert found == b'{"head":{},"boolean":true}'


def test_a_long_query_gets_a_lower_priority(small_path: Path) -> None:
    async def work(pool: Pool) -> object:
        before = {worker.pid for worker in pool._workers}
        task = asyncio.create_task(query_error(pool, CROSS))
        await asyncio.sleep(0.7)
        threads = [int(path.name) for pid in before for path in Path(f"/proc/{pid}/task").iterdir()]
        last = [thread for thread in threads if os.getpriority(os.PRIO_PROCESS, thread) == 12]
        await task
        await asyncio.sleep(0.3)
        return len(last), len(before - {worker.pid for worker in pool._workers})

    assert in_pool(small_path, work, timeout=1) == (2, 1)


class FakeWorker:
    """A worker for the fair queue."""

    client = ""
    ended = False


def soon(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds


def test_clients_are_served_in_turn() -> None:
    async def main() -> list[str]:
        queue: FairQueue[FakeWorker] = FairQueue(100)
        served: list[str] = []

        async def one(client: str) -> None:
            worker = await queue.acquire(client, soon(10))
            served.append(client)
            await asyncio.sleep(0)
            queue.release(worker)

        tasks = [asyncio.create_task(one(client)) for client in "aaaaaabbbcc"]
        await asyncio.sleep(0)
        queue.add(FakeWorker())
        await asyncio.gather(*tasks)
        assert (queue.busy, queue.waiting) == (0, 0)
        return served

    assert "".join(asyncio.run(main())) == "acbacbabaaa"


def test_one_client_gets_half_of_the_workers() -> None:
    async def main() -> list[bool]:
        queue: FairQueue[FakeWorker] = FairQueue(4)
        for _ in range(4):
            queue.add(FakeWorker())
        return [await is_served(queue, client) for client in "aaabbcc"]

    assert asyncio.run(main()) == [True, True, False, True, False, True, False]


async def is_served(queue: FairQueue[FakeWorker], client: str) -> bool:
    with suppress(QueryError):
        await queue.acquire(client, soon(0))
        return True
    return False


def test_a_waiting_client_gets_a_free_worker_when_another_has_ended() -> None:
    async def main() -> bool:
        queue: FairQueue[FakeWorker] = FairQueue(4)
        queue.add(FakeWorker())
        queue.add(FakeWorker())
        first = await queue.acquire("a", soon(10))
        waiting = asyncio.create_task(queue.acquire("a", soon(10)))
        await asyncio.sleep(0)
        assert queue.waiting == 1
        queue.drop(first)
        await asyncio.sleep(0)
        return waiting.done()

    assert asyncio.run(main())


def test_the_room_in_the_queue_is_shared() -> None:
    async def main() -> list[str]:
        queue: FairQueue[FakeWorker] = FairQueue(4)
        found = await asyncio.gather(
            *(queue.acquire(client, soon(0.1)) for client in "aaabbc"), return_exceptions=True
        )
        assert queue.waiting == 0
        return [str(error) for error in found]

    late, full = "No worker became free in time", "queries are already waiting"
    found = asyncio.run(main())
    assert [late in text for text in found] == [True, True, False, True, False, True]
    assert full in found[2]
    assert full in found[4]


def test_the_worker_of_a_cancelled_client_goes_to_the_next() -> None:
    async def main() -> bool:
        queue: FairQueue[FakeWorker] = FairQueue(4)
        first, next_one = (asyncio.create_task(queue.acquire(client, soon(10))) for client in "ab")
        await asyncio.sleep(0)
        queue.add(FakeWorker())
        first.cancel()
        worker = await next_one
        return worker.client == "b" and queue.busy == 1

    assert asyncio.run(main())


def test_an_ended_worker_of_a_cancelled_client_is_not_reused() -> None:
    async def main() -> tuple[bool, int]:
        queue: FairQueue[FakeWorker] = FairQueue(4)
        first = asyncio.create_task(queue.acquire("a", soon(10)))
        await asyncio.sleep(0)
        worker = FakeWorker()
        queue.add(worker)
        first.cancel()
        worker.ended = True
        queue.drop(worker)
        await asyncio.gather(first, return_exceptions=True)
        return await is_served(queue, "b"), queue.busy

    assert asyncio.run(main()) == (False, 0)


def test_an_unreadable_dataset_is_named_in_the_error(tmp_path: Path) -> None:
    broken = tmp_path / "broken.ttl"
    broken.write_text("<a> <b> ")
    with pytest.raises(ValueError, match=r"broken\.ttl"):
        asyncio.run(Pool.start([broken], CONVENTIONS, Settings()))


def test_a_stopping_server_answers_running_queries(small_path: Path) -> None:
    answers: list[httpx.Response] = []
    with running(small_path, TIMEOUT="20") as server:
        thread = threading.Thread(target=lambda: answers.append(ask(server, CROSS)))
        thread.start()
        time.sleep(0.5)
    thread.join()
    assert [answer.status_code for answer in answers] == [503]
    assert answers[0].json()["title"] == "The server is stopping"


def test_a_port_in_use_is_named_in_the_error(small_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"port {port} of 127.0.0.1 is taken"):
            serve(small_path, "127.0.0.1", port, lambda url, memory: None)


ESCAPES = """
import os, socket, sys
from accsm_server.engine.pool import sandbox
sandbox.limit_memory(1 << 30)
sandbox.confine()
attempts = {
    "open": lambda: open("/etc/passwd"),
    "create": lambda: os.open("/dev/shm/x", os.O_CREAT),
    "socket": lambda: socket.socket(),
    "pair": lambda: socket.socketpair(),
    "program": lambda: os.execv("/bin/true", ["true"]),
    "memory": lambda: bytearray(1 << 31),
}
for name, attempt in attempts.items():
    try:
        attempt()
        print(name, "worked")
    except (OSError, MemoryError):
        pass
"""


def test_a_sandboxed_process_cannot_escape() -> None:
    done = subprocess.run([sys.executable, "-c", ESCAPES], capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


MAPPINGS = """
import threading
from accsm_server.engine.pool import sandbox
sandbox.limit_memory(60 << 20)
threading.stack_size(1 << 20)
counts = []
def allocate():
    texts = ["x" * 1000 + str(number) for number in range(20_000)]
    with open("/proc/self/maps") as maps:
        counts.append((len(texts), len(maps.readlines())))
thread = threading.Thread(target=allocate)
thread.start()
thread.join()
print(counts[0][1])
"""


def test_a_thread_with_little_memory_does_not_map_each_allocation() -> None:
    done = subprocess.run(
        [sys.executable, "-c", MAPPINGS], capture_output=True, text=True, cwd=ROOT
    )
    assert int(done.stdout) < 1000, done.stderr
