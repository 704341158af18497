"""Write docs/data-dictionary.md from the headers of the tables' queries: `make docs`."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from accsm_kg.rdf import query_files

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "data-dictionary.md"
_KINDS = {
    "integer": "whole number", "decimal": "number", "date": "date `YYYY-MM-DD`", "edtf": "EDTF"
}  # fmt: skip


def page(root: Path = ROOT) -> str:
    """Return the data dictionary of the project at ``root`` as Markdown."""
    environment = Environment(loader=FileSystemLoader(Path(__file__).parent))
    environment.filters["value"] = value
    environment.filters["cell"] = cell
    template = environment.get_template("data_dictionary.md")
    return template.render(tables=list(_tables(root / "data"))) + "\n"


def _tables(data: Path) -> Iterator[dict[str, Any]]:
    """Yield the header of each table with its `name`, its `places` and an `example` of them."""
    for path in sorted(data.rglob("*.rq"), key=lambda path: path.stem):
        header = query_files.read(path)[1]
        found = sorted(map(str, path.parent.rglob(f"{path.stem}.csv")))
        if found and "columns" in header:
            files = [file.removeprefix(f"{data.parent}/") for file in found]
            places = sorted(set(map(_place, files)))
            yield {**header, "name": path.stem, "places": places, "example": files[0]}


def _place(path: str) -> str:
    """Return a path with wildcards, so that another source, plan or folder has the same one.

    >>> _place("data/source/001/2016-2020/plans.csv"), _place("data/source/001/arcs.csv")
    ('data/source/NNN/YYYY-YYYY/plans.csv', 'data/source/NNN/…/arcs.csv')
    >>> _place("data/curation/governance/issues.csv"), _place("data/curation/issues.csv")
    ('data/curation/…/issues.csv', 'data/curation/…/issues.csv')
    """
    path = re.sub(r"/\d{3}/", "/NNN/", path)
    path = re.sub(r"/\d{4}-\d{4}/", "/YYYY-YYYY/", path)
    return re.sub(r"(curation|NNN)/(?!YYYY)(?:[^/]+/)?", r"\1/…/", path)


def value(rules: Mapping[str, Any]) -> str:
    """Return in words the values that the rules of a column allow.

    >>> value({"separator": True, "enum": ["red", "green"]})
    'one or more of `red`, `green`'
    >>> value({"type": "integer", "reference": "project/{folder}/{}"})
    'whole number; names `project/FOLDER/…`'
    >>> value({"type": "integer", "minimum": 1, "maximum": 12})
    'whole number from 1 to 12'
    """
    several = bool(rules.get("separator"))
    parts = [_KINDS[rules["type"]] + _range(rules)] if "type" in rules else []
    if "pattern" in rules:
        parts.append(f"text of the form `{rules['pattern']}`")
    if "enum" in rules:
        choices = ", ".join(f"`{choice}`" for choice in rules["enum"])
        one = "one of " if len(rules["enum"]) > 1 else ""
        parts.append(f"one or more of {choices}" if several else one + choices)
    if "reference" in rules:
        parts.append(_reference(rules["reference"]))
    text = "; ".join(parts) or "text"
    return f"one or more: {text}" if several and "enum" not in rules else text


def _range(rules: Mapping[str, Any]) -> str:
    ends = (f" {word} {rules[key]}" for word, key in (("from", "minimum"), ("to", "maximum"))
            if key in rules)  # fmt: skip
    return "".join(ends)


def _reference(template: str) -> str:
    if template == "{}":
        return "path of a resource"
    path = re.sub(r"\{(\w+)\}", lambda match: match[1].upper(), template).replace("{}", "…")
    return f"names `{path}`"


def cell(text: str) -> str:
    """Return ``text`` for a cell of a Markdown table, where a `|` must be escaped."""
    return text.replace("|", r"\|")


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
