"""The trace of a thing: its links to blueprints above and projects below."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from accsm_kg.lookups import Ask, Lookup, Row, Rows, grouped, whole
from accsm_kg.namespaces import BASE
from accsm_kg.query import join
from accsm_kg.trace import sentences
from accsm_kg.trace.index import QUERIES, Index, Thing, index

_PROJECT = "project"
_NO_WORDS = dict.fromkeys(("source", "line", "locator", "words"), "")
_NOT_PRINTED = dict.fromkeys(("source", "line", "reliability"), "")
_NAMING = ("coordinator", "partner")  # facts whose value is a thing


@dataclass(frozen=True)
class Project:
    """A project with what is stated of it.

    ``printed`` are the lines of its time as printed; ``times`` have the columns edtf, status and
    printed, coordinators and partners resource and label. In the years ``yearly`` it may recur.
    ``first`` and ``last`` are the years of its plan.
    """

    resource: str
    number: str
    title: str
    plan: str
    first: int
    last: int
    status: str
    completed: bool
    coordinators: Rows
    partners: Rows
    printed: list[str]
    times: Rows
    yearly: list[int]


@dataclass(frozen=True)
class Trace:
    """The links of one thing, and the passages of the sources that state them.

    ``above`` holds the thing and what is above it. ``rows`` has a row for each passage, with its
    line and words: statements about a project, or projects linked to another thing. ``projects``
    are those linked to it, or the project itself. ``partner_in`` are other projects that name a
    country, or a group of which it is a member, as potential partner. ``together`` has a row for
    each link of the ``projects`` to another target. ``ways`` are sentences about links of several
    kinds, ``gaps`` about what the sources leave open.
    """

    thing: Thing
    above: Rows
    rows: Rows
    projects: list[Project]
    partner_in: list[Project]
    together: Rows
    siblings: list[Thing]
    ways: list[str]
    gaps: list[str]
    issues: Rows

    @property
    def all_projects(self) -> list[Project]:
        """Return the projects, and those in which it is a potential partner."""
        return [*self.projects, *self.partner_in]


def trace(key: str, base: str = BASE) -> Lookup[Trace]:
    """Return the trace of what ``key`` names: down to the projects, or up from a project.

    The key is a project number (`33`, `2016-2020/33`), a code (`A.2.2.iv`, `ASCC A.2.v`, `E.1`), a
    country (`KHM`, `Cambodia`), a blueprint (`apsc-2025`), a path (`thematic-area/6`), a short name
    (`priority-area:C`) or an IRI. Raises UnknownKeyError or AmbiguousKeyError.
    """
    found = yield from index(base)
    return (yield from trace_thing(found.find(key), found))


def trace_thing(thing: Thing, known: Index) -> Lookup[Trace]:
    """Return the trace of one of the things ``known``."""
    this = thing.resource
    below = [each.resource for each in known.below(thing)]
    partners: Rows = []
    if thing.kind == _PROJECT:
        stated = (yield _ask("statements", this)) + (yield _ask("roll-up", this))
        linked = [this]
    else:
        stated = _marked((yield _ask("links", *below)), (yield _ask("own", *below)))
        linked = _values(stated, "resource")
        partners = yield _ask("partners", this)
        stated, partners = yield from _labelled(stated, partners)
    others = [iri for iri in _values(partners, "resource") if iri not in linked]
    stated += partners
    stated = _quoted(stated, (yield _ask("passages", *_values(stated, "evidence"))))
    found: dict[str, Rows] = {}
    for name, iris in (
        ("projects", [*linked, *others]),
        ("facts", [*linked, *others]),
        ("gaps", linked),
        ("together", linked),
    ):
        found[name] = (yield _ask(name, *iris)) if iris else []
    labels = yield from _labels(_named(found["facts"]))
    own = [row for row in found["projects"] if row["resource"] not in others]
    rest = [row for row in found["projects"] if row["resource"] in others]
    projects = _projects(own, found["facts"], labels)
    partner_in = _projects(rest, found["facts"], labels)
    rows = stated if thing.kind == _PROJECT else _passages(stated, [*projects, *partner_in])
    plans = yield _ask("plans", this)
    above = yield _ask("above", this, *(each.resource for each in known.above(thing)))
    printed = yield _ask("printed", *_values(above, "resource"))
    return Trace(
        thing=thing,
        above=join(_placed(above, printed), "line"),
        rows=rows,
        projects=projects,
        partner_in=partner_in,
        together=[row for row in found["together"] if row["target"] not in below],
        siblings=known.siblings(thing),
        ways=[] if thing.kind == _PROJECT or partner_in else sentences.ways(rows),
        gaps=[
            *sentences.missing(thing.verb, own, plans),
            *sentences.gaps(found["gaps"], len(projects)),
            *sentences.completion(own),
        ],
        issues=(yield _ask("issues", this)),
    )


def cells(rows: Sequence[Row], between: str = " / ") -> Iterator[Row]:
    """Yield a row for each printed cell, with all its lines, of the rows for its passages.

    What stands ``between`` the words of two lines is not printed in the source.

    >>> one = {"target": "t", "source": "1", "locator": "c", "states": "true"}
    >>> lines = [one | {"line": "7", "words": "a"}, one | {"line": "9", "words": "b"}]
    >>> [(row["line"], row["words"]) for row in cells(lines)]
    [('7-9', 'a / b')]
    """
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        rest = (row[name] for name in row if name not in ("line", "words", "states"))
        found.setdefault(tuple(rest), []).append(row)
    for lines in found.values():
        first, last = lines[0]["line"], lines[-1]["line"]
        words = between.join(dict.fromkeys(row["words"] for row in lines))
        line = first if first == last else f"{first}-{last}"
        yield {**lines[0], "line": line, "words": words, "states": ""}


def _values(rows: Rows, column: str) -> list[str]:
    """Return the values of a column that are not empty, each once."""
    return [value for value in dict.fromkeys(row[column] for row in rows) if value]


def _quoted(rows: Rows, passages: Rows) -> Rows:
    """Return rows with the words of their evidence, in the order of the lines of each link."""
    words = {row["evidence"]: row for row in passages}
    places = {row["evidence"]: place for place, row in enumerate(passages)}
    found: dict[tuple[str, ...], Rows] = {}
    for row in rows:
        link = tuple(row[name] for name in row if name not in ("evidence", "states"))
        found.setdefault(link, []).append(row)
    return [
        {**_without(row, "evidence"), **_without(words.get(row["evidence"], _NO_WORDS), "evidence")}
        for link in found.values()
        for row in sorted(link, key=lambda row: places.get(row["evidence"], 0))
    ]


def _placed(above: Rows, printed: Rows) -> Rows:
    """Return a row for each place where the names of the things ``above`` are printed."""
    places = grouped(printed, "resource")
    return [row | place for row in above for place in places.get(row["resource"], [_NOT_PRINTED])]


def _without(row: Row, column: str) -> Row:
    return {name: value for name, value in row.items() if name != column}


def _marked(links: Rows, own: Rows) -> Rows:
    """Return links whose ``states`` is false for passages that are not the link's ``own``."""
    passages: dict[tuple[str, str], set[str]] = {}
    for row in own:
        passages.setdefault((row["resource"], row["target"]), set()).add(row["evidence"])

    def is_of_others(row: Row) -> bool:
        found = passages.get((row["resource"], row["target"]), set())
        return bool(found) and row["evidence"] not in found

    return [row | {"states": "false"} if is_of_others(row) else row for row in links]


