"""Turn the answer of a query into the page that shows it, and no query into the form for one."""

import re

from starlette.requests import Request
from starlette.responses import Response

from server import formats, pages
from server.engine import Query, Table, fetch, table

SHOWN = 1000  # rows or triples on a page; the formats give all of them
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
    declared = pages.site_of(request).prefixes
    lines = [f"PREFIX {name}: <{declared[name]}>" for name in _DECLARED]
    sample = "\n".join(lines) + "\n\n" + _SAMPLE
    return pages.page(request, "sparql.html", query=sample, result=None)


async def page(request: Request, query: Query, notes: list[str]) -> Response:
    """Return the page of the answer of ``query``, with ``notes`` on what the query says."""
    body, truncated = await fetch(pages.site_of(request).engine, query)
    offers = formats.RESULTS if query.format == "json" else formats.GRAPHS
    result = (
        await tabulate(request, query.text, body, truncated)
        if query.format == "json"
        else {"graph": body.decode(), "truncated": truncated}
    )
    return pages.page(
        request, "sparql.html", query=query.text, result=result, offers=offers, shown=SHOWN,
        notes=notes,
    )  # fmt: skip


async def tabulate(request: Request, query: str, body: bytes, truncated: bool) -> dict[str, object]:
    """Return what a page shows of a SELECT or ASK answered in JSON."""
    found = table(body, truncated)
    if not isinstance(found, Table):
        return {"boolean": found}
    names = await pages.names(request, (term for row in found.rows for term in row))
    columns = _columns(query, found.variables)
    rows = [names.row([row[name] for name in columns]) for row in found.rows]
    return {"variables": columns, "rows": rows, "truncated": truncated}


def _columns(query: str, variables: list[str]) -> list[str]:
    """Return the variables in the order of the text where `SELECT *` leaves them in none."""
    if not _STAR.search(query):
        return variables
    place = {name: re.search(rf"[?$]{name}\b", query) for name in variables}
    return sorted(variables, key=lambda name: found.start() if (found := place[name]) else 0)
