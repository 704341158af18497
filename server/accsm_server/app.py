"""The application of one dataset: the endpoint, the pages, and the layers around them."""

from functools import partial
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from accsm_kg.namespaces import APART, prefixes
from accsm_server import operations
from accsm_server.code_version import code_version
from accsm_server.engine.interface import Engine
from accsm_server.http.context import context_of
from accsm_server.http.headers import REVALIDATE
from accsm_server.http.middleware.compression import Compression
from accsm_server.http.middleware.entity_tags import EntityTags
from accsm_server.http.middleware.preflight import Preflight
from accsm_server.http.middleware.request_check import RequestCheck
from accsm_server.http.middleware.response_cache import ResponseCache, Store
from accsm_server.pages.api import HANDLERS, create_api
from accsm_server.pages.queries import Site, known_names
from accsm_server.pages.sparql import SparqlViews
from accsm_server.settings import Settings
from accsm_server.sparql.endpoint import Endpoint
from accsm_server.sparql.hints import Hints
from accsm_server.sparql.served import Served

_STATIC = Path(__file__).parent / "pages" / "static"
_ENDPOINT = "/sparql"
#: The prefixes of the namespaces whose names are known, the graphs' last.
_KNOWN = ("accsm", "accsm-v", "graph")


def create_dataset_app(
    engine: Engine, settings: Settings, root_path: str = ""
) -> tuple[ASGIApp, Store]:
    """Return the application that serves the dataset of ``engine``, and the answers it keeps."""
    site = Site(_served(engine, settings), root_path)
    app: ASGIApp = _router(_endpoint(site), _pages(site))
    app = Preflight(app, posts=(_ENDPOINT,))
    app = RequestCheck(app)
    app = Compression(app)
    cache = ResponseCache(app, settings.cache << 20)
    return cache, cache.store


def _served(engine: Engine, settings: Settings) -> Served:
    apart = frozenset(engine.base + name for name in APART)
    return Served(engine, prefixes(engine.base), apart, settings, code_version())


def _endpoint(site: Site) -> Endpoint:
    namespaces = {name: site.prefixes[name] for name in _KNOWN}
    hints = Hints(namespaces, _KNOWN[-1], partial(known_names, site))
    return Endpoint(site.served, hints, SparqlViews(site))


def _pages(site: Site) -> Starlette:
    routes = [
        Mount("/static", _Static(directory=_STATIC)),
        Mount("/", create_api(site, operations.OPENAPI)),
    ]
    app = Starlette(routes=routes, exception_handlers=HANDLERS)
    app.state.site = site
    return app


def _router(endpoint: ASGIApp, pages: Starlette) -> ASGIApp:
    """Return the application that passes requests to the endpoint or the pages.

    Few layers lie before the endpoint: a query costs little more than what the engine takes.
    """

    tagged = EntityTags(pages)

    async def route(scope: Scope, receive: Receive, send: Send) -> None:
        if context_of(scope).path == _ENDPOINT:
            scope["app"] = pages
            await endpoint(scope, receive, send)
        else:
            await tagged(scope, receive, send)

    return route


class _Static(StaticFiles):
    """The files of the pages, which a browser may keep as long as it asks whether they are new."""

    def file_response(self, *args: Any, **more: Any) -> Response:
        """Return a file."""
        response = super().file_response(*args, **more)
        response.headers["Cache-Control"] = REVALIDATE
        if "ETag" in response.headers:  # it tells no file from another of its size and age
            del response.headers["ETag"]
        return response
