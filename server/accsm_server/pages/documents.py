"""Linked-data documents: /id/… redirects to /doc/…, which has a page and RDF."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Query
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from accsm_kg.lookups import Ask
from accsm_kg.rdf.terms import is_iri
from accsm_server.engine import interface
from accsm_server.errors import BadRequest, NotFound, ServerError
from accsm_server.http import negotiation
from accsm_server.http.negotiation import DOCUMENTS, Format, requested
from accsm_server.pages import browse, evidence, openapi, render, resource, sources
from accsm_server.pages.addresses import PARAMETER_NAMES, describing, to_uri, with_query
from accsm_server.pages.parameters import (
    OFFERED,
    PARAMETERS,
    FormatChoice,
    PageNumber,
    PropertyName,
    RequestedFormat,
    ServedSite,
    Words,
    page_number,
    site_of,
)
from accsm_server.pages.queries import Site, first_of, is_graph, known, subjects_by_property
from accsm_server.pages.targets import (
    Reading,
    RequestTarget,
    Target,
    find,
    not_found,
    query_string,
    sent_path,
)
from accsm_server.sparql.graph_store import graph_response
from accsm_server.sparql.protocol import check_iri

_MOST_TRIPLES = 20_000  # of a document in RDF
_MOST_THINGS = 1000  # of one address
#: What templates show beside the description of a thing.
_CONTENT = {"source.html": sources.content, "evidence.html": evidence.content}

router = openapi.create_router("linked data")


@dataclass(frozen=True)
class Options:
    """What a request wants of a document; ``relation`` is a property, to list the referrers by."""

    format: Format
    relation: str = ""
    page: int = 1
    given: Mapping[str, str] = field(default_factory=dict)
    """Parameters of the page, such as its `topic`, or the words to `find` in a text."""


@router.get(
    "/id/{path:path}",
    summary="Redirect from a resource to its document",
    status_code=303,
    responses=openapi.REDIRECT,
)
async def thing(site: ServedSite, target: RequestTarget) -> Response:
    """Redirect with 303 to the document, as in https://www.w3.org/TR/cooluris/."""
    things = await find(site, "id/", target.path, target.query)
    address = (await site.addresses()).of(f"{site.base}id/{things.reading.path}")
    address = with_query(address, things.reading.query)
    headers = {"Vary": "Accept", "Link": render.links(site, things.here)}
    return RedirectResponse(site.root + address, 303, headers)


@router.get(
    "/doc/{path:path}",
    summary="Document about a resource",
    responses=OFFERED,
    openapi_extra={"parameters": PARAMETERS},
)
async def document(site: ServedSite, target: RequestTarget) -> Response:
    """Return the document about a resource, in the format of the suffix, `format=` or Accept."""
    things = await find(site, "id/", target.path, target.query)
    return await respond(site, things.iris, things.here, options(things.reading, target))


@router.get("/describe", summary="Document about any resource of the dataset", responses=OFFERED)
async def describe(
    site: ServedSite,
    choice: FormatChoice,
    iri: Annotated[str, Query(description="The IRI of the resource")] = "",
    relation: PropertyName = "",
    page: PageNumber = 1,
    find: Words = "",
) -> Response:
    """Return the document about the resource with an IRI that has no other address here."""
    if not is_iri(iri):
        hint = "Add ?iri= with the percent-encoded IRI of a resource."
        raise BadRequest("Invalid IRI", f"iri={iri!r} is not an IRI.", hint)
    iris = await _named(site, iri)
    return await respond(
        site,
        iris,
        describing(iri),
        Options(choice.choose(DOCUMENTS), relation, page, {"find": find}),
    )


def options(reading: Reading, target: Target) -> Options:
    """Return what ``target``, read so, wants of the document; raises RequestError."""
    given = QueryParams(reading.parameters)
    choice = RequestedFormat(requested(given), target.accept)
    return Options(
        reading.suffix or choice.choose(DOCUMENTS),
        given.get("property", ""),
        page_number(given.get("page", "1")),
        given,
    )


