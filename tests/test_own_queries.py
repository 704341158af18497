"""What the queries of this project may not rely on, as engines differ in it."""

from collections.abc import Iterator
from pathlib import Path

from project import ROOT
from pyoxigraph import Literal, parse

from accsm_kg.namespaces import prefixes
from accsm_kg.rdf import patterns
from accsm_kg.rdf.hints.paths import counted
from accsm_kg.rdf.query_scanner import scan

SHACL = prefixes()["sh"]
QUERIES = sorted(
    path
    for folder in ("accsm_kg", "data", "ontology", "server")
    for path in (ROOT / folder).rglob("*.rq")
)


def constraints(path: Path) -> Iterator[str]:
    """Yield the queries in a file of shapes."""
    for quad in parse(path=str(path)):
        if quad.predicate.value in (f"{SHACL}select", f"{SHACL}ask"):
            assert isinstance(quad.object, Literal)
            yield quad.object.value


def texts() -> list[tuple[str, str]]:
    files = [(str(path.relative_to(ROOT)), path.read_text("utf-8")) for path in QUERIES]
    shapes = sorted((ROOT / "shapes").glob("*.ttl"))
    return files + [(path.name, text) for path in shapes for text in constraints(path)]


def read(text: str) -> list[patterns.Group]:
    return patterns.read(text, {**prefixes(), **scan(text).prefixes}, "urn:")


def test_no_query_takes_an_aggregate_over_alternatives() -> None:
    """The engine takes a pair that both sides of `p|q` relate once, others take it twice."""
    found = [(name, counted(text, read(text))) for name, text in texts()]
    assert len(found) > 100
    assert [pair for pair in found if pair[1]] == []
