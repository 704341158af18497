"""Linked-data documents: /id/… redirects to /doc/…, which has a page and RDF."""

from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Query
from pyoxigraph import NamedNode
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from accsm_server.errors import BadRequest, NotFound
from accsm_server.http import negotiation
from accsm_server.http.negotiation import Format, alternates
from accsm_server.pages import browse, openapi, render, resource
from accsm_server.pages.parameters import (
    FormatChoice,
    PageNumber,
    QueryParameters,
    RequestedFormat,
    ServedSite,
    negotiated,
)
from accsm_server.pages.queries import Site, construct, exists, rows
from accsm_server.pages.terms import load_labels
from accsm_server.sparql.graph_store import graph_response

#: The RDF formats of a document.
OFFERS = negotiation.DOCUMENTS
_FORMATS = (*OFFERS, negotiation.HTML)
OFFERED = openapi.offered(*(format.media_type for format in _FORMATS))

router = openapi.create_router("linked data")


async def _suffix_format(suffix: str) -> Format:
    for format in _FORMATS:
        if suffix == format.name:
            return format
    raise NotFound("No such format", f"This document is not available as .{suffix}.")


async def _query_string(request: Request) -> str:
    return request.url.query


#: The format of a document at a fixed path, and of one with a suffix.
DocumentFormat = Annotated[Format, negotiated(*OFFERS)]
SuffixFormat = Annotated[Format, Depends(_suffix_format)]


@router.get(
    "/id/{path:path}",
    summary="Redirect from a resource to its document",
    status_code=303,
    responses=openapi.REDIRECT,
)
async def thing(
    site: ServedSite, path: str, query: Annotated[str, Depends(_query_string)]
) -> Response:
    """Redirect with 303 to the document, as in https://www.w3.org/TR/cooluris/."""
    await existing_iri(site, "id/" + path)
    document = f"{site.root}/doc/{quote(path)}"
    headers = {"Vary": "Accept", "Link": alternates(document, _FORMATS)}
    return RedirectResponse(f"{document}?{query}" if query else document, 303, headers)


@router.get("/doc/{path:path}", summary="Document about a resource", responses=OFFERED)
async def document(
    site: ServedSite,
    path: str,
    choice: FormatChoice,
    query: QueryParameters,
    relation: Annotated[
        str,
        Query(
            alias="property",
            description="The IRI of a property: list the resources that refer by it (page)",
        ),
    ] = "",
    page: PageNumber = 1,
) -> Response:
    """Return the document about a resource, in the format of the suffix, `format=` or Accept."""
    path, format = split_suffix(path, choice)
    iri, here = await existing_iri(site, "id/" + path), "/doc/" + path
    if format is not negotiation.HTML:
        return await _rdf(site, iri, format, here)
    if relation:
        next_url = browse.next_page(site.root + here, query, page)
        return await _referrers(site, iri, relation, page, next_url)
    shown = await resource.describe(site, iri)
    response = render.page(site, "resource.html", this=shown, here=here, offers=OFFERS)
    return with_links(response, site, here)


def split_suffix(path: str, choice: RequestedFormat) -> tuple[str, Format]:
    """Return the path without the suffix of a format, and the requested format."""
    stem, _, suffix = path.rpartition(".")
    for format in _FORMATS:
        if suffix == format.name:
            return stem, format
    return path, choice.choose(OFFERS)


async def existing_iri(site: Site, path: str) -> str:
    """Return the IRI of ``path``; raises NotFound if the dataset has no statement about it."""
    iri = iri_of_path(site, path)
    if not await exists(site, iri):
        raise _not_found(iri)
    return iri


def iri_of_path(site: Site, path: str) -> str:
    """Return the IRI of ``path``; raises NotFound if it is not a valid IRI."""
    iri = site.base + quote(path, safe="/:@!$&'()*+,;=~")
    try:
        return NamedNode(iri).value
    except ValueError:
        raise _not_found(iri) from None


def send_graph(site: Site, iri: str, format: Format, here: str = "") -> Response:
    """Return a response with the graph ``iri``, and Link headers to ``here`` in other formats."""
    links = {"Link": alternates(site.root + quote(here), _FORMATS)} if here else {}
    return graph_response(site.served, iri, format, links)


def with_links(response: Response, site: Site, here: str) -> Response:
    """Return ``response`` with Link headers to ``here`` in all formats."""
    response.headers["Link"] = alternates(site.root + quote(here), _FORMATS)
    return response


async def _rdf(site: Site, iri: str, format: Format, here: str) -> Response:
    text = site.queries.text("document", this=iri, document=site.base + here.removeprefix("/"))
    body = await construct(site, text, format.name)
    response = Response(body, media_type=format.content_type, headers=render.NEGOTIATED)
    return with_links(response, site, here)


async def _referrers(site: Site, iri: str, relation: str, page: int, next_url: str) -> Response:
    """Return one page of the resources that refer to ``iri`` by ``relation``."""
    try:
        found = await rows(site, "incoming", page - 1, this=iri, property=relation)
    except ValueError as error:
        raise BadRequest("Invalid IRI", f"property={relation!r}: {error}") from None
    subjects = [row["subject"] for row in found.rows]
    labels = await load_labels(site, subjects, iri, relation)
    title = f"{labels.iri(relation).text}: {labels.iri(iri).text}"
    return browse.list_page(labels, title, labels.iri(iri), subjects, page, next_url)


def _not_found(iri: str) -> NotFound:
    hint = "Check its number or code: project/2016-2020/6, for example, or country/KHM."
    return NotFound("Not in the dataset", f"There are no statements about <{iri}>.", hint=hint)
