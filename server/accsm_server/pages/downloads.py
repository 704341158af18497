"""Downloads of the whole dataset, at URLs that contain its version and never change."""

from starlette.responses import Response

from accsm_server.errors import NotFound
from accsm_server.http.files import FileResponse
from accsm_server.http.headers import FOREVER, REVALIDATE
from accsm_server.pages import landing, openapi
from accsm_server.pages.dumps import FILES, File
from accsm_server.pages.parameters import ServedSite
from accsm_server.pages.queries import Site

_OFFERED = openapi.offered(*(file.media_type for file in FILES.values())) | openapi.PARTIAL

router = openapi.create_router("downloads")


@router.get("/accsm.{suffix}", summary="The current dataset as a file", responses=_OFFERED)
async def newest(site: ServedSite, suffix: str) -> Response:
    """Return the current version, which changes with the next build."""
    return await _respond(site, _file(suffix), None)


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
    return await _respond(site, file, version)


def _file(suffix: str) -> File:
    name = f"accsm.{suffix}"
    if name not in FILES:
        raise NotFound("No such file", f"The dataset is available as {', '.join(FILES)}.")
    return FILES[name]


async def _respond(site: Site, file: File, version: str | None) -> Response:
    """Return a response with ``file``; ``version`` is the version in the path, if any."""
    current, suffix = site.engine.version, file.name.removeprefix("accsm.")
    headers = {
        "Content-Type": file.media_type if file.coding else file.format.content_type,
        "Content-Disposition": f'attachment; filename="accsm-{current[:12]}.{suffix}"',
        "Content-Location": f"{site.root}/dataset/{current}/{file.name}",
        "Link": landing.part_of(site),
    }
    caching = FOREVER if version else REVALIDATE
    made = await site.dumps.get(file)
    return FileResponse(made, headers, caching, site.served.tag("file", made.sha256))
