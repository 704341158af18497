"""Turn a dataset, loaded once, into as many worker processes as are asked for.

Runs as a program of its own with a single thread, so that a fork is safe, takes milliseconds and
shares the memory of the store. On its control socket it first tells what it loaded; then `F` with
a socket forks a worker (answer: its process id) and `K` with a process id ends one and collects it
(answer: its wait status). As the parent it never signals a process id that was used again.
"""

import gc
import json
import os
import signal
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from pyoxigraph import Store

from accsm_kg import dataset
from server.workers import frames, sandbox
from server.workers.worker import work

NUMBER = struct.Struct("!i")
FORK, KILL = b"F", b"K"


def main(path: str, memory: int, control: socket.socket) -> None:
    """Load the dataset at ``path`` and obey ``control`` until it closes."""
    sandbox.die_with_parent()
    try:
        store = dataset.load(Path(path))
    except (OSError, ValueError) as error:
        control.sendall(frames.message(frames.FAIL, message=str(error)))
        return
    base = dataset.base_iri(store)
    gc.collect()
    gc.freeze()
    control.sendall(frames.message(frames.HEAD, base=base))
    children: set[int] = set()
    with suppress(BrokenPipeError, ConnectionResetError):  # the web process is gone
        while _obey(store, base, memory, control, children):
            pass
    for pid in list(children):
        _end(pid, children)


def _obey(store: Store, base: str, memory: int, control: socket.socket, children: set[int]) -> bool:
    """Carry out one order; return whether there was one."""
    order, descriptors, _, _ = socket.recv_fds(control, 1, 1)
    if order == FORK:
        pid = _fork(store, base, socket.socket(fileno=descriptors[0]), memory, control)
        children.add(pid)
        control.sendall(NUMBER.pack(pid))
    elif order == KILL:
        (pid,) = NUMBER.unpack(control.recv(NUMBER.size, socket.MSG_WAITALL))
        control.sendall(NUMBER.pack(_end(pid, children)))
    return bool(order)


def _fork(
    store: Store, base: str, channel: socket.socket, memory: int, control: socket.socket
) -> int:
    pid = os.fork()
    if not pid:
        control.close()
        _child(store, base, channel, memory)
    channel.close()
    return pid


def _child(store: Store, base: str, channel: socket.socket, memory: int) -> NoReturn:
    status = 1
    try:
        sandbox.die_with_parent()
        os.nice(5)  # the web process comes first
        work(store, base, channel, memory)
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
        main(options["dataset"], options["memory"], line)
