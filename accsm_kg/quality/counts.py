"""Counts for the quality report, by class, source and shape; the values are texts."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from accsm_kg.namespaces import prefixes
from accsm_kg.quality.results import Result
from accsm_kg.rdf.terms import short

#: A row of a table: column names and texts; ``this`` is the IRI of the resource.
Row = Mapping[str, str]

#: The column with the number of results of each severity.
_SEVERITIES: Final = {"Violation": "violations", "Warning": "warnings", "Info": "infos"}


def backing(resources: Iterable[Row]) -> Row:
    """Return the number of resources, and of those with evidence, a reason or neither."""
    rests = {row["resource"]: row["rests"] for row in resources}
    counts = Counter(rests.values())
    stated = len(rests) - counts[""]
    totals = {name: str(counts[name]) for name in ("evidenced", "reasoned", "unbacked")}
    totals |= {"resources": str(len(rests)), "stated": str(stated)}
    if stated:
        share = 1 - counts["unbacked"] / stated
        totals["backed"] = f"{share:.4f}".rstrip("0").rstrip(".")
    return totals


def by_class(resources: Iterable[Row], base: str) -> list[Row]:
    """Return a row of counts for each class."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in resources:
        groups[row["this"]].append(row)
    named = [
        {
            "this": iri,
            "name": group[0]["name"] or short(iri, prefixes(base), base),
            **backing(group),
        }
        for iri, group in groups.items()
    ]
    return sorted(named, key=lambda row: (row["name"].casefold(), row["this"]))


def source_totals(sources: Sequence[Row]) -> Row:
    """Return sums over all sources; `proved` only if each source with quotations was checked."""
    quoted = [row for row in sources if row["verbatims"] != "0"]
    return {**sums(sources, "evidence", "verbatims"), **sums(quoted, "proved")}


def shape_totals(shapes: Sequence[Row], results: Sequence[Result]) -> Row:
    """Return the number of shapes, and of results of each severity."""
    counts = Counter(_SEVERITIES[result.severity] for result in results)
    counts["unexpected"] = sum(result.fails and result.severity == "Warning" for result in results)
    names = (*_SEVERITIES.values(), "unexpected")
    return {"shapes": str(len(shapes)), **{name: str(counts[name]) for name in names}}


def with_results(shapes: Iterable[Row], results: Iterable[Result]) -> list[Row]:
    """Return the shapes with their numbers of results, including those of property shapes.

    The IRI of a property shape is that of its shape, a hyphen and a name.
    """
    rows = {row["this"]: {**row, "rule": row["this"].rpartition("#")[2]} for row in shapes}
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for result in results:
        named = (iri for iri in rows if f"{result.shape}-".startswith(f"{iri}-"))
        counts[max(named, key=len, default="")][_SEVERITIES[result.severity]] += 1
    return [
        {**row, **{name: str(count) for name, count in counts[iri].items()}}
        for iri, row in rows.items()
    ]


def sums(rows: Sequence[Row], *names: str) -> Row:
    """Return the sums of the columns that have a number in every row."""
    complete = [name for name in names if all(row[name] for row in rows)]
    return {name: str(sum(int(row[name]) for row in rows)) for name in complete}
