"""The fork server as the event loop sees it: its start, its orders and its end."""

import asyncio
import errno
import json
import os
import socket
import sys
from asyncio.subprocess import Process, create_subprocess_exec
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import IO, Self

from accsm_kg.rdf.dataset import Conventions
from accsm_server.engine.pool import messages
from accsm_server.engine.pool.fork_server import FORK, FORK_OUTBOUND, KILL, NO_PROCESS, NUMBER

_FULL = (errno.EAGAIN, errno.EMFILE, errno.ENFILE)  # no more processes or open files
#: The name of a file, and a copy of it.
Copy = tuple[str, IO[bytes]]


class ForkClient:
    """The process that holds the dataset and forks workers."""

    def __init__(self, files: list[Copy], conventions: Conventions, memory: int) -> None:
        """Use `start` instead."""
        self.base = self.version = ""
        self._files, self._conventions, self._memory = files, conventions, memory
        self._order = asyncio.Lock()
        self._process: Process | None = None

    @classmethod
    async def start(cls, files: Sequence[Path], conventions: Conventions, memory: int) -> Self:
        """Load ``files`` in a new process; raises ValueError with what is wrong with them."""
        copies = await asyncio.to_thread(_copies, files)
        fork_server = cls(copies, conventions, memory)
        try:
            await fork_server._launch()
        except BaseException:
            await fork_server.close()
            raise
        return fork_server

    async def _launch(self) -> None:
        """Load the copies: whatever has become of the files, it is the same dataset again."""
        self._control, theirs = socket.socketpair()
        self._control.setblocking(False)
        with theirs:
            options = {
                "files": [(name, copy.fileno()) for name, copy in self._files],
                "conventions": (self._conventions.base, self._conventions.apart),
                "memory": self._memory,
                "control": theirs.fileno(),
            }
            self._process = await create_subprocess_exec(
                sys.executable,
                "-P",  # whatever else lies in the working directory
                "-m",
                "accsm_server.engine.pool.fork_server",
                json.dumps(options),
                pass_fds=[theirs.fileno(), *(copy.fileno() for _, copy in self._files)],
                env={**os.environ, "RUST_BACKTRACE": "0", "PYTHONPATH": _search_path()},
                start_new_session=True,  # Ctrl-C is for the web process, which then ends this one
            )
        kind, length = messages.HEADER.unpack(await self._read(messages.HEADER.size))
        content = json.loads(await self._read(length))
        if kind == messages.FAIL:
            raise ValueError(content["message"])
        self.base, self.version = content["base"], content["version"]

    async def fork(self, outbound: bool = False) -> tuple[int, socket.socket]:
        """Return the process id of a new worker and the socket to talk to it."""
        order = FORK_OUTBOUND if outbound else FORK
        async with self._order:
            try:
                return await self._fork(order)
            except OSError as error:
                if error.errno in _FULL:
                    raise
                await self._end()  # the fork server is gone: load the dataset again
                await self._launch()
                return await self._fork(order)

    async def _fork(self, order: bytes) -> tuple[int, socket.socket]:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        try:
            with theirs:
                socket.send_fds(self._control, [order], [theirs.fileno()])
            (pid,) = NUMBER.unpack(await self._read(NUMBER.size))
            if pid == NO_PROCESS:
                raise OSError(errno.EAGAIN, "this system allows no more processes")
        except BaseException:
            ours.close()
            raise
        return pid, ours

    async def kill(self, pid: int) -> int:
        """Kill the worker ``pid`` and return its wait status (0 when it is not known any more)."""
        async with self._order:
            try:
                self._control.sendall(KILL + NUMBER.pack(pid))
                (status,) = NUMBER.unpack(await self._read(NUMBER.size))
            except OSError:  # the fork server is gone, and its workers with it
                await self._end()
                return 0
        return int(status)

    async def close(self) -> None:
        """End the fork server, and with it its workers."""
        await self._end()
        for _, copy in self._files:
            copy.close()

    async def _end(self) -> None:
        self._control.close()
        if self._process:
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


def _copies(paths: Sequence[Path]) -> list[Copy]:
    """Return copies that are nowhere but in this process, and end with it."""
    copies: list[Copy] = []
    for path in paths:
        with path.open("rb") as original:
            copy = TemporaryFile()  # noqa: SIM115 - `ForkClient.close` closes it
            copies.append((str(path), copy))
            copyfileobj(original, copy)
        copy.flush()
    return copies


def _search_path() -> str:
    """Return where this process finds its modules, as PYTHONPATH."""
    return os.pathsep.join(str(Path(folder).absolute()) for folder in sys.path)
