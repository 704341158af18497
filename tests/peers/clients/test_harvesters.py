"""Readers of Signposting, robots.txt, sitemaps and JSON-LD in pages find what a server offers."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from peers.clients.conftest import Run
from serving import running

from accsm_kg.namespaces import BASE

PROGRAM = Path(__file__).parent / "programs" / "harvest.py"


@pytest.fixture(scope="module")
def address(known_path: Path) -> Iterator[str]:
    with running(known_path) as server:
        yield server.url


def test_harvesters_find_pages_files_and_descriptions(run: Run, address: str) -> None:
    done = run(".py", PROGRAM.read_text(encoding="utf-8"), address)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)

    signs = found["signs"]
    assert signs["cite-as"] == [f"{BASE}dataset"]
    assert set(signs["type"]) == {"https://schema.org/Dataset", "https://schema.org/AboutPage"}
    assert {f"{address}/accsm.{end}" for end in ("nq", "nt.gz", "ttl.zst")} <= set(signs["item"])
    assert f"{address}/dataset?format=ttl" in signs["describedby"]
    assert signs["license"] and signs["author"]

    assert found["sitemaps"] == [f"{address}/sitemap.xml"]
    assert found["allowed"] == [True, True, False, False]
    assert f"{address}/doc/country/KHM" in found["pages"]
    assert len(found["pages"]) == len(set(found["pages"])) > 2000

    [described] = [one for one in found["descriptions"] if one["@type"] == "Dataset"]
    files = [file["contentUrl"] for file in described["distribution"]]
    assert set(files) == set(signs["item"])
    assert {httpx.head(file).status_code for file in files} == {200}
