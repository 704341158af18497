"""Turn the dataset into files, under addresses that hold its version and never change."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from accsm_server.engine.interface import Query
from accsm_server.errors import NotFound
from accsm_server.http import negotiation
from accsm_server.http.headers import FOREVER, REVALIDATE
from accsm_server.http.middleware import compression
from accsm_server.http.middleware.compression import Packer
from accsm_server.http.negotiation import Format
from accsm_server.http.streaming import AnswerResponse
from accsm_server.pages import render


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

    def packer(self) -> Packer:
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


async def download(request: Request) -> Response:
    """Return the dataset as a file; under an address that names its version it never changes."""
    site, suffix = render.site_of(request), request.path_params["suffix"]
    name = f"accsm.{suffix}"
    current, wanted = site.engine.version, request.path_params.get("version")
    if name not in FILES:
        raise NotFound("No such file", f"The dataset can be had as {', '.join(FILES)}.")
    if wanted not in (None, current):
        raise NotFound("Another version of the dataset", f"This server holds {current}.",
            hint=f"Its files are listed at {render.root(request)}/dataset",
        )  # fmt: skip
    file, known = FILES[name], site.served.tag("file", name, str(wanted))
    headers = {
        "Content-Type": file.media_type,
        "Cache-Control": FOREVER if wanted else REVALIDATE,
        "Content-Disposition": f'attachment; filename="accsm-{current[:12]}.{suffix}"',
        "Content-Location": f"{render.root(request)}/dataset/{current}/{name}",
    }
    query = Query("", file.form.name, prefixes=site.prefixes, dump=True)
    return AnswerResponse(lambda: site.engine.answer(query), headers, known, file.packer())
