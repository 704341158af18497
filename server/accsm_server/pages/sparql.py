"""The pages of /sparql: the query form, answers and errors."""

from starlette.responses import Response

from accsm_server.engine.interface import Query
from accsm_server.errors import ServerError
from accsm_server.http import negotiation
from accsm_server.http.negotiation import Format
from accsm_server.pages import render, workbench
from accsm_server.pages.queries import Site
from accsm_server.pages.results import Result, load

_MAX_ECHO = 64 << 10  # characters of a query that its page repeats


class SparqlViews:
    """The pages of the endpoint: see `sparql.endpoint.Views`."""

    def __init__(self, site: Site) -> None:
        """Make pages of ``site``."""
        self._site = site

    async def form(self) -> Response:
        """Return the page with the form and a sample query."""
        return await workbench.page(self._site)

    async def answer(self, query: Query, shown: str, hints: list[str]) -> Response:
        """Return the page with the answer to ``query``, ``shown`` so; raises QueryError."""
        offers = negotiation.RESULTS if query.format == "json" else negotiation.GRAPHS
        await self._site.prepare()
        found = _shown(await load(self._site, query))
        return render.page(
            self._site, "sparql.html", query=_echo(shown), result=found, offers=offers, hints=hints,
            **workbench.context(self._site),
        )  # fmt: skip

    def error(self, error: ServerError, format: Format, query: str | None) -> Response:
        """Return an error response in ``format``; its page has the form with ``query``."""
        shown = workbench.context(self._site)
        return render.error(self._site, error, format, query=_echo(query or ""), **shown)


def _echo(query: str) -> str:
    """Return a query for the form; empty if it is too long for a page and for a URL."""
    return query if len(query) <= _MAX_ECHO else ""


def _shown(found: Result) -> dict[str, object]:
    """Return an answer for the macro `result` of the templates."""
    limits = {"truncated": found.is_cut, "shown": found.shown, "limit": found.limit}
    if found.answer is None:
        return {**limits, "graph": found.graph}
    if isinstance(found.answer, bool) or found.labels is None:
        return {"boolean": found.answer}
    rows = [found.labels.row(list(row)) for row in found.answer.rows]
    return {**limits, "variables": found.answer.variables, "rows": rows}
