"""Long queries: they leave their places, and which of them gives way; the division of memory."""

import asyncio
import ctypes
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from accsm_server.engine.interface import CLIENT, Query, fetch
from accsm_server.engine.pool.budget import INTERNAL, Budget
from accsm_server.engine.pool.fair_queue import FairQueue
from accsm_server.engine.pool.long_queries import LongQueries
from accsm_server.engine.pool.pool import Pool
from accsm_server.errors import QueryError
from engine.test_pool import CROSS, FakeWorker, in_pool, is_served
from serving import children

LEAST = 1024  # MiB: two public places, two long queries
_SEIZE = 0x4206  # see ptrace(2)
ROWS = "SELECT * { ?a ?b ?c . ?d ?e ?f }"


@pytest.mark.parametrize("total", [1024, 1500, 2048, 4096, 12_000, 1 << 20])
@pytest.mark.parametrize("cores", [1, 2, 16, 128])
@pytest.mark.parametrize("service", [False, True])
def test_workers_together_keep_within_the_total(total: int, cores: int, service: bool) -> None:
    budget = Budget.divide(total, service, cores)
    assert (budget.workers + budget.long) * budget.limit <= total
    assert budget.limit >= 100
    assert min(budget.places, budget.long) >= 2
    assert bool(budget.outbound) == service
    assert f"{budget.limit:,} for each of {budget.workers} places" in str(budget)


def worker(client: str) -> FakeWorker:
    made = FakeWorker()
    made.client = client
    return made


@pytest.mark.parametrize(
    ("running", "newcomer", "gives_way"),
    [
        ("abcd", "e", 0),  # all have one: the oldest
        ("abbc", "d", 1),  # the oldest of who has most
        ("abbb", "c", 1),
        ("abcc", "c", 4),  # the newcomer, as its client has most
        ("aaaa", "a", 4),
        ("aabb", "c", 0),
        ("abba", "c", 0),
        ("bcca", "a", 1),  # two clients have most
    ],
)
def test_who_has_most_gives_way(running: str, newcomer: str, gives_way: int) -> None:
    queries: LongQueries[FakeWorker] = LongQueries(4)
    workers = [worker(client) for client in running + newcomer]
    assert [queries.admit(each) for each in workers[:4]] == [None] * 4
    last = queries.admit(workers[4])
    assert last is workers[gives_way]
    assert queries.discard(last)
    assert not queries.discard(last)
    assert len(queries) == 4


def test_a_client_with_long_queries_leaves_workers_free_for_others() -> None:
    async def main() -> list[bool]:
        queue: FairQueue[FakeWorker] = FairQueue(4, kept=2)
        for _ in range(4):
            queue.add(FakeWorker())
        long = queue.acquire_nowait("a")
        assert long
        queue.leave(long)
        queue.add(FakeWorker())
        return [await is_served(queue, client) for client in "aabc"]

    assert asyncio.run(main()) == [True, False, True, True]


def test_queries_that_can_be_left_out_get_at_most_half_of_the_workers() -> None:
    async def main() -> tuple[int, int]:
        queue: FairQueue[FakeWorker] = FairQueue(4)
        for _ in range(4):
            queue.add(FakeWorker())
        spared = sum(queue.acquire_spare(client) is not None for client in "abcd")
        return spared, sum(queue.acquire_nowait(client) is not None for client in "efgh")

    assert asyncio.run(main()) == (2, 2)


def test_every_other_turn_goes_to_the_client_that_came_last() -> None:
    async def main() -> str:
        queue: FairQueue[FakeWorker] = FairQueue(100)
        served = []

        async def one(client: str) -> None:
            queue.leave(await queue.acquire(client, asyncio.get_running_loop().time() + 10))
            served.append(client)

        tasks = [asyncio.create_task(one(client)) for client in "abcdef"]
        for _ in range(6):
            await asyncio.sleep(0.01)
            queue.add(FakeWorker())
        await asyncio.gather(*tasks)
        return "".join(served)

    assert asyncio.run(main()) == "afbecd"


async def long_query(pool: Pool, client: str, text: str = CROSS) -> tuple[QueryError, float]:
    """Send an endless query for ``client``; return its error and the seconds until then."""
    CLIENT.set(client)
    started = time.monotonic()
    with pytest.raises(QueryError) as caught:
        await fetch(pool, Query(text, "json"))
    return caught.value, time.monotonic() - started


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.02)


async def long_queries(
    pool: Pool, clients: str, text: str = CROSS
) -> list["asyncio.Task[tuple[QueryError, float]]"]:
    """Start an endless query for each of ``clients``, when that of the last has become long."""
    tasks = []
    for count, client in enumerate(clients, 1):
        tasks.append(asyncio.create_task(long_query(pool, client, text)))
        await until(lambda count=count: pool.stats["long"] == count)  # type: ignore[misc]
    return tasks


