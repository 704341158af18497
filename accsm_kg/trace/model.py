"""The trace of a code, project number or name: its links to blueprints above and projects below."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from accsm_kg.lookups import Ask, Lookup, Row, Rows
from accsm_kg.namespaces import BASE
from accsm_kg.query import join

_QUERIES = Path(__file__).parent / "queries"


@dataclass(frozen=True)
class Trace:
    """The links of one resource, and the passages of the sources that state them.

    ``above`` holds the resource and the resources above it. ``rows`` has a row for each passage,
    with its line and words: statements about a project, or projects linked to another resource.
    ``gaps`` are sentences about missing information, ``issues`` are curation issues.
    """

    resource: str
    kind: str
    label: str
    above: Rows
    rows: Rows
    gaps: list[str]
    issues: Rows


def trace(key: str, base: str = BASE) -> Lookup[Trace]:
    """Return the trace of ``key``: down to the projects, or up from a project.

    The key is a project number (`33`, `2016-2020/33`), a code (`A.2.2.iv`, `ASCC A.2.v`, `E.1`), a
    country (`KHM`, `Cambodia`), a priority area (`C`), a blueprint (`apsc-2025`), or the path of
    the resource (`thematic-area/6`). Raises ValueError with suggestions unless it names exactly
    one resource.
    """
    subject = find(key, (yield _ask("keys")), base)
    this = subject["resource"]
    if subject["kind"] == "project":
        found = (yield _ask("statements", this)) + (yield _ask("roll-up", this))
        gaps = [row["gap"] for row in (yield _ask("gaps", this))]
    else:
        found = _projects((yield _ask("projects", this)))
        gaps = list(_gaps(subject, found, (yield _ask("sections"))))
    return Trace(
        resource=this,
        kind=subject["kind"],
        label=subject["label"],
        above=join((yield _ask("above", this)), "line"),
        rows=found,
        gaps=gaps,
        issues=(yield _ask("issues", this)),
    )


def find(key: str, keys: Rows, base: str) -> Row:
    """Return the IRI, the kind and the label of the one of ``keys`` that ``key`` names."""
    wanted = key.strip().removeprefix(base).removeprefix("id/").casefold()
    named: dict[str, dict[str, Row]] = {}
    for row in keys:
        path = row["resource"].removeprefix(f"{base}id/")
        subject = {name: row[name] for name in ("resource", "kind", "label")}
        for name in _names(path, row):
            named.setdefault(name, {})[path] = subject
    found = named.get(wanted, {})
    if wanted.isdigit():
        found = {path: row for path, row in found.items() if row["kind"] == "project"} or found
    if len(found) == 1:
        return next(iter(found.values()))
    if found:
        raise ValueError(f"'{key}' names several resources; use one of: {_choices(found)}")
    close = get_close_matches(wanted, named, n=4, cutoff=0.5)
    near = {path: row for name in close for path, row in named[name].items()}
    hint = f"similar: {_choices(near)}" if near else "try A.2.2.iv, 33, E.1, KHM or apsc-2025"
    raise ValueError(f"no resource is called '{key}'; {hint}")


def _names(path: str, row: Row) -> Iterator[str]:
    """Yield the keys of a resource: its path, each end of the path, its labels and codes."""
    parts = path.split("/")
    tails = ["/".join(parts[start:]) for start in range(len(parts))]
    for name in (*tails, f"{row['kind']} {parts[-1]}", row["label"], row["name"]):
        yield name.casefold()


def _choices(found: dict[str, Row]) -> str:
    return "; ".join(f"{path} ({row['kind']} {row['label']})" for path, row in found.items())


def _projects(linked: Rows) -> Rows:
    """Return the passages that link projects to a resource, each with coordinators and time."""
    passages = join(linked, "coordinators")
    passages = join(passages, "time", " ‖ ", per="timeLine")
    return [{name: row[name] for name in row if name != "timeLine"} for row in passages]


def _gaps(subject: Row, passages: Rows, sections: Rows) -> Iterator[str]:
    if not passages:
        yield f"no project is linked to {subject['label']}"
        return
    if all(row["completed"] == "false" for row in passages):
        yield "no linked project has an activity marked as completed at publication"
    timeless = dict.fromkeys(row["number"] for row in passages if not row["time"])
    if timeless:
        yield f"no time is stated for project{'s' * (len(timeless) > 1)} {', '.join(timeless)}"
    if subject["kind"] != "thematic area":
        plans = [row["plan"] for row in sections]
        present = {row["plan"] for row in passages}
        yield from (f"no project of the {plan}" for plan in plans if plan not in present)


def _ask(name: str, this: str = "") -> Ask:
    return Ask(_QUERIES / f"{name}.rq", this)
