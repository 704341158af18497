"""The ASGI application for one dataset: the endpoint, the pages and their middlewares."""

import re
from collections.abc import Awaitable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

from accsm_kg.namespaces import APART, facts, prefixes, shown
from accsm_server import operations
from accsm_server.code_version import code_version
from accsm_server.engine.interface import Engine
from accsm_server.errors import BadRequest, NotFound, QueryError, ServerError
from accsm_server.http import problems
from accsm_server.http.context import ensure_task
from accsm_server.http.middleware.compression import Compression
from accsm_server.http.middleware.entity_tags import EntityTags
from accsm_server.http.middleware.preflight import Preflight
from accsm_server.http.middleware.request_check import RequestCheck
from accsm_server.http.middleware.response_cache import ResponseCache, ResponseStore
from accsm_server.pages import (
    browse,
    conformance,
    context,
    coverage,
    crawlers,
    dataset,
    documents,
    downloads,
    graphs,
    home,
    lists,
    ontology,
    openapi,
    quality,
    question,
    questions,
    render,
    search,
    shapes,
    sources,
    static_files,
    timeline,
    trace,
    workbench,
)
from accsm_server.pages.parameters import site_of
from accsm_server.pages.queries import Site
from accsm_server.pages.sparql import SparqlViews
from accsm_server.settings import Settings
from accsm_server.sparql.endpoint import Endpoint
from accsm_server.sparql.hints import Hints
from accsm_server.sparql.served import ServedDataset
from accsm_server.sparql.syntax import CHECK, Check

_ENDPOINT = "/sparql"
#: In matching order: the files at /dataset/<version>/ come before the other parts of /dataset/.
_ROUTERS = (
    home.router,
    static_files.router,
    lists.router,
    browse.router,
    coverage.router,
    timeline.router,
    trace.router,
    questions.router,
    question.router,
    search.router,
    workbench.router,
    quality.router,
    sources.router,
    documents.router,
    graphs.router,
    ontology.router,
    questions.linked_data,
    shapes.router,
    conformance.router,
    context.router,
    crawlers.router,
    downloads.router,
    dataset.router,
)


def create_dataset_app(
    engine: Engine,
    settings: Settings,
    root_path: str = "",
    kept: Path | None = None,
    *,
    is_static: bool = False,
) -> tuple[ASGIApp, ResponseStore, Site]:
    """Return the application for the dataset of ``engine``, its cached responses and its site.

    ``kept`` is the folder of its store on disk. If it ``is_static``, its pages are for a copy
    without a server.
    """
    site = replace(create_site(engine, settings, root_path, kept), is_static=is_static)
    others: dict[str, ASGIApp] = {_ENDPOINT: _endpoint(site), CHECK: Check(site.served)}
    app: ASGIApp = _router(others, create_pages(site))
    app = Preflight(app, posts=(*others,))
    app = RequestCheck(app)
    app = Compression(app)
    cache = ResponseCache(app, settings.cache << 20)
    return cache, cache.store, site


def create_site(
    engine: Engine, settings: Settings, root_path: str = "", kept: Path | None = None
) -> Site:
    """Return the dataset of ``engine`` as pages show it."""
    return Site(_served(engine, settings), root_path, kept)


def create_pages(site: Site) -> FastAPI:
    """Return the FastAPI application of pages, documents and files, without the endpoint."""
    app = FastAPI(
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # they would trust the Host header
        exception_handlers=_EXCEPTION_HANDLERS,
    )
    app.state.site = site
    for router in _ROUTERS:
        app.include_router(router)
    document = openapi.describe(app, operations.OPENAPI)
    app.openapi = lambda: document  # type: ignore[method-assign]
    return app


def segments() -> set[str]:
    """Return the first segments of the paths that are served, without those of single files."""
    routes = (route for router in _ROUTERS for route in router.routes)
    paths = [route.path for route in routes if isinstance(route, APIRoute)]
    first = (path.split("/")[1] for path in (_ENDPOINT, *operations.PATHS, *paths))
    return {segment for segment in first if re.fullmatch("[a-z-]+", segment)}


def _served(engine: Engine, settings: Settings) -> ServedDataset:
    apart = frozenset(engine.base + name for name in APART)
    known = {**prefixes(engine.base), **engine.prefixes}
    return ServedDataset(engine, shown(known), known, apart, settings, code_version())


def _endpoint(site: Site) -> Endpoint:
    hints = Hints(site.engine, facts(site.served.supplied, site.base))
    return Endpoint(site.served, hints, SparqlViews(site))


def _router(others: Mapping[str, ASGIApp], pages: ASGIApp) -> ASGIApp:
    """Return the application that passes requests to ``others`` by path, or to the pages.

    A path with a slash at the end redirects to that without. Requests to others skip the routing
    and the middlewares of the pages, to be fast.
    """
    with_etags = EntityTags(pages)

    async def pages_in_task(scope: Scope, receive: Receive, send: Send) -> None:
        await ensure_task()
        await with_etags(scope, receive, send)

    def route(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        path = scope["request_context"].path
        app = others.get(path, pages_in_task)
        sent = scope["raw_path"].decode("latin-1")
        if len(path) > 1 and sent.endswith("/") and _is_page(path[:-1]):
            query = scope["query_string"].decode("latin-1")
            app = RedirectResponse(sent[:-1] + (query and f"?{query}"), 308)
        return app(scope, receive, send)

    return route


def _is_page(path: str) -> bool:
    """Return whether ``path`` is that of the endpoint, or of a page whose path has no free end.

    A path with a segment of dots is none, as clients resolve it.
    """
    if not {".", ".."}.isdisjoint(path.split("/")):
        return False
    scope = {"type": "http", "method": "GET", "path": path, "headers": []}
    return path == _ENDPOINT or any(
        ":path}" not in route.path and route.matches(scope)[0] is Match.FULL
        for router in _ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
    )


async def _on_error(request: Request, error: Any) -> Response:
    if isinstance(error, NotFound) and (found := await documents.elsewhere(request)):
        return found
    if isinstance(error, QueryError):
        error = error.of_page()
    return render.error(site_of(request), error, problems.error_format(request))


async def _on_exception(request: Request, _: Any) -> Response:
    """Return the error for an exception that nothing handles, which is logged besides."""
    error = ServerError(detail="The server failed to answer; its log tells why.")
    return await _on_error(request, error)


async def _on_http_exception(request: Request, error: Any) -> Response:
    return await _on_error(request, problems.from_http_exception(error))


async def _on_invalid_parameter(request: Request, error: Any) -> Response:
    return await _on_error(request, _invalid_parameter(error))


def _invalid_parameter(error: RequestValidationError) -> BadRequest:
    """Return the error that quotes the first invalid parameter and says what to write."""
    first = error.errors()[0]
    name = first["loc"][-1]
    advice = first.get("ctx", {}).get("error", first["msg"])
    return BadRequest(f"Invalid {name}", f"{name}={first['input']!r}: {advice}")


_EXCEPTION_HANDLERS: dict[Any, Any] = {
    ServerError: _on_error,
    HTTPException: _on_http_exception,
    RequestValidationError: _on_invalid_parameter,
    Exception: _on_exception,
}
