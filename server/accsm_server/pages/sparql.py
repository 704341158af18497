"""The pages of /sparql: the query form, answers and errors."""

from urllib.parse import urlencode

from starlette.responses import Response

from accsm_kg.pictures.views import wanted
from accsm_server.engine.interface import Query
from accsm_server.errors import ServerError
from accsm_server.http import negotiation
from accsm_server.http.headers import filename
from accsm_server.http.negotiation import SVG, Format
from accsm_server.pages import render, results, workbench
from accsm_server.pages.queries import Site
from accsm_server.sparql.endpoint import Hinting

_MAX_ECHO = 64 << 10  # characters of a query that its page repeats
_LONGEST_LINK = 8000  # characters of an address that others can be asked to open


class SparqlViews:
    """The pages of the endpoint: see `sparql.endpoint.Views`."""

    def __init__(self, site: Site) -> None:
        """Make pages of ``site``."""
        self._site = site

    def at(self, root_path: str) -> "SparqlViews":
        """Return the pages with links below ``root_path``."""
        return SparqlViews(self._site.at(root_path))

    async def form(self) -> Response:
        """Return the page with the form and a sample query."""
        return await workbench.page(self._site)

    async def answer(self, query: Query, shown: str, view: str, hints: Hinting) -> Response:
        """Return the page with the answer to ``query``, ``shown`` so; raises QueryError."""
        offers = negotiation.RESULTS if query.format == "json" else negotiation.GRAPHS
        await self._site.prepare()
        found = await results.load(self._site, query)
        fields = _fields(query, shown)
        address = f"{self._site.root}/sparql?{urlencode(fields)}"
        posted = {"action": f"{self._site.root}/sparql", "fields": fields}
        is_short = len(address) <= _LONGEST_LINK
        return render.page(
            self._site,
            "sparql.html",
            query=_echo(shown),
            hints=await hints(found.is_empty),
            posted={} if is_short else posted if _echo(shown) else None,
            shown=results.shown(
                found,
                results.chosen(found, view, wanted(query.text)),
                view,
                lambda **more: f"{address}&{urlencode(more)}",
                offers,
                is_whole=True,
            ),
            **workbench.context(self._site),
        )

    async def picture(self, query: Query, view: str) -> Response:
        """Return the answer to ``query`` as a picture; raises QueryError."""
        await self._site.prepare()
        found = await results.load(self._site, query)
        headers = {**render.NEGOTIATED, "Content-Disposition": filename("answer", SVG.name)}
        body = results.drawn(found, view, wanted(query.text))
        return Response(body, media_type=SVG.content_type, headers=headers)

    def error(self, error: ServerError, format: Format, query: str | None) -> Response:
        """Return an error response in ``format``; its page has the form with ``query``."""
        shown = workbench.context(self._site)
        return render.error(self._site, error, format, query=_echo(query or ""), **shown)


def _echo(query: str) -> str:
    """Return a query for the form; empty if it is too long for a page and for a URL."""
    return query if len(query) <= _MAX_ECHO else ""


def _fields(query: Query, shown: str) -> list[tuple[str, str]]:
    """Return the parameters of a request for the same answer."""
    return [
        ("query", shown),
        *(("default-graph-uri", graph) for graph in query.default_graphs),
        *(("named-graph-uri", graph) for graph in query.named_graphs),
        *([("timeout", f"{query.timeout:g}")] if query.timeout else []),
    ]
