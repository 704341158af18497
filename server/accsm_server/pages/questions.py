"""Turn the stored questions into pages: the list by tag, and each with its answer."""

from collections import defaultdict
from urllib.parse import quote, urlencode

import pyoxigraph
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from accsm_kg.namespaces import QUERIES
from accsm_kg.questions.model import Parameter, Question, bind, form
from accsm_kg.questions.rdf import load
from accsm_server.engine.interface import Query, fetch, table
from accsm_server.errors import NotFound
from accsm_server.http import negotiation
from accsm_server.pages import render
from accsm_server.pages.documents import send_graph
from accsm_server.pages.queries import Site, named_graph
from accsm_server.pages.render import choose
from accsm_server.pages.sparql import result


async def stored(site: Site) -> list[Question]:
    """Return the questions that the dataset publishes (read once: a dataset does not change)."""
    if not site.questions:
        body = await named_graph(site, site.base + QUERIES)
        store, where = Store(), NamedNode(site.base + QUERIES)
        triples = pyoxigraph.parse(body, format=RdfFormat.N_TRIPLES)
        store.extend(Quad(q.subject, q.predicate, q.object, where) for q in triples)
        space = NamedNode(site.prefixes["void"] + "uriSpace")
        store.add(Quad(NamedNode(site.base), space, Literal(site.base + "id/")))
        site.questions[:] = load(store)
    return site.questions


async def gallery(request: Request) -> Response:
    """Return the page of all questions by tag."""
    tagged: dict[str, list[Question]] = defaultdict(list)
    for question in await stored(render.site_of(request)):
        for tag in question.tags or ("other",):
            tagged[tag].append(question)
    return render.page(request, "questions.html", tags=sorted(tagged.items()))


async def published(request: Request) -> Response:
    """Return the graph of the stored questions, or the page that lists them."""
    form = choose(request, request.query_params.get("format"), negotiation.GRAPHS)
    if form == negotiation.HTML:
        return RedirectResponse(f"{render.root(request)}/questions", 303, {"Vary": "Accept"})
    return send_graph(request, render.site_of(request).base + QUERIES, form)


async def published_one(request: Request) -> Response:
    """Redirect from the IRI of a stored question to its page."""
    name = quote(request.path_params["name"])
    return RedirectResponse(f"{render.root(request)}/questions/{name}", 303)


async def question(request: Request) -> Response:
    """Return the page of one question with its answer."""
    site = render.site_of(request)
    name = request.path_params["name"]
    asked = next((q for q in await stored(site) if q.name == name), None)
    if asked is None:
        raise NotFound("No such question", f"There is no stored question '{name}'.",
                      hint=f"All of them: {render.root(request)}/questions")  # fmt: skip
    values = {p.name: request.query_params.get(p.name, p.default) for p in asked.parameters}
    text = bind(asked, values)
    return render.page(
        request,
        "question.html",
        question=asked,
        choices=[(p, values[p.name], await _options(site, p)) for p in asked.parameters],
        text=text,
        result=await _answer(request, site, asked, text),
        offers=_offers(asked),
        link=urlencode({"query": text}),
    )


def _offers(asked: Question) -> tuple[negotiation.Format, ...]:
    return negotiation.GRAPHS if form(asked) == "construct" else negotiation.RESULTS


async def _answer(request: Request, site: Site, asked: Question, text: str) -> dict[str, object]:
    kind = "ttl" if form(asked) == "construct" else "json"
    query = Query(text, kind, prefixes=site.prefixes, internal=True)
    return await result(request, query)


async def _options(site: Site, parameter: Parameter) -> list[tuple[str, str]]:
    """Return the values to choose from with their labels; none where any text may be given."""
    if not parameter.options:
        return []
    query = Query(parameter.options, "json", internal=True)
    found = table((await fetch(site.engine, query))[0])
    assert not isinstance(found, bool)
    rows = [[getattr(term, "value", "") for term in row] for row in found.rows]
    return [(row[0], row[1] if len(row) > 1 else row[0]) for row in rows if row]
