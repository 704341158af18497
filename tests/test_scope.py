"""The record of a scope has the statements of its sources and plans, and none about others."""

from pathlib import Path

import pytest
from pyoxigraph import QuerySolutions
from scope import DATA, record, scope_of

from accsm_kg.build import assemble
from accsm_kg.namespaces import prefixes


def _names(scope: str, pattern: str) -> list[str]:
    query = f"SELECT DISTINCT ?x WHERE {{ {pattern} }} ORDER BY ?x"
    results = record(scope).query(query, prefixes=prefixes())
    assert isinstance(results, QuerySolutions)
    return [row[0].value.removeprefix(prefixes()["id"]) for row in results]


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("source/001/evidence.csv", "001"),
        ("source/001/answers/chair-of-body.json", "001"),
        ("source/001/2016-2020/answers/completed-occurrences.json", "001/2016-2020"),
        ("source/projects.rq", ""),
        ("curation/counts.tsv", ""),
    ],
)
def test_the_scope_of_a_file_is_its_folder(path: str, scope: str) -> None:
    assert scope_of(DATA / path) == scope


def test_the_record_of_everything_is_the_whole_record(dataset_path: Path, tmp_path: Path) -> None:
    everything = {scope_of(path) for path in (DATA / "source").rglob("*.csv")}
    whole = record(" ".join(sorted(everything)))
    assert assemble.write(whole, tmp_path)[0].read_bytes() == dataset_path.read_bytes()


def test_a_source_without_its_plan_has_neither_projects_nor_issues_about_them() -> None:
    assert _names("001", "?x a accsm:Project") == []
    assert _names("001", "?x a accsm:SourceText") == ["source/001"]
    assert "issue/project-38-kra" in _names("001/2016-2020", "?x a accsm:CurationIssue")
    issues = _names("001", "?x a accsm:CurationIssue")
    assert "issue/tor-clause-16-number" in issues
    assert "issue/project-38-kra" not in issues


def test_inferences_from_another_source_are_left_out() -> None:
    areas = "?x accsm:addressesThematicArea ?area . GRAPH graph:inferred { ?area ?property ?x }"
    assert len(_names("000 001/2016-2020", areas)) > 10
    assert _names("001/2016-2020", "?x accsm:addressesThematicArea ?area") == []


def test_an_unknown_scope_is_refused() -> None:
    with pytest.raises(ValueError, match="001/1999-2003: not a source or plan"):
        record("001/1999-2003")
