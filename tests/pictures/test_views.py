"""The view that fits an answer, of every stored question and of answers made for each rule."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from pictures import answers as own
from pyoxigraph import BlankNode, Literal, NamedNode, QueryBoolean, QuerySolutions, Store, Triple

from accsm_kg import query
from accsm_kg.pictures import charts, views
from accsm_kg.pictures.svg import standalone
from accsm_kg.pictures.views import PICTURES, Answer, Graph, View
from accsm_kg.questions.model import bind
from accsm_kg.questions.rdf import load
from accsm_kg.rdf.terms import Term, local_name

RDFS = "http://www.w3.org/2000/01/rdf-schema#"
XSD = "http://www.w3.org/2001/XMLSchema#"
EX = NamedNode("ex:a")

#: What was expected of each question before the rule was run on it; the others are tables.
EXPECTED = {
    "sentence": """action-line-implies-measure kpi-values-filled-in
        person-signing-several-declarations press-claims-kept-apart""",
    "empty": "measures-cited-by-no-project resources-without-evidence",
    "record": """beginnings-of-body chair-of-body clauses-mentioning-words
        countries-neither-coordinating-nor-grouped declarations-without-signatures
        frequency-of-meeting measure-and-line-most-often-together
        member-states-coordinating-no-project names-of-resource-centres observers-of-meetings
        open-ended-projects projects-mentioning-words projects-naming-resource-centre
        projects-with-country-as-budget resource-centres-of-same-topic source-words-of-support
        text-of-action-line thematic-areas-without-project""",
    "bar": """country-groups months projects-by-blueprints projects-by-kind-of-budget
        projects-by-year projects-per-coordinator projects-per-kra projects-per-kra-as-printed
        projects-per-kra-from-measures projects-per-measure projects-per-priority-area
        projects-per-priority-area-as-printed projects-per-thematic-area
        quoted-passages-per-source""",
    "heatmap": "coordinators-by-priority-area parts-of-declarations",
    "timeline": """completed-occurrences conclusions-of-documents dated-key-documents declarations
        occurrences-in-month""",
    "tree": "project-traced-to-blueprints",
    "table": """accsm-projects-with-plus-three-partners action-lines
        action-lines-with-completed-activity amendment-of-document bodies-supported-by-secretariat
        changes-since-previous-plan clauses-tasking-body clauses-with-lost-number
        coordinators-behind-action-line coordinators-in-priority-area
        country-coordinating-most-apsc-projects curation-issues graphs-labelling-priority-area
        holders-of-chair kpis-of-priority-area kras-printed-against-derived
        labels-of-priority-area measures measures-and-action-lines
        measures-only-in-accsm-section measures-with-completed-activity
        meetings-in-year-of-chairmanship members-of-country-group most-and-least-cited-measures
        occurrences-naming-a-place occurrences-overlapping-in-month places-stated-for-document
        points-of-clause press-on-progress-of-plan priority-areas priority-areas-reworded
        projects projects-by-number-of-measures projects-by-number-of-priority-areas
        projects-citing-no-measure projects-naming-partner-organisation
        projects-over-several-years projects-related-to-resource-centre
        projects-supporting-action-line projects-supporting-every-action-line
        projects-that-may-run-in-year projects-with-and-without-action-lines
        projects-with-several-coordinators projects-with-stages projects-with-stated-amount
        projects-without-budget-and-partner projects-without-partner projects-without-time
        recalled-by-declaration recurring-projects reported-statements reporting-of-body
        resource-centres-by-source restored-numbers signatures-for-country
        signatures-of-declaration sources starting-areas-of-plus-three""",
}
VIEWS = {name: view for view, names in EXPECTED.items() for name in names.split()}


def answer_of(store: Store, text: str, labels: Mapping[str, str] = {}) -> Answer | Graph | bool:
    found = query.run(store, text)
    if isinstance(found, QueryBoolean):
        return bool(found)
    if not isinstance(found, QuerySolutions):
        return Graph(list(found), labels)
    names = [variable.value for variable in found.variables]
    return Answer(names, [tuple(row) for row in found], text, labels)


@pytest.fixture(scope="module")
def labels(known: Store) -> Mapping[str, str]:
    """Return what pages call things: their labels, or the ends of their IRIs."""
    found = known.query(f"SELECT ?thing ?label {{ ?thing <{RDFS}label> ?label }}")
    assert isinstance(found, QuerySolutions)
    iris = known.query(
        "SELECT DISTINCT ?x { { ?x ?p ?o } UNION { ?s ?x ?o } UNION { ?s ?p ?x } FILTER isIRI(?x) }"
    )
    assert isinstance(iris, QuerySolutions)
    ends = {iri.value: local_name(iri.value) for (iri,) in iris if isinstance(iri, NamedNode)}
    return ends | {thing.value: label.value for thing, label in found
                   if isinstance(thing, NamedNode) and isinstance(label, Literal)}  # fmt: skip


@pytest.fixture(scope="module")
def answers(known: Store) -> dict[str, Answer | bool]:
    found = {question.name: answer_of(known, bind(question)) for question in load(known)}
    return {name: answer for name, answer in found.items() if not isinstance(answer, Graph)}


def test_each_question_has_the_view_that_was_expected(answers: dict[str, Answer | bool]) -> None:
    picked = {name: views.views(answers[name])[0].name for name in VIEWS}
    assert picked == VIEWS
    assert len(VIEWS) == 104


def test_labels_change_the_view_of_no_question(
    answers: dict[str, Answer | bool], labels: Mapping[str, str]
) -> None:
    named = {
        name: replace(answer, labels=labels) if isinstance(answer, Answer) else answer
        for name, answer in answers.items()
    }
    assert {name: views.views(named[name])[0].name for name in VIEWS} == VIEWS


def test_free_queries_have_the_views_that_were_expected(
    known: Store, labels: Mapping[str, str]
) -> None:
    found = [views.views(answer_of(known, text, labels)) for _, text in own.EXPECTED]
    assert [fitting[0].name for fitting in found] == [view for view, _ in own.EXPECTED]
    for fitting in found:
        for view in fitting:
            if view.is_picture:
                for is_narrow in (False, True):
                    check(charts.draw(view, is_narrow=is_narrow), view.name)
                assert charts.describe(view).startswith(charts.caption(view))


def test_every_picture_of_every_question_is_drawn(answers: dict[str, Answer | bool]) -> None:
    drawn = 0
    for name, answer in answers.items():
        for view in views.views(answer):
            if view.is_picture:
                for is_narrow in (False, True):
                    check(charts.draw(view, is_narrow=is_narrow), name)
                    drawn += 1
                assert charts.describe(view).startswith(charts.caption(view))
    assert drawn > 60


def check(drawing: ElementTree.Element, name: str) -> None:
    """Check that a picture has texts, sizes above nothing, and no looks of its own."""
    assert len(list(drawing.iter("text"))) > 1, name
    for part in drawing.iter():
        assert "style" not in part.attrib and "fill" not in part.attrib, name
        assert "nan" not in " ".join(part.attrib.values()), name
        for size in ("width", "height"):
            assert float(part.get(size, 1)) > 0, (name, part.tag, part.attrib)
    texts = [part for part in drawing.iter("text") if part.get("x")]
    assert all(float(part.get("x", 0)) < float(drawing.get("width", 0)) for part in texts), name


def of(variables: str, rows: Iterable[Iterable[object]], text: str = "") -> Answer:
    """Return an answer; texts with a colon are IRIs."""
    return Answer(variables.split(), [tuple(map(term, row)) for row in rows], text)


def term(value: object) -> Term | None:
    if isinstance(value, str):
        return NamedNode(value) if value.startswith("ex:") else Literal(value)
    return None if value is None else Literal(value)  # type: ignore[call-overload]


def picked(answer: Answer | Graph | bool) -> View:
    return views.views(answer)[0]


COUNTED = "SELECT ?x (COUNT(?y) AS ?n) WHERE { ?y a ?x } GROUP BY ?x"


@pytest.mark.parametrize(
    ("answer", "view"),
    [
        (True, "sentence"),
        (Graph([]), "turtle"),
        (Graph([Triple(EX, EX, EX)]), "graph"),
        (of("x", []), "empty"),
        (of("x n", [("a", 1)], COUNTED), "record"),
        (of("x n", [("a", 1), ("b", 2), ("c", 3)], COUNTED), "bar"),
        (of("x n", [("a", 1), ("b", 2), ("c", 3)]), "table"),  # a number is no measure
        (of("x n", [("a", 1), ("b", 2)], COUNTED), "table"),  # too few
        (of("x n", [(f"{n}x", n) for n in range(61)], COUNTED), "table"),  # too many
        (of("x n", [("a", 5), ("b", 5), ("c", 5)], COUNTED), "table"),  # all are the same
        (of("x n", [("a", 1), ("a", 2), ("b", 3), ("c", 3)], COUNTED), "table"),  # not fixed
        (of("x n", [("a", None), ("b", 2), ("c", 3)], COUNTED), "table"),
        (of("x n", [(2000 + n, n) for n in range(11)], COUNTED), "bar"),
        (of("x n", [(2000 + n, n) for n in range(12)], COUNTED), "line"),
        (of("x n", [("1999", 3), ("2000-01", 1), ("2001-02-03", 2)], COUNTED), "bar"),
        (of("x y n", [(a, b, ord(a) - ord(b)) for a in "abc" for b in "de"], COUNTED), "heatmap"),
        (of("x n", [("a", -1), ("b", 2), ("c", 3)], COUNTED), "bar"),
    ],
)
def test_the_shape_of_an_answer_picks_its_view(answer: Answer | Graph | bool, view: str) -> None:
    found = picked(answer)
    assert found.name == view
    if found.name in PICTURES:
        check(charts.draw(found), view)
        check(charts.draw(found, is_narrow=True), view)


def test_numbers_that_are_not_finite_or_no_numbers_are_not_drawn() -> None:
    double = NamedNode("http://www.w3.org/2001/XMLSchema#double")
    rows = [[Literal(name), Literal(value, datatype=double)]
            for name, value in (("a", "INF"), ("b", "x"), ("c", "1.0"))]  # fmt: skip
    assert picked(Answer(["x", "n"], rows, COUNTED)).name == "table"
    huge = [("a", 10**400), ("b", 1), ("c", 2)]
    integers = [(Literal(name), Literal(str(value), datatype=NamedNode(
        "http://www.w3.org/2001/XMLSchema#integer"))) for name, value in huge]  # fmt: skip
    assert picked(Answer(["x", "n"], integers, COUNTED)).name == "table"


def test_a_wide_answer_is_a_table() -> None:
    names = " ".join(f"v{n}" for n in range(500))
    rows = [[f"ex:{n}-{row}" for n in range(500)] for row in range(3)]
    assert [view.name for view in views.views(of(names, rows))] == ["table"]


def test_a_timeline_names_things_by_a_text_without_years() -> None:
    rows = [
        ("Held in 2001", "First", "2001-05-01", "ex:1"),
        ("Held in 2002", "Second", None, "ex:2"),
        ("Held in 2003", "Third", "2003", "ex:3"),
    ]
    found = picked(of("when title day event", rows))
    assert found.name == "timeline"
    assert [column.name for column in found.by] == ["title"]
    assert charts.describe(found) == "Times by event: First 1 May 2001; Third 2003."
    assert picked(of("title day", [row[1:3] for row in rows])).name == "table"  # no things


def test_a_tree_is_of_things_each_of_which_fixes_the_one_above_it() -> None:
    rows = [(f"leaf {n}", f"ex:leaf{n}", f"b{n // 2}", f"ex:b{n // 2}", f"top {n // 4}",
             f"ex:top{n // 4}") for n in range(6)]  # fmt: skip
    found = picked(of("name leaf branchName branch topName top", rows))
    assert found.name == "tree"
    assert [level[0].name for level in found.levels] == ["topName", "branchName", "name"]
    assert charts.caption(found) == "Top, branch, leaf"
    texts = [name for _, name in charts._branches(found)]
    assert texts[:4] == ["top 0", "b0", "leaf 0", "leaf 1"]


def test_rows_of_one_name_are_one_bar() -> None:
    rows = [("a", 2, "x"), ("a", 2, "y"), ("b", 1, "z"), ("c", 1, "x")]
    found = picked(of("x n title", rows, COUNTED))
    assert charts.describe(found) == "N by x: a 2; b 1; c 1."
    assert len(list(charts.draw(found).iter("rect"))) == 3


def test_a_heat_map_tints_by_size_and_leaves_zeros_and_gaps_blank() -> None:
    rows = [("a", "d", 0), ("a", "e", 10), ("b", "d", 1), ("c", "d", 5), ("c", "e", 4)]
    drawn = charts.draw(picked(of("x y n", rows, COUNTED)))
    tints = [part.get("class") for part in drawn.iter("rect") if part.get("class") != "pic-grid"]
    assert tints == ["pic-heat-5", "pic-heat-1", "pic-heat-2", "pic-heat-2"]
    assert b'fill-opacity="0.5"' in standalone(drawn, "Heat map")


def test_a_query_computes_what_it_counts_and_what_depends_on_it() -> None:
    text = """SELECT ?x (COUNT(?y) + 1 AS ?n) (MAX(?line) AS ?last) (MAX(?n) AS ?most)
      ("(COUNT(?z) AS ?no)" AS ?said) WHERE { # (SUM(?a) AS ?b)
      BIND(?n * 2 AS ?twice) { SELECT (AVG(?age) AS ?mean) { ?s ?p ?age } } }"""
    assert views.computed(text) == {"n", "most", "twice", "mean"}
    assert views.computed("(" * 50_000 + "COUNT(?x) AS ?n)") == {"n"}


def test_a_comment_of_a_query_asks_for_a_view() -> None:
    assert views.wanted("SELECT *\n# view: Timeline\n{}") == "timeline"
    assert views.wanted('SELECT ("# view: bar" AS ?x) {}') == ""
    fitting = views.views(of("x n", [("a", 1), ("b", 2), ("c", 3)], COUNTED))
    assert [view.name for view in fitting] == ["bar", "table"]
    chosen = views.choose(fitting, "table")
    assert chosen and chosen.name == "table"
    assert views.choose(fitting, "tree") is None


def test_labels_name_the_things_of_an_answer_without_texts() -> None:
    rows = [("ex:1", 1), ("ex:2", 2), ("ex:3", 3)]
    labels = {"ex:1": "One", "ex:2": "Two", "ex:3": "Three"}
    found = picked(replace(of("x n", rows, COUNTED), labels=labels))
    assert charts.describe(found) == "N by x: One 1; Two 2; Three 3."
    assert picked(of("x n", rows, COUNTED)).name == "table"
    shared = labels | {"ex:3": "Two"}
    assert picked(replace(of("x n", rows, COUNTED), labels=shared)).name == "table"


def test_things_that_are_linked_many_to_many_are_offered_as_a_graph() -> None:
    rows = [("ex:a", "ex:1"), ("ex:a", "ex:2"), ("ex:b", "ex:2")]
    offered = {view.name: view for view in views.views(of("x y", rows))}
    assert [*offered] == ["table", "graph"]
    assert (
        charts.describe(offered["graph"])
        == "Graph of 4 things: ex:a → ex:1; ex:a → ex:2; ex:b → ex:2."
    )
    assert "graph" not in {view.name for view in views.views(of("x y", rows[:2]))}
    many = [(f"ex:{n // 2}", f"ex:x{n // 3}") for n in range(100)]
    assert "graph" not in {view.name for view in views.views(of("x y", many))}


def test_a_graph_says_what_its_things_are_and_names_links() -> None:
    triples = [
        Triple(EX, NamedNode("ex:supports"), NamedNode("ex:b")),
        Triple(NamedNode("ex:b"), NamedNode("ex:supports"), EX),  # a circle
        Triple(EX, NamedNode("ex:has"), BlankNode("node")),
        Triple(EX, NamedNode("ex:has"), EX),  # to itself
        Triple(EX, NamedNode(f"{RDFS}label"), Literal("Alpha")),
        Triple(EX, NamedNode("ex:age"), Literal(7)),
        Triple(EX, NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type"), NamedNode("ex:T")),
        Triple(BlankNode("node"), NamedNode("ex:says"), Triple(EX, EX, EX)),
    ]
    view = picked(Graph(triples))
    assert charts.describe(view).startswith("Graph of 4 things: Alpha → ex:b (ex:supports); ")
    wide = charts.draw(view)
    check(wide, "wide")
    check(charts.draw(view, is_narrow=True), "narrow")
    texts = [part.text for part in wide.iter("tspan")]
    assert {"Alpha", "ex:T", "ex:age: 7", "ex:b", "_:node", "ex:a ex:a ex:a"} <= {*texts}
    assert "ex:supports" in [part.text for part in wide.iter("text")]


def test_a_graph_of_many_things_has_those_with_most_links_and_says_so() -> None:
    star = [Triple(EX, EX, NamedNode(f"ex:n{n}")) for n in range(10_000)]
    chain = [Triple(NamedNode(f"ex:n{n}"), EX, NamedNode(f"ex:n{n + 1}")) for n in range(100)]
    view = picked(Graph([*star, *chain]))
    assert view.network
    assert len(view.network.things) == 60
    assert charts.caption(view) == (
        "Graph of the 60 things with most links, of 10,001; each link means: ex:a"
    )
    for is_narrow in (False, True):
        drawn = charts.draw(view, is_narrow=is_narrow)
        assert len(standalone(drawn, "Graph")) < 200_000


#: What may stand in the cells of an answer, from which rows are made at random.
ODD = [
    None, EX, NamedNode("ex:\u0645\u0631\u062d\u0628\u0627"), BlankNode("b"), Literal(""),
    Literal("x" * 100_000),
    Literal("\u0645\u0631\u062d\u0628\u0627 \u202e evil"), Literal("a\x00\x08\ufffe"),
    Literal("\n\n"), Literal("2017-01"), Literal("9999-12-31"), Literal("2017-01-99"),
    Literal(-5), Literal(10**30), Literal(0), Literal(True), Triple(EX, EX, EX),
    *(Literal(text, datatype=NamedNode(XSD + kind)) for kind, text in (
        ("double", "NaN"), ("double", "-INF"), ("double", "-1.5e300"), ("double", "1e-300"),
        ("decimal", "-0.0"), ("integer", "x"), ("date", "2017-01-01"), ("date", "2017-13-45"),
        ("date", "-0044-03-15"), ("dateTime", "2017-01-31T10:00:00Z"), ("gYear", "12017"),
        ("gYear", "2017"), ("gYearMonth", "2017-01"), ("string", "2017-01/.."))),
]  # fmt: skip


@pytest.mark.parametrize("seed", range(300))
def test_whatever_an_answer_holds_each_view_is_drawn(seed: int) -> None:
    made = random.Random(seed)
    width = made.randint(1, 5)
    names = [f"v{n}" for n in range(width)]
    pools = [made.sample(ODD, made.randint(1, 5)) for _ in names]
    rows = [[made.choice(pool) for pool in pools] for _ in range(made.randint(1, 40))]
    if made.random() < 0.6:  # a first column that names its row
        start = made.choice(["ex:", "", "19", "201"])
        rows = [[term(f"{start}{n:02}"), *row[1:]] for n, row in enumerate(rows)]
    text = f"SELECT {' '.join(f'(SUM(?x) AS ?{name})' for name in names[1:])} {{}}"
    named = {f"ex:{n:02}": f"Thing {n}" for n in range(40)}
    answer = Answer(names, [tuple(row) for row in rows], text, named)
    for view in views.views(answer):
        if view.is_picture:
            for is_narrow in (False, True):
                standalone(charts.draw(view, is_narrow=is_narrow), "Any")
            charts.describe(view)
