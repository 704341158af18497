"""The part of the record that some sources and plans state: the scope of an expected number.

A scope is a list of sources and plans, separated by spaces: `001` is source 001 without the folders
of its plans, `001/2016-2020` is source 001 with that plan. A count or an answer for a scope stays
true when other sources and plans are added.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from project import ROOT
from pyoxigraph import NamedNode, Quad, Store

from accsm_kg.build import assemble
from accsm_kg.namespaces import BASE, prefixes, term

DATA = ROOT / "data"
#: The scope that tests of programs use, whose record does not change when sources are added.
KNOWN = "000 001/2016-2020 002 003 004"

_FOLDER = re.compile(r"/data/source/(\d{3}(?:/\d{4}-\d{4}(?=/))?)/")
_SOURCES = f"{prefixes()['id']}source/"
_CURATION = NamedNode(f"{BASE}graph/curation")


def scope_of(path: Path) -> str:
    """Return the source or plan of a file, such as `001/2016-2020`; empty outside data/source/."""
    found = _FOLDER.search(path.as_posix())
    return found[1] if found else ""


@cache
def record(scope: str, root: Path = ROOT) -> Store:
    """Return the dataset of a scope; raises ValueError for an unknown source or plan.

    It leaves out the files of other sources and plans, every statement about a resource that only
    these files describe, or that the curator describes and only these files back and name, and the
    issues about such a resource. Inference is done anew.
    """
    named = {"", *scope.split(), *(name[:3] for name in scope.split())}
    by_scope = _quads_by_scope(root)
    if not named <= by_scope.keys():
        raise ValueError(f"{', '.join(named - by_scope.keys())}: not a source or plan")
    inside = [quad for name, quads in by_scope.items() if name in named for quad in quads]
    outside = [quad for name, quads in by_scope.items() if name not in named for quad in quads]
    foreign = _described(outside) - _described(inside)
    curated = _described(quad for quad in inside if quad.graph_name == _CURATION)
    named_inside = {quad.object for quad in inside if quad.graph_name != _CURATION}
    foreign |= (curated & (_backed(outside) - _backed(inside))) - named_inside
    foreign |= {q.subject for q in inside if _is_about(q) and q.object in foreign}
    kept = (q for q in inside if q.subject not in foreign and q.object not in foreign)
    return assemble.compose(kept, root)


@cache
def _quads_by_scope(root: Path) -> dict[str, list[Quad]]:
    """Return the quads of all files by source or plan; a row of sources.csv is of its source."""
    found: dict[str, list[Quad]] = defaultdict(list)
    for part in assemble.read(root):
        for quad in part.quads:
            is_row = part.path.name == "sources.csv"
            name = quad.subject.value.removeprefix(_SOURCES) if is_row else scope_of(part.path)
            found[name].append(quad)
    return found


def _backed(quads: Iterable[Quad]) -> set[object]:
    return {quad.subject for quad in quads if quad.predicate == term("accsm:hasEvidence")}


def _described(quads: Iterable[Quad]) -> set[object]:
    return {quad.subject for quad in quads if quad.predicate == term("rdf:type")}


def _is_about(quad: Quad) -> bool:
    """Return whether a quad relates an issue to a resource."""
    return quad.predicate == term("accsm:aboutResource") and "/id/issue/" in quad.subject.value
