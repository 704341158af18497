"""The settings of the server, read from the environment.

Settings()                       the defaults
Settings(timeout=5.0, cache=0)   for tests
from_environment()               ACCSM_TIMEOUT=5 ACCSM_CACHE=0
"""

import ipaddress
import math
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

_ARRIVAL = 20.0  # seconds
_BYTES_PER_ROW = 256  # bytes in an answer for each row of its limit
_MOST = {
    "ACCSM_TIMEOUT": 86_400, "ACCSM_MEMORY": 1 << 24, "ACCSM_ROWS": 10**12, "ACCSM_RATE": 10**6,
    "ACCSM_CACHE": 1 << 20, "ACCSM_KEEP": 1,
}  # fmt: skip
_LEAST_MEMORY = 1024  # MiB, for eight queries at once
_SEGMENT = re.compile(r"(?!\.{1,2}\Z)[\w.~-]+", re.ASCII)
_CONTAINER_LIMITS = (
    "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
)


def _half_of_memory() -> int:
    """Return half of the memory of this machine or container in MiB."""
    found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for path in _CONTAINER_LIMITS:
        with suppress(OSError, ValueError):  # "max"
            found.append(int(Path(path).read_text(encoding="ascii")))
    return max(_LEAST_MEMORY, min(found) >> 21)


@dataclass(frozen=True)
class Settings:
    """The settings of the server; each field is set by the variable ACCSM_<FIELD>."""

    timeout: float = 30.0
    """Seconds for a query; see also `arrival`."""
    memory: int = field(default_factory=_half_of_memory)
    """MiB that all queries together may use beside the dataset: see `engine.pool.budget`."""
    rows: int = 1_000_000
    """Rows or triples after which an answer is cut; see also `size`."""
    rate: float | None = None
    """Requests per second of one client; 0: no limit; None: 50, but no limit for loopback."""
    cache: int = 64
    """MiB of cached responses; 0 disables the cache."""
    service: tuple[str, ...] = ()
    """IRIs of the endpoints that SERVICE may name."""
    proxies: str = "127.0.0.1"
    """Addresses of trusted proxies, which set X-Forwarded-For, -Proto, -Host and -Prefix."""
    keep: float = 0.5
    """The part of the served statements that a new build must have to be loaded; 0: none."""

    endpoint_login: tuple[str, str] | None = field(default=None, repr=False)
    """User and password for the endpoint of `serve --endpoint`."""
    endpoint_headers: Mapping[str, str] | None = field(default=None, repr=False)
    """Headers of requests to it."""

    @property
    def arrival(self) -> float:
        """Return the seconds in which a request must arrive: those of `timeout`, at most 20."""
        return min(_ARRIVAL, self.timeout)

    @property
    def size(self) -> int:
        """Return the bytes after which an answer is cut: 256 for each row, at least 1 MiB."""
        return max(self.rows * _BYTES_PER_ROW, 1 << 20)


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings from ACCSM_TIMEOUT, ACCSM_MEMORY and so on.

    Raises ValueError that names the variable.

    >>> from_environment({"ACCSM_TIMEOUT": "5"}).timeout
    5.0
    """
    default = Settings()
    return Settings(
        timeout=_number(environment, "ACCSM_TIMEOUT", default.timeout),
        memory=_memory(environment, default.memory),
        rows=_integer(environment, "ACCSM_ROWS", default.rows),
        rate=_rate(environment),
        cache=_integer(environment, "ACCSM_CACHE", default.cache, zero=True),
        service=_endpoints(environment.get("ACCSM_SERVICE", "")),
        proxies=_addresses(environment.get("ACCSM_PROXIES", default.proxies)),
        keep=_number(environment, "ACCSM_KEEP", default.keep, zero=True),
        endpoint_login=_login(environment.get("ACCSM_ENDPOINT_LOGIN", "")),
        endpoint_headers=_headers(environment.get("ACCSM_ENDPOINT_HEADERS", "")),
    )


def read_root_path(text: str) -> str:
    """Return a path prefix with a slash at its beginning only; raises ValueError if it is none.

    >>> read_root_path("kg/")
    '/kg'
    """
    path = text.removeprefix("/").removesuffix("/")
    if path and not all(map(_SEGMENT.fullmatch, path.split("/"))):
        raise ValueError(f"{text!r}: give a path such as /kg")
    return f"/{path}".rstrip("/")


def _memory(environment: Mapping[str, str], default: int) -> int:
    number = _integer(environment, "ACCSM_MEMORY", default)
    if number < _LEAST_MEMORY:
        fault = f"ACCSM_MEMORY={number} is too little for all queries together"
        raise ValueError(f"{fault}; write {_LEAST_MEMORY} (MiB) or more")
    return number


def _rate(environment: Mapping[str, str]) -> float | None:
    given = environment.get("ACCSM_RATE")
    return _number(environment, "ACCSM_RATE", 0, zero=True) if given else None


def _login(text: str) -> tuple[str, str] | None:
    user, colon, password = text.partition(":")
    if text and not (user and colon and text.isprintable()):
        raise ValueError("ACCSM_ENDPOINT_LOGIN: write a user and a password, as user:password")
    return (user, password) if text else None


def _headers(text: str) -> dict[str, str] | None:
    lines = [line.partition(":") for line in text.splitlines() if line.strip()]
    for name, colon, value in lines:
        if not (colon and re.fullmatch(r"[\w-]+", name, re.ASCII) and value.isprintable()):
            raise ValueError("ACCSM_ENDPOINT_HEADERS: write a header a line, as Name: value")
    return {name: value.strip() for name, _, value in lines} or None


def _endpoints(text: str) -> tuple[str, ...]:
    for iri in text.split():
        if not re.fullmatch(r"https?://[^\s<>\"{}|\\^`]+", iri):
            raise ValueError(f"ACCSM_SERVICE: {iri!r} is not an http(s) IRI")
    return tuple(text.split())


def _addresses(text: str) -> str:
    for address in {part.strip() for part in text.split(",")} - {"", "*"}:
        try:
            ipaddress.ip_network(address)
        except ValueError:
            fault = f"{address!r} is neither an address nor a network such as 10.0.0.0/8"
            raise ValueError(f"ACCSM_PROXIES: {fault}; write them with commas, or *") from None
    return text


def _integer(environment: Mapping[str, str], name: str, default: int, zero: bool = False) -> int:
    number = _number(environment, name, default, zero)
    if number % 1:
        raise ValueError(f"{name}={number:g} is not a whole number; write one, such as {default}")
    return int(number)


def _number(environment: Mapping[str, str], name: str, default: float, zero: bool = False) -> float:
    text = environment.get(name, "")
    try:
        number = float(text) if text else float(default)
    except ValueError:
        number = -1.0
    if not math.isfinite(number) or number < 0 or (number == 0 and not zero):
        least = "of 0 or more" if zero else "above 0"
        raise ValueError(f"{name}={text!r} is not a number {least}; unset it for the default")
    if number > _MOST[name]:
        raise ValueError(f"{name}={text!r} is too much; write {_MOST[name]} or less")
    return number
