"""The tools and resources for assistants, called by the SDK's own client in memory."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from accsm_server.errors import Loading
from accsm_server.mcp.server import create_server
from accsm_server.mcp.text import BUDGET
from accsm_server.pages.queries import Site
from accsm_server.settings import Settings
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp_types import Tool

from .conftest import Tools, over

NAMES = ["search", "describe", "trace", "list_questions", "ask", "query", "vocabulary"]
CROSS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
BOOK = "source:001 (official, primary)"
ROW_33 = f"{BOOK}, line 158, Work plan table, project 33, column"
#: A passage: source, line, locator and words.
PASSAGE = re.compile(r"^\[\d+\] source:\d{3} \([a-z, ]+\), line \d[^:]*, [^:]+: “.+”$", re.M)


def listed(tools: Tools) -> list[Tool]:
    async def work(client: Client) -> list[Tool]:
        return (await client.list_tools()).tools

    found: list[Tool] = tools.run(work)
    return found


def test_the_tools_keep_their_names(tools: Tools) -> None:
    assert [tool.name for tool in listed(tools)] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_tool_says_that_it_only_reads(tools: Tools, name: str) -> None:
    (tool,) = (one for one in listed(tools) if one.name == name)
    assert tool.annotations
    assert tool.annotations.read_only_hint is True
    assert tool.annotations.open_world_hint is False
    assert tool.output_schema is None
    assert tool.description


def test_the_list_of_tools_is_short(tools: Tools) -> None:
    assert sum(len(tool.model_dump_json(exclude_none=True)) for tool in listed(tools)) < 6000


def test_search_finds_by_code_name_and_words(tools: Tools) -> None:
    assert "action-line-apsc-2025:A.2.2.iv" in tools("search", words="A.2.2.iv")
    assert "country:KHM" in tools("search", words="Cambodia")
    assert "Nothing for" in tools("search", words="zzzzzz")


def test_search_goes_on(tools: Tools) -> None:
    whole = tools("search", words="work plan", limit=20).splitlines()[2:10]
    first = tools("search", words="work plan", limit=4)
    assert re.search(r"\n\nThese are things 1 to 4 of \d+; go on with start=4\.$", first)
    following = tools("search", words="work plan", limit=4, start=4)
    assert [*first.splitlines()[2:6], *following.splitlines()[2:6]] == whole
    assert re.search(r"\n\nThese are things 5 to 8 of \d+; go on with start=8\.$", following)


@pytest.mark.parametrize(
    "thing",
    [
        "project-2016-2020:33",
        "<id/project/2016-2020/33>",
        "https://w3id.org/accsm-kg/id/project/2016-2020/33",
        "id:project/2016-2020/33",
        "project/2016-2020/33",
        "33",
        "ASEAN Guideline on Public Service Delivery",
    ],
)
def test_a_thing_is_described_by_any_of_its_names(tools: Tools, thing: str) -> None:
    assert tools("describe", thing=thing).startswith("project-2016-2020:33 “ASEAN Guideline")


def test_a_description_has_the_passage_behind_each_statement(tools: Tools) -> None:
    text = tools("describe", thing="project-2016-2020:33")
    line = r"^accsm:countryCoordinator \| country:KHM “Cambodia” \| source/001 \[(\d+)\]$"
    (number,) = re.findall(line, text, re.MULTILINE)
    place = f"{ROW_33} Country Coordinators"
    assert f"\n[{number}] {place}: “Cambodia”" in text
    assert len(PASSAGE.findall(text)) > 5


def test_a_description_has_issues_and_referrers(tools: Tools) -> None:
    start, text = "0", ""
    while start:
        page = tools("describe", thing="country:KHM", start=int(start))
        text += page
        start = next(iter(re.findall(r"go on with start=(\d+)", page)), "")
    assert re.search(r"^curator's issue \| issue:\S+ .+; read as: .+; confidence: ", text, re.M)
    assert re.search(r"^\^accsm:potentialPartner \(refers to it\) \| .+ and \d+ more", text, re.M)


def test_a_computed_statement_has_the_passage_of_the_thing_that_it_is_computed_from(
    tools: Tools,
) -> None:
    text = tools("describe", thing="country:KHM")
    line = r"^accsm:coordinates \| project-2016-2020:33 “.+” \| inferred \[(\d+)\]$"
    (number,) = re.findall(line, text, re.MULTILINE)
    place = f"{ROW_33} Country Coordinators"
    assert f"\n[{number}] {place}: “Cambodia”" in text


def test_what_is_not_quoted_is_told_in_our_own_words(tools: Tools) -> None:
    text = tools("describe", thing="<id/statement/003/14>")
    assert re.search(r"source:003 \(low reliability\), line \d+, .+: told in our own words", text)


def test_an_unknown_thing_is_refused_with_others(tools: Tools) -> None:
    assert "names nothing here; perhaps: country:KHM" in tools.error("describe", thing="Cambodiaa")
    assert "name a thing, such as" in tools.error("describe", thing=" ")


def test_a_name_of_several_things_is_refused_with_each(tools: Tools) -> None:
    assert "names several things" in tools.error("describe", thing="prime minister")


def test_a_line_is_traced_to_its_projects(tools: Tools) -> None:
    text = tools("trace", key="A.2.2.iv")
    rows = re.findall(r"^project-2016-2020:(\d+) \| .+\[\d+\]$", text, re.MULTILINE)
    assert rows == ["6", "17", "30", "33", "35", "40"]
    assert len(PASSAGE.findall(text)) == 6
    assert "None of the six projects has anything marked as completed by April 2017." in text


def test_a_project_is_traced_to_blueprints(tools: Tools) -> None:
    text = tools("trace", key="33")
    assert re.search(r"^also supports \| action-line-apsc-2025:A.2.2.iv .+\[\d+\]$", text, re.M)
    assert PASSAGE.search(text)


def test_what_cannot_be_traced_is_refused(tools: Tools) -> None:
    error = tools.error("trace", key="person:hun-sen")
    assert error == "person:hun-sen cannot be traced; describe tells of it"
    assert "names nothing here" in tools.error("trace", key="nonsense")


def test_questions_are_listed_by_words(tools: Tools) -> None:
    assert "projects-supporting-action-line | Which projects" in tools("list_questions")
    few = tools("list_questions", words="partner without")
    assert "projects-without-partner" in few
    assert "projects-supporting-action-line" not in few
    assert tools("list_questions", words="zzz").endswith("or none to list all.")


def test_a_question_is_answered_with_passages(tools: Tools) -> None:
    text = tools("ask", question="projects-supporting-action-line", parameters={"line": "A.2.2.i"})
    assert text.startswith("Which projects support this APSC action line?\nline = A.2.2.i\n")
    place = f"{BOOK}, line 181, Work plan table, project 41, column ASCC Strategic Measures"
    assert place in text


def test_a_relation_in_a_row_has_its_own_passage(tools: Tools) -> None:
    query = "SELECT ?p ?c { ?p accsm:countryCoordinator ?c ; accsm:projectNumber 33 }"
    text = tools("query", sparql=query)
    first = text.split("\n\n")[1].splitlines()[0]
    assert text.startswith("p | c\nproject-2016-2020:33 | country:KHM [1]")
    assert first.startswith(
        "[1] source:001 (official, primary), line 158, Work plan table, project 33, column "
    )
    assert first.endswith("Country Coordinators: “Cambodia”")
    assert "[1]" not in tools("query", sparql=query, passages=False)


def test_a_question_without_rows_says_so(tools: Tools) -> None:
    text = tools("ask", question="projects-mentioning-words", parameters={"words": "zzzz"})
    assert text.endswith("0 rows: the record has nothing for these values.")


def test_an_ask_is_answered_yes_or_no(tools: Tools) -> None:
    assert tools("query", sparql="ASK { country:KHM a accsm:Country }") == "yes"
    assert tools("query", sparql="ASK { country:KHM a accsm:Project }").endswith("\nno")


def test_numbers_are_values_of_parameters(tools: Tools) -> None:
    text = tools("ask", question="projects-that-may-run-in-year", parameters={"year": 2017})
    assert "\nyear = 2017\n" in text
    assert "'1' is no value of line" in tools.error(
        "ask", question="projects-supporting-action-line", parameters={"line": 1}
    )


@pytest.mark.parametrize(
    ("question", "parameters", "sentence"),
    [
        ("projects-suporting-line", {}, "similar: projects-supporting-action-line"),
        ("projects-supporting-action-line", {"line": "A.2.2.x"}, "similar: A.2.2.i"),
        ("projects-supporting-action-line", {"lin": "x"}, "has no parameter 'lin'; it has: line"),
    ],
)
def test_what_a_question_does_not_take_is_refused(
    tools: Tools, question: str, parameters: dict[str, str], sentence: str
) -> None:
    assert sentence in tools.error("ask", question=question, parameters=parameters)


def test_an_unknown_name_is_refused_with_the_three_nearest(tools: Tools) -> None:
    error = tools.error("query", sparql="SELECT ?p { ?p accsm:suports ?l }")
    assert error.startswith("`accsm:suports` is not in the vocabulary; did you mean ")
    assert len(re.findall(r"`accsm:\w+`", error)) == 4
    assert "`accsm:supports`" in error


def test_an_empty_answer_says_how_often_each_name_occurs(tools: Tools) -> None:
    text = tools("query", sparql="SELECT ?p { ?p accsm:supports country:KHM ; skos:prefLabel 1 }")
    assert text.startswith("Nothing in the record matches.\nHint: ")
    assert re.search(r"^country:KHM occurs \d+ as subject, \d+ as value$", text, re.M)
    assert re.search(r"^accsm:supports occurs \d+ as property", text, re.M)
    text = tools("query", sparql="SELECT ?p { ?p a accsm:Project ; accsm:projectNumber 99 }")
    assert re.search(
        r"^accsm:Project occurs 41 as class, \d+ as subject, \d+ as value$", text, re.M
    )


def test_a_party_has_its_own_signature_behind_it(tools: Tools) -> None:
    text = tools("describe", thing="country:LAO")
    (line,) = re.findall(r"^accsm:partyTo \| document:asean-declaration.*$", text, re.M)
    (number,) = re.findall(r"\[(\d+)\]", line)
    assert f"\n[{number}] source:001 (official, primary), line 533-537, 2017 Decl" in text
    assert "Kingdom of Cambodia" not in text


def test_lines_of_a_cell_are_quoted_each_by_itself(tools: Tools) -> None:
    text = tools("trace", key="40")
    assert "“A.2.iii A.2.v E.1.vii E.2.i E.2.iv” “Also supports A.2.2.i,” “A.2.2.iii, A." in text


def test_a_count_of_none_is_an_empty_answer(tools: Tools) -> None:
    text = tools("query", sparql="SELECT (COUNT(*) AS ?n) { country:XYZ a accsm:Country }")
    assert "country:XYZ does not occur" in text
    assert "\nn\n0" in text


def test_rows_go_on(tools: Tools) -> None:
    query = "SELECT ?n { ?p accsm:projectNumber ?n } ORDER BY ?n"
    first = tools("query", sparql=query, limit=5)
    assert first.startswith("n\n1\n2\n3\n4\n5\n\nThese are rows 1 to 5 of more than 5; go on with")
    assert tools("query", sparql=query, limit=5, start=5).startswith("n\n6\n7\n")


def test_a_graph_is_turtle(tools: Tools) -> None:
    text = tools("query", sparql="CONSTRUCT { ?s a ?c } WHERE { ?s a accsm:Blueprint ; a ?c }")
    assert text.startswith("Turtle, with the prefixes of the dataset:\n")
    assert "blueprint:apsc-2025 a " in text


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("SELECT ?p { ?p accsm:supports }", "Line 1, column 31"),
        ("INSERT DATA { <a:a> <a:b> <a:c> }", "Updates are refused"),
        ("SELECT * { SERVICE <http://127.0.0.1:1/> { ?a ?b ?c } }", "SERVICE is not allowed"),
        ("SELECT * { ?a ?b ?c } ORDER BY <urn:f>(?a)", "cannot be evaluated"),
        ("", "the query is empty"),
        ("#" * (1 << 21), "too long"),
    ],
)
def test_what_a_query_may_not_is_told_in_a_sentence(
    tools: Tools, query: str, sentence: str
) -> None:
    error = tools.error("query", sparql=query)
    assert sentence in error
    assert "Traceback" not in error


def test_a_runaway_query_ends_in_an_error_and_the_next_call_works(known_path: Path) -> None:
    with over(known_path, Settings(timeout=1.0, memory=2048)) as tools:
        assert "took too long" in tools.error("query", sparql=CROSS)
        assert tools("query", sparql="ASK { country:KHM a accsm:Country }") == "yes"


@pytest.mark.parametrize("closing", ["", "}" * 5000], ids=["open", "closed"])
def test_after_5000_nested_braces_the_next_call_works(tools: Tools, closing: str) -> None:
    ((text, is_error),) = tools.call_all([("query", {"sparql": "ASK " + "{" * 5000 + closing})])
    assert is_error or text == "yes"
    assert is_error or closing
    assert tools("query", sparql="ASK { country:KHM a accsm:Country }") == "yes"


def test_the_core_classes_are_listed_with_their_properties(tools: Tools) -> None:
    text = tools("vocabulary")
    row = r"^accsm:Project \| 41 \| project-2016-2020:\d+ \| .*accsm:countryCoordinator 41 → accsm:"
    assert re.search(row, text, re.MULTILINE)
    assert "go on with" not in text


@pytest.mark.parametrize("name", ["accsm:supports", "supports", "<ontology#supports>"])
def test_a_property_is_told_with_its_values(tools: Tools, name: str) -> None:
    text = tools(
        "vocabulary", name=name.replace("<ontology#", "<https://w3id.org/accsm-kg/ontology#")
    )
    assert text.startswith("accsm:supports: property in ")
    assert "\nclass of values: accsm:PolicyTarget\n" in text
    assert "\nvalue: measure-ascc-2025:" in text


def test_a_class_is_told_with_its_properties(tools: Tools) -> None:
    text = tools("vocabulary", name="accsm:Project")
    assert "\nproperty: accsm:countryCoordinator 41 → accsm:Country" in text


def test_an_unknown_term_is_refused_with_the_three_nearest(tools: Tools) -> None:
    error = tools.error("vocabulary", name="projekt")
    assert error.startswith("there is no term accsm:projekt; the nearest are accsm:Project, ")
    assert error.count("accsm:") == 4


@pytest.mark.parametrize(
    ("name", "content"),
    [("vocabulary", "accsm:Project | 41 |"), ("questions", "projects-supporting-action-line |")],
)
def test_vocabulary_and_questions_are_resources(tools: Tools, name: str, content: str) -> None:
    async def work(client: Client) -> tuple[list[str], str]:
        uris = [str(one.uri) for one in (await client.list_resources()).resources]
        (found,) = (await client.read_resource(f"accsm-kg://{name}")).contents
        return uris, getattr(found, "text", "")

    uris, text = tools.run(work)
    assert uris == ["accsm-kg://vocabulary", "accsm-kg://questions"]
    assert content in text


@pytest.mark.parametrize("name", NAMES)
def test_while_the_dataset_is_loading_a_call_is_an_error(tools: Tools, name: str) -> None:
    @contextmanager
    def use() -> Iterator[Site]:
        raise Loading(detail="Reading: 10% done.")
        yield  # a generator all the same

    async def work() -> str:
        values = {"search": "words", "describe": "thing", "trace": "key", "ask": "question"}
        key = values.get(name, "sparql" if name == "query" else "")
        async with Client(create_server(use)) as client:
            with pytest.raises(MCPError, match="10% done"):
                await client.read_resource("accsm-kg://questions")
            result = await client.call_tool(name, {key: "x"} if key else {})
            assert result.is_error
            (content,) = result.content
            return str(getattr(content, "text", ""))

    assert "Reading: 10% done." in tools.runner.run(work())


@pytest.mark.parametrize(
    "text",
    ["x" * 1_000_000, "\x00\x1b[31m\n\r\t", "<" * 999, "'; DROP TABLE thing; --", '"' * 500,
     "%s{}$this", "\ud7ff\U0010ffff", "<urn:this>", "> } DELETE WHERE { ?s ?p ?o", "*" * 300,
     "NEAR(a b)", "OR AND NOT"],
    ids=range(12),
)  # fmt: skip
@pytest.mark.parametrize(
    ("name", "key"),
    [("search", "words"), ("describe", "thing"), ("trace", "key"), ("list_questions", "words"),
     ("ask", "question"), ("query", "sparql"), ("vocabulary", "name")],
)  # fmt: skip
def test_hostile_words_are_answered_in_a_sentence(
    tools: Tools, caplog: pytest.LogCaptureFixture, name: str, key: str, text: str
) -> None:
    ((answer, is_error),) = tools.call_all([(name, {key: text})])
    assert len(answer) <= BUDGET
    assert not is_error or len(answer) > len(f"Error executing tool {name}")  # else it crashed
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize(
    ("name", "values"),
    [("search", {}), ("search", {"words": "x", "limit": 1000}), ("query", {"sparql": 1}),
     ("describe", {"thing": "33", "start": -1}), ("ask", {"question": "x", "parameters": [1]})],
)  # fmt: skip
def test_wrong_arguments_are_an_error_of_the_tool(
    tools: Tools, name: str, values: dict[str, Any]
) -> None:
    assert "validation error" in tools.error(name, **values)


@pytest.mark.parametrize(
    ("name", "values"),
    [("ask", {"question": "x", "parameters": {f"p{n}": [] for n in range(500)}}),
     ("x" * 100_000, {})],
    ids=["parameters", "name"],
)  # fmt: skip
def test_many_wrong_arguments_are_a_short_error(
    tools: Tools, name: str, values: dict[str, Any]
) -> None:
    ((text, is_error),) = tools.call_all([(name, values)])
    assert is_error
    assert len(text) <= BUDGET


def test_a_value_of_a_question_has_a_longest_length_as_on_its_page(tools: Tools) -> None:
    given = {"words": "word " * 1000}
    error = tools.error("ask", question="clauses-mentioning-words", parameters=given)
    assert error == "a value of words has at most 1000 characters"
