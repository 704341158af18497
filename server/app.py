"""Turn a site into an ASGI application.

The outer application is Starlette's and takes /sparql itself, so that a query passes few layers;
everything else is FastAPI's, which describes it all.
"""

from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from server.api import HANDLERS, create_api
from server.cache import REVALIDATE
from server.delivery import Delivery
from server.headers import Headers
from server.site import Site
from server.sparql import Sparql

_STATIC = Path(__file__).parent / "static"


class _Static(StaticFiles):
    """The files of the pages, which a browser may keep as long as it asks whether they are new."""

    def file_response(self, *args: Any, **more: Any) -> Response:
        """Return a file of ours."""
        response = super().file_response(*args, **more)
        response.headers["Cache-Control"] = REVALIDATE
        if "ETag" in response.headers:  # it tells no file from another of its size and age
            del response.headers["ETag"]
        return response


def create_app(site: Site) -> ASGIApp:
    """Return the application that serves ``site``."""

    app = Starlette(
        routes=[
            Route("/sparql", Sparql()),
            Mount("/static", _Static(directory=_STATIC)),
            Mount("/", create_api(site)),
        ],
        exception_handlers=HANDLERS,
    )
    app.state.site = site
    return Delivery(Headers(app), site)