async def respond(site: Site, iris: list[str], here: str, wanted: Options) -> Response:
    """Return the document at the address ``here`` about the first of ``iris``.

    In RDF it is also about the others, to which the page has links.
    """
    if wanted.format is not negotiation.HTML:
        return await _rdf(site, iris, wanted.format, here)
    if wanted.relation:
        return await _referrers(site, iris[0], here, wanted)
    is_source = len(iris) == 1 and iris[0] in site.contents.reliability
    if is_source and site.is_static and wanted.given.get("line"):  # of many lines, one file
        window = await sources.window_of_line(site, iris[0], wanted.given)
        return RedirectResponse(site.root + with_query(here, window), 303)
    if is_source:  # about which much is said, and asked often
        shown = await site.load_links(resource.describe, iris[0])
    else:
        topic, find = (wanted.given.get(name, "") for name in ("topic", "find"))
        shown = await resource.describe(site, iris[0], iris[1:], topic, find)
    content: dict[str, Any] = {}
    asked: Sequence[Ask] = ()
    if load := _CONTENT.get(shown.template):
        content, asked = await load(site, shown, wanted.given)
    page = render.view(
        site, shown.template, here, shown.title, [*shown.asked, *asked], url=shown.iri,
        offers=DOCUMENTS, this=shown, **content,
    )  # fmt: skip
    return render.with_links(page, site, here)


async def elsewhere(request: Request) -> Response | None:
    """Return a redirect from an address without a page if it is that of a resource."""
    site = site_of(request)
    path, query = sent_path(request).removeprefix("/"), query_string(request)
    try:
        reading = (await find(site, "", path, query)).reading
    except ServerError:
        return None
    if not set(QueryParams(reading.parameters)) <= set(PARAMETER_NAMES):
        return None  # such as /describe?iri=, which has answered for another resource
    address = with_query(describing(site.base + reading.path), reading.query)
    return RedirectResponse(site.root + address, 303, {"Vary": "Accept"})


def send_graph(site: Site, iri: str, format: Format, here: str = "") -> Response:
    """Return a response with the graph ``iri``, and Link headers to ``here`` in other formats."""
    links = {"Link": render.links(site, here)} if here else {}
    return graph_response(site.served, iri, format, links)


async def _named(site: Site, iri: str) -> list[str]:
    """Return ``iri`` and the resources of which it is the address; raises NotFound."""
    if await known(site, [iri]):
        if "#" in iri or not iri.startswith(site.base):
            return [iri]
        others = (await site.addresses()).others(iri.removeprefix(site.base))
        return list(dict.fromkeys((iri, *others)))
    if not iri.startswith(site.base):
        raise not_found(site, iri)
    path, _, query = to_uri(iri.removeprefix(site.base)).partition("?")
    return (await find(site, "", path, query)).iris


async def without_graph(site: Site, path: str, graph: str, format: Format) -> Response | None:
    """Return the document about what has the address ``path`` if there is no ``graph`` for it."""
    if await is_graph(site, site.base + graph):
        return None
    try:
        things = await find(site, "", path, "")
    except NotFound:
        return None
    return await respond(site, things.iris, f"/{path}", Options(format))


async def _rdf(site: Site, iris: list[str], format: Format, here: str) -> Response:
    text = site.queries.text(
        "document",
        these=iris[:_MOST_THINGS],
        primary=iris[0],
        others=iris[1:_MOST_THINGS],
        document=site.base + here.removeprefix("/"),
    )
    query = interface.Query(
        text,
        format.name,
        prefixes=site.prefixes,
        limit=_MOST_TRIPLES,
        sorted=True,
        closure=True,
        internal=True,
    )
    body, is_cut = await interface.fetch(site.engine, query)
    response = Response(body, media_type=format.content_type, headers=render.NEGOTIATED)
    if is_cut:
        response.headers["X-Limits"] = f"rows={_MOST_TRIPLES}"
    elif len(iris) > _MOST_THINGS:
        response.headers["X-Limits"] = f"resources={_MOST_THINGS}"
    return render.with_links(response, site, here)


async def _referrers(site: Site, iri: str, here: str, wanted: Options) -> Response:
    """Return one page of the resources that refer to ``iri`` by a property."""
    relation, page = wanted.relation, wanted.page
    check_iri("property", relation)
    text = site.queries.text("incoming", this=iri, property=relation)
    subjects = first_of((await subjects_by_property(site, text)).get("", ()), page)
    describer = await browse.load_subjects(site, subjects, iri, relation)
    labels = describer.labels
    heading = (await resource.load_headings(labels, [relation]))[relation]
    title = f"{heading.text}: {labels.iri(iri).text}"
    next_url = browse.next_page(site.root + here, {"property": relation}, page)
    items = [describer.referrer(subject, relation, iri) for subject in subjects]
    return browse.list_page(site, title, labels.iri(iri), items, page, next_url)
