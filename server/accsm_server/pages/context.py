"""The prefixes of the dataset as a JSON-LD context, for frames and documents of others."""

import json

from starlette.responses import Response

from accsm_kg.rdf import json_ld
from accsm_server.http.headers import REVALIDATE
from accsm_server.http.negotiation import JSON_LD
from accsm_server.pages import openapi
from accsm_server.pages.parameters import ServedSite

router = openapi.create_router("linked data")


@router.get(
    "/context.jsonld",
    summary="The prefixes as a JSON-LD context",
    responses=openapi.offered(JSON_LD),
)
async def context(site: ServedSite) -> Response:
    """Return the context; JSON-LD documents of this server repeat what they need of it."""
    body = json.dumps({"@context": json_ld.context(site.prefixes)}, indent=2)
    return Response(body, media_type=JSON_LD.media_type, headers={"Cache-Control": REVALIDATE})
