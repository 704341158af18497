"""The SPARQL 1.1 Graph Store HTTP Protocol, read-only: GET with `?graph=` or `?default`."""

from collections.abc import Mapping

from starlette.datastructures import QueryParams

from accsm_server.engine.interface import Query
from accsm_server.errors import BadRequest, NotFound
from accsm_server.http.headers import REVALIDATE
from accsm_server.http.negotiation import GRAPHS, Format, choose, requested
from accsm_server.http.streaming import AnswerResponse
from accsm_server.sparql.protocol import check_iri
from accsm_server.sparql.served import ServedDataset

_ADVICE = "Add ?graph= with the percent-encoded IRI of a graph, or ?default."
#: The parameters for the OpenAPI description; the value of `default` is ignored.
PARAMETERS = [
    {
        "name": "graph",
        "in": "query",
        "description": "The IRI of a named graph",
        "schema": {"type": "string"},
    },
    {
        "name": "default",
        "in": "query",
        "description": "Selects the default graph, whatever its value",
        "schema": {"type": "string"},
    },
]


async def read(
    served: ServedDataset, params: QueryParams, accept: str, index: str
) -> AnswerResponse:
    """Return the graph that ``params`` name (section 5.2).

    Raises BadRequest, or NotFound with a link to the list of graphs at ``index``.
    """
    graphs = params.getlist("graph")
    if len(graphs) + ("default" in params) != 1:
        raise BadRequest("Name one graph", _ADVICE)
    iri = next(iter(graphs), None)
    if iri is not None:
        check_iri("graph", iri, _ADVICE)
        if not (await served.queries.rows("is-graph", this=iri)).rows:
            hint = f"See the list of graphs at {index}"
            raise NotFound("No such graph", f"There is no graph <{iri}>.", hint)
    return graph_response(served, iri, choose(requested(params), accept, GRAPHS))


def graph_response(
    served: ServedDataset, iri: str | None, format: Format, headers: Mapping[str, str] | None = None
) -> AnswerResponse:
    """Return a streaming response with the graph ``iri``, or with the default graph for None."""
    headers = headers or {}
    tag = served.tag("graph", str(iri), format.name, *headers.values())
    name = "graph" if iri else "default-graph"
    text = served.queries.text(name, **({"this": iri} if iri else {}))
    query = Query(text, format.name, prefixes=served.prefixes, sorted=True)
    head = {
        "Vary": "Accept",
        "Cache-Control": REVALIDATE,
        "Content-Type": format.content_type,
        **headers,
    }
    return AnswerResponse(lambda: served.engine.answer(query), head, tag, limits=served.limits)
