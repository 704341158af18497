"""The timeline of projects and of the history: pictures, a list by year, a table, and files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Depends, Query
from markupsafe import Markup
from starlette.responses import Response

from accsm_kg.english import counted
from accsm_kg.errors import UnknownNameError
from accsm_kg.lookups import Ask
from accsm_kg.pictures import svg
from accsm_kg.timeline import draw, render, words
from accsm_kg.timeline.model import (
    GROUPS,
    SCALES,
    Choice,
    Group,
    Item,
    Selection,
    Timeline,
    check,
    load,
    select,
)
from accsm_server.engine.interface import WHOLE_BYTES
from accsm_server.errors import BadRequest, NotFound
from accsm_server.http.negotiation import CSV, HTML, JSON, SVG, TURTLE, Format, alternates
from accsm_server.pages import answers, openapi
from accsm_server.pages.addresses import Addresses, selected
from accsm_server.pages.lists import Choice as Link
from accsm_server.pages.parameters import FormatChoice, ServedSite, of_suffix
from accsm_server.pages.profile import Badge
from accsm_server.pages.queries import Site, look_up
from accsm_server.pages.render import NEGOTIATED, inline, view

_HERE = "/timeline"
_MOST_DRAWN = 150  # items; of more, one plan or year is drawn, and the first of these
_FILES = (CSV, JSON, SVG, TURTLE)
_OFFERS = (HTML, *_FILES)
_OFFERED = openapi.offered(*_OFFERS)

router = openapi.create_router("pages")


@dataclass(frozen=True)
class Section:
    """A group with its picture, and a link to the country or area that it is of."""

    href: str
    label: str
    count: str
    picture: Markup


@dataclass(frozen=True)
class YearView:
    """A year with a link that zooms to it, its numbers in words, and its items."""

    link: Link
    size: int
    count: str
    items: Sequence[Item]


def _selection(
    scale: Annotated[str, Query(description=", ".join(SCALES))] = Selection.scale,
    country: Annotated[str, Query(description="The code of a country, such as THA")] = "",
    area: Annotated[str, Query(description="The code of an area, such as A or 2")] = "",
    group: Annotated[str, Query(description=", ".join(GROUPS))] = Selection.group,
    year: Annotated[str, Query(description="A year, to show its months")] = "",
    plan: Annotated[str, Query(description="The name of a work plan: only its projects")] = "",
) -> Selection:
    return Selection(scale, country.upper(), area, group, year, plan)


Selected = Annotated[Selection, Depends(_selection)]


@router.get(
    _HERE, summary="When projects take place, and events of the history", responses=_OFFERED
)
async def page(site: ServedSite, selection: Selected, choice: FormatChoice) -> Response:
    """Return the timeline as a page, as rows, as a picture, or its times in RDF."""
    return await _send(site, selection, choice.choose(_OFFERS))


@router.get(
    f"{_HERE}.{{suffix}}", summary="The timeline in the format of the suffix", responses=_OFFERED
)
async def file(site: ServedSite, selection: Selected, suffix: str) -> Response:
    """Return the timeline in the format with this suffix."""
    return await _send(site, selection, of_suffix(suffix, _OFFERS, "The timeline"))


async def _send(site: Site, selection: Selection, format: Format) -> Response:
    whole, found, asked = await _load(site, selection, is_drawn=format is HTML)
    links = alternates(site.root + address_of(selection), _OFFERS)
    if format is TURTLE:
        text = site.queries.text("listed", these=sorted({time.iri for time in found.times}))
        return answers.send(site, text, format, links)
    if format is HTML:
        response = _page(site, found, whole, asked, await site.addresses())
    else:
        written = render.write(found, format.name)
        response = Response(written, media_type=format.content_type, headers=NEGOTIATED)
    response.headers["Link"] = links
    return response


async def _load(
    site: Site, selection: Selection, *, is_drawn: bool
) -> tuple[Timeline, Timeline, list[Ask]]:
    """Return the whole, what is selected, and the queries.

    Raises BadRequest, and NotFound if there is nothing.
    """
    try:
        check(selection)
        whole, asked = await site.load(load_whole, selection.scale)
        found = (drawn if is_drawn else select)(whole, selection)
    except UnknownNameError as error:
        hint = f"Choose it at {site.root}{address_of(_scale(selection.scale))}"
        raise BadRequest("Invalid parameter", str(error), hint) from None
    if not found.years:
        others = [
            site.root + address_of(_scale(name)) for name in SCALES if name != selection.scale
        ]
        hint = f"Another timeline: {', '.join(others)}"
        raise NotFound("No timeline", f"This dataset states no time of {found.many}.", hint)
    return whole, found, asked


def drawn(whole: Timeline, selection: Selection) -> Timeline:
    """Return what is selected, or one plan or year of it if that has more than can be drawn."""
    found = select(whole, selection)
    years = [str(year.year) for year in found.years if year.stated]
    if len(found.items) > _MOST_DRAWN and len(found.plans) > 1:
        return select(whole, replace(selection, plan=next(iter(found.plans))))
    if len(found.items) > _MOST_DRAWN and years and not selection.year:
        return select(whole, replace(selection, year=years[-1]))
    return found


async def load_whole(site: Site, scale: str) -> tuple[Timeline, list[Ask]]:
    """Return the timeline of all items of a scale, and its queries."""
    return await look_up(site, load(scale), WHOLE_BYTES)


def _page(
    site: Site, found: Timeline, whole: Timeline, asked: list[Ask], addresses: Addresses
) -> Response:
    def address(iri: str) -> str:
        return site.root + addresses.of(iri)

    selection, here = found.selection, address_of(found.selection)
    plans = _plans(site, whole, selection)
    shown = replace(found, items=found.items[:_MOST_DRAWN])
    return view(
        site,
        "timeline.html",
        _HERE,
        words.title(found),
        asked,
        site.base + here.removeprefix("/"),
        link=site.root + here,
        offers=_FILES,
        found=shown,
        summary=words.summary(found),
        rest=len(found.items) - len(shown.items),
        words=words,
        address=address,
        badges=_badges(site, shown),
        scales=[_entry(site, _scale(name), text, selection) for name, text in SCALES.items()],
        choices=_choices(found),
        plans=plans,
        is_one_year=bool(selection.year) and not plans and len(whole.items) > _MOST_DRAWN,
        filters=[
            Link(text, site.root + address_of(replace(selection, **{name: ""})))
            for name, text in found.filters.items()
            if name != "plan" or len(whole.items) <= _MOST_DRAWN
        ],
        whole=site.root + address_of(_scale(selection.scale)),
        legend=[(inline(drawn), text, count) for drawn, text, count in draw.legend(shown)],
        line=inline(draw.line_sample()),
        sections=_sections(shown, found, address),
        years=[_year(site, shown, year.year) for year in found.years],
    )


def _plans(site: Site, whole: Timeline, selection: Selection) -> list[Link]:
    """Return links to the other plans, if one is shown."""
    others = [name for name in whole.plans if name != selection.plan] if selection.plan else []
    return [Link(name, site.root + address_of(replace(selection, plan=name))) for name in others]


def _sections(shown: Timeline, found: Timeline, address: svg.Address) -> list[Section]:
    """Return the groups that are shown of those found, whose rows are numbered through."""
    counts = {(group.label, group.iri): _count(found, group) for group in found.groups}
    sections, row = [], 0
    for group in shown.groups:
        picture = inline(draw.of_group(shown, group, address, row))
        href, count = address(group.iri) if group.iri else "", counts[group.label, group.iri]
        sections.append(Section(href, group.label, count, picture))
        row += len(group.items)
    return sections


def _count(found: Timeline, group: Group) -> str:
    return counted(len(group.items), found.one, found.many)


def _year(site: Site, found: Timeline, year: int) -> YearView:
    counted = next(one for one in found.years if one.year == year)
    link = _entry(site, replace(found.selection, year=str(year)), str(year), found.selection)
    size = counted.stated + counted.possible
    return YearView(link, size, words.of_year(found, counted), found.in_year(year))


def _badges(site: Site, found: Timeline) -> Mapping[str, Badge]:
    """Return the badge of each source."""
    known, none = site.contents.reliability, Badge("", "")
    return {
        source.iri: site.profile.badges.get(known.get(source.iri, ""), none)
        for item in found.items
        for source in item.sources
    }


def _choices(found: Timeline) -> list[tuple[str, str, str, list[tuple[str, str]]]]:
    """Return the parameters of the form: name, label, value and the options with their labels."""
    selection = found.selection
    years = [
        (str(year.year), str(year.year)) for year in found.years if year.stated + year.possible
    ]
    offered = [
        ("country", "Country", _options("any country", found.countries, selection.country)),
        ("area", "Area", _options("any area", found.areas, selection.area)),
        ("year", "Year", [("", "all years"), *years]),
        ("group", "Group by", [(name, name) for name in GROUPS if selection.scale == "plan"]),
    ]
    return [
        (name, label, getattr(selection, name), options)
        for name, label, options in offered
        if len(options) > 1
    ]


def _options(none: str, choices: Sequence[Choice], chosen: str) -> list[tuple[str, str]]:
    """Return the choices with their numbers; if none has items, only the one that is chosen."""
    has_any = any(choice.count for choice in choices)
    shown = [choice for choice in choices if has_any or choice.code == chosen]
    return [("", none), *((one.code, f"{one.label} ({one.count})") for one in shown)]


def _scale(name: str) -> Selection:
    return Selection(name if name in SCALES else Selection.scale)


def _entry(site: Site, selection: Selection, text: str, shown: Selection) -> Link:
    return Link(text, site.root + address_of(selection), chosen=selection == shown)


def address_of(selection: Selection) -> str:
    """Return the address of a selection."""
    return selected(_HERE, selection)
