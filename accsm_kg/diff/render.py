"""Render the changes between two datasets as text, JSON, CSV or TSV."""

import json
import re
import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Final

from accsm_kg.diff.model import Change, Comparison, compare, order
from accsm_kg.english import counted
from accsm_kg.terminal import check_format, delimited, visible

FORMATS: Final = ("text", "json", "csv", "tsv")

_CHANGES: Final = ("new", "gone", "changed")
_SIGNS: Final = {"gained": "+", "lost": "-", "changed": "~"}
_WIDTH: Final = 100

_LITERAL = re.compile(r'"(.*)"(?:@[\w-]+|\^\^<[^>]*>)?', re.DOTALL)


def run(old: Path, new: Path, fmt: str = "text", relative: str = "") -> tuple[str, int]:
    """Return the changes from ``old`` to ``new`` in one of `FORMATS`, and 1 if there are any or 0.

    Relative IRIs in the files are resolved against ``relative``.

    Raises ValueError for an unknown format or a file that does not parse, and OSError for a file
    that cannot be opened.
    """
    check_format(fmt, FORMATS)
    found = compare(old, new, relative)
    rows = [asdict(row) for row in (*found.changes, *found.summaries)]
    if fmt == "text":
        text = as_text(found)
    elif fmt == "json":
        whole = {"base": found.base, "new_base": found.new_base, "rows": rows}
        text = json.dumps(whole, ensure_ascii=False, indent=2) + "\n"
    else:
        text = delimited(rows, fmt)
    return text, int(bool(rows))


def as_text(found: Comparison) -> str:
    """Return the changes by class, evidence with the resource it belongs to, and total counts."""
    entries: dict[str, list[Change]] = defaultdict(list)
    for row in found.changes:
        entries[row.evidence_of or row.resource].append(row)
    lines: list[str] = []
    if found.base != found.new_base:
        lines += [f"IRIs under {found.new_base} are compared as if under {found.base}.", ""]
    ordered = sorted(entries, key=lambda iri: (found.kind(iri).casefold(), order(iri)))
    for kind, group in groupby(ordered, found.kind):
        iris = list(group)
        counts = Counter(_resource_change(iri, entries[iri]) for iri in iris)
        heading = kind if ":" in kind else kind[0].upper() + kind[1:]
        lines.append(f"{heading}: {_numbers(counts)}")
        lines += [line for iri in iris for line in _entry(found, iri, entries[iri])] + [""]
    for kind, rows in groupby(found.summaries, lambda row: row.kind):
        lines.append(f"{kind}: {_summary(list(rows))}")
    return visible("\n".join([*lines, *_totals(entries), ""]))


def _resource_change(iri: str, rows: Iterable[Change]) -> str:
    return next((row.change for row in rows if row.resource == iri), "changed")


def _numbers(counts: Counter[str]) -> str:
    order = dict.fromkeys((*_CHANGES, *_SIGNS))
    return ", ".join(f"{counts[name]} {name}" for name in order if counts[name])


def _entry(found: Comparison, iri: str, rows: list[Change]) -> Iterator[str]:
    change, own = _resource_change(iri, rows), [row for row in rows if row.resource == iri]
    label = textwrap.shorten(found.labels.get(iri, ""), _WIDTH, placeholder=" …")
    head = f"  {change:<8} {found.short(iri)}  {label}".rstrip()
    if change != "changed":
        yield f"{head} ({counted(len(own), 'statement')})"
        return
    yield head
    for row in rows:
        if row.resource == iri:
            yield f"      {_line(found, row)}"
        elif row.change == "changed" or not own:
            yield f"      {_line(found, row, f'{row.label or row.resource}: ')}"


def _line(found: Comparison, row: Change, before: str = "") -> str:
    graphs = dict.fromkeys(graph for graph in (row.old_graph, row.new_graph) if graph)
    where = f"  [{' → '.join(graphs)}]" if graphs else ""
    what = f"{before}{found.name(row.property)}: {_values(found, row)}"
    return f"{_SIGNS[row.statement]} {what}{where}"


def _values(found: Comparison, row: Change) -> str:
    if row.statement != "changed" or row.old == row.new:
        shown = _shown(found, row.old or row.new)
        return textwrap.shorten(shown, 2 * _WIDTH, placeholder=" …")
    old, new = (_shown(found, text) for text in (row.old, row.new))
    return " → ".join(_trimmed(*((row.old, row.new) if old == new else (old, new))))


def _shown(found: Comparison, term: str) -> str:
    """Return the label of an IRI or the text of a literal."""
    if term.startswith("<"):
        return found.name(term[1:-1])
    literal = _LITERAL.fullmatch(term)
    return " ".join(literal[1].replace(r"\"", '"').split()) if literal else term


def _trimmed(old: str, new: str) -> Iterator[str]:
    """Yield two texts, shortened where they begin and end alike if they are long."""
    start = end = 0
    if max(len(old), len(new)) > _WIDTH:
        head = _common_prefix(old, new)
        tail = _common_prefix(old[head:][::-1], new[head:][::-1])
        start, end = (max(0, length - _WIDTH // 4) for length in (head, tail))
    for text in (old, new):
        kept = text[start : len(text) - end]
        yield f"{'…' if start else ''}{kept}{'…' if end else ''}"


def _common_prefix(old: str, new: str) -> int:
    """Return the length of the common prefix of two texts, in characters."""
    differing = (i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b)
    return next(differing, min(len(old), len(new)))


def _summary(rows: Sequence[Change]) -> str:
    """Return the counts of a graph, or the names of its new, gone and changed resources."""
    if rows[0].new:
        return ", ".join(f"{row.new} {row.statement}" for row in rows)
    names = {change: [row.resource for row in rows if row.change == change] for change in _CHANGES}
    return "; ".join(f"{change} {', '.join(found)}" for change, found in names.items() if found)


def _totals(entries: dict[str, list[Change]]) -> Iterator[str]:
    """Yield a line with the counts of resources, evidence and statements."""
    rows = [row for group in entries.values() for row in group]
    evidence = {row.resource: row.change for row in rows if row.evidence_of}
    counts = {
        "Resources": Counter(_resource_change(iri, group) for iri, group in entries.items()),
        "evidence": Counter(evidence.values()),
        "statements": Counter(row.statement for row in rows),
    }
    parts = [f"{what}: {_numbers(count)}" for what, count in counts.items() if count]
    yield "; ".join(parts) + "." if parts else "No changes in the data."
