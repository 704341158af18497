"""Render a timeline as a table for people, as JSON, CSV and TSV, and as a picture."""

import json
from collections.abc import Iterator
from typing import Any, Final

from pyoxigraph import Store
from rich.text import Text

from accsm_kg.lookups import Row
from accsm_kg.pictures import svg
from accsm_kg.query import TABLE, look_up
from accsm_kg.terminal import check_format, delimited, table
from accsm_kg.terminal import draw as to_text
from accsm_kg.timeline import draw, words
from accsm_kg.timeline.model import Item, Selection, Stated, Timeline, timeline

FORMATS: Final = (TABLE, "json", "csv", "tsv", "svg")


def run(store: Store, selection: Selection, fmt: str = TABLE) -> str:
    """Return the timeline that ``selection`` asks for in one of `FORMATS`.

    Raises UnknownNameError for an unknown format or a value that does not exist.
    """
    check_format(fmt, FORMATS)
    found = look_up(store, timeline(selection))
    return _text(found) if fmt == TABLE else write(found, fmt)


def write(found: Timeline, fmt: str) -> str:
    """Return a timeline in one of `FORMATS` for programs."""
    if fmt == "svg":
        return svg.standalone(draw.whole(found, str), words.title(found)).decode()
    if fmt == "json":
        return json.dumps(_document(found), ensure_ascii=False, indent=2) + "\n"
    return delimited(list(records(found)), fmt)


def records(found: Timeline) -> Iterator[Row]:
    """Yield a record for each time, and for each item without one."""
    for item in found.items:
        for time in item.times or (None,):
            yield _record(item, time)


def _record(item: Item, time: Stated | None) -> Row:
    return {
        **{name: getattr(item, name) for name in ("kind", "number", "label", "plan")},
        **{name: getattr(time, name, "") for name in ("edtf", "words")},
        "precision": time.precision if time else words.undated(item.status).lower(),
        **{name: getattr(time, name, "") for name in ("status", "note")},
        "places": ", ".join(time.places) if time else "",
        "countries": ", ".join(country.label for country in item.countries),
        "areas": ", ".join(area.code for area in item.areas),
        "sources": "; ".join(map(words.of_source, item.sources)),
        "item": item.iri,
        "time": time.iri if time else "",
    }


def _document(found: Timeline) -> dict[str, Any]:
    return {
        "title": words.title(found),
        "selection": vars(found.selection),
        "issued": found.issued,
        "years": list(map(vars, found.years)),
        "items": [_item(item) for item in found.items],
    }


def _item(item: Item) -> dict[str, Any]:
    times = [
        {name: value for name, value in vars(time).items() if name != "marks"}
        for time in item.times
    ]
    lists = {
        "countries": [{"code": one.code, "label": one.label} for one in item.countries],
        "areas": [{"code": one.code, "label": one.label} for one in item.areas],
        "sources": list(map(vars, item.sources)),
    }
    return {**vars(item), "times": times, **lists}


def _text(found: Timeline) -> str:
    if not found.items:
        return to_text(Text(found.empty))
    columns = ("No.", found.one.capitalize(), "Time", "Completion", "Place", "Country", "Area",
               "Source")  # fmt: skip
    rows = [
        (row["number"], row["label"], row["words"] or row["precision"], row["status"],
         row["places"], row["countries"], row["areas"], row["sources"])
        for row in records(found)
    ]  # fmt: skip
    return to_text(table(columns, rows), Text(), *map(Text, _notes(found)))


def _notes(found: Timeline) -> Iterator[str]:
    yield words.summary(found)
    if caveat := words.caveat(found):
        yield caveat
    for status, items in found.undated.items():
        yield f"{words.undated(status)}: {', '.join(item.number or item.label for item in items)}."
    for year in found.years:
        if year.stated + year.possible:
            yield f"{year.year}: {words.of_year(found, year)}."
