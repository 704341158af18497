"""The workbench in Firefox: queries are written, completed, left by keyboard and run."""

import json
import shutil
from pathlib import Path

import pytest
from peers.clients.conftest import Run
from serving import running

PROGRAM = Path(__file__).parent / "programs" / "firefox.mjs"


def test_firefox_writes_and_runs_queries(dataset_path: Path, run: Run) -> None:
    firefox = shutil.which("firefox-esr") or shutil.which("firefox")
    if firefox is None:
        pytest.skip("Firefox is not on the path: install firefox-esr")
    with running(dataset_path) as server:
        done = run(".mjs", PROGRAM.read_text(), server.url, firefox)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert "failed" not in seen, seen
    assert (seen["messages"], seen["foreign"]) == ([], [])
    assert seen["options"][0].splitlines()[1:] == ["accsm:supports", "supports", "41 of 41"]
    assert "accsm:supports action-line-apsc-2025:A.2.2.iv" in seen["query"]
    assert "PREFIX action-line-apsc-2025: <" in seen["query"]
    assert seen["rows"] == 6
    assert seen["status"].startswith("6 rows shown")
    assert seen["after"].startswith("Run")
    assert seen["unknown"] == ["accsm:suports"]
    assert "The query cannot be read" in seen["problem"]
