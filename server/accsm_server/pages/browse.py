"""Pages of the classes of the dataset, and of their members, 100 on each page."""

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
from accsm_server.pages.terms import Labels, TermView, by_text, iri_of, load_labels, plural, text_of
from accsm_server.sparql.queries import PAGE

OFFERED = openapi.offered(negotiation.HTML.media_type)

router = openapi.create_router("pages")


@dataclass(frozen=True)
class ClassEntry:
    """A class with the number of its members, and a link to their list."""

    iri: str
    shown: TermView
    count: int


@router.get("/browse", summary="Classes and the number of their members", responses=OFFERED)
async def classes(site: ServedSite) -> Response:
    """Return the page of all classes with members."""
    entries = sorted(await class_entries(site), key=lambda entry: by_text(entry.shown))
    return render.page(site, "classes.html", entries=entries)


@router.get("/browse/{name}", summary="Members of a class", responses=OFFERED)
async def members(
    site: ServedSite, name: str, query: QueryParameters, page: PageNumber = 1
) -> Response:
    """Return one page of the members of a class."""
    if not name.isidentifier():
        raise NotFound("No such class", f"The ontology has no class '{name}'.")
    iri = site.prefixes["accsm"] + name
    found = [row["subject"] for row in (await rows(site, "instances", page - 1, this=iri)).rows]
    if not found:
        raise NotFound("The list is empty", f"The dataset has no more members of <{iri}>.")
    labels = await load_labels(site, found, iri)
    title = plural(labels.iri(iri).text).capitalize()
    next_url = next_page(f"{site.root}/browse/{name}", query, page)
    return list_page(labels, title, labels.iri(iri), found, page, next_url)


async def class_entries(site: Site) -> list[ClassEntry]:
    """Return the classes of the ontology with members, the largest first."""
    found = {
        iri_of(row["class"]): int(text_of(row["count"]))
        for row in (await rows(site, "classes")).rows
    }
    labels = await load_labels(site, [], *found)
    ontology = site.prefixes["accsm"]
    return [
        ClassEntry(
            iri,
            TermView(
                plural(labels.iri(iri).text, count),
                f"{site.root}/browse/{iri.removeprefix(ontology)}",
            ),
            count,
        )
        for iri, count in found.items()
    ]


def list_page(
    labels: Labels,
    title: str,
    intro: TermView,
    found: Sequence[Term | None],
    page: int,
    next_url: str,
) -> Response:
    """Return a page of a list; if it is full, it has a link to ``next_url``."""
    return render.page(
        labels.site,
        "list.html",
        title=title,
        intro=[intro],
        items=[labels.show(term) for term in found],
        first=(page - 1) * PAGE + 1,
        next=next_url if len(found) == PAGE else None,
    )


def next_page(path: str, query: Mapping[str, str], page: int) -> str:
    """Return the URL of the page after ``page``, keeping the other parameters."""
    others = {name: value for name, value in query.items() if name != "page"}
    return f"{path}?{urlencode({**others, 'page': page + 1})}"
