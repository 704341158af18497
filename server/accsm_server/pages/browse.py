"""Pages of the classes of the dataset and of their members, a hundred members to a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import Response

from accsm_kg.rdf.terms import Term
from accsm_server.errors import NotFound
from accsm_server.http import negotiation
from accsm_server.pages import openapi, render
from accsm_server.pages.parameters import PageNumber, QueryParameters, ServedSite
from accsm_server.pages.queries import Site, rows
from accsm_server.pages.terms import Names, Shown, by_text, iri_of, load_names, plural, text_of
from accsm_server.sparql.queries import PAGE

OFFERED = openapi.offered(negotiation.HTML.media_type)

router = openapi.create_router("pages")


@dataclass(frozen=True)
class ClassEntry:
    """A class with the number of its members and a link to the page that lists them."""

    iri: str
    shown: Shown
    count: int


@router.get("/browse", summary="Classes with their numbers of members", responses=OFFERED)
async def classes(site: ServedSite) -> Response:
    """Return the page of all classes that have members."""
    entries = sorted(await class_entries(site), key=lambda entry: by_text(entry.shown))
    return render.page(site, "classes.html", entries=entries)


@router.get("/browse/{name}", summary="Members of a class", responses=OFFERED)
async def members(
    site: ServedSite, name: str, query: QueryParameters, page: PageNumber = 1
) -> Response:
    """Return one page of the members of a class of the ontology."""
    if not name.isidentifier():
        raise NotFound("No such class", f"The ontology has no class '{name}'.")
    iri = site.prefixes["accsm"] + name
    found = [row["subject"] for row in (await rows(site, "instances", page - 1, this=iri)).rows]
    if not found:
        raise NotFound("Nothing here", f"The dataset has no more members of <{iri}>.")
    names = await load_names(site, found, iri)
    title = plural(names.iri(iri).text).capitalize()
    following = next_page(f"{site.root}/browse/{name}", query, page)
    return list_page(names, title, names.iri(iri), found, page, following)


async def class_entries(site: Site) -> list[ClassEntry]:
    """Return the classes of the ontology that have members, the largest first."""
    found = {
        iri_of(row["class"]): int(text_of(row["count"]))
        for row in (await rows(site, "classes")).rows
    }
    names = await load_names(site, [], *found)
    ontology = site.prefixes["accsm"]
    return [
        ClassEntry(
            iri,
            Shown(
                plural(names.iri(iri).text, count),
                f"{site.root}/browse/{iri.removeprefix(ontology)}",
            ),
            count,
        )
        for iri, count in found.items()
    ]


def list_page(
    names: Names,
    title: str,
    heading: Shown,
    found: Sequence[Term | None],
    page: int,
    following: str,
) -> Response:
    """Return page number ``page`` of a list; one that is full has a link to the ``following``."""
    return render.page(
        names.site,
        "list.html",
        title=title,
        intro=[heading],
        items=[names.show(term) for term in found],
        first=(page - 1) * PAGE + 1,
        next=following if len(found) == PAGE else None,
    )


def next_page(path: str, query: Mapping[str, str], page: int) -> str:
    """Return the address of the page after page number ``page``, with the other parameters."""
    others = {name: value for name, value in query.items() if name != "page"}
    return f"{path}?{urlencode({**others, 'page': page + 1})}"
