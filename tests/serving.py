"""What tests ask of a real server besides requests."""

import socket
import time
from collections.abc import Callable
from pathlib import Path

from server.conformance.serving import Server, running

ROOT = Path(__file__).parents[1]

__all__ = ["ROOT", "Server", "children", "free_port", "running", "until"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def children(pid: int) -> list[int]:
    """The processes that ``pid`` started, as Linux lists them."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def until(condition: Callable[[], object]) -> None:
    """Wait until ``condition`` holds."""
    for _ in range(100):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("it never came to that")
