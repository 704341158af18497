"""What the workbench knows of the record that tests quote from, as the server sends it."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from serving import running


@pytest.fixture(scope="package")
def client(known_path: Path) -> Iterator[httpx.Client]:
    with running(known_path) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        yield client


@pytest.fixture(scope="package")
def data(client: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for name in ("terms", "things"):
        (folder / f"{name}.json").write_bytes(client.get(f"/query/{name}.json").content)
    return folder
