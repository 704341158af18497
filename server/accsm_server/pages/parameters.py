"""Parameters of the handlers: typed query parameters, formats, and dependencies on the request."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Query
from pydantic import BeforeValidator
from starlette.datastructures import QueryParams
from starlette.requests import Request

from accsm_server.errors import BadRequest, NotFound
from accsm_server.http import negotiation
from accsm_server.http.negotiation import DOCUMENTS, HTML, Format
from accsm_server.pages import openapi
from accsm_server.pages.queries import Site

#: The formats of a document, and their description.
FORMATS = (*DOCUMENTS, HTML)
OFFERED = openapi.offered(*FORMATS)

_FORMAT = "The short name of a format, instead of Accept"
_OUTPUT = "The same as `format`, which goes first"
_PROPERTY = "The IRI of a property: list the resources that refer by it (page)"
_PAGE = "The page of a long list, from 1"
_TOPIC = "The name of a topic: show only what sources report on it"
_FIND = "Words to mark in the text of a document"
_LAST_PAGE = 999_999
#: The parameters of documents whose query may be that of an IRI, so that FastAPI cannot read them.
PARAMETERS = [
    {"name": name, "in": "query", "description": description, "schema": schema}
    for name, description, schema in (
        ("format", _FORMAT, {"type": "string", "default": ""}),
        ("output", _OUTPUT, {"type": "string", "default": ""}),
        ("property", _PROPERTY, {"type": "string", "default": ""}),
        ("topic", _TOPIC, {"type": "string", "default": ""}),
        ("page", _PAGE, {"type": "integer", "minimum": 1, "maximum": _LAST_PAGE, "default": 1}),
        ("find", _FIND, {"type": "string", "default": ""}),
    )
]


def _page_number(text: str) -> str:
    """Reject other spellings of integers that Pydantic accepts, such as 01 and 1.0."""
    if not re.fullmatch("[1-9][0-9]{0,5}", text):
        raise ValueError(f"write a whole number from 1 to {_LAST_PAGE}.")
    return text


def page_number(text: str) -> int:
    """Return the number of a page; raises BadRequest."""
    try:
        return int(_page_number(text))
    except ValueError as error:
        raise BadRequest("Invalid page", f"page={text!r}: {error}") from None


PageNumber = Annotated[
    int,
    Query(ge=1, le=_LAST_PAGE, description=_PAGE),
    BeforeValidator(_page_number),
]
PropertyName = Annotated[str, Query(alias="property", description=_PROPERTY)]
Words = Annotated[str, Query(description=_FIND)]
FormatName = Annotated[str, Query(description=_FORMAT)]
OutputName = Annotated[str, Query(description=_OUTPUT)]


@dataclass(frozen=True)
class RequestedFormat:
    """The format that a client requests: by its name, or else by its Accept header."""

    name: str
    accept: str

    def choose(self, offers: Sequence[Format]) -> Format:
        """Return one of ``offers`` or HTML, the first if all are equal; raises NotAcceptable."""
        offered = tuple(dict.fromkeys((*offers, HTML)))
        return negotiation.choose(self.name, self.accept, offered)


def site_of(request: Request) -> Site:
    """Return the site with links below the root path of a request."""
    site: Site = request.app.state.site
    return site.at(request.scope["root_path"])


async def _site(request: Request) -> Site:
    site = site_of(request)
    await site.prepare()
    return site


async def _origin(request: Request) -> str:
    return str(request.base_url).rstrip("/")


async def _query(request: Request) -> QueryParams:
    return request.query_params


async def _requested_format(
    request: Request, format: FormatName = "", output: OutputName = ""
) -> RequestedFormat:
    return RequestedFormat(format or output, request.scope["request_context"].header(b"accept"))


ServedSite = Annotated[Site, Depends(_site)]
#: The base URL of this server as its client knows it, without a trailing slash.
Origin = Annotated[str, Depends(_origin)]
#: All parameters in the query string, also those without a type.
QueryParameters = Annotated[QueryParams, Depends(_query)]
FormatChoice = Annotated[RequestedFormat, Depends(_requested_format)]


def negotiated(*offers: Format) -> Any:
    """Return a dependency on the format that is negotiated from ``offers`` and HTML.

    HTML is the last choice, for clients that accept anything, unless it is in ``offers``.
    """

    async def choose(choice: FormatChoice) -> Format:
        return choice.choose(offers)

    return Depends(choose)


def by_suffix(suffix: str, offers: Sequence[Format] = FORMATS) -> Format | None:
    """Return the one of ``offers`` with ``suffix``."""
    return next((format for format in offers if format.name == suffix), None)


def of_suffix(suffix: str, offers: Sequence[Format], what: str) -> Format:
    """Return the one of ``offers`` with ``suffix``; raises NotFound that says ``what`` lacks it."""
    if format := by_suffix(suffix, offers):
        return format
    raise NotFound("No such format", f"{what} is not available as .{suffix}.")


async def _suffix_format(suffix: str) -> Format:
    return of_suffix(suffix, FORMATS, "This document")


#: The format of a page that has RDF as well, of a document, and of a document with a suffix.
PageFormat = Annotated[Format, negotiated(HTML, *DOCUMENTS)]
DocumentFormat = Annotated[Format, negotiated(*DOCUMENTS)]
SuffixFormat = Annotated[Format, Depends(_suffix_format)]
