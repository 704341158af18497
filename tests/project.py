"""The project under test: copy its inputs, and run its command."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
COMMAND = (sys.executable, "-P", "-m", "accsm_kg.cli")


def copy_inputs(folder: Path, *others: str) -> Path:
    """Copy the inputs of a build, and ``others`` of the project's folders; return ``folder``."""
    for name in ("ontology", "shapes", "data", *others):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    return folder


def python_path(root: Path = ROOT) -> str:
    """Return the PYTHONPATH for the packages in ``root``."""
    return os.pathsep.join((str(root / "server"), str(root)))


def run(*words: str, cwd: Path = ROOT, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run ``accsm-kg`` with ``words``, for a terminal of 100 columns without colours."""
    return subprocess.run(
        [*COMMAND, *words],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": python_path(), "COLUMNS": "100", "NO_COLOR": "1"},
    )
