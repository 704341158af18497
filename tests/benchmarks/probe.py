"""Memory and processor time of a server with all its processes, read from /proc."""

import os
import time
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """Return ``pid`` and its descendants."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            found.extend(map(int, _text(task).split()))
    return found


def memory(pid: int) -> float:
    """Return the proportional set size (PSS) of the processes in MiB: shared pages count once."""
    total = 0
    for each in family(pid):
        for line in _text(Path(f"/proc/{each}/smaps_rollup")).splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


def seconds(pid: int) -> float:
    """Return the processor seconds of the processes and of their children that ended."""
    total = 0
    for each in family(pid):
        fields = _text(Path(f"/proc/{each}/stat")).rpartition(")")[2].split()
        total += sum(map(int, fields[11:15]))
    return total / _TICK


def machine() -> float:
    """Return the processor seconds that this machine was busy since boot."""
    user, nice, system, _, _, *interrupts = map(int, _text(Path("/proc/stat")).split()[1:8])
    return (user + nice + system + sum(interrupts)) / _TICK


def settle(pid: int, patience: float) -> None:
    """Wait until the processes take less than a tenth of a core, at most ``patience`` seconds."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        before = seconds(pid)
        time.sleep(0.5)
        if seconds(pid) - before < 0.05:
            return


def _text(path: Path) -> str:
    """Return the text of a file in /proc, "" when its process has ended."""
    try:
        return path.read_text()
    except OSError:
        return ""
