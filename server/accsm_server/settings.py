"""The settings of the server, read from the environment.

Settings()                       the defaults
Settings(timeout=5.0, cache=0)   for tests
from_environment()               ACCSM_TIMEOUT=5 ACCSM_CACHE=0
"""

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

_WAITING = 16  # queries that may wait for each worker
_ROW = 256  # bytes of an answer for each row that it may have


@dataclass(frozen=True)
class Settings:
    """What a deployer may choose; each field is the variable ACCSM_<FIELD>."""

    workers: int = (os.cpu_count() or 2) + 2
    """Queries of one client that run at once; as many again are kept for the other clients."""
    timeout: float = 30.0
    """Seconds a query may take before its worker is killed, and, up to 20, a request to arrive."""
    memory: int = 1024
    """MiB a worker may use beyond the dataset itself."""
    rows: int = 1_000_000
    """Rows or triples after which an answer is cut, and says so; see `size`."""
    rate: float | None = None
    """Requests a second that one client may send for long, 0 any number; None: 50, not loopback."""
    cache: int = 64
    """MiB of answers that are kept to be sent again; 0 keeps none."""
    service: tuple[str, ...] = ()
    """The endpoints that queries may ask with SERVICE."""
    proxies: str = "127.0.0.1"
    """Addresses of the proxies whose X-Forwarded-For and X-Forwarded-Proto are believed."""

    @property
    def queue(self) -> int:
        """Return how many queries of one client may wait; as many again are kept for others."""
        return self.workers * _WAITING

    @property
    def size(self) -> int:
        """Return the bytes after which an answer is cut: 256 for each row, at least 1 MiB."""
        return max(self.rows * _ROW, 1 << 20)


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings, read from ACCSM_WORKERS, ACCSM_TIMEOUT and so on.

    Raises ValueError that names the variable and says what to write.

    >>> from_environment({"ACCSM_TIMEOUT": "5"}).timeout
    5.0
    """
    default = Settings()
    return Settings(
        workers=_whole(environment, "ACCSM_WORKERS", default.workers),
        timeout=_number(environment, "ACCSM_TIMEOUT", default.timeout),
        memory=_whole(environment, "ACCSM_MEMORY", default.memory),
        rows=_whole(environment, "ACCSM_ROWS", default.rows),
        rate=_rate(environment),
        cache=_whole(environment, "ACCSM_CACHE", default.cache, zero=True),
        service=_endpoints(environment.get("ACCSM_SERVICE", "")),
        proxies=environment.get("ACCSM_PROXIES", default.proxies),
    )


def _rate(environment: Mapping[str, str]) -> float | None:
    given = environment.get("ACCSM_RATE")
    return _number(environment, "ACCSM_RATE", 0, zero=True) if given else None


def _endpoints(text: str) -> tuple[str, ...]:
    for iri in text.split():
        if not re.fullmatch(r"https?://[^\s<>\"{}|\\^`]+", iri):
            raise ValueError(f"ACCSM_SERVICE: {iri!r} is not the http(s) IRI of an endpoint")
    return tuple(text.split())


def _whole(environment: Mapping[str, str], name: str, default: int, zero: bool = False) -> int:
    number = _number(environment, name, default, zero)
    if number % 1:
        raise ValueError(f"{name}={number:g} is not a whole number")
    return int(number)


def _number(environment: Mapping[str, str], name: str, default: float, zero: bool = False) -> float:
    text = environment.get(name, "")
    try:
        number = float(text) if text else float(default)
    except ValueError:
        number = -1.0
    if not math.isfinite(number) or number < 0 or (number == 0 and not zero):
        raise ValueError(f"{name}={text!r} is not a number above 0; leave it unset for {default}")
    return number
