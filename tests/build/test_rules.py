"""Inference with rules: what rules add, and rules that would never end."""

from pathlib import Path

import pytest
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Store

from accsm_kg.build import rules

THING, UNTIL = NamedNode("x:thing"), NamedNode("x:until")
NEXT_YEAR = """\
CONSTRUCT { ?thing <x:covers> ?next }
WHERE {
  { ?thing <x:since> ?next }
  UNION
  { ?thing <x:covers> ?year ; <x:until> ?last FILTER(?year < ?last) BIND(?year + 1 AS ?next) }
}
"""


def _store(last: int) -> Store:
    store = Store()
    store.add(Quad(THING, NamedNode("x:since"), Literal(2016), DefaultGraph()))
    store.add(Quad(THING, UNTIL, Literal(last), DefaultGraph()))
    return store


def test_rules_run_until_they_add_nothing_more(tmp_path: Path) -> None:
    (tmp_path / "year.rq").write_text(NEXT_YEAR)
    found = [triple.object.value for triple in rules.closure(_store(2020), tmp_path)]
    assert found == ["2016", "2017", "2018", "2019", "2020"]


def test_a_year_far_ahead_ends_in_an_error(tmp_path: Path) -> None:
    (tmp_path / "year.rq").write_text(NEXT_YEAR)
    with pytest.raises(ValueError, match=r"year[.]rq: infers <x:th.*, and so on: correct"):
        list(rules.closure(_store(20200), tmp_path))
