"""The page of the results in the W3C tests for SPARQL."""

from dataclasses import asdict
from typing import Annotated

from starlette.responses import JSONResponse, Response

from accsm_kg import __version__
from accsm_server.http import negotiation
from accsm_server.http.negotiation import JSON, Format
from accsm_server.pages import openapi, render
from accsm_server.pages.conformance_record import read_deviations, read_record
from accsm_server.pages.parameters import ServedSite, negotiated

router = openapi.create_router("pages")


@router.get(
    "/conformance",
    summary="Results in the W3C test suites",
    responses=openapi.offered(JSON, negotiation.HTML),
)
async def conformance(site: ServedSite, format: Annotated[Format, negotiated(JSON)]) -> Response:
    """Return the results of this version of the server."""
    scores, deviations = read_record(), read_deviations()
    if format is JSON:
        record = {
            "version": __version__,
            "scores": [score.as_json() for score in scores],
            "deviations": [asdict(deviation) for deviation in deviations],
            "engine": list(site.engine.remarks),
        }
        return JSONResponse(record, headers=render.NEGOTIATED)
    return render.page(
        site,
        "conformance.html",
        scores=scores,
        deviations=deviations,
        remarks=site.engine.remarks,
        offers=[JSON],
        here="/conformance",
    )
