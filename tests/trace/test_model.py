"""Tracing codes to projects and projects to blueprints, with the words of the source."""

from collections import Counter
from pathlib import Path

import pytest
from project import ROOT
from pyoxigraph import QuerySolutions, Store

from accsm_kg.build import assemble
from accsm_kg.namespaces import BASE, CONVENTIONS, term
from accsm_kg.query import look_up
from accsm_kg.rdf import dataset
from accsm_kg.trace.index import index
from accsm_kg.trace.model import Trace, cells, trace, trace_thing

LINE = f"{BASE}id/action-line/apsc-2025/A.2.2.iv"


def _projects(store: Store, key: str) -> list[int]:
    found = look_up(store, trace(key))
    numbers = [int(project.number) for project in found.projects]
    if found.thing.kind != "project":
        partner_in = [int(project.number) for project in found.partner_in]
        in_rows = list(dict.fromkeys(int(row["number"]) for row in found.rows))
        assert in_rows == numbers + partner_in
        assert found.thing.projects == len(numbers)
    return numbers


def _labels(found: Trace, relation: str) -> list[str]:
    return list(dict.fromkeys(row["label"] for row in found.rows if row["relation"] == relation))


def test_an_action_line_has_projects_with_coordinators_time_and_words(
    known: Store,
) -> None:
    columns = ("number", "coordinators", "time", "source", "line", "words")
    apsc = "of the APSC Blueprint 2025"
    all_four = f"Also supports A.2.2.i, A.2.2.iii, A.2.2.iv and A.2.2.vi {apsc}"
    three = f"A.2.2.iii, A.2.2.iv and A.2.2.vi {apsc}"
    alone = f"Also supports A.2.2.iv {apsc}"
    assert [tuple(row[c] for c in columns) for row in look_up(known, trace("A.2.2.iv")).rows] == [
        ("6", "Singapore", "2019", "001", "92", f"A.2.iii E.1.i E.2.iv {alone}"),
        ("17", "Malaysia", "April 2017", "001", "116", f"B.1.iii E.2.ix {alone}"),
        (
            *("30", "Thailand", "September 2017 2019", "001", "151"),
            f"A.2.v E.1.i E.1.vii E.2.i E.2.iv Also supports {three}",
        ),
        ("33", "Cambodia", "2017-2019", "001", "158", f"A.2.iv B.2.ix E.1.vii {all_four}"),
        ("35", "Singapore", "2018", "001", "163", f"E.1.vii  {all_four}"),
        *(
            ("40", "Malaysia", "2017; 2017; 2018", "001", line, words)
            for line, words in (
                ("176", "A.2.iii A.2.v E.1.vii E.2.i E.2.iv"),
                ("177", "Also supports A.2.2.i,"),
                ("178", three),
            )
        ),
    ]


def test_a_link_has_all_lines_of_its_printed_cell_and_says_which_state_it(known: Store) -> None:
    rows = [row for row in look_up(known, trace("A.2.2.iv")).rows if row["number"] == "40"]
    assert [row["states"] for row in rows] == ["false", "false", "true"]
    (cell,) = cells(rows)
    assert cell["line"] == "176-178"
    assert cell["words"].startswith("A.2.iii A.2.v E.1.vii E.2.i E.2.iv / Also supports A.2.2.i, /")
    upwards = [row for row in look_up(known, trace("40")).rows if row["label"] == "APSC A.2.2.iv"]
    assert [row["line"] for row in upwards] == ["176", "177", "178"]


def test_an_action_line_has_its_text_the_resources_above_it_and_gaps(known: Store) -> None:
    found = look_up(known, trace("A.2.2.iv"))
    assert [(row["kind"], row["label"], row["line"]) for row in found.above] == [
        ("action line", "APSC A.2.2.iv", "203"),
        ("heading", "APSC A.2.2", "200"),
        ("blueprint", "APSC Blueprint 2025", "198"),
    ]
    assert found.above[0]["text"].startswith("Encourage the exchange and promotion of best")
    assert found.gaps == [
        "Projects 6 and 17 name no partner.",
        "Projects 35 and 40 state no budget.",
        "None of the six projects has anything marked as completed by April 2017.",
    ]
    assert {thing.key: thing.projects for thing in found.siblings} == {
        "A.2.2.i": 9,
        "A.2.2.iii": 14,
        "A.2.2.iv": 6,
        "A.2.2.vi": 19,
    }


