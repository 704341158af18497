"""Virtual environments with earlier commits of this repository."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree

ROOT = Path(__file__).parents[2]


def resolve(commit: str, root: Path = ROOT) -> str:
    """Return the short hash of ``commit``; exits with a message if it does not exist."""
    named = ("rev-parse", "--quiet", "--verify", "--short", "--end-of-options", f"{commit}^{{}}")
    found = _git(root, *named, check=False).strip()
    if not found:
        sys.exit(f"BASE={commit}: {root} has no such commit; see `git log --oneline`")
    return found


def environment(commit: str, folder: Path, root: Path = ROOT) -> Path:
    """Return a virtual environment in ``folder`` with ``commit``, and create it if need be.

    The package is installed as a wheel, so that nothing outside of the environment is imported.
    """
    target = folder / f"env-{commit}"
    if not (target / "installed").exists():
        print(f"Installing {commit} in {target}", flush=True)
        with checkout(commit, folder / f"tree-{commit}", root) as tree:
            _install(tree, target)
        (target / "installed").touch()
    return target


@contextmanager
def checkout(commit: str, path: Path, root: Path = ROOT) -> Iterator[Path]:
    """Check out ``commit`` in a git worktree at ``path``, which is removed at the end."""
    _remove(path, root)  # a killed run may have left it
    try:
        _git(root, "worktree", "add", "--quiet", "--detach", str(path), commit)
        yield path
    finally:
        _remove(path, root)


def isolated() -> dict[str, str]:
    """Return the environment of this process without variables of Python and ACCSM."""
    ours = ("ACCSM_", "PYTHON", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def _install(tree: Path, target: Path) -> None:
    rmtree(target, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", target], check=True, env=isolated())
    install = (target / "bin" / "python", "-m", "pip", "install", "--quiet")
    for arguments in (
        ("--require-hashes", "-r", "requirements.lock"),
        ("--no-deps", "--no-build-isolation", "."),
    ):
        subprocess.run([*install, *arguments], check=True, cwd=tree, env=isolated())


def _remove(path: Path, root: Path) -> None:
    # The second --force removes a locked worktree, as an interrupted `add` leaves it.
    _git(root, "worktree", "remove", "--force", "--force", str(path), check=False)
    rmtree(path, ignore_errors=True)


def _git(root: Path, *arguments: str, check: bool = True) -> str:
    """Return the output of a git command; without ``check``, errors are ignored."""
    errors = None if check else subprocess.DEVNULL
    command = ["git", "-C", str(root), *arguments]
    done = subprocess.run(command, check=check, stdout=subprocess.PIPE, stderr=errors, text=True)
    return done.stdout
