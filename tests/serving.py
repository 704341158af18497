"""A real server in a process of its own, for the tests that need one."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Server:
    url: str
    pid: int
    log: Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(dataset: Path, port: int = 0, root: Path = ROOT, **settings: str) -> Iterator[Server]:
    """Serve ``dataset`` with the ACCSM_* ``settings``; its log may tell of no fault of ours."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ACCSM_")}
    environment |= {f"ACCSM_{name}": value for name, value in settings.items()}
    environment["PYTHONPATH"] = str(root)
    command = [sys.executable, "-P", "-m", "server", str(dataset), "--port", str(port)]
    with TemporaryDirectory() as folder:
        said = Path(folder) / "log"
        with said.open("wb") as log:
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            yield Server(_address(process, said), process.pid, said)
        finally:
            process.terminate()
            process.wait(timeout=20)
        assert "Traceback" not in said.read_text(), said.read_text()


def _address(process: "subprocess.Popen[bytes]", said: Path) -> str:
    """Wait until the server says where it is."""
    for _ in range(600):
        if found := re.search(r"Serving at (http://[^/]+)/", said.read_text()):
            return found[1]
        assert process.poll() is None, said.read_text()
        time.sleep(0.05)
    raise AssertionError("the server does not answer")


def children(pid: int) -> list[int]:
    """The processes that ``pid`` started, as Linux lists them."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]
