"""The reading half of the SPARQL 1.1 Graph Store HTTP Protocol: `?graph=` and `?default`."""

from collections.abc import Mapping

from pyoxigraph import NamedNode
from starlette.datastructures import QueryParams

from accsm_server.engine.interface import Query
from accsm_server.errors import BadRequest, NotFound
from accsm_server.http.headers import REVALIDATE
from accsm_server.http.negotiation import GRAPHS, Format, choose
from accsm_server.http.streaming import AnswerResponse
from accsm_server.sparql.served import Served

_NAME_ONE = "Name one graph: ?graph=IRI, percent-encoded, or ?default."
#: The parameters, for the OpenAPI description: `default` has no value of its own.
PARAMETERS = [
    {
        "name": "graph",
        "in": "query",
        "description": "The IRI of the graph that is wanted",
        "schema": {"type": "string"},
    },
    {
        "name": "default",
        "in": "query",
        "description": "Present, whatever its value, if it is the default graph that is wanted",
        "schema": {"type": "string"},
    },
]


async def read(served: Served, given: QueryParams, accept: str, listed_at: str) -> AnswerResponse:
    """Return the graph that the parameters ``given`` name (section 5.2).

    ``listed_at`` is where the graphs are listed, for whoever names one that is not there.
    """
    graphs = given.getlist("graph")
    if len(graphs) + ("default" in given) != 1:
        raise BadRequest("Which graph?", _NAME_ONE)
    iri = _checked(graphs[0]) if graphs else None
    if iri and not await served.queries.ask("is-graph", this=iri):
        hint = f"They are listed at {listed_at}"
        raise NotFound("No such graph", f"There is no graph <{iri}>.", hint)
    return graph_response(served, iri, choose(given.get("format"), accept, GRAPHS))


def graph_response(
    served: Served, iri: str | None, form: Format, headers: Mapping[str, str] | None = None
) -> AnswerResponse:
    """Return the response that sends the graph ``iri``, or the default graph, however large."""
    headers = headers or {}
    tag = served.tag("graph", str(iri), form.name, *headers.values())
    name = "graph" if iri else "default-graph"
    text = served.queries.text(name, 0, **({"this": iri} if iri else {}))
    query = Query(text, form.name, prefixes=served.prefixes, sorted=True)
    head = {
        "Vary": "Accept",
        "Cache-Control": REVALIDATE,
        "Content-Type": form.content_type,
        **headers,
    }
    return AnswerResponse(lambda: served.engine.answer(query), head, tag, limits=served.limits)


def _checked(graph: str) -> str:
    try:
        return NamedNode(graph).value
    except ValueError as error:
        raise BadRequest("Not an IRI", f"graph={graph!r}: {error}", _NAME_ONE) from None
