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


def test_a_wheel_publishes_how_it_conforms(
    installed: Path, tmp_path: Path, dataset_path: Path
) -> None:
    tests = os.environ.get("ACCSM_W3C")
    if not tests:
        pytest.skip("ACCSM_W3C is not set: the W3C's tests are not part of the project")
    record = installed / "server" / "conformance" / "record.json"
    record.unlink(missing_ok=True)
    page = {"Accept": "text/html"}
    with running(dataset_path, root=installed) as server:
        before = httpx.get(f"{server.url}/conformance", headers=page).text
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, "-P", "-m", "server.conformance"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr + done.stdout
    with running(dataset_path, root=installed) as server:
        after = httpx.get(f"{server.url}/conformance", headers=page).text
        told = httpx.get(f"{server.url}/conformance?format=json").json()["run"]
    assert "No run of the tests is known" in before
    assert "SPARQL 1.1 Protocol</a></td><td>27</td><td>27</td><td>7</td>" in after
    assert told["scores"][0]["suite"] == "protocol"
    record.write_text(record.read_text().replace(told["program"], "0" * 64))
    with running(dataset_path, root=installed) as server:
        other = httpx.get(f"{server.url}/conformance", headers=page).text
    assert "was of another" in other
    assert "<td>27</td>" not in other


def test_a_wheel_carries_pages_and_queries_and_no_tests(installed: Path) -> None:
    for name in ("server/templates/base.html", "server/static/style.css"):
        assert (installed / name).is_file()
    assert list((installed / "server" / "queries").glob("*.rq"))
    assert not list(installed.rglob("test_*.py"))
