"""The examples of docs/python.md run in memory and over a server, and their types are right."""

import doctest
import os
import subprocess
import sys
from pathlib import Path

import pytest
from project import ROOT, python_path

PAGE = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
OPENED = "accsm_kg.open()"
FLAGS = doctest.IGNORE_EXCEPTION_DETAIL | doctest.REPORT_NDIFF


@pytest.fixture
def folder(known_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a user: a build of the record, data of theirs, and a faulty table."""
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "accsm.nq").symlink_to(known_path)
    (tmp_path / "mine.ttl").write_text(
        "PREFIX skos: <http://www.w3.org/2004/02/skos/core#>\n"
        '<id/project/2016-2020/33> skos:note "Discussed in our seminar." .\n'
    )
    (tmp_path / "projects.csv").write_text("plan\n2016-2020\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _run(page: str) -> None:
    example = doctest.DocTestParser().get_doctest(page, {}, "docs/python.md", "python.md", 0)
    assert len(example.examples) > 30
    told: list[str] = []
    doctest.DocTestRunner(optionflags=FLAGS).run(example, out=told.append)
    if told:
        pytest.fail("".join(told))


def test_the_examples_run_in_memory(folder: Path) -> None:
    _run(PAGE)


def test_the_examples_run_over_a_server(folder: Path, address: str) -> None:
    assert PAGE.count(f">>> kg = {OPENED}") == 1
    _run(PAGE.replace(f">>> kg = {OPENED}", f">>> kg = accsm_kg.open({address!r})"))


def test_the_examples_have_types(folder: Path) -> None:
    examples = doctest.DocTestParser().get_examples(PAGE)
    program = folder / "examples.py"
    program.write_text("".join(example.source for example in examples))
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file", ROOT / "pyproject.toml",
         "--cache-dir", ROOT / ".mypy_cache", program],
        capture_output=True, text=True, cwd=ROOT, timeout=300,
        env={**os.environ, "MYPYPATH": python_path()},
    )  # fmt: skip
    assert done.stdout == "Success: no issues found in 1 source file\n"
