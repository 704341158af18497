"""The home page: a search, a trace, the coverage and its gaps, and ways into the dataset."""

import logging

from starlette.responses import Response

from accsm_kg.lookups import Ask, Rows
from accsm_kg.rdf.terms import local_name
from accsm_server.errors import AnswerTooLarge, DeadlineExceeded, OutOfMemory
from accsm_server.http.negotiation import DOCUMENTS, HTML
from accsm_server.pages import browse, dataset, landing, lists, openapi, render, search
from accsm_server.pages.coverage import Overview, load_overview
from accsm_server.pages.parameters import OFFERED, Origin, PageFormat, ServedSite
from accsm_server.pages.profile import Badge
from accsm_server.pages.queries import Site
from accsm_server.pages.questions import stored
from accsm_server.pages.terms import TermView, load_labels

router = openapi.create_router("pages")
_MOST_TARGETS = 100  # in the list of what can be traced
_log = logging.getLogger(__name__)


@router.get("/", summary="Home page, and the description of the dataset", responses=OFFERED)
async def home(site: ServedSite, format: PageFormat, origin: Origin) -> Response:
    """Return the home page, with a question and classes to start from, or the dataset in RDF."""
    if format is not HTML:
        return await dataset.send(site, format, origin)
    search.warm(site)
    counts = await browse.class_counts(site)
    questions = {question.name: question for question in await stored(site)}
    overview, targets, asked = await site.load_links(_load_pictures)
    page = render.view(
        site,
        "home.html",
        "/",
        "Projects, measures and the words behind them",
        asked,
        url=f"{site.base}dataset",
        schema=landing.schema(site, await site.load(landing.load_about), origin),
        entries=await _entries(site),
        numbers={local_name(iri): count for iri, count in counts.items()},
        overview=overview,
        targets=targets,
        most=_MOST_TARGETS,
        sources=await _sources(site),
        question=questions.get(site.profile.home_question, next(iter(questions.values()), None)),
        questions=len(questions),
        examples=site.profile.examples,
        origin=origin,
        offers=DOCUMENTS,
    )
    return render.with_links(page, site, "/")


async def _load_pictures(site: Site) -> tuple[Overview | None, Rows, list[Ask]]:
    """Return the coverage, the targets, and their queries; nothing if the dataset is too large."""
    try:
        overview, asked = await site.load_links(load_overview)
        (targets, _), listed = await site.load(lists.load, "/targets")
    except (AnswerTooLarge, DeadlineExceeded, OutOfMemory) as error:
        _log.warning("The home page lacks the coverage: %s", error)
        return None, [], []
    return overview, targets, [*asked, *listed]


async def _entries(site: Site) -> list[browse.ClassEntry]:
    """Return the classes of the profile that have members."""
    entries = {entry.iri: entry for entry in await browse.class_entries(site)}
    return [entries[iri] for iri in site.profile.home_classes if iri in entries]


async def _sources(site: Site) -> list[tuple[TermView, Badge]]:
    """Return the sources with the badges of their reliability."""
    reliability = site.contents.reliability
    labels = await load_labels(site, [], *reliability)
    return [
        (labels.iri(iri), site.profile.badges.get(degree, Badge("", "")))
        for iri, degree in sorted(reliability.items())
    ]
