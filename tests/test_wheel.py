"""An installed wheel works as a clone does: it carries the ontology, shapes, data and queries."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import httpx
import pytest
from hatchling.builders.wheel import WheelBuilder
from serving import running

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's files, laid out as pip lays them."""
    folder = tmp_path_factory.mktemp("wheel")
    wheel = next(WheelBuilder(str(ROOT)).build(directory=str(folder)))
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


def _run(installed: Path, cwd: Path, *words: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, "-P", "-m", "accsm_kg.cli", *words]
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_wheel_builds_the_same_bytes_as_the_clone(
    installed: Path, tmp_path: Path, dataset_path: Path
) -> None:
    _run(installed, tmp_path, "build")
    assert (tmp_path / "build" / "accsm.nq").read_bytes() == dataset_path.read_bytes()
    assert "33" in _run(installed, tmp_path, "trace", "A.2.2.iv")
    assert "passes" in _run(installed, tmp_path, "validate")


def test_a_wheel_publishes_how_it_conforms(installed: Path, dataset_path: Path) -> None:
    with running(dataset_path, root=installed) as server:
        page = httpx.get(f"{server.url}/conformance", headers={"Accept": "text/html"}).text
        told = httpx.get(f"{server.url}/conformance?format=json").json()
    assert "SPARQL 1.1 Protocol</a></td><td>27</td><td>27</td><td>7</td>" in page
    assert told["scores"][0]["suite"] == "protocol"


def test_a_wheel_carries_pages_and_queries_and_no_tests(installed: Path) -> None:
    for name in ("templates/base.html", "static/style.css", "profile.toml"):
        assert (installed / "accsm_server" / "pages" / name).is_file()
    assert list((installed / "accsm_server" / "pages" / "queries").glob("*.rq"))
    for name in ("test_*.py", "counts.tsv", "answers"):
        assert not list(installed.rglob(name))
    assert not (installed / "server").exists()
