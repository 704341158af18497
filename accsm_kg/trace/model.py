"""The trace of a code, project number or name: its links to blueprints above and projects below."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from pyoxigraph import NamedNode, Store

from accsm_kg.namespaces import BASE
from accsm_kg.query import join, rows
from accsm_kg.rdf.dataset import base_iri

#: A row of a query result or a table: column names and values.
Row = dict[str, str]

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
    above: list[Row]
    rows: list[Row]
    gaps: list[str]
    issues: list[Row]


def trace(store: Store, key: str) -> Trace:
    """Return the trace of ``key``: down to the projects, or up from a project.

    The key is a project number (`33`, `2016-2020/33`), a code (`A.2.2.iv`, `ASCC A.2.v`, `E.1`), a
    country (`KHM`, `Cambodia`), a priority area (`C`), a blueprint (`apsc-2025`), or the path of
    the resource (`thematic-area/6`). Raises ValueError with suggestions unless it names exactly
    one resource.
    """
    subject = _find(store, key)
    node = NamedNode(subject["resource"])
    if subject["kind"] == "project":
        found = _ask(store, "statements", node) + _ask(store, "roll-up", node)
        gaps = [row["gap"] for row in _ask(store, "gaps", node)]
    else:
        found = _projects(store, node)
        gaps = list(_gaps(store, subject, found))
    return Trace(
        resource=subject["resource"],
        kind=subject["kind"],
        label=subject["label"],
        above=join(_ask(store, "above", node), "line"),
        rows=found,
        gaps=gaps,
        issues=_ask(store, "issues", node),
    )


def _find(store: Store, key: str) -> Row:
    """Return the IRI, the kind and the label of the one resource that ``key`` names."""
    base = base_iri(store, BASE)
    wanted = key.strip().removeprefix(base).removeprefix("id/").casefold()
    named: dict[str, dict[str, Row]] = {}
    for row in _ask(store, "keys"):
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


def _projects(store: Store, node: NamedNode) -> list[Row]:
    """Return the passages that link projects to ``node``, each with coordinators and time."""
    passages = join(_ask(store, "projects", node), "coordinators")
    passages = join(passages, "time", " ‖ ", per="timeLine")
    return [{name: row[name] for name in row if name != "timeLine"} for row in passages]


def _gaps(store: Store, subject: Row, passages: Sequence[Row]) -> Iterator[str]:
    if not passages:
        yield f"no project is linked to {subject['label']}"
        return
    if all(row["completed"] == "false" for row in passages):
        yield "no linked project has an activity marked as completed at publication"
    timeless = dict.fromkeys(row["number"] for row in passages if not row["time"])
    if timeless:
        yield f"no time is stated for project{'s' * (len(timeless) > 1)} {', '.join(timeless)}"
    if subject["kind"] != "thematic area":
        plans = [row["plan"] for row in _ask(store, "sections")]
        present = {row["plan"] for row in passages}
        yield from (f"no project of the {plan}" for plan in plans if plan not in present)


def _ask(store: Store, name: str, this: NamedNode | None = None) -> list[Row]:
    return rows(store, _QUERIES / f"{name}.rq", this)
