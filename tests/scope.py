"""The record of a scope: the whole record without what other sources and other plans say.

A scope names sources and plans, divided by spaces: `001` is source 001 without the folders of its
plans, `001/2016-2020` is source 001 with that one. What was counted or worked out by hand is true
of a scope, and stays true when sources and plans are added.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from pyoxigraph import Quad, Store

from accsm_kg.build import assemble
from accsm_kg.namespaces import prefixes, term

ROOT = Path(__file__).parents[1]
DATA = ROOT / "data"
#: What tests of programs quote from: it says the same whatever sources and plans are added.
KNOWN = "000 001/2016-2020 002 003 004"

_HOME = re.compile(r"/data/source/(\d{3}(?:/\d{4}-\d{4}(?=/))?)/")
_SOURCES = f"{prefixes()['id']}source/"


def home(path: Path) -> str:
    """Return the source, or the source and the plan, that a file lies under; else nothing."""
    found = _HOME.search(path.as_posix())
    return found[1] if found else ""


@cache
def record(scope: str, root: Path = ROOT) -> Store:
    """Return the record of a scope; raises ValueError for a name of nothing under data/source/.

    Left out are the files of other sources and plans, the statements that mention a resource which
    only these describe, and the issues about such a resource. The rest is inferred anew.
    """
    named = {"", *scope.split(), *(name[:3] for name in scope.split())}
    said = _said(root)
    if not named <= said.keys():
        raise ValueError(f"{', '.join(named - said.keys())}: no source or plan of data/source/")
    inside = [quad for where, quads in said.items() if where in named for quad in quads]
    outside = [quad for where, quads in said.items() if where not in named for quad in quads]
    strange = _described(outside) - _described(inside)
    strange |= {q.subject for q in inside if _is_about(q) and q.object in strange}
    kept = (q for q in inside if q.subject not in strange and q.object not in strange)
    return assemble.compose(kept, root)


@cache
def _said(root: Path) -> dict[str, list[Quad]]:
    """Return what is said by each home; the row of a source in the vocabulary is said by it."""
    said: dict[str, list[Quad]] = defaultdict(list)
    for part in assemble.read(root):
        for quad in part.quads:
            is_row = part.path.name == "sources.csv"
            where = quad.subject.value.removeprefix(_SOURCES) if is_row else home(part.path)
            said[where].append(quad)
    return said


def _described(quads: Iterable[Quad]) -> set[object]:
    return {quad.subject for quad in quads if quad.predicate == term("rdf:type")}


def _is_about(quad: Quad) -> bool:
    """Whether a quad says what an issue is about."""
    return quad.predicate == term("accsm:aboutResource") and "/id/issue/" in quad.subject.value
