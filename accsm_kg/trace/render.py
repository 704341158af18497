"""Render a trace as a table for people, or as JSON, CSV or TSV."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from pyoxigraph import Store
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from accsm_kg.lookups import Row
from accsm_kg.namespaces import BASE
from accsm_kg.query import TABLE, join, look_up, short_names
from accsm_kg.rdf.dataset import base_iri
from accsm_kg.terminal import check_format, delimited, draw, table
from accsm_kg.trace.model import Trace, trace

FORMATS: Final = (TABLE, "json", "csv", "tsv")

_PASSAGE = ("source", "line", "locator", "words")


def run(store: Store, key: str, fmt: str = TABLE) -> str:
    """Return the trace of ``key`` as text in one of `FORMATS`.

    Raises ValueError for an unknown format, and when the key names no resource or several.
    """
    check_format(fmt, FORMATS)
    found = look_up(store, trace(key, base_iri(store, BASE)))
    if fmt == TABLE:
        return _text(found, short_names(store)(found.resource))
    if fmt == "json":
        return json.dumps(asdict(found), ensure_ascii=False, indent=2) + "\n"
    return delimited(found.rows, fmt)


def _text(found: Trace, name: str) -> str:
    drawn = _plan_table(found.rows) if found.kind == "project" else _project_table(found.rows)
    parts: list[RenderableType] = [Text.assemble((found.label, "bold"), f"  {name}")]
    parts += [*(Text(_heading(row)) for row in found.above), Text()]
    parts += [drawn, Text()] if found.rows else []
    notes = [f"Gap: {gap}" for gap in found.gaps] + [_issue(row) for row in found.issues]
    return draw(*parts, *map(Text, notes))


def _project_table(passages: Sequence[Row]) -> Table:
    """Return a table with a row for each project, with its passages in the last column."""
    linked: dict[tuple[str, ...], list[str]] = {}
    for row in join(passages, "through"):
        project = tuple(row[name] for name in ("number", "title", "coordinators", "time"))
        linked.setdefault(project, []).append(_link(row))
    count = f"{len(linked)} project{'' if len(linked) == 1 else 's'}"
    columns = ("No.", count, "Coordinators", "Time", "Link and words of the source")
    return table(columns, ((*project, "\n".join(links)) for project, links in linked.items()))


def _link(row: Row) -> str:
    return f"{row['relation']} {row['through']}: {_words(row)}"


def _plan_table(passages: Sequence[Row]) -> Table:
    """Return a table with a row for each passage about a project and the values read from it."""
    values = [
        {**{name: row[name] for name in ("relation", *_PASSAGE)}, "value": _value(row)}
        for row in passages
    ]
    cells = ((row["relation"], row["value"], _words(row)) for row in join(values, "value", "\n"))
    return table(("Relation", "Value", "Words of the source"), cells)


def _value(row: Row) -> str:
    text = f": {row['text']}" if row["text"] else ""
    status = f" ({row['status']})" if row["status"] == "completed" else ""
    code = "" if row["code"] in ("", *row["label"].split()) else f"{row['code']} "
    return f"{code}{row['label']}{text}{status}"


def _words(row: Row) -> str:
    words = " ".join(row["words"].split())
    return f"“{words}” [{row['source']}, line {row['line']}]" if words else "computed"


def _heading(row: Row) -> str:
    text = f": {row['text']}" if row["text"] else ""
    place = f" [{row['source']}, line {row['line']}]" if row["source"] else ""
    return f"{row['kind']} {row['label']}{text}{place}"


def _issue(row: Row) -> str:
    return f"Curator's reading ({row['confidence']}): {row['issue']} {row['reading']}".rstrip()