def _labels(iris: Sequence[str]) -> Lookup[dict[str, str]]:
    rows = (yield _ask("labels", *iris)) if iris else []
    return {row["resource"]: row["label"] for row in reversed(rows)}


def _labelled(*parts: Rows) -> Lookup[list[Rows]]:
    """Return the parts with the label of what each row names in the column ``through``."""
    labels = yield from _labels(_values([row for rows in parts for row in rows], "named"))
    return [
        sorted(
            (
                {("through" if name == "named" else name): value for name, value in row.items()}
                | {"through": labels.get(row["named"], "")}
                for row in rows
            ),
            key=lambda row: (row["resource"], row["relation"], row["through"]),
        )
        for rows in parts
    ]


def _named(facts: Rows) -> list[str]:
    return _values([fact for fact in facts if fact["fact"] in _NAMING], "value")


def _projects(rows: Rows, facts: Rows, labels: dict[str, str]) -> list[Project]:
    by_project = grouped(facts, "resource")
    return [
        _project(row, grouped(by_project.get(row["resource"], []), "fact"), labels) for row in rows
    ]


def _project(row: Row, facts: dict[str, Rows], labels: dict[str, str]) -> Project:
    named = {
        name: sorted(
            (
                {"resource": fact["value"], "label": labels.get(fact["value"], "")}
                for fact in facts.get(name, [])
            ),
            key=lambda one: one["label"],
        )
        for name in _NAMING
    }
    times = [
        {"edtf": fact["value"], "status": fact["status"], "printed": fact["text"]}
        for fact in facts.get("time", [])
    ]
    return Project(
        resource=row["resource"],
        number=row["number"],
        title=row["title"],
        plan=row["plan"],
        first=whole(row["first"]),
        last=whole(row["last"]),
        status=row["status"],
        completed=row["completed"] == "true",
        coordinators=named["coordinator"],
        partners=named["partner"],
        printed=[fact["text"] for fact in facts.get("printed", [])],
        times=times,
        yearly=[whole(fact["value"]) for fact in facts.get("yearly", [])],
    )


def _passages(links: Rows, projects: Sequence[Project]) -> Rows:
    """Return a row for each passage, in the order of the projects, with facts about its project."""
    by_project = grouped(links, "resource")
    return [
        _facts(project) | link
        for project in projects
        for link in by_project.get(project.resource, [])
    ]


def _facts(project: Project) -> Row:
    return {
        "number": project.number,
        "title": project.title,
        "plan": project.plan,
        "coordinators": ", ".join(country["label"] for country in project.coordinators),
        "partners": ", ".join(partner["label"] for partner in project.partners),
        "time": "; ".join(project.printed),
        "completed": str(project.completed).lower(),
        "completion": project.status,
        "resource": project.resource,
    }


def _ask(name: str, *iris: str) -> Ask:
    return Ask(QUERIES / f"{name}.rq", iris)
