"""The pages of /sparql: the form for a query, its answer, and what is wrong with it."""

import re
from dataclasses import replace

from starlette.responses import Response

from accsm_server.engine.interface import Query, Table, fetch, table
from accsm_server.errors import AnswerTooLarge, ServerError
from accsm_server.http import negotiation
from accsm_server.http.negotiation import Format
from accsm_server.pages import render
from accsm_server.pages.queries import Site
from accsm_server.pages.terms import load_names

_SHOWN = 1000  # rows or triples on a page
_CELLS, _COLUMNS = 10_000, 1000  # of a table on a page
_STAR = re.compile(r"\bSELECT\s+(?:(?:DISTINCT|REDUCED)\s+)?\*", re.IGNORECASE)


class SparqlViews:
    """What people see at /sparql: see `sparql.endpoint.Views`."""

    def __init__(self, site: Site) -> None:
        """Show the answers of ``site``."""
        self._site = site

    def form(self) -> Response:
        """Return the page on which a query is written."""
        profile, prefixes = self._site.profile.sparql, self._site.prefixes
        lines = [f"PREFIX {name}: <{prefixes[name]}>" for name in profile.declared]
        sample = "\n".join(lines) + "\n\n" + profile.sample
        return render.page(self._site, "sparql.html", query=sample, result=None)

    async def answer(self, query: Query, notes: list[str]) -> Response:
        """Return the page of the answer of ``query``, with ``notes`` on it; raises QueryError."""
        offers = negotiation.RESULTS if query.format == "json" else negotiation.GRAPHS
        shown = await result(self._site, query)
        return render.page(
            self._site, "sparql.html", query=query.text, result=shown, offers=offers, notes=notes
        )

    def error(self, error: ServerError, form: Format, query: str | None) -> Response:
        """Return an error in the format ``form``; its page has the form with ``query``."""
        return render.error(self._site, error, form, query)


async def result(site: Site, query: Query) -> dict[str, object]:
    """Return what a page shows of the answer of ``query``; raises QueryError."""
    most = site.served.settings.rows
    shown = min(_SHOWN, most or _SHOWN)
    body, truncated = await fetch(site.engine, replace(query, limit=shown))
    limits = {"truncated": truncated, "shown": shown, "most": most}
    if query.format != "json":
        return {**limits, "graph": body.decode()}
    if body.count(b",", 0, body.find(b"]")) >= _COLUMNS:  # all before it are names of variables
        raise AnswerTooLarge(f"a page shows at most {_COLUMNS} columns")
    found = table(body)
    if not isinstance(found, Table):
        return {"boolean": found}
    rows = found.rows[: _CELLS // max(1, len(found.variables))]
    names = await load_names(site, (term for row in rows for term in row))
    columns = _columns(query.text, found.variables)
    return {
        **limits,
        "truncated": truncated or len(rows) < len(found.rows),
        "variables": [found.variables[column] for column in columns],
        "rows": [names.row([row[column] for column in columns]) for row in rows],
    }


def _columns(query: str, variables: list[str]) -> list[int]:
    """Return the columns in the order of the text where `SELECT *` leaves them in none."""
    columns = list(range(len(variables)))
    if not _STAR.search(query):
        return columns
    places: dict[str, int] = {}
    for match in re.finditer(r"[?$](\w+)", query):
        places.setdefault(match[1], match.start())
    return sorted(columns, key=lambda column: places.get(variables[column], 0))
