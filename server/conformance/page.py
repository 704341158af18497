"""Turn the record of the last run into the page /conformance."""

from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from accsm_kg import __version__
from server import formats, pages
from server.cache import NEVER
from server.conformance import record
from server.formats import Format
from server.program import program
from server.protocol import choose

JSON = Format("json", "application/json", "JSON")


async def conformance(request: Request) -> Response:
    """Return the scores of the program that runs, or say plainly that none are known."""
    form = choose(request, request.query_params.get("format"), (JSON,))
    last = record.read()
    run = last if last and last.program == program() else None
    headers = {"Vary": "Accept", "Cache-Control": NEVER}  # a run may be made at any time
    if form == JSON:
        told = asdict(run) if run else None
        about = {"version": __version__, "program": program(), "run": told}
        return JSONResponse(about, headers=headers)
    response = pages.page(
        request, "conformance.html", run=run, last=last, program=program(),
        offers=[JSON], here="/conformance",
    )  # fmt: skip
    response.headers.update(headers)
    return response


OFFERS = (JSON, formats.HTML)
