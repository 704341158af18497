"""The tables of the quality report: counts, missing evidence and validation results.

Most are results of the queries in queries/, whose headers hold the title of the table, the headings
of its columns and the metrics that its numbers measure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Final

from pyoxigraph import DefaultGraph, Store

from accsm_kg import query
from accsm_kg.lookups import Ask
from accsm_kg.namespaces import BASE, reminter
from accsm_kg.quality import counts, quotations
from accsm_kg.quality.counts import Row
from accsm_kg.quality.results import Result, short
from accsm_kg.rdf import query_files
from accsm_kg.rdf.dataset import base_iri

_QUERIES = Path(__file__).parent / "queries"
#: The names of the queries, in the order of the report.
_NAMES: Final = ("resources", "sources", "verbatims", "issues", "open-issues", "shapes")


@dataclass(frozen=True)
class Table:
    """A table of the report; ``columns`` maps the name of each column shown to its heading.

    A cell in the column of a metric is a measurement of the resource in the column ``this``.
    """

    title: str
    text: str
    columns: Mapping[str, str]
    rows: Sequence[Row] = field(default_factory=list)

    @property
    def cells(self) -> list[list[str]]:
        """The rows as the texts to show."""
        return [[_shown(name, row.get(name, "")) for name in self.columns] for row in self.rows]

    @property
    def numeric(self) -> list[bool]:
        """Whether each column shown holds numbers."""
        return [name in {*metrics(), "value"} for name in self.columns]


_SUMMARY: Final = Table(
    "Summary",
    "The dataset as a whole.",
    {"label": "Metric", "definition": "Definition", "value": "Value"},
)
_UNBACKED: Final = Table(
    "Resources without backing",
    "These resources have neither evidence nor a reason by the curator.",
    {"path": "Resource", "name": "Class"},
)
_RESULTS: Final = Table(
    "Results by resource",
    "Results of the shapes. A resource that is not listed conforms to every shape.",
    {
        "path": "Resource",
        "label": "Name",
        "rule": "Shape",
        "severity": "Result",
        "message": "Message",
        "reason": "Reason",
    },
)


@cache
def metrics() -> dict[str, dict[str, str]]:
    """Return the label, definition and dimension of each metric, by its name."""
    headers = (query_files.read(_QUERIES / f"{name}.rq")[1] for name in _NAMES)
    return {
        name: metric for header in headers for name, metric in header.get("metrics", {}).items()
    }


def tables(store: Store, results: Sequence[Result]) -> list[Table]:
    """Return the tables of the report, without empty ones."""
    base = base_iri(store, BASE)
    resources, sources, verbatims, issues, open_issues, shapes = (_ask(store, n) for n in _NAMES)
    found, not_found = quotations.check(verbatims.rows)
    checked = [{**row, "proved": found.get(row["this"], "")} for row in sources.rows]
    totals = {
        "statements": str(_size(store)),
        **counts.backing(resources.rows),
        **counts.source_totals(checked),
        **counts.sums(issues.rows, "certain", "probable", "open"),
        **counts.shape_totals(shapes.rows, results),
    }
    unbacked = [row for row in resources.rows if row["rests"] == "unbacked"]
    report = (
        replace(_SUMMARY, rows=_summary(totals, f"{base}dataset")),
        replace(resources, rows=counts.by_class(resources.rows, base)),
        replace(_UNBACKED, rows=unbacked),
        replace(sources, rows=checked),
        replace(verbatims, rows=not_found),
        issues,
        replace(open_issues, rows=query.join(open_issues.rows, "about", "; ")),
        replace(shapes, rows=counts.with_results(shapes.rows, results)),
        replace(_RESULTS, rows=_by_resource(results, base)),
    )
    return [table for table in report if table.rows]


def _ask(store: Store, name: str) -> Table:
    """Run a query and return its result as the table that its header describes.

    A column ``path`` is added: the IRI in the first column without its base.
    """
    path, base = _QUERIES / f"{name}.rq", base_iri(store, BASE)
    _, header = query_files.read(path, reminter(base))
    rows = [
        {**row, "path": short(next(iter(row.values())), base)}
        for row in query.rows(store, Ask(path))
    ]
    return Table(header["title"], header["text"], header["columns"], rows)


def _size(store: Store) -> int:
    return sum(1 for _ in store.quads_for_pattern(None, None, None, DefaultGraph()))


def _shown(name: str, value: str) -> str:
    """Return a number with separators or as a percentage, and another value unchanged."""
    if name == "backed":
        return f"{float(value):.2%}"
    return f"{int(value):,}" if name in metrics() and value else value


def _summary(totals: Row, dataset: str) -> list[Row]:
    return [
        {"this": dataset, name: totals[name], "value": _shown(name, totals[name]), **metric}
        for name, metric in metrics().items()
        if totals.get(name)
    ]


def _by_resource(results: Iterable[Result], base: str) -> list[Row]:
    """Return the results as rows, sorted by resource, 2 before 10."""
    return [
        {
            "path": short(result.focus, base),
            "label": result.label,
            "rule": result.shape.rpartition("#")[2],
            "severity": "Expected warning" if result.reason else result.severity,
            "message": result.message,
            "reason": result.reason,
        }
        for result in sorted(results, key=lambda result: (result.order[4], result.order))
    ]
