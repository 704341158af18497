"""The coverage of targets and areas by projects: a matrix, a table, files, and the gaps."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Query
from markupsafe import Markup
from starlette.responses import Response

from accsm_kg.coverage import draw, render, words
from accsm_kg.coverage.model import (
    MARKS,
    ORDERS,
    Coverage,
    Gap,
    Selection,
    check,
    load,
    row_names,
    select,
)
from accsm_kg.errors import UnknownNameError
from accsm_kg.lookups import Ask
from accsm_server.engine.interface import WHOLE_BYTES
from accsm_server.errors import BadRequest
from accsm_server.http.negotiation import CSV, HTML, JSON, SVG, TURTLE, Format, alternates
from accsm_server.pages import answers, openapi
from accsm_server.pages.addresses import Addresses, selected
from accsm_server.pages.lists import Choice
from accsm_server.pages.parameters import FormatChoice, ServedSite, of_suffix
from accsm_server.pages.queries import Site, look_up
from accsm_server.pages.render import NEGOTIATED, inline, view

_HERE = "/coverage"
_MOST_DRAWN = 150  # projects; of more, one plan is drawn
_MOST_ROWS = 300  # of a page; files have all
_MOST = 20  # members on a card
_FILES = (CSV, JSON, SVG, TURTLE)
_OFFERS = (HTML, *_FILES)
_OFFERED = openapi.offered(*_OFFERS)

router = openapi.create_router("pages")


@dataclass(frozen=True)
class Strip:
    """A row as a strip of projects, with a link to its target or area."""

    href: str
    code: str
    text: str
    picture: Markup
    total: str
    status: str
    is_complete: bool
    """Whether one of its projects has an activity marked completed."""


@dataclass(frozen=True)
class GapCard:
    """A gap with the address that shows it, and its first members."""

    href: str
    number: int
    text: str
    members: Sequence[Choice]
    rest: int


@dataclass(frozen=True)
class Overview:
    """The coverage of the targets for another page: see `_coverage.html`."""

    title: str
    summary: str
    caveat: str
    groups: Sequence[tuple[str, Sequence[Strip]]]
    """The strips of the rows, by what they stand below."""
    legend: Sequence[tuple[Markup, Markup, str, int]]
    """Each mark: its symbols in the matrix and in strips, its meaning, its number of projects."""
    gaps: Sequence[GapCard]


async def load_overview(site: Site) -> tuple[Overview | None, list[Ask]]:
    """Return the coverage of the targets, None if there are none, and the queries asked for it."""
    whole, asked = await site.load(load_whole, Selection.rows)
    found = _first(drawn(whole, Selection()))
    if words.empty(found):
        return None, asked
    return overview(site, found, await site.addresses()), asked


def overview(site: Site, found: Coverage, addresses: Addresses) -> Overview:
    """Return the strips, the legend and the gaps of ``found``."""
    strips = groupby(found.lines, key=lambda line: line.group)
    return Overview(
        found.title,
        words.summary(found),
        words.caveat(found),
        [
            (
                group,
                [
                    Strip(
                        site.root + addresses.of(line.iri),
                        line.code,
                        line.text,
                        inline(draw.strip(found.plans, line)),
                        words.part(len(line.links), line.of, "project", "projects"),
                        line.status,
                        line.completed > 0,
                    )
                    for line in lines
                ],
            )
            for group, lines in strips
        ],
        [
            (inline(draw.symbol(mark)), inline(draw.strip_symbol(mark)), text, found.marks[mark])
            for mark, text in MARKS.items()
        ],
        [_card(site, gap, addresses) for gap in found.gaps],
    )


def _selection(
    rows: Annotated[str, Query(description="targets, areas or themes")] = Selection.rows,
    order: Annotated[str, Query(description=f"Of projects: {', '.join(ORDERS)}")] = Selection.order,
    country: Annotated[str, Query(description="The code of a coordinator, such as THA")] = "",
    gap: Annotated[str, Query(description="The name of a gap: only what has it")] = "",
    plan: Annotated[str, Query(description="The name of a work plan: only its projects")] = "",
) -> Selection:
    return Selection(rows, order, country.upper(), gap, plan)


Selected = Annotated[Selection, Depends(_selection)]


@router.get(_HERE, summary="Which projects support which target, and the gaps", responses=_OFFERED)
async def page(site: ServedSite, selection: Selected, choice: FormatChoice) -> Response:
    """Return the coverage as a page, as rows, as a picture, or the links in RDF."""
    return await _send(site, selection, choice.choose(_OFFERS))


@router.get(
    f"{_HERE}.{{suffix}}", summary="The coverage in the format of the suffix", responses=_OFFERED
)
async def file(site: ServedSite, selection: Selected, suffix: str) -> Response:
    """Return the coverage in the format with this suffix."""
    return await _send(site, selection, of_suffix(suffix, _OFFERS, "The coverage"))


async def _send(site: Site, selection: Selection, format: Format) -> Response:
    try:
        check(selection)
        whole, asked = await site.load(load_whole, selection.rows)
        found = (drawn if format in (HTML, SVG) else select)(whole, selection)
    except UnknownNameError as error:
        hint = f"Choose it at {site.root}{_HERE}"
        raise BadRequest("Invalid parameter", str(error), hint) from None
    links = alternates(site.root + address_of(selection), _OFFERS)
    if format is TURTLE:
        these = {link.iri for line in found.lines for link in line.links}
        text = site.queries.text("support-links", these=sorted(these))
        return answers.send(site, text, format, links)
    if format is HTML:
        response = _page(site, found, whole, asked, await site.addresses())
    else:
        text = render.write(found, format.name)
        response = Response(text, media_type=format.content_type, headers=NEGOTIATED)
    response.headers["Link"] = links
    return response


def drawn(whole: Coverage, selection: Selection) -> Coverage:
    """Return what is selected, or one plan of it if that has more projects than can be drawn."""
    found = select(whole, selection)
    if len(found.projects) <= _MOST_DRAWN or len(found.plans) == 1:
        return found
    return select(whole, replace(selection, plan=next(iter(found.plans))))


def _first(found: Coverage) -> Coverage:
    """Return as many projects and rows as a page shows, rows with a project before others."""
    plans = {plan: projects[:_MOST_DRAWN] for plan, projects in found.plans.items()}
    kept = {project.iri for projects in plans.values() for project in projects}
    lines = [
        replace(line, links=[link for link in line.links if link.project.iri in kept])
        for line in found.lines
    ]
    shown = sorted(range(len(lines)), key=lambda place: not lines[place].links)[:_MOST_ROWS]
    return replace(found, plans=plans, lines=[lines[place] for place in sorted(shown)])


async def load_whole(site: Site, rows: str) -> tuple[Coverage, list[Ask]]:
    """Return the coverage of one kind of rows by all projects, and its queries."""
    return await look_up(site, load(rows), WHOLE_BYTES)


def _page(
    site: Site, found: Coverage, whole: Coverage, asked: list[Ask], addresses: Addresses
) -> Response:
    def address(iri: str) -> str:
        return site.root + addresses.of(iri)

    selection, here = found.selection, address_of(found.selection)
    projects, rows = len(found.projects), len(found.lines)
    found = _first(found)
    return view(
        site,
        "coverage.html",
        _HERE,
        found.title,
        asked,
        site.base + here.removeprefix("/"),
        link=site.root + here,
        offers=_FILES,
        found=found,
        is_cut=(len(found.projects), len(found.lines)) < (projects, rows),
        most=f"{_MOST_DRAWN} projects and {_MOST_ROWS} {found.many}",
        overview=overview(site, found, addresses),
        matrix=inline(draw.matrix(found, address)),
        address=address,
        marks=MARKS,
        plain=words.plain,
        empty=words.empty(found),
        apart=list(words.apart(found)),
        plans=_plans(site, whole, selection),
        filters=[
            Choice(text, site.root + address_of(replace(selection, **{name: ""})))
            for name, text in words.filters(found).items()
            if name != "plan" or whole.all_projects <= _MOST_DRAWN
        ],
        whole=site.root + address_of(Selection(selection.rows)),
        choices=_choices(found),
    )


def _plans(site: Site, whole: Coverage, selection: Selection) -> list[Choice]:
    """Return links to the other plans, if one is shown."""
    others = [name for name in whole.plans if name != selection.plan] if selection.plan else []
    return [Choice(name, site.root + address_of(replace(selection, plan=name))) for name in others]


def _choices(found: Coverage) -> list[tuple[str, str, str, list[tuple[str, str]]]]:
    """Return the parameters of the form: name, label, value and the options with their labels."""
    selection = found.selection
    countries = [(one.code, f"{one.label} ({one.projects})") for one in found.countries]
    gaps = [
        (gap.name, gap.sentence)
        for gap in found.gaps
        if gap.shows in ("projects", selection.rows) or gap.name == selection.gap
    ]
    return [
        ("rows", "Rows", selection.rows, [*row_names().items()]),
        ("order", "Order projects by", selection.order, [*ORDERS.items()]),
        ("country", "Coordinated by", selection.country, [("", "any country"), *countries]),
        ("gap", "Show", selection.gap, [("", "all"), *gaps]),
    ]


def _card(site: Site, gap: Gap, addresses: Addresses) -> GapCard:
    if gap.shows == "projects":
        href = address_of(Selection(gap=gap.name))
    elif gap.shows:
        href = address_of(Selection(gap.shows, gap=gap.name))
    else:
        href = f"/questions/{quote(gap.question, safe='')}"
    members = [Choice(text, site.root + addresses.of(iri)) for iri, text in gap.members.items()]
    return GapCard(
        site.root + href, len(members), gap.text, members[:_MOST], max(0, len(members) - _MOST)
    )


def address_of(selection: Selection) -> str:
    """Return the address of a selection."""
    return selected(_HERE, selection)
