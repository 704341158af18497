"""The fork server: a process that loads the dataset once and forks workers, which share its memory.

It is a program with a single thread, so that forking is safe and takes milliseconds. On its control
socket it sends PROGRESS messages and a HEAD message, then handles these commands:

F + socket  fork a worker                                     response: its process id
S + socket  fork a worker that may connect to other servers   response: its process id
K + pid     kill a worker, which is reaped when it is dead    no response
R + pid     reap a worker that has closed its connection      response: its wait status

The workers are its children, so that it never signals a reused process id. A killed process that
holds a gigabyte takes tenths of a second to die; meanwhile others are forked.
"""

import gc
import json
import os
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from pyoxigraph import Store

from accsm_kg.rdf import dataset
from accsm_kg.rdf.dataset import Conventions, Progress
from accsm_server.engine.pool import messages, sandbox
from accsm_server.engine.pool.dataset_view import DatasetView
from accsm_server.engine.pool.worker import work

INT32 = struct.Struct("!i")
FORK, FORK_OUTBOUND, KILL, REAP = b"F", b"S", b"K", b"R"
_INTERVAL = 0.2  # seconds between two messages on progress
#: Files of a store on disk that a worker may have open: the engine uses up to 512.
_STORE_FILES = 600
#: The response if the system allows no more processes.
NO_PROCESS = -1
_PAUSE = 0.1  # seconds between two attempts to reap killed workers

#: The name of a file, and the file descriptor of its copy.
File = tuple[str, int]


def main(
    files: list[File], store: str, conventions: Conventions, memory: int, control: socket.socket
) -> None:
    """Load the dataset of ``files``, or serve that of a ``store`` on disk.

    Fork workers until ``control`` closes.
    """
    sandbox.die_with_parent()
    facts: dict[str, Any] = {}
    open_view = partial(_open, Path(store), conventions)
    if not store:
        try:
            view, facts = _load(files, conventions, _Progress(control))
        except (OSError, ValueError) as error:
            control.sendall(messages.message(messages.FAIL, message=str(error)))
            return
        open_view = partial(_same, view)
    gc.collect()
    gc.freeze()
    children, killed = set[int](), set[int]()
    worker = partial(work, open_view, memory, _STORE_FILES if store else 0)
    with suppress(BrokenPipeError, ConnectionResetError):  # the web process has ended
        control.sendall(messages.message(messages.HEAD, **facts))
        while _handle(control, worker, children, killed):
            _reap_killed(control, killed)
    for pid in children:
        os.kill(pid, signal.SIGKILL)
    for pid in children | killed:
        os.waitpid(pid, 0)


def _load(
    files: list[File], conventions: Conventions, progress: Progress
) -> tuple[DatasetView, dict[str, Any]]:
    """Return the dataset of ``files``, and what the web process must know of it."""
    store = Store()
    with ExitStack() as stack:
        opened = [(Path(name), stack.enter_context(open(copy, "rb"))) for name, copy in files]  # noqa: PTH123
        version = dataset.fill(store, opened, conventions.relative, progress)
    base, size = dataset.base_iri(store, conventions.base), len(store)
    facts = {"base": base, "version": version, "prefixes": dataset.prefixes(store), "size": size}
    dataset.merge(store, conventions, progress)
    return DatasetView(base, store, conventions), facts


def _open(data: Path, conventions: Conventions) -> DatasetView:
    """Return the dataset of a store on disk, which no process may open before it forks."""
    return DatasetView(conventions.base, Store.read_only(str(data)), conventions)


def _same(view: DatasetView) -> DatasetView:
    return view


class _Progress:
    """Sends how far the dataset is loaded, a few times a second."""

    def __init__(self, control: socket.socket) -> None:
        self._control, self._next = control, 0.0

    def __call__(self, what: str, share: float, lines: int) -> None:
        if (now := time.monotonic()) >= self._next:
            self._next = now + _INTERVAL
            content = {"what": what, "share": share, "lines": lines}
            self._control.sendall(messages.message(messages.PROGRESS, **content))


def _reap_killed(control: socket.socket, killed: set[int]) -> None:
    """Reap the workers of ``killed`` that are dead, until a command arrives or none is left."""
    while killed:
        killed -= {pid for pid in killed if os.waitpid(pid, os.WNOHANG)[0]}
        if select.select([control], [], [], _PAUSE)[0]:
            break


def _handle(
    control: socket.socket, worker: Callable[..., None], children: set[int], killed: set[int]
) -> bool:
    """Read and handle one command; return False at the end of the connection."""
    command, descriptors, _, _ = socket.recv_fds(control, 1, 1)
    if command in (FORK, FORK_OUTBOUND):
        channel = socket.socket(fileno=descriptors[0])
        try:
            pid = os.fork()
        except OSError:
            pid = NO_PROCESS
        if not pid:
            control.close()
            _child(partial(worker, channel, outbound=command == FORK_OUTBOUND))
        channel.close()
        if pid != NO_PROCESS:
            children.add(pid)
        control.sendall(INT32.pack(pid))
    elif command in (KILL, REAP):
        (pid,) = INT32.unpack(control.recv(INT32.size, socket.MSG_WAITALL))
        known = _kill(pid, children)
        if command == REAP:
            control.sendall(INT32.pack(os.waitpid(pid, 0)[1] if known else 0))
        elif known:
            killed.add(pid)
    return bool(command)


def _kill(pid: int, children: set[int]) -> bool:
    """Kill and forget the worker ``pid``; return whether there is one."""
    known = pid in children
    if known:
        children.discard(pid)
        os.kill(pid, signal.SIGKILL)
    return known


def _child(run: Callable[[], None]) -> NoReturn:
    status = 1
    try:
        sandbox.die_with_parent()
        sandbox.prefer_oom_kill()
        os.nice(2)  # the web process comes first
        run()
        status = 0
    finally:
        os._exit(status)


if __name__ == "__main__":
    options = json.loads(sys.argv[1])
    with socket.socket(fileno=options["control"]) as control:
        conventions = Conventions(*options["conventions"])
        main(options["files"], options["store"], conventions, options["memory"], control)
