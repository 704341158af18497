"""Turn a template and what it shows into a page with the head, the foot and the rules it needs."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from accsm_kg import __version__
from accsm_kg.rdf.terms import Term, iris
from accsm_server.http import negotiation, problems
from accsm_server.http.middleware.response_cache import NEVER, REVALIDATE
from accsm_server.http.problems import Problem
from accsm_server.pages.queries import Site, words
from accsm_server.pages.terms import Names

#: What is said of a response that depends on the address, Accept and the dataset alone.
NEGOTIATED = {"Vary": "Accept", "Cache-Control": REVALIDATE}


def _ticks(text: str) -> Markup:
    """Return text with what stands between backticks as code."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part)
        for place, part in enumerate(parts)
    )


@lru_cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("accsm_server.pages"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters["ticks"] = _ticks
    return environment


def site_of(request: Request) -> Site:
    """Return the site that serves ``request``."""
    site: Site = request.app.state.site
    return site


def root(request: Request) -> str:
    """Return the path prefix under which the server is reached."""
    return str(request.scope.get("root_path", "")).rstrip("/")


async def names(request: Request, terms: Iterable[Term | None], *more: str) -> Names:
    """Return what is needed to show ``terms`` and the IRIs ``more``: one query for all labels."""
    site = site_of(request)
    found = await words(site, "labels", iris(terms) | set(more))
    return Names(site.base, root(request), site.prefixes, found)


def page(request: Request, template: str, status: int = 200, **content: Any) -> Response:
    """Return the page of ``template``."""
    text = (
        _templates()
        .get_template(template)
        .render(root=root(request), base=site_of(request).base, version=__version__, **content)
    )
    return HTMLResponse(text, status, headers=NEGOTIATED)


def problem(request: Request, found: Problem, query: str | None = None) -> Response:
    """Return a problem in the caller's media type."""
    form = problems.wanted(request)
    if form != negotiation.HTML:
        return problems.respond(found, form)
    response = page(request, "problem.html", found.status, problem=found, query=query)
    response.headers.update({"Cache-Control": NEVER, **found.headers})
    return response
