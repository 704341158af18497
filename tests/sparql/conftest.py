"""Clients of a server over the whole record, and of one over the part that does not grow."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from serving import running


@pytest.fixture(scope="package")
def client(dataset_path: Path) -> Iterator[httpx.Client]:
    with running(dataset_path) as server, httpx.Client(base_url=server.url) as client:
        yield client


@pytest.fixture(scope="package")
def known_client(known_path: Path) -> Iterator[httpx.Client]:
    with running(known_path) as server, httpx.Client(base_url=server.url) as client:
        yield client
