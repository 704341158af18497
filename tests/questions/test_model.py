"""Binding the parameters of a question to values."""

import pytest
from project import ROOT
from pyoxigraph import QuerySolutions, Store

from accsm_kg.questions import files
from accsm_kg.questions.model import bind

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
