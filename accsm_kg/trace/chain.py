"""The chain of a trace as columns: blueprint, key result area, measure, project, and others."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Final
from xml.etree.ElementTree import Element

from accsm_kg.english import counted, listed
from accsm_kg.lookups import Rows, grouped
from accsm_kg.pictures import chain, strip
from accsm_kg.pictures.chain import Edge
from accsm_kg.trace.index import Index, Thing
from accsm_kg.trace.model import Project, Trace

#: What the groups of the projects of a country are called.
_COORDINATES, _PARTNER = "coordinates", "is a potential partner, itself or in a group"
#: More projects are drawn with their title on one line.
MOST: Final = 12
_MOST_YEARS = 100  # of a strip


@dataclass(frozen=True)
class Node:
    """A row of a column: a thing or project with the passages that link it.

    ``name`` is a short name, ``is_inferred`` says that no source states the link, ``group`` is the
    title of a group of which it is the first.
    """

    kind: str
    name: str
    text: str = ""
    resource: str = ""
    note: str = ""
    project: Project | None = None
    passages: Rows = field(default_factory=list)
    key: str = ""
    """Under which it can be traced, if it can."""
    is_focus: bool = False
    is_inferred: bool = False
    group: str = ""


@dataclass(frozen=True)
class Column:
    """A column of nodes; ``edges`` lead to the next column."""

    heading: str
    nodes: Sequence[Node]
    edges: Sequence[Edge] = field(default_factory=list)

    @property
    def is_dense(self) -> bool:
        """Return whether it has so many projects that each has one line."""
        return len(self.nodes) > MOST


def _by_plan(project: Project) -> str:
    return project.plan


def _by_coordinator(project: Project) -> str:
    names = [country["label"] for country in project.coordinators]
    return listed(names) if names else "no coordinator stated"


def _by_year(project: Project) -> str:
    found = [strip.read_edtf(time["edtf"]) for time in project.times]
    starts = [*(int(time.start) for time in found if time), *project.yearly]
    return f"from {min(starts)}" if starts else "no time stated"


#: The ways to group the projects of a trace, by name.
GROUPS: Final[dict[str, Callable[[Project], str]]] = {
    "plan": _by_plan,
    "coordinator": _by_coordinator,
    "year": _by_year,
}


def columns(found: Trace, known: Index, group: str = "") -> list[Column]:
    """Return the columns of a trace, its projects in groups of one of `GROUPS`."""
    if found.thing.kind == "project":
        return _up(found, known)
    return _down(found, known, group)


def period(projects: Iterable[Project]) -> tuple[int, int]:
    """Return the first and the last year of the plans of ``projects``, of which the last 100."""
    known = [project for project in projects if project.first and project.last]
    firsts, lasts = [p.first for p in known], [p.last for p in known]
    return (max(min(firsts), max(lasts) - _MOST_YEARS + 1), max(lasts)) if known else (0, 0)


def times(project: Project) -> list[strip.Time]:
    """Return the marks of a project on a strip of years."""
    marks = [*strip.yearly(project.yearly, "each year")]
    for time in project.times:
        if mark := strip.read_edtf(time["edtf"]):
            label = f"{time['printed']}: {time['status']}"
            done = time["status"] == "completed"
            marks.append(strip.Time(mark.shape, mark.start, mark.end, label, done))
    return marks


def first(found: Sequence[Column], most: int) -> list[Column]:
    """Return the columns with the first ``most`` nodes of each group."""
    places = [_first_places(column.nodes, most) for column in found]
    return [
        replace(
            column,
            nodes=[column.nodes[place] for place in own],
            edges=[
                replace(edge, left=own[edge.left], right=following[edge.right])
                for edge in column.edges
                if edge.left in own and edge.right in following
            ],
        )
        for column, own, following in zip(found, places, [*places[1:], {}], strict=True)
    ]


def _first_places(nodes: Sequence[Node], most: int) -> dict[int, int]:
    """Return the new places of the first nodes of each group, by the old ones."""
    kept: list[int] = []
    start = 0
    for place, node in enumerate(nodes):
        start = place if node.group else start
        if place - start < most:
            kept.append(place)
    return {place: number for number, place in enumerate(kept)}


def draw(found: Sequence[Column]) -> Element:
    """Return the columns as one drawing, the projects with their times."""
    years = period(node.project for column in found for node in column.nodes if node.project)
    return chain.draw([_drawn(column, years) for column in found])


def _drawn(column: Column, years: tuple[int, int]) -> chain.Column:
    has_times = any(node.project for node in column.nodes) and years != (0, 0)
    cards = [_card(node, years if has_times else None) for node in column.nodes]
    width, scale = (490, strip.years(*years)) if has_times else (200, None)
    return chain.Column(column.heading, width, cards, column.edges, scale)


def _card(node: Node, years: tuple[int, int] | None) -> chain.Card:
    project = node.project if years else None
    return chain.Card(
        title=node.name or node.note,
        text=node.text or node.kind,
        note=described(project) if project else node.note,
        drawing=strip.strip(times(project), *years) if project and years else None,
        is_strong=node.is_focus,
    )


def described(project: Project) -> str:
    """Return the time, coordinators and completion of a project in words."""
    names = [country["label"] for country in project.coordinators]
    time = "; ".join(project.printed) or "no time stated"
    who = listed(names) if names else "no coordinator stated"
    return f"{time} · {who} · completion: {project.status or 'not stated'}"


def _down(found: Trace, known: Index, group: str) -> list[Column]:
    """Return a column for each thing above and the thing, and one for its projects."""
    line = [*reversed(known.above(found.thing)), found.thing]
    single = [Column(each.kind, [_thing(each, each is found.thing)], [Edge(0, 0)]) for each in line]
    nodes = _projects(found.projects, found, known, group)
    total = sum(1 for thing in known.things.values() if thing.kind == "project")
    heading = f"{len(nodes)} of {total} projects"
    if found.partner_in:
        nodes = [
            *_within(_COORDINATES, nodes),
            *_within(_PARTNER, _projects(found.partner_in, found, known, group)),
        ]
        heading += f", partner in {len(found.partner_in)}"
    if not nodes:
        return [*single[:-1], Column(single[-1].heading, single[-1].nodes)]
    edges = [Edge(0, place, node.is_inferred) for place, node in enumerate(nodes)]
    last = Column(single[-1].heading, single[-1].nodes, edges)
    return [*single[:-1], last, Column(heading, nodes)]


def _within(role: str, nodes: Sequence[Node]) -> list[Node]:
    """Return the nodes of a role, of which the first has its name, and those of groups too."""
    if not nodes:
        return []
    if not nodes[0].group:
        return [replace(nodes[0], group=f"{role} ({len(nodes)})"), *nodes[1:]]
    return [replace(n, group=f"{role}: {n.group}") if n.group else n for n in nodes]


def _projects(projects: Sequence[Project], found: Trace, known: Index, group: str) -> list[Node]:
    passages = grouped(found.rows, "resource")
    through = any(row["target"] != found.thing.resource for row in found.rows)
    is_named = through or projects is found.partner_in
    nodes = [
        _project(one, passages.get(one.resource, []), found, known, is_named) for one in projects
    ]
    if group not in GROUPS:
        return nodes
    named = sorted(((GROUPS[group](project), node) for project, node in
                    zip(projects, nodes, strict=True)), key=lambda pair: pair[0])  # fmt: skip
    headed: list[Node] = []
    for title, pairs in groupby(named, key=lambda pair: pair[0]):
        first, *rest = (node for _, node in pairs)
        headed += [replace(first, group=f"{title} ({len(rest) + 1})"), *rest]
    return headed


def _project(project: Project, passages: Rows, found: Trace, known: Index, is_named: bool) -> Node:
    """Return a project with its passages; ``is_named`` if its note says what links it."""
    return Node(
        kind="project",
        name=project.number,
        text=project.title,
        resource=project.resource,
        note=_links(passages, found) if is_named else "",
        project=project,
        passages=passages,
        key=known.things[project.resource].key,
        is_inferred=all(row["states"] == "false" for row in passages),
    )


def _links(passages: Rows, found: Trace) -> str:
    """Return by which links passages lead to a thing: `prints it; supports ASCC E.2.i`."""
    links: dict[str, dict[str, None]] = {}
    for row in passages:
        is_own = row["target"] == found.thing.resource and not found.partner_in
        links.setdefault(row["relation"], {})["it" if is_own else row["through"]] = None
    return "; ".join(f"{relation} {listed(list(names))}" for relation, names in links.items())


def _thing(thing: Thing, is_focus: bool = False, note: str = "") -> Node:
    return Node(
        kind=thing.kind,
        name=thing.code,
        text=thing.text or _rest(thing),
        resource=thing.resource,
        note=note or counted(thing.projects, "project"),
        key=thing.key,
        is_focus=is_focus,
    )


def _rest(thing: Thing) -> str:
    """Return the label of a thing without its code."""
    rest = thing.label.removeprefix(thing.code).strip()
    return "" if thing.code in thing.label.split() and rest == thing.label else rest


def _up(found: Trace, known: Index) -> list[Column]:
    """Return columns of blueprints, headings and targets, of the project, and of others."""
    stated = grouped((row for row in found.rows if row["side"] == "above"), "resource")
    things = [known.things[iri] for iri in stated if iri in known.things]
    ends = [thing for thing in things if not any(_is_below(t, thing, known) for t in things)]
    paths = sorted(([*reversed(known.above(end)), end] for end in ends), key=_order(known))
    depth = max((len(path) for path in paths), default=0)
    own = Node("project", found.thing.code, found.thing.label, found.thing.resource,
               project=found.projects[0] if found.projects else None, is_focus=True)  # fmt: skip
    levels = [_level(paths, place, depth, stated) for place in range(depth)]
    beside = [_beside(rows, known) for rows in grouped(_others(found.rows), "resource").values()]
    edges = [Edge(0, place, node.is_inferred) for place, node in enumerate(beside)]
    return [
        *levels,
        Column("project", [own], edges),
        *([Column("with whom, by what means", beside)] if beside else []),
    ]


def _order(known: Index) -> Callable[[Sequence[Thing]], list[int]]:
    places = {iri: place for place, iri in enumerate(known.things)}
    return lambda path: [places[thing.resource] for thing in path]


def _is_below(thing: Thing, other: Thing, known: Index) -> bool:
    return other in known.above(thing)


def _level(
    paths: Sequence[Sequence[Thing]], place: int, depth: int, stated: dict[str, Rows]
) -> Column:
    """Return one column of the paths; one that has ended goes on as a row without a thing."""
    rows = dict.fromkeys(tuple(path[: place + 1]) for path in paths)
    nodes = [_step(row, place, stated) for row in rows]
    after = dict.fromkeys(tuple(path[: place + 2]) for path in paths)
    own = {row: number for number, row in enumerate(rows)}
    edges = [Edge(own[row[: place + 1]], number) for number, row in enumerate(after)]
    if place + 1 == depth:
        edges = [Edge(number, 0) for number in range(len(nodes))]
    kinds = dict.fromkeys(node.kind for node in nodes if node.kind)
    return Column(", ".join(kinds), nodes, edges)


def _step(row: Sequence[Thing], place: int, stated: dict[str, Rows]) -> Node:
    if len(row) <= place:
        return Node("", "", note="none cited")
    thing = row[place]
    passages = stated.get(thing.resource, [])
    relations = dict.fromkeys(passage["relation"] for passage in passages)
    return replace(_thing(thing, note=", ".join(relations)), passages=passages)


def _others(rows: Rows) -> Rows:
    """Return the rows about what is beside a project; a budget is left out if a fund repeats it."""
    beside = [row for row in rows if row["side"] == "beside"]
    words = [(row["words"], row["line"]) for row in beside]
    return [
        row
        for row in beside
        if row["relation"] != "has budget" or words.count((row["words"], row["line"])) == 1
    ]


def _beside(rows: Rows, known: Index) -> Node:
    first = rows[0]
    inferred = all(row["states"] == "false" for row in rows)
    is_budget = first["relation"] == "has budget"
    traced = known.things.get(first["resource"])
    return Node(
        kind=first["relation"],
        name=first["words"] if is_budget else first["label"],
        resource=first["resource"],
        note=f"curator's inference, {first['status']}" if inferred else "",
        passages=rows,
        key=traced.key if traced else "",
        is_inferred=inferred,
    )
