"""Runs a load client in a process, wrk if it is installed, and reads the figures it prints."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Self

HERE = Path(__file__).parent
CONNECTIONS = 4
WRK = shutil.which("wrk")


@dataclass(frozen=True)
class Figures:
    """One measurement: answers per second, latencies in ms, and processor time."""

    rate: float
    p50: float
    p99: float
    failed: int
    busy: float
    """Cores used by the client: near 1, the client limited the rate."""
    answers: int
    seconds: float
    cpu: float = 0.0
    """Processor time of the server in microseconds per answer."""
    others: float = 0.0
    """Cores used by other processes."""

    def with_cpu(self, server: float, machine: float) -> Self:
        """Return these figures with processor seconds of the server and of the whole machine."""
        others = (machine - server) / self.seconds - self.busy
        return replace(self, cpu=server * 1e6 / max(1, self.answers), others=max(0.0, others))


def write(path: Path, accept: str, paths: list[str]) -> Path:
    """Write requests to a file: Accept in the first line, then one path per line."""
    path.write_text("\n".join([accept, *paths]) + "\n")
    return path


def start(
    port: int, requests: Path, seconds: int, first: int = 0, *more: str, new: bool = False
) -> "subprocess.Popen[bytes]":
    """Start a client that sends ``requests`` in turn, beginning with number ``first``.

    With ``more`` options, the client is client.py. With ``new`` (wrk only) each query ends in a
    comment with its number, so that none is sent twice.
    """
    if WRK and not more:
        command = [
            WRK, "--threads=1", f"--connections={CONNECTIONS}", f"--duration={seconds}s",
            "--timeout=30s", f"--script={HERE / 'wrk.lua'}", f"http://127.0.0.1:{port}/", "--",
            str(requests), str(first), *(["new"] * new),
        ]  # fmt: skip
    else:
        command = [
            sys.executable, str(HERE / "client.py"), str(port), str(requests), str(first),
            f"--seconds={seconds}", f"--connections={CONNECTIONS}", *more,
        ]  # fmt: skip
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def finish(client: "subprocess.Popen[bytes]") -> Figures:
    """Wait for a client and return its figures."""
    assert client.stdout
    printed = client.stdout.read().splitlines()
    _, status, used = os.wait4(client.pid, 0)
    client.returncode = os.waitstatus_to_exitcode(status)
    if client.returncode or not printed:
        raise RuntimeError(f"exit status {client.returncode} of {client.args!r}")
    seen = json.loads(printed[-1])
    return Figures(
        max(0, seen["answers"] - seen["failed"]) / seen["seconds"],
        seen["p50"],
        seen["p99"],
        seen["failed"],
        (used.ru_utime + used.ru_stime) / seen["seconds"],
        seen["answers"],
        seen["seconds"],
    )


def medians(runs: list[Figures]) -> Figures:
    """Return the median of each figure; for failures, answers and seconds the sum."""
    return Figures(
        median(run.rate for run in runs),
        median(run.p50 for run in runs),
        median(run.p99 for run in runs),
        sum(run.failed for run in runs),
        median(run.busy for run in runs),
        sum(run.answers for run in runs),
        sum(run.seconds for run in runs),
        median(run.cpu for run in runs),
        median(run.others for run in runs),
    )
