"""Queries that no server should have to answer, and everybody else's while it does not."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from accsm_server.engine.interface import Query, fetch
from accsm_server.engine.pool.fair_queue import FairQueue
from accsm_server.engine.pool.pool import Pool
from accsm_server.errors import QueryError
from accsm_server.serve import serve
from accsm_server.settings import Settings
from serving import ROOT, Server, children, running, until

from accsm_kg.namespaces import CONVENTIONS
from accsm_kg.rdf.dataset import files as rdf_files

CROSS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n0 ?o }"
SORT = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?f ?c"


@pytest.fixture(scope="module")
def server(dataset_path: Path) -> Iterator[Server]:
    with running(dataset_path, TIMEOUT="0.5", MEMORY="256", WORKERS="2") as server:
        yield server


def runs(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def ask(server: Server, query: str, **more: str) -> httpx.Response:
    return httpx.post(f"{server.url}/sparql", data={"query": query}, timeout=30, headers=more)


def fruitless(server: Server) -> None:
    with suppress(httpx.HTTPError):
        ask(server, CROSS)


def test_the_deadline_is_told_with_advice(server: Server) -> None:
    problem = ask(server, CROSS).json()
    assert problem["status"] == 504
    assert "0.5 seconds" in problem["detail"]
    assert "LIMIT" in problem["hint"]


def test_what_is_nested_too_deeply_is_told_so(dataset_path: Path) -> None:
    with running(dataset_path) as server:
        answer = ask(server, "SELECT * " + "{" * 300_000)
    assert (answer.status_code, answer.json()["detail"]) == (400, "the query is nested too deeply")


def test_pages_are_served_while_every_worker_of_visitors_is_busy(server: Server) -> None:
    threads = [threading.Thread(target=ask, args=(server, CROSS)) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    started = time.monotonic()
    page = httpx.get(f"{server.url}/doc/country/KHM", headers={"Accept": "text/html"})
    taken = time.monotonic() - started
    for thread in threads:
        thread.join()
    assert page.status_code == 200
    assert taken < 0.7


def test_a_full_queue_says_come_back(dataset_path: Path) -> None:
    with running(dataset_path, TIMEOUT="3", WORKERS="1") as server:
        threads = [threading.Thread(target=ask, args=(server, CROSS)) for _ in range(40)]
        for thread in threads:
            thread.start()
        until(lambda: "\naccsm_queries_waiting 16.0" in httpx.get(f"{server.url}/metrics").text)
        answer = ask(server, "ASK{}")
        for thread in threads:
            thread.join()
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0


def test_who_hangs_up_frees_the_worker(dataset_path: Path) -> None:
    with running(dataset_path, TIMEOUT="20", WORKERS="1") as server:
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{server.url}/sparql", data={"query": CROSS}, timeout=0.5)
        started = time.monotonic()
        assert ask(server, "ASK{}").status_code == 200
        assert time.monotonic() - started < 2


@pytest.mark.parametrize("behind", [b"", b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"])
@pytest.mark.parametrize("then", [b"", b"garbage\r\n\r\n"])
def test_who_hangs_up_on_a_pipeline_frees_the_worker(
    dataset_path: Path, behind: bytes, then: bytes
) -> None:
    with running(dataset_path, TIMEOUT="20", WORKERS="1") as server:
        host, port = server.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as line:
            path = f"/sparql?query={quote(CROSS)}"
            line.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode() + behind + then)
            time.sleep(0.2)
        until(lambda: "\naccsm_workers_busy 0.0" in httpx.get(f"{server.url}/metrics").text)


def test_who_hangs_up_on_a_graph_frees_the_worker(dataset_path: Path) -> None:
    with running(dataset_path, WORKERS="1", CACHE="0") as server:
        address = server.url.removeprefix("http://").split(":")
        for number in range(20):
            path = f"/rdf-graph-store?default&format=jsonld&x={number}"
            with socket.create_connection((address[0], int(address[1]))) as line:
                line.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                time.sleep(0.1)
        started = time.monotonic()
        assert ask(server, "ASK{}").status_code == 200
        assert time.monotonic() - started < 2


def test_the_dataset_is_loaded_again_when_its_process_dies(dataset_path: Path) -> None:
    with running(dataset_path) as server:
        (fork_server,) = children(server.pid)
        os.kill(fork_server, signal.SIGKILL)
        assert ask(server, "ASK { ?s ?p ?o }").json()["boolean"] is True
        assert children(server.pid) != [fork_server]


@pytest.mark.parametrize("build", ["<urn:a> <urn:b> ", "<urn:a> <urn:b> 2, 3 .\n"])
@pytest.mark.parametrize("folder", [False, True])
def test_it_is_the_same_dataset_whatever_its_files_say_now(
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


def test_a_pool_that_cannot_start_leaves_nothing(dataset_path: Path) -> None:
    async def main() -> None:
        others = children(os.getpid())
        task = asyncio.create_task(Pool.start([dataset_path], CONVENTIONS, Settings()))
        while children(os.getpid()) == others:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert children(os.getpid()) == others

    asyncio.run(main())


def test_a_package_in_the_working_directory_is_not_ours(
    dataset_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "accsm_server").mkdir()
    (tmp_path / "accsm_server" / "__init__.py").write_text("raise SystemExit('not this one')")
    monkeypatch.chdir(tmp_path)
    with running(dataset_path) as server:
        assert ask(server, "ASK {}").json()["boolean"] is True


def test_no_process_outlives_the_server(dataset_path: Path) -> None:
    with running(dataset_path, TIMEOUT="20") as server:
        (fork_server,) = children(server.pid)
        workers = children(fork_server)
        threading.Thread(target=fruitless, args=(server,)).start()
        time.sleep(0.3)
        os.kill(server.pid, signal.SIGKILL)
        time.sleep(0.5)
        alive = [pid for pid in (fork_server, *workers) if runs(pid)]
    assert alive == []


def test_a_slow_reader_does_not_hold_a_worker(dataset_path: Path) -> None:
    query = "SELECT * { ?a ?b ?c . ?d a ?e } LIMIT 30000"
    with (
        running(dataset_path, WORKERS="1", TIMEOUT="5") as server,
        httpx.stream("POST", f"{server.url}/sparql", data={"query": query}) as slow,
    ):
        assert slow.status_code == 200
        started = time.monotonic()
        assert ask(server, "ASK{}").status_code == 200
        assert time.monotonic() - started < 2
        assert len(slow.read()) > 1 << 20


def test_an_answer_that_is_cut_is_seen_to_be_cut(dataset_path: Path) -> None:
    query = "SELECT * { ?a ?b ?c . ?d ?e ?f }"
    with (
        running(dataset_path, TIMEOUT="1") as server,
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


async def failure(pool: Pool, text: str, timeout: float | None = None) -> QueryError:
    with pytest.raises(QueryError) as caught:
        await fetch(pool, Query(text, "json", timeout=timeout))
    return caught.value


@pytest.mark.parametrize("silent", ["", "SILENT "])
def test_a_worker_cannot_reach_out(dataset_path: Path, silent: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"

        async def work(pool: Pool) -> object:
            query = Query(f"SELECT * {{ SERVICE {silent}<{url}> {{ ?s ?p ?o }} }}", "csv")
            try:
                return await fetch(pool, query)
            except QueryError as error:
                return error.reason

        said = in_pool(dataset_path, work)
        with pytest.raises(TimeoutError):
            listener.accept()
    assert said == ((b"o,p,s\r\n,,\r\n", False) if silent else "refused")


def test_a_worker_cannot_open_files(dataset_path: Path) -> None:
    async def work(pool: Pool) -> object:
        text = "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }"
        return await fetch(pool, Query(text, "json"))

    body, _ = in_pool(dataset_path, work)  # type: ignore[misc]
    assert b'"bindings":[]' in body


def test_two_workers_do_not_draw_the_same_numbers(dataset_path: Path) -> None:
    async def work(pool: Pool) -> object:
        query = Query("SELECT (STRUUID() AS ?u) {}", "csv")
        return await asyncio.gather(*(fetch(pool, query) for _ in range(8)))

    answers = in_pool(dataset_path, work, workers=4)
    assert len(set(answers)) == 8  # type: ignore[call-overload]


def test_memory_is_named_when_it_runs_out(dataset_path: Path) -> None:
    async def work(pool: Pool) -> object:
        return (await failure(pool, SORT)).reason

    assert in_pool(dataset_path, work, memory=128, timeout=20) == "memory"


def test_waiters_are_served_in_order(dataset_path: Path) -> None:
    async def work(pool: Pool) -> object:
        order: list[int] = []

        async def one(number: int) -> None:
            await fetch(pool, Query("ASK{}", "json"))
            order.append(number)

        await asyncio.gather(*map(one, range(16)))
        return order

    assert in_pool(dataset_path, work, workers=1) == list(range(16))


@pytest.mark.parametrize("text", ["*", "(RAND() AS ?x) ?a ?b ?c"], ids=["steady", "volatile"])
def test_an_answer_whose_worker_is_killed_is_broken_off(dataset_path: Path, text: str) -> None:
    query = Query(f"SELECT {text} {{ ?a ?b ?c . ?d a ?e }} LIMIT 60000", "csv")

    async def work(pool: Pool) -> object:
        answer = await pool.answer(query)
        await anext(answer)
        await asyncio.sleep(0.3)  # until the worker waits for its reader
        for worker in list(pool._workers):
            os.kill(worker.pid, signal.SIGKILL)
        with pytest.raises(QueryError) as broken:
            while True:
                await anext(answer)
        return broken.value.reason, broken.value.status

    assert in_pool(dataset_path, work) == ("crash", 503)


def test_the_time_to_wait_is_part_of_the_deadline(dataset_path: Path) -> None:
    async def work(pool: Pool) -> object:
        first = asyncio.create_task(failure(pool, CROSS, timeout=1))
        await asyncio.sleep(0)
        started = time.monotonic()
        reason = (await failure(pool, CROSS, timeout=1.5)).reason
        taken = time.monotonic() - started
        await first
        await asyncio.sleep(0.5)  # until there are new workers
        return taken, reason

    taken, reason = in_pool(dataset_path, work, workers=1)  # type: ignore[misc]
    assert (taken < 2.2, reason) == (True, "deadline")


def test_a_query_whose_worker_is_killed_fails_at_once(dataset_path: Path) -> None:
    async def work(pool: Pool) -> object:
        task = asyncio.create_task(failure(pool, CROSS))
        await asyncio.sleep(0.4)
        started = time.monotonic()
        for worker in list(pool._workers):
            os.kill(worker.pid, signal.SIGKILL)
        error = await task
        taken = time.monotonic() - started
        await asyncio.sleep(0.5)  # until there are new workers
        found = await fetch(pool, Query("ASK{}", "json"))
        return taken, error.reason, dict(error.headers), found[0]

    taken, reason, headers, found = in_pool(dataset_path, work, timeout=10)  # type: ignore[misc]
    assert (taken < 2, reason, headers) == (True, "crash", {"Retry-After": "5"})
    assert found == b'{"head":{},"boolean":true}'


def test_a_long_query_leaves_time_to_short_ones(dataset_path: Path) -> None:
    async def work(pool: Pool) -> object:
        before = {worker.pid for worker in pool._workers}
        task = asyncio.create_task(failure(pool, CROSS))
        await asyncio.sleep(0.7)
        threads = [int(path.name) for pid in before for path in Path(f"/proc/{pid}/task").iterdir()]
        last = [thread for thread in threads if os.getpriority(os.PRIO_PROCESS, thread) == 19]
        await task
        await asyncio.sleep(0.3)
        return len(last), len(before - {worker.pid for worker in pool._workers})

    assert in_pool(dataset_path, work, timeout=1) == (2, 1)


class Hand:
    """What a lane hands out."""

    client = ""
    ended = False


def soon(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds


def test_clients_are_served_in_turn() -> None:
    async def main() -> list[str]:
        lane: FairQueue[Hand] = FairQueue(100)
        served: list[str] = []

        async def one(client: str) -> None:
            worker = await lane.acquire(client, soon(10))
            served.append(client)
            await asyncio.sleep(0)
            lane.release(worker)

        tasks = [asyncio.create_task(one(client)) for client in "aaaaaabbbcc"]
        await asyncio.sleep(0)
        lane.add(Hand())
        await asyncio.gather(*tasks)
        assert (lane.busy, lane.waiting) == (0, 0)
        return served

    assert "".join(asyncio.run(main())) == "abcabcabaaa"


def test_one_client_gets_half_and_the_next_one_finds_some() -> None:
    async def main() -> list[bool]:
        lane: FairQueue[Hand] = FairQueue(4)
        for _ in range(4):
            lane.add(Hand())
        return [await is_served(lane, client) for client in "aaabbcc"]

    assert asyncio.run(main()) == [True, True, False, True, False, True, False]


async def is_served(lane: FairQueue[Hand], client: str) -> bool:
    with suppress(QueryError):
        await lane.acquire(client, soon(0))
        return True
    return False


def test_a_free_worker_goes_to_who_waits_when_another_has_ended() -> None:
    async def main() -> bool:
        lane: FairQueue[Hand] = FairQueue(4)
        lane.add(Hand())
        lane.add(Hand())
        first = await lane.acquire("a", soon(10))
        waiting = asyncio.create_task(lane.acquire("a", soon(10)))
        await asyncio.sleep(0)
        assert lane.waiting == 1
        lane.drop(first)
        await asyncio.sleep(0)
        return waiting.done()

    assert asyncio.run(main())


def test_the_places_to_wait_are_shared_as_well() -> None:
    async def main() -> list[str]:
        lane: FairQueue[Hand] = FairQueue(4)
        found = await asyncio.gather(
            *(lane.acquire(client, soon(0.1)) for client in "aaabbc"), return_exceptions=True
        )
        assert lane.waiting == 0
        return [str(error) for error in found]

    late, full = "no worker became free in time", "queries are waiting"
    said = asyncio.run(main())
    assert [late in text for text in said] == [True, True, False, True, False, True]
    assert full in said[2]
    assert full in said[4]


def test_a_worker_for_who_has_just_left_goes_to_the_next() -> None:
    async def main() -> bool:
        lane: FairQueue[Hand] = FairQueue(4)
        gone, next_one = (asyncio.create_task(lane.acquire(client, soon(10))) for client in "ab")
        await asyncio.sleep(0)
        lane.add(Hand())
        gone.cancel()
        worker = await next_one
        return worker.client == "b" and lane.busy == 1

    assert asyncio.run(main())


def test_a_worker_that_ended_for_who_has_just_left_goes_to_nobody() -> None:
    async def main() -> tuple[bool, int]:
        lane: FairQueue[Hand] = FairQueue(4)
        gone = asyncio.create_task(lane.acquire("a", soon(10)))
        await asyncio.sleep(0)
        worker = Hand()
        lane.add(worker)
        gone.cancel()
        worker.ended = True
        lane.drop(worker)
        await asyncio.gather(gone, return_exceptions=True)
        return await is_served(lane, "b"), lane.busy

    assert asyncio.run(main()) == (False, 0)


def test_a_dataset_that_cannot_be_read_is_refused_by_name(tmp_path: Path) -> None:
    broken = tmp_path / "broken.ttl"
    broken.write_text("<a> <b> ")
    with pytest.raises(ValueError, match=r"broken\.ttl"):
        asyncio.run(Pool.start([broken], CONVENTIONS, Settings()))


def test_a_stopping_server_answers_what_runs(dataset_path: Path) -> None:
    answers: list[httpx.Response] = []
    with running(dataset_path, TIMEOUT="20") as server:
        thread = threading.Thread(target=lambda: answers.append(ask(server, CROSS)))
        thread.start()
        time.sleep(0.5)
    thread.join()
    assert [answer.status_code for answer in answers] == [503]
    assert answers[0].json()["title"] == "The server is stopping"


def test_a_taken_port_is_named(dataset_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{port}"):
            serve(dataset_path, "127.0.0.1", port, lambda url: None)


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


def test_a_confined_process_gets_nowhere() -> None:
    done = subprocess.run([sys.executable, "-c", ESCAPES], capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
