"""The coverage of targets or areas by projects: who stands behind which, and where nobody does."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from accsm_kg.errors import check_name
from accsm_kg.lookups import Ask, Lookup, Row, Rows, grouped
from accsm_kg.rdf import query_files
from accsm_kg.rdf.terms import natural

_QUERIES = Path(__file__).parent / "queries"
_PASSAGE = ("source", "line", "locator", "words")
_ROW = ("code", "label", "text", "group", "kind")

#: What the rows can be, each with a query in queries/rows/.
ROWS: Final = ("targets", "areas", "themes")
#: The orders of the projects of a plan, and the words for them.
ORDERS: Final = {
    "number": "number in the plan",
    "links": "number of links",
    "time": "first time",
    "coordinator": "coordinator",
}
#: What the source says of the time of a project.
MARKS: Final = {
    "completed": "an activity marked completed",
    "dated": "dated, nothing marked completed",
    "yearly": "yearly only",
    "untimed": "time not stated or to be determined",
}


@dataclass(frozen=True)
class Project:
    """A project; ``mark`` is one of `MARKS`, ``time`` is as printed or says that it is not."""

    iri: str
    number: str
    title: str
    plan: str
    mark: str
    time: str
    start: str
    """The first day of its first activity, empty if there is none."""
    coordinators: Mapping[str, str]
    """The names of the coordinating countries by IRI."""


@dataclass(frozen=True)
class Link:
    """What links a project to a row: a resource, and the passages that state it."""

    iri: str
    project: Project
    passages: Rows


@dataclass(frozen=True)
class Line:
    """A row: a target or area with the links of the projects that are shown, in their order.

    ``group`` is what it stands below, ``kind`` is what it is, in the plural; ``of`` is the number
    of its links, of which a selection leaves some.
    """

    iri: str
    code: str
    label: str
    text: str
    group: str
    kind: str
    links: Sequence[Link]
    of: int

    @property
    def completed(self) -> int:
        """Return how many of its projects have an activity marked completed."""
        return sum(link.project.mark == "completed" for link in self.links)

    @property
    def status(self) -> str:
        """Return in words how many of the projects that are shown have a completed activity."""
        return f"{self.completed or 'none'} with a completed activity" if self.links else ""

    @property
    def nobody(self) -> str:
        """Return in words that none of its projects is shown, or that it has none."""
        if self.links:
            return ""
        if self.of < 2:
            return "its project is not shown" if self.of else "no project"
        return f"none of its {self.of} projects is shown"


@dataclass(frozen=True)
class Gap:
    """What is missing: its members are rows or projects that can be shown alone, or other things.

    ``shows`` is one of `ROWS`, `projects`, or empty; then ``question`` is the name of a stored
    question about the members.
    """

    name: str
    members: Mapping[str, str]
    """The labels of the members by IRI."""
    text: str
    """What is said of so many members."""
    shows: str
    question: str

    @property
    def sentence(self) -> str:
        """Return the number of the members and what is said of them."""
        return f"{len(self.members)} {self.text}"


@dataclass(frozen=True)
class Country:
    """A country with the number of the projects that it coordinates."""

    code: str
    label: str
    iri: str
    projects: int


@dataclass(frozen=True)
class Selection:
    """What is asked for: ``country`` is a code of three letters, ``gap`` the name of a gap.

    Of a ``plan`` are its projects, with the rows that they are linked to or that nobody is.
    """

    rows: str = ROWS[0]
    order: str = next(iter(ORDERS))
    country: str = ""
    gap: str = ""
    plan: str = ""


@dataclass(frozen=True)
class Coverage:
    """The rows and the projects that a selection leaves, and what they were left from.

    ``one`` and ``many`` name the rows. ``plans`` are the projects that are shown by the name of
    their plan; the plans ``apart`` have projects, none of which is linked to a row. ``issued`` are
    the days of the sources that state the times.
    """

    selection: Selection
    title: str
    one: str
    many: str
    lines: Sequence[Line]
    plans: Mapping[str, Sequence[Project]]
    apart: Mapping[str, int]
    all_lines: int
    all_projects: int
    issued: Sequence[str]
    countries: Sequence[Country]
    gaps: Sequence[Gap]

    @property
    def projects(self) -> list[Project]:
        """Return the projects that are shown, in their order."""
        return [project for projects in self.plans.values() for project in projects]

    @property
    def links(self) -> int:
        """Return the number of links that are shown."""
        return sum(len(line.links) for line in self.lines)

    @property
    def marks(self) -> Counter[str]:
        """Return how many of the projects that are shown have each mark."""
        return Counter(project.mark for project in self.projects)

    @property
    def country(self) -> Country | None:
        """Return the country that is selected."""
        return next((one for one in self.countries if one.code == self.selection.country), None)

    @property
    def gap(self) -> Gap | None:
        """Return the gap that is selected."""
        return next((gap for gap in self.gaps if gap.name == self.selection.gap), None)

    def counts(self) -> dict[str, Counter[str]]:
        """Return by kind of row the number of links of each project, by its IRI."""
        found = {line.kind: Counter[str]() for line in self.lines}
        for line in self.lines:
            found[line.kind].update(link.project.iri for link in line.links)
        return found


def coverage(selection: Selection) -> Lookup[Coverage]:
    """Return the coverage that ``selection`` asks for; raises UnknownNameError."""
    check(selection)
    whole = yield from load(selection.rows)
    return select(whole, selection)


def check(selection: Selection) -> None:
    """Raise UnknownNameError if there are no such rows or no such order."""
    check_name("rows", selection.rows, ROWS)
    check_name("order", selection.order, ORDERS)


def load(rows: str) -> Lookup[Coverage]:
    """Return the coverage of one of `ROWS` by all projects."""
    known = _projects((yield _ask("projects")))
    lines = _lines((yield _ask(f"rows/{rows}")), known)
    countries = _countries((yield _ask("countries")))
    gaps = yield from load_gaps()
    issued = [row["issued"] for row in (yield _ask("dates"))]
    names = _header(f"rows/{rows}")
    linked = {link.project.plan for line in lines for link in line.links}
    plans = linked or {project.plan for project in known.values()}
    listed = [project for project in known.values() if project.plan in plans]
    return Coverage(
        selection=Selection(rows),
        title=names["summary"],
        one=names["one"],
        many=names["many"],
        lines=lines,
        plans=_by_plan(listed),
        apart={
            plan: len(projects)
            for plan, projects in _by_plan(known.values()).items()
            if plan not in plans
        },
        all_lines=len(lines),
        all_projects=len(listed),
        issued=issued,
        countries=countries,
        gaps=gaps,
    )


def select(whole: Coverage, selection: Selection) -> Coverage:
    """Return what ``selection`` leaves of the ``whole`` of its rows; raises UnknownNameError."""
    codes = [country.code for country in whole.countries]
    check_name("country", selection.country, codes, optional=True)
    names = [gap.name for gap in whole.gaps if gap.shows]
    check_name("gap", selection.gap, names, optional=True)
    check_name("plan", selection.plan, whole.plans, optional=True)
    return _selected(replace(whole, selection=selection))


def row_names() -> dict[str, str]:
    """Return what each kind of row is called, in the plural."""
    return {name: _header(f"rows/{name}")["many"] for name in ROWS}


def load_gaps() -> Lookup[list[Gap]]:
    """Return the gaps that have members, in the order that their files say."""
    found = {}
    for name in _gap_names():
        found[name] = yield _ask(f"gaps/{name}")
    return [_gap(name, members) for name, members in found.items() if members]


def _selected(whole: Coverage) -> Coverage:
    """Return what the country and the gap of the selection leave of ``whole``."""
    country, gap, plan = whole.country, whole.gap, whole.selection.plan
    links = Counter(link.project.iri for line in whole.lines for link in line.links)
    kept = [
        project
        for project in whole.projects
        if (country is None or country.iri in project.coordinators)
        and (gap is None or gap.shows != "projects" or project.iri in gap.members)
        and plan in ("", project.plan)
    ]
    plans = _by_plan(sorted(kept, key=_order(whole.selection.order, links)))
    shown = [project for projects in plans.values() for project in projects]
    places = {project.iri: place for place, project in enumerate(shown)}
    return replace(
        whole,
        plans=plans,
        lines=[
            replace(line, links=_in_order(line.links, places))
            for line in whole.lines
            if (gap is None or gap.shows == "projects" or line.iri in gap.members)
            and (
                not plan or not line.links or any(link.project.plan == plan for link in line.links)
            )
        ],
    )


def _in_order(links: Sequence[Link], places: Mapping[str, int]) -> list[Link]:
    """Return the links of the projects that have a place, in the order of the places."""
    kept = [link for link in links if link.project.iri in places]
    return sorted(kept, key=lambda link: places[link.project.iri])


def _by_plan(projects: Iterable[Project]) -> dict[str, list[Project]]:
    found: dict[str, list[Project]] = {}
    for project in projects:
        found.setdefault(project.plan, []).append(project)
    return dict(sorted(found.items()))


def _order(name: str, links: Counter[str]) -> Callable[[Project], Any]:
    """Return the key that sorts projects by their number, or by something else before it."""
    first: dict[str, Callable[[Project], Any]] = {
        "number": lambda project: 0,
        "links": lambda project: -links[project.iri],
        "time": lambda project: project.start or f"~{list(MARKS).index(project.mark)}",
        "coordinator": lambda project: list(project.coordinators.values()),
    }
    return lambda project: (first[name](project), natural(project.number))


def _projects(rows: Rows) -> dict[str, Project]:
    """Return projects by IRI from rows for each of their coordinators and cells of time."""
    return {
        iri: Project(
            iri,
            own[0]["number"],
            own[0]["title"],
            own[0]["planLabel"],
            own[0]["mark"],
            "; ".join({row["line"]: row["time"] for row in own}.values()),
            own[0]["start"],
            {row["country"]: row["coordinator"] for row in own if row["country"]},
        )
        for iri, own in grouped(rows, "project").items()
    }


def _lines(rows: Rows, projects: Mapping[str, Project]) -> list[Line]:
    """Return the rows of a coverage from rows for each passage that links a project."""
    return [_line(iri, own, projects) for iri, own in grouped(rows, "row").items()]


def _line(iri: str, rows: Rows, projects: Mapping[str, Project]) -> Line:
    links = [
        Link(passages[0]["link"], projects[project], _passages(passages))
        for project, passages in grouped(rows, "project").items()
        if project in projects
    ]
    code, label, text, group, kind = (rows[0][name] for name in _ROW)
    return Line(iri, code, label, text, group, kind, links, len(links))


def _passages(rows: Rows) -> Rows:
    """Return the passages among ``rows``, each once."""
    found = [{name: row[name] for name in _PASSAGE} for row in rows]
    return [row for place, row in enumerate(found) if row not in found[:place]]


def _countries(rows: Rows) -> list[Country]:
    return [
        Country(row["code"], row["label"], row["country"], int(row["projects"])) for row in rows
    ]


def _gap(name: str, rows: Rows) -> Gap:
    header = _header(f"gaps/{name}")
    labels = Counter(row["label"] for row in rows)
    members = {
        row["member"]: row["label"] if labels[row["label"]] == 1 else _path(row) for row in rows
    }
    text = header["one" if len(members) == 1 else "many"].format(**rows[0])
    return Gap(name, members, text, header.get("shows", ""), header.get("question", ""))


def _path(row: Row) -> str:
    """Return what tells a member from others with its label: its key, or the path of its IRI."""
    return row.get("key") or row["member"].partition("/id/")[2]


def _ask(name: str) -> Ask:
    return Ask(_QUERIES / f"{name}.rq")


@cache
def _header(name: str) -> dict[str, Any]:
    return query_files.read(_QUERIES / f"{name}.rq")[1]


@cache
def _gap_names() -> list[str]:
    names = [path.stem for path in (_QUERIES / "gaps").glob("*.rq")]
    return sorted(names, key=lambda name: int(_header(f"gaps/{name}")["order"]))
