"""Turn the files of the program into a hash that tells it from any other."""

from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import accsm_kg
import accsm_server

_USED = ("pyoxigraph", "starlette", "uvicorn")


@lru_cache
def program() -> str:
    """Return the hash of the program as it was when this was first called.

    It changes with every file that what is answered depends on, and with the versions used.
    """
    digest = sha256()
    for package in (accsm_kg, accsm_server):
        folder = Path(package.__file__ or "").parent
        for path in sorted(folder.rglob("*")):
            ours = path.relative_to(folder).parts[0] != "resources"  # only a wheel has them there
            if ours and path.suffix in (".py", ".rq"):
                digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    digest.update(repr(versions()).encode())
    return digest.hexdigest()


def versions() -> dict[str, str]:
    """Return the versions of what the answers are made with."""
    return {name: version(name) for name in _USED}
