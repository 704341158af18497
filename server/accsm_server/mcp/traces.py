"""The line of sight of a thing, with the passages of sources behind each link."""

from collections.abc import Iterator

from accsm_kg.english import counted
from accsm_kg.errors import UnknownNameError
from accsm_kg.lookups import Row
from accsm_kg.trace.index import Index, Thing, UnknownKeyError
from accsm_kg.trace.model import Project, Trace, cells, trace_thing
from accsm_server.mcp.passages import source_name
from accsm_server.mcp.text import BETWEEN, Line, answer, passage, row
from accsm_server.mcp.things import find
from accsm_server.pages.queries import Site, look_up
from accsm_server.pages.terms import short_name
from accsm_server.pages.trace import load_index

_LONGEST = 1000  # characters of a key
_COLUMNS = {
    "project": ("what the project does", "target", "text", "status", "[passages]"),
    "other": ("project", "title", "plan", "coordinators", "time as printed", "status", "linked by",
              "[passages]"),
}  # fmt: skip


async def trace(site: Site, key: str, start: int) -> str:
    """Return what stands between a thing and its projects, or between a project and blueprints.

    Raises UnknownNameError for what cannot be traced.
    """
    await site.prepare()
    known = await site.load(load_index)
    found, _ = await look_up(site, trace_thing(await _traced(site, known, key[:_LONGEST]), known))
    lines = [*(_statements if found.thing.kind == "project" else _links)(found, site)]
    return answer([*_head(found, site)], lines, start, "line")


async def _traced(site: Site, known: Index, key: str) -> Thing:
    try:
        return known.find(key)
    except UnknownKeyError:
        thing = known.things.get(iri := await find(site, key))
        if thing is None:
            name = short_name(iri, site)
            raise UnknownNameError(f"{name} cannot be traced; describe tells of it") from None
        return thing


def _head(found: Trace, site: Site) -> Iterator[str]:
    thing = found.thing
    yield f"{thing.question} {short_name(thing.resource, site)}"
    for one in found.above:
        place = _place(one, site)
        text = f": {one['text']}" if one["text"] else ""
        name = short_name(one["resource"], site)
        yield f"{one['kind']} {one['label']} {name}{text}{f' [{place}]' if place else ''}"
    if thing.kind != "project":
        yield f"{counted(len(found.projects), 'project')}."
    yield from (*found.ways, *found.gaps)
    for issue in found.issues:
        yield f"Curator's reading ({issue['confidence']}): {issue['issue']} {issue['reading']}"
    yield row(_COLUMNS["project" if thing.kind == "project" else "other"])


def _links(found: Trace, site: Site) -> Iterator[Line]:
    """Yield a line for each cell of a source that links a project."""
    projects = {project.resource: project for project in found.all_projects}
    for one in cells(found.rows, BETWEEN):
        project = projects.get(one["resource"])
        if project:
            text = row([*_facts(project, site), f"{one['relation']} {one['through']}".strip()])
            yield Line(text, _passages(one, site))


def _facts(project: Project, site: Site) -> Iterator[str]:
    yield short_name(project.resource, site)
    yield project.title
    yield project.plan
    yield ", ".join(country["label"] for country in project.coordinators)
    yield "; ".join(project.printed)
    yield project.status


def _statements(found: Trace, site: Site) -> Iterator[Line]:
    """Yield a line for each thing that a project supports, contributes to or names."""
    for one in cells(found.rows, BETWEEN):
        name = short_name(one["resource"], site) if one["resource"] else ""
        target = " ".join(filter(None, (name, one["label"])))
        yield Line(row([one["relation"], target, one["text"], one["status"]]), _passages(one, site))


def _passages(one: Row, site: Site) -> list[str]:
    if not one["source"]:
        return []
    return [passage(_source(one, site), one["line"], one["locator"], one["words"])]


def _source(one: Row, site: Site) -> str:
    return source_name(site, f"{site.base}id/source/{one['source']}")


def _place(one: Row, site: Site) -> str:
    return f"{_source(one, site)}, line {one['line']}" if one["source"] else ""
