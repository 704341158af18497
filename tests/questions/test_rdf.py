"""Writing questions to RDF and reading them back."""

from dataclasses import replace
from pathlib import Path

import pytest
from project import ROOT
from pyoxigraph import Literal, NamedNode, QuerySolutions, Store

from accsm_kg.namespaces import BASE, QUERIES, prefixes
from accsm_kg.questions import files, model, rdf
from accsm_kg.questions.model import Parameter

FOLDER = ROOT / "data" / "queries"
HEADER = "#+ summary: Which?\n#+ description: All.\n#+ tags: [x]\n"


def _published(folder: Path, base: str = BASE) -> Store:
    store = Store()
    store.extend(rdf.publish(files.read(folder, base), prefixes(base), base))
    return store


def test_the_questions_in_the_dataset_equal_those_in_the_files(store: Store) -> None:
    assert rdf.load(store) == files.read(FOLDER)


def test_a_published_query_runs_unchanged(known: Store) -> None:
    graph, select = NamedNode(BASE + QUERIES), NamedNode(prefixes()["sh"] + "select")
    node = NamedNode(f"{BASE}{QUERIES}/projects-supporting-action-line")
    text = next(known.quads_for_pattern(node, select, None, graph)).object
    assert isinstance(text, Literal)
    results = known.query(text.value)
    assert isinstance(results, QuerySolutions)
    assert [int(row["number"].value) for row in results] == [6, 17, 30, 33, 35, 40]


def test_questions_are_published_under_another_base() -> None:
    base = "http://127.0.0.1:8000/"
    store = _published(FOLDER, base)
    assert BASE not in "".join(map(str, store))
    assert [graph.value for graph in store.named_graphs() if isinstance(graph, NamedNode)] == [
        base + QUERIES
    ]


def test_a_query_of_another_form_is_not_published(tmp_path: Path) -> None:
    (tmp_path / "tell.rq").write_text(f"{HEADER}\nDESCRIBE <x:y>")
    with pytest.raises(ValueError, match=r"tell\.rq: no line begins with SELECT"):
        _published(tmp_path)


def test_a_construct_query_with_several_parameters_is_published(tmp_path: Path) -> None:
    parameters = "#+ parameters: {b: {description: d, default: x}, a: {description: e, default: y}}"
    (tmp_path / "make.rq").write_text(
        f"{HEADER}{parameters}\n\nCONSTRUCT {{ ?s ?p ?o }}\nWHERE {{\n  ?s ?p ?o .\n}}\n"
    )
    (found,) = files.read(tmp_path)
    assert found.parameters == (Parameter("b", "d", "x"), Parameter("a", "e", "y"))
    assert rdf.load(_published(tmp_path)) == [found]
    assert model.form(found) == "construct"


def test_options_that_are_no_select_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "ask.rq").write_text(
        f"{HEADER}#+ parameters: {{a: {{description: d, default: x}}}}\n\n"
        "SELECT ?s\nWHERE {\n  ?s ?p ?a .\n}\n"
    )
    (question,) = files.read(tmp_path)
    for options, expected in (("ASK {}", ""), ("nonsense", ""), ("SELECT ?a {}", "SELECT ?a {}")):
        (parameter,) = question.parameters
        changed = replace(question, parameters=(replace(parameter, options=options),))
        (found,) = rdf.read(rdf.publish([changed], prefixes()))
        assert found.parameters[0].options == expected


@pytest.mark.parametrize("name", ["a/b", "..", "."])
def test_a_question_whose_name_is_no_segment_of_a_path_is_left_out(
    name: str, tmp_path: Path
) -> None:
    (tmp_path / "some.rq").write_text(f"{HEADER}\nSELECT ?s\nWHERE {{\n  ?s ?p ?o .\n}}\n")
    (question,) = files.read(tmp_path)
    assert rdf.read(rdf.publish([replace(question, name=name)], prefixes())) == []
