"""The client of the fork server, for the event loop of the web process."""

import asyncio
import errno
import json
import os
import socket
import sys
from asyncio.subprocess import DEVNULL, Process, create_subprocess_exec
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import astuple, replace
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import IO, Any, Self

from accsm_kg.rdf.dataset import Conventions, Progress
from accsm_server.engine.disk import OpenStore
from accsm_server.engine.pool import messages
from accsm_server.engine.pool.fork_server import (
    FORK,
    FORK_OUTBOUND,
    INT32,
    KILL,
    NO_PROCESS,
    REAP,
)

_LIMIT_ERRORS = (errno.EAGAIN, errno.EMFILE, errno.ENFILE)  # of processes or open files
_FACTS = ("base", "version", "prefixes", "size", "modified")
_STDERR = 2  # the file descriptor
#: The name of a file, and a temporary copy.
FileCopy = tuple[str, IO[bytes]]


class ForkClient:
    """The fork server process, which is restarted if it ends."""

    def __init__(
        self,
        files: list[FileCopy],
        store: OpenStore | None,
        conventions: Conventions,
        memory: int,
        progress: Progress,
    ) -> None:
        """Use `start` instead, which loads the dataset."""
        self.base, self.version, self.size = "", "", 0
        self.prefixes: dict[str, str] = {}
        self.modified = 0
        self._files, self.store = files, store
        self._conventions, self._memory = conventions, memory
        self._progress = progress
        self._lock = asyncio.Lock()
        self._process: Process | None = None

    @classmethod
    async def start(
        cls,
        source: Sequence[Path] | OpenStore,
        conventions: Conventions,
        memory: int,
        progress: Progress,
    ) -> Self:
        """Load files in a new process, or serve a store.

        Raises ValueError or OSError that names the file.
        """
        if isinstance(source, OpenStore):
            stated = replace(conventions, base=source.marker.base)
            fork_server = cls([], source, stated, memory, progress)
            fork_server._know(**{name: getattr(source.marker, name) for name in _FACTS})
        else:
            copies, modified = await asyncio.to_thread(_copies, source)
            fork_server = cls(copies, None, conventions, memory, progress)
            fork_server.modified = modified
        try:
            await fork_server._start_process()
        except BaseException:
            await fork_server.close()
            raise
        return fork_server

    async def _start_process(self) -> None:
        """Load the copies, so that a restart serves the same dataset even if the files changed."""
        self._control, theirs = socket.socketpair()
        self._control.setblocking(False)
        with theirs:
            options = {
                "files": [(name, copy.fileno()) for name, copy in self._files],
                "store": str(self.store.data) if self.store else "",
                "conventions": astuple(self._conventions),
                "memory": self._memory,
                "control": theirs.fileno(),
            }
            self._process = await create_subprocess_exec(
                sys.executable,
                "-P",  # import nothing from the working directory
                "-m",
                "accsm_server.engine.pool.fork_server",
                json.dumps(options),
                pass_fds=[theirs.fileno(), *(copy.fileno() for _, copy in self._files)],
                stdin=DEVNULL,  # the standard streams of the server may belong to its client
                stdout=_STDERR,
                env={**os.environ, "RUST_BACKTRACE": "0", "PYTHONPATH": _search_path()},
                start_new_session=True,  # Ctrl-C is handled by the web process
            )
        while True:
            kind, length = messages.HEADER.unpack(await self._read(messages.HEADER.size))
            content = json.loads(await self._read(length))
            if kind != messages.PROGRESS:
                break
            self._progress(content["what"], content["share"], content["lines"])
        if kind == messages.FAIL:
            raise ValueError(content["message"])
        self._know(**content)

    def _know(self, **facts: Any) -> None:
        for name, fact in facts.items():
            setattr(self, name, fact)

    async def fork(self, outbound: bool = False) -> tuple[int, socket.socket]:
        """Return the process id of a new worker and a socket to it; raises OSError."""
        command = FORK_OUTBOUND if outbound else FORK
        async with self._lock:
            try:
                return await self._fork(command)
            except OSError as error:
                if error.errno in _LIMIT_ERRORS:
                    raise
                await self._stop_process()  # the fork server has ended: load the dataset again
                await self._start_process()
                return await self._fork(command)

    async def _fork(self, command: bytes) -> tuple[int, socket.socket]:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        try:
            with theirs:
                socket.send_fds(self._control, [command], [theirs.fileno()])
            (pid,) = INT32.unpack(await self._read(INT32.size))
            if pid == NO_PROCESS:
                raise OSError(errno.EAGAIN, "the system allows no more processes")
        except BaseException:
            ours.close()
            raise
        return pid, ours

    async def kill(self, pid: int) -> None:
        """Kill the worker ``pid``, without waiting for its death."""
        async with self._lock:
            try:
                self._control.sendall(KILL + INT32.pack(pid))
            except OSError:  # the fork server has ended, and its workers with it
                await self._stop_process()

    async def reap(self, pid: int) -> int:
        """Return the wait status of a worker that has closed its connection, 0 if unknown."""
        async with self._lock:
            try:
                self._control.sendall(REAP + INT32.pack(pid))
                (status,) = INT32.unpack(await self._read(INT32.size))
            except OSError:  # the fork server has ended, and its workers with it
                await self._stop_process()
                return 0
        return int(status)

    async def close(self) -> None:
        """Kill the fork server and its workers."""
        await self._stop_process()
        for _, copy in self._files:
            copy.close()
        if self.store:
            self.store.close()

    async def _stop_process(self) -> None:
        self._control.close()
        if self._process:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    async def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            received = await asyncio.get_running_loop().sock_recv(self._control, size - len(data))
            if not received:
                raise ConnectionError("the fork server has ended")
            data += received
        return data


def _copies(paths: Sequence[Path]) -> tuple[list[FileCopy], int]:
    """Copy files to anonymous temporary files, which end with this process.

    The second value is when one of the files was last modified, as a Unix time.
    """
    copies: list[FileCopy] = []
    modified = 0
    for path in paths:
        with path.open("rb") as original:
            modified = max(modified, int(os.fstat(original.fileno()).st_mtime))
            copy = TemporaryFile()  # noqa: SIM115 - `ForkClient.close` closes it
            copies.append((str(path), copy))
            copyfileobj(original, copy)
        copy.flush()
    return copies, modified


def _search_path() -> str:
    """Return the module search path of this process as PYTHONPATH."""
    return os.pathsep.join(str(Path(folder).absolute()) for folder in sys.path)
