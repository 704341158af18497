"""The static files of the pages, each also at an address with its hash, which never changes."""

from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path

from starlette.responses import Response

from accsm_kg.pictures import svg
from accsm_server.errors import NotFound
from accsm_server.http.headers import FOREVER, REVALIDATE
from accsm_server.pages import openapi

_FOLDER = Path(__file__).parent / "static"
#: What the build hook makes of server/frontend with Node.js, if it is there.
_BUILT = _FOLDER / "built"
#: What static copies have besides, to answer queries in the browser.
_ENGINE = _BUILT / "engine"
_MEDIA_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
}

router = openapi.create_router("pages")


@dataclass(frozen=True)
class _File:
    body: bytes
    media_type: str
    caching: str


@cache
def address(name: str) -> str:
    """Return the path of a file, with its hash.

    >>> address("style.css").startswith("/static/style.")
    True
    """
    path = Path(name)
    digest = blake2b(_body(name), digest_size=6).hexdigest()
    return f"/static/{path.stem}.{digest}{path.suffix}"


@cache
def _body(name: str) -> bytes:
    """Return the content of a file; the stylesheet begins with that of pictures."""
    before = svg.STYLESHEET.read_bytes() if name == "style.css" else b""
    path = _FOLDER / name
    return before + (path if path.exists() else _BUILT / name).read_bytes()


def has(name: str) -> bool:
    """Return whether a file is there: what Node.js builds may be missing."""
    return f"/static/{name}" in FILES


@cache
def engine() -> dict[str, tuple[str, bytes]]:
    """Return the files to answer queries in the browser, by name: their paths and contents.

    There are none without Node.js. No server sends them.
    """
    found = {}
    for path in sorted(_ENGINE.glob("*")):
        body = path.read_bytes()
        digest = blake2b(body, digest_size=6).hexdigest()
        found[path.name] = (f"/static/{path.stem}.{digest}{path.suffix}", body)
    return found


def _files() -> dict[str, _File]:
    found: dict[str, _File] = {}
    for path in sorted((*_FOLDER.iterdir(), *_BUILT.glob("*"))):
        if kind := _MEDIA_TYPES.get(path.suffix):
            body = _body(path.name)
            found[f"/static/{path.name}"] = _File(body, kind, REVALIDATE)
            found[address(path.name)] = _File(body, kind, FOREVER)
    return found


#: The files by path, without and with a hash.
FILES = _files()


@router.get("/static/{name}", summary="A file of the pages", include_in_schema=False)
async def file(name: str) -> Response:
    """Return a file, which browsers keep if its name has the hash."""
    found = FILES.get(f"/static/{name}")
    if found is None:
        raise NotFound("No such file", "The pages have no such file.")
    headers = {"Cache-Control": found.caching}
    return Response(found.body, media_type=found.media_type, headers=headers)
