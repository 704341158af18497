"""Turn named graphs into names and pages: who says what."""

from typing import Any

from pyoxigraph import Literal, NamedNode
from starlette.requests import Request

from accsm_server.pages import render
from accsm_server.pages.queries import rows
from accsm_server.pages.terms import Names, Shown

#: The page and the tag of a graph whose name does not say what it is.
_TITLES = {
    "inferred": ("What follows from what is stated", "computed"),
    "curation": ("What the curator resolves", "curator"),
    "vocab": ("Countries, places, sources and controlled values", "vocabulary"),
    "ontology": ("The ontology", "ontology"),
    "shapes": ("The rules the data obey", "shapes"),
    "meta": ("The description of the dataset", "description"),
    "quality": ("The report on the quality of the data", "quality report"),
}


def graph_name(names: Names, graph: str) -> Shown:
    """Return a named graph as who states what it holds."""
    name = _name(names.base, graph)
    return Shown(_TITLES.get(name, ("", name.replace("/", " ")))[1], names.iri(graph).href, graph)


async def describe(request: Request, iri: str) -> dict[str, Any]:
    """Return what the page of the named graph ``iri`` shows."""
    site = render.site_of(request)
    size = (await rows(site, "graph-size", this=iri)).rows[0]["count"]
    found = (await rows(site, "graph-classes", this=iri)).rows
    name = _name(site.base, iri)
    source = f"{site.base}id/{name}" if name.startswith("source/") else ""
    names = await render.names(request, [row["class"] for row in found], source or iri)
    return {
        "iri": iri,
        "title": _TITLES[name][0] if name in _TITLES else f"What {name.replace('/', ' ')} says",
        "size": size.value if isinstance(size, Literal) else "0",
        "source": names.iri(source) if source else None,
        "classes": [
            (names.show(row["class"]), row["count"].value)
            for row in found
            if isinstance(row["class"], NamedNode) and isinstance(row["count"], Literal)
        ],
    }


def _name(base: str, graph: str) -> str:
    return graph.removeprefix(base).removeprefix("graph/")
