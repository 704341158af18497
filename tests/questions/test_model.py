"""Binding the parameters of a question to values."""

import pytest
from project import ROOT
from pyoxigraph import QuerySolutions, Store

from accsm_kg.questions import files
from accsm_kg.questions.model import bind, by_name, check_choice

FOLDER = ROOT / "data" / "queries"
QUESTIONS = {question.name: question for question in files.read(FOLDER)}


def test_a_value_cannot_break_out_of_its_string(store: Store) -> None:
    question = QUESTIONS["projects-mentioning-words"]
    results = store.query(bind(question, {"words": '" } } SELECT * { ?s ?p ?o } #\\'}))
    assert isinstance(results, QuerySolutions)
    assert list(results) == []


def test_an_unknown_parameter_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="no parameter 'lime'; it has: line"):
        bind(QUESTIONS["projects-supporting-action-line"], {"lime": "A.2.2.i"})


def test_a_parameter_that_is_given_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="parameter line is given twice; give it once"):
        by_name([("line", "A"), ("area", "A"), ("line", "A")])


AREAS = {"A": "Workforce competency", "B": "Institutional capacity", "C": "Leadership"}


@pytest.mark.parametrize(
    ("value", "options", "hint"),
    [
        ("b", AREAS, "similar: B"),
        ("leadership", AREAS, "similar: C"),
        ("Institutional capacities", AREAS, "similar: B"),
        ("", AREAS, "its values: A, B, C"),
        ("x", {str(n): str(n) for n in range(30)}, "its values: 0, 1, .*, 11 and 18 more"),
    ],
)
def test_a_value_that_is_no_choice_is_refused_with_those_that_are(
    value: str, options: dict[str, str], hint: str
) -> None:
    with pytest.raises(ValueError, match=f"'{value}' is no value of area; {hint}$"):
        check_choice("area", value, options)


def test_a_choice_and_any_text_where_there_are_no_choices_are_accepted() -> None:
    check_choice("area", "A", AREAS)
    check_choice("words", "any", {})
