"""Requests made from the templates in queries/ and resources of the dataset."""

import re
from dataclasses import dataclass
from pathlib import Path
from random import Random
from urllib.parse import quote

from pyoxigraph import Store

from accsm_kg.rdf import query_files

FOLDER = Path(__file__).parent / "queries"
RESULTS, GRAPH = "application/sparql-results+json", "text/turtle"
_SEED, _MAX_INSTANCES = 2016, 100
_HEADER = re.compile(r"\A(#\+.*\n)*\s*")
_PREFIXES = re.compile(r"^PREFIX .*$", re.MULTILINE)
_CLASSES = ("Project", "Country", "ActionLine", "StrategicMeasure", "Occurrence", "Evidence")


@dataclass(frozen=True)
class Template:
    """A kind of request, with its Accept header and its instances."""

    name: str
    summary: str
    accept: str
    instances: list[str]
    """SPARQL queries, or the paths of pages."""

    def paths(self, endpoint: str) -> list[str]:
        """Return the paths to request; queries are sent to ``endpoint``."""
        return [
            instance if instance.startswith("/") else f"{endpoint}query={quote(instance, safe='')}"
            for instance in self.instances
        ]


def templates(store: Store) -> list[Template]:
    """Return the templates, with the same instances from ``store`` in every run."""
    return [_template(path, store) for path in sorted(FOLDER.glob("*.rq"))]


def pages(store: Store, base: str) -> list[Template]:
    """Return requests for resources as HTML, Turtle and JSON-LD."""
    kinds = " ".join(f"<{base}ontology#{kind}>" for kind in _CLASSES)
    found = store.query(f"SELECT DISTINCT ?x WHERE {{ VALUES ?kind {{ {kinds} }} ?x a ?kind }}")
    iris = sorted(row["x"].value for row in found)  # type: ignore[union-attr]
    paths = _sample([quote(thing.replace(f"{base}id/", "/doc/")) for thing in iris])
    formats = {"page": "text/html", "Turtle": GRAPH, "JSON-LD": "application/ld+json"}
    return [Template(f"resource as {name}", "", accept, paths) for name, accept in formats.items()]


def _template(path: Path, store: Store) -> Template:
    text, header = query_files.read(path)
    query = _HEADER.sub("", text)
    accept = GRAPH if re.search(r"^(CONSTRUCT|DESCRIBE)", query, re.MULTILINE) else RESULTS
    return Template(path.stem, header["summary"], accept, _instances(query, header, store))


def _instances(query: str, header: dict[str, str], store: Store) -> list[str]:
    """Return ``query`` with <urn:NAME> replaced by ?NAME of each row of the query in the header."""
    if "instances" not in header:
        return [query]
    rows = store.query("\n".join([*_PREFIXES.findall(query), header["instances"]]))
    names = [variable.value for variable in rows.variables]  # type: ignore[union-attr]
    found = set()
    for row in rows:  # type: ignore[union-attr]
        text = query
        for name, term in zip(names, row, strict=True):
            text = text.replace(f"<urn:{name}>", str(term))
        found.add(text)
    return _sample(sorted(found))


def _sample(instances: list[str]) -> list[str]:
    Random(_SEED).shuffle(instances)
    return instances[:_MAX_INSTANCES]
