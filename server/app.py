"""Turn a site into an ASGI application.

The outer application is Starlette's and takes /sparql itself, so that a query passes few layers;
everything else is FastAPI's, which describes it all.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from server.api import HANDLERS, create_api
from server.headers import Headers
from server.site import Site
from server.sparql import Sparql

_STATIC = Path(__file__).parent / "static"


def create_app(site: Site) -> ASGIApp:
    """Return the application that serves ``site``."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await site.engine.close()

    app = Starlette(
        routes=[
            Route("/sparql", Sparql()),
            Mount("/static", StaticFiles(directory=_STATIC)),
            Mount("/", create_api(site)),
        ],
        exception_handlers=HANDLERS,
        lifespan=lifespan,
    )
    app.state.site = site
    return Headers(app)
