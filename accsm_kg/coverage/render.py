"""Render a coverage as a table for people, as JSON, CSV and TSV, and as a picture."""

import json
from typing import Any, Final

from pyoxigraph import Store
from rich.table import Column
from rich.text import Text

from accsm_kg.coverage import draw, words
from accsm_kg.coverage.model import Coverage, Line, Link, Selection, coverage
from accsm_kg.lookups import Row
from accsm_kg.pictures import svg
from accsm_kg.query import TABLE, look_up
from accsm_kg.terminal import check_format, delimited, table
from accsm_kg.terminal import draw as to_text

FORMATS: Final = (TABLE, "json", "csv", "tsv", "svg")

#: What the table adds to the number of a project, by its mark.
_SIGNS = {"completed": "✓", "dated": "", "yearly": " (yearly)", "untimed": " (no time)"}


def run(store: Store, selection: Selection, fmt: str = TABLE) -> str:
    """Return the coverage that ``selection`` asks for in one of `FORMATS`.

    Raises UnknownNameError for an unknown format or a value that does not exist.
    """
    check_format(fmt, FORMATS)
    found = look_up(store, coverage(selection))
    return _text(found) if fmt == TABLE else write(found, fmt)


def write(found: Coverage, fmt: str) -> str:
    """Return a coverage in one of `FORMATS` for programs."""
    if fmt == "svg":
        return svg.standalone(draw.matrix(found, str), found.title).decode()
    if fmt == "json":
        return json.dumps(_document(found), ensure_ascii=False, indent=2) + "\n"
    return delimited(records(found), fmt)


def records(found: Coverage) -> list[Row]:
    """Return a record for each passage that links a project, and for each row without projects."""
    return [
        _record(line, link, passage)
        for line in found.lines
        for link in (line.links or (None,))
        for passage in (link.passages if link else ({},))
    ]


def _record(line: Line, link: Link | None, passage: Row) -> Row:
    project = link.project if link else None
    return {
        **{name: getattr(line, name) for name in ("code", "label", "text", "group", "kind")},
        **{
            name: getattr(project, name, "") for name in ("plan", "number", "title", "mark", "time")
        },
        "coordinators": ", ".join(project.coordinators.values()) if project else "",
        **{name: passage.get(name, "") for name in ("source", "line", "locator", "words")},
        "row": line.iri,
        "project": project.iri if project else "",
        "link": link.iri if link else "",
    }


def _document(found: Coverage) -> dict[str, Any]:
    return {
        "title": found.title,
        "selection": vars(found.selection),
        "projects": len(found.projects),
        "links": found.links,
        "marks": found.marks,
        "issued": found.issued,
        "plans": {plan: list(map(vars, projects)) for plan, projects in found.plans.items()},
        "rows": [_row(line) for line in found.lines],
        "gaps": [{"number": len(gap.members), **vars(gap)} for gap in found.gaps],
    }


def _row(line: Line) -> dict[str, Any]:
    links = [{**vars(link), "project": link.project.iri} for link in line.links]
    return {**vars(line), "projects": len(links), "completed": line.completed, "links": links}


def _text(found: Coverage) -> str:
    if problem := words.empty(found):
        return to_text(Text(problem))
    count = Column("Projects", justify="right")
    columns = ("Code", count, "With a completion", f"{found.title} (✓: with a completion)")
    rows = [
        (line.code, str(len(line.links)), str(line.completed or "none"), _projects(line))
        for line in found.lines
    ]
    notes = [words.summary(found), words.caveat(found), *words.apart(found)]
    notes += [f"Gap: {gap.sentence} ({gap.name})" for gap in found.gaps]
    return to_text(table(columns, rows), Text(), *map(Text, notes))


def _projects(line: Line) -> str:
    return ", ".join(f"{e.project.number}{_SIGNS[e.project.mark]}" for e in line.links)
