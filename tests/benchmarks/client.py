"""An HTTP load client that prints its figures as one line of JSON.

It runs as a process and takes the arguments of wrk.lua, for machines without wrk and for load from
another address. Each connection sends its next request after the response to the last one.
"""

import argparse
import asyncio
import json
import time
from itertools import cycle, islice
from pathlib import Path

import httptools


class Load:
    """The requests to send and the times of the responses, shared by all connections."""

    def __init__(self, requests: list[bytes], first: int) -> None:
        self._requests = islice(cycle(requests), first % len(requests), None)
        self.times: list[float] = []
        self.failed = self.bytes = 0

    def next(self) -> bytes:
        return next(self._requests)


class Connection(asyncio.Protocol):
    """One connection, which `_connect` replaces when the server closes it."""

    def __init__(self, load: Load, closed: asyncio.Future[None]) -> None:
        self._load, self._closed = load, closed
        self._status = 200

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._load.bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if not self._closed.done():
            self._closed.set_result(None)

    def on_message_complete(self) -> None:
        self._load.times.append(time.perf_counter() - self._sent)
        self._load.failed += self._parser.get_status_code() >= 400
        if self._parser.should_keep_alive():
            self._send()
        else:
            self._transport.close()

    def _send(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._sent = time.perf_counter()
        self._transport.write(self._load.next())  # type: ignore[attr-defined]


async def run(load: Load, options: argparse.Namespace) -> float:
    """Send requests for ``options.seconds``; return the seconds that it really took."""
    start = time.perf_counter()
    tasks = [asyncio.create_task(_connect(load, options)) for _ in range(options.connections)]
    await asyncio.sleep(options.seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return time.perf_counter() - start


async def _connect(load: Load, options: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    while True:
        closed: asyncio.Future[None] = loop.create_future()
        try:
            transport, _ = await loop.create_connection(
                lambda closed=closed: Connection(load, closed),  # type: ignore[misc]
                "127.0.0.1",
                options.port,
                local_addr=(options.address, 0),
            )
        except OSError:
            load.failed += 1
            await asyncio.sleep(0.05)
            continue
        try:
            await asyncio.wait((closed,), timeout=options.timeout)
        finally:
            transport.abort()


def main() -> None:
    """Send the requests that the command line names, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("requests", type=Path)
    parser.add_argument("first", type=int)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--timeout", type=float, help="seconds after which a connection is closed")
    options = parser.parse_args()
    accept, *paths = options.requests.read_text().splitlines()
    host = f"127.0.0.1:{options.port}"
    load = Load(
        [f"GET {p} HTTP/1.1\r\nHost: {host}\r\nAccept: {accept}\r\n\r\n".encode() for p in paths],
        options.first,
    )
    seconds = asyncio.run(run(load, options))
    times = sorted(load.times) or [0.0]
    print(
        json.dumps(
            {
                "answers": len(load.times),
                "seconds": seconds,
                "bytes": load.bytes,
                "p50": times[len(times) // 2] * 1e3,
                "p99": times[len(times) * 99 // 100] * 1e3,
                "failed": load.failed,
            }
        )
    )


if __name__ == "__main__":
    main()
