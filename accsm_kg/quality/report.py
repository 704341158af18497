"""Turn a dataset and the results of its validation into the report on its quality.

One model is written three times: as RDF in a graph of its own (W3C Data Quality Vocabulary, the
results as a SHACL validation report), as Markdown, and as a page of HTML.
"""

import csv
import hashlib
import io
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader
from pyoxigraph import DefaultGraph, Store

from accsm_kg.namespaces import BASE, CONVENTIONS, prefixes, reminter
from accsm_kg.quality.measurements import QUERIES, TABLES, Table, metrics, quads, shown
from accsm_kg.quality.results import Result, render, short
from accsm_kg.query import run_cli
from accsm_kg.rdf import query_files
from accsm_kg.rdf.dataset import base_iri, load
from accsm_kg.rdf.terms import shorten
from accsm_kg.trace.model import Row, merge

#: The files of a report.
FILES: Final = ("quality.nq", "quality.md", "quality.html")

_TEMPLATES = Path(__file__).parent / "templates"
_SEVERITIES = {"Violation": "violations", "Warning": "warnings", "Info": "infos"}


_OTHERS = {
    "unbacked": Table(
        "Resources without backing",
        "They have neither evidence nor the curator's reason.",
        {"path": "Resource", "name": "Class"},
    ),
    "results": Table(
        "Results by resource",
        "What the shapes found. A resource that is not listed passes every shape.",
        {
            "path": "Resource",
            "label": "Name",
            "rule": "Shape",
            "severity": "Result",
            "message": "Message",
            "reason": "Reason",
        },
    ),
}


def write(path: Path, results: Sequence[Result], folder: Path) -> list[Path]:
    """Write the report on the dataset at ``path`` into ``folder``; return the paths of `FILES`.

    ``results`` are those of `accsm_kg.quality.validate`. Quotations are checked where
    ACCSM_SOURCES names the folder of the source texts. Equal input gives equal bytes. Raises
    ValueError and OSError for a dataset that cannot be read.
    """
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    store = load(path, CONVENTIONS)
    tables = measure(store, results)
    lines = {f"{quad} .\n" for quad in quads(tables, results, digest, base_iri(store, BASE))}
    shown = {
        "tables": tables,
        "digest": digest,
        "verdict": render(results).splitlines()[-1],
        "checked": any(row.get("proved") for table in tables for row in table.rows),
    }
    texts = ("".join(sorted(lines)), _filled("quality.md", shown), _filled("quality.html", shown))
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in zip(FILES, texts, strict=True):
        draft = folder / f".{name}"
        draft.write_text(text, encoding="utf-8", newline="\n")
        draft.replace(folder / name)
    return [folder / name for name in FILES]


def beside(path: Path) -> Path | None:
    """Return the RDF of the report that lies beside a dataset, if it is about these very bytes."""
    report = path.with_name(FILES[0])
    if not (path.is_file() and report.is_file()):
        return None
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return report if f'"{digest}"' in report.read_text(encoding="utf-8") else None


def measure(store: Store, results: Sequence[Result]) -> list[Table]:
    """Return the tables of the report but those that would be empty."""
    base = base_iri(store, BASE)
    asked = {name: _ask(store, name) for name in TABLES}
    resources, sources = asked["resources"].rows, asked["sources"].rows
    found, astray = _check(asked["verbatims"].rows)
    rows = {
        "resources": _by_class(resources, base),
        "unbacked": [row for row in resources if row["rests"] == "unbacked"],
        "sources": [{**row, "proved": found.get(row["this"], "")} for row in sources],
        "verbatims": astray,
        "issues": asked["issues"].rows,
        "open-issues": merge(asked["open-issues"].rows, "about", "; "),
        "shapes": _with_results(asked["shapes"].rows, results),
        "results": _by_resource(results, base),
    }
    totals = {"statements": _size(store), **_backing(resources), **_totals(rows, results)}
    tables = {**asked, **_OTHERS}
    filled = (replace(tables[name], rows=said) for name, said in rows.items() if said)
    return [_summary(totals, f"{base}dataset"), *filled]


def _ask(store: Store, name: str) -> Table:
    """Return the answer of a query of this package as the table that its header describes."""
    base = base_iri(store, BASE)
    text, header = query_files.read(QUERIES / f"{name}.rq", reminter(base))
    answer = io.StringIO(run_cli(store, text, "csv"), newline="")
    rows = [
        {**row, "path": short(next(iter(row.values())), base)} for row in csv.DictReader(answer)
    ]
    return Table(header["title"], header["text"], header["columns"], rows)


