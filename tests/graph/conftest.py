"""The graph of the record, in memory and over a server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import running

import accsm_kg
from accsm_kg import Graph


@pytest.fixture(scope="session")
def kg(known_path: Path) -> Graph:
    return accsm_kg.open(known_path)


@pytest.fixture(scope="session")
def address(known_path: Path) -> Iterator[str]:
    with running(known_path) as server:
        yield f"{server.url}/"


@pytest.fixture(scope="session")
def served(address: str) -> Graph:
    return accsm_kg.open(address)
