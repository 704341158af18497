"""Memory and processor time of a process tree, read from /proc."""

import os
import time
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def process_tree(pid: int) -> list[int]:
    """Return ``pid`` and its descendants."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            found.extend(map(int, _text(task).split()))
    return found


def memory(pid: int) -> float:
    """Return the proportional set size (PSS) in MiB, in which shared pages count once."""
    total = 0
    for each in process_tree(pid):
        for line in _text(Path(f"/proc/{each}/smaps_rollup")).splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


def seconds(pid: int) -> float:
    """Return the processor seconds of the tree, including children that have ended."""
    total = 0
    for each in process_tree(pid):
        fields = _text(Path(f"/proc/{each}/stat")).rpartition(")")[2].split()
        total += sum(map(int, fields[11:15]))
    return total / _TICKS


def machine() -> float:
    """Return the busy processor seconds of this machine since boot."""
    user, nice, system, _, _, *interrupts = map(int, _text(Path("/proc/stat")).split()[1:8])
    return (user + nice + system + sum(interrupts)) / _TICKS


def settle(pid: int, timeout: float) -> None:
    """Wait up to ``timeout`` seconds until the tree uses less than a tenth of a core."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        before = seconds(pid)
        time.sleep(0.5)
        if seconds(pid) - before < 0.05:
            return


def _text(path: Path) -> str:
    """Return the text of a file in /proc, "" if its process has ended."""
    try:
        return path.read_text()
    except OSError:
        return ""
