"""The version of the running code, on which entity tags depend."""

from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import accsm_kg

_DEPENDENCIES = ("pyoxigraph", "starlette", "uvicorn")


@lru_cache
def code_version() -> str:
    """Return a hash of the code and query files and of the versions of `_DEPENDENCIES`.

    It is computed once, so that it stays the same when files change on a running server.
    """
    digest = sha256()
    for folder in (Path(accsm_kg.__file__ or "").parent, Path(__file__).parent):
        for path in sorted(folder.rglob("*")):
            ours = path.relative_to(folder).parts[0] != "resources"  # data in a wheel
            if ours and path.suffix in (".py", ".rq", ".toml"):
                digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    digest.update(repr({name: version(name) for name in _DEPENDENCIES}).encode())
    return digest.hexdigest()
