"""The home page."""

from starlette.responses import Response

from accsm_kg.rdf.terms import local_name
from accsm_server.http.negotiation import HTML
from accsm_server.pages import browse, dataset, landing, openapi, render
from accsm_server.pages.parameters import OFFERED, Origin, PageFormat, ServedSite
from accsm_server.pages.questions import stored

router = openapi.create_router("pages")


@router.get("/", summary="Home page, and the description of the dataset", responses=OFFERED)
async def home(site: ServedSite, format: PageFormat, origin: Origin) -> Response:
    """Return the home page, with a question and classes to start from, or the dataset in RDF."""
    if format is not HTML:
        return await dataset.send(site, format, origin)
    entries = {entry.iri: entry for entry in await browse.class_entries(site)}
    questions = {question.name: question for question in await stored(site)}
    first = next(iter(questions.values()), None)
    return render.document(
        site,
        "home.html",
        "/",
        schema=landing.schema(site, await landing.load_about(site), origin),
        entries=[entries[iri] for iri in site.profile.home_classes if iri in entries],
        numbers={local_name(iri): entry.count for iri, entry in entries.items()},
        question=questions.get(site.profile.home_question, first),
        questions=len(questions),
        origin=origin,
    )