def _summary(totals: Mapping[str, str], dataset: str) -> Table:
    columns = {"label": "Measure", "definition": "What it counts", "value": "Value"}
    rows = [
        {"this": dataset, name: totals[name], "value": shown(name, totals[name]), **said}
        for name, said in metrics().items()
        if totals.get(name)
    ]
    return Table("Summary", "The dataset as a whole.", columns, rows)


def _size(store: Store) -> str:
    return str(sum(1 for _ in store.quads_for_pattern(None, None, None, DefaultGraph())))


def _backing(rows: Iterable[Row]) -> Row:
    """Return how many resources there are and what those that need backing rest on."""
    rests = {row["resource"]: row["rests"] for row in rows}
    counts = Counter(rests.values())
    stated = len(rests) - counts[""]
    said = {name: str(counts[name]) for name in ("evidenced", "reasoned", "unbacked")}
    said |= {"resources": str(len(rests)), "stated": str(stated)}
    share = 1 - counts["unbacked"] / stated if stated else 0
    return said | ({"backed": f"{share:.4f}".rstrip("0").rstrip(".")} if stated else {})


def _by_class(rows: Iterable[Row], base: str) -> list[Row]:
    """Return a row for each class, with what its resources rest on."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["this"]].append(row)
    named = [
        {"this": iri, "name": group[0]["name"] or shorten(iri, prefixes(base)), **_backing(group)}
        for iri, group in groups.items()
    ]
    return sorted(named, key=lambda row: (row["name"].casefold(), row["this"]))


def _check(quotations: Sequence[Row]) -> tuple[dict[str, str], list[Row]]:
    """Return how many quotations of each source are in its lines, and those that are not.

    A source of which the text that was read is not at hand is left out.
    """
    texts = _texts()
    found: Counter[str] = Counter()
    astray = []
    for row in quotations:
        if row["sha256"] in texts:
            lines = texts[row["sha256"]][int(row["start"]) - 1 : int(row["end"])]
            met = _folded(row["words"]) in _folded(" ".join(lines))
            found[row["this"]] += met
            astray += [] if met else [row]
    return {source: str(count) for source, count in found.items()}, astray


def _texts() -> dict[str, list[str]]:
    """Return the lines of each source text at hand, by the SHA-256 digest of the text."""
    folder = os.environ.get("ACCSM_SOURCES")
    contents = [path.read_bytes() for path in Path(folder).glob("*.txt")] if folder else []
    return {hashlib.sha256(text).hexdigest(): text.decode().split("\n") for text in contents}


def _folded(text: str) -> str:
    return " ".join(text.split())


def _sums(rows: Sequence[Row], *names: str) -> Row:
    """Return the sums of columns; one that lacks a number has none."""
    whole = [name for name in names if all(row[name] for row in rows)]
    return {name: str(sum(int(row[name]) for row in rows)) for name in whole}


def _totals(rows: Mapping[str, list[Row]], results: Sequence[Result]) -> Row:
    quoting = [row for row in rows["sources"] if row["verbatims"] != "0"]
    counts = Counter(_SEVERITIES[result.severity] for result in results)
    counts["unexpected"] = sum(result.fails and result.severity == "Warning" for result in results)
    return {
        **_sums(rows["sources"], "evidence", "verbatims"),
        **_sums(quoting, "proved"),
        **_sums(rows["issues"], "certain", "probable", "open"),
        "shapes": str(len(rows["shapes"])),
        **{name: str(counts[name]) for name in (*_SEVERITIES.values(), "unexpected")},
    }


def _with_results(shapes: Iterable[Row], results: Sequence[Result]) -> list[Row]:
    """Return the shapes with the numbers of their results; a part of a shape is named after it."""
    rows = {row["this"]: {**row, "rule": row["this"].rpartition("#")[2]} for row in shapes}
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for result in results:
        named = (iri for iri in rows if f"{result.shape}-".startswith(f"{iri}-"))
        counts[max(named, key=len, default="")][_SEVERITIES[result.severity]] += 1
    return [
        {**row, **{name: str(count) for name, count in counts[iri].items()}}
        for iri, row in rows.items()
    ]


def _by_resource(results: Iterable[Result], base: str) -> list[Row]:
    """Return the results as rows, those of a resource together, 2 before 10."""
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


def _in_cell(text: str) -> str:
    """Return ``text`` as a cell of a Markdown table shows it."""
    return " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def _filled(template: str, shown: Mapping[str, object]) -> str:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=template.endswith(".html"),
        keep_trailing_newline=True,
    )
    environment.filters["in_cell"] = _in_cell
    return environment.get_template(template).render(shown)
