"""The Makefile on machines with another Python, and with another server on the default port."""

import os
import subprocess
from pathlib import Path

import pytest
from project import ROOT

OLD = "#!/bin/sh\ncase $1 in -c) exit 1 ;; *) echo 'it was used' >&2 ;; esac\n"

#: A recent Python that makes no environment.
RECENT = "#!/bin/sh\ncase $1 in -c) exit 0 ;; *) exit 9 ;; esac\n"


def _make(*words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    command = ["make", "--no-print-directory", *words]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize("target", ["serve", "test", "peers", "lint", "bench"])
@pytest.mark.parametrize("exists", [True, False], ids=["old", "missing"])
def test_a_python_before_3_11_is_refused_in_one_sentence(
    tmp_path: Path, target: str, exists: bool
) -> None:
    python = _program(tmp_path / "python3", OLD) if exists else tmp_path / "python3"
    done = _make(target, f"PYTHON={python}", f"VENV={tmp_path}/venv")
    said = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert said == [
        f"accsm-kg needs Python 3.11 or later, which {python} is not: "
        "install it, or name it as in make PYTHON=python3.13"
    ]
    assert done.returncode == 2
    assert not list(tmp_path.glob("venv*"))


@pytest.mark.parametrize(("content", "kept"), [(OLD, False), (RECENT, True)])
def test_an_environment_of_an_older_python_is_replaced(
    tmp_path: Path, content: str, kept: bool
) -> None:
    python, environment = _program(tmp_path / "python3", RECENT), tmp_path / "venv"
    _program(environment / "bin" / "python", content)
    (environment / "pyvenv.cfg").touch()
    assert _make("serve", f"PYTHON={python}", f"VENV={environment}").returncode == 2
    assert environment.exists() == kept


def _program(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    path.chmod(0o755)
    return path


def test_serve_takes_a_port() -> None:
    assert "accsm-kg serve --port 8001\n" in _make("--dry-run", "serve", "PORT=8001").stdout
