"""The sandbox of a worker process: no new files, sockets or programs, and limited memory.

Linux enforces all of it, with seccomp. On other systems the limit of file descriptors prevents new
files and sockets, and memory is not limited.
"""

import ctypes
import os
import platform
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path

_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_REFUSED = {
    # bind listen execve execveat ptrace io_uring_setup
    "x86_64": (49, 50, 59, 322, 101, 425),
    "aarch64": (200, 201, 221, 281, 117, 425),
}
_OPENING = {
    # open creat openat openat2 socket connect
    "x86_64": (2, 85, 257, 437, 41, 42),
    "aarch64": (56, 437, 198, 203),
}
_OPENAT = {"x86_64": 257, "aarch64": 56}
_OUTBOUND_FILES = 16
_X32_CALLS = 0x40000000
_KILL, _ALLOW, _REFUSE = 0x80000000, 0x7FFF0000, 0x00050000 | 13  # 13: EACCES
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ARENA_MAX = -8
_SET_DEATH_SIGNAL, _SET_SECCOMP, _SET_NO_NEW_PRIVILEGES, _FILTER = 1, 22, 38, 2


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("operand", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("steps", ctypes.POINTER(_Instruction)))


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends."""
    if sys.platform == "linux":
        _prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)


def limit_memory(extra: int) -> None:
    """Limit the address space to ``extra`` bytes above its current size; more aborts (Linux).

    glibc reserves 64 to 128 MiB for the memory of each new thread and, where the limit forbids it,
    maps a page for each allocation; hence threads share the memory of the process.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        with suppress(AttributeError):  # a C library without mallopt
            ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)
        with open("/proc/self/statm", encoding="ascii") as sizes:  # noqa: PTH123
            mapped = int(sizes.read().split()[0]) * resource.getpagesize()
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        limit = mapped + extra
        resource.setrlimit(
            resource.RLIMIT_AS,
            (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard),
        )


def prefer_oom_kill() -> None:
    """Make the kernel kill this process before others when the machine is out of memory."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")


def confine(outbound: bool = False, files: int = 0) -> None:
    """Forbid this process new programs, files and sockets.

    A worker for SERVICE (``outbound``) may still open a few files and connections, as for DNS and
    certificates. One over a store on disk may have ``files`` open, which it cannot write.
    """
    highest = max(int(name) for name in os.listdir("/dev/fd")) + 1  # noqa: PTH208
    highest += files + (_OUTBOUND_FILES if outbound else 0)
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest, highest))
    if files:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    machine = platform.machine()
    if sys.platform == "linux" and machine in _REFUSED:
        _prctl(_SET_NO_NEW_PRIVILEGES, 1)
        refused = _REFUSED[machine] + (() if outbound else _OPENING[machine])
        code = _code(machine, tuple(c for c in refused if not files or c != _OPENAT[machine]))
        program = _Program(len(code), (_Instruction * len(code))(*code))
        _prctl(_SET_SECCOMP, _FILTER, ctypes.byref(program))


def _code(machine: str, refused: tuple[int, ...]) -> list[_Instruction]:
    count = len(refused)
    return [
        _Instruction(_LOAD, 0, 0, 4),  # the architecture
        _Instruction(_EQUAL, 1, 0, _AUDIT_ARCH[machine]),
        _Instruction(_RETURN, 0, 0, _KILL),
        _Instruction(_LOAD, 0, 0, 0),  # the number of the system call
        _Instruction(_AT_LEAST, count + 1, 0, _X32_CALLS),
        *(_Instruction(_EQUAL, count - place, 0, call) for place, call in enumerate(refused)),
        _Instruction(_RETURN, 0, 0, _ALLOW),
        _Instruction(_RETURN, 0, 0, _REFUSE),
    ]


def _prctl(option: int, *arguments: object) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    padding = (ctypes.c_ulong(0),) * (4 - len(arguments))
    given = [ctypes.c_ulong(a) if isinstance(a, int) else a for a in arguments]
    if library.prctl(option, *given, *padding) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option}) failed")
