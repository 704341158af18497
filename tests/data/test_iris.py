"""The IRIs of things never change: each of an earlier version is described in this one."""

from pathlib import Path

import pytest
from pyoxigraph import NamedNode, Store

from accsm_kg.namespaces import prefixes

LISTS = sorted(Path(__file__).parent.glob("iris-*.txt"))


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_every_iri_of_an_earlier_version_is_described(path: Path, store: Store) -> None:
    iris = path.read_text(encoding="utf-8").split()
    assert len(iris) > 2000
    gone = [
        iri
        for iri in iris
        if not next(store.quads_for_pattern(NamedNode(prefixes()["id"] + iri), None, None), None)
    ]
    assert gone == []
