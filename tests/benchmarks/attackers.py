"""Light queries beside sixty attackers, each at an address of its own with a runaway query.

An attacker sends its query again a few seconds after it was answered, as Retry-After says.
"""

import asyncio
import time
from dataclasses import dataclass
from math import inf
from urllib.parse import quote

from . import probe

ATTACKERS, LIGHT = 60, 1000
MOST_P99, MOST_LONGEST = 0.25, 2.0
"""Goals: seconds of light queries."""
_PAUSE = 0.05  # seconds between two light queries
_RETRY = 5  # seconds until an attacker sends its query again
_SAMPLES = 5  # seconds between two measurements of memory
_PATIENCE = 60  # seconds for a light query
_RUNAWAYS = (
    "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?f ?c",
)


@dataclass(frozen=True)
class Beside:
    """What light queries saw beside the attackers."""

    asked: int
    times: list[float]
    """Seconds of each light query that was answered, the shortest first."""
    memory: float
    """The most memory of all processes, in MiB, beyond that before."""

    def time(self, share: float) -> float:
        """Return the seconds within which ``share`` of the answers came; infinite if none did."""
        if not self.times:
            return inf
        return self.times[min(len(self.times) - 1, int(len(self.times) * share))]


def measure(endpoint: str, port: int, pid: int) -> Beside:
    """Attack the server ``pid``, and send light queries meanwhile."""
    return asyncio.run(_measure(endpoint, port, pid))


async def _measure(endpoint: str, port: int, pid: int) -> Beside:
    def path(query: str) -> str:
        return f"{endpoint}query={quote(query)}"

    before, memory = probe.memory(pid), [0.0]
    others = [
        asyncio.create_task(_attack(port, path(_RUNAWAYS[number % 2]), f"127.1.0.{number + 1}"))
        for number in range(ATTACKERS)
    ]
    others.append(asyncio.create_task(_sample(pid, memory)))
    light = []
    for number in range(LIGHT):
        query = path(f"SELECT * {{ ?s a ?class }} LIMIT 3 # {number}")
        address = f"127.2.{number // 250}.{number % 250 + 1}"
        light.append(asyncio.create_task(_light(port, query, address)))
        await asyncio.sleep(_PAUSE)
    times = [seconds for seconds in await asyncio.gather(*light) if seconds]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    return Beside(LIGHT, sorted(times), max(memory) - before)


async def _attack(port: int, path: str, address: str) -> None:
    while True:
        await _get(port, path, address)
        await asyncio.sleep(_RETRY)


async def _sample(pid: int, memory: list[float]) -> None:
    while True:
        memory.append(await asyncio.to_thread(probe.memory, pid))
        await asyncio.sleep(_SAMPLES)


async def _light(port: int, path: str, address: str) -> float | None:
    """Return the seconds until the answer, None if it is an error or does not come."""
    started = time.perf_counter()
    try:
        async with asyncio.timeout(_PATIENCE):
            status = await _get(port, path, address)
    except TimeoutError:
        return None
    return time.perf_counter() - started if status == "200" else None


async def _get(port: int, path: str, address: str) -> str:
    """Return the status of a response that has arrived, "" if it breaks off."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        try:
            return (await reader.read()).partition(b"\r\n")[0].decode().partition(" ")[2][:3]
        finally:
            writer.close()
    except OSError:
        return ""
