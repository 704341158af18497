"""Turn the handlers into a FastAPI application that describes itself at /openapi.json.

The endpoint /sparql is served by `accsm_server.sparql.endpoint` and only described here.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accsm_kg import __version__
from accsm_kg.namespaces import QUERIES
from accsm_server.errors import ServerError
from accsm_server.http import negotiation, problems
from accsm_server.http.context import context_of
from accsm_server.http.negotiation import Format
from accsm_server.pages import dataset, documents, downloads, home, questions, render
from accsm_server.pages.conformance import OFFERS as OF_SCORES
from accsm_server.pages.conformance import conformance
from accsm_server.pages.queries import Site
from accsm_server.sparql import endpoint, graph_store

Handler = Callable[[Request], Awaitable[Response]]
Paths = tuple[tuple[str, Handler, str], ...]


async def _graph_store(request: Request) -> Response:
    site = render.site_of(request)
    accept = context_of(request.scope).field(b"accept")
    return await graph_store.read(site.served, request.query_params, accept, f"{site.root}/dataset")


PAGES: Paths = (
    ("/", home.home, "Home page"),
    ("/browse", home.classes, "Classes with their numbers of members"),
    ("/browse/{name}", home.instances, "Members of a class"),
    ("/questions", questions.gallery, "Stored questions"),
    ("/questions/{name}", questions.question, "A stored question with its answer"),
)
DOCUMENTS: Paths = (
    ("/id/{path:path}", documents.thing, "Redirect from a thing to its document"),
    ("/doc/{path:path}", documents.document, "Document about a thing"),
    ("/graph/{path:path}", documents.named_graph, "A named graph"),
    ("/ontology", documents.ontology, "The ontology"),
    ("/ontology.{suffix}", documents.ontology, "The ontology in one format"),
    ("/ontology/{path:path}", documents.ontology, "A version of the ontology"),
    (f"/{QUERIES}", questions.published, "The stored questions"),
    (f"/{QUERIES}/{{name}}", questions.published_one, "Redirect to a stored question"),
    ("/shapes", documents.shapes, "The shapes"),
    ("/shapes.{suffix}", documents.shapes, "The shapes in one format"),
    ("/dataset", dataset.about, "The dataset described: VoID, DCAT and a page"),
    ("/dataset.{suffix}", dataset.about, "The description of the dataset in one format"),
    ("/.well-known/void", dataset.about, "The description of the dataset"),
    ("/rdf-graph-store", _graph_store, "A graph by its name (Graph Store HTTP Protocol)"),
)
SCORES: Paths = (("/conformance", conformance, "The scores of this program in the W3C's tests"),)
FILES: Paths = (
    ("/accsm.{suffix}", downloads.download, "The newest dataset as a file"),
    ("/dataset/{version}/accsm.{suffix}", downloads.download, "A version of it, for ever"),
)
REDIRECTS: Paths = (("/dataset/{path:path}", dataset.part, "Redirect from a part of the dataset"),)
_TYPES = tuple(Format(f.name, f.media_type, f.name) for f in downloads.FILES.values())
_PARAMETERS = {
    "query": "A SPARQL 1.1 query; without one, the service description or a form",
    "default-graph-uri": "A graph to query in place of the default graph",
    "named-graph-uri": "A graph to reach with GRAPH",
    "format": "A format by name, in place of Accept",
    "timeout": "Seconds the query may take, up to the limit of the server",
}
_PAGE = "Which page of a long list"
_FORMAT = {"format": _PARAMETERS["format"]}
#: What other addresses take.
_IN_QUERY = {
    "/browse/{name}": {"page": _PAGE},
    "/doc/{path:path}": {
        "property": "The IRI of a property: a page of what refers by it to the thing",
        "page": _PAGE,
        **_FORMAT,
    },
    "/rdf-graph-store": {
        "graph": "The IRI of the graph that is wanted",
        "default": "Present, whatever its value, if it is the default graph that is wanted",
        **_FORMAT,
    },
    **{
        path: _FORMAT
        for path in (
            "/graph/{path:path}", "/ontology", "/ontology/{path:path}", "/shapes", "/dataset",
            "/.well-known/void", f"/{QUERIES}", "/conformance",
        )
    },
}  # fmt: skip
#: Of those that are no text.
_KINDS: dict[str, dict[str, Any]] = {
    "default-graph-uri": {"type": "array", "items": {"type": "string"}},
    "named-graph-uri": {"type": "array", "items": {"type": "string"}},
    "page": {"type": "integer", "minimum": 1, "maximum": 999_999},
    "timeout": {"type": "number", "exclusiveMinimum": 0},
}
#: What leads on and has no content of its own, and what may do so.
_REDIRECTS = {"/id/{path:path}", f"/{QUERIES}/{{name}}", *(path for path, _, _ in REDIRECTS)}
_LEADS_ON = {"303": {"description": "It is described elsewhere: see Location"}}
_ANYWHERE = {
    "400": "The request cannot be read",
    "405": "Only GET, HEAD and OPTIONS are answered",
    "406": "None of the formats asked for can be had",
    "429": "Too many requests of this client; Retry-After says when to go on",
    "503": "Too many requests at once",
    "504": "The answer took too long",
}
_ERRORS = {
    **_ANYWHERE,
    "400": "The query cannot be read or answered",
    "403": "Updates and SERVICE are refused",
    "405": "Only GET, HEAD, POST and OPTIONS are answered",
    "408": "The body came too slowly",
    "413": "The query is too large",
    "414": "The URL is too long; send a POST",
    "415": "The body is of a type that is no query",
    "502": "An endpoint that SERVICE names did not answer",
    "503": "Too many queries at once, or one that needs too much memory",
    "504": "The query took too long",
}


def create_api(site: Site, described_elsewhere: dict[str, Any]) -> FastAPI:
    """Return the application that serves everything but the endpoint."""
    api = FastAPI(
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # it would send to whatever Host says
        exception_handlers=HANDLERS,  # type: ignore[arg-type]
    )
    api.state.site = site
    for tag, paths, offers in (
        ("pages", PAGES, (negotiation.HTML,)),
        ("linked data", DOCUMENTS, (*documents.OFFERS, negotiation.HTML)),
        ("pages", SCORES, OF_SCORES),
        ("downloads", FILES, _TYPES),
        ("linked data", REDIRECTS, ()),
    ):
        for path, handler, summary in paths:
            api.add_api_route(
                path,
                handler,
                name=path,
                summary=summary,
                tags=[tag],
                response_class=Response,
                status_code=303 if path in _REDIRECTS else 200,
                openapi_extra={
                    "parameters": _parameters(path),
                    "responses": _responses(path, offers),
                },
            )
    api.openapi = lambda: _described(api, described_elsewhere)  # type: ignore[method-assign]
    return api


async def _on_error(request: Request, error: Any) -> Response:
    return render.error(request, error)


async def _on_http_exception(request: Request, error: Any) -> Response:
    return render.error(request, problems.from_http_exception(error))


#: How either application answers what was raised.
HANDLERS = {HTTPException: _on_http_exception, ServerError: _on_error}


def _described(api: FastAPI, described_elsewhere: dict[str, Any]) -> dict[str, Any]:
    if api.openapi_schema is None:
        described = get_openapi(
            title="accsm-kg",
            version=__version__,
            description="Knowledge graph of the ASEAN Cooperation on Civil Service Matters.",
            routes=api.routes,
        )
        described["paths"] |= {
            "/sparql": endpoint.openapi(_endpoint_responses()),
            **described_elsewhere,
        }
        api.openapi_schema = described
    return api.openapi_schema


def _endpoint_responses() -> dict[str, Any]:
    offers = (*negotiation.RESULTS, *negotiation.GRAPHS, negotiation.HTML)
    return {"200": _ok(offers), **_errors(_ERRORS)}


def _ok(offers: tuple[Format, ...]) -> dict[str, Any]:
    content: dict[str, Any] = {offer.media_type: {} for offer in offers}
    return {"description": "In the format asked for", "content": content}


def _responses(path: str, offers: tuple[Format, ...]) -> dict[str, Any]:
    ok = _LEADS_ON if path in _REDIRECTS else {"200": _ok(offers)}
    also = _LEADS_ON if path == f"/{QUERIES}" else {}
    return {**ok, **also, **_errors({"404": "There is no such thing", **_ANYWHERE})}


def _errors(descriptions: dict[str, str]) -> dict[str, Any]:
    content: dict[str, Any] = {
        negotiation.PROBLEM.media_type: {},
        "text/plain": {},
        "text/html": {},
    }
    return {
        status: {"description": said, "content": content} for status, said in descriptions.items()
    }


def _parameters(path: str) -> list[dict[str, Any]]:
    named = re.findall(r"{(\w+)", path)
    return [
        *({"name": name, "in": "path", "required": True, "schema": _kind(name)} for name in named),
        *_in_query(_IN_QUERY.get(path, {})),
    ]


def _in_query(parameters: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "query", "description": said, "schema": _kind(name)}
        for name, said in parameters.items()
    ]


def _kind(name: str) -> dict[str, Any]:
    return _KINDS.get(name, {"type": "string"})
