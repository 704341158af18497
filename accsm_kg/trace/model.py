"""Turn a code, a project number or a name into the chain it stands in, with the source's words."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from pyoxigraph import Literal, NamedNode, QuerySolutions, Store

from accsm_kg.namespaces import BASE, reminter
from accsm_kg.rdf import query_files
from accsm_kg.rdf.dataset import base_iri

Row = dict[str, str]

_QUERIES = Path(__file__).parent / "queries"


@dataclass(frozen=True)
class Chain:
    """What the dataset says of one resource.

    ``above`` is the resource with what it stands under. ``rows`` are, for a project, what its
    plan says of it, else the projects linked to the resource: one row for each passage of a
    source, with its line and its words. ``gaps`` is what is missing and ``issues`` are the readings
    of the curator on which the chain rests.
    """

    resource: str
    kind: str
    label: str
    above: list[Row]
    rows: list[Row]
    gaps: list[str]
    issues: list[Row]


def follow(store: Store, key: str) -> Chain:
    """Return what ``key`` is linked to: down to the projects, or up from a project.

    The key is a project number (`33`, `2016-2020/33`), a code (`A.2.2.iv`, `ASCC A.2.v`, `E.1`), a
    country (`KHM`, `Cambodia`), a priority area (`C`), a blueprint (`apsc-2025`), or the path of
    the resource (`thematic-area/6`). Raises ValueError that names close ones when it is unknown.
    """
    subject = _find(store, key)
    node = NamedNode(subject["resource"])
    project = subject["kind"] == "project"
    rows = _statements(store, node) if project else _projects(store, node)
    gaps = _project_gaps(store, node) if project else _gaps(store, subject, rows)
    return Chain(
        resource=node.value,
        kind=subject["kind"],
        label=subject["label"],
        above=merge(_ask(store, "above", node), "line"),
        rows=rows,
        gaps=list(gaps),
        issues=_ask(store, "issues", node),
    )


def _find(store: Store, key: str) -> Row:
    """Return the resource that goes by the name ``key``: its IRI, its kind and its label."""
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
        raise ValueError(f"'{key}' is more than one thing; say which: {_choices(found)}")
    close = get_close_matches(wanted, named, n=4, cutoff=0.5)
    near = {path: row for name in close for path, row in named[name].items()}
    hint = f"close: {_choices(near)}" if near else "try A.2.2.iv, 33, E.1, KHM or apsc-2025"
    raise ValueError(f"nothing is called '{key}'; {hint}")


def _names(path: str, row: Row) -> Iterator[str]:
    """Yield the names of a resource: its path and every tail of it, its labels and codes."""
    parts = path.split("/")
    tails = ["/".join(parts[start:]) for start in range(len(parts))]
    for name in (*tails, f"{row['kind']} {parts[-1]}", row["label"], row["name"]):
        yield name.casefold()


def _choices(found: dict[str, Row]) -> str:
    return "; ".join(f"{path} ({row['kind']} {row['label']})" for path, row in found.items())


def _projects(store: Store, node: NamedNode) -> list[Row]:
    """Return the passages that link a project to ``node``, with coordinators and time on each."""
    rows = _ask(store, "projects", node)
    return [
        {name: value for name, value in row.items() if name != "timeLine"}
        for row in merge(merge(rows, "coordinators", ", "), "time", " ‖ ", along="timeLine")
    ]


def _statements(store: Store, node: NamedNode) -> list[Row]:
    """Return what the plan says of a project, then what is computed from that."""
    return _ask(store, "statements", node) + _ask(store, "roll-up", node)


def _gaps(store: Store, subject: Row, rows: list[Row]) -> Iterator[str]:
    if not rows:
        yield f"no project is linked to {subject['label']}"
        return
    if all(row["completed"] == "false" for row in rows):
        yield "no project here has an activity marked as completed by publication"
    silent = dict.fromkeys(row["number"] for row in rows if not row["time"])
    if silent:
        yield f"no time is stated for project{'s' * (len(silent) > 1)} {', '.join(silent)}"
    if subject["kind"] != "thematic area":
        plans = [row["plan"] for row in _ask(store, "sections")]
        present = {row["plan"] for row in rows}
        yield from (f"no project of the {plan}" for plan in plans if plan not in present)


def _project_gaps(store: Store, node: NamedNode) -> Iterator[str]:
    yield from (row["gap"] for row in _ask(store, "gaps", node))


def _ask(store: Store, name: str, node: NamedNode | None = None) -> list[Row]:
    """Return the answer of a stored SELECT in which `$this` stands for ``node`` (as in SHACL)."""
    text, _ = query_files.read(_QUERIES / f"{name}.rq", reminter(base_iri(store, BASE)))
    results = store.query(text.replace("$this", str(node)) if node else text)
    if not isinstance(results, QuerySolutions):
        raise TypeError(f"{name}.rq must be a SELECT query")
    names = [variable.value for variable in results.variables]
    return [
        {name: _value(term) for name, term in zip(names, solution, strict=True)}
        for solution in results
    ]


def _value(term: object) -> str:
    return term.value if isinstance(term, NamedNode | Literal) else ""


def merge(rows: list[Row], column: str, glue: str = ", ", along: str = "") -> list[Row]:
    """Return the rows that differ only in ``column`` (and ``along``) as one, values joined."""
    kept: dict[tuple[str, ...], Row] = {}
    values: dict[tuple[str, ...], dict[tuple[str, str], None]] = {}
    for row in rows:
        rest = tuple(value for name, value in row.items() if name not in (column, along))
        kept.setdefault(rest, row)
        values.setdefault(rest, {})[row.get(along, ""), row[column]] = None
    return [
        {**row, column: glue.join(value for _, value in values[rest])} for rest, row in kept.items()
    ]
