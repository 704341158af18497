"""Linked-data addresses: /id leads to /doc, which answers in any format of a document."""

from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Query
from pyoxigraph import NamedNode
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from accsm_server.errors import BadRequest, NotFound
from accsm_server.http import negotiation
from accsm_server.http.negotiation import Format
from accsm_server.pages import browse, openapi, render, resource
from accsm_server.pages.parameters import (
    PageNumber,
    QueryParameters,
    ServedSite,
    Wanted,
    WantedFormat,
    negotiated,
)
from accsm_server.pages.queries import Site, construct, exists, rows
from accsm_server.pages.terms import load_names
from accsm_server.sparql.graph_store import graph_response

#: The formats of a document.
OFFERS = tuple(form for form in negotiation.GRAPHS if form.name in ("ttl", "jsonld", "nt", "rdf"))
_WITH_PAGE = (*OFFERS, negotiation.HTML)
OFFERED = openapi.offered(*(form.media_type for form in _WITH_PAGE))

router = openapi.create_router("linked data")


async def _of_suffix(suffix: str) -> Format:
    for form in _WITH_PAGE:
        if suffix == form.name:
            return form
    raise NotFound("No such format", f"There is no '.{suffix}' of this.")


async def _query_string(request: Request) -> str:
    return request.url.query


#: The format of a document whose address has no path to name.
DocumentFormat = Annotated[Format, negotiated(*OFFERS)]
SuffixFormat = Annotated[Format, Depends(_of_suffix)]


@router.get(
    "/id/{path:path}",
    summary="Redirect from a thing to its document",
    status_code=303,
    responses=openapi.REDIRECT,
)
async def thing(
    site: ServedSite, path: str, query: Annotated[str, Depends(_query_string)]
) -> Response:
    """Redirect with 303, as https://www.w3.org/TR/cooluris/ has it."""
    await known(site, "id/" + path)
    document = f"{site.root}/doc/{quote(path)}"
    headers = {"Vary": "Accept", "Link": _alternates(document)}
    return RedirectResponse(f"{document}?{query}" if query else document, 303, headers)


@router.get("/doc/{path:path}", summary="Document about a thing", responses=OFFERED)
async def document(
    site: ServedSite,
    path: str,
    wanted: WantedFormat,
    query: QueryParameters,
    relation: Annotated[
        str,
        Query(
            alias="property",
            description="The IRI of a property: a page of what refers by it to the thing",
        ),
    ] = "",
    page: PageNumber = 1,
) -> Response:
    """Return the document about a thing, as Accept, `format=` or a suffix asks for it."""
    path, form = split(path, wanted)
    iri, here = await known(site, "id/" + path), "/doc/" + path
    if form is not negotiation.HTML:
        return await _rdf(site, iri, form, here)
    if relation:
        following = browse.next_page(site.root + here, query, page)
        return await _referrers(site, iri, relation, page, following)
    shown = await resource.describe(site, iri)
    response = render.page(site, "resource.html", this=shown, here=here, offers=OFFERS)
    return with_links(response, site, here)


def split(path: str, wanted: Wanted) -> tuple[str, Format]:
    """Return the path without a suffix that names a format, and the format that is wanted."""
    stem, _, suffix = path.rpartition(".")
    for form in _WITH_PAGE:
        if suffix == form.name:
            return stem, form
    return path, wanted.choose(OFFERS)


async def known(site: Site, path: str) -> str:
    """Return the IRI of ``path``; raises NotFound when the dataset has no statement about it."""
    iri = iri_at(site, path)
    if not await exists(site, iri):
        raise _unknown(iri)
    return iri


def iri_at(site: Site, path: str) -> str:
    """Return the IRI of ``path``; raises NotFound when there can be none."""
    iri = site.base + quote(path, safe="/:@!$&'()*+,;=~")
    try:
        return NamedNode(iri).value
    except ValueError:
        raise _unknown(iri) from None


def send_graph(site: Site, iri: str, form: Format, here: str = "") -> Response:
    """Return the response that sends the graph ``iri``, with links to ``here`` in other formats."""
    links = {"Link": _alternates(site.root + quote(here))} if here else {}
    return graph_response(site.served, iri, form, links)


def with_links(response: Response, site: Site, here: str) -> Response:
    """Return ``response`` with links to ``here`` in the other formats."""
    response.headers["Link"] = _alternates(site.root + quote(here))
    return response


async def _rdf(site: Site, iri: str, form: Format, here: str) -> Response:
    text = site.queries.text("document", this=iri, document=site.base + here.removeprefix("/"))
    body = await construct(site, text, form.name)
    response = Response(body, media_type=form.content_type, headers=render.NEGOTIATED)
    return with_links(response, site, here)


async def _referrers(site: Site, iri: str, relation: str, page: int, following: str) -> Response:
    """Return one page of the resources that refer to ``iri`` by the property ``relation``."""
    try:
        found = await rows(site, "incoming", page - 1, this=iri, property=relation)
    except ValueError as error:
        raise BadRequest("Not an IRI", f"property={relation!r}: {error}") from None
    subjects = [row["subject"] for row in found.rows]
    names = await load_names(site, subjects, iri, relation)
    title = f"{names.iri(relation).text}: {names.iri(iri).text}"
    return browse.list_page(names, title, names.iri(iri), subjects, page, following)


def _unknown(iri: str) -> NotFound:
    hint = "Numbers and codes are written as in the book: project/2016-2020/6, country/KHM."
    return NotFound("Nothing is known of this", f"The dataset says nothing of <{iri}>.", hint=hint)


def _alternates(path: str) -> str:
    return ", ".join(
        f'<{path}?format={form.name}>; rel="alternate"; type="{form.media_type}"'
        for form in _WITH_PAGE
    )
