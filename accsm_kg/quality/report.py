"""Write the data quality report as RDF, Markdown and HTML."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader

from accsm_kg.namespaces import BASE, CONVENTIONS
from accsm_kg.quality.measurements import quads
from accsm_kg.quality.results import Result, verdict
from accsm_kg.quality.tables import tables
from accsm_kg.rdf.dataset import base_iri, load, unpacked

#: The files of a report.
FILES: Final = ("quality.nq", "quality.md", "quality.html")

_TEMPLATES = Path(__file__).parent / "templates"


def write(path: Path, results: Sequence[Result], folder: Path, relative: str = "") -> list[Path]:
    """Write the report on the dataset at ``path`` to ``folder``; return the paths of `FILES`.

    ``results`` are those of `accsm_kg.quality.validate`. Quotations are checked of the sources
    whose texts are in the folder ACCSM_SOURCES. Equal input gives equal bytes. Raises ValueError
    and OSError for a dataset that does not parse or cannot be opened.
    """
    digest = _digest(path)
    store = load(path, replace(CONVENTIONS, relative=relative))
    content = tables(store, results)
    lines = {f"{quad} .\n" for quad in quads(content, results, digest, base_iri(store, BASE))}
    values = {
        "tables": content,
        "digest": digest,
        "verdict": verdict(results),
        "unchecked": [row["path"] for table in content for row in table.rows if _unchecked(row)],
    }
    texts = ("".join(sorted(lines)), _filled("quality.md", values), _filled("quality.html", values))
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in zip(FILES, texts, strict=True):
        draft = folder / f".{name}"
        draft.write_text(text, encoding="utf-8", newline="\n")
        draft.replace(folder / name)
    return [folder / name for name in FILES]


def beside(path: Path) -> Path | None:
    """Return the RDF of the report beside a dataset if it is about a file with the same digest.

    The digest is that of the unpacked file.
    """
    report = path.with_name(FILES[0])
    if not (path.is_file() and report.is_file()):
        return None
    return report if f'"{_digest(path)}"' in report.read_text(encoding="utf-8") else None


def _digest(path: Path) -> str:
    with unpacked(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unchecked(source: Mapping[str, str]) -> bool:
    """Whether a row is that of a source with quotations whose text is not at hand."""
    return source.get("proved") == "" and source["verbatims"] != "0"


def _filled(template: str, values: Mapping[str, object]) -> str:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=template.endswith(".html"),
        keep_trailing_newline=True,
    )
    environment.filters["in_cell"] = _in_cell
    return environment.get_template(template).render(values)


def _in_cell(text: str) -> str:
    """Return ``text`` escaped for a cell of a Markdown table."""
    return " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
