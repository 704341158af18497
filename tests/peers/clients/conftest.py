"""How to run the programs of clients, with the packages that `make peers` installs."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from project import ROOT

collect_ignore = ["programs"]  # they have packages of their own

_PEERS = ROOT / "build" / "peers"
_TIMEOUT = 120  # seconds for a program

#: Run a program: its suffix, its text and its arguments.
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run the text of a program in an empty folder; its suffix names the language.

    Skips the test where the language or the packages of its clients are missing.
    """

    def run(suffix: str, text: str, *words: str) -> subprocess.CompletedProcess[str]:
        file = tmp_path / f"program{suffix}"
        file.write_text(text, encoding="utf-8")
        return subprocess.run(
            [*_COMMANDS[suffix](tmp_path, text), str(file), *words], cwd=tmp_path,
            env={**os.environ, "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}, capture_output=True,
            encoding="utf-8", timeout=_TIMEOUT, check=False,
        )  # fmt: skip

    return run


def _python(folder: Path, text: str) -> list[str]:
    return [str(_packages("python") / "bin" / "python")]


def _node(folder: Path, text: str) -> list[str]:
    (folder / "node_modules").symlink_to(_packages("node") / "node_modules")
    return [_program("node")]


def _java(folder: Path, text: str) -> list[str]:
    return [_program("java"), "-cp", f"{_packages('jena')}/*"]


def _r(folder: Path, text: str) -> list[str]:
    return [_program("Rscript")]


def _shell(folder: Path, text: str) -> list[str]:
    for name in re.findall(r"\b(?:curl|soffice)\b", text):
        _program(name)
    return [_program("bash"), "-eu"]


_COMMANDS = {".py": _python, ".mjs": _node, ".java": _java, ".R": _r, ".sh": _shell}


def _packages(name: str) -> Path:
    folder = _PEERS / name
    if not (folder / "installed").exists():
        pytest.skip(f"{folder} is missing: run `make peers`, with npm, and a JDK and Maven at hand")
    return folder


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not on the path")
    return path
