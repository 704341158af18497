"""Write a static copy of the site into a folder, which has it whole or not at all."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from starlette.types import ASGIApp

from accsm_kg import __version__
from accsm_kg.namespaces import CONVENTIONS
from accsm_kg.rdf.dataset import Progress
from accsm_server.app import create_dataset_app
from accsm_server.engine import disk
from accsm_server.engine.pool.pool import Pool
from accsm_server.export import apache
from accsm_server.export.copy import Copy
from accsm_server.pages import questions, static_files
from accsm_server.pages.queries import Site
from accsm_server.reload import files_of
from accsm_server.settings import Settings

#: The file by which the folder of a copy is known.
MARK = "export.json"
_MADE_BY = "made by"
_NAMES = "names"  # of all that is in the folder itself: what else is there is of someone else
_PATIENCE = 3600.0  # seconds for a query
_PAGES = (
    "/", "/sitemap.xml", "/llms.txt", "/query", "/search",
    "/questions?format=json", "/context.jsonld",
)  # fmt: skip


@dataclass(frozen=True)
class Made:
    """A copy: its URL, how many files and bytes it has, and how many links lead nowhere."""

    url: str
    files: int
    bytes: int
    refused: int


def export(folder: Path, path: Path, base: str, url: str, progress: Progress) -> Made:
    """Write the site of the dataset at ``path`` to ``folder``, to be served at ``url``.

    ``url`` is the base of the dataset if it is empty. Relative IRIs in files are resolved against
    ``base``. An earlier copy in the folder is replaced. Raises ValueError for a folder with other
    files, for a name that a file cannot have, and for a dataset that is invalid; and OSError.
    """
    folder = folder.absolute()  # also of the current folder, which has no name otherwise
    _check(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as temporary:
        new = Path(temporary) / "new"
        new.mkdir()
        made = asyncio.run(_write(new, path, base, url, progress))
        if folder.exists():
            folder.rename(Path(temporary) / "old")
        new.rename(folder)
    return made


def _check(folder: Path) -> None:
    """Raise ValueError unless a folder does not exist, is empty or has a copy and nothing else."""
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file; name a folder, which may not exist yet")
    names = {one.name for one in folder.iterdir()} if folder.exists() else set()
    known = _names(folder / MARK)
    others = sorted(names.difference(known))
    if others and known:
        raise ValueError(
            f"{folder} has {others[0]}, which is not of the earlier export and would be deleted "
            "with it; move it elsewhere, or name another folder"
        )
    if others:
        raise ValueError(
            f"{folder} has files, and none of them is the {MARK} of an earlier export; name an "
            "empty folder, or one that does not exist"
        )


def _names(mark: Path) -> list[str]:
    """Return the names in the folder of a copy, none if it has no readable mark."""
    try:
        found = json.loads(mark.read_text(encoding="utf-8"))
        return [*map(str, found[_NAMES])] if found[_MADE_BY] else []
    except (OSError, ValueError, TypeError, LookupError, RecursionError):
        return []


async def _write(folder: Path, path: Path, base: str, url: str, progress: Progress) -> Made:
    settings = Settings(timeout=_PATIENCE, cache=0, rate=0)
    async with _engine(path, base, settings, progress) as pool:
        url = (url or pool.base).rstrip("/")
        root = urlsplit(url).path
        app, _, site = create_dataset_app(pool, settings, root, is_static=True)
        try:
            return await _copy(app, site, folder, url, progress)
        finally:
            site.close()


@asynccontextmanager
async def _engine(
    path: Path, base: str, settings: Settings, progress: Progress
) -> AsyncIterator[Pool]:
    """Provide workers for the dataset at ``path``: files, or a folder made by `load`."""
    store = disk.open_current(path) if disk.is_store(path) else None
    conventions = replace(CONVENTIONS, relative=base)
    pool = await Pool.start(store or files_of(path), conventions, settings, progress)
    try:
        yield pool
    finally:
        await pool.close()
        if store:
            store.close()


async def _copy(app: ASGIApp, site: Site, folder: Path, url: str, progress: Progress) -> Made:
    def tell(done: int, known: int) -> None:
        progress(f"{done:,} of {known:,} pages written", done / known, 0)

    copy = Copy(app, url, folder)
    stored = [questions.path_of(one) for one in await questions.stored(site)]
    await questions.in_short(site)  # before the page that shows them
    for name, body in static_files.engine().values():
        copy.add(name.removeprefix("/"), body)
    await copy.ask([*_PAGES, *(f"{path}?format=rq" for path in stored)], tell)
    progress("Linking the pages", 1, 0)
    copy.add(".nojekyll", b"")
    copy.add(".htaccess", apache.rules(url).encode())
    await copy.finish()
    mark = {
        _MADE_BY: f"accsm-kg {__version__}",
        "dataset": site.engine.version,
        "url": f"{url}/",
        _NAMES: sorted({MARK, *(one.name for one in folder.iterdir())}),
    }
    copy.add(MARK, (json.dumps(mark, indent=2) + "\n").encode())
    files = [file for file in folder.rglob("*") if file.is_file()]
    return Made(
        f"{url}/", len(files), sum(file.stat().st_size for file in files), len(copy.refused)
    )