@pytest.mark.parametrize(
    ("key", "numbers"),
    [
        ("B.1.iii", [17]),
        ("ASCC B.2.i", [7, 8, 29]),
        ("measure/ascc-2025/B.2.ix", [18, 33]),
        ("B.2", [7, 8, 18, 29, 33]),
        ("C", [3, 4, 5, 6, 7, 8, 17, 18, 21, 22, 23, 24]),
        ("thematic area 5", [25, 33, 38]),
        ("thematic-area/1", []),
        ("KHM", [31, 33, 41]),
        ("la", [7, 32]),
        ("Viet Nam", []),
        ("element/apsc-2025/A.2.2", [6, 7, *range(11, 16), *range(17, 25), 27, 30, 32, 33, 35, 36,
                                     *range(38, 42)]),
        ("ascc-2025", [*range(1, 42)]),
        ("arc:KHM", [33]),
        ("ASEAN Resource Centre of the Philippines", [13]),
        ("country:KHM", [31, 33, 41]),
        ("priority-area:D", [13, 28]),
        ("project-2016-2020:33", [33]),
        (f"<{LINE}>", [6, 17, 30, 33, 35, 40]),
        (LINE, [6, 17, 30, 33, 35, 40]),
        (" a.2.2.IV ", [6, 17, 30, 33, 35, 40]),
    ],
)  # fmt: skip
def test_every_kind_of_key_finds_its_projects(known: Store, key: str, numbers: list[int]) -> None:
    assert _projects(known, key) == numbers


def test_a_key_result_area_has_projects_that_print_it_and_that_support_its_measures(
    known: Store,
) -> None:
    found = look_up(known, trace("E.2"))
    printed = {row["number"] for row in found.rows if row["relation"] == "prints"}
    assert printed >= {"21", "24", "38"}
    supports = {row["number"] for row in found.rows if row["relation"] == "supports"}
    assert supports == printed - {"21", "24"}
    assert found.ways == [
        f"By key result areas printed: all {len(printed)} projects.",
        f"By measures cited: {len(supports)} of {len(printed)} projects, "
        "all but projects 21 and 24.",
    ]


def test_a_project_has_measures_action_lines_kras_and_blueprints(known: Store) -> None:
    found = look_up(known, trace("33"))
    assert found.thing.label == "ASEAN Guideline on Public Service Delivery"
    assert _labels(found, "supports") == ["ASCC A.2.iv", "ASCC B.2.ix", "ASCC E.1.vii"]
    assert _labels(found, "also supports") == [
        "APSC A.2.2.i",
        "APSC A.2.2.iii",
        "APSC A.2.2.iv",
        "APSC A.2.2.vi",
    ]
    kras = [
        "A.2 Empowered People and Strengthened Institutions",
        "B.2 Equitable Access for All",
        "E.1 Towards an open and adaptive ASEAN",
    ]
    assert _labels(found, "prints KRA") == _labels(found, "contributes to KRA") == kras
    assert _labels(found, "contributes to blueprint") == [
        "APSC Blueprint 2025",
        "ASCC Blueprint 2025",
    ]
    assert _labels(found, "is coordinated by") == ["Cambodia"]
    assert len(_labels(found, "addresses priority area")) == 3
    computed = {row["relation"] for row in found.rows if not row["source"]}
    assert computed == {"contributes to KRA", "contributes to blueprint"}


def test_a_project_has_times_with_status_and_gaps(known: Store) -> None:
    times = [
        row
        for row in look_up(known, trace("2016-2020/20")).rows
        if row["relation"] == "takes place"
    ]
    assert [(row["status"], row["line"]) for row in times] == [
        ("completed", "124"),
        ("not stated", "124"),
    ]
    assert look_up(known, trace("8")).gaps == [
        "Project 8 leaves its time to be determined.",
        "Project 8 names no partner.",
        "Project 8 leaves its budget to be determined.",
        "Project 8 supports no APSC action line.",
        "Project 8 has nothing marked as completed by April 2017.",
    ]


def test_what_a_curator_infers_is_marked_as_probable(known: Store) -> None:
    rows = look_up(known, trace("33")).rows
    inferred = {row["relation"]: row["status"] for row in rows if row["states"] == "false"}
    assert inferred == {"has output": "probable", "is related by the curator to": "probable"}
    down = look_up(known, trace("arc:KHM")).rows
    assert {(row["status"], row["states"]) for row in down} == {("probable", "false")}


def test_projects_have_coordinators_partners_and_times(known: Store) -> None:
    projects = {p.number: p for p in look_up(known, trace("ascc-2025")).projects}
    assert [country["label"] for country in projects["36"].coordinators] == [
        "Philippines",
        "Singapore",
        "Thailand",
    ]
    assert [time["edtf"] for time in projects["18"].times] == ["2016", "2017-36", "2018"]
    assert (projects["3"].times, projects["3"].yearly) == ([], [*range(2016, 2021)])
    assert projects["13"].printed == [] and projects["8"].printed != []
    assert {n for n, p in projects.items() if p.completed} == {"4", "11", "20", "25"}
    assert projects["20"].status == "partly completed"
    assert (projects["33"].first, projects["33"].last) == (2016, 2020)
    assert projects["33"].partners[0]["label"] == "ASEAN+3 Countries"


