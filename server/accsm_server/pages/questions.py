"""The stored questions: their list, the page of each with its answer, and their RDF."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import quote, urlencode

import pyoxigraph
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store
from starlette.responses import RedirectResponse, Response

from accsm_kg.namespaces import QUERIES
from accsm_kg.questions import model
from accsm_kg.questions.model import Parameter, Question
from accsm_kg.questions.rdf import load
from accsm_kg.rdf.prologue import supply
from accsm_kg.rdf.query_scanner import scan
from accsm_server.engine.interface import Query, fetch, table
from accsm_server.errors import NotFound
from accsm_server.http import negotiation
from accsm_server.http.negotiation import Format
from accsm_server.pages import openapi, render
from accsm_server.pages.browse import OFFERED as PAGE_OFFERED
from accsm_server.pages.documents import OFFERED, send_graph
from accsm_server.pages.parameters import QueryParameters, ServedSite, negotiated
from accsm_server.pages.queries import Site, named_graph
from accsm_server.pages.sparql import result

router = openapi.create_router("pages")
linked_data = openapi.create_router("linked data")


async def stored(site: Site) -> list[Question]:
    """Return the questions in the dataset; they are read once, as it does not change."""
    if not site.questions:
        body = await named_graph(site, site.base + QUERIES)
        store, where = Store(), NamedNode(site.base + QUERIES)
        triples = pyoxigraph.parse(body, format=RdfFormat.N_TRIPLES)
        store.extend(Quad(q.subject, q.predicate, q.object, where) for q in triples)
        space = NamedNode(site.prefixes["void"] + "uriSpace")
        store.add(Quad(NamedNode(site.base), space, Literal(site.base + "id/")))
        site.questions[:] = load(store)
    return site.questions


@router.get("/questions", summary="Stored questions", responses=PAGE_OFFERED)
async def gallery(site: ServedSite) -> Response:
    """Return the page of all stored questions, by tag."""
    tagged: dict[str, list[Question]] = defaultdict(list)
    for question in await stored(site):
        for tag in question.tags or ("other",):
            tagged[tag].append(question)
    return render.page(site, "questions.html", tags=sorted(tagged.items()))


@router.get(
    "/questions/{name}", summary="A stored question with its answer", responses=PAGE_OFFERED
)
async def question(site: ServedSite, name: str, query: QueryParameters) -> Response:
    """Return the page of a question, answered for the values in the query string."""
    chosen = next((question for question in await stored(site) if question.name == name), None)
    if chosen is None:
        raise NotFound(
            "No such question",
            f"There is no stored question '{name}'.",
            hint=f"See all questions at {site.root}/questions",
        )
    return await _page(site, chosen, query)


@linked_data.get(
    f"/{QUERIES}", summary="The stored questions", responses=OFFERED | openapi.REDIRECT
)
async def published(
    site: ServedSite, format: Annotated[Format, negotiated(*negotiation.GRAPHS)]
) -> Response:
    """Return the stored questions in RDF, or redirect to their page."""
    if format is negotiation.HTML:
        return RedirectResponse(f"{site.root}/questions", 303, {"Vary": "Accept"})
    return send_graph(site, site.base + QUERIES, format)


@linked_data.get(
    f"/{QUERIES}/{{name}}",
    summary="Redirect to a stored question",
    status_code=303,
    responses=openapi.REDIRECT,
)
async def published_one(site: ServedSite, name: str) -> Response:
    """Redirect from the IRI of a stored question to its page."""
    return RedirectResponse(f"{site.root}/questions/{quote(name)}", 303)


async def _page(site: Site, chosen: Question, given: Mapping[str, str]) -> Response:
    values = {parameter.name: given.get(parameter.name, parameter.default)
              for parameter in chosen.parameters}  # fmt: skip
    supplied = supply(scan(model.bind(chosen, values)), site.served.supplied, site.base)
    is_graph = model.form(chosen) == "construct"
    format, text = "ttl" if is_graph else "json", supplied.shown
    query = Query(supplied.text, format, prefixes=site.prefixes, internal=True)
    return render.page(
        site,
        "question.html",
        question=chosen,
        choices=[(p, values[p.name], await _options(site, p)) for p in chosen.parameters],
        text=text,
        result=await result(site, query),
        offers=negotiation.GRAPHS if is_graph else negotiation.RESULTS,
        link=urlencode({"query": text}),
    )


async def _options(site: Site, parameter: Parameter) -> list[tuple[str, str]]:
    """Return the options of a parameter with their labels; empty if any text is allowed."""
    if not parameter.options:
        return []
    query = Query(parameter.options, "json", internal=True)
    found = table((await fetch(site.engine, query))[0])
    assert not isinstance(found, bool)
    rows = [[getattr(term, "value", "") for term in row] for row in found.rows]
    return [(row[0], row[1] if len(row) > 1 else row[0]) for row in rows if row]
