"""Turn `?graph=` and `?default` into graphs: the reading half of the Graph Store HTTP Protocol."""

from pyoxigraph import NamedNode
from starlette.requests import Request
from starlette.responses import Response

from accsm_server.http import negotiation
from accsm_server.http.problems import Trouble
from accsm_server.pages import render
from accsm_server.pages.documents import send_graph
from accsm_server.pages.queries import is_graph
from accsm_server.sparql.protocol import choose

_NAME_ONE = "Name one graph: ?graph=IRI, percent-encoded, or ?default."


async def read(request: Request) -> Response:
    """Return the graph that the parameters name (SPARQL 1.1 Graph Store HTTP Protocol, 5.2)."""
    given = request.query_params
    graphs = given.getlist("graph")
    if len(graphs) + ("default" in given) != 1:
        raise Trouble(400, "Which graph?", _NAME_ONE)
    iri = _checked(graphs[0]) if graphs else None
    if iri and not await is_graph(render.site_of(request), iri):
        hint = f"They are listed at {render.root(request)}/dataset"
        raise Trouble(404, "No such graph", f"There is no graph <{iri}>.", hint=hint)
    form = choose(request, given.get("format"), negotiation.GRAPHS, page=False)
    return await send_graph(request, iri, form)


def _checked(graph: str) -> str:
    try:
        return NamedNode(graph).value
    except ValueError as error:
        raise Trouble(400, "Not an IRI", f"graph={graph!r}: {error}", hint=_NAME_ONE) from None
