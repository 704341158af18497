"""Render a trace as a table for people, as JSON, CSV or TSV, or as a picture."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from pyoxigraph import Store
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from accsm_kg.english import counted
from accsm_kg.lookups import Row, Rows
from accsm_kg.namespaces import BASE
from accsm_kg.pictures import svg
from accsm_kg.query import TABLE, join, look_up, short_names
from accsm_kg.rdf.dataset import base_iri
from accsm_kg.terminal import check_format, delimited, draw, table
from accsm_kg.trace import chain
from accsm_kg.trace.chain import Column
from accsm_kg.trace.index import index
from accsm_kg.trace.model import Project, Trace, cells, trace_thing

SVG: Final = "svg"
FORMATS: Final = (TABLE, "json", "csv", "tsv", SVG)

_PASSAGE = ("status", "states", "source", "line", "locator", "words")


def run(store: Store, key: str, fmt: str = TABLE) -> str:
    """Return the trace of ``key`` as text in one of `FORMATS`.

    Raises ValueError for an unknown format, and when the key names no thing or several.
    """
    check_format(fmt, FORMATS)
    known = look_up(store, index(base_iri(store, BASE)))
    found = look_up(store, trace_thing(known.find(key), known))
    if fmt == TABLE:
        return _text(found, short_names(store)(found.thing.resource))
    if fmt == SVG:
        return drawing(found, chain.columns(found, known)).decode()
    return as_json(found) if fmt == "json" else delimited(found.rows, fmt)


def as_json(found: Trace) -> str:
    """Return a trace as one JSON object."""
    values = {**asdict(found.thing), **asdict(found)}
    del values["thing"]
    return json.dumps(values, ensure_ascii=False, indent=2) + "\n"


def drawing(found: Trace, columns: Sequence[Column]) -> bytes:
    """Return the chain of a trace as an SVG file."""
    return svg.standalone(chain.draw(columns), found.thing.question)


def _text(found: Trace, name: str) -> str:
    is_project = found.thing.kind == "project"
    drawn = _plan_table(found.rows) if is_project else _project_table(found, found.projects)
    parts: list[RenderableType] = [Text.assemble((found.thing.label, "bold"), f"  {name}")]
    parts += [*(Text(_heading(row)) for row in found.above), Text()]
    parts += [drawn, Text()] if found.projects else []
    if found.partner_in:
        parts += [Text("Potential partner, itself or in a group:")]
        parts += [_project_table(found, found.partner_in), Text()]
    notes = [*found.ways, *found.gaps, *map(_issue, found.issues), *_others(found)]
    return draw(*parts, *map(Text, notes))


def _project_table(found: Trace, projects: Sequence[Project]) -> Table:
    """Return a table with a row for each project, with its passages in the last column."""
    count = counted(len(projects), "project")
    columns = ("No.", count, "Coordinators", "Time", "Link and words of the source")
    return table(columns, (_project_row(project, found.rows) for project in projects))


def _project_row(project: Project, rows: Rows) -> Sequence[str]:
    own = [row for row in rows if row["resource"] == project.resource]
    links = [{name: row[name] for name in ("relation", "through", *_PASSAGE)} for row in cells(own)]
    joined = (_link(row) for row in join(links, "through"))
    coordinators = ", ".join(country["label"] for country in project.coordinators)
    time = "; ".join(project.printed)
    return project.number, project.title, coordinators, time, "\n".join(joined)


def _link(row: Row) -> str:
    return f"{row['relation']} {row['through']}: {_words(row)}"


def _plan_table(passages: Sequence[Row]) -> Table:
    """Return a table with a row for each passage about a project and the values read from it."""
    values = [
        {**{name: row[name] for name in ("relation", *_PASSAGE)}, "value": _value(row)}
        for row in cells(passages)
    ]
    rows = ((row["relation"], row["value"], _words(row)) for row in join(values, "value", "\n"))
    return table(("Relation", "Value", "Words of the source"), rows)


def _value(row: Row) -> str:
    text = f": {row['text']}" if row["text"] else ""
    status = f" ({row['status']})" if row["status"] not in ("", "not stated") else ""
    code = "" if row["code"] in ("", *row["label"].split()) else f"{row['code']} "
    return f"{code}{row['label']}{text}{status}"


def _words(row: Row) -> str:
    if not row["source"]:
        return "computed"
    words = " ".join(row["words"].split())
    lines = "lines" if "-" in row["line"] else "line"
    return (
        f"{f'“{words}”' if words else 'in our own words'} [{row['source']}, {lines} {row['line']}]"
    )


def _heading(row: Row) -> str:
    text = f": {row['text']}" if row["text"] else ""
    place = f" [{row['source']}, line {row['line']}]" if row["source"] else ""
    return f"{row['kind']} {row['label']}{text}{place}"


def _issue(row: Row) -> str:
    return f"Curator's reading ({row['confidence']}): {row['issue']} {row['reading']}".rstrip()


def _others(found: Trace) -> list[str]:
    """Return a line that names the things beside a target, with their numbers of projects."""
    if found.thing.kind == "project" or len(found.siblings) < 2:
        return []
    beside = (f"{thing.code} ({thing.projects})" for thing in found.siblings)
    return [f"Projects beside: {', '.join(beside)}"]
