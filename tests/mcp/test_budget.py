"""No answer is over its budget, for any question, thing or term."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from accsm_server.mcp.text import BUDGET
from accsm_server.pages.question import options
from accsm_server.pages.questions import stored
from accsm_server.pages.trace import load_index
from accsm_server.pages.workbench import load_terms
from pyoxigraph import NamedNode, Store

from accsm_kg.namespaces import BASE

from .conftest import Calls, Tools, over

_EACH = 3  # values of a parameter
_PAGES = 40  # of one answer


@pytest.fixture(scope="module")
def whole(dataset_path: Path) -> Iterator[Tools]:
    with over(dataset_path) as found:
        yield found


def faults(tools: Tools, calls: Calls) -> dict[str, str]:
    """Return what is wrong with the answers to ``calls`` and with what they go on with."""
    found: dict[str, str] = {}
    for page in range(_PAGES):
        following: Calls = []
        for (name, values), (text, is_error) in zip(calls, tools.call_all(calls), strict=True):
            if is_error or len(text) > BUDGET:
                found[f"{name} {values} {page}"] = text[:300] if is_error else f"{len(text)}"
            start = re.search(r"go on with start=(\d+)\.$", text)
            if start and int(start[1]) > values.get("start", -1):
                following.append((name, {**values, "start": int(start[1])}))
        calls = following
    return found


def test_no_answer_to_a_question_is_over_its_budget(whole: Tools) -> None:
    async def calls() -> Calls:
        found: Calls = []
        for question in await stored(whole.site):
            found.append(("ask", {"question": question.name}))
            for parameter in question.parameters:
                values = [*await options(whole.site, parameter)]
                for value in values[:: max(1, len(values) // _EACH)]:
                    chosen = {parameter.name: value}
                    found.append(("ask", {"question": question.name, "parameters": chosen}))
        return found

    asked = whole.runner.run(calls())
    assert len(asked) > 100
    assert faults(whole, asked) == {}


def test_no_description_of_a_thing_is_over_its_budget(whole: Tools, store: Store) -> None:
    named = {quad.subject.value for quad in store if isinstance(quad.subject, NamedNode)}
    things = sorted(iri for iri in named if iri.startswith(BASE))
    assert len(things) > 1000
    assert faults(whole, [("describe", {"thing": thing}) for thing in things]) == {}


def test_no_trace_is_over_its_budget(whole: Tools) -> None:
    known = whole.runner.run(whole.site.load(load_index))
    calls: Calls = [("trace", {"key": thing.resource}) for thing in known.things.values()]
    assert len(calls) > 80
    assert faults(whole, calls) == {}


def test_no_term_is_over_its_budget(whole: Tools) -> None:
    terms = whole.runner.run(whole.site.load(load_terms))
    calls: Calls = [
        ("vocabulary", {"name": name}) for name in (*terms["classes"], *terms["properties"])
    ]
    assert len(calls) > 300
    assert faults(whole, [*calls, ("vocabulary", {}), ("list_questions", {})]) == {}


def test_no_answer_to_a_query_is_over_its_budget(whole: Tools) -> None:
    queries = (
        "SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o",
        "SELECT ?o { ?s ?p ?o FILTER(ISLITERAL(?o)) } ORDER BY DESC(STRLEN(STR(?o)))",
        f"SELECT {' '.join(f'({n} AS ?v{n})' for n in range(900))} {{}}",
        'SELECT (REPLACE("x", "x", STR(?l)) AS ?y) { country:KHM skos:prefLabel ?l }',
        f"ASK {{ VALUES ?x {{ {' '.join(f'<urn:{n}>' for n in range(5000))} }} ?x ?p ?o }}",
        "DESCRIBE country:KHM country:THA",
    )
    calls: Calls = [("query", {"sparql": query, "limit": 200}) for query in queries]
    answers = whole.call_all(calls)
    assert [len(text) for text, is_error in answers if len(text) > BUDGET or is_error] == []
