"""Turn a site into an ASGI application.

A query passes few layers, so /sparql comes first; everything else is FastAPI's, which describes it
all, behind Starlette's.
"""

from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from accsm_server.http.middleware.delivery import Delivery
from accsm_server.http.middleware.response_cache import REVALIDATE
from accsm_server.http.middleware.security_headers import Headers, path_of
from accsm_server.pages.api import HANDLERS, create_api
from accsm_server.pages.queries import Site
from accsm_server.sparql.endpoint import Sparql

_STATIC = Path(__file__).parent / "pages" / "static"


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
            Mount("/static", _Static(directory=_STATIC)),
            Mount("/", create_api(site)),
        ],
        exception_handlers=HANDLERS,
    )
    app.state.site = site
    sparql = Sparql(app)

    async def front(scope: Scope, receive: Receive, send: Send) -> None:
        await (sparql if path_of(scope) == "/sparql" else app)(scope, receive, send)

    return Delivery(Headers(front))
