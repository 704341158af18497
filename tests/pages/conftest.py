"""One server for all tests of the pages."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from serving import running


@pytest.fixture(scope="package")
def client(dataset_path: Path) -> Iterator[httpx.Client]:
    with running(dataset_path) as server, httpx.Client(base_url=server.url) as client:
        yield client
