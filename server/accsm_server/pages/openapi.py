"""The OpenAPI document, and the descriptions of responses in it."""

from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.responses import Response

from accsm_kg import __version__
from accsm_server.http import negotiation
from accsm_server.http.negotiation import Format
from accsm_server.sparql import endpoint, syntax

Responses = dict[int | str, dict[str, Any]]

_ERRORS = {
    404: "There is no such resource",
    400: "A parameter is invalid",
    405: "Use GET, HEAD or OPTIONS",
    406: "None of the requested formats is available, or the answer does not fit the one requested",
    429: "Too many requests from this client: wait as Retry-After says",
    503: "Too many requests are waiting",
    504: "The response took too long",
}
_SPARQL_ERRORS = {
    400: "The query or a parameter is invalid",
    405: "Use GET, HEAD, POST or OPTIONS",
    406: _ERRORS[406],
    429: _ERRORS[429],
    503: "Too many queries are waiting, or the query needs too much memory",
    504: "The query took too long",
    403: "The query is an update, or its SERVICE is not allowed",
    408: "The request body arrived too slowly",
    413: "The query is too large",
    414: "The URL is too long: use POST",
    415: "The media type of the body is not supported",
    502: "The endpoint in SERVICE did not answer",
}
_ERROR_TYPES = (negotiation.PROBLEM.media_type, "text/plain", "text/html")

#: The responses of a path that sends a file.
PARTIAL: Responses = {
    206: {"description": "The part of the file that Range asks for"},
    416: {"description": "The file ends before the range begins"},
}
#: The response of a path that redirects.
REDIRECT: Responses = {303: {"description": "A redirect to the document in Location"}}


def offered(*offers: Format | str) -> Responses:
    """Return the description of a response that is available in formats or media types."""
    media_types = (one if isinstance(one, str) else one.media_type for one in offers)
    content: dict[str, Any] = {media_type: {} for media_type in media_types}
    return {200: {"description": "The resource in the requested format", "content": content}}


def create_router(tag: str) -> APIRouter:
    """Return a router with the errors that all pages have, and ``tag`` as its section."""
    return APIRouter(tags=[tag], responses=_errors(_ERRORS), default_response_class=Response)


def describe(app: FastAPI, other_paths: dict[str, Any]) -> dict[str, Any]:
    """Return the OpenAPI document of ``app``, with /sparql and ``other_paths``."""
    document = get_openapi(
        title="accsm-kg",
        version=__version__,
        description="Knowledge graph of the ASEAN Cooperation on Civil Service Matters.",
        routes=app.routes,
    )
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("422", None)  # invalid parameters are answered with 400
    document.pop("components", None)  # only the schemas of 422
    document["paths"] |= {
        "/sparql": endpoint.openapi(_sparql_responses()),
        syntax.CHECK: syntax.openapi(_check_responses()),
        **other_paths,
    }
    return document


def _sparql_responses() -> dict[str, Any]:
    offers = (*negotiation.RESULTS, *negotiation.GRAPHS, negotiation.HTML, negotiation.SVG)
    responses = offered(*offers) | _errors(_SPARQL_ERRORS)
    return {str(status): response for status, response in responses.items()}


def _check_responses() -> dict[str, Any]:
    texts = {status: _SPARQL_ERRORS[status] for status in (400, 405, 408, 413, 415, 429)}
    responses = offered(negotiation.JSON) | _errors(texts)
    return {str(status): response for status, response in responses.items()}


def _errors(descriptions: dict[int, str]) -> Responses:
    content: dict[str, Any] = {media_type: {} for media_type in _ERROR_TYPES}
    return {
        status: {"description": text, "content": content} for status, text in descriptions.items()
    }
