"""The pages of /sparql: the query form, answers and errors."""

from dataclasses import replace

from starlette.responses import Response

from accsm_server.engine.interface import Query, Table, fetch, table
from accsm_server.errors import AnswerTooLarge, ServerError
from accsm_server.http import negotiation
from accsm_server.http.negotiation import Format
from accsm_server.pages import render
from accsm_server.pages.queries import Site
from accsm_server.pages.terms import load_labels

_MAX_ROWS = 1000  # or triples, on a page
_MAX_BYTES = 4 << 20  # of an answer on a page
_MAX_ECHO = 64 << 10  # characters of a query that its page repeats
_MAX_CELLS, _MAX_COLUMNS = 10_000, 1000  # of the table on a page


class SparqlViews:
    """The pages of the endpoint: see `sparql.endpoint.Views`."""

    def __init__(self, site: Site) -> None:
        """Make pages of ``site``."""
        self._site = site

    async def form(self) -> Response:
        """Return the page with the form and a sample query."""
        await self._site.prepare()
        profile, prefixes = self._site.profile.sparql, self._site.prefixes
        lines = [f"PREFIX {name}: <{prefixes[name]}>" for name in profile.declared]
        sample = "\n".join(lines) + "\n\n" + profile.sample
        return render.page(self._site, "sparql.html", query=sample, result=None)

    async def answer(self, query: Query, shown: str, hints: list[str]) -> Response:
        """Return the page with the answer to ``query``, ``shown`` so; raises QueryError."""
        offers = negotiation.RESULTS if query.format == "json" else negotiation.GRAPHS
        await self._site.prepare()
        found = await result(self._site, query)
        return render.page(
            self._site, "sparql.html", query=_echo(shown), result=found, offers=offers, hints=hints
        )

    def error(self, error: ServerError, format: Format, query: str | None) -> Response:
        """Return an error response in ``format``; its page has the form with ``query``."""
        return render.error(self._site, error, format, _echo(query or ""))


def _echo(query: str) -> str:
    """Return a query for the form; empty if it is too long for a page and for a URL."""
    return query if len(query) <= _MAX_ECHO else ""


async def result(site: Site, query: Query) -> dict[str, object]:
    """Return the answer to ``query`` for the macro `result` of the templates; raises QueryError."""
    limit = site.served.settings.rows
    shown = min(_MAX_ROWS, limit or _MAX_ROWS)
    body, truncated = await fetch(site.engine, replace(query, limit=shown))
    limits = {"truncated": truncated, "shown": shown, "limit": limit}
    if len(body) > _MAX_BYTES:
        raise AnswerTooLarge(f"A page shows at most {_MAX_BYTES >> 20} MiB.")
    if query.format != "json":
        return {**limits, "graph": body.decode()}
    if body.count(b",", 0, body.find(b"]")) >= _MAX_COLUMNS:  # commas before the rows
        raise AnswerTooLarge(f"A page shows at most {_MAX_COLUMNS} columns.")
    found = table(body)
    if not isinstance(found, Table):
        return {"boolean": found}
    rows = found.rows[: _MAX_CELLS // max(1, len(found.variables))]
    labels = await load_labels(site, (term for row in rows for term in row))
    return {
        **limits,
        "truncated": truncated or len(rows) < len(found.rows),
        "variables": found.variables,
        "rows": [labels.row(list(row)) for row in rows],
    }
