"""Pictures on the page about a country: its projects in time, and what they support.

They are parts of the timeline and of the coverage, whose pages have them as tables and as files.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from markupsafe import Markup

from accsm_kg.coverage import draw as matrices
from accsm_kg.coverage import model as coverages
from accsm_kg.lookups import Ask
from accsm_kg.timeline import draw as timelines
from accsm_kg.timeline import model as timelines_model
from accsm_kg.timeline import words
from accsm_server.pages import coverage, timeline
from accsm_server.pages.queries import Site
from accsm_server.pages.render import inline

_MOST = 60  # projects in a picture


@dataclass(frozen=True)
class Picture:
    """A drawing with its legend and a sentence, and the address of the page that it is a part of.

    ``asked`` are its queries.
    """

    drawing: Markup
    legend: Sequence[tuple[Markup, str]]
    text: str
    page: str
    """The name of the page."""
    href: str
    asked: Sequence[Ask]


async def _timeline(site: Site, iri: str) -> Picture | None:
    """Return the projects that a country coordinates, at the times that their plans state."""
    whole, asked = await site.load(timeline.load_whole, timelines_model.Selection.scale)
    code = next((one.code for one in whole.countries if one.iri == iri), "")
    selection = timelines_model.Selection(country=code)
    found = timelines_model.select(whole, selection)
    own = next((group for group in found.groups if group.iri == iri), None)
    if own is None or len(own.items) > _MOST:
        return None
    legend = [(inline(drawn), text) for drawn, text, _ in timelines.legend(found)]
    drawing = timelines.of_group(found, own, await _addresses(site))
    drawing.set("data-grid", "")
    href = site.root + timeline.address_of(selection)
    return Picture(inline(drawing), legend, words.caveat(found), "the timeline", href, asked)


async def _coverage(site: Site, iri: str) -> Picture | None:
    """Return the measures and lines that the projects of a country support, as a matrix."""
    whole, asked = await site.load(coverage.load_whole, coverages.Selection.rows)
    code = next((one.code for one in whole.countries if one.iri == iri), "")
    selection = coverages.Selection(country=code)
    found = coverages.select(whole, selection)
    found = replace(found, lines=[line for line in found.lines if line.links])
    if not code or not found.lines or len(found.projects) > _MOST:
        return None
    legend = [
        (inline(matrices.symbol(mark)), text)
        for mark, text in coverages.MARKS.items()
        if found.marks[mark]
    ]
    drawing = inline(matrices.matrix(found, await _addresses(site)))
    drawn = f"{len(found.lines)} of the {found.all_lines} {found.many}"
    text = f"{drawn}; its projects support none of the others."
    href = site.root + coverage.address_of(selection)
    return Picture(drawing, legend, text, "the coverage", href, asked)


#: What draws the picture of a block about a thing; the header of its query has the name.
PICTURES: Final[Mapping[str, Callable[[Site, str], Awaitable[Picture | None]]]] = {
    "timeline": _timeline,
    "coverage": _coverage,
}


async def _addresses(site: Site) -> Callable[[str], str]:
    addresses = await site.addresses()
    return lambda iri: site.root + addresses.of(iri)
