"""The home page."""

from starlette.responses import Response

from accsm_kg.rdf.terms import local_name
from accsm_server.pages import browse, openapi, render
from accsm_server.pages.parameters import Origin, ServedSite
from accsm_server.pages.questions import stored

router = openapi.create_router("pages")


@router.get("/", summary="Home page", responses=browse.OFFERED)
async def home(site: ServedSite, origin: Origin) -> Response:
    """Return the home page, with a question and the classes to start from."""
    entries = {entry.iri: entry for entry in await browse.class_entries(site)}
    questions = {question.name: question for question in await stored(site)}
    first = next(iter(questions.values()), None)
    return render.page(
        site,
        "home.html",
        entries=[entries[iri] for iri in site.profile.home_classes if iri in entries],
        numbers={local_name(iri): entry.count for iri, entry in entries.items()},
        question=questions.get(site.profile.home_question, first),
        questions=len(questions),
        origin=origin,
    )
