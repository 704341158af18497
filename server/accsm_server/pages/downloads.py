"""The dataset as files, under addresses that hold its version and never change."""

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
    """A file of the whole dataset."""

    name: str
    form: Format
    packing: str = ""

    @property
    def media_type(self) -> str:
        """Return the type of the file as it is sent."""
        return _PACKINGS[self.packing][0] or self.form.media_type

    def compressor(self) -> Compressor:
        """Return what packs the file."""
        _, coding, level = _PACKINGS[self.packing]
        return coding.start(level)


#: How a file is packed: its media type, the coding, and a level that is worth it for many readers.
_PACKINGS = {
    "": ("", compression.IDENTITY, 0),
    "gz": ("application/gzip", compression.GZIP, 9),
    "zst": ("application/zstd", compression.ZSTD, 12),
}
FILES = {
    file.name: file
    for form in negotiation.GRAPHS
    if form.name in ("nq", "trig")
    for packing in _PACKINGS
    for file in [File(f"accsm.{form.name}.{packing}".rstrip("."), form, packing)]
}
_OFFERED = openapi.offered(*(file.media_type for file in FILES.values()))

router = openapi.create_router("downloads")


@router.get("/accsm.{suffix}", summary="The newest dataset as a file", responses=_OFFERED)
async def newest(site: ServedSite, suffix: str) -> Response:
    """Return the version that is served, which is another one after the next build."""
    return _respond(site, _file(suffix), None)


@router.get(
    "/dataset/{version}/accsm.{suffix}",
    summary="A version of it, for ever",
    responses=_OFFERED,
)
async def version(site: ServedSite, version: str, suffix: str) -> Response:
    """Return the version that the address names, which never changes."""
    file = _file(suffix)
    if version != site.engine.version:
        raise NotFound(
            "Another version of the dataset",
            f"This server holds {site.engine.version}.",
            hint=f"Its files are listed at {site.root}/dataset",
        )
    return _respond(site, file, version)


def _file(suffix: str) -> File:
    name = f"accsm.{suffix}"
    if name not in FILES:
        raise NotFound("No such file", f"The dataset can be had as {', '.join(FILES)}.")
    return FILES[name]


def _respond(site: Site, file: File, wanted: str | None) -> Response:
    """Return the response that sends ``file``; ``wanted`` is the version in the address."""
    current, suffix = site.engine.version, file.name.removeprefix("accsm.")
    headers = {
        "Content-Type": file.media_type,
        "Cache-Control": FOREVER if wanted else REVALIDATE,
        "Content-Disposition": f'attachment; filename="accsm-{current[:12]}.{suffix}"',
        "Content-Location": f"{site.root}/dataset/{current}/{file.name}",
    }
    query = Query("", file.form.name, prefixes=site.prefixes, dump=True)
    tag = site.served.tag("file", file.name, str(wanted))
    return AnswerResponse(lambda: site.engine.answer(query), headers, tag, file.compressor())
