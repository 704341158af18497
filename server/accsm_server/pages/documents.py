"""Turn paths of the linked-data space into documents: /id, /doc, /graph, /ontology, /shapes."""

import re
from collections.abc import Sequence
from urllib.parse import quote, urlencode

from pyoxigraph import NamedNode
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from accsm_kg.namespaces import ONTOLOGY, SHAPES
from accsm_server.errors import BadRequest, NotFound
from accsm_server.http import negotiation
from accsm_server.http.negotiation import Format
from accsm_server.pages import graphs, render, resource
from accsm_server.pages import ontology as vocabulary
from accsm_server.pages.queries import construct, exists, is_graph, rows
from accsm_server.pages.render import choose
from accsm_server.sparql.graph_store import graph_response
from accsm_server.sparql.queries import PAGE

#: The formats of a document.
OFFERS = tuple(form for form in negotiation.GRAPHS if form.name in ("ttl", "jsonld", "nt", "rdf"))


async def thing(request: Request) -> Response:
    """Redirect from a thing to the document about it (303, https://www.w3.org/TR/cooluris/)."""
    path = request.path_params["path"]
    await _known(request, "id/" + path)
    query = f"?{request.url.query}" if request.url.query else ""
    there = f"{render.root(request)}/doc/{quote(path)}"
    headers = {"Vary": "Accept", "Link": _alternates(there)}
    return RedirectResponse(there + query, 303, headers)


async def document(request: Request) -> Response:
    """Return the document about a thing, as Accept, `format=` or a suffix asks for it."""
    path, form = split(request, request.path_params["path"])
    iri = await _known(request, "id/" + path)
    if form == negotiation.HTML:
        return await _page(request, iri, "/doc/" + path)
    site = render.site_of(request)
    text = site.queries.text("document", this=iri, document=f"{site.base}doc/{path}")
    body = await construct(site, text, form.name)
    return _rdf(request, body, form, "/doc/" + path)


async def named_graph(request: Request) -> Response:
    """Return a named graph as RDF, or the page about it."""
    path = request.path_params["path"]
    iri = _iri(request, "graph/" + path)
    if await is_graph(render.site_of(request), iri):  # also one whose name ends as a format does
        form = choose(request, request.query_params.get("format"), OFFERS)
    else:
        path, form = split(request, path)
        iri = await _known(request, "graph/" + path)
    if form != negotiation.HTML:
        return send_graph(request, iri, form, "/graph/" + path)
    shown = await graphs.describe(request, iri)
    response = render.page(request, "graph.html", here="/graph/" + path, offers=OFFERS, **shown)
    return with_links(response, request, "/graph/" + path)


async def ontology(request: Request) -> Response:
    """Return the vocabulary: the list of its terms, or its RDF."""
    path, form = split(request, request.path_params.get("path", ""))
    site = render.site_of(request)
    if path:
        await _known(request, f"ontology/{path}")
    here = "/ontology" + (f"/{path}" if path else "")
    if form == negotiation.HTML:
        return with_links(await vocabulary.ontology(request), request, here)
    return send_graph(request, site.base + ONTOLOGY, form, here)


async def shapes(request: Request) -> Response:
    """Return the shapes: the list of their rules, or their RDF."""
    _, form = split(request, "")
    site = render.site_of(request)
    if form == negotiation.HTML:
        return with_links(await vocabulary.shapes(request), request, "/shapes")
    return send_graph(request, site.base + SHAPES, form, "/shapes")


def send_graph(request: Request, iri: str, form: Format, here: str = "") -> Response:
    """Return the response that sends the graph ``iri``, with links to ``here`` in other formats."""
    links = {"Link": _alternates(render.root(request) + quote(here))} if here else {}
    return graph_response(render.site_of(request).served, iri, form, links)


def split(request: Request, path: str) -> tuple[str, Format]:
    """Return the path without a suffix that names a format, and the format that is wanted."""
    given = request.path_params.get("suffix")
    stem, _, suffix = (path, "", given) if given else path.rpartition(".")
    for form in (*OFFERS, negotiation.HTML):
        if suffix == form.name:
            return stem, form
    if given:
        raise NotFound("No such format", f"There is no '.{given}' of this.")
    return path, choose(request, request.query_params.get("format"), OFFERS)


async def _known(request: Request, path: str) -> str:
    """Return the IRI of ``path``; raises NotFound when nothing is said of it."""
    iri = _iri(request, path)
    if not await exists(render.site_of(request), iri):
        raise _unknown(iri)
    return iri


def _iri(request: Request, path: str) -> str:
    iri = render.site_of(request).base + quote(path, safe="/:@!$&'()*+,;=~")
    try:
        return NamedNode(iri).value
    except ValueError:
        raise _unknown(iri) from None


def _unknown(iri: str) -> NotFound:
    hint = "Numbers and codes are written as in the book: project/2016-2020/6, country/KHM."
    return NotFound("Nothing is known of this", f"The dataset says nothing of <{iri}>.", hint=hint)


async def _page(request: Request, iri: str, here: str) -> Response:
    relation = request.query_params.get("property")
    if relation:
        return await _more(request, iri, relation, here)
    found = await resource.describe(request, iri)
    response = render.page(request, "resource.html", this=found, here=here, offers=OFFERS)
    return with_links(response, request, here)


async def _more(request: Request, iri: str, relation: str, here: str) -> Response:
    """Return one page of the resources that refer to ``iri`` by the property ``relation``."""
    number = page_number(request)
    try:
        found = await rows(render.site_of(request), "incoming", number, this=iri, property=relation)
    except ValueError as error:
        raise BadRequest("Not an IRI", f"property={relation!r}: {error}") from None
    subjects = [row["subject"] for row in found.rows]
    names = await render.names(request, subjects, iri, relation)
    return render.page(
        request,
        "list.html",
        title=f"{names.iri(relation).text}: {names.iri(iri).text}",
        intro=[names.iri(iri)],
        items=[names.show(subject) for subject in subjects],
        first=number * PAGE + 1,
        next=next_page(request, here, number) if len(subjects) == PAGE else None,
    )


def page_number(request: Request) -> int:
    """Return the number of the page asked for, 0 for the first."""
    text = request.query_params.get("page", "1")
    if not re.fullmatch("[1-9][0-9]{0,5}", text):
        raise BadRequest("No such page", f"page={text!r}: write a number from 1 on.")
    return int(text) - 1


def next_page(request: Request, here: str, number: int) -> str:
    """Return the path of the page after page ``number`` of ``here``."""
    others = {k: v for k, v in request.query_params.items() if k != "page"}
    return f"{render.root(request)}{here}?{urlencode({**others, 'page': number + 2})}"


def _rdf(request: Request, body: bytes, form: Format, here: str) -> Response:
    response = Response(body, media_type=form.content_type, headers=render.NEGOTIATED)
    return with_links(response, request, here)


def with_links(response: Response, request: Request, here: str) -> Response:
    """Return ``response`` with links to ``here`` in the other formats."""
    response.headers["Link"] = _alternates(render.root(request) + quote(here))
    return response


def _alternates(path: str, offers: Sequence[Format] = (*OFFERS, negotiation.HTML)) -> str:
    return ", ".join(
        f'<{path}?format={form.name}>; rel="alternate"; type="{form.media_type}"' for form in offers
    )
