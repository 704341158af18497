"""Turn wishes for workers into orders to the zygote process, from within the event loop."""

import asyncio
import json
import os
import socket
import sys
from asyncio.subprocess import Process, create_subprocess_exec
from contextlib import suppress
from pathlib import Path
from typing import Self

from server.workers import frames
from server.workers.zygote import FORK, FORK_OUTBOUND, KILL, NUMBER


class Zygote:
    """The process that holds the dataset and forks workers."""

    def __init__(self, path: Path, memory: int) -> None:
        """Use `start` instead."""
        self.base = self.version = ""
        self._path, self._memory = path, memory
        self._order = asyncio.Lock()

    @classmethod
    async def start(cls, path: Path, memory: int) -> Self:
        """Load ``path`` in a new process; raises ValueError with what is wrong with it."""
        zygote = cls(path, memory)
        await zygote._launch()
        return zygote

    async def _launch(self) -> None:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        self._control = ours
        with theirs:
            options = {
                "dataset": str(self._path),
                "memory": self._memory,
                "control": theirs.fileno(),
            }
            self._process: Process = await create_subprocess_exec(
                sys.executable,
                "-m",
                "server.workers.zygote",
                json.dumps(options),
                pass_fds=[theirs.fileno()],
                env={**os.environ, "RUST_BACKTRACE": "0"},
                start_new_session=True,  # Ctrl-C is for the web process, which then ends this one
            )
        kind, length = frames.HEADER.unpack(await self._read(frames.HEADER.size))
        content = json.loads(await self._read(length))
        if kind == frames.FAIL:
            await self.close()
            raise ValueError(content["message"])
        self.base, self.version = content["base"], content["version"]

    async def fork(self, outbound: bool = False) -> tuple[int, socket.socket]:
        """Return the process id of a new worker and the socket to talk to it."""
        order = FORK_OUTBOUND if outbound else FORK
        async with self._order:
            try:
                return await self._fork(order)
            except OSError:  # the zygote is gone: load the dataset again
                self._control.close()
                await self._process.wait()
                await self._launch()
                return await self._fork(order)

    async def _fork(self, order: bytes) -> tuple[int, socket.socket]:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        try:
            with theirs:
                socket.send_fds(self._control, [order], [theirs.fileno()])
            (pid,) = NUMBER.unpack(await self._read(NUMBER.size))
        except BaseException:
            ours.close()
            raise
        return pid, ours

    async def reap(self, pid: int) -> int:
        """End the worker ``pid`` and return its wait status (0 when it is not known any more)."""
        async with self._order:
            try:
                self._control.sendall(KILL + NUMBER.pack(pid))
                (status,) = NUMBER.unpack(await self._read(NUMBER.size))
            except OSError:  # the zygote is gone, and its workers with it
                await self._process.wait()
                return 0
        return int(status)

    async def close(self) -> None:
        """End the zygote, and with it its workers."""
        self._control.close()
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    async def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = await asyncio.get_running_loop().sock_recv(self._control, size - len(data))
            if not piece:
                raise ConnectionError("the process that holds the dataset is gone")
            data += piece
        return data
