"""The fork server: a process that loads the dataset once and forks workers, which share its memory.

It is a program of its own with a single thread, so that a fork is safe and takes milliseconds. On
its control socket it first describes what it loaded; then `F` with
a socket forks a worker (answer: its process id), `S` one that may ask other endpoints, and `K` with
a process id ends one and collects it (answer: its wait status). As the parent it never signals a
process id that was used again.
"""

import gc
import json
import os
import signal
import socket
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NoReturn

from pyoxigraph import Store

from accsm_kg.rdf import dataset
from accsm_kg.rdf.dataset import Conventions
from accsm_server.engine.pool import messages, sandbox
from accsm_server.engine.pool.dataset_view import DatasetView
from accsm_server.engine.pool.worker import work

NUMBER = struct.Struct("!i")
FORK, FORK_OUTBOUND, KILL = b"F", b"S", b"K"
#: The answer where the system allows no more processes.
NO_PROCESS = -1

#: The name of a file, and the descriptor of its copy.
File = tuple[str, int]


def main(files: list[File], conventions: Conventions, memory: int, control: socket.socket) -> None:
    """Load the dataset of ``files``; fork workers until ``control`` closes."""
    sandbox.die_with_parent()
    store = Store()
    try:
        _load(store, files)
    except (OSError, ValueError) as error:
        control.sendall(messages.message(messages.FAIL, message=str(error)))
        return
    base, version = dataset.base_iri(store, conventions.base), dataset.fingerprint(store)
    dataset.merge(store, conventions)
    view = DatasetView(base, store, dataset.default(store), conventions)
    gc.collect()
    gc.freeze()
    children: set[int] = set()
    worker = partial(work, view, memory)
    with suppress(BrokenPipeError, ConnectionResetError):  # the web process is gone
        control.sendall(messages.message(messages.HEAD, base=base, version=version))
        while _obey(control, worker, children):
            pass
    for pid in list(children):
        _end(pid, children)


def _load(store: Store, files: list[File]) -> None:
    for name, descriptor in files:
        with open(descriptor, "rb") as copy:  # noqa: PTH123
            copy.seek(0)
            store.bulk_extend(dataset.read(Path(name), copy))


def _obey(control: socket.socket, worker: Callable[..., None], children: set[int]) -> bool:
    """Carry out one order; return whether there was one."""
    order, descriptors, _, _ = socket.recv_fds(control, 1, 1)
    if order in (FORK, FORK_OUTBOUND):
        channel = socket.socket(fileno=descriptors[0])
        try:
            pid = os.fork()
        except OSError:
            pid = NO_PROCESS
        if not pid:
            control.close()
            _child(partial(worker, channel, outbound=order == FORK_OUTBOUND))
        channel.close()
        if pid != NO_PROCESS:
            children.add(pid)
        control.sendall(NUMBER.pack(pid))
    elif order == KILL:
        (pid,) = NUMBER.unpack(control.recv(NUMBER.size, socket.MSG_WAITALL))
        control.sendall(NUMBER.pack(_end(pid, children)))
    return bool(order)


def _child(live: Callable[[], None]) -> NoReturn:
    status = 1
    try:
        sandbox.die_with_parent()
        sandbox.volunteer()
        os.nice(2)  # the web process comes first
        live()
        status = 0
    finally:
        os._exit(status)


def _end(pid: int, children: set[int]) -> int:
    if pid not in children:
        return 0
    children.discard(pid)
    os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1]


if __name__ == "__main__":
    options = json.loads(sys.argv[1])
    with socket.socket(fileno=options["control"]) as line:
        main(options["files"], Conventions(*options["conventions"]), options["memory"], line)
