"""Every stored question has a complete header, and both engines return the expected answer."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import rdflib
from project import ROOT
from pyoxigraph import (
    Literal,
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    Store,
    Variable,
    parse_query_results,
)
from scope import record, scope_of

from accsm_kg.namespaces import BASE, prefixes
from accsm_kg.questions import files
from accsm_kg.questions.model import Question, bind
from accsm_kg.rdf import query_files

FOLDER = ROOT / "data" / "queries"
FILES = {path.stem: path for path in sorted(FOLDER.glob("*.rq"))}
QUESTIONS = {question.name: question for question in files.read(FOLDER)}

#: Queries whose rows fill the index of the search, where their order does not matter.
UNSORTED = ("search/queries/names.rq", "search/queries/texts.rq")
#: What a person cannot read: HTML tags and bold of the scanned text, and ISO 8601 durations.
UNREADABLE = re.compile(r"</?[a-z]+>|\*\*|^P\d+[YMD]$")

Cell = str | int | bool | None
Answer = bool | list[dict[str, Cell]]


@dataclass(frozen=True)
class Case:
    """A question with values for its parameters, and what it answers over the record of a scope."""

    question: Question
    values: dict[str, str]
    scope: str
    answers: list[dict[str, Any]]


def _cases() -> Iterator[tuple[str, Case]]:
    """Yield the cases of each answers/*.json, which is named after its question."""
    for path in sorted((ROOT / "data").rglob("answers/*.json")):
        for number, said in enumerate(json.loads(path.read_text(encoding="utf-8")), start=1):
            assert path.stem in QUESTIONS, f"{path}: no question of data/queries/ has that name"
            scope = " ".join(said.get("sources", [scope_of(path)]))
            case = Case(QUESTIONS[path.stem], said["values"], scope, said["answers"])
            yield f"{path.parent.parent.name}-{path.stem}-{number}", case


CASES = dict(_cases())
#: The names of all queries that questions make with their defaults and with the values of cases.
TEXTS = {
    **{bind(case.question, case.values): name for name, case in CASES.items()},
    **{bind(question): name for name, question in QUESTIONS.items()},
}

by_file = pytest.mark.parametrize("path", FILES.values(), ids=FILES)


def _oxigraph(store: Store, text: str) -> QuerySolutions | QueryBoolean:
    results = store.query(text)
    assert isinstance(results, QuerySolutions | QueryBoolean)
    return results


def _rdflib(graph: rdflib.Graph, text: str) -> QuerySolutions | QueryBoolean:
    written = graph.query(text).serialize(format="json")
    assert written is not None
    return parse_query_results(written, format=QueryResultsFormat.JSON)


def _cell(term: object) -> Cell:
    if isinstance(term, NamedNode):
        return term.value.removeprefix(f"{BASE}id/")
    if not isinstance(term, Literal):
        return None
    kind = term.datatype.value.removeprefix(prefixes()["xsd"])
    convert: dict[str, Callable[[str], Cell]] = {"integer": int, "boolean": "true".__eq__}
    return convert.get(kind, str)(term.value)


def _answer(results: QuerySolutions | QueryBoolean) -> Answer:
    if isinstance(results, QueryBoolean):
        return bool(results)
    names = [variable.value for variable in results.variables]
    return [dict(zip(names, map(_cell, row), strict=True)) for row in results]


def _bag(
    results: QuerySolutions | QueryBoolean,
) -> bool | tuple[list[Variable], Counter[tuple[str, ...]]]:
    if isinstance(results, QueryBoolean):
        return bool(results)
    return results.variables, Counter(tuple(map(str, solution)) for solution in results)


def _found(answer: Answer, wanted: dict[str, Any]) -> object:
    """Return the part of ``answer`` to compare with ``wanted``: a set, or sets by group."""
    if isinstance(answer, bool):
        return answer
    chosen = [row for row in answer if wanted.get("where", {}).items() <= row.items()]
    if "columns" in wanted:
        return {tuple(row[column] for column in wanted["columns"]) for row in chosen}
    groups: dict[str, set[Cell]] = {}
    for row in chosen:
        members = groups.setdefault(str(row[wanted["by"]]), set())
        members |= {row[wanted["of"]]} - {None}
    return groups


def _wanted(wanted: dict[str, Any]) -> object:
    if "ask" in wanted:
        return wanted["ask"]
    if "rows" in wanted:
        return {tuple(row) for row in wanted["rows"]}
    return {group: set(members) for group, members in wanted["groups"].items()}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_answer_is_the_expected_one(case: Case) -> None:
    answer = _answer(_oxigraph(record(case.scope), bind(case.question, case.values)))
    for wanted in case.answers:
        assert _found(answer, wanted) == _wanted(wanted)


@pytest.mark.parametrize("text", TEXTS, ids=TEXTS.values())
def test_both_engines_give_equal_results(
    text: str, store: Store, rdflib_graph: rdflib.Graph
) -> None:
    bag = _bag(_oxigraph(store, text))
    assert bag == _bag(_rdflib(rdflib_graph, text))
    assert isinstance(bag, bool) or max(bag[1].values(), default=1) == 1, "a row occurs twice"


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_the_options_of_a_parameter_include_its_default(
    question: Question, store: Store, rdflib_graph: rdflib.Graph
) -> None:
    for parameter in question.parameters:
        if parameter.options:
            offered = _oxigraph(store, parameter.options)
            assert isinstance(offered, QuerySolutions)
            values = [_cell(next(iter(solution))) for solution in offered]
            assert parameter.default in values
            assert len(values) == len(set(values))
            assert _bag(_oxigraph(store, parameter.options)) == _bag(
                _rdflib(rdflib_graph, parameter.options)
            )


def _rows(store: Store, text: str) -> list[list[object]]:
    results = _oxigraph(store, text)
    return [] if isinstance(results, QueryBoolean) else [list(row) for row in results]


def _answers(
    question: Question, store: Store
) -> Iterator[tuple[dict[str, str], list[list[object]]]]:
    """Yield the rows that a question answers for each combination of values of its pick-lists."""
    offered = [
        [str(_cell(row[0])) for row in _rows(store, parameter.options)]
        if parameter.options
        else [parameter.default]
        for parameter in question.parameters
    ]
    for chosen in product(*offered):
        names = [parameter.name for parameter in question.parameters]
        values = dict(zip(names, chosen, strict=True))
        yield values, _rows(store, bind(question, values))


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_an_answer_lists_the_same_resources_once_unless_the_description_says_so(
    question: Question, store: Store
) -> None:
    for values, rows in _answers(question, store):
        resources = Counter(
            tuple(cell for cell in row if isinstance(cell, NamedNode)) for row in rows
        )
        twice = [named for named, count in resources.items() if named and count > 1]
        assert twice == [] or "once for each" in question.description, (
            f"{values}: join the rows of {twice}, or say in the description: once for each …"
        )


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_an_answer_shows_no_markup_of_the_scan_and_no_duration_in_code(
    question: Question, store: Store
) -> None:
    for values, rows in _answers(question, store):
        shown = [cell.value for row in rows for cell in row if isinstance(cell, Literal)]
        assert [text for text in shown if UNREADABLE.search(text)] == [], values


def test_every_question_but_a_pick_list_has_an_answer_worked_out_by_hand() -> None:
    heads = [query_files.read(path)[1] for path in FILES.values()]
    picked = {said.get("options") for head in heads for said in head.get("parameters", {}).values()}
    answered = {path.stem for path in (ROOT / "data").rglob("answers/*.json")}
    bare = sorted(QUESTIONS.keys() - picked - answered)
    assert bare == [], "file the answer of each as answers/<its name>.json beside its source"


@by_file
def test_the_header_is_complete(path: Path) -> None:
    _, head = query_files.read(path)
    known = {"summary", "description", "tags", "parameters"}
    assert {"summary", "description", "tags"} <= set(head) <= known
    assert head["summary"].endswith("?")
    assert head["description"].strip().endswith(".")
    assert head["tags"] == sorted(head["tags"])
    for said in head.get("parameters", {}).values():
        assert {"description", "default"} <= set(said) <= {"description", "default", "options"}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_the_header_speaks_to_people(question: Question) -> None:
    said = [question.summary, question.description]
    text = " ".join([*said, *(parameter.description for parameter in question.parameters)])
    assert re.findall(r"\bIRIs?\b|\boccurrences?\b", text, re.IGNORECASE) == []
    assert [name for name in QUESTIONS if "-" in name and name in text] == []
    titles = {other.summary for other in QUESTIONS.values()}
    assert set(re.findall(r'[Qq]uestion "([^"]+)"', text)) <= titles


PACKAGE_QUERIES = {
    f"{path.parents[1].name}/{path.stem}": path
    for path in sorted((ROOT / "accsm_kg").glob("*/queries/*.rq"))
}


@pytest.mark.parametrize(
    "path", [*FILES.values(), *PACKAGE_QUERIES.values()], ids=[*FILES, *PACKAGE_QUERIES]
)
def test_the_query_keeps_the_house_style(path: Path) -> None:
    text, _ = query_files.read(path)
    body = "\n".join(line for line in text.splitlines() if not line.startswith("#+"))
    declared = re.findall(r"^PREFIX ([\w-]+): <(.*)>$", body, re.MULTILINE)
    used = re.sub(r"^PREFIX .*$|<[^>]*>|\"[^\"]*\"", "", body, flags=re.MULTILINE)
    assert declared == sorted(declared)
    assert {name: iri for name, iri in declared if prefixes()[name] == iri} == dict(declared)
    assert [name for name, _ in declared if not re.search(rf"\b{name}:", used)] == []
    assert "SELECT *" not in body
    assert ("ORDER BY" in body) == ("\nSELECT" in body and not path.as_posix().endswith(UNSORTED))
    assert re.findall(r"\?\w*_\w*|\?[A-Z]\w*", body) == []
    long = [line for line in text.splitlines() if len(line) > 100 or line != line.rstrip()]
    assert long == [], "lines have at most 100 characters and no space at the end"