def test_a_long_query_leaves_its_place_and_goes_on(small_path: Path) -> None:
    slow = "FILTER(STRLEN(SHA512(CONCAT(STR(?c), STR(?f)))) > 0)"
    counted = f"SELECT (COUNT(*) AS ?n) {{ ?a ?b ?c . ?d ?e ?f {slow} }}"

    async def work(pool: Pool) -> object:
        places = pool.stats["workers"]
        tasks = [asyncio.create_task(fetch(pool, Query(counted, "csv"))) for _ in range(2)]
        await until(lambda: pool.stats["long"] == 2)
        await until(lambda: pool.stats["workers"] == places + 2)
        assert (await fetch(pool, Query("ASK{}", "json")))[0] == b'{"head":{},"boolean":true}'
        answers = [await task for task in tasks]
        await until(lambda: pool.stats["workers"] == places and not pool.stats["busy"])
        return answers

    first, second = in_pool(small_path, work, memory=LEAST, timeout=120)  # type: ignore[misc]
    assert first == second
    assert int(first[0].split()[1]) > 500_000


def test_the_oldest_query_of_the_client_with_most_gives_way(small_path: Path) -> None:
    async def work(pool: Pool) -> object:
        first, second = await long_queries(pool, "aa")
        third = asyncio.create_task(long_query(pool, "b"))
        error, seconds = await first
        await until(lambda: pool.stats["long"] == 2)
        running = not second.done() and not third.done()
        pool.interrupt_all()
        await asyncio.gather(second, third)
        return error, seconds, running

    error, seconds, running = in_pool(small_path, work, memory=LEAST)  # type: ignore[misc]
    assert (error.reason, error.status, error.headers) == ("gave way", 503, {"Retry-After": "5"})
    text = f"It gave way to the queries of others after {seconds:.1f} seconds, as only 2 long"
    assert error.detail.split(" after ")[0] == text.split(" after ")[0]
    assert running


def test_a_newcomer_of_the_client_with_most_gives_way(small_path: Path) -> None:
    async def work(pool: Pool) -> object:
        first, second = await long_queries(pool, "ab")
        error, _ = await long_query(pool, "b")
        running = not first.done() and not second.done()
        pool.interrupt_all()
        await asyncio.gather(first, second)
        return error.detail, running

    detail, running = in_pool(small_path, work, memory=LEAST)  # type: ignore[misc]
    assert detail.startswith("It gave way to your other queries after ")
    assert running


def test_an_answer_that_has_begun_breaks_off_when_its_query_gives_way(small_path: Path) -> None:
    async def work(pool: Pool) -> object:
        CLIENT.set("a")
        answer = await pool.answer(Query(ROWS, "csv"))
        await until(lambda: pool.stats["long"] == 1)
        tasks = [asyncio.create_task(long_query(pool, client)) for client in "bc"]
        with pytest.raises(QueryError) as broken:
            while True:
                await anext(answer)
        pool.interrupt_all()
        await asyncio.gather(*tasks)
        return broken.value.reason

    assert in_pool(small_path, work, memory=LEAST) == "gave way"


def test_pages_keep_their_places(small_path: Path) -> None:
    async def work(pool: Pool) -> object:
        query = Query(CROSS, "json", internal=True, timeout=1.5)
        tasks = [asyncio.create_task(fetch(pool, query)) for _ in range(INTERNAL // 2)]
        await asyncio.sleep(1)
        long = pool.stats["long"]
        found = await asyncio.gather(*tasks, return_exceptions=True)
        return long, {error.reason for error in found if isinstance(error, QueryError)}

    assert in_pool(small_path, work) == (0, {"deadline"})


def workers_of(pool: Pool) -> list[int]:
    assert pool._fork_server._process
    return children(pool._fork_server._process.pid)


def test_killed_workers_are_reaped_without_a_command(small_path: Path) -> None:
    async def work(pool: Pool) -> object:
        before = len(workers_of(pool))
        tasks = await long_queries(pool, "ab")
        await until(lambda: len(workers_of(pool)) == before + 2)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await until(lambda: len(workers_of(pool)) == before)
        return True

    assert in_pool(small_path, work, memory=LEAST)


def test_a_fork_does_not_wait_for_the_death_of_a_killed_worker(small_path: Path) -> None:
    """A process that is traced cannot be reaped by its parent until its tracer has waited."""

    async def work(pool: Pool) -> object:
        fork_server = pool._fork_server
        pid, channel = await fork_server.fork()
        library = ctypes.CDLL(None, use_errno=True)
        assert library.ptrace(_SEIZE, pid, None, None) == 0, os.strerror(ctypes.get_errno())
        await fork_server.kill(pid)
        async with asyncio.timeout(10):
            other, other_channel = await fork_server.fork()
        dead = pid in workers_of(pool)
        os.waitpid(pid, 0)
        await until(lambda: pid not in workers_of(pool))
        channel.close()
        other_channel.close()
        return dead, os.waitstatus_to_exitcode(await fork_server.reap(other))

    # the other ends by itself, unless it is killed before
    assert in_pool(small_path, work) in {(True, 0), (True, -signal.SIGKILL)}
