"""Turn the answer of a query into the page that shows it, and no query into the form for one."""

import re
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from accsm_server.engine.interface import Query, QueryError, Table, fetch, table
from accsm_server.http import negotiation
from accsm_server.pages import render

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


def form(request: Request) -> Response:
    """Return the page on which a query is written."""
    declared = render.site_of(request).prefixes
    lines = [f"PREFIX {name}: <{declared[name]}>" for name in _DECLARED]
    sample = "\n".join(lines) + "\n\n" + _SAMPLE
    return render.page(request, "sparql.html", query=sample, result=None)


async def page(request: Request, query: Query, notes: list[str]) -> Response:
    """Return the page of the answer of ``query``, with ``notes`` on what the query says."""
    offers = negotiation.RESULTS if query.format == "json" else negotiation.GRAPHS
    return render.page(
        request, "sparql.html", query=query.text, result=await result(request, query),
        offers=offers, notes=notes,
    )  # fmt: skip


async def result(request: Request, query: Query) -> dict[str, object]:
    """Return what a page shows of the answer of ``query``; raises QueryError."""
    site = render.site_of(request)
    most = site.settings.rows
    shown = min(_SHOWN, most or _SHOWN)
    body, truncated = await fetch(site.engine, replace(query, limit=shown))
    told = {"truncated": truncated, "shown": shown, "most": most}
    if query.format != "json":
        return {**told, "graph": body.decode()}
    if body.count(b",", 0, body.find(b"]")) >= _COLUMNS:  # all before it are names of variables
        raise QueryError("size", f"a page shows at most {_COLUMNS} columns")
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
