"""Downloads of the whole dataset, at URLs that contain its version and never change."""

from dataclasses import dataclass

from starlette.responses import Response

from accsm_server.engine.interface import Query
from accsm_server.errors import NotFound
from accsm_server.http import negotiation
from accsm_server.http.headers import FOREVER, REVALIDATE
from accsm_server.http.middleware import compression
from accsm_server.http.middleware.compression import Compressor
from accsm_server.http.negotiation import Format
from accsm_server.http.streaming import AnswerResponse
from accsm_server.pages import openapi
from accsm_server.pages.parameters import ServedSite
from accsm_server.pages.queries import Site


@dataclass(frozen=True)
class File:
    """A file with the whole dataset; ``coding`` is the suffix of its compression."""

    name: str
    format: Format
    coding: str = ""

    @property
    def media_type(self) -> str:
        """Return the media type of the file, compressed or not."""
        return _CODINGS[self.coding][0] or self.format.media_type

    def compressor(self) -> Compressor:
        """Return a new compressor for the file."""
        _, content_coding, level = _CODINGS[self.coding]
        return content_coding.start(level)


#: Compression by suffix: media type, coding, and a level for files with many readers.
_CODINGS = {
    "": ("", compression.IDENTITY, 0),
    "gz": ("application/gzip", compression.GZIP, 9),
    "zst": ("application/zstd", compression.ZSTD, 12),
}
FILES = {
    file.name: file
    for format in negotiation.GRAPHS
    if format.name in ("nq", "trig")
    for coding in _CODINGS
    for file in [File(f"accsm.{format.name}.{coding}".rstrip("."), format, coding)]
}
_OFFERED = openapi.offered(*(file.media_type for file in FILES.values()))

router = openapi.create_router("downloads")


@router.get("/accsm.{suffix}", summary="The current dataset as a file", responses=_OFFERED)
async def newest(site: ServedSite, suffix: str) -> Response:
    """Return the current version, which changes with the next build."""
    return _respond(site, _file(suffix), None)


@router.get(
    "/dataset/{version}/accsm.{suffix}",
    summary="A permanent version of the dataset as a file",
    responses=_OFFERED,
)
async def version(site: ServedSite, version: str, suffix: str) -> Response:
    """Return the version in the path, which never changes."""
    file = _file(suffix)
    if version != site.engine.version:
        raise NotFound(
            "This version is not available",
            f"The server has version {site.engine.version} only.",
            hint=f"See its files at {site.root}/dataset",
        )
    return _respond(site, file, version)


def _file(suffix: str) -> File:
    name = f"accsm.{suffix}"
    if name not in FILES:
        raise NotFound("No such file", f"The dataset is available as {', '.join(FILES)}.")
    return FILES[name]


def _respond(site: Site, file: File, version: str | None) -> Response:
    """Return a response with ``file``; ``version`` is the version in the path, if any."""
    current, suffix = site.engine.version, file.name.removeprefix("accsm.")
    headers = {
        "Content-Type": file.media_type,
        "Cache-Control": FOREVER if version else REVALIDATE,
        "Content-Disposition": f'attachment; filename="accsm-{current[:12]}.{suffix}"',
        "Content-Location": f"{site.root}/dataset/{current}/{file.name}",
    }
    query = Query("", file.format.name, prefixes=site.prefixes, dump=True)
    tag = site.served.tag("file", file.name, str(version))
    return AnswerResponse(lambda: site.engine.answer(query), headers, tag, file.compressor())
