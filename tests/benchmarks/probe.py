"""Turn the process id of a server into the memory and the processor time of all its processes."""

import os
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """Return ``pid`` and every process below it."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            found.extend(map(int, _text(task).split()))
    return found


def memory(pid: int) -> float:
    """Return the MiB that the processes take, what they share counted once (PSS)."""
    total = 0
    for each in family(pid):
        for line in _text(Path(f"/proc/{each}/smaps_rollup")).splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


def seconds(pid: int) -> float:
    """Return the processor seconds that the processes took, those that ended included."""
    total = 0
    for each in family(pid):
        fields = _text(Path(f"/proc/{each}/stat")).rpartition(")")[2].split()
        total += sum(map(int, fields[11:15]))
    return total / _TICK


def machine() -> float:
    """Return the processor seconds that this machine was busy since it started."""
    user, nice, system, _, _, *interrupts = map(int, _text(Path("/proc/stat")).split()[1:8])
    return (user + nice + system + sum(interrupts)) / _TICK


def _text(path: Path) -> str:
    """Return what a file of /proc says, nothing when its process has ended."""
    try:
        return path.read_text()
    except OSError:
        return ""
