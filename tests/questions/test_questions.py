"""Every stored question is well made, and both engines give it the answer worked out by hand."""

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rdflib
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

from accsm_kg.namespaces import BASE, QUERIES, prefixes
from accsm_kg.questions import files
from accsm_kg.questions.files import Parameter, Question
from accsm_kg.rdf import query_files

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "data" / "queries"
FILES = {path.stem: path for path in sorted(FOLDER.glob("*.rq"))}
QUESTIONS = {question.name: question for question in files.read(FOLDER)}
EXPECTED = {path.stem: path for path in sorted((Path(__file__).parent / "expected").glob("*.json"))}

Cell = str | int | bool | None
Answer = bool | list[dict[str, Cell]]

by_question = pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
by_file = pytest.mark.parametrize("path", FILES.values(), ids=FILES)
by_expected = pytest.mark.parametrize("path", EXPECTED.values(), ids=EXPECTED)


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
    """Return of ``answer`` what ``wanted`` states, in the same form: a set, or sets by group."""
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


@by_expected
@pytest.mark.parametrize("engine", ["oxigraph", "rdflib"])
def test_the_answer_is_the_one_worked_out(
    path: Path, engine: str, store: Store, rdflib_graph: rdflib.Graph
) -> None:
    expected = json.loads(path.read_text(encoding="utf-8"))
    text = files.bind(QUESTIONS[expected["question"]], expected["values"])
    results = _oxigraph(store, text) if engine == "oxigraph" else _rdflib(rdflib_graph, text)
    answer = _answer(results)
    for wanted in expected["answers"]:
        assert _found(answer, wanted) == _wanted(wanted)


@by_question
def test_both_engines_give_equal_results(
    question: Question, store: Store, rdflib_graph: rdflib.Graph
) -> None:
    text = files.bind(question)
    bag = _bag(_oxigraph(store, text))
    assert bag == _bag(_rdflib(rdflib_graph, text))
    assert isinstance(bag, bool) or max(bag[1].values(), default=1) == 1, "a row stands twice"


@by_question
def test_a_pick_list_offers_the_default(
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


def test_the_competency_questions_1_to_95_are_filed_and_have_an_expected_answer() -> None:
    filed: Counter[int] = Counter()
    for path in FILES.values():
        _, head = query_files.read(path)
        filed.update({case["number"] for case in head.get("cases", [head]) if "number" in case})
    expected = {
        json.loads(path.read_text(encoding="utf-8"))["number"] for path in EXPECTED.values()
    }
    assert filed == Counter(range(1, 96))
    assert expected == set(range(1, 96))


@by_expected
def test_an_expected_answer_belongs_to_a_case_of_its_question(path: Path) -> None:
    expected = json.loads(path.read_text(encoding="utf-8"))
    question = QUESTIONS[expected["question"]]
    _, head = query_files.read(FILES[question.name])
    default = {parameter.name: parameter.default for parameter in question.parameters}
    cases = head.get("cases", [{"number": question.number, **default}])
    assert {"number": expected["number"], **expected["values"]} in cases


@by_file
def test_the_header_is_complete(path: Path) -> None:
    _, head = query_files.read(path)
    known = {"summary", "description", "tags", "number", "parameters", "cases"}
    assert {"summary", "description", "tags"} <= set(head) <= known
    assert head["summary"].endswith("?")
    assert head["description"].strip().endswith(".")
    assert head["tags"] == sorted(head["tags"])
    for said in head.get("parameters", {}).values():
        assert {"description", "default"} <= set(said) <= {"description", "default", "options"}


TRACE_FILES = {path.stem: path for path in sorted((ROOT / "accsm_kg" / "queries").glob("*.rq"))}


@pytest.mark.parametrize(
    "path", [*FILES.values(), *TRACE_FILES.values()], ids=[*FILES, *TRACE_FILES]
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
    assert ("ORDER BY" in body) == ("\nSELECT" in body)
    assert re.findall(r"\?\w*_\w*|\?[A-Z]\w*", body) == []
    assert [line for line in text.splitlines() if len(line) > 100 or line != line.rstrip()] == []


def test_the_dataset_publishes_the_questions_as_the_files_have_them(store: Store) -> None:
    assert files.load(store) == list(QUESTIONS.values())


def test_a_published_question_runs_as_it_stands(store: Store) -> None:
    graph, select = NamedNode(BASE + QUERIES), NamedNode(prefixes()["sh"] + "select")
    node = NamedNode(f"{BASE}{QUERIES}/projects-supporting-action-line")
    text = next(store.quads_for_pattern(node, select, None, graph)).object
    assert isinstance(text, Literal)
    answer = _answer(_oxigraph(store, text.value))
    assert isinstance(answer, list)
    assert [row["number"] for row in answer] == [6, 17, 30, 33, 35, 40]


def _published(folder: Path, base: str = BASE) -> Store:
    store = Store()
    store.extend(files.quads(folder, base))
    return store


def test_another_base_is_carried_through() -> None:
    base = "http://127.0.0.1:8000/"
    store = _published(FOLDER, base)
    assert BASE not in "".join(map(str, store))
    assert [graph.value for graph in store.named_graphs() if isinstance(graph, NamedNode)] == [
        base + QUERIES
    ]


def test_a_value_cannot_break_out_of_its_string(store: Store) -> None:
    question = QUESTIONS["projects-mentioning-words"]
    text = files.bind(question, {"words": '" } } SELECT * { ?s ?p ?o } #\\'})
    assert _answer(_oxigraph(store, text)) == []


def test_an_unknown_parameter_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="no parameter 'lime'; it has: line"):
        files.bind(QUESTIONS["projects-supporting-action-line"], {"lime": "A.2.2.i"})


HEADER = "#+ summary: Which?\n#+ description: All.\n#+ tags: [x]\n"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("#+ summary: Which?\n#+ tags: [x]\nSELECT ?s\nWHERE {\n}", r"ask\.rq: .* no description"),
        (f"{HEADER}#+ parameters: {{p: {{default: x}}}}\nASK", r"ask\.rq: parameter p has no desc"),
        (
            f"{HEADER}#+ parameters: {{p: {{description: d, default: x, options: y}}}}\nASK",
            r"ask\.rq: parameter p: options 'y' is no \.rq and no SELECT",
        ),
        ("#+ summary: [\nASK", r"ask\.rq: the #\+ header is not YAML"),
        ("#+ just words\nASK", r"ask\.rq: the #\+ header must be a mapping"),
    ],
)
def test_a_faulty_header_is_refused_with_its_file(tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / "ask.rq").write_text(text)
    with pytest.raises(ValueError, match=fault):
        files.read(tmp_path)


def test_a_query_of_another_form_is_not_published(tmp_path: Path) -> None:
    (tmp_path / "tell.rq").write_text(f"{HEADER}\nDESCRIBE <x:y>")
    with pytest.raises(ValueError, match=r"tell\.rq: no line begins with SELECT"):
        list(files.quads(tmp_path))


def test_the_forms_of_query_and_several_parameters_survive_publication(tmp_path: Path) -> None:
    parameters = "#+ parameters: {b: {description: d, default: x}, a: {description: e, default: y}}"
    (tmp_path / "make.rq").write_text(
        f"{HEADER}{parameters}\n\nCONSTRUCT {{ ?s ?p ?o }}\nWHERE {{\n  ?s ?p ?o .\n}}\n"
    )
    (found,) = files.read(tmp_path)
    assert found.parameters == (Parameter("b", "d", "x"), Parameter("a", "e", "y"))
    assert files.load(_published(tmp_path)) == [found]
    assert files.form(found) == "construct"