def test_other_targets_of_the_projects_are_found(known: Store) -> None:
    found = look_up(known, trace("A.2.2.iv"))
    counts = Counter(row["target"].rpartition("/")[2] for row in found.together)
    assert len(counts) == 13
    assert {code for code, count in counts.items() if count == 4} == {
        "E.1.vii",
        "A.2.2.iii",
        "A.2.2.vi",
    }
    below = look_up(known, trace("A.2.2"))
    assert not any("apsc" in row["target"] for row in below.together)


def test_a_country_without_projects_has_sentences(known: Store) -> None:
    found = look_up(known, trace("VNM"))
    assert found.gaps == [
        f"No project of the {plan} Work Plan 2016-2020 is coordinated by Viet Nam."
        for plan in ("ACCSM", "ACCSM+3")
    ]
    assert (found.projects, found.together, found.ways) == ([], [], [])


def test_a_country_is_partner_in_projects_that_name_it_or_a_group_of_it(known: Store) -> None:
    partners = Counter()
    for code in ("THA", "VNM", "CHN", "TLS"):
        found = look_up(known, trace(code))
        asked = known.query(
            f"SELECT DISTINCT ?number {{ ?p <{term('accsm:potentialPartner').value}>"
            f" <{found.thing.resource}> ; <{term('accsm:projectNumber').value}> ?number }}"
        )
        assert isinstance(asked, QuerySolutions)
        numbers = {row["number"].value for row in asked}
        assert {project.number for project in found.partner_in} == numbers, code
        assert not numbers & {project.number for project in found.projects}
        partners[code] = len(numbers)
    assert partners == {"THA": 17, "VNM": 24, "CHN": 19, "TLS": 0}
    rows = {row["number"]: row for row in look_up(known, trace("VNM")).rows}
    assert rows["9"]["through"] == "ASEAN Member States"
    assert "OECD" in rows["9"]["words"]


def test_both_ways_agree(store: Store) -> None:
    """A project lists what lists it, for all that can be traced."""
    known = look_up(store, index())
    things = known.things.values()
    traces = {thing.resource: look_up(store, trace_thing(thing, known)) for thing in things}
    down = {
        (thing.resource, project.resource)
        for thing in things
        if thing.kind != "project"
        for project in traces[thing.resource].projects
    }
    up = set()
    for thing in things:
        if thing.kind == "project":
            for row in traces[thing.resource].rows:
                linked = known.things.get(row["resource"].removesuffix("/2016-2020"))
                for other in (linked, *known.above(linked)) if linked else ():
                    up.add((other.resource, thing.resource))
    below = {pair for pair in down if "/arc/" in pair[0] or "/country/" in pair[0]}
    assert down - below == {p for p in up if "/arc/" not in p[0] and "/country/" not in p[0]}
    assert below <= up


def test_a_trace_has_the_curation_issues(known: Store) -> None:
    resources = [issue["resource"] for issue in look_up(known, trace("11")).issues]
    assert any("project-11" in resource for resource in resources)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (
            "A.2.2.v",
            "is called 'A.2.2.v'; similar: .*action-line/apsc-2025/A.2.2.vi",
        ),
        ("99", "nothing that can be traced is called '99'; "),
        (
            "qqqqqqqq",
            "nothing that can be traced is called 'qqqqqqqq'; try the code of a line or a number",
        ),
        ("", "nothing that can be traced is called ''"),
        (
            "Public sector reform",
            "'Public sector reform' names several things; use one of: "
            "measure/x [(]measure x[)]; thematic-area/5 [(]thematic area Public sector reform[)]",
        ),
    ],
)
def test_a_key_of_no_resource_or_of_several_is_refused(
    known: Store, key: str, message: str
) -> None:
    doubled = Store()
    doubled.extend(known)
    doubled.update(
        """INSERT DATA {
        <https://w3id.org/accsm-kg/id/measure/x>
          a <https://w3id.org/accsm-kg/ontology#StrategicMeasure> ;
          <http://www.w3.org/2004/02/skos/core#prefLabel> "x"@en ;
          <http://www.w3.org/2004/02/skos/core#altLabel> "Public sector reform"@en . }"""
    )
    with pytest.raises(ValueError, match=message):
        look_up(doubled, trace(key))


def test_a_dataset_under_another_base_is_traced(store: Store, tmp_path: Path) -> None:
    base = "http://127.0.0.1:8000/"
    path = assemble.write(assemble.assemble(ROOT, base), tmp_path, base)[0]
    there = dataset.load(path, CONVENTIONS)
    assert _projects(there, "A.2.2.iv") == _projects(store, "A.2.2.iv") != []
    assert look_up(there, trace(f"{base}id/project/2016-2020/33", base)).thing.kind == "project"
