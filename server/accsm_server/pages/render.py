"""HTML pages and error pages, rendered by Jinja templates."""

from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse, Response

from accsm_kg import __version__
from accsm_server.errors import ServerError
from accsm_server.http import negotiation, problems
from accsm_server.http.headers import NEVER, REVALIDATE
from accsm_server.http.negotiation import Format
from accsm_server.pages.parameters import FORMATS
from accsm_server.pages.queries import Site

#: The headers of a response that depends only on the URL, Accept and the dataset.
NEGOTIATED = {"Vary": "Accept", "Cache-Control": REVALIDATE}


def page(site: Site, template: str, status: int = 200, **content: Any) -> Response:
    """Return the page that ``template`` makes of ``content``."""
    common = {"root": site.root, "base": site.base, "version": __version__}
    text = _templates().get_template(template).render(common | content)
    return HTMLResponse(text, status, headers=NEGOTIATED)


def document(site: Site, template: str, here: str, **content: Any) -> Response:
    """Return the page at the path ``here`` of a document, which has RDF as well."""
    response = page(site, template, here=here, offers=negotiation.DOCUMENTS, **content)
    return with_links(response, site, here)


def links(site: Site, here: str) -> str:
    """Return a Link header to the path ``here`` in all formats of a document."""
    return negotiation.alternates(site.root + here, FORMATS)


def with_links(response: Response, site: Site, here: str) -> Response:
    """Return ``response`` with a Link header to ``here``: see `links`."""
    response.headers["Link"] = links(site, here)
    return response


def error(site: Site, problem: ServerError, format: Format, query: str | None = None) -> Response:
    """Return an error response in ``format``; its page has the form with ``query``."""
    if format is not negotiation.HTML:
        return problems.error_response(problem, format)
    response = page(site, "problem.html", problem.status, problem=problem, query=query)
    response.headers.update({"Cache-Control": NEVER, **problem.headers})
    return response


@lru_cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("accsm_server.pages"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters["ticks"] = _code_spans
    return environment


def _code_spans(text: str) -> Markup:
    """Return text in which backticks are replaced by `<code>` elements."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part)
        for place, part in enumerate(parts)
    )
