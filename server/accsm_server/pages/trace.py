"""Traces: the line of sight from a thing down to its projects, or from a project up."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import Query
from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from accsm_kg.lookups import Ask, Rows, whole
from accsm_kg.pictures import chain as pictures
from accsm_kg.pictures import strip
from accsm_kg.terminal import delimited
from accsm_kg.trace import chain, render
from accsm_kg.trace.chain import Column, Node
from accsm_kg.trace.index import QUERIES, AmbiguousKeyError, Index, Thing, UnknownKeyError, index
from accsm_kg.trace.model import Trace, trace_thing
from accsm_server.engine.interface import WHOLE_BYTES
from accsm_server.errors import BadRequest, NotFound
from accsm_server.http.headers import NEVER
from accsm_server.http.negotiation import CSV, HTML, JSON, SVG, TURTLE, Format, alternates
from accsm_server.pages import answers, openapi
from accsm_server.pages.addresses import with_query
from accsm_server.pages.parameters import FormatChoice, ServedSite
from accsm_server.pages.queries import Site, look_up
from accsm_server.pages.render import NEGOTIATED, inline, page, view
from accsm_server.pages.search import near
from accsm_server.pages.statements import Evidence, Quotations
from accsm_server.pages.terms import Labels, TermView, load_labels, plural

_HERE = "/trace"
_LONGEST = 1000  # characters of a key
_MOST = 60  # projects of a group, and rows and columns of the table of what they support
_MOST_LISTED = 100  # things of a kind
_OFFERS = (HTML, CSV, JSON, TURTLE, SVG)
_ANSWERS = {
    **openapi.offered(*_OFFERS),
    **openapi.REDIRECT,
    300: {"description": "The key names several things"},
}

router = openapi.create_router("pages")


@dataclass(frozen=True)
class Step:
    """A row of a column as a page shows it: a thing or project, with the words that link it."""

    node: Node
    href: str
    evidence: Sequence[Evidence]
    strip: Markup
    coordinators: Sequence[TermView]


@dataclass(frozen=True)
class Level:
    """A column as a page shows it, with the lines to the next column."""

    column: Column
    steps: Sequence[Step]
    wires: Markup


@dataclass(frozen=True)
class Line:
    """A row of the matrix: a target, and the address of its link to each project, if any."""

    thing: Thing
    total: int
    cells: Sequence[str]


async def load_index(site: Site) -> Index:
    """Return what can be traced in a dataset."""
    return (await look_up(site, index(site.base), WHOLE_BYTES))[0]


@router.get(
    _HERE,
    summary="Choose what to trace",
    responses=openapi.offered(HTML) | openapi.REDIRECT,
)
async def chooser(
    site: ServedSite,
    key: Annotated[str, Query(description="A code, number or name: redirect to its trace")] = "",
) -> Response:
    """Return the page from which to choose a trace, or redirect to that of ``key``."""
    known = await site.load(load_index)
    if key.strip():
        try:
            path = address(_find(known, key))
        except (UnknownKeyError, AmbiguousKeyError):
            path = f"{_HERE}/{quote(key.strip(), safe='/:')}"
        return RedirectResponse(site.root + path, 303)
    by_kind = groupby(known.things.values(), key=lambda thing: thing.kind)
    return view(
        site,
        "trace-chooser.html",
        _HERE,
        "Trace a line of sight",
        [Ask(QUERIES / "things.rq")],
        kinds=[(plural(kind), list(things)) for kind, things in by_kind],
        most=_MOST_LISTED,
        groups=_groups(known),
        address=address,
    )


@router.get(f"{_HERE}/{{key:path}}", summary="The trace of a thing", responses=_ANSWERS)
async def trace(
    site: ServedSite,
    key: str,
    choice: FormatChoice,
    group: Annotated[str, Query(description=f"Projects by {', '.join(chain.GROUPS)}")] = "",
) -> Response:
    """Return the trace of what ``key`` names as page, rows, JSON, RDF or picture.

    It redirects to the address of the thing if ``key`` is another of its names.
    """
    format = choice.choose(_OFFERS)
    if group and group not in chain.GROUPS:
        raise BadRequest("Invalid parameter", f"group={group!r}: one of {', '.join(chain.GROUPS)}")
    known = await site.load(load_index)
    try:
        thing = _find(known, key)
    except UnknownKeyError as error:
        return await _unknown(site, error, known, format)
    except AmbiguousKeyError as error:
        return _ambiguous(site, error, format)
    given = {"group": group, "format": choice.name}
    query = urlencode({name: value for name, value in given.items() if value})
    if key != thing.key:
        headers = {"Vary": "Accept"}
        return RedirectResponse(site.root + with_query(address(thing), query), 303, headers)
    return await _send(site, thing, known, format, group)


def _find(known: Index, key: str) -> Thing:
    """Return what ``key`` names; raises as `Index.find`, and BadRequest for one that is too long.

    A redirect and a page repeat the key.
    """
    if len(key) > _LONGEST:
        raise BadRequest("Invalid key", f"A key has at most {_LONGEST} characters.")
    return known.find(key)


def address(thing: Thing) -> str:
    """Return the path of the trace of a thing."""
    return f"{_HERE}/{quote(thing.key, safe='/')}"


async def _send(site: Site, thing: Thing, known: Index, format: Format, group: str) -> Response:
    here = with_query(address(thing), urlencode({"group": group} if group else {}))
    links = alternates(site.root + here, _OFFERS)
    if format is TURTLE:
        text = Ask(QUERIES / "graph.rq", thing.resource).text(site.base)
        return answers.send(site, text, format, links)
    found, asked = await look_up(site, trace_thing(thing, known))
    columns = chain.columns(found, known, group)
    if format is HTML:
        response = await _page(site, found, known, columns, asked, group)
    else:
        body = _file(found, columns, format)
        response = Response(body, media_type=format.content_type, headers=NEGOTIATED)
    response.headers["Link"] = links
    return response


def _file(found: Trace, columns: Sequence[Column], format: Format) -> str | bytes:
    if format is SVG:
        return render.drawing(found, columns)
    return render.as_json(found) if format is JSON else delimited(found.rows, CSV.name)


async def _page(
    site: Site, found: Trace, known: Index, columns: Sequence[Column], asked: list[Ask], group: str
) -> Response:
    thing = found.thing
    labels = await load_labels(site, [], *_sources(site, found))
    own = [row for row in found.above if row["resource"] == thing.resource]
    levels = [*_levels(site, chain.first(columns, _MOST), known, labels)]
    shown = {project.resource for project in found.projects}
    linked = [step for step in levels[-1].steps if step.node.resource in shown][:_MOST]
    return view(
        site,
        "trace.html",
        address(thing),
        thing.question,
        asked,
        link=site.root + with_query(address(thing), urlencode({"group": group} if group else {})),
        offers=_OFFERS[1:],
        thing=thing,
        document=labels.iri(thing.resource),
        crumbs=[*reversed(known.above(thing))],
        beside=_beside(found, known),
        places=[(row, labels.graph(f"{site.base}graph/source/{row['source']}",
                                   row["line"].partition(",")[0]))
                for row in own if row["source"]],
        levels=levels,
        linked=linked,
        most=_MOST,
        rest=sum(len(column.nodes) for column in columns) - sum(len(each.steps) for each in levels),
        years=inline(strip.years(*chain.period(found.all_projects))),
        legend=_legend(found),
        found=found,
        most_listed=_MOST_LISTED,
        groups=_groups(known, thing),
        grouped=group,
        group_names=list(chain.GROUPS),
        matrix=_matrix(found, linked, known, labels),
        address=address,
    )  # fmt: skip


def _beside(found: Trace, known: Index) -> str:
    """Return what the siblings of a thing are: `action lines below A.2.2`."""
    kind, above = plural(found.thing.kind), known.things.get(found.thing.parent)
    is_below = above and all(other.parent == above.resource for other in found.siblings)
    return f"{kind} below {above.code}" if above and is_below else kind


def _sources(site: Site, found: Trace) -> set[str]:
    rows = [*found.rows, *found.above]
    return {f"{site.base}id/source/{row['source']}" for row in rows if row["source"]}


def _levels(site: Site, columns: Sequence[Column], known: Index, labels: Labels) -> Iterator[Level]:
    quotations = Quotations()
    years = chain.period(node.project for c in columns for node in c.nodes if node.project)
    following = [*(len(column.nodes) for column in columns[1:]), 0]
    for column, count in zip(columns, following, strict=True):
        steps = [_step(site, node, known, labels, quotations, years) for node in column.nodes]
        wires = pictures.connectors(column.edges, len(column.nodes), count) if count else None
        yield Level(column, steps, Markup() if wires is None else inline(wires))


def _step(
    site: Site,
    node: Node,
    known: Index,
    labels: Labels,
    quotations: Quotations,
    years: tuple[int, int],
) -> Step:
    project = node.project
    pieces = [_evidence(row, known, site, labels) for row in _unique(node.passages)]
    traced = known.things.get(node.resource)
    other = labels.iri(node.resource).href if node.resource else ""
    return Step(
        node,
        site.root + address(traced) if traced else other,
        quotations.number(pieces),
        inline(strip.strip(chain.times(project), *years)) if project else Markup(),
        [_country(site, row, known, labels) for row in project.coordinators] if project else [],
    )


def _country(site: Site, row: Mapping[str, str], known: Index, labels: Labels) -> TermView:
    traced = known.things.get(row["resource"])
    href = site.root + address(traced) if traced else labels.iri(row["resource"]).href
    return TermView(row["label"], href)


def _unique(rows: Rows) -> Rows:
    """Return one row for each passage, one that states the link if there is any."""
    found: dict[tuple[str, ...], dict[str, str]] = {}
    for row in sorted(rows, key=lambda row: row["states"] != "true"):
        found.setdefault((row["source"], row["line"], row["words"]), row)
    return sorted(found.values(), key=lambda row: (row["source"], whole(row["line"])))


def _evidence(row: Mapping[str, str], known: Index, site: Site, labels: Labels) -> Evidence:
    source = labels.iri(iri := f"{site.base}id/source/{row['source']}")
    target = known.things.get(row.get("target") or row["resource"])
    return Evidence(
        row["words"],
        f"{row['locator']}, line {row['line']}",
        TermView(""),
        replace(source, text=f"source {row['source']}", href=labels.place(iri, row["line"])),
        mark=target.code if target else "",
        line=row["line"],
    )


def _matrix(found: Trace, steps: Sequence[Step], known: Index, labels: Labels) -> list[Line]:
    """Return the other targets of the projects in ``steps``, those that most support first."""
    links: dict[str, dict[str, str]] = {}
    for row in found.together:
        links.setdefault(row["target"], {})[row["resource"]] = labels.iri(row["link"]).href
    lines = [
        Line(thing, len(links[iri]), [links[iri].get(step.node.resource, "") for step in steps])
        for iri, thing in known.things.items()
        if iri in links
    ]
    return sorted(lines, key=lambda line: -line.total)


def _groups(known: Index, shown: Thing | None = None) -> list[tuple[str, list[Thing], int]]:
    """Return the first measures and lines of each blueprint, with ``shown``, and their number."""
    found: dict[str, list[Thing]] = {}
    for thing in known.things.values():
        if thing.group:
            found.setdefault(thing.group, []).append(thing)
    return [
        (group, [*things[:_MOST_LISTED], *(t for t in things[_MOST_LISTED:] if t is shown)],
         len(things))
        for group, things in sorted(found.items())
    ]  # fmt: skip


def _legend(found: Trace) -> list[tuple[Markup, str]]:
    """Return the marks that occur in the strips of a trace, with their meaning."""
    times = [time for project in found.all_projects for time in chain.times(project)]
    shapes = {time.shape for time in times}
    shown = [(name, text) for name, text in strip.SHAPES.items() if name in shapes]
    done = [("done", "marked as completed")] if any(time.is_done for time in times) else []
    return [(inline(strip.sample(name)), text) for name, text in (*shown, *done)]


async def _unknown(site: Site, error: UnknownKeyError, known: Index, format: Format) -> Response:
    """Return or raise the answer that offers things with similar names, and what is found."""
    found = [known.things.get(shown.iri) for shown in await near(site, error.key)]
    things = list(dict.fromkeys((*error.near, *filter(None, found))))
    if format is not HTML:
        others = ", ".join(address(thing) for thing in things)
        hint = f"Try {others}, or choose" if others else "Choose"
        raise NotFound("Nothing to trace", str(error), f"{hint} at {site.root}{_HERE}")
    similar = " Similar, or found for it:" if things else ""
    words = f"Nothing that can be traced is called “{error.key}”.{similar}"
    return _choices(site, 404, "Nothing to trace", error.key, words, things)


def _ambiguous(site: Site, error: AmbiguousKeyError, format: Format) -> Response:
    if format is not HTML:
        lines = [
            f"{site.root}{address(thing)} {thing.kind} {thing.label}" for thing in error.things
        ]
        return Response("\n".join(lines), 300, NEGOTIATED, media_type="text/plain")
    words = f"“{error.key}” names each of these:"
    return _choices(site, 300, "Several things have this name", error.key, words, error.things)


def _choices(
    site: Site, status: int, title: str, key: str, words: str, things: Sequence[Thing]
) -> Response:
    content = {"key": key, "words": words, "things": things, "address": address}
    response = page(site, "trace-choices.html", status, title=title, here=_HERE, **content)
    response.headers["Cache-Control"] = NEVER
    return response
