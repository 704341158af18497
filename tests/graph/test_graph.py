"""A graph: what it answers in memory and over a server, and how it says that it cannot."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from project import ROOT

import accsm_kg
from accsm_kg import (
    AmbiguousNameError,
    DatasetError,
    Graph,
    QueryError,
    QueryKindError,
    QuerySyntaxError,
    TableError,
    Triples,
    UnknownNameError,
)
from accsm_kg.namespaces import BASE

#: What is asked in memory and over a server.
ASKED: list[Callable[[Graph], object]] = [
    lambda kg: (kg.base, kg.version, dict(kg.prefixes)),
    lambda kg: dict(kg.questions),
    lambda kg: kg.query(
        "SELECT * { ?p accsm:supports ?t ; accsm:projectNumber ?n } ORDER BY ?n ?t"
    ),
    lambda kg: kg.query("""
        SELECT ?s (COUNT(*) AS ?n) (AVG(?o) AS ?mean) { ?s ?p ?o FILTER(ISNUMERIC(?o)) }
        GROUP BY ?s ORDER BY ?s"""),
    lambda kg: kg.construct("DESCRIBE project-2016-2020:33"),
    lambda kg: kg.construct("CONSTRUCT { ?p a ?n } WHERE { ?p accsm:projectNumber ?n }", n=33),
    lambda kg: kg.holds("ASK { <id/country/KHM> a accsm:Country }"),
    *(partial(Graph.trace, key=key) for key in (33, "A.2.2.iv", "KHM", "apsc-2025", "E.1")),
    *(partial(Graph.describe, key=key) for key in (33, "country:KHM", "ASEAN Secretariat")),
    *(partial(Graph.coverage, rows=rows) for rows in ("targets", "areas", "themes")),
    *(partial(Graph.search, words=words) for words in ("33", "recruitmant", "programme")),
    *(partial(Graph.evidence, key=33, about=about) for about in (None, "A.2.2.iv", "KHM")),
    lambda kg: kg.choices("projects-supporting-action-line", "line"),
    lambda kg: len(kg.to_rdflib()),
]


@pytest.mark.parametrize("asked", ASKED)
def test_the_answer_is_the_same_in_memory_and_over_a_server(
    kg: Graph, served: Graph, asked: Callable[[Graph], object]
) -> None:
    found = asked(kg)
    assert found == asked(served)
    assert found


def test_every_question_has_the_same_answer_in_memory_and_over_a_server(
    kg: Graph, served: Graph
) -> None:
    differing = [name for name in kg.questions if kg.ask(name) != served.ask(name)]
    assert differing == []
    assert len(kg.questions) > 100


QUERIES = [
    "SELECT ?x { ?x skso:a ?y }",
    "SELECT ?x\n{ ?x",
    "SELECT ?x {} GROUP BY ?y",
    "SELECT ?x { BIND(<x:f>(1) AS ?x) }",
    "no query",
    "",
]


@pytest.mark.parametrize("query", QUERIES)
def test_a_faulty_query_has_the_same_error_in_memory_and_over_a_server(
    kg: Graph, served: Graph, query: str
) -> None:
    told = []
    for graph in (kg, served):
        with pytest.raises(QueryError) as caught:
            graph.query(query)
        error = caught.value
        told.append((type(error), error.line, error.column, error.hint, str(error).split("\n")[0]))
    assert told[0] == told[1]


def test_each_form_of_query_has_its_method(kg: Graph) -> None:
    for query, message in {
        "CONSTRUCT WHERE { ?s ?p ?o }": r"form CONSTRUCT; use construct\(\)",
        "DESCRIBE <x:a>": r"form DESCRIBE; use construct\(\)",
        "ASK { ?s ?p ?o }": r"form ASK; use holds\(\)",
        "DELETE WHERE { ?s ?p ?o }": "is an update",
    }.items():
        with pytest.raises(QueryKindError, match=message):
            kg.query(query)
    with pytest.raises(QueryKindError, match=r"use query\(\)"):
        kg.holds("SELECT ?s { ?s ?p ?o }")
    with pytest.raises(QueryKindError, match=r"use query\(\)"):
        kg.construct("SELECT ?s { ?s ?p ?o }")


def test_a_syntax_error_shows_the_place(kg: Graph) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        kg.query("SELECT ?x\n{ ?x accsm:supports ?y ;; }}")
    assert (caught.value.line, caught.value.column) == (2, 29)
    assert "^" in str(caught.value)
    assert isinstance(caught.value, ValueError)


def test_a_question_may_be_of_any_form(kg: Graph) -> None:
    assert kg.ask("kpi-values-filled-in").to_dicts() == [{"answer": False}]
    text = kg.questions["projects"].text
    construct = f"CONSTRUCT {{ ?project a accsm:Project }}\n{text[text.index('WHERE {') :]}"
    assert "ORDER BY" in construct
    question = accsm_kg.Question("made", "", "", (), construct)
    graph = accsm_kg.Graph(kg._source)
    graph.__dict__["questions"] = {"made": question}
    assert isinstance(graph.ask("made"), Triples)


@pytest.mark.parametrize(
    ("name", "given", "message", "suggestion"),
    [
        ("projekts", {}, "no stored question is called 'projekts'; similar: projects", "projects"),
        ("projects-supporting-action-line", {"lime": "x"}, "no parameter 'lime'", "line"),
        ("projects-supporting-action-line", {"line": "A22i"}, "no value of line", "A.2.2.i"),
        ("projects-by-year", {"line": 1}, "has no parameter 'line'; it has: none", ""),
    ],
)
def test_what_a_question_does_not_know_is_told_with_what_is_similar(
    kg: Graph, name: str, given: dict[str, str], message: str, suggestion: str
) -> None:
    with pytest.raises(UnknownNameError, match=message) as caught:
        kg.ask(name, **given)
    assert suggestion in (*caught.value.suggestions, "")
    assert isinstance(caught.value, LookupError)


def test_choices_are_those_of_the_parameter(kg: Graph) -> None:
    with pytest.raises(UnknownNameError, match="no parameter of projects-supporting") as caught:
        kg.choices("projects-supporting-action-line", "lime")
    assert caught.value.suggestions == ("line",)
    assert kg.choices("clauses-mentioning-words", "words").to_dicts() == []


def test_a_trace_has_plain_values_and_a_picture(kg: Graph) -> None:
    trace = kg.trace("A.2.2.iv")
    assert (trace.label, trace.code, trace.kind) == ("APSC A.2.2.iv", "A.2.2.iv", "action line")
    assert [(row.number, row.completed) for row in trace.projects][:2] == [(6, False), (17, False)]
    first = trace.statements[0]
    assert (first.line, first.states, first.source) == (92, True, "001")
    assert trace.readings[0].confidence
    picture = trace.picture()
    assert (picture.view, picture.title) == ("chain", "Who works on action line A.2.2.iv?")
    assert "Leaders in E-Government" in picture.svg
    assert trace._repr_html_().count("<tr>") == 7
    assert {9, 40} <= {row.number for row in kg.trace("KHM").partner_in}


def test_an_unknown_or_ambiguous_thing_is_told_with_its_choices(kg: Graph, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="nothing that can be traced"):
        kg.trace("qqqq")
    path = tmp_path / "more.ttl"
    path.write_text(
        f"{PREFIXES}<id/project/2021-2025/33> a accsm:Project ; accsm:projectNumber 33 ;\n"
        '  skos:prefLabel "Another"@en .\n'
        '<urn:a> skos:prefLabel "Same" .\n<urn:b> skos:prefLabel "Same" .'
    )
    both = kg.with_data(path)
    with pytest.raises(AmbiguousNameError, match="33' names several things") as caught:
        both.trace(33)
    assert caught.value.choices == ("project/2016-2020/33", "project/2021-2025/33")
    with pytest.raises(AmbiguousNameError, match="'Same' names several things") as caught:
        both.describe("Same")
    assert caught.value.choices == ("<urn:a>", "<urn:b>")
    with pytest.raises(UnknownNameError, match="nothing is called 'Camboda'") as unknown:
        kg.describe("Camboda")
    assert "country:KHM" in unknown.value.suggestions
    with pytest.raises(UnknownNameError, match="nothing is called 'country:XXX'"):
        kg.describe("country:XXX")
    with pytest.raises(UnknownNameError, match="nothing is called '<http://\\[>'"):
        kg.describe("<http://[>")


@pytest.mark.parametrize(
    "key",
    [
        33, "33", "project 33", "project-2016-2020:33", "<id/project/2016-2020/33>",
        f"{BASE}id/project/2016-2020/33", f"<{BASE}id/project/2016-2020/33>",
        "ASEAN Guideline on Public Service Delivery",
    ],
)  # fmt: skip
def test_a_thing_may_be_named_in_many_ways(kg: Graph, key: str | int) -> None:
    thing = kg.describe(key)
    assert thing.iri.short == "project-2016-2020:33"
    assert thing.label == "ASEAN Guideline on Public Service Delivery"
    assert thing.kinds == ("project",)
    assert {row.value for row in thing.statements if row.property.short == "accsm:coversYear"} == {
        2017, 2018, 2019,
    }  # fmt: skip
    assert "accsm:isSupportedBy" in {row.property.short for row in thing.referrers}
    assert "<b>ASEAN Guideline" in thing._repr_html_()


def test_half_a_character_is_an_error_of_the_query(kg: Graph) -> None:
    with pytest.raises(QueryError, match="half a character"):
        kg.query('SELECT ?s { ?s ?p "\ud800" }')
    with pytest.raises(QueryError, match="half a character"):
        kg.ask("clauses-mentioning-words", words="\ud800")


def test_evidence_is_that_of_the_thing_or_of_what_links_two(kg: Graph) -> None:
    (passage,) = kg.evidence(33, "KHM")
    assert (passage.words, passage.line, passage.source.label) == (
        "Cambodia", 158, kg.describe(passage.source).label,
    )  # fmt: skip
    assert kg.evidence(33, "accsm:countryCoordinator") == [passage]
    assert passage in kg.evidence(33)
    assert kg.evidence(33, "A.2.v") == []
    reported = next(iter(kg.query("SELECT ?s { ?s a accsm:ReportedStatement } ORDER BY ?s"))).s
    assert {passage.words for passage in kg.evidence(reported)} == {""}


PREFIXES = """
PREFIX accsm: <https://w3id.org/accsm-kg/ontology#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
"""


def test_coverage_has_a_row_for_a_target_without_projects(kg: Graph, tmp_path: Path) -> None:
    path = tmp_path / "more.ttl"
    line = 'a accsm:ActionLine ; skos:notation "Z.9" ; skos:prefLabel "APSC Z.9"@en'
    path.write_text(f"{PREFIXES}<id/action-line/apsc-2025/Z.9> {line} .\n")
    rows = [row for row in kg.with_data(path).coverage() if row.number is None]
    assert [(row.code, row.completed, row.project) for row in rows] == [("Z.9", None, None)]
    linked = kg.coverage()
    assert {row.completed for row in linked} == {True, False}
    assert len({(row.code, row.number) for row in linked}) == len(linked)


def test_data_are_added_to_another_graph(kg: Graph, tmp_path: Path) -> None:
    (tmp_path / "mine.ttl").write_text('<id/country/KHM> <urn:note> "mine" .')
    both = kg.with_data(tmp_path / "mine.ttl")
    query = "SELECT ?note { country:KHM <urn:note> ?note }"
    assert (len(both.query(query)), len(kg.query(query))) == (1, 0)
    changes = both.diff(kg)
    assert [(row.resource.short, row.statement, row.new) for row in changes.changes] == [
        ("country:KHM", "gained", '"mine"')
    ]
    assert "urn:note" in str(changes)
    assert not both.diff(both)
    assert both.diff(both).text.strip() == "No changes in the data."
    with pytest.raises(DatasetError, match=r"none\.ttl does not exist"):
        kg.with_data(tmp_path / "none.ttl")
    (tmp_path / "bad.ttl").write_text("<a> <b>")
    with pytest.raises(DatasetError, match=r"bad\.ttl:1"):
        kg.with_data(tmp_path / "bad.ttl")


def test_a_file_is_compared_also_under_another_base(known_path: Path, tmp_path: Path) -> None:
    other = "https://kg.example.org/"
    moved = tmp_path / "moved.nq"
    moved.write_text(known_path.read_text().replace(BASE, other))
    kg = accsm_kg.open(moved)
    assert kg.base == other
    assert [project.number for project in kg.trace("A.2.2.iv").projects][:1] == [6]
    assert len(kg.diff(known_path).changes) == 0


def test_a_faulty_dataset_is_reported_by_its_shapes(kg: Graph, tmp_path: Path) -> None:
    (tmp_path / "more.ttl").write_text(
        "<id/project/2016-2020/33> <https://w3id.org/accsm-kg/ontology#projectNumber> 34 ."
    )
    report = kg.with_data(tmp_path / "more.ttl").validate()
    assert not report.passes
    violations = [row for row in report.findings if row.severity == "Violation"]
    assert "project-2016-2020:33" in {row.focus.short for row in violations}
    assert "The dataset fails" in str(report)


def test_what_cannot_be_opened_is_one_kind_of_error(tmp_path: Path) -> None:
    (tmp_path / "bad.nq").write_text("<a> <b>")
    (tmp_path / "image.png").write_bytes(b"x")
    for name, message in {
        "none.nq": "does not exist; name another file",
        "bad.nq": r"bad\.nq:1",
        "image.png": "not an RDF file",
    }.items():
        with pytest.raises(DatasetError, match=message):
            accsm_kg.open(tmp_path / name)


def test_any_rdf_can_be_opened_and_asked(tmp_path: Path) -> None:
    path = tmp_path / "other.ttl"
    path.write_text('<http://example.org/a> <http://www.w3.org/2000/01/rdf-schema#label> "A" .')
    kg = accsm_kg.open(str(path))
    (row,) = kg.query("SELECT ?x { ?x rdfs:label 'A' }")
    assert (row.x.label, row.x.page, kg.version) == ("A", "", "")
    assert dict(kg.questions) == {}
    assert kg.search("A")[0].thing == row.x
    with pytest.raises(DatasetError, match=r"other\.ttl has no shapes"):
        kg.validate()


def test_a_project_is_built(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"no \.csv or \.xlsx or \.ttl files") as caught:
        accsm_kg.assemble(tmp_path)
    assert len(caught.value.faults) == 3


def test_a_table_is_checked_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "meetings.csv"
    assert accsm_kg.check_table(ROOT / "data/source/001/2016-2020/kpis.csv", "kpis") == []
    path.write_text("nothing\n1\n")
    (fault,) = accsm_kg.check_table(path, "meetings")
    assert (fault.row, fault.column, fault.where) == (1, "", f"{path}:1")
    assert str(fault).startswith(f"{path}:1: ")
    with pytest.raises(UnknownNameError, match="no value of kind; choose one of") as caught:
        accsm_kg.check_table(path, "projekts")
    assert "projects" in caught.value.suggestions
    with pytest.raises(DatasetError, match="No such file"):
        accsm_kg.check_table(tmp_path / "none.csv", "meetings")


@pytest.mark.parametrize(
    ("query", "note"),
    [
        ("SELECT ?p { ?p accsm:coordinator ?c }",
         "accsm:coordinator is not in the vocabulary; did you mean accsm:countryCoordinator?"),
        ("SELECT (COUNT(?p) AS ?n) { ?p accsm:projectNumber 99 }",
         "Nothing matches ?p accsm:projectNumber 99; the value there is from 1 to 41."),
        ('SELECT ?p { ?p skos:prefLabel "Förderung"@en }',
         'Nothing has "Förderung"@en as skos:prefLabel.'),
        ("SELECT ?p { ?p accsm:projectNumber 33 }", ""),
        ("SELECT (COUNT(?p) AS ?n) { ?p a accsm:Project ; accsm:coversYear ?y }",
         "COUNT(?p) counts a thing once for each ?y; write COUNT(DISTINCT ?p) to count it once."),
    ],
)  # fmt: skip
def test_an_answer_says_what_is_probably_wrong_with_its_query(
    kg: Graph, served: Graph, query: str, note: str
) -> None:
    for graph in (kg, served):
        rows = graph.query(query)
        assert rows.note == note
        assert (note in repr(rows)) == (not rows or not note)
        assert note.split("; ")[0].replace('"', "&quot;") in rows._repr_html_()
    assert kg.with_data().query(query).note == note
