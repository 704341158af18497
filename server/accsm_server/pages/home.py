"""Turn the counts of the dataset into the pages from which a visit starts."""

from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode
from starlette.requests import Request
from starlette.responses import Response

from accsm_kg.rdf.terms import natural
from accsm_server.http.problems import Trouble
from accsm_server.pages import render
from accsm_server.pages.documents import next_page, page_number
from accsm_server.pages.queries import PAGE, rows
from accsm_server.pages.questions import stored
from accsm_server.pages.terms import Shown

#: The classes from which a reader of the work plan sets out, in the order of the book.
_ENTRIES = (
    "Project", "WorkPlan", "PriorityArea", "ThematicArea", "Blueprint", "KeyResultArea",
    "StrategicMeasure", "ActionLine", "Country", "CountryGroup", "ResourceCentre", "CurationIssue",
)  # fmt: skip
_QUESTION = "projects-supporting-action-line"


@dataclass(frozen=True)
class Entry:
    """A class with the number of its members and the page that lists them."""

    name: str
    shown: Shown
    count: int


async def home(request: Request) -> Response:
    """Return the page that says what this is."""
    entries = await _entries(request)
    found = await stored(render.site_of(request))
    tried = next((q for q in found if q.name == _QUESTION), found[0] if found else None)
    return render.page(
        request,
        "home.html",
        entries=[entry for name in _ENTRIES for entry in entries if entry.name == name],
        numbers={entry.name: entry.count for entry in entries},
        question=tried,
        questions=len(found),
        origin=str(request.base_url).rstrip("/"),
    )


async def classes(request: Request) -> Response:
    """Return the page of all classes that have members."""
    entries = sorted(await _entries(request), key=lambda entry: natural(entry.shown.text))
    return render.page(request, "classes.html", entries=entries)


async def instances(request: Request) -> Response:
    """Return one page of the members of a class."""
    site = render.site_of(request)
    name = request.path_params["name"]
    if not name.isidentifier():
        raise Trouble(404, "No such class", f"The ontology has no class '{name}'.")
    iri, number = f"{site.prefixes['accsm']}{name}", page_number(request)
    found = [row["subject"] for row in (await rows(site, "instances", number, this=iri)).rows]
    if not found:
        raise Trouble(404, "Nothing here", f"The dataset has no more members of <{iri}>.")
    names = await render.names(request, found, iri)
    return render.page(
        request,
        "list.html",
        title=plural(names.iri(iri).text).capitalize(),
        intro=[names.iri(iri)],
        items=[names.show(thing) for thing in found],
        first=number * PAGE + 1,
        next=next_page(request, f"/browse/{name}", number) if len(found) == PAGE else None,
    )


def plural(label: str, count: int = 2) -> str:
    """Return the English label of ``count`` things.

    >>> plural("country")
    'countries'
    """
    if count == 1 or label == "evidence":
        return label
    return f"{label[:-1]}ies" if label.endswith("y") else f"{label}s"


async def _entries(request: Request) -> list[Entry]:
    site = render.site_of(request)
    found = {
        row["class"].value: int(row["count"].value)
        for row in (await rows(site, "classes")).rows
        if isinstance(row["class"], NamedNode) and isinstance(row["count"], Literal)
    }
    names = await render.names(request, [], *found)
    own = site.prefixes["accsm"]
    return [
        Entry(
            iri.removeprefix(own),
            Shown(
                plural(names.iri(iri).text, count),
                f"{render.root(request)}/browse/{iri.removeprefix(own)}",
            ),
            count,
        )
        for iri, count in found.items()
    ]
