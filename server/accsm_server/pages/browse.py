"""The classes of the dataset and their members, 100 on each page, or all in RDF."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Annotated
from urllib.parse import quote, urlencode

from starlette.responses import RedirectResponse, Response

from accsm_kg.rdf.terms import Term, is_iri
from accsm_server.errors import NotFound
from accsm_server.http.negotiation import DOCUMENTS, HTML, RESULTS, Format, alternates
from accsm_server.pages import answers, openapi, render
from accsm_server.pages.addresses import describing, with_query
from accsm_server.pages.nodes import load_nodes
from accsm_server.pages.parameters import (
    OFFERED,
    PageFormat,
    PageNumber,
    QueryParameters,
    ServedSite,
    negotiated,
)
from accsm_server.pages.queries import Site, first_of, rows, subjects_by_property
from accsm_server.pages.statements import Describer, Referrer
from accsm_server.pages.terms import TermView, by_text, iri_of, load_labels, plural, text_of
from accsm_server.sparql.queries import PAGE

_FORMATS = (HTML, *RESULTS, *DOCUMENTS)

router = openapi.create_router("pages")


@dataclass(frozen=True)
class ClassEntry:
    """A class with the number of its members, and a link to their list."""

    iri: str
    shown: TermView
    count: int


@router.get("/browse", summary="Classes and the number of their members", responses=OFFERED)
async def classes(site: ServedSite, format: PageFormat) -> Response:
    """Return the page of all classes with members, or a SHACL shape for each, with properties."""
    here = "/browse"
    if format is not HTML:
        text = site.queries.text("class-shapes")
        return answers.send(site, text, format, render.links(site, here))
    entries = sorted(await class_entries(site), key=lambda entry: by_text(entry.shown))
    return render.document(site, "classes.html", here, entries=entries)


@router.get(
    "/browse/{name}",
    summary="Members of a class",
    responses=openapi.offered(*_FORMATS) | openapi.REDIRECT,
)
async def members(
    site: ServedSite, name: str, query: QueryParameters,
    format: Annotated[Format, negotiated(*_FORMATS)], page: PageNumber = 1,
) -> Response:  # fmt: skip
    """Return one page of the members of a class, all of them as rows or RDF, or their own list."""
    iri = site.prefixes["accsm"] + name
    if _list_of(site, iri):
        choice = f"format={format.name}" if "format" in query else ""
        return RedirectResponse(site.root + with_query(members_address(site, iri), choice), 301)
    if not is_iri(iri):
        raise NotFound("No such class", f"The ontology has no class '{name}'.")
    shown = page - 1 if format is HTML else 0
    instances = await subjects_by_property(site, site.queries.text("instances", this=iri))
    found = first_of(instances.get("", ()), shown + 1)
    if not found:
        which = f"of page {page} " if shown else ""
        hint = f"See the classes at {site.root}/browse"
        raise NotFound("The list is empty", f"The dataset has no members {which}of <{iri}>.", hint)
    here = members_address(site, iri)
    links = alternates(site.root + here, _FORMATS)
    if format is not HTML:
        rows_or_graph = "member-rows" if format in RESULTS else "members"
        return answers.send(site, site.queries.text(rows_or_graph, this=iri), format, links)
    members = await load_subjects(site, found, iri)
    labels = members.labels
    title = plural(labels.iri(iri).text).capitalize()
    next_url = next_page(site.root + here, query, page)
    items = [members.referrer(term) for term in found]
    if page == 1 and len(found) < PAGE:
        items.sort(key=lambda item: by_text(item.shown))
    response = list_page(site, title, labels.iri(iri), items, page, next_url, here)
    response.headers["Link"] = links
    return response


async def class_entries(site: Site) -> list[ClassEntry]:
    """Return the classes of the ontology with members, the largest first."""
    found = await class_counts(site)
    labels = await load_labels(site, [], *found)

    def shown(iri: str, count: int) -> TermView:
        return TermView(plural(labels.iri(iri).text, count), site.root + members_address(site, iri))

    return [ClassEntry(iri, shown(iri, count), count) for iri, count in found.items()]


async def class_counts(site: Site) -> dict[str, int]:
    """Return the number of members of each class of the ontology, if any, the largest first."""
    return await site.load(_load_counts)


async def _load_counts(site: Site) -> dict[str, int]:
    found = (await rows(site, "classes")).rows
    return {iri_of(row["class"]): int(text_of(row["count"])) for row in found}


def members_address(site: Site, iri: str) -> str:
    """Return the address of the list of the members of a class of the ontology."""
    page = site.profile.pages.get(iri)
    if listed := page.list if page and page.list else _list_of(site, iri):
        return listed
    name = iri.removeprefix(site.prefixes["accsm"])
    return describing(iri) if "/" in name else f"/browse/{quote(name, safe='')}"


def _list_of(site: Site, iri: str) -> str:
    """Return the path of the list that has the members of a class, empty if there is none."""
    lists = site.profile.lists.items()
    return next((path for path, one in lists if iri in one.classes), "")


async def load_subjects(site: Site, found: Sequence[Term | None], *iris: str) -> Describer:
    """Return what shows the subjects ``found``, with the labels of ``iris``."""
    nodes = await load_nodes(site, found)
    return Describer(await load_labels(site, chain(found, nodes.terms), *iris), nodes)


def list_page(
    site: Site,
    title: str,
    intro: TermView,
    items: Sequence[Referrer],
    page: int,
    next_url: str,
    here: str = "",
) -> Response:
    """Return a page of a list; if it is full, it has a link to ``next_url``.

    ``here`` is its address, if it has RDF as well.
    """
    return render.page(
        site,
        "list.html",
        title=title,
        intro=intro,
        items=items,
        first=(page - 1) * PAGE + 1,
        next=next_url if len(items) == PAGE else None,
        here=here,
        offers=(*RESULTS, *DOCUMENTS) if here else (),
    )


def next_page(path: str, query: Mapping[str, str], page: int) -> str:
    """Return the URL of the page after ``page``, keeping the other parameters."""
    others = {name: value for name, value in query.items() if name != "page"}
    return with_query(path, urlencode({**others, "page": page + 1}))
