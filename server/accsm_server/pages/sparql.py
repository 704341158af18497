"""Turn the answer of a query into the page that shows it, and no query into the form for one."""

import re
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from accsm_server.engine.interface import Query, Table, fetch, table
from accsm_server.errors import AnswerTooLarge, ServerError
from accsm_server.http import negotiation
from accsm_server.pages import render
from accsm_server.pages.queries import Site

_SHOWN = 1000  # rows or triples on a page
_CELLS, _COLUMNS = 10_000, 1000  # of a table on a page
_STAR = re.compile(r"\bSELECT\s+(?:(?:DISTINCT|REDUCED)\s+)?\*", re.IGNORECASE)
_DECLARED = ("accsm", "accsm-v", "dcterms", "graph", "id", "rdfs", "schema", "skos", "xsd")
_SAMPLE = """SELECT ?project ?title
WHERE {
  ?project a accsm:Project ;
    skos:prefLabel ?title .
}
ORDER BY ?project
LIMIT 50
"""


class SparqlViews:
    """What people see at /sparql: see `sparql.endpoint.Views`."""

    def __init__(self, site: Site) -> None:
        """Show the answers of ``site``."""
        self._site = site

    def form(self, request: Request) -> Response:
        """Return the page on which a query is written."""
        lines = [f"PREFIX {name}: <{self._site.prefixes[name]}>" for name in _DECLARED]
        sample = "\n".join(lines) + "\n\n" + _SAMPLE
        return render.page(request, "sparql.html", query=sample, result=None)

    async def answer(self, request: Request, query: Query, notes: list[str]) -> Response:
        """Return the page of the answer of ``query``, with ``notes`` on it; raises QueryError."""
        offers = negotiation.RESULTS if query.format == "json" else negotiation.GRAPHS
        return render.page(
            request, "sparql.html", query=query.text, result=await result(request, query),
            offers=offers, notes=notes,
        )  # fmt: skip

    def error(self, request: Request, error: ServerError, query: str | None) -> Response:
        """Return an error in the media type that the client accepts."""
        return render.error(request, error, query)


async def result(request: Request, query: Query) -> dict[str, object]:
    """Return what a page shows of the answer of ``query``; raises QueryError."""
    site = render.site_of(request)
    most = site.served.settings.rows
    shown = min(_SHOWN, most or _SHOWN)
    body, truncated = await fetch(site.engine, replace(query, limit=shown))
    told = {"truncated": truncated, "shown": shown, "most": most}
    if query.format != "json":
        return {**told, "graph": body.decode()}
    if body.count(b",", 0, body.find(b"]")) >= _COLUMNS:  # all before it are names of variables
        raise AnswerTooLarge(f"a page shows at most {_COLUMNS} columns")
    found = table(body)
    if not isinstance(found, Table):
        return {"boolean": found}
    rows = found.rows[: _CELLS // max(1, len(found.variables))]
    names = await render.names(request, (term for row in rows for term in row))
    columns = _columns(query.text, found.variables)
    return {
        **told,
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
