"""Pages and errors as HTML: a template with the head, the foot and the headers it needs."""

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
from accsm_server.pages.queries import Site

#: The headers of a response that depends on the address, Accept and the dataset alone.
NEGOTIATED = {"Vary": "Accept", "Cache-Control": REVALIDATE}


def page(site: Site, template: str, status: int = 200, **content: Any) -> Response:
    """Return the page of ``template``, which shows ``content``."""
    common = {"root": site.root, "base": site.base, "version": __version__}
    text = _templates().get_template(template).render(common | content)
    return HTMLResponse(text, status, headers=NEGOTIATED)


def error(site: Site, found: ServerError, form: Format, query: str | None = None) -> Response:
    """Return an error in the format ``form``; a page of it has the form with ``query``."""
    if form is not negotiation.HTML:
        return problems.error_response(found, form)
    response = page(site, "problem.html", found.status, problem=found, query=query)
    response.headers.update({"Cache-Control": NEVER, **found.headers})
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
    environment.filters["ticks"] = _ticks
    return environment


def _ticks(text: str) -> Markup:
    """Return text with what stands between backticks as code."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part)
        for place, part in enumerate(parts)
    )
