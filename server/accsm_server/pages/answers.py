"""Answers to queries of the server's own at addresses of their own: rows and graphs, streamed."""

from accsm_server.engine.interface import Query
from accsm_server.http.headers import NEVER, filename
from accsm_server.http.negotiation import Format
from accsm_server.http.streaming import AnswerResponse
from accsm_server.pages import render
from accsm_server.pages.queries import Site


def send(
    site: Site, text: str, format: Format, links: str = "", volatile: bool = False, name: str = ""
) -> AnswerResponse:
    """Return a response with the answer to the query ``text``, within the limits of clients.

    A graph also holds what is said about its blank nodes. ``links`` is a Link header; an answer
    that is ``volatile`` differs from time to time. A client that stores it calls it ``name``.
    """
    headers = {**render.NEGOTIATED, "Content-Type": format.content_type}
    if name:
        headers["Content-Disposition"] = filename(name, format.name)
    if links:
        headers["Link"] = links
    if volatile:
        headers["Cache-Control"] = NEVER
    tag = "" if volatile else site.served.tag("answer", text, format.name, links)
    query = Query(text, format.name, prefixes=site.prefixes, sorted=True, closure=True)
    return AnswerResponse(
        lambda: site.engine.answer(query), headers, tag, limits=site.served.limits
    )
