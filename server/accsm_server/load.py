"""Make a store on disk: the statements, and what pages need of the whole dataset."""

import asyncio
import logging
from dataclasses import replace
from pathlib import Path

from accsm_kg.namespaces import CONVENTIONS
from accsm_kg.rdf.dataset import Progress
from accsm_server.app import create_dataset_app, create_site
from accsm_server.engine import disk
from accsm_server.engine.disk import Marker, OpenStore
from accsm_server.engine.pool.pool import Pool
from accsm_server.engine.prepared import Preparing
from accsm_server.http.in_process import ask
from accsm_server.pages.search import INDEX, make_index
from accsm_server.reload import files_of
from accsm_server.settings import Settings

_log = logging.getLogger(__name__)
_PATIENCE = 3600.0  # seconds for a query
_MOST_SOURCES = 50  # whose pages are prepared
#: Pages of the whole dataset, whose answers are kept, beside those of the sources.
_PAGES = (
    "/", "/projects", "/targets", "/countries", "/areas", "/bodies", "/meetings", "/indicators",
    "/documents", "/sources", "/quality", "/quality/issues", "/questions?format=json", "/coverage",
    "/coverage?rows=areas", "/coverage?rows=themes", "/timeline", "/timeline?scale=history",
    "/trace", "/browse", "/dataset", "/ontology", "/shapes", "/conformance",
    "/sitemap.xml", "/sitemap-1.xml", "/search?q=a", "/query/terms.json", "/query/things.json",
)  # fmt: skip


def load(path: Path, folder: Path, base: str, progress: Progress) -> Marker:
    """Load the dataset at ``path`` into a new store of ``folder``, which is then the current one.

    Relative IRIs in the files are resolved against ``base``. Raises as `disk.make` does.
    """

    def add(made: OpenStore) -> None:
        asyncio.run(_prepare(made, progress))

    conventions = replace(CONVENTIONS, relative=base)
    return disk.make(folder, files_of(path), conventions, progress, add)


async def _prepare(store: OpenStore, progress: Progress) -> None:
    """Keep the search index and the answers for the pages of the whole dataset in a store."""
    settings = Settings(timeout=_PATIENCE, cache=0, rate=0)
    pool = await Pool.start(store, CONVENTIONS, settings)
    try:
        progress("indexing", 0, 0)
        index, _ = await make_index(create_site(pool, settings), store.path / INDEX)
        index.close()
        engine = Preparing(pool)
        app, _, site = create_dataset_app(engine, settings, kept=store.path)
        await site.prepare()
        addresses = await site.addresses()
        pages = [*_PAGES, *map(addresses.of, sorted(site.contents.reliability)[:_MOST_SOURCES])]
        for done, page in enumerate(pages):
            progress("preparing", done / len(pages), 0)
            try:
                await ask(app, page)  # whatever the answer is
            except Exception:  # to which a server answers 500
                _log.exception("The page %s failed", page)
        engine.write(store.path / disk.ANSWERS)
        site.close()
    finally:
        await pool.close()
