"""Any text in any cell of any table is found again in its triples, byte by byte, or refused.

Texts are few and the same in each run. ACCSM_EXAMPLES sets how many are tried for each table; they
then differ from run to run.
"""

import csv
import os
import re
import shutil
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from project import ROOT
from pyoxigraph import Literal, NamedNode, Store, Triple

from accsm_kg.build import tables
from accsm_kg.build.cell_rules import SEPARATOR, Row, Rules, items
from accsm_kg.namespaces import prefixes, term
from accsm_kg.rdf import query_files
from accsm_kg.rdf.terms import expand

DATA = ROOT / "data"
EXAMPLES = os.environ.get("ACCSM_EXAMPLES")
SETTINGS = settings(
    max_examples=int(EXAMPLES or 30), derandomize=not EXAMPLES, database=None, deadline=None
)
#: What has a meaning in CSV, in items, in SPARQL or in IRIs, and texts that look alike.
PIECES = (
    SEPARATOR, "|", ",", ";", "\t", "\n", "\r\n", "\r", " ", '"', "'", "\\", "\\u0041", "{}",
    "{row}", "?row", "#", "<x:a>", ".", "..", "/", ":", "%", "%41", "^^", "@en", "sep=;", "A", "a",
    "01", "-0", "1E5", "true", "a\u0301", "\u00e1", "\u00df", "\U0001f600", "\u202e", "\u00a0",
    "\ufeff", "\0",
)  # fmt: skip
#: A number that is added to a position, so that the graph has the sum.
ADDED = ("projects", "action_lines_before")

FILES = {path.relative_to(DATA): path for path in sorted(DATA.rglob("*.csv"))}
NAMES = sorted({path.stem for path in FILES})


@cache
def columns(name: str) -> dict[str, Rules]:
    """Return the columns of the tables called ``name`` and their rules."""
    (path,) = (path for path in DATA.rglob(f"{name}.rq") if path.parent.name != "queries")
    found: dict[str, Rules] = query_files.read(path)[1]["columns"]
    return found


@cache
def rows(name: str) -> list[tuple[Path, Row]]:
    """Return the rows of the tables called ``name``, each with the path of its table."""
    found: list[tuple[Path, Row]] = []
    for path in (path for path in FILES if path.stem == name):
        with FILES[path].open(newline="", encoding="utf-8") as file:
            filled = ({**dict.fromkeys(columns(name), ""), **row} for row in csv.DictReader(file))
            found += [(path, row) for row in filled]
    return found


@cache
def texts(name: str, column: str) -> st.SearchStrategy[str]:
    """Return texts for a cell: any, hostile ones, and those that its rules or other rows have."""
    rules = columns(name)[column]
    used = sorted({row[column] for _, row in rows(name) if row[column]} | {*rules.get("enum", ())})
    pieces = st.lists(st.sampled_from([*PIECES, *used]), min_size=1, max_size=4).map("".join)
    numbers = st.integers().map(str), st.decimals().map(str), st.dates().map(str)
    formed = [st.from_regex(rules["pattern"], fullmatch=True)] if "pattern" in rules else []
    return st.one_of(st.text(min_size=1), pieces, st.sampled_from(used or ["x"]), *numbers, *formed)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of data with the queries of the tables alone."""
    copy = tmp_path_factory.mktemp("copy") / "data"
    ignored = shutil.ignore_patterns("*.csv", "*.ttl", "*.tsv", "*.json")
    shutil.copytree(DATA, copy, ignore=ignored)
    return copy


@pytest.fixture(scope="module")
def described(store: Store) -> set[object]:
    return {quad.subject for quad in store.quads_for_pattern(None, term("rdf:type"), None)}


def read(path: Path, row: Row, folder: Path) -> tables.Table:
    """Return a table of one row, written to ``path`` in ``folder``."""
    with (folder / path).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([row, row.values()])
    return tables.read(folder / path, folder)


def made(
    path: Path, row: Row, folder: Path, described: set[object]
) -> tuple[set[Triple], list[str]]:
    """Return the triples of a row, or why it is refused."""
    try:
        table = read(path, row, folder)
    except ValueError as error:
        return set(), str(error).splitlines()
    own = {triple.subject for triple in table.triples if triple.predicate == term("rdf:type")}
    missing = [one.where for one in table.references if one.iri not in described | own]
    return set(table.triples), missing


def says(triple: Triple, item: str) -> bool:
    """Return whether a term of the triple has the text of an item, or is the IRI of its CURIE."""
    terms = (node.value for node in triple if isinstance(node, NamedNode | Literal))
    return any(item in text or text == expand(item, prefixes()) for text in terms)


@pytest.mark.parametrize("name", NAMES)
def test_any_text_is_found_again_or_refused(
    name: str, folder: Path, described: set[object]
) -> None:
    @SETTINGS
    @given(st.data())
    def check(data: st.DataObject) -> None:
        path, before = rows(name)[data.draw(st.integers(0, len(rows(name)) - 1), "row")]
        column = data.draw(st.sampled_from(sorted(columns(name))), "column")
        text = data.draw(texts(name, column), "text")
        triples, faults = made(path, {**before, column: text}, folder, described)
        if faults:
            assert all(re.match(rf"{folder / path}:2: column \w+: ", fault) for fault in faults)
            return
        left = triples - made(path, {**before, column: ""}, folder, described)[0]
        for item in items(text.replace("\r\n", "\n"), columns(name)[column]):
            assert any(says(triple, item) for triple in left) or (left and (name, column) == ADDED)

    check()
