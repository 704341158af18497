"""What the handlers of the pages take: typed parameters, and values that come from the request."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Query
from pydantic import BeforeValidator
from starlette.datastructures import QueryParams
from starlette.requests import Request

from accsm_server.http import negotiation
from accsm_server.http.negotiation import Format
from accsm_server.pages.queries import Site


def _page_number(text: str) -> str:
    """Refuse what Pydantic would read as an integer too, such as 01 and 1.0."""
    if not re.fullmatch("[1-9][0-9]{0,5}", text):
        raise ValueError("write a number from 1 on.")
    return text


PageNumber = Annotated[
    int,
    Query(ge=1, le=999_999, description="Which page of a long list"),
    BeforeValidator(_page_number),
]
FormatName = Annotated[str, Query(description="A format by name, in place of Accept")]


@dataclass(frozen=True)
class Wanted:
    """The format that a client asks for: `format=`, or else its Accept header."""

    name: str
    accept: str

    def choose(self, offers: Sequence[Format]) -> Format:
        """Return one of ``offers`` or the page; raises NotAcceptable."""
        return negotiation.choose(self.name, self.accept, (*offers, negotiation.HTML))


async def _site(request: Request) -> Site:
    site: Site = request.app.state.site
    return site


async def _origin(request: Request) -> str:
    return str(request.base_url).rstrip("/")


async def _query(request: Request) -> QueryParams:
    return request.query_params


async def _wanted(request: Request, format: FormatName = "") -> Wanted:
    return Wanted(format, request.scope["request_context"].header(b"accept"))


ServedSite = Annotated[Site, Depends(_site)]
#: The address of this server as its client knows it, without a slash at the end.
Origin = Annotated[str, Depends(_origin)]
#: All parameters of the query string, those without a type included.
QueryParameters = Annotated[QueryParams, Depends(_query)]
WantedFormat = Annotated[Wanted, Depends(_wanted)]


def negotiated(*offers: Format) -> Any:
    """Return the dependency on the format that is chosen among ``offers`` and the page."""

    async def choose(wanted: WantedFormat) -> Format:
        return wanted.choose(offers)

    return Depends(choose)
