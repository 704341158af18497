"""The parts of the workbench that need no browser, run by Node.js."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest
from project import ROOT

HERE = Path(__file__).parent


def run(name: str, **settings: object) -> None:
    if not (node := shutil.which("node")):
        pytest.skip("Node.js is not installed")
    environment = {**os.environ, **{key: str(value) for key, value in settings.items()}}
    done = subprocess.run(
        [node, "--test", HERE / name], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout


def test_completion(data: Path) -> None:
    run("complete.test.js", DATA=data)


def test_layout_and_use_elsewhere() -> None:
    run("format.test.js")


def test_queries_in_static_copies() -> None:
    run("local.test.js")


def test_all_that_is_inserted_parses(data: Path, client: httpx.Client, tmp_path: Path) -> None:
    run("complete.test.js", DATA=data, OUT=tmp_path / "out.json")
    texts = json.loads((tmp_path / "out.json").read_text())
    assert len(texts) > 300
    assert [(text, said) for text in texts if (said := errors(client, text))] == []


def errors(client: httpx.Client, text: str) -> list[object]:
    answer = client.post("/query/check", data={"query": text})
    found: list[object] = answer.json()["errors"]
    return found


def test_a_query_runs_by_curl(client: httpx.Client, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    run("format.test.js", OUT=out, ENDPOINT=client.base_url.join("/sparql"))
    command = json.loads(out.read_text())["curl"]
    done = subprocess.run(["sh", "-c", command], capture_output=True, timeout=60)
    assert done.stdout.decode() == 'x,y\r\n"it\'s ""so""",back\\slash\r\né,"two\nlines"\r\n'


def test_the_lock_names_no_registry() -> None:
    lock = (ROOT / "server/frontend/package-lock.json").read_text()
    assert '"resolved"' not in lock
    declared = json.loads((ROOT / "server/frontend/package.json").read_text())
    versions = {**declared["dependencies"], **declared["devDependencies"]}.values()
    assert all(version[0].isdigit() for version in versions)
