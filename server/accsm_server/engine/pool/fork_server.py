"""The fork server: a process that loads the dataset once and forks workers, which share its memory.

It is a program with a single thread, so that forking is safe and takes milliseconds. On its control
socket it sends a HEAD message, then handles these commands:

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

INT32 = struct.Struct("!i")
FORK, FORK_OUTBOUND, KILL, REAP = b"F", b"S", b"K", b"R"
#: The response if the system allows no more processes.
NO_PROCESS = -1
_PAUSE = 0.1  # seconds between two attempts to reap killed workers

#: The name of a file, and the file descriptor of its copy.
File = tuple[str, int]


def main(files: list[File], conventions: Conventions, memory: int, control: socket.socket) -> None:
    """Load the dataset of ``files``; fork workers until ``control`` closes."""
    sandbox.die_with_parent()
    store = Store()
    try:
        _load(store, files, conventions.relative)
    except (OSError, ValueError) as error:
        control.sendall(messages.message(messages.FAIL, message=str(error)))
        return
    base, version = dataset.base_iri(store, conventions.base), dataset.fingerprint(store)
    prefixes, size = dataset.prefixes(store), len(store)
    dataset.merge(store, conventions)
    view = DatasetView(base, store, dataset.default(store), conventions)
    gc.collect()
    gc.freeze()
    children, killed = set[int](), set[int]()
    worker = partial(work, view, memory)
    with suppress(BrokenPipeError, ConnectionResetError):  # the web process has ended
        facts = {"base": base, "version": version, "prefixes": prefixes, "size": size}
        control.sendall(messages.message(messages.HEAD, **facts))
        while _handle(control, worker, children, killed):
            _reap_killed(control, killed)
    for pid in children:
        os.kill(pid, signal.SIGKILL)
    for pid in children | killed:
        os.waitpid(pid, 0)


def _load(store: Store, files: list[File], relative: str) -> None:
    for name, descriptor in files:
        with open(descriptor, "rb") as copy:  # noqa: PTH123
            copy.seek(0)
            store.bulk_extend(dataset.read(Path(name), relative, copy, relabel=len(files) > 1))


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
        main(options["files"], Conventions(*options["conventions"]), options["memory"], control)
