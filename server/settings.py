"""Turn the ACCSM_* environment variables into the settings of the server."""

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """What a deployer may choose; each field is the variable ACCSM_<FIELD>."""

    workers: int = max(2, os.cpu_count() or 2)
    """Queries of visitors that run at once; one worker more is kept for our own pages."""
    timeout: float = 30.0
    """Seconds a query may take before its worker is killed."""
    memory: int = 1024
    """MiB a worker may use beyond the dataset itself."""
    queue: int = 64
    """Queries that may wait for a worker; one more is told to come back later."""
    root_path: str = ""
    """Path prefix that a proxy in front strips, such as /kg."""
    access_log: bool = False
    """Whether to log one line a request."""


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings, read from ACCSM_WORKERS, ACCSM_TIMEOUT and so on.

    Raises ValueError that names the variable and says what to write.

    >>> from_environment({"ACCSM_TIMEOUT": "5"}).timeout
    5.0
    """
    default = Settings()
    return Settings(
        workers=int(_number(environment, "ACCSM_WORKERS", default.workers)),
        timeout=_number(environment, "ACCSM_TIMEOUT", default.timeout),
        memory=int(_number(environment, "ACCSM_MEMORY", default.memory)),
        queue=int(_number(environment, "ACCSM_QUEUE", default.queue)),
        root_path=environment.get("ACCSM_ROOT_PATH", default.root_path).rstrip("/"),
        access_log=environment.get("ACCSM_ACCESS_LOG", "") not in ("", "0"),
    )


def _number(environment: Mapping[str, str], name: str, default: float) -> float:
    text = environment.get(name, "")
    try:
        number = float(text) if text else float(default)
    except ValueError:
        number = 0.0
    if number <= 0:
        raise ValueError(f"{name}={text!r} is not a number above 0; leave it unset for {default}")
    return number
