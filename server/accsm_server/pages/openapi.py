"""The OpenAPI description: what the addresses answer, and the document itself."""

from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.responses import Response

from accsm_kg import __version__
from accsm_server.http import negotiation
from accsm_server.sparql import endpoint

Responses = dict[int | str, dict[str, Any]]

_ERRORS = {
    404: "There is no such thing",
    400: "The request cannot be read",
    405: "Only GET, HEAD and OPTIONS are answered",
    406: "None of the formats asked for can be had",
    429: "Too many requests of this client; Retry-After says when to go on",
    503: "Too many requests at once",
    504: "The answer took too long",
}
_SPARQL_ERRORS = {
    400: "The query cannot be read or answered",
    405: "Only GET, HEAD, POST and OPTIONS are answered",
    406: _ERRORS[406],
    429: _ERRORS[429],
    503: "Too many queries at once, or one that needs too much memory",
    504: "The query took too long",
    403: "Updates and SERVICE are refused",
    408: "The body came too slowly",
    413: "The query is too large",
    414: "The URL is too long; send a POST",
    415: "The body is of a type that is no query",
    502: "An endpoint that SERVICE names did not answer",
}
_ERROR_TYPES = (negotiation.PROBLEM.media_type, "text/plain", "text/html")

#: What an address answers that has no content of its own.
REDIRECT: Responses = {303: {"description": "It is described elsewhere: see Location"}}


def offered(*media_types: str) -> Responses:
    """Return the description of a response that is had in ``media_types``."""
    content: dict[str, Any] = {media_type: {} for media_type in media_types}
    return {200: {"description": "In the format asked for", "content": content}}


def create_router(tag: str) -> APIRouter:
    """Return a router whose responses are made by hand, under a heading of the description."""
    return APIRouter(tags=[tag], responses=_errors(_ERRORS), default_response_class=Response)


def describe(app: FastAPI, others: dict[str, Any]) -> dict[str, Any]:
    """Return the OpenAPI document of ``app``, of /sparql and of the paths ``others``."""
    document = get_openapi(
        title="accsm-kg",
        version=__version__,
        description="Knowledge graph of the ASEAN Cooperation on Civil Service Matters.",
        routes=app.routes,
    )
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("422", None)  # invalid parameters are answered with 400
    document.pop("components", None)  # the schemas of 422 alone
    document["paths"] |= {"/sparql": endpoint.openapi(_sparql_responses()), **others}
    return document


def _sparql_responses() -> dict[str, Any]:
    offers = (*negotiation.RESULTS, *negotiation.GRAPHS, negotiation.HTML)
    responses = offered(*(form.media_type for form in offers)) | _errors(_SPARQL_ERRORS)
    return {str(status): response for status, response in responses.items()}


def _errors(descriptions: dict[int, str]) -> Responses:
    content: dict[str, Any] = {media_type: {} for media_type in _ERROR_TYPES}
    return {
        status: {"description": text, "content": content} for status, text in descriptions.items()
    }
